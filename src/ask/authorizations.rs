//! What one call needs beside the authorization that a question is about.
//!
//! Service Authorization Reference, "Resource types (*required)"; IAM User Guide, "Grant a user permissions to
//! pass a role to an AWS service". CONFORMANCE 1.9.

use gateproof_model::catalogue::{ActionInfo, ResourceTypeId};
use gateproof_model::text::fold_text;

/// Calls that name a resource of each of these types, all of which must be allowed, and what says so. The
/// asterisks of the reference alone don't: they also mark alternatives (`athena:TagResource`), and what only
/// some ways of calling need (the subnet of `ec2:RunInstances`).
const EACH: [(&str, &[&str]); 6] = [
    // Amazon EC2 User Guide, "Example policies to control access the Amazon EC2 API": "When an API action
    // requires a caller to specify multiple resources, you must create a policy statement that allows users to
    // access all required resources"; sections "Attach and detach volumes", "Create a snapshot", "Launch
    // instances (RunInstances)".
    ("ec2:attachvolume", &["instance", "volume"]),
    ("ec2:createsnapshot", &["snapshot", "volume"]),
    ("ec2:runinstances", &["image", "instance", "network-interface", "security-group"]),
    // AWS KMS Developer Guide, "Controlling access to aliases": the permission on the alias and on the key.
    ("kms:createalias", &["alias", "key"]),
    ("kms:deletealias", &["alias", "key"]),
    ("kms:updatealias", &["alias", "key"]),
];

/// The resource types of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs {
    /// Those whose authorization the call can't do without.
    pub each: Vec<ResourceTypeId>,
    /// Others that the reference marks as required: looked for, and named where they are not found.
    pub perhaps: Vec<ResourceTypeId>,
}

/// The resource types that a call needs together; `None` where it is content with one.
pub fn needs(action: ActionInfo<'_>) -> Option<Needs> {
    let required = action.resource_types().filter(|row| row.required).count();
    let listed = EACH
        .iter()
        .find(|(listed, _)| listed.eq_ignore_ascii_case(action.name()))
        .map_or(&[][..], |(_, types)| *types);
    if required < 2 && listed.is_empty() {
        return None;
    }
    let mut needs = Needs { each: Vec::new(), perhaps: Vec::new() };
    for row in action.resource_types() {
        if listed.contains(&row.resource_type.name()) {
            needs.each.push(row.resource_type.id());
        } else if row.required {
            needs.perhaps.push(row.resource_type.id());
        }
    }
    Some(needs)
}

/// Calls that pass a role, always.
const PASSES: [&str; 23] = [
    "codebuild:createproject",
    "codedeploy:createdeploymentgroup",
    "codepipeline:createpipeline",
    "codepipeline:updatepipeline",
    "ec2:associateiaminstanceprofile",
    "ec2:replaceiaminstanceprofileassociation",
    "eks:createcluster",
    "eks:createnodegroup",
    "elasticmapreduce:runjobflow",
    "glue:createcrawler",
    "glue:createdevendpoint",
    "glue:createjob",
    "iam:addroletoinstanceprofile",
    "lambda:createfunction",
    "pipes:createpipe",
    "sagemaker:createdomain",
    "sagemaker:createmodel",
    "sagemaker:createnotebookinstance",
    "sagemaker:createprocessingjob",
    "sagemaker:createtrainingjob",
    "scheduler:createschedule",
    "states:createstatemachine",
    "transfer:createuser",
];

/// Calls that pass a role if they name one.
const MAY_PASS: [&str; 24] = [
    "apprunner:createservice",
    "autoscaling:createautoscalinggroup",
    "autoscaling:createlaunchconfiguration",
    "batch:createcomputeenvironment",
    "cloudformation:createchangeset",
    "cloudformation:createstack",
    "cloudformation:createstackset",
    "cloudformation:updatestack",
    "codebuild:startbuild",
    "codebuild:updateproject",
    "ec2:createfleet",
    "ec2:requestspotinstances",
    "ec2:runinstances",
    "ecs:createservice",
    "ecs:registertaskdefinition",
    "ecs:runtask",
    "events:putrule",
    "events:puttargets",
    "firehose:createdeliverystream",
    "glue:updatejob",
    "lambda:updatefunctionconfiguration",
    "ssm:sendcommand",
    "ssm:startautomationexecution",
    "states:updatestatemachine",
];

/// The permission on the role passed, as a sentence. The catalogue knows no such ties between actions: these
/// are the calls whose API reference has a parameter for a role or an instance profile.
pub fn passes_role(action: &str) -> Option<String> {
    let lower = fold_text(action);
    if PASSES.contains(&&*lower) {
        return Some("the caller may pass the role that the call names (`iam:PassRole`)".to_owned());
    }
    MAY_PASS
        .contains(&&*lower)
        .then(|| "no role is passed, or the caller may pass it (`iam:PassRole`)".to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use gateproof_model::catalogue::Catalogue;

    #[test]
    fn the_catalogue_knows_every_call_and_type_listed() {
        let catalogue = Catalogue::embedded();
        for (name, types) in EACH {
            let found = needs(catalogue.find_action(name).unwrap()).unwrap();
            assert_eq!(found.each.len(), types.len(), "{name}");
        }
        for name in PASSES.iter().chain(&MAY_PASS) {
            assert!(catalogue.find_action(name).is_some(), "{name}");
        }
    }

    #[test]
    fn asterisks_alone_are_looked_for_only() {
        let catalogue = Catalogue::embedded();
        let of = |name: &str| needs(catalogue.find_action(name).unwrap());
        assert_eq!(of("s3:GetObject"), None);
        assert!(of("athena:TagResource").unwrap().each.is_empty());
        assert_eq!(of("ec2:RunInstances").unwrap().perhaps.len(), 1);
    }
}
