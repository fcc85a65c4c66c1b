//! Exit codes and the shape of JSON.

use crate::program::{ask, gateproof, run};
use crate::snapshots::{OneUser, statement};
use serde_json::{Value, json};

const ARTIFACTS: &str = "arn:aws:s3:::acme-pipeline-artifacts-222222222222/*";

#[test]
fn exit_codes_say_what_happened() {
    let acme = "corpus/snapshots/acme";
    let read = ["--action", "s3:GetObject", "--resource", ARTIFACTS];
    let can = |snapshot: &str, who: &str| run(&[&["can", snapshot, "--principal", who], &read[..]].concat());
    let table = [
        (can(acme, "anyone"), 2),
        (can("corpus/snapshots/acme-fixed", "anyone"), 0),
        (can(acme, "role/no-such-role"), 1),
        (can(acme, "not a selector"), 64),
        (can("no/such/snapshot", "anyone"), 1),
        (run(&["can", acme, "--principal", "anyone"]), 64),
        (run(&["can", acme, "--no-such-flag"]), 64),
        (run(&["version", "--threads", "0"]), 64),
        (run(&["version", "--threads", "99999999"]), 64),
        (run(&["--help"]), 0),
        (run(&["version"]), 0),
    ];
    for (output, expected) in table {
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(expected), "{stderr}");
    }
}

#[test]
fn reach_says_by_its_exit_code_whether_a_chain_exists() {
    let own = json!("arn:aws:iam::111122223333:user/ana");
    let snapshot = OneUser::with(&[statement("Allow", "iam:PutUserPolicy", own)]);
    let harmless = OneUser::with(&[statement("Allow", "iam:ListUsers", json!("*"))]);
    let folder = tempfile::tempdir().unwrap();
    let drawing = folder.path().join("ways.dot").to_str().unwrap().to_owned();
    let (path, nothing) = (snapshot.path(), harmless.path());
    let table = [
        (run(&["reach", &path, "--from", "user/ana", "--action", "s3:GetObject", "--graph", &drawing]), 2),
        (run(&["reach", &nothing, "--from", "user/ana", "--action", "s3:GetObject"]), 0),
        (run(&["reach", &path, "--from", "user/ana"]), 64),
        (
            run(&[
                "reach",
                &path,
                "--from",
                "user/ana",
                "--action",
                "s3:GetObject",
                "--controls",
                "user/ana",
            ]),
            2,
        ),
        (run(&["reach", &nothing, "--from", "user/ana", "--administrator", "account:111122223333"]), 0),
        (run(&["reach", &path, "--from", "user/ana", "--administrator", "account:111122223333"]), 2),
        (run(&["reach", &path, "--from", "user/ana", "--administrator", "account:999999999999"]), 1),
        (run(&["reach", &path, "--from", "user/ana", "--administrator", "user/ana"]), 64),
        (run(&["reach", &path, "--from", "user/ana", "--reads", "arn:aws:s3:::vault/*"]), 2),
        (run(&["reach", &nothing, "--from", "user/ana", "--reads", "arn:aws:s3:::vault"]), 0),
        (run(&["reach", &path, "--from", "user/ana", "--reads", "arn:aws:dynamodb:*:*:table/x"]), 1),
        (run(&["reach", &path, "--from", "user/ana", "--controls", "user/ana", "--resource", "*"]), 64),
        (run(&["reach", &path, "--from", "user/nobody", "--action", "s3:GetObject"]), 1),
        (run(&["edges", &path]), 0),
        (run(&["who-can", &path, "--action", "s3:GetObject", "--through-escalation"]), 0),
    ];
    for (output, expected) in table {
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(expected), "{stderr}");
    }
    let drawn = std::fs::read_to_string(drawing).unwrap();
    assert!(drawn.starts_with("digraph reach {") && drawn.contains("iam.put-user-policy"), "{drawn}");
}

#[test]
fn a_graph_tells_whether_it_may_lack_ways() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ways.json").to_str().unwrap().to_owned();
    let may_lack_ways = |action: &str, target: [&str; 2]| {
        let snapshot = OneUser::with(&[statement("Allow", action, json!("*"))]);
        let path = snapshot.path();
        run(&[&["reach", &path, "--from", "user/ana", "--graph", &file], &target[..]].concat());
        let graph: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        assert!(!graph["steps"].as_array().unwrap().is_empty(), "{graph}");
        graph["may_lack_ways"].as_bool().unwrap()
    };
    assert!(!may_lack_ways("iam:CreateLoginProfile", ["--controls", "user/ana"]));
    // Whoever may do anything has more ways than are tried.
    assert!(may_lack_ways("iam:PutUserPolicy", ["--action", "s3:GetObject"]));
}

#[test]
fn a_cut_names_the_statement_that_every_chain_hangs_on() {
    let own = json!("arn:aws:iam::111122223333:user/ana");
    let snapshot = OneUser::with(&[
        statement("Allow", "iam:ListUsers", json!("*")),
        statement("Allow", "iam:PutUserPolicy", own),
    ]);
    let path = snapshot.path();
    let (code, verdict) = ask(&["reach", &path, "--from", "user/ana", "--action", "s3:GetObject", "--cut"]);
    assert_eq!(code, 2);
    let statements = verdict["cut"]["statements"].as_array().unwrap();
    assert_eq!(statements.len(), 1, "{verdict}");
    assert_eq!(statements[0]["policy"], "inline policy inline-1 of user/ana");
}

#[test]
fn a_verdict_has_all_its_fields() {
    let output = run(&[
        "can",
        "corpus/snapshots/acme",
        "--principal",
        "anyone",
        "--action",
        "s3:GetObject",
        "--resource",
        ARTIFACTS,
        "--format",
        "json",
    ]);
    let verdict: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(verdict["format"], "gateproof-verdict/1");
    assert_eq!(verdict["verdict"], "reachable");
    let step = &verdict["witness"]["steps"][0];
    for field in ["as", "session", "action", "resource", "context", "allowed_by", "technique", "gains"] {
        assert!(step.as_object().unwrap().contains_key(field), "{field}");
    }
    for field in ["question", "proof", "assumptions", "undecided", "principals"] {
        assert!(verdict.as_object().unwrap().contains_key(field), "{field}");
    }
}

#[test]
fn the_same_question_gives_the_same_bytes_whatever_the_threads() {
    let ask = |threads: &str| {
        let question = ["who-can", "corpus/snapshots/acme", "--action", "sts:AssumeRole", "--format", "json"];
        run(&[&question[..], &["--threads", threads]].concat()).stdout
    };
    let one = ask("1");
    assert!(!one.is_empty());
    assert!(one == ask("2"), "the bytes differ");
}

#[test]
fn decide_answers_every_line_in_order() {
    let case: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string("corpus/cases/boundary.json").unwrap()).unwrap();
    let mut lines: Vec<String> = case.iter().map(Value::to_string).collect();
    lines.insert(1, "not json".to_owned());
    for encoding in ["reference", "classes"] {
        let output =
            gateproof(&["decide", "--encoding", encoding]).write_stdin(lines.join("\n")).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        let text = String::from_utf8(output.stdout).unwrap();
        let answers: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(answers.len(), lines.len());
        assert!(answers[1]["error"].is_string());
        let expected: Vec<&Value> = case.iter().map(|c| &c["expect"]).collect();
        let decided: Vec<&Value> = answers.iter().filter_map(|a| a.get("decision")).collect();
        assert_eq!(decided, expected);
    }
}
