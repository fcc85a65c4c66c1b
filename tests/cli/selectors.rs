//! Selectors that speak of pipelines: they stand for the principals that `map` shows.

use crate::copied::copy_folder;
use crate::program::{ask, run, stderr};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, iter};

const ACME: &str = "corpus/snapshots/acme";

/// The principals that a selector stands for.
fn named(snapshot: &str, selector: &str) -> BTreeSet<String> {
    let (_, answer) = ask(&["can", snapshot, "--principal", selector, "--action", "iam:PassRole"]);
    assert_eq!(answer["question"]["principals"][0], selector, "the question is printed as it was asked");
    let each = answer["principals"].as_array().unwrap().iter();
    each.map(|one| one["arn"].as_str().unwrap().to_owned()).collect()
}

fn pipeline(name: &str) -> Value {
    let (_, map) = ask(&["map", ACME, "--pipeline", name]);
    map["pipelines"][0].clone()
}

fn texts(value: &Value) -> impl Iterator<Item = String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned())
}

/// The actions of a pipeline, with their stages.
fn actions(pipeline: &Value) -> Vec<(String, Value)> {
    let stages = pipeline["stages"].as_array().unwrap().iter();
    let of = |stage: &Value| {
        let name = stage["name"].as_str().unwrap().to_owned();
        stage["actions"]
            .as_array()
            .unwrap()
            .iter()
            .map(move |action| (name.clone(), action.clone()))
            .collect()
    };
    stages.flat_map(|stage| -> Vec<(String, Value)> { of(stage) }).collect()
}

#[test]
fn a_stage_is_the_roles_that_its_work_is_done_with() {
    for name in ["prod-deploy", "staging-deploy", "images"] {
        let pipeline = pipeline(name);
        let stages: BTreeSet<String> = actions(&pipeline).into_iter().map(|(stage, _)| stage).collect();
        for stage in stages {
            let all = actions(&pipeline);
            let own = all.iter().filter(|(of, _)| *of == stage);
            let roles: BTreeSet<String> = own.flat_map(|(_, action)| texts(&action["runs_as"])).collect();
            let selector = format!("stage:{stage}@{name}");
            if roles.is_empty() {
                let refused = run(&["can", ACME, "--principal", &selector, "--action", "iam:PassRole"]);
                assert_eq!(refused.status.code(), Some(1), "{selector}");
                assert!(stderr(&refused).contains("matches nothing"), "{}", stderr(&refused));
            } else {
                assert_eq!(named(ACME, &selector), roles, "{selector}");
            }
        }
    }
}

#[test]
fn a_pipeline_is_all_roles_that_it_acts_and_runs_with() {
    let pipeline = pipeline("prod-deploy");
    let own = iter::once(pipeline["role"].as_str().unwrap().to_owned());
    let of = |(_, action): (String, Value)| {
        let called = action["role"].as_str().unwrap().to_owned();
        texts(&action["runs_as"]).chain([called]).collect::<Vec<_>>()
    };
    let roles: BTreeSet<String> = own.chain(actions(&pipeline).into_iter().flat_map(of)).collect();
    assert_eq!(named(ACME, "pipeline:prod-deploy"), roles);
}

#[test]
fn committers_are_those_who_may_write_what_is_shipped() {
    let pipeline = pipeline("staging-deploy");
    let abilities = pipeline["abilities"].as_array().unwrap().iter();
    let write = abilities.filter(|ability| ability["ability"] == "write-source");
    let people = write.flat_map(|ability| ability["principals"].as_array().unwrap());
    let people: BTreeSet<String> = people.map(|one| one["arn"].as_str().unwrap().to_owned()).collect();
    assert!(people.len() > 3);
    assert_eq!(named(ACME, "committers:staging-deploy"), people);
}

/// Whoever may push to GitHub holds what runs the push, but for what an approval stands before.
#[test]
fn committers_outside_hold_what_runs_before_the_first_gate() {
    let pipeline = pipeline("prod-deploy");
    let all = actions(&pipeline);
    let before = all.iter().take_while(|(stage, _)| stage != "Approve");
    let roles: BTreeSet<String> = before.flat_map(|(_, action)| texts(&action["runs_as"])).collect();
    assert!(!roles.is_empty());
    assert_eq!(named(ACME, "committers:prod-deploy"), roles);
}

#[test]
fn reach_takes_them_on_both_ends() {
    let (code, answer) =
        ask(&["reach", ACME, "--from", "stage:Build@prod-deploy", "--controls", "pipeline:prod-deploy"]);
    assert_eq!(code, 2);
    assert_eq!(answer["verdict"], "reachable");
    assert_eq!(answer["question"]["from"][0], "stage:Build@prod-deploy");
}

#[test]
fn what_a_stage_runs_as_is_never_guessed() {
    let folder = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(ACME);
    copy_folder(&source, folder.path());
    fs::remove_file(folder.path().join("accounts/222222222222/us-east-1/codebuild/batch-get-projects.json"))
        .unwrap();
    let snapshot = folder.path().to_str().unwrap();
    let refused =
        run(&["can", snapshot, "--principal", "stage:Build@prod-deploy", "--action", "iam:PassRole"]);
    assert_eq!(refused.status.code(), Some(1));
    let said = stderr(&refused);
    assert!(said.contains("does not tell the role of project"), "{said}");
    assert!(said.contains("aws codebuild batch-get-projects"), "{said}");
    let refused = run(&["can", ACME, "--principal", "stage:Build@nowhere", "--action", "iam:PassRole"]);
    assert!(stderr(&refused).contains("aws codepipeline list-pipelines"), "{}", stderr(&refused));
}
