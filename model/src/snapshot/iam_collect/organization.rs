//! `organizations/ORGANIZATION/`: metadata, units, accounts, control policies.

use super::{add, folders, object, output, read, string};
use crate::json::Json;
use crate::snapshot::collected::Translated;
use crate::snapshot::files::{Files, problem};
use crate::snapshot::index::ORGANIZATIONS;
use crate::snapshot::notes::Notes;
use std::collections::BTreeMap;

/// The two kinds of control policy: folder, member and type.
const KINDS: [(&str, &str); 2] = [("scps", "SERVICE_CONTROL_POLICY"), ("rcps", "RESOURCE_CONTROL_POLICY")];

/// Translates one organization's folder.
pub(super) fn translate(files: &Files, folder: &str, translated: &mut Translated, notes: &mut Notes) {
    let mut one = Organization { files, folder, translated, notes, ids: BTreeMap::new() };
    one.policies();
    one.describe();
    one.targets("ous.json", "parent", false);
    one.targets("accounts.json", "ou", true);
}

struct Organization<'a> {
    files: &'a Files,
    folder: &'a str,
    translated: &'a mut Translated,
    notes: &'a mut Notes,
    /// Policy ids as the organization spells them by the collector's lower-case folder names.
    ids: BTreeMap<String, String>,
}

impl Organization<'_> {
    fn add(&mut self, operation: &str, name: Option<&str>, file: &str, json: Option<Json>, whole_file: bool) {
        let mut one = output("", name, file, json);
        one.whole_file = whole_file;
        add(self.translated, "", ORGANIZATIONS, operation, one);
    }

    fn read(&mut self, name: &str) -> Option<Json> {
        let json = read(self.files, self.folder, name, self.notes);
        if json.is_none() || matches!(json, Some(None)) {
            let file = format!("{}/{name}", self.folder);
            if json.is_none() {
                self.notes.problem(*problem(&file, "", "nothing", "a part of the organization"));
            }
            self.notes.blind(None, &[], "the organization", &file);
        }
        json.flatten()
    }

    fn describe(&mut self) {
        let Some(json) = self.read("metadata.json") else { return };
        let file = format!("{}/metadata.json", self.folder);
        let member = |key: &str| json.get(key).cloned().unwrap_or(Json::Null);
        let organization = object([("Id", member("id")), ("MasterAccountId", member("rootAccountId"))]);
        self.add("describe-organization", None, &file, Some(object([("Organization", organization)])), false);
        let types = match json.get("features") {
            Some(Json::Object(features)) => features
                .iter()
                .map(|(kind, on)| {
                    let status = if on.as_bool() == Some(true) { "ENABLED" } else { "DISABLED" };
                    object([("Type", string(kind)), ("Status", string(status))])
                })
                .collect(),
            _ => Vec::new(),
        };
        let root = object([("Id", member("rootOu")), ("PolicyTypes", Json::Array(types))]);
        self.add("list-roots", None, &file, Some(object([("Roots", Json::Array(vec![root]))])), false);
    }

    fn policies(&mut self) {
        for (place, kind) in KINDS {
            for policy in folders(self.files, &format!("{}/{place}", self.folder), self.notes) {
                let metadata = read(self.files, &policy.path, "metadata.json", self.notes).flatten();
                let arn = metadata.as_ref().and_then(|m| m.get("arn")).and_then(Json::as_str);
                let id = arn.and_then(|a| a.rsplit('/').next()).unwrap_or(&policy.name).to_owned();
                let name = metadata.as_ref().and_then(|m| m.get("name")).cloned();
                let file = format!("{}/policy.json", policy.path);
                let content = read(self.files, &policy.path, "policy.json", self.notes).flatten();
                let summary = object([
                    ("Id", string(&id)),
                    ("Name", name.unwrap_or_else(|| string(&id))),
                    ("Type", string(kind)),
                ]);
                let described =
                    object([("PolicySummary", summary), ("Content", content.unwrap_or(Json::Null))]);
                self.add("describe-policy", Some(&id), &file, Some(object([("Policy", described)])), true);
                self.ids.insert(policy.name.to_lowercase(), id);
            }
        }
    }

    /// Units or accounts: an object from id to parent and policies' ARNs.
    fn targets(&mut self, name: &str, parent: &str, accounts: bool) {
        let file = format!("{}/{name}", self.folder);
        let targets = match self.read(name) {
            Some(Json::Object(targets)) => targets,
            None => return,
            Some(other) => {
                self.notes.problem(*problem(&file, "", other.kind(), "an object"));
                self.notes.blind(None, &[], "the organization", &file);
                return;
            }
        };
        let mut listed = Vec::new();
        for (id, target) in &targets {
            listed.push(object([("Id", string(id))]));
            if let Some(parent) = target.get(parent).filter(|p| **p != Json::Null) {
                let parents = Json::Array(vec![object([("Id", parent.clone())])]);
                self.add("list-parents", Some(id), &file, Some(object([("Parents", parents)])), false);
            }
            let mut policies = Vec::new();
            for (member, kind) in KINDS {
                for arn in target.get(member).and_then(Json::as_array).unwrap_or_default() {
                    let last = arn.as_str().and_then(|a| a.rsplit('/').next()).unwrap_or_default();
                    let id = self.ids.get(&last.to_lowercase()).map_or(last, String::as_str);
                    policies.push(object([("Id", string(id)), ("Type", string(kind))]));
                }
            }
            let policies = object([("Policies", Json::Array(policies))]);
            self.add("list-policies-for-target", Some(id), &file, Some(policies), false);
        }
        if accounts {
            let listed = object([("Accounts", Json::Array(listed))]);
            self.add("list-accounts", None, &file, Some(listed), false);
        }
    }
}
