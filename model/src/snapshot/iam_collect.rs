//! Directories of the collector iam-collect: `aws/PARTITION/accounts/ACCOUNT/SERVICE/…`, one folder
//! a resource with `metadata.json`, `policy.json`, `tags.json` and so on.
//!
//! Principals are read as entries put together from their files; the rest is turned into the
//! outputs of the CLI calls that it came from. A policy that is not there may not exist or may not
//! have been readable: this collector doesn't tell, so it counts as never collected.

mod organization;
mod principals;
mod resources;

use super::collected::{Output, Translated};
use super::files::{Files, problem};
use super::gaad::Entities;
use super::index::{Child, list};
use super::notes::Notes;
use crate::arn::is_account_id;
use crate::json::Json;
use principals::Folder;
use std::sync::Arc;

/// The service under which outputs without a CLI call are kept.
pub(super) const TRANSLATED: &str = "(translated)";
/// Resources: the name is the ARN.
pub(super) const METADATA: &str = "metadata";
/// Policies: the name is the ARN, the output is the document.
pub(super) const POLICY: &str = "policy";
/// Tags: the name is the ARN, the output is a map.
pub(super) const TAGS: &str = "tags";

/// An account of the directory.
pub(super) struct CollectedAccount<'a> {
    pub(super) id: String,
    pub(super) partition: String,
    /// Its folder.
    pub(super) path: Arc<str>,
    pub(super) entities: Entities<Folder<'a>>,
}

/// Whether a directory has this form.
pub(super) fn is_iam_collect(files: &Files) -> bool {
    !files.root().join("accounts").exists()
        && !files.root().join("organization").exists()
        && files.root().join("aws").is_dir()
}

/// Finds the accounts and translates everything but their principals.
pub(super) fn read_iam_collect<'a>(
    files: &'a Files,
    translated: &mut Translated,
    notes: &mut Notes,
) -> Vec<CollectedAccount<'a>> {
    let mut accounts = Vec::new();
    for partition in folders(files, "aws", notes) {
        let organizations = format!("{}/organizations", partition.path);
        for organization in folders(files, &organizations, notes) {
            organization::translate(files, &organization.path, translated, notes);
        }
        for account in folders(files, &format!("{}/accounts", partition.path), notes) {
            if !is_account_id(&account.name) {
                let found = format!("`{}`", account.name);
                notes.problem(*problem(&account.path, "", found, "a folder named after an account id"));
                continue;
            }
            resources::translate(files, &account, &partition.name, translated, notes);
            accounts.push(CollectedAccount {
                entities: principals::find(files, &account.path, notes),
                id: account.name,
                partition: partition.name.clone(),
                path: account.path.into(),
            });
        }
    }
    accounts
}

/// The folders in a folder, by name; a folder that isn't there has none.
fn folders(files: &Files, path: &str, notes: &mut Notes) -> Vec<Child> {
    let mut children = children(files, path, notes);
    children.retain(|c| c.is_folder);
    children
}

fn children(files: &Files, path: &str, notes: &mut Notes) -> Vec<Child> {
    if !files.exists(path) {
        return Vec::new();
    }
    match list(files, path) {
        Ok((children, refused)) => {
            notes.problems.extend(refused);
            children
        }
        Err(one) => {
            notes.problem(*one);
            Vec::new()
        }
    }
}

/// A file of a folder: `None` where it isn't there, `Some(None)` where it can't be read.
fn read(files: &Files, folder: &str, name: &str, notes: &mut Notes) -> Option<Option<Json>> {
    let path = format!("{folder}/{name}");
    if !files.exists(&path) {
        return None;
    }
    Some(files.read_json(&path).map_err(|one| notes.problem(*one)).ok())
}

/// Files an output under its call.
fn add(translated: &mut Translated, account: &str, service: &str, operation: &str, output: Output) {
    let key = (account.to_owned(), service.to_owned(), operation.to_owned());
    translated.entry(key).or_default().push(output);
}

/// An output of one file.
fn output(region: &str, name: Option<&str>, file: &str, json: Option<Json>) -> Output {
    Output { region: region.into(), name: name.map(Arc::from), file: file.into(), json, whole_file: false }
}

/// An object of members.
fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    Json::Object(members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
}

fn string(text: &str) -> Json {
    Json::String(text.to_owned())
}
