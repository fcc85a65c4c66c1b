//! Users, roles, groups and policies: a folder each.

use super::{folders, object, read, string};
use crate::json::Json;
use crate::snapshot::entry::Entry;
use crate::snapshot::files::Files;
use crate::snapshot::gaad::{Entities, EntrySource};
use crate::snapshot::notes::Notes;
use std::sync::Arc;

/// What a folder holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Policy,
    Group,
    User,
    Role,
}

/// The folder of one entity.
pub(in crate::snapshot) struct Folder<'a> {
    files: &'a Files,
    path: String,
    kind: Kind,
}

/// Finds the entities of an account.
pub(super) fn find<'a>(files: &'a Files, account: &str, notes: &mut Notes) -> Entities<Folder<'a>> {
    let mut of = |place: &str, kind| -> Vec<Folder<'a>> {
        let found = folders(files, &format!("{account}/iam/{place}"), notes);
        found.into_iter().map(|c| Folder { files, path: c.path, kind }).collect()
    };
    let mut policies = of("policy", Kind::Policy);
    policies.extend(of("aws/policy", Kind::Policy));
    Entities {
        policies,
        groups: of("group", Kind::Group),
        users: of("user", Kind::User),
        roles: of("role", Kind::Role),
    }
}

/// An entity while its files are being put together.
struct Assembly<'a> {
    folder: &'a Folder<'a>,
    members: Vec<(String, Option<Json>)>,
    homes: Vec<(&'static str, Arc<str>)>,
    notes: Notes,
}

impl EntrySource for Folder<'_> {
    fn entry(&self) -> Entry {
        let mut assembly =
            Assembly { folder: self, members: Vec::new(), homes: Vec::new(), notes: Notes::default() };
        assembly.metadata();
        if self.kind == Kind::Policy {
            assembly.file("/PolicyVersionList/0/Document", "current-policy", |document| document);
            assembly.policy_version();
        } else {
            assembly.file("/AttachedManagedPolicies", "managed-policies", |j| wrap(j, "PolicyArn"));
            let inline = match self.kind {
                Kind::Group => "/GroupPolicyList",
                Kind::User => "/UserPolicyList",
                Kind::Role | Kind::Policy => "/RolePolicyList",
            };
            assembly.file(inline, "inline-policies", |list| list);
            assembly.file("/Tags", "tags", tag_list);
        }
        if self.kind == Kind::User {
            assembly.file("/GroupList", "groups", group_names);
        }
        if self.kind == Kind::Role {
            assembly.file("/AssumeRolePolicyDocument", "trust-policy", |document| document);
            assembly.file("/InstanceProfileList", "instance-profiles", |j| wrap(j, "Arn"));
        }
        let file = format!("{}/metadata.json", self.path).into();
        Entry::from_files(&file, assembly.members, assembly.homes, assembly.notes.problems)
    }
}

impl Assembly<'_> {
    fn metadata(&mut self) {
        let json = read(self.folder.files, &self.folder.path, "metadata.json", &mut self.notes);
        let Some(Some(json)) = json else { return };
        let id = match self.folder.kind {
            Kind::Group => "GroupId",
            Kind::User => "UserId",
            Kind::Role => "RoleId",
            Kind::Policy => "PolicyId",
        };
        for (key, member) in [("arn", "Arn"), ("id", id), ("defaultVersionId", "DefaultVersionId")] {
            if let Some(value) = json.get(key) {
                self.members.push((member.to_owned(), Some(value.clone())));
            }
        }
        if let Some(boundary) = json.get("permissionBoundary").filter(|b| **b != Json::Null) {
            let boundary = object([("PermissionsBoundaryArn", boundary.clone())]);
            self.members.push(("PermissionsBoundary".to_owned(), Some(boundary)));
        }
    }

    /// Takes a file as a member, changed into the form that the CLI prints.
    fn file(&mut self, pointer: &'static str, name: &str, change: impl Fn(Json) -> Json) {
        let name = format!("{name}.json");
        let Some(json) = read(self.folder.files, &self.folder.path, &name, &mut self.notes) else { return };
        self.homes.push((pointer, format!("{}/{name}", self.folder.path).into()));
        let member = pointer.trim_start_matches('/').to_owned();
        self.members.push((member, json.map(change)));
    }

    /// The collector keeps the default version's document alone.
    fn policy_version(&mut self) {
        const DOCUMENT: &str = "PolicyVersionList/0/Document";
        let document = self.members.iter().position(|(k, _)| k == DOCUMENT).map(|i| self.members.remove(i).1);
        let id = self.members.iter().find(|(k, _)| k == "DefaultVersionId").and_then(|(_, v)| v.clone());
        let id = id.unwrap_or_else(|| string("v1"));
        let mut version = object([("VersionId", id), ("IsDefaultVersion", Json::Bool(true))]);
        if let (Json::Object(members), Some(Some(document))) = (&mut version, document) {
            members.push(("Document".to_owned(), document));
        }
        self.members.push(("PolicyVersionList".to_owned(), Some(Json::Array(vec![version]))));
    }
}

/// A list of texts as a list of objects.
fn wrap(json: Json, key: &str) -> Json {
    match json {
        Json::Array(items) => Json::Array(items.into_iter().map(|item| object([(key, item)])).collect()),
        other => other,
    }
}

/// Group ARNs as group names.
fn group_names(json: Json) -> Json {
    let name = |item: Json| match item {
        Json::String(arn) => string(arn.rsplit('/').next().unwrap_or_default()),
        other => other,
    };
    match json {
        Json::Array(items) => Json::Array(items.into_iter().map(name).collect()),
        other => other,
    }
}

/// A map of tags as a list.
pub(super) fn tag_list(json: Json) -> Json {
    match json {
        Json::Object(members) => Json::Array(
            members.into_iter().map(|(k, v)| object([("Key", Json::String(k)), ("Value", v)])).collect(),
        ),
        other => other,
    }
}
