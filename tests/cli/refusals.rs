//! What is wrong with a command line (exit 64) or with what it names (exit 1), in words.

use crate::program::{ask, run, stderr};
use crate::snapshots::{OneUser, statement};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

const ACME: &str = "corpus/snapshots/acme";

fn refused(arguments: &[&str]) -> (i32, String) {
    let output = run(arguments);
    assert!(output.stdout.is_empty(), "{arguments:?}");
    (output.status.code().unwrap(), stderr(&output))
}

#[test]
fn a_wrong_command_line_is_told_what_was_expected() {
    let get = ["--action", "s3:GetObject"];
    let table: [(&[&str], &str); 14] = [
        (&["--action", ""], "found an empty value"),
        (&["--action", "s3:GetObject,,s3:PutObject"], "found an empty value"),
        (&["--action", "GetObject"], "expected service:Action"),
        (&[get[0], get[1], "--resource", ""], "found an empty value"),
        (&[get[0], get[1], "--resource", "my-bucket"], "expected an ARN"),
        (&[get[0], get[1], "--when", "SourceIp=10.0.0.1"], "where KEY is such as aws:SourceIp"),
        (&[get[0], get[1], "--when", "aws:SourceIp"], "expected KEY=VALUE"),
        (&[get[0], get[1], "--when", ""], "expected KEY=VALUE"),
        (&[get[0], get[1], "--access", "some"], "expected read, list, write"),
        (&[get[0], get[1], "--access", ""], "found an empty value"),
        (&[get[0], get[1], "--in", "role/x"], "expected account:ID or env:NAME"),
        (&[get[0], get[1], "--in", "somewhere"], "selector `somewhere`: expected"),
        (&[get[0], get[1], "--encoding", "reference"], "classes"),
        (&[get[0], get[1], "--cross-check", "perhaps"], "always"),
    ];
    for (arguments, expected) in table {
        let (code, said) = refused(&[&["who-can", ACME][..], arguments].concat());
        assert!(code == 64 && said.contains(expected), "{arguments:?}: {code} {said}");
    }
    for principal in ["", "nonsense", "role/", "account:12", "oidc:x?y"] {
        let (code, said) = refused(&["can", ACME, "--principal", principal, "--action", "s3:GetObject"]);
        assert!(code == 64 && said.contains("selector"), "{principal}: {code} {said}");
    }
}

#[test]
fn what_is_named_and_not_there_is_an_error_of_the_input() {
    let can = |principal: &'static str, more: &[&'static str]| {
        let question = ["can", ACME, "--principal", principal, "--action", "s3:GetObject"];
        refused(&[&question[..], more].concat())
    };
    for (answer, expected) in [
        (can("role/no-such-role", &[]), "matches nothing"),
        (can("tag:no-such-tag=x", &[]), "matches nothing"),
        (can("account:123456789012", &[]), "matches nothing"),
        (can("env:nowhere", &[]), "no environment of that name"),
        (can("anyone", &["--in", "env:nowhere"]), "matches nothing"),
        (can("external:222222222222", &[]), "the snapshot covers that account"),
        (can("anyone", &["--config", "no/such/file.toml"]), "no/such/file.toml"),
        (refused(&["who-can", ACME, "--action", "s3:GetObject", "--access", "write"]), "no action matches"),
    ] {
        assert!(answer.0 == 1 && answer.1.contains(expected), "{answer:?}");
    }
}

#[test]
fn explain_takes_one_request_and_keeps_to_the_flags() {
    let explain = |action: &'static str, more: &[&'static str]| {
        let who = "arn:aws:iam::222222222222:role/acme-build-prod";
        let question = ["explain", ACME, "--principal", who, "--action", action, "--resource", "*"];
        run(&[&question[..], more].concat())
    };
    for (action, more, code) in [
        ("iam:ListUsers", &[][..], 0),
        ("iam:*", &[], 64),
        ("ListUsers", &[], 64),
        ("iam:ListUsers", &["--context", "aws:SourceIp=absent"], 64),
        ("iam:ListUsers", &["--config", "no/such/file.toml"], 1),
    ] {
        let output = explain(action, more);
        assert_eq!(output.status.code(), Some(code), "{action} {more:?}: {}", stderr(&output));
    }
}

#[test]
fn explain_says_what_was_not_collected_unless_that_is_unknown() {
    let snapshot = OneUser::with(&[statement("Allow", "s3:GetObject", json!("*"))]);
    let path = snapshot.path();
    let explain = |missing: &str| {
        let ana = "arn:aws:iam::111122223333:user/ana";
        let request = ["--action", "s3:GetObject", "--resource", "arn:aws:s3:::reports/may.csv"];
        ask(&[&["explain", &path, "--principal", ana, "--missing", missing][..], &request].concat())
    };
    let ((_, assume), (code, unknown)) = (explain("assume"), explain("unknown"));
    assert_eq!(code, 3);
    assert_eq!(assume["decision"], "Allowed", "{assume}");
    let organization = assume["assumptions"]
        .as_array()
        .unwrap()
        .iter()
        .any(|a| a.as_str().unwrap().contains("aws organizations describe-organization"));
    assert!(organization, "{assume}");
    assert_eq!(unknown["decision"], "Undecided", "{unknown}");
    assert_ne!(unknown["unknown"], json!([]), "{unknown}");
}

#[test]
fn names_outside_the_catalogue_are_printed_as_written_and_doubted_on_stderr() {
    let snapshot = OneUser::with(&[statement("Allow", "newService:*", json!("*"))]);
    let path = snapshot.path();
    let question = [
        "can",
        &path,
        "--principal",
        "user/ana",
        "--action",
        "newService:DoThing",
        "--when",
        "newService:Mode=x",
    ];
    let output = run(&question);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    let text = crate::program::stdout(&output);
    assert!(text.contains("action    newService:DoThing\n"), "{text}");
    assert!(text.contains("newService:Mode = x\n"), "{text}");
    let doubts = stderr(&output);
    assert!(doubts.contains("warning: action `newService:DoThing` is not in the catalogue"), "{doubts}");
    assert!(doubts.contains("warning: condition key `newService:Mode` is not in the catalogue"), "{doubts}");
    assert!(run(&[&question[..], &["--quiet"]].concat()).stderr.is_empty());
}

#[test]
fn problems_of_the_snapshot_are_warnings_and_an_unreadable_policy_is_in_the_headline() {
    let snapshot = OneUser::with(&[json!({"Version": "2012-10-17", "Statement": [{"Effect": "Perhaps"}]})]);
    let path = snapshot.path();
    let question = ["can", &path, "--principal", "user/ana", "--action", "iam:ListUsers"];
    let output = run(&question);
    assert_eq!(output.status.code(), Some(2));
    let warned = stderr(&output);
    assert!(warned.starts_with("warning: ") && warned.contains("Perhaps"), "{warned}");
    let text = crate::program::stdout(&output);
    let first = text.lines().next().unwrap();
    assert!(first.starts_with("reachable, assuming ") && first.contains("unreadable policy"), "{first}");
    assert!(run(&[&question[..], &["--quiet"]].concat()).stderr.is_empty());
}

#[test]
fn the_first_line_of_an_impossible_counts_what_was_not_collected() {
    let snapshot = OneUser::with(&[statement("Allow", "iam:ListUsers", json!("*"))]);
    let path = snapshot.path();
    let question = ["can", &path, "--principal", "user/ana", "--action", "s3:GetObject"];
    let (code, verdict) = ask(&question);
    assert_eq!(code, 0, "{verdict}");
    let listed = verdict["assumptions"].as_array().unwrap().len();
    assert!(listed > 0, "{verdict}");
    let text = crate::program::stdout(&run(&question));
    let expected = format!("impossible, assuming {listed} inputs that were not collected");
    assert_eq!(text.lines().next(), Some(expected.as_str()));
}

#[test]
fn an_undecided_principal_is_no_answer_of_who_can() {
    let snapshot = OneUser::with(&[statement("Allow", "s3:GetObject", json!("arn:aws:s3:::reports/*"))]);
    let path = snapshot.path();
    let who_can = |more: &[&str]| run(&[&["who-can", &path, "--action", "s3:GetObject"][..], more].concat());
    assert_eq!(who_can(&[]).status.code(), Some(0));
    assert_eq!(who_can(&["--strict"]).status.code(), Some(3));
}

#[test]
fn decide_goes_on_after_lines_that_are_no_requests_in_bounded_memory() {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_gateproof"))
        .arg("decide")
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut lines = BufReader::new(stdout).lines();
    let mut answer = |input: &[u8]| -> Value {
        stdin.write_all(input).unwrap();
        stdin.write_all(b"\n").unwrap();
        serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap()
    };
    let long = vec![b'a'; 100 << 20];
    // As many values as a line of bounded length can hold.
    let wide = format!("{{\"policies\": [{}0]}}", "[],".repeat(1 << 19));
    for (input, id, said) in [
        (&b"\xff\xfe"[..], json!(null), "UTF-8"),
        (b"\0\0\0", json!(null), ""),
        (&long, json!(null), "too long"),
        (wide.as_bytes(), json!(null), ""),
        (b"{\"id\": 7}", json!(7), "request"),
        (b"[]", json!(null), ""),
    ] {
        let answer = answer(input);
        assert_eq!(answer["id"], id, "{answer}");
        assert!(answer["error"].as_str().unwrap().contains(said), "{answer}");
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    assert!(peak < 256 << 10, "{peak} kB");
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
