//! The changes of `corpus/changes`: one that closes its gap, one that seems to, and one that breaks something needed are told apart.

use rayon::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/changes");
    folders(&root).iter().flat_map(|control| folders(control)).collect()
}

#[test]
fn every_control_that_the_example_violates_has_a_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let audit = std::fs::read_to_string(root.join("snapshots/acme.audit.txt")).unwrap();
    let words = audit.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let violated: BTreeSet<String> =
        words.filter(|words| words.get(2) == Some(&"violated")).map(|words| words[1].to_owned()).collect();
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    let with_case: BTreeSet<String> = folders(&root.join("changes")).iter().map(name).collect();
    assert_eq!(violated, with_case);
}

/// What the program prints, as JSON, run in a case's folder.
fn run(case: &Path, arguments: &[String]) -> Value {
    let mut program = assert_cmd::Command::new(env!("CARGO_BIN_EXE_gateproof"));
    let output = program.current_dir(case).args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{}: {complaint}", case.display()))
}

fn asked(command: &str) -> Vec<String> {
    let acme = crate::world::acme().to_str().unwrap().to_owned();
    let more = ["--keep", "keep.yaml", "--quiet", "--format", "json", "--cross-check", "never"];
    [command.to_owned(), acme].into_iter().chain(more.map(str::to_owned)).collect()
}

/// What `prove` says of a change.
fn proved(case: &Path, change: &str) -> Value {
    let text = std::fs::read_to_string(case.join(format!("{change}.yaml"))).unwrap();
    let change: Value = serde_saphyr::from_str(&text).unwrap();
    let mut arguments = asked("prove");
    arguments.extend(["--gap".to_owned(), "gap.yaml".to_owned()]);
    for (flag, values) in change["change"].as_object().unwrap() {
        for value in values.as_array().unwrap() {
            arguments.extend([format!("--{flag}"), value.as_str().unwrap().to_owned()]);
        }
    }
    run(case, &arguments)
}

fn verdicts<'v>(of: &'v Value, part: &str) -> Vec<&'v str> {
    of[part].as_array().unwrap().iter().map(|one| one["verdict"].as_str().unwrap()).collect()
}

#[test]
fn what_closes_seems_to_close_and_breaks_is_told_apart() {
    let cases = cases();
    assert!(cases.len() >= 72, "only {} cases", cases.len());
    let wrong: Vec<String> = cases
        .par_iter()
        .flat_map_iter(|case| {
            let said = ["fix", "looks-right", "breaks"].map(|change| (change, proved(case, change)));
            said.into_iter().filter_map(|(change, said)| {
                let (gaps, needs) = (verdicts(&said, "gaps"), verdicts(&said, "keep"));
                let closed = gaps.iter().all(|verdict| *verdict == "holds");
                let right = match change {
                    "fix" => said["verdict"] == "holds",
                    "looks-right" => gaps.contains(&"violated"),
                    _ => closed && needs.contains(&"violated"),
                };
                let place = case.display();
                (!right).then(|| {
                    format!("{place}, {change}: {} {gaps:?} {needs:?} {}", said["verdict"], said["reasons"])
                })
            })
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// For at least four of five gaps some edit is proved; of every third here, of all in the long runs.
#[test]
fn soak_most_gaps_have_a_proved_fix() {
    let every = if std::env::var_os("GATEPROOF_SOAK").is_some() { 1 } else { 3 };
    let cases: Vec<PathBuf> = cases().into_iter().step_by(every).collect();
    let without: Vec<String> = cases
        .par_iter()
        .filter_map(|case| {
            let mut arguments = asked("fix");
            arguments.insert(2, "gap.yaml".to_owned());
            let found = run(case, &arguments);
            let proposals = found["properties"][0]["proposals"].as_array().unwrap();
            assert!(
                proposals.iter().all(|proposal| proposal["proof"]["verdict"] == "holds"),
                "{}",
                case.display()
            );
            proposals.is_empty().then(|| case.display().to_string())
        })
        .collect();
    assert!(without.len() * 5 <= cases.len(), "{} of {}: {without:#?}", without.len(), cases.len());
}
