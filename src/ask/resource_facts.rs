//! Which keys of a resource a request is certain to carry.
//!
//! IAM User Guide, "AWS global condition context keys", "Properties of the resource". CONFORMANCE 3.7.

use super::estate::Estate;
use super::target::{Place, Target};
use gateproof_model::catalogue::{ActionInfo, ResourceTypeId};
use gateproof_model::text::fold_text;

/// What tells the owner of a resource.
const OF_OWNER: [&str; 3] = ["aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths"];

/// Actions whose requests may lack the owner's account and organization: those that the pages of
/// `aws:ResourceAccount` and `aws:ResourceOrgID` list as not supporting them.
const MAY_LACK_OWNER: [&str; 8] = [
    "ec2:copyfpgaimage",
    "ec2:copyimage",
    "ec2:copysnapshot",
    "ec2:createtransitgatewaypeeringattachment",
    "ec2:createvolume",
    "ec2:createvpcpeeringconnection",
    "workspaces:copyworkspaceimage",
    "workspaces:describeworkspaceimages",
];

/// The key that tells a permissions boundary, in lower case.
pub(crate) const BOUNDARY: &str = "iam:permissionsboundary";

/// The calls that set a boundary: in these the key is the one asked for.
const SET_BOUNDARY: [&str; 4] =
    ["iam:createrole", "iam:createuser", "iam:putrolepermissionsboundary", "iam:putuserpermissionsboundary"];

/// Whether `iam:PermissionsBoundary` is the boundary that the user or role has, not one that the caller chooses.
///
/// IAM User Guide, "IAM and AWS STS condition context keys", `iam:PermissionsBoundary`; "Permissions boundaries for IAM entities",
/// "Delegating responsibility to others using permissions boundaries". CONFORMANCE 3.7.
pub fn tells_boundary_of_target(action: ActionInfo<'_>) -> bool {
    !SET_BOUNDARY.contains(&&*fold_text(action.name()))
}

/// Whether a request carries a key of its resource whose value is known; otherwise it may lack it.
///
/// Tags are certain only where the action's reference lists the key: "this key is returned only for resources
/// that support authorization based on tags". Buckets show theirs only once that was switched on (Amazon S3
/// User Guide, "Enabling ABAC in general purpose buckets").
/// `lists_tags`: whether that lists tags whose keys begin so ([`lists_tags`]).
pub fn is_certain(
    key: &str,
    target: &Target<'_>,
    action: Option<ActionInfo<'_>>,
    lists_tags: impl Fn(&str) -> bool,
) -> bool {
    if OF_OWNER.contains(&key) {
        return action.is_none_or(owner_is_certain);
    }
    let Some((family, _)) = key.split_once(":resourcetag/") else { return true };
    let bucket = matches!(&target.place, Place::Known(resource) if resource.service() == "s3");
    !bucket && lists_tags(family)
}

/// Whether requests for the action carry the owner's account and organization.
pub fn owner_is_certain(action: ActionInfo<'_>) -> bool {
    !["ebs", "events"].contains(&action.service()) && !MAY_LACK_OWNER.contains(&&*fold_text(action.name()))
}

/// Whether a key of the resource may tell of anybody's: others may own an image that the caller may launch
/// (Amazon EC2 User Guide, "Shared AMIs"). `only`: the type of the resource, where a call names several.
pub fn is_of_others(key: &str, estate: &Estate, target: &Target<'_>, only: Option<ResourceTypeId>) -> bool {
    let Some(kind) = only.and_then(|t| estate.catalogue.resource_type(t)) else { return false };
    let image = kind.service() == "ec2" && kind.name() == "image" && matches!(target.place, Place::Other);
    image && OF_OWNER.contains(&key)
}

/// Whether the reference lists the tags of resources under a prefix of keys, for the action or one of its resource types.
pub fn lists_tags(action: ActionInfo<'_>, family: &str) -> bool {
    let begin = format!("{family}:resourcetag/");
    let begins = |key: &str| key.get(..begin.len()).is_some_and(|head| head.eq_ignore_ascii_case(&begin));
    action.condition_keys().any(begins)
        || action
            .resource_types()
            .any(|row| row.condition_keys().any(begins) || row.resource_type.condition_keys().any(begins))
}
