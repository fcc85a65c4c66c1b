//! `--timeout`: a question ends in time, undecided, and says so.

use crate::program::{ask, run};
use crate::snapshots::{OneUser, statement};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Resources whose patterns multiply, all allowed and all denied: that none is left shows only in the sum of
/// all the positions that each pattern may be at.
fn bomb(action: &str, under: &str) -> OneUser {
    let ladders = |before: &str| -> Value {
        ('a'..='h').map(|letter| format!("{under}{before}{letter}{}", "?".repeat(60))).collect()
    };
    // No pattern that is denied holds one that is allowed: only two of them together do.
    OneUser::with(&[
        statement("Allow", action, ladders("*")),
        statement("Deny", action, ladders("?*")),
        statement("Deny", action, ladders("")),
    ])
}

fn question<'a>(snapshot: &'a str, timeout: &'a str) -> Vec<&'a str> {
    let asked = ["--principal", "user/ana", "--action", "s3:GetObject", "--timeout", timeout];
    [&["can", snapshot][..], &asked].concat()
}

#[test]
fn a_policy_bomb_ends_in_time() {
    let snapshot = bomb("s3:GetObject", "arn:aws:s3:::");
    let started = Instant::now();
    let (code, verdict) = ask(&question(&snapshot.path(), "1"));
    let took = started.elapsed();
    assert_eq!((code, &verdict["verdict"]), (3, &json!("undecided")), "{verdict}");
    let reason = verdict["undecided"]["reason"].as_str().unwrap();
    assert!(reason.starts_with("timeout"), "{reason}");
    assert!(took >= Duration::from_secs(1), "it was no bomb: {took:?}");
    assert!(took < Duration::from_millis(2500), "{took:?}");
}

#[test]
fn a_list_that_is_cut_short_says_so() {
    let snapshot = bomb("iam:*", "arn:aws:iam::111122223333:user/");
    let started = Instant::now();
    let output = run(&["edges", &snapshot.path(), "--timeout", "1"]);
    let took = started.elapsed();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("the list is not complete"), "{told}");
    assert!(took >= Duration::from_secs(1), "it was no bomb: {took:?}");
    assert!(took < Duration::from_millis(2500), "{took:?}");
}

#[test]
fn an_ordinary_question_is_not_touched() {
    let snapshot = OneUser::with(&[statement("Allow", "s3:GetObject", json!("arn:aws:s3:::x/*"))]);
    let (code, verdict) = ask(&question(&snapshot.path(), "1"));
    assert_eq!((code, &verdict["verdict"]), (2, &json!("reachable")));
    let output = run(&question(&snapshot.path(), "0"));
    assert_eq!(output.status.code(), Some(64));
}
