//! Auditing a snapshot, and copies of one that differ from it.

use crate::copied::copy_folder;
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
    audit_with(snapshot, controls, &config, EstateOptions::default())
}

/// What all controls say of one pipeline.
pub fn audit_of(snapshot: &Path, pipeline: &str) -> Audit {
    let config = Config::beside(snapshot, Some(&intent())).unwrap();
    decided(snapshot, (Some(pipeline), &CONTROLS), &config, EstateOptions::default())
}

/// What some controls say with a configuration that was read, and with what is made of input that was not collected.
pub fn audit_with(snapshot: &Path, controls: &[&str], config: &Config, options: EstateOptions) -> Audit {
    let chosen: Vec<&Control> =
        CONTROLS.iter().filter(|c| controls.is_empty() || controls.contains(&c.id)).copied().collect();
    assert!(chosen.len() == controls.len() || controls.is_empty(), "{controls:?}");
    decided(snapshot, (None, &chosen), config, options)
}

fn decided(
    snapshot: &Path,
    which: (Option<&str>, &[&Control]),
    config: &Config,
    options: EstateOptions,
) -> Audit {
    let estate = Estate::load(snapshot, options).unwrap();
    let settings = EscalationSettings {
        ask: Settings {
            cross_check: CrossCheck::Never,
            environments: config.environments(),
            ..Settings::default()
        },
        primitives: embedded().unwrap().to_vec(),
        chains: 1,
        all_paths: false,
        for_anyone: false,
    };
    Audit::of(&estate, &config.intent().unwrap(), which, &settings).unwrap()
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

/// Adds a file to a copy.
pub fn add(copy: &tempfile::TempDir, file: &str, json: &Value) {
    let place = copy.path().join(file);
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    fs::write(place, json.to_string()).unwrap();
}

/// The messages of a verdict, of one control and pipeline.
pub fn messages<'a>(audit: &'a Audit, control: &str, name: &str, verdict: Judgement) -> Vec<&'a str> {
    of(audit, control, name, verdict).into_iter().map(|finding| finding.message.as_str()).collect()
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

/// What Acme means to have but for the subjects of tokens and for Terraform, and more in the table of the audit.
pub fn intent_with(lines: &str) -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    let text = fs::read_to_string(intent()).unwrap();
    let (text, terraform) = text.split_once("[audit.terraform]").unwrap();
    assert!(!terraform.contains("\n["), "the last table: {terraform}");
    let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with("subjects = ")).collect();
    let text = kept.join("\n");
    let more = text.replacen("branches = [\"main\"]\n", &format!("branches = [\"main\"]\n{lines}\n"), 1);
    assert!(lines.is_empty() || text.len() < more.len(), "nothing was added");
    fs::write(file.path(), more).unwrap();
    file
}

/// Changes one more file of a copy.
pub fn change_too(copy: &tempfile::TempDir, file: &str, change: impl Fn(&mut Value)) {
    let place = copy.path().join(file);
    let mut json: Value = serde_json::from_str(&fs::read_to_string(&place).unwrap()).unwrap();
    change(&mut json);
    fs::write(&place, json.to_string()).unwrap();
}

/// Whether a control says so of a snapshot: a finding of the verdict has the words in its message, or in what it misses.
pub fn says(audit: &Audit, control: &str, name: &str, verdict: Judgement, words: &str) {
    let found = of(audit, control, name, verdict);
    let misses = |f: &Finding| f.missing.iter().any(|untold| untold.to_string().contains(words));
    let any = found.iter().any(|f| f.message.contains(words) || misses(f));
    assert!(any, "{control} of {name}: no `{words}` {verdict}: {:?}", audit.findings);
}
