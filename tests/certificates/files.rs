//! Certificates as files and on the command line: what is no certificate is an error with a place, never a panic.

use crate::examples::certified;
use gateproof::certificate::{FileError, read_certificate, write_certificate};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gateproof")).args(arguments).output().unwrap()
}

/// A small certificate, as JSON.
fn small() -> Value {
    let (_, certificates) = certified("acme-fixed", &["demo-1"]);
    serde_json::to_value(&certificates[0]).unwrap()
}

fn error_of(file: &Path, bytes: &[u8]) -> String {
    fs::write(file, bytes).unwrap();
    match read_certificate(file) {
        Ok(_) => panic!("read: {}", String::from_utf8_lossy(bytes)),
        Err(error) => error.to_string(),
    }
}

#[test]
fn truncated_files_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificate.json");
    let text = serde_json::to_string(&small()).unwrap();
    let step = text.len() / 200 + 1;
    for end in (0..text.len()).step_by(step) {
        let message = error_of(&file, &text.as_bytes()[..end]);
        assert!(message.contains("certificate.json at "), "{message}");
    }
    for more in ["x", "{}", "]"] {
        error_of(&file, format!("{text}{more}").as_bytes());
    }
}

/// Every member and element in turn with a value of another type, or left out.
fn spoilt(value: &Value) -> Vec<Value> {
    let wrong = match value {
        Value::Object(_) => json!([1]),
        Value::Array(_) => json!({"x": 1}),
        Value::String(_) => json!(7),
        Value::Number(_) => json!("seven"),
        Value::Bool(_) | Value::Null => json!("perhaps"),
    };
    let mut changed = vec![wrong];
    match value {
        Value::Object(members) => {
            for (key, inner) in members {
                let with = |value: Value| {
                    let mut copy = members.clone();
                    copy.insert(key.clone(), value);
                    Value::Object(copy)
                };
                changed.extend(spoilt(inner).into_iter().map(with));
            }
        }
        Value::Array(items) => {
            if let Some(first) = items.first() {
                changed.extend(spoilt(first).into_iter().map(|value| json!([value])));
            }
        }
        _ => {}
    }
    changed
}

#[test]
fn values_of_the_wrong_type_are_errors_with_a_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificate.json");
    let certificate = small();
    let mutants = spoilt(&certificate);
    assert!(mutants.len() >= 50, "only {}", mutants.len());
    for mutant in mutants {
        let message = error_of(&file, mutant.to_string().as_bytes());
        assert!(message.contains("certificate.json at ") && message.contains("expected"), "{message}");
        for type_name in ["i32", "u32", "usize", "struct ", "Option", "Vec"] {
            assert!(!message.contains(type_name), "{message}");
        }
    }
    let members = certificate.as_object().unwrap();
    for key in members.keys() {
        let mut copy = members.clone();
        copy.remove(key);
        let message = error_of(&file, Value::Object(copy).to_string().as_bytes());
        assert!(message.contains(key.as_str()), "{message}");
    }
    let mut other = certificate.clone();
    other["format"] = json!("gateproof-certificate/9");
    assert!(error_of(&file, other.to_string().as_bytes()).contains("gateproof-certificate/1"));
}

#[test]
fn hostile_files_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificate.json");
    let deep = "[".repeat(10_000);
    let texts: [&[u8]; 8] = [
        b"",
        b"\0",
        b"\xff\xfe{}",
        b"null",
        b"{\"format\":\"gateproof-certificate/1\",\"format\":\"gateproof-certificate/1\"}",
        b"{\"format\":\"\\ud800\"}",
        deep.as_bytes(),
        b"{\"more\":1}",
    ];
    for text in texts {
        error_of(&file, text);
    }
    assert!(matches!(read_certificate(folder.path()), Err(FileError::Unusable { .. })));
    assert!(matches!(read_certificate(&folder.path().join("nothing")), Err(FileError::Unreadable { .. })));
}

#[test]
fn the_command_line_writes_and_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (acme, fixed) = ("corpus/snapshots/acme", "corpus/snapshots/acme-fixed");
    let ask =
        ["--action", "s3:GetObject", "--resource", "arn:aws:s3:::acme-pipeline-artifacts-222222222222/*"];
    let can = |snapshot: &str, file: &str, threads: &str| {
        let who = ["can", snapshot, "--principal", "anyone"];
        let more = ["--certificate", file, "--threads", threads, "--cross-check", "never"];
        run(&[&who[..], &ask[..], &more[..]].concat())
    };
    let (one, two) = (path("one.json"), path("two.json"));
    assert_eq!(can(fixed, &one, "1").status.code(), Some(0));
    assert_eq!(can(fixed, &two, "2").status.code(), Some(0));
    assert!(fs::read(&one).unwrap() == fs::read(&two).unwrap(), "the bytes differ");

    let accepted = run(&["verify-certificate", &one, fixed]);
    let text = String::from_utf8(accepted.stdout).unwrap();
    assert_eq!(accepted.status.code(), Some(0), "{text}");
    assert!(text.starts_with("accepted: "), "{text}");
    let json = run(&["verify-certificate", &one, fixed, "--format", "json"]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["format"], "gateproof-verification/1");
    assert_eq!(json["verdict"], "accepted");
    assert_eq!(
        json["claims"].as_array().unwrap().len(),
        3,
        "nobody, an account that nothing names, and one that a pattern describes"
    );

    let elsewhere = run(&["verify-certificate", &one, acme, "--format", "json"]);
    assert_eq!(elsewhere.status.code(), Some(2));
    let json: Value = serde_json::from_slice(&elsewhere.stdout).unwrap();
    assert_eq!(json["verdict"], "refused");
    assert_eq!(json["refusal"]["where"], "snapshot");

    for (certificate, snapshot) in
        [("no/such/file", fixed), (one.as_str(), "no/such/snapshot"), ("Cargo.toml", fixed)]
    {
        let output = run(&["verify-certificate", certificate, snapshot]);
        assert_eq!(output.status.code(), Some(1), "{certificate} {snapshot}");
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: "));
    }
    let mut unreadable = read_certificate(Path::new(&one)).unwrap();
    unreadable.question.when.push("nonsense".to_owned());
    write_certificate(&unreadable, Path::new(&two)).unwrap();
    assert_eq!(run(&["verify-certificate", &two, fixed]).status.code(), Some(1));
}

#[test]
fn nothing_is_written_where_nothing_is_proved() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificate.json");
    let output = run(&[
        "can",
        "corpus/snapshots/acme",
        "--principal",
        "user/alice.nguyen",
        "--action",
        "sts:GetCallerIdentity",
        "--certificate",
        file.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no certificate is written"));
    assert!(!file.exists());
}
