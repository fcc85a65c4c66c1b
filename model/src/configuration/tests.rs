//! Small snapshots, asked for everything.

mod buckets_keys_projects;
mod code;
mod records;
mod secrets;

use super::Told;
use crate::problem::Problem;
use crate::snapshot::{LoadOptions, Snapshot};
use serde_json::{Value, json};
use std::fmt::Debug;
use std::ops::Deref;

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";

/// A snapshot of a few files.
pub(super) struct Small {
    snapshot: Snapshot,
    _folder: tempfile::TempDir,
}

impl Deref for Small {
    type Target = Snapshot;

    fn deref(&self) -> &Snapshot {
        &self.snapshot
    }
}

impl Small {
    /// Files by their paths below the account's folder, as text, and the entries of `errors.json`.
    pub(super) fn of_texts(files: &[(&str, &str)], errors: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let nobody = "global/sts/get-caller-identity.json";
        for (path, text) in files.iter().chain([&(nobody, "{}")]) {
            let file = folder.path().join("accounts").join(ACCOUNT).join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        std::fs::write(folder.path().join("errors.json"), errors.to_string()).unwrap();
        let snapshot = Snapshot::load(folder.path(), &LoadOptions::default()).unwrap();
        Self { snapshot, _folder: folder }
    }

    pub(super) fn of(files: &[(&str, Value)]) -> Self {
        let texts: Vec<(&str, String)> = files.iter().map(|(path, json)| (*path, json.to_string())).collect();
        let texts: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (*path, text.as_str())).collect();
        Self::of_texts(&texts, &json!([]))
    }

    fn with_error(call: &Call<'_>, error: &str) -> Self {
        let region = call.path.split('/').next().unwrap();
        let entry = json!({"account": ACCOUNT, "region": region, "service": call.service, "operation": call.operation,
            "name": call.name, "error": error});
        Self::of_texts(&[], &json!([entry]))
    }
}

/// A call as the snapshot keeps it.
pub(super) struct Call<'a> {
    /// The file below the account's folder.
    path: &'a str,
    service: &'a str,
    operation: &'a str,
    name: Option<String>,
    /// The command that makes it.
    command: &'a str,
}

impl<'a> Call<'a> {
    /// `REGION/SERVICE/OPERATION.json` or `REGION/SERVICE/OPERATION/NAME.json`.
    pub(super) fn at(path: &'a str, command: &'a str) -> Self {
        let parts: Vec<&str> = path.trim_end_matches(".json").split('/').collect();
        let name = parts.get(3).map(|name| crate::policy_parse::percent_decode(name).unwrap());
        Self { path, service: parts[1], operation: parts[2], name, command }
    }
}

fn problem_of<T: Debug>(told: Told<T>, call: &Call<'_>) -> Option<Problem> {
    match told {
        Told::Untold { command, problem } => {
            assert_eq!(command, call.command);
            problem
        }
        told => panic!("{}: {told:?}", call.path),
    }
}

/// Asks where the call was answered, found nothing, was refused, left an unreadable file, and was never made.
pub(super) fn in_every_way<T: Debug>(
    call: &Call<'_>,
    content: &Value,
    ask: impl Fn(&Snapshot) -> Told<T>,
    check: impl Fn(T),
) {
    match ask(&Small::of(&[(call.path, content.clone())])) {
        Told::Known { value, file } => {
            assert_eq!(&*file, format!("accounts/{ACCOUNT}/{}", call.path));
            check(value);
        }
        told => panic!("{}: {told:?}", call.path),
    }
    match ask(&Small::with_error(call, "ResourceNotFoundException")) {
        Told::Absent { file } => assert_eq!(&*file, "errors.json"),
        told => panic!("{}: {told:?}", call.path),
    }
    let refused = problem_of(ask(&Small::with_error(call, "AccessDenied")), call).unwrap();
    assert_eq!(refused.file.as_ref(), "errors.json");
    let broken = Small::of_texts(&[(call.path, r#"{"Broken": "#)], &json!([]));
    assert!(problem_of(ask(&broken), call).unwrap().file.ends_with(call.path));
    let other = Small::of_texts(&[(call.path, "[17]")], &json!([]));
    assert!(problem_of(ask(&other), call).unwrap().file.ends_with(call.path), "{}", call.path);
    assert_eq!(problem_of(ask(&Small::of(&[])), call), None);
}

/// A list that says that more follows is not told as a whole.
pub(super) fn not_when_cut_short<T: Debug>(
    call: &Call<'_>,
    content: &Value,
    ask: impl Fn(&Snapshot) -> Told<T>,
) {
    let mut cut = content.clone();
    cut["NextToken"] = json!("more");
    let problem = problem_of(ask(&Small::of(&[(call.path, cut)])), call).unwrap();
    assert_eq!(problem.found, "a page that promises another");
}
