//! Users, groups and roles from the elements of `get-account-authorization-details`.
//!
//! IAM API Reference, "GetAccountAuthorizationDetails".

use super::entry::{Entry, Member};
use super::gaad::Found;
use super::managed::{ManagedPolicies, name_and_path};
use crate::account::{Group, InlinePolicy, Place, PrincipalEntity, PrincipalEntityKind, SessionTags};
use crate::arn::Arn;
use crate::json::Json;
use crate::policy::Document;
use crate::policy_parse::DocumentKind;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// How one kind of entity spells its members.
struct Spelling {
    /// For messages.
    noun: &'static str,
    /// What its ARN's resource part starts with.
    prefix: &'static str,
    id: &'static str,
    inline: &'static str,
}

const USER: Spelling = Spelling { noun: "a user", prefix: "user/", id: "UserId", inline: "UserPolicyList" };
const ROLE: Spelling = Spelling { noun: "a role", prefix: "role/", id: "RoleId", inline: "RolePolicyList" };
const GROUP: Spelling =
    Spelling { noun: "a group", prefix: "group/", id: "GroupId", inline: "GroupPolicyList" };

/// What users, roles and groups have in common.
struct Common {
    arn: Arc<str>,
    account: Arc<str>,
    name: Arc<str>,
    path: Arc<str>,
    unique_id: Option<Arc<str>>,
    /// `role/NAME`, for labels.
    label: String,
    identity: Vec<Arc<Document>>,
    inline: Vec<InlinePolicy>,
    attached: Vec<Arc<str>>,
    place: Place,
}

fn read_common(
    entry: &mut Entry,
    spelling: &Spelling,
    told: Option<&str>,
    policies: &ManagedPolicies<'_>,
) -> Option<Common> {
    let arn = entry.text("Arn")?;
    let parsed = Arn::parse(&arn).filter(|a| a.service == "iam" && a.resource.starts_with(spelling.prefix));
    let Some((parsed, owner)) = parsed.and_then(|a| Some((a, a.account_id()?))) else {
        let at = entry.at("Arn");
        entry.report(&at, format!("`{arn}`"), &format!("the ARN of {}", spelling.noun));
        return None;
    };
    if let Some(told) = told.filter(|told| *told != owner) {
        let at = entry.at("Arn");
        entry.report(&at, format!("account {owner}"), &format!("account {told}, as the path says"));
    }
    let (name, path) = name_and_path(parsed.resource);
    let label = parsed.resource.to_owned();
    let (name, path, owner) = (Arc::from(name), Arc::from(path), Arc::from(owner));
    let unique_id = entry.optional_text(spelling.id);
    let (inline, mut identity) = read_inline(entry, spelling.inline, &label);
    let attached = read_attached(entry, &label, policies, &mut identity);
    let place = Place { file: entry.file().clone(), pointer: entry.pointer().into() };
    Some(Common { arn, account: owner, name, path, unique_id, label, identity, inline, attached, place })
}

fn read_inline(entry: &mut Entry, key: &str, label: &str) -> (Vec<InlinePolicy>, Vec<Arc<Document>>) {
    let at = entry.at(key);
    let (mut inline, mut identity) = (Vec::new(), Vec::new());
    let Some(items) = entry.list(key) else {
        identity.push(entry.unknown(&at, &format!("inline policies of {label}"), DocumentKind::Identity));
        return (inline, identity);
    };
    for (i, item) in items.into_iter().enumerate() {
        let mut policy = entry.nested(&format!("{at}/{i}"), item);
        let name = policy.text("PolicyName").unwrap_or_else(|| i.to_string().into());
        let title = format!("inline policy {name} of {label}");
        let document = policy.document("PolicyDocument", &title, DocumentKind::Identity);
        entry.problems.append(&mut policy.problems);
        identity.push(document.clone());
        inline.push(InlinePolicy { name, document });
    }
    (inline, identity)
}

fn read_attached(
    entry: &mut Entry,
    label: &str,
    policies: &ManagedPolicies<'_>,
    identity: &mut Vec<Arc<Document>>,
) -> Vec<Arc<str>> {
    let at = entry.at("AttachedManagedPolicies");
    let mut attached = Vec::new();
    let Some(items) = entry.list("AttachedManagedPolicies") else {
        identity.push(entry.unknown(&at, &format!("attached policies of {label}"), DocumentKind::Identity));
        return attached;
    };
    for (i, item) in items.iter().enumerate() {
        match item.get("PolicyArn").and_then(Json::as_str) {
            Some(arn) => {
                identity.push(policies.document(arn));
                attached.push(arn.into());
            }
            None => {
                let here = format!("{at}/{i}");
                entry.report(&here, item.kind(), "an object with PolicyArn");
                let title = format!("attached policy of {label}");
                identity.push(entry.unknown(&here, &title, DocumentKind::Identity));
            }
        }
    }
    attached
}

fn read_boundary(
    entry: &mut Entry,
    label: &str,
    policies: &ManagedPolicies<'_>,
) -> (Option<Arc<str>>, Option<Vec<Arc<Document>>>) {
    const KEY: &str = "PermissionsBoundary";
    let arn = match entry.member(KEY) {
        Member::Absent => return (None, None),
        Member::Unreadable => None,
        Member::Value(value) => value.get("PermissionsBoundaryArn").and_then(Json::as_str).map(Arc::from),
    };
    if let Some(arn) = arn {
        let document = policies.document(&arn);
        return (Some(arn), Some(vec![document]));
    }
    let at = entry.at(KEY);
    entry.report(&at, "no PermissionsBoundaryArn", "an object with PermissionsBoundaryArn");
    let document = entry.unknown(&at, &format!("permissions boundary of {label}"), DocumentKind::Identity);
    (None, Some(vec![document]))
}

/// Reads one element of `GroupDetailList`.
pub(super) fn read_group(
    mut entry: Entry,
    told: Option<&str>,
    policies: &ManagedPolicies<'_>,
) -> Found<Group> {
    let Some(c) = read_common(&mut entry, &GROUP, told, policies) else {
        return Found::nameless(entry, GROUP.noun);
    };
    let group = Group {
        arn: c.arn,
        account: c.account,
        name: c.name,
        path: c.path,
        unique_id: c.unique_id,
        identity: c.identity.into(),
        inline: c.inline,
        attached: c.attached,
        place: c.place,
    };
    Found { value: Some(group), problems: entry.problems, blind: None }
}

/// Reads one element of `UserDetailList`; `groups` are the account's groups by name.
pub(super) fn read_user(
    mut entry: Entry,
    told: Option<&str>,
    policies: &ManagedPolicies<'_>,
    groups: &FxHashMap<Arc<str>, Arc<Group>>,
) -> Found<PrincipalEntity> {
    let Some(mut c) = read_common(&mut entry, &USER, told, policies) else {
        return Found::nameless(entry, USER.noun);
    };
    let at = entry.at("GroupList");
    let mut member_of = Vec::new();
    match entry.list("GroupList") {
        None => c.identity.push(entry.unknown(
            &at,
            &format!("policies of the groups of {}", c.label),
            DocumentKind::Identity,
        )),
        Some(items) => {
            for (i, item) in items.iter().enumerate() {
                if let Some(group) = item.as_str().and_then(|name| groups.get(name)) {
                    c.identity.extend(group.identity.iter().cloned());
                    member_of.push(group.arn.clone());
                    continue;
                }
                let here = format!("{at}/{i}");
                let (found, title) = match item {
                    Json::String(name) => (
                        format!("the group `{name}`, which is not in the file"),
                        format!("policies of group {name}"),
                    ),
                    other => (other.kind().to_owned(), "policies of a group".to_owned()),
                };
                entry.report(&here, found, "the name of a group in GroupDetailList");
                c.identity.push(entry.unknown(&here, &title, DocumentKind::Identity));
            }
        }
    }
    finish(entry, c, policies, PrincipalEntityKind::User, member_of)
}

/// Reads one element of `RoleDetailList`.
pub(super) fn read_role(
    mut entry: Entry,
    told: Option<&str>,
    policies: &ManagedPolicies<'_>,
) -> Found<PrincipalEntity> {
    match read_common(&mut entry, &ROLE, told, policies) {
        Some(c) => finish(entry, c, policies, PrincipalEntityKind::Role, Vec::new()),
        None => Found::nameless(entry, ROLE.noun),
    }
}

fn finish(
    mut entry: Entry,
    c: Common,
    policies: &ManagedPolicies<'_>,
    kind: PrincipalEntityKind,
    groups: Vec<Arc<str>>,
) -> Found<PrincipalEntity> {
    let (boundary_arn, boundary) = read_boundary(&mut entry, &c.label, policies);
    let (mut trust, mut instance_profiles, mut max_session_seconds) = (None, Vec::new(), None);
    if kind == PrincipalEntityKind::Role {
        let title = format!("trust policy of {}", c.label);
        trust = Some(entry.document("AssumeRolePolicyDocument", &title, DocumentKind::Resource));
        instance_profiles = read_instance_profiles(&mut entry);
        if let Member::Value(Json::Number(n)) = entry.member("MaxSessionDuration") {
            max_session_seconds = n.parse().ok();
        }
    }
    let tags = entry.tags("Tags");
    let principal = PrincipalEntity {
        arn: c.arn,
        kind,
        account: c.account,
        name: c.name,
        path: c.path,
        unique_id: c.unique_id,
        tags,
        session_tags: SessionTags::Own,
        identity: c.identity.into(),
        boundary,
        boundary_arn,
        boundary_open: false,
        trust,
        inline: c.inline,
        attached: c.attached,
        groups,
        max_session_seconds,
        instance_profiles,
        place: c.place,
    };
    Found { value: Some(principal), problems: entry.problems, blind: None }
}

fn read_instance_profiles(entry: &mut Entry) -> Vec<Arc<str>> {
    let at = entry.at("InstanceProfileList");
    let items = entry.list("InstanceProfileList").unwrap_or_default();
    let mut arns = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        match item.get("Arn").and_then(Json::as_str) {
            Some(arn) => arns.push(arn.into()),
            None => entry.report(&format!("{at}/{i}"), item.kind(), "an object with Arn"),
        }
    }
    arns
}
