//! `--strict`: what hangs on state that the snapshot can't tell is undecided.

use crate::program::ask;
use crate::snapshots::{OneUser, statement};
use serde_json::json;

#[test]
fn a_resource_that_may_not_exist() {
    let snapshot = OneUser::with(&[statement("Allow", "s3:GetObject", json!("arn:aws:s3:::reports/*"))]);
    let path = snapshot.path();
    let question = ["can", &path, "--principal", "user/ana", "--action", "s3:GetObject"];
    let (code, verdict) = ask(&question);
    assert_eq!(code, 2);
    assert!(verdict["assumptions"][0].as_str().unwrap().contains("exists, or can be created"), "{verdict}");
    let (code, verdict) = ask(&[&question[..], &["--strict"]].concat());
    assert_eq!((code, &verdict["witness"]), (3, &json!(null)));
    assert!(verdict["undecided"]["reason"].as_str().unwrap().starts_with("strict: "), "{verdict}");
}

#[test]
fn an_unreadable_policy_that_may_allow() {
    let broken = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Perhaps"}]});
    let snapshot = OneUser::with(&[broken]);
    let path = snapshot.path();
    let question = ["can", &path, "--principal", "user/ana", "--action", "iam:ListUsers"];
    let (code, verdict) = ask(&question);
    assert_eq!(code, 2, "{verdict}");
    assert!(verdict["assumptions"][0].as_str().unwrap().ends_with(" allows"), "{verdict}");
    let (code, _) = ask(&[&question[..], &["--strict"]].concat());
    assert_eq!(code, 3);
}

#[test]
fn a_witness_that_takes_nothing_for_granted_stays() {
    let snapshot = OneUser::with(&[statement("Allow", "iam:ListUsers", json!("*"))]);
    let path = snapshot.path();
    let question = ["can", &path, "--principal", "user/ana", "--action", "iam:ListUsers", "--strict"];
    let (code, verdict) = ask(&question);
    assert_eq!((code, &verdict["assumptions"]), (2, &json!([])), "{verdict}");
}
