//! A snapshot read with changes is the snapshot that would be read if its files had been edited by hand.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::expect_used, reason = "tests")]

mod bombs;
mod collector;
mod controls;
mod files;
mod principals;
mod refusals;
mod removals;
mod resources;

use gateproof_model::json::Json;
use gateproof_model::overlay::{Change, Given, Holder, Overlay};
use gateproof_model::snapshot::{LoadOptions, Snapshot};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

const PIPELINES: &str = "accounts/222222222222/global/iam/get-account-authorization-details.json";
const PRODUCTION: &str = "accounts/444444444444/global/iam/get-account-authorization-details.json";

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/snapshots/acme")
}

/// A document that no file of the example holds.
fn document(with_principal: bool) -> Value {
    let mut statement =
        json!({"Sid": "Fresh", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"});
    if with_principal {
        statement["Principal"] = json!({"AWS": "arn:aws:iam::222222222222:user/people/alice.nguyen"});
    }
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

fn given(value: &Value) -> Given {
    Given { json: Json::parse(&value.to_string()).unwrap(), file: "new.json".into() }
}

fn put(holder: Holder, value: &Value) -> Change {
    Change::Document { holder, document: Some(given(value)) }
}

fn load(path: &Path, changes: &[Change]) -> Snapshot {
    let overlay = Overlay { changes: changes.to_vec(), ..Overlay::default() };
    Snapshot::load_with(path, &overlay, &LoadOptions::default()).unwrap()
}

/// A copy of a directory, to be edited by hand.
struct Copy {
    folder: tempfile::TempDir,
}

impl Copy {
    pub fn of(path: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(path, folder.path());
        Self { folder }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn read(&self, file: &str) -> Value {
        serde_json::from_str(&fs::read_to_string(self.path().join(file)).unwrap()).unwrap()
    }

    pub fn write(&self, file: &str, value: &Value) {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, value.to_string()).unwrap();
    }

    pub fn edit(&self, file: &str, edit: impl FnOnce(&mut Value)) {
        let mut value = self.read(file);
        edit(&mut value);
        self.write(file, &value);
    }

    pub fn delete(&self, file: &str) {
        fs::remove_file(self.path().join(file)).unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Everything that a snapshot tells.
fn told(s: &Snapshot) -> Vec<(&'static str, String)> {
    let inventory = s.inventory();
    vec![
        ("accounts", format!("{:#?}", s.accounts())),
        ("principals", format!("{:#?}", s.principals())),
        ("groups", format!("{:#?}", s.groups())),
        ("policies", format!("{:#?}", s.managed_policies())),
        ("providers", format!("{:#?}", s.providers())),
        ("resources", format!("{:#?}", s.resources())),
        ("organization", format!("{:#?}", s.organization())),
        ("assumptions", format!("{:#?}", s.assumptions())),
        ("blind spots", format!("{:#?}", s.blind_spots())),
        ("problems", format!("{:#?}", s.problems())),
        ("inventory", format!("{inventory:#?}")),
    ]
}

/// The changes, made to the example, and the edits, made to a copy by hand, must come to the same: another snapshot than the
/// example.
fn same(base: &Path, changes: &[Change], by_hand: impl FnOnce(&Copy)) {
    let copy = Copy::of(base);
    by_hand(&copy);
    let edited = told(&Snapshot::load(copy.path(), &LoadOptions::default()).unwrap());
    let changed = told(&load(base, changes));
    for ((part, edited), (_, changed)) in edited.iter().zip(&changed) {
        if edited != changed {
            let differing = edited.lines().zip(changed.lines()).find(|(a, b)| a != b);
            panic!("{part} differ after {changes:#?}: edited, changed: {differing:#?}");
        }
    }
    assert!(told(&load(base, &[])) != changed, "nothing changed by {changes:#?}");
}

/// The element of a list with an ARN.
fn element<'v>(file: &'v mut Value, list: &str, arn: &str) -> &'v mut Value {
    let items = file[list].as_array_mut().unwrap();
    items.iter_mut().find(|item| item["Arn"] == arn).unwrap()
}
