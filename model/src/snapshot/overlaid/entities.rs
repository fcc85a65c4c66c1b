//! Users, roles, groups and managed policies in their files: elements of `get-account-authorization-details`, or folders of
//! iam-collect. Members are read and written as the former spells them.

use super::Layout;
use super::edits::{Edits, is_taken_out};
use crate::arn::Arn;
use crate::json::Json;
use crate::overlay::OverlayError;
use crate::snapshot::load::{GAAD, IAM};
use std::sync::Arc;

/// Where an entity stands.
#[derive(Debug, Clone)]
pub(super) enum Home {
    /// An element of a list.
    Element { file: Arc<str>, pointer: String },
    /// A folder of files.
    Folder(String),
}

/// A kind of entity: what its ARN's resource begins with, its list, its list of inline policies, what it is in messages.
pub(super) struct Kind {
    pub(super) prefix: &'static str,
    pub(super) list: &'static str,
    pub(super) inline: &'static str,
    pub(super) noun: &'static str,
}

const KINDS: [Kind; 4] = [
    Kind { prefix: "role", list: "RoleDetailList", inline: "RolePolicyList", noun: "a role of the snapshot" },
    Kind { prefix: "user", list: "UserDetailList", inline: "UserPolicyList", noun: "a user of the snapshot" },
    Kind {
        prefix: "group",
        list: "GroupDetailList",
        inline: "GroupPolicyList",
        noun: "a group of the snapshot",
    },
    Kind {
        prefix: "policy",
        list: "Policies",
        inline: "",
        noun: "a customer managed policy of the snapshot",
    },
];

/// The kind of an ARN of IAM.
pub(super) fn kind_of(arn: &str) -> Option<&'static Kind> {
    let parsed = Arn::parse(arn).filter(|a| a.service == "iam")?;
    let (prefix, _) = parsed.resource.split_once('/')?;
    KINDS.iter().find(|kind| kind.prefix == prefix)
}

impl Edits<'_> {
    /// Where an entity stands after the changes made so far.
    pub(super) fn home(&mut self, arn: &str) -> Result<Home, OverlayError> {
        let expected = "a user, role, group or managed policy";
        let kind = kind_of(arn).ok_or_else(|| OverlayError::missing(arn, expected))?;
        let found = match self.layout {
            Layout::IamCollect => self.folder_of(arn).map(Home::Folder),
            Layout::Calls | Layout::LoneFile(_) => self.element_of(arn, kind)?,
        };
        found.ok_or_else(|| OverlayError::missing(arn, kind.noun))
    }

    /// The files that list the principals of an account.
    pub(super) fn principal_files(&self, account: &str) -> Vec<Arc<str>> {
        match &self.layout {
            Layout::LoneFile(name) => vec![name.clone()],
            Layout::Calls => self.index.files(account, IAM, GAAD).iter().map(|f| f.file.clone()).collect(),
            Layout::IamCollect => Vec::new(),
        }
    }

    fn element_of(&mut self, arn: &str, kind: &Kind) -> Result<Option<Home>, OverlayError> {
        let account = Arn::parse(arn).map(|a| a.account.to_owned()).unwrap_or_default();
        for file in self.principal_files(&account) {
            let list = self.json(&file)?.get(kind.list).and_then(Json::as_array).unwrap_or_default();
            let is_it = |item: &Json| item.get("Arn").and_then(Json::as_str) == Some(arn);
            if let Some(at) = list.iter().position(is_it) {
                let pointer = format!("/{}/{at}", kind.list);
                return Ok(Some(Home::Element { file, pointer }));
            }
        }
        Ok(None)
    }

    fn folder_of(&self, arn: &str) -> Option<String> {
        let folder = |file: &str| file.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        let principal = self.base.principal(arn).map(|p| folder(&p.place.file));
        let group = || self.base.groups().iter().find(|g| *g.arn == *arn).map(|g| folder(&g.place.file));
        let policy = || {
            let mut policies = self.base.managed_policies().iter().filter(|p| !p.from_catalogue);
            policies.find(|p| *p.arn == *arn).map(|p| folder(&p.place.file))
        };
        let known = principal.or_else(group).or_else(policy).flatten();
        let known = known.filter(|folder| self.exists(&format!("{folder}/metadata.json")));
        known.or_else(|| self.folders.get(arn).cloned())
    }

    /// A member of an entity; `None` where there is none.
    pub(super) fn member(&mut self, home: &Home, key: &str) -> Result<Option<Json>, OverlayError> {
        let found = match home {
            Home::Element { file, pointer } => self.at(file, pointer)?.get(key).cloned(),
            Home::Folder(folder) => match file_of(key) {
                None => self.json(&format!("{folder}/metadata.json"))?.get(&metadata_key(key)).cloned(),
                Some(name) => {
                    let file = format!("{folder}/{name}.json");
                    if self.exists(&file) { Some(as_printed(key, self.json(&file)?.clone())) } else { None }
                }
            },
        };
        Ok(found.filter(|json| *json != Json::Null && !is_taken_out(json)))
    }

    /// Sets a member of an entity.
    pub(super) fn set_member_of(&mut self, home: &Home, key: &str, value: Json) -> Result<(), OverlayError> {
        match home {
            Home::Element { file, pointer } => self.at(file, pointer)?.set(key, value),
            Home::Folder(folder) => match file_of(key) {
                None => self.json(&format!("{folder}/metadata.json"))?.set(&metadata_key(key), value),
                Some(name) => self.write(&format!("{folder}/{name}.json"), as_collected(key, value)),
            },
        }
        Ok(())
    }

    /// Takes a member away from an entity.
    pub(super) fn remove_member(&mut self, home: &Home, key: &str) -> Result<(), OverlayError> {
        match home {
            Home::Element { file, pointer } => {
                self.at(file, pointer)?.remove(key);
            }
            Home::Folder(folder) => match file_of(key) {
                None => {
                    self.json(&format!("{folder}/metadata.json"))?.remove(&metadata_key(key));
                }
                Some(name) => self.delete(&format!("{folder}/{name}.json")),
            },
        }
        Ok(())
    }
}

/// The file of iam-collect that holds a member; `None`: its `metadata.json`.
fn file_of(key: &str) -> Option<&'static str> {
    Some(match key {
        "AssumeRolePolicyDocument" => "trust-policy",
        "RolePolicyList" | "UserPolicyList" | "GroupPolicyList" => "inline-policies",
        "AttachedManagedPolicies" => "managed-policies",
        "GroupList" => "groups",
        "PolicyVersionList" => "current-policy",
        "InstanceProfileList" => "instance-profiles",
        "Tags" => "tags",
        _ => return None,
    })
}

fn metadata_key(key: &str) -> String {
    match key {
        "Arn" => "arn",
        "RoleId" | "UserId" | "GroupId" | "PolicyId" => "id",
        "DefaultVersionId" => "defaultVersionId",
        "PermissionsBoundary" => "permissionBoundary",
        other => other,
    }
    .to_owned()
}

fn object(key: &str, value: Json) -> Json {
    Json::Object(vec![(key.to_owned(), value)])
}

/// A file of iam-collect as the member that AWS prints.
fn as_printed(key: &str, json: Json) -> Json {
    match (key, json) {
        ("AttachedManagedPolicies", Json::Array(arns)) => {
            Json::Array(arns.into_iter().map(|arn| object("PolicyArn", arn)).collect())
        }
        ("InstanceProfileList", Json::Array(arns)) => {
            Json::Array(arns.into_iter().map(|arn| object("Arn", arn)).collect())
        }
        ("PolicyVersionList", document) => Json::Array(vec![object("Document", document)]),
        (_, json) => json,
    }
}

/// A member that AWS prints as a file of iam-collect.
fn as_collected(key: &str, json: Json) -> Json {
    let each = |items: Vec<Json>, member: &str| {
        let take = |mut item: Json| item.remove(member);
        Json::Array(items.into_iter().filter_map(take).collect())
    };
    match (key, json) {
        ("AttachedManagedPolicies", Json::Array(items)) => each(items, "PolicyArn"),
        ("InstanceProfileList", Json::Array(items)) => each(items, "Arn"),
        ("PolicyVersionList", Json::Array(versions)) => {
            let is_default = |v: &Json| v.get("IsDefaultVersion").and_then(Json::as_bool) == Some(true);
            let at = versions.iter().position(is_default).unwrap_or(0);
            let mut version = versions.into_iter().nth(at);
            version.as_mut().and_then(|v| v.remove("Document")).unwrap_or(Json::Null)
        }
        ("Tags", Json::Array(tags)) => Json::Object(
            tags.into_iter()
                .filter_map(|mut tag| Some((tag.get("Key")?.as_str()?.to_owned(), tag.remove("Value")?)))
                .collect(),
        ),
        (_, json) => json,
    }
}
