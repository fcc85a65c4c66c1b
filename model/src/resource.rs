//! Resources: who owns them, their policies, tags, grants and settings.

use crate::account::{Place, Tags, find_tag};
use crate::arn::Arn;
use crate::policy::Document;
use crate::policy_set::{BlockPublicAccess, Grant};
use std::sync::Arc;

/// A resource that the snapshot knows by ARN. IAM's own (roles, users, policies) stand with the principals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceEntity {
    /// Its ARN.
    pub arn: Arc<str>,
    /// The account that owns it.
    pub account: Arc<str>,
    /// Its region, where it has one.
    pub region: Option<Arc<str>>,
    /// Its resource policy, where it has one.
    pub policy: Option<Arc<Document>>,
    /// Its tags; `None` where they are not known.
    pub tags: Option<Tags>,
    /// The grants of a KMS key.
    pub grants: Vec<Grant>,
    /// The ARNs of a KMS key's aliases.
    pub aliases: Vec<Arc<str>>,
    /// Whether a KMS key is managed by AWS.
    pub aws_managed: bool,
    /// Block Public Access of a bucket, its account's settings included.
    pub block_public_access: BlockPublicAccess,
    /// Where it was first told of.
    pub place: Place,
}

impl ResourceEntity {
    /// Whether it is a KMS key, rather than an alias or a key store.
    pub fn is_kms_key(&self) -> bool {
        Arn::parse(&self.arn).is_some_and(|arn| arn.service == "kms" && arn.resource.starts_with("key/"))
    }

    /// The ARN's service: `s3`, `kms`, ….
    pub fn service(&self) -> &str {
        Arn::parse(&self.arn).map(|a| a.service).unwrap_or_default()
    }

    /// The value of a tag, by its key in any letter case.
    pub fn tag(&self, key: &str) -> Option<&Arc<str>> {
        find_tag(self.tags.as_deref()?, key)
    }
}

/// A VPC endpoint.
///
/// Amazon VPC User Guide, "Control access to VPC endpoints using endpoint policies".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VpcEndpoint {
    /// `vpce-…`.
    pub id: Arc<str>,
    /// The VPC it is in.
    pub vpc: Option<Arc<str>>,
    /// `com.amazonaws.REGION.SERVICE`.
    pub service_name: Option<Arc<str>>,
    /// Its account.
    pub account: Arc<str>,
    /// Its region.
    pub region: Arc<str>,
    /// Its policy; `None` for kinds of endpoint that have none.
    pub policy: Option<Arc<Document>>,
    /// Its tags; `None` where they could not be read.
    pub tags: Option<Tags>,
    /// Where it stands.
    pub place: Place,
}

/// The ARN of the resource whose policy governs a request on this ARN: an object's bucket, a
/// function for its versions, a table for its indexes, a domain for its paths.
pub fn governing_arn(arn: &str) -> &str {
    let Some(parsed) = Arn::parse(arn) else { return arn };
    let resource = parsed.resource;
    let keep = match parsed.service {
        "s3" if resource.starts_with("accesspoint/") => nth_end(resource, '/', 2),
        "s3" => nth_end(resource, '/', 1),
        "lambda" if resource.starts_with("function:") => nth_end(resource, ':', 2),
        "dynamodb" if resource.contains("/index/") => nth_end(resource, '/', 2),
        "es" if resource.starts_with("domain/") => nth_end(resource, '/', 2),
        "execute-api" => nth_end(resource, '/', 1),
        "sns" => nth_end(resource, ':', 1),
        _ => resource.len(),
    };
    let head = arn.len() - resource.len();
    arn.get(..head + keep).unwrap_or(arn)
}

/// What stands between the ARN of a resource and the names of what goes by its policy: the other way round of
/// [`governing_arn`]. `None` where nothing does.
pub fn separator_below(arn: &str) -> Option<&'static str> {
    let candidates = ["/", ":", "/index/"];
    candidates.into_iter().find(|separator| governing_arn(&format!("{arn}{separator}x")) == arn)
}

/// Where the `n`th separator of a text stands, or its end.
fn nth_end(text: &str, separator: char, n: usize) -> usize {
    text.match_indices(separator).nth(n - 1).map_or(text.len(), |(i, _)| i)
}

#[cfg(test)]
mod tests {
    use super::{governing_arn, separator_below};

    #[test]
    fn objects_are_governed_by_their_buckets() {
        let cases = [
            ("arn:aws:s3:::b/k/x", "arn:aws:s3:::b"),
            ("arn:aws:s3:::b", "arn:aws:s3:::b"),
            (
                "arn:aws:s3:us-east-1:111122223333:accesspoint/ap/object/k",
                "arn:aws:s3:us-east-1:111122223333:accesspoint/ap",
            ),
            (
                "arn:aws:lambda:us-east-1:111122223333:function:f:PROD",
                "arn:aws:lambda:us-east-1:111122223333:function:f",
            ),
            (
                "arn:aws:dynamodb:us-east-1:111122223333:table/t/index/i",
                "arn:aws:dynamodb:us-east-1:111122223333:table/t",
            ),
            (
                "arn:aws:execute-api:us-east-1:111122223333:abc/prod/GET/x",
                "arn:aws:execute-api:us-east-1:111122223333:abc",
            ),
            ("arn:aws:kms:us-east-1:111122223333:key/1", "arn:aws:kms:us-east-1:111122223333:key/1"),
            ("*", "*"),
        ];
        for (arn, expected) in cases {
            assert_eq!(governing_arn(arn), expected);
        }
    }

    #[test]
    fn what_lies_below_goes_by_the_same_policy() {
        let cases = [
            ("arn:aws:s3:::b", Some("/")),
            ("arn:aws:s3:us-east-1:111122223333:accesspoint/ap", Some("/")),
            ("arn:aws:lambda:us-east-1:111122223333:function:f", Some(":")),
            ("arn:aws:dynamodb:us-east-1:111122223333:table/t", Some("/index/")),
            ("arn:aws:sns:us-east-1:111122223333:t", Some(":")),
            ("arn:aws:execute-api:us-east-1:111122223333:abc", Some("/")),
            // Others have names with slashes and colons in them, and a policy each.
            ("arn:aws:ecr:us-east-1:111122223333:repository/team", None),
            ("arn:aws:secretsmanager:us-east-1:111122223333:secret:prod", None),
            ("arn:aws:kms:us-east-1:111122223333:key/1", None),
        ];
        for (arn, expected) in cases {
            assert_eq!(separator_below(arn), expected, "{arn}");
        }
    }
}
