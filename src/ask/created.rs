//! Calls that make the resource which they are checked against: it has no tags but those that the call gives it.
//!
//! IAM User Guide, "AWS global condition context keys", `aws:ResourceTag/tag-key`, *Availability*: there "when the
//! requested resource already has attached tags or in requests that create a resource with an attached tag".
//! CONFORMANCE 3.7.

use gateproof_model::catalogue::ActionInfo;
use gateproof_model::text::fold_text;

/// Calls that make a resource, and fail where one of the name is there already. Others answer with the one that is
/// there (`sqs:CreateQueue`, `states:CreateStateMachine`), or are not known to fail: their tags are left open. What Amazon EC2
/// makes, the reference tells by the keys of each resource type.
const MAKE: [&str; 23] = [
    "cloudformation:createstack",
    "codebuild:createproject",
    "codecommit:createrepository",
    "codepipeline:createpipeline",
    "dynamodb:createtable",
    "ecr:createrepository",
    "glue:createjob",
    "glue:createsession",
    "glue:createtrigger",
    "iam:creategroup",
    "iam:createinstanceprofile",
    "iam:createopenidconnectprovider",
    "iam:createpolicy",
    "iam:createrole",
    "iam:createsamlprovider",
    "iam:createservicelinkedrole",
    "iam:createuser",
    "iam:createvirtualmfadevice",
    "iam:uploadservercertificate",
    "lambda:createfunction",
    "sagemaker:createnotebookinstance",
    "secretsmanager:createsecret",
    "ssm:createdocument",
];

/// Whether a call makes the resource that it is checked against.
pub fn makes_its_resource(action: ActionInfo<'_>) -> bool {
    MAKE.binary_search(&&*fold_text(action.name())).is_ok()
}

/// The tag that a key tells of a resource: `aws:ResourceTag/TAG`, or a service's own `SERVICE:ResourceTag/TAG`.
pub fn tag_of_resource(key: &str) -> Option<&str> {
    key.split_once(':')?.1.strip_prefix("resourcetag/")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use gateproof_model::catalogue::Catalogue;

    #[test]
    fn each_call_listed_is_checked_against_one_type() {
        assert!(MAKE.is_sorted());
        for name in MAKE {
            let action = Catalogue::embedded().find_action(name).unwrap();
            assert_eq!(action.resource_types().len(), 1, "{name}");
            assert!(makes_its_resource(action), "{name}");
        }
    }

    #[test]
    fn tags_of_resources_go_by_several_names() {
        assert_eq!(tag_of_resource("aws:resourcetag/team"), Some("team"));
        assert_eq!(tag_of_resource("iam:resourcetag/a:b"), Some("a:b"));
        assert_eq!(tag_of_resource("aws:requesttag/team"), None);
    }
}
