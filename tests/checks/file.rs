//! Files of properties about the example organization.

use crate::copied::copy_folder;
use gateproof::ask::{Environments, Estate, EstateOptions, Settings};
use gateproof::check::{Decided, Judgement, Names, PropertyFile, decide};
use gateproof::escalation::EscalationSettings;
use gateproof_encodings::primitive::embedded;
use gateproof_model::snapshot::Missing;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

fn load(name: &str, missing: Missing) -> Estate {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/snapshots").join(name);
    Estate::load(&path, EstateOptions { missing }).unwrap()
}

/// The vulnerable example.
pub fn acme() -> &'static Estate {
    static ACME: OnceLock<Estate> = OnceLock::new();
    ACME.get_or_init(|| load("acme", Missing::Assume))
}

/// The fixed one.
pub fn fixed() -> &'static Estate {
    static FIXED: OnceLock<Estate> = OnceLock::new();
    FIXED.get_or_init(|| load("acme-fixed", Missing::Assume))
}

/// The fixed one, of which it was not collected which clusters there are.
pub fn fixed_in_part(missing: Missing) -> Estate {
    fixed_without("accounts/444444444444/us-east-1/ecs/list-clusters.json", missing)
}

/// The fixed one, of which one file was not collected.
pub fn fixed_without(file: &str, missing: Missing) -> Estate {
    let copy = tempfile::tempdir().unwrap();
    copy_folder(Path::new("corpus/snapshots/acme-fixed"), copy.path());
    std::fs::remove_file(copy.path().join(file)).unwrap();
    let estate = Estate::load(copy.path(), EstateOptions { missing }).unwrap();
    // What is read later is read while the folder is there.
    estate.snapshot.inventory();
    estate
}

/// All steps, and the environment that the tests speak of.
pub fn settings() -> EscalationSettings {
    let accounts = BTreeMap::from([("prod".to_owned(), BTreeSet::from(["444444444444".to_owned()]))]);
    let ask = Settings { environments: Environments { accounts }, ..Settings::default() };
    EscalationSettings {
        ask,
        primitives: embedded().unwrap().to_vec(),
        chains: 1,
        all_paths: false,
        for_anyone: false,
    }
}

/// Names for files beside the repository's root.
pub fn names() -> Names {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).to_owned();
    let groups = BTreeMap::from([("approvers".to_owned(), vec!["user/alice.nguyen".parse().unwrap()])]);
    Names { folder, groups, ..Names::default() }
}

/// A file of one property, its name put before what it says.
pub fn one(says: &str) -> PropertyFile {
    let indented: String = says.lines().map(|line| format!("    {line}\n")).collect();
    let text = format!("properties:\n  - name: it\n{indented}");
    PropertyFile::parse("checks.yaml", &text, &names()).unwrap_or_else(|error| panic!("{error}"))
}

/// What is found out about one property.
pub fn decided(says: &str, estate: &Estate) -> Decided {
    let file = one(says);
    decide(&file.properties[0], estate, &settings()).unwrap_or_else(|error| panic!("{says}: {error}"))
}

/// How it is judged.
pub fn judged(says: &str, estate: &Estate) -> Judgement {
    decided(says, estate).judgement
}

/// Who violates it.
pub fn violators(decided: &Decided) -> Vec<String> {
    let short = |arn: &str| arn.rsplit('/').next().unwrap_or(arn).to_owned();
    decided.violations.iter().map(|violation| short(&violation.principal)).collect()
}
