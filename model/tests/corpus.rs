//! The reference evaluator, by way of `decide`, gives the expected answer to every corpus case.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use gateproof_model::catalogue::Catalogue;
use gateproof_model::decide::decide_line;
use gateproof_model::evaluator::World;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn case_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/cases");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the corpus is there")
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    files
}

/// The line that the command would read for a case.
fn line_of(case: &Value) -> String {
    serde_json::json!({"id": case["id"], "request": case["request"], "policies": case["policies"]})
        .to_string()
}

fn agrees(expected: &Value, answer: &Value) -> bool {
    match expected["error"].as_str() {
        Some(text) => answer["error"].as_str().is_some_and(|error| error.contains(text)),
        None => expected == &answer["decision"],
    }
}

/// The cases that `corpus/gaps.toml` excuses.
fn gaps() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/gaps.toml");
    let table: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let list = table.get("gap").and_then(|g| g.as_array()).map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|gap| gap["case"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_case_is_decided_as_expected() {
    let world = World::new(Catalogue::embedded());
    let mut gaps = gaps();
    let (mut count, mut wrong) = (0, Vec::new());
    for file in case_files() {
        let text = std::fs::read_to_string(&file).unwrap();
        let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
        for case in &cases {
            let answer: Value = serde_json::from_str(&decide_line(&line_of(case), &world)).unwrap();
            assert_eq!(answer["id"], case["id"]);
            count += 1;
            let excused = gaps.remove(case["id"].as_str().unwrap());
            if agrees(&case["expect"], &answer) != excused {
                continue;
            }
            let name = file.file_stem().unwrap().to_string_lossy();
            let note = if excused { "passes, though corpus/gaps.toml excuses it" } else { "differs" };
            wrong.push(format!(
                "{name}: {} (rule {}) {note}: expected {}, got {answer}\n  {}",
                case["id"], case["rule"], case["expect"], case["why"]
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(gaps.is_empty(), "corpus/gaps.toml names cases that do not exist: {gaps:?}");
    assert!(count >= 1_500, "only {count} cases found");
}
