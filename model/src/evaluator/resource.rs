//! Kinds of resource whose policies have rules of their own.

use super::Evaluation;
use crate::arn::Arn;

/// How a resource's policy takes part in the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceKind {
    /// As the general logic says.
    Ordinary,
    /// A KMS key in an action of AWS KMS: its key policy must allow. AWS KMS Developer Guide, "Key policies in
    /// AWS KMS"; CONFORMANCE 1.4.6.
    Key,
    /// A role to be assumed: its trust policy must allow. IAM User Guide, "Policy evaluation
    /// logic"; CONFORMANCE 1.4.5.
    RoleToAssume,
    /// A role as an object of any other action (`iam:PassRole`, `iam:DeleteRole`, …), or a KMS key in an
    /// action of another service (`kinesis:StartStreamEncryption`): its policy is not about such actions and
    /// has no say. CONFORMANCE 1.4.5, 1.4.6.
    Ungoverned,
}

/// The actions that trust policies govern.
///
/// IAM User Guide, "Update a role trust policy"; AWS STS API Reference, AssumeRole, section "Using
/// session tags" and "Using source identity".
const TRUST_ACTIONS: [&str; 5] = [
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:tagsession",
    "sts:setsourceidentity",
];

impl ResourceKind {
    /// The kind of the request's resource.
    pub fn of(evaluation: &Evaluation<'_>) -> Self {
        let Some(arn) = Arn::parse(&evaluation.request.resource) else { return Self::Ordinary };
        if arn.service == "kms" && arn.resource.starts_with("key/") {
            if evaluation.service() == "kms" { Self::Key } else { Self::Ungoverned }
        } else if arn.service == "iam" && arn.resource.starts_with("role/") {
            let governed = TRUST_ACTIONS.contains(&evaluation.action.as_str());
            if governed { Self::RoleToAssume } else { Self::Ungoverned }
        } else {
            Self::Ordinary
        }
    }
}
