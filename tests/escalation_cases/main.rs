//! Every case of `corpus/escalation`, with the variants that rules make of it, asked of `reach` and `edges`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod asked;
mod format;
mod noise;
mod short_forms;
mod snapshot;
mod variants;

use asked::complaint;
use format::CaseFile;
use gateproof_encodings::primitive::embedded;
use rayon::prelude::*;
use std::collections::BTreeSet;
use variants::{Variant, variants};

/// The variants of all files. `GATEPROOF_CASES=TEXT` keeps those whose name holds the text, for work on the corpus.
fn all_variants() -> Vec<Variant> {
    let mut files: Vec<_> =
        std::fs::read_dir("corpus/escalation").unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let mut found = Vec::new();
    for path in files.into_iter().filter(|f| f.extension().is_some_and(|e| e == "yaml")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let file: CaseFile =
            serde_saphyr::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        found.extend(file.cases.iter().flat_map(|case| variants(&file, case)));
    }
    found
}

fn wanted(variant: &Variant) -> bool {
    std::env::var("GATEPROOF_CASES").map_or(true, |text| variant.name.contains(&text))
}

/// Asks about each; what is not as expected.
fn assert_all_right(variants: &[Variant]) {
    let wrong: Vec<String> = variants.par_iter().filter(|v| wanted(v)).filter_map(complaint).collect();
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), variants.len(), wrong.join("\n"));
}

#[test]
fn every_case_is_right() {
    assert_all_right(&all_variants());
}

#[test]
fn noise_changes_no_verdict() {
    assert_all_right(&noise::with_noise(&all_variants()));
}

#[test]
fn every_primitive_has_a_case() {
    let all = all_variants();
    let names: BTreeSet<&str> = all.iter().map(|v| v.name.as_str()).collect();
    assert_eq!(names.len(), all.len(), "two variants of one name");
    assert!(all.len() >= 600, "only {} variants", all.len());
    let reached: BTreeSet<&str> = all
        .iter()
        .filter(|v| v.plain && v.chain.contains(&v.technique))
        .map(|v| v.technique.as_str())
        .collect();
    let known: BTreeSet<&str> = embedded().unwrap().iter().map(|p| p.id.as_str()).collect();
    let missing: Vec<&&str> = known.iter().filter(|id| !reached.contains(*id)).collect();
    assert!(missing.is_empty(), "{} primitives without a case: {missing:?}", missing.len());
    let unknown: Vec<&&str> = reached.iter().filter(|id| !known.contains(*id)).collect();
    assert!(unknown.is_empty(), "no such primitives: {unknown:?}");
}
