//! Actions that stand beside the general logic.

use super::Evaluation;
use super::explanation::Reason;
use crate::account::is_role_kept_by_aws;
use crate::arn::Arn;
use crate::request::PrincipalKind;

/// Calls that policies can't refuse.
///
/// AWS STS API Reference, GetCallerIdentity: no permissions are required, a Deny included.
/// GetSessionToken: "No permissions are required for users to perform this operation"; it is called
/// with the long-term credentials of a user or of the root user. CONFORMANCE 1.8, 3.4.
pub fn needs_no_permission(evaluation: &Evaluation<'_>) -> Option<Reason> {
    match (evaluation.action.as_str(), &evaluation.principal().kind) {
        ("sts:getcalleridentity", _) => Some(Reason::Rule("sts:GetCallerIdentity needs no permission")),
        ("sts:getsessiontoken", PrincipalKind::User(_) | PrincipalKind::Root) => {
            Some(Reason::Rule("sts:GetSessionToken needs no permission"))
        }
        _ => None,
    }
}

/// The root user can't assume roles, nor open sessions of other accounts' root users (AWS STS API Reference, AssumeRole,
/// AssumeRoot). CONFORMANCE 1.2, 1.4.8.
pub fn root_cannot_assume(evaluation: &Evaluation<'_>) -> Option<Reason> {
    let assumes = evaluation.action == "sts:assumerole" || opens_root_session(evaluation);
    (evaluation.principal().kind == PrincipalKind::Root && assumes)
        .then_some(Reason::Rule("the root user cannot assume roles"))
}

/// Whether the call opens a session of a member account's root user. It is made from the management account or by the
/// delegated administrator for IAM, and needs an identity policy there alone.
///
/// IAM User Guide, "Centrally manage root access for member accounts"; AWS STS API Reference, AssumeRoot. CONFORMANCE 1.4.8.
pub fn opens_root_session(evaluation: &Evaluation<'_>) -> bool {
    evaluation.action == "sts:assumeroot"
}

/// The calls about a bucket's policy that its owner's root user can always make, but for what the organization denies.
const OWN_BUCKET_POLICY: [&str; 6] = [
    "s3:deletebucketpolicy",
    "s3:getbucketpolicy",
    "s3:putbucketpolicy",
    "s3express:deletebucketpolicy",
    "s3express:getbucketpolicy",
    "s3express:putbucketpolicy",
];

/// Whether a bucket's policy is not heard: nobody locks the root user of its own account out by it.
///
/// Amazon S3 API Reference, PutBucketPolicy, GetBucketPolicy, DeleteBucketPolicy. CONFORMANCE 1.1.
pub fn owner_keeps_bucket_policy(evaluation: &Evaluation<'_>) -> bool {
    evaluation.principal().kind == PrincipalKind::Root
        && evaluation.same_account()
        && OWN_BUCKET_POLICY.contains(&evaluation.action.as_str())
}

/// Calls of AWS STS that temporary credentials can't make, whatever policies say.
///
/// IAM User Guide, "Compare AWS STS credentials": federated users "cannot call AWS STS operations except
/// GetCallerIdentity"; role sessions "cannot call GetFederationToken or GetSessionToken". CONFORMANCE 1.8.
pub fn session_cannot_call(evaluation: &Evaluation<'_>) -> Option<Reason> {
    let refused = match &evaluation.principal().kind {
        PrincipalKind::FederatedUser(_) => evaluation.service() == "sts",
        PrincipalKind::Role(_) | PrincipalKind::RoleSession(_) => {
            ["sts:getfederationtoken", "sts:getsessiontoken"].contains(&evaluation.action.as_str())
        }
        _ => false,
    };
    refused.then_some(Reason::Rule("these temporary credentials cannot make this call of AWS STS"))
}

/// Edits that AWS refuses on its own managed policies (IAM User Guide, "Managed policies and inline policies").
const POLICY_EDITS: [&str; 4] =
    ["iam:createpolicyversion", "iam:deletepolicy", "iam:deletepolicyversion", "iam:setdefaultpolicyversion"];

/// Edits that AWS refuses on roles which it keeps itself: the calls that the IAM API Reference gives
/// the error `UnmodifiableEntity`, but for those that change a description only.
const ROLE_EDITS: [&str; 8] = [
    "iam:attachrolepolicy",
    "iam:deleterole",
    "iam:deleterolepermissionsboundary",
    "iam:deleterolepolicy",
    "iam:detachrolepolicy",
    "iam:putrolepermissionsboundary",
    "iam:putrolepolicy",
    "iam:updateassumerolepolicy",
];

/// What belongs to AWS can't be edited by the account, and its roles can't be passed.
///
/// IAM User Guide, "Service-linked roles", "Managed policies and inline policies"; IAM Identity
/// Center User Guide, "Referencing permission sets in resource policies". CONFORMANCE 1.8.
pub fn kept_by_aws(evaluation: &Evaluation<'_>) -> Option<Reason> {
    let arn = Arn::parse(&evaluation.request.resource).filter(|arn| arn.service == "iam")?;
    let action = evaluation.action.as_str();
    if arn.account == "aws" && arn.resource.starts_with("policy/") && POLICY_EDITS.contains(&action) {
        return Some(Reason::Rule("AWS-managed policies cannot be edited"));
    }
    if !is_role_kept_by_aws(&evaluation.request.resource) {
        return None;
    }
    if ROLE_EDITS.contains(&action) {
        return Some(Reason::Rule("reserved and service-linked roles cannot be edited"));
    }
    (action == "iam:passrole" && !evaluation.world.rules.reserved_roles_can_be_passed)
        .then_some(Reason::Rule("reserved and service-linked roles cannot be passed"))
}
