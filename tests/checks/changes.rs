//! The gaps of `corpus/changes` are open and what is needed holds, before anything is changed.

use crate::file::{acme, settings};
use gateproof::audit::Intent;
use gateproof::check::{Judgement, Names, PropertyFile, decide};
use gateproof::config::Config;
use std::path::{Path, PathBuf};

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// What the example organization means to have.
fn intent() -> Intent {
    let acme = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/snapshots/acme");
    Config::beside(&acme, None).unwrap().intent().unwrap()
}

/// Every property of a file is judged so.
fn all_are(file: &Path, expected: Judgement) {
    let shown = file.display().to_string();
    let text = std::fs::read_to_string(file).unwrap();
    let names = Names { intent: intent(), ..Names::default() };
    let properties = PropertyFile::parse(&shown, &text, &names).unwrap_or_else(|e| panic!("{e}")).properties;
    for property in &properties {
        let decided =
            decide(property, acme(), &settings()).unwrap_or_else(|error| panic!("{shown}: {error}"));
        assert_eq!(decided.judgement, expected, "{shown}: {}: {}", property.name, decided.message);
    }
}

#[test]
fn gaps_are_open_and_needs_are_met() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/changes");
    let cases: Vec<PathBuf> = folders(&root).iter().flat_map(|control| folders(control)).collect();
    assert!(cases.len() >= 72, "only {} cases", cases.len());
    for case in &cases {
        all_are(&case.join("gap.yaml"), Judgement::Violated);
        all_are(&case.join("keep.yaml"), Judgement::Holds);
        for change in ["fix", "looks-right", "breaks"] {
            let text = std::fs::read_to_string(case.join(format!("{change}.yaml"))).unwrap();
            let change: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
            let values =
                change["change"].as_object().unwrap().values().flat_map(|list| list.as_array().unwrap());
            let files = values.filter_map(|value| value.as_str().unwrap().rsplit_once('='));
            for (_, file) in files.filter(|(_, file)| file.ends_with(".json")) {
                assert!(case.join(file).is_file(), "{}: {file}", case.display());
            }
        }
    }
}
