//! Auditing a snapshot, and copies of one that differ from it.

use gateproof::ask::{CrossCheck, Estate, EstateOptions, Settings};
use gateproof::audit::{Audit, CONTROLS, Control, Finding, Judgement};
use gateproof::config::Config;
use gateproof::escalation::EscalationSettings;
use gateproof_encodings::primitive::embedded;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

pub const SNAPSHOTS: &str = "corpus/snapshots";

/// A snapshot of the example organization.
pub fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(SNAPSHOTS).join(name)
}

/// What the controls of these ids (none: all) say of a snapshot, with what its organization means to have.
pub fn audit(snapshot: &Path, controls: &[&str], config: Option<&Path>) -> Audit {
    let config = match config {
        Some(file) => Config::beside(snapshot, Some(file)).unwrap(),
        None => Config::default(),
    };
    let estate = Estate::load(snapshot, EstateOptions::default()).unwrap();
    let settings = EscalationSettings {
        ask: Settings {
            cross_check: CrossCheck::Never,
            environments: config.environments(),
            ..Settings::default()
        },
        primitives: embedded().unwrap().to_vec(),
        chains: 1,
        all_paths: false,
    };
    let chosen: Vec<&Control> =
        CONTROLS.iter().filter(|c| controls.is_empty() || controls.contains(&c.id)).copied().collect();
    assert!(chosen.len() == controls.len() || controls.is_empty(), "{controls:?}");
    Audit::of(&estate, &config.intent().unwrap(), (None, &chosen), &settings).unwrap()
}

/// What Acme means to have.
pub fn intent() -> PathBuf {
    example("gateproof.toml")
}

/// The name of the pipeline that a finding is of.
pub fn pipeline(finding: &Finding) -> &str {
    finding.pipeline.rsplit(':').next().unwrap()
}

/// The findings of a verdict, of one control and pipeline.
pub fn of<'a>(audit: &'a Audit, control: &str, name: &str, verdict: Judgement) -> Vec<&'a Finding> {
    let all = audit.findings.iter();
    all.filter(|f| f.control == control && pipeline(f) == name && f.verdict == verdict).collect()
}

/// A copy of the fixed twin with one file changed.
pub fn changed(file: &str, change: impl Fn(&mut Value)) -> tempfile::TempDir {
    let copy = copied();
    change_in(&copy, file, change);
    copy
}

/// Changes one more file of a copy.
pub fn change_in(copy: &tempfile::TempDir, file: &str, change: impl Fn(&mut Value)) {
    let place = copy.path().join(file);
    let mut json: Value = serde_json::from_str(&fs::read_to_string(&place).unwrap()).unwrap();
    let before = json.clone();
    change(&mut json);
    assert_ne!(json, before, "{file}: nothing was changed");
    fs::write(&place, json.to_string()).unwrap();
}

/// A copy of the fixed twin without one file.
pub fn without(file: &str) -> tempfile::TempDir {
    let copy = copied();
    fs::remove_file(copy.path().join(file)).unwrap();
    copy
}

/// A copy of the fixed twin.
pub fn copied() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    copy_folder(&example("acme-fixed"), copy.path());
    copy
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}
