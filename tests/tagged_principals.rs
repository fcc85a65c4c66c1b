//! Questions about users and roles by a glob: those that are there have the tags they have.
//!
//! IAM User Guide, "Controlling access to and for IAM users and roles using tags". CONFORMANCE 3.7.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use gateproof::ask::{CrossCheck, Environments, Estate, EstateOptions, Settings};
use gateproof::certificate::{Question, digest_snapshot, export, verify};
use gateproof::question::{Answer, Quantifier, Requests, Verdict};
use serde_json::{Value, json};

const A: &str = "arn:aws:iam::111122223333:role/app-a";
const TORN: &str = "arn:aws:iam::111122223333:role/app-torn";
const BOB: &str = "arn:aws:iam::111122223333:user/bob";

fn role(name: &str, tags: Value) -> Value {
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    json!({"Path": "/", "RoleName": name, "RoleId": "AROAEXAMPLE",
        "Arn": format!("arn:aws:iam::111122223333:role/{name}"), "AssumeRolePolicyDocument": trust,
        "AttachedManagedPolicies": [], "RolePolicyList": [], "Tags": tags})
}

fn user(name: &str, team: &str, statements: &Value) -> Value {
    json!({"Path": "/", "UserName": name, "UserId": format!("AIDA{name}"),
        "Arn": format!("arn:aws:iam::111122223333:user/{name}"), "GroupList": [], "AttachedManagedPolicies": [],
        "Tags": [{"Key": "team", "Value": team}],
        "UserPolicyList": [{"PolicyName": "own",
            "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}]})
}

/// An account of users `ann`, who has the statements, and `bob` of team b; of roles `app-a` and `app-b` of those
/// teams, and `app-torn`, whose tags cannot be read.
fn estate(statements: &Value) -> (tempfile::TempDir, Estate) {
    let team = |name: &str| json!([{"Key": "team", "Value": name}]);
    let details = json!({
        "UserDetailList": [user("ann", "a", statements), user("bob", "b", &json!([]))],
        "RoleDetailList": [role("app-a", team("a")), role("app-b", team("b")), role("app-torn", json!([7]))],
        "GroupDetailList": [], "Policies": []});
    let folder = tempfile::tempdir().unwrap();
    let iam = folder.path().join("accounts/111122223333/global/iam");
    std::fs::create_dir_all(&iam).unwrap();
    std::fs::write(iam.join("get-account-authorization-details.json"), details.to_string()).unwrap();
    let estate = Estate::load(folder.path(), EstateOptions::default()).unwrap();
    (folder, estate)
}

fn requests(action: &str, glob: &str) -> Requests {
    Requests { actions: vec![action.to_owned()], resources: vec![glob.to_owned()], ..Requests::default() }
}

/// The answer to `can user/ann ACTION GLOB`.
fn ask(action: &str, glob: &str, statements: &Value) -> Answer {
    let settings = Settings { cross_check: CrossCheck::Always, ..Settings::default() };
    let who = "user/ann".parse().unwrap();
    let (_folder, estate) = estate(statements);
    let answer = estate.can(&[who], &requests(action, glob), Quantifier::Some, &settings);
    let answer = answer.unwrap().overall;
    assert_ne!(answer.verdict, Verdict::Undecided, "{:?}", answer.undecided);
    answer
}

fn is_reachable(action: &str, glob: &str, statements: &Value) -> bool {
    ask(action, glob, statements).verdict == Verdict::Reachable
}

/// The resource of the witness, and whether it takes for granted that the resource exists.
fn witness(action: &str, glob: &str, statements: &Value) -> (String, bool) {
    let answer = ask(action, glob, statements);
    let resource = answer.witness.unwrap().steps.remove(0).resource;
    let granted = answer.assumptions.iter().any(|a| a.starts_with(&format!("`{resource}`")));
    (resource, granted)
}

fn allow(action: &str, resource: &str, key: &str, value: &str) -> Value {
    json!([{"Effect": "Allow", "Action": action, "Resource": resource, "Condition": {"StringEquals": {key: value}}}])
}

#[test]
fn known_principals_have_the_tags_they_have() {
    for key in ["iam:ResourceTag/team", "aws:ResourceTag/team"] {
        for glob in ["*", "arn:aws:iam::111122223333:role/*", A] {
            let allowed = |team: &str| allow("iam:PassRole", A, key, team);
            assert!(!is_reachable("iam:PassRole", glob, &allowed("b")), "{key} {glob}");
            assert_eq!(witness("iam:PassRole", glob, &allowed("a")), (A.to_owned(), false), "{key} {glob}");
        }
    }
    let keys = |team: &str| allow("iam:CreateAccessKey", BOB, "iam:ResourceTag/team", team);
    assert!(!is_reachable("iam:CreateAccessKey", "*", &keys("a")));
    assert_eq!(witness("iam:CreateAccessKey", "*", &keys("b")), (BOB.to_owned(), false));
}

#[test]
fn denies_see_their_tags() {
    let guarded = |resource: &str| {
        json!([{"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": resource},
            {"Effect": "Deny", "Action": "*", "Resource": "*",
                "Condition": {"StringEquals": {"aws:ResourceTag/team": "a"}}}])
    };
    let roles = "arn:aws:iam::111122223333:role/app-*";
    assert!(!is_reachable("iam:AttachRolePolicy", roles, &guarded(A)));
    assert!(is_reachable("iam:AttachRolePolicy", roles, &guarded("*")));
}

#[test]
fn new_principals_may_have_any_tags() {
    let some = allow("iam:PassRole", "arn:aws:iam::111122223333:role/app-*", "iam:ResourceTag/team", "c");
    let (resource, granted) = witness("iam:PassRole", "*", &some);
    assert!(granted && resource != A, "{resource}");
}

#[test]
fn tags_that_cannot_be_read_are_open() {
    let torn = allow("iam:PassRole", TORN, "iam:ResourceTag/team", "c");
    assert_eq!(witness("iam:PassRole", "*", &torn).0, TORN);
}

#[test]
fn certificates_go_through_the_parts() {
    let statements = allow("iam:PassRole", A, "iam:ResourceTag/team", "b");
    let (folder, estate) = estate(&statements);
    let who = ["user/ann".parse().unwrap()];
    for glob in ["*", A] {
        let asked = requests("iam:PassRole", glob);
        let environments = Environments::default();
        let question =
            Question::new(Some(&who), &asked, Quantifier::Some, &environments, estate.missing, estate.rules);
        let digest = digest_snapshot(folder.path()).unwrap();
        let certificate = export(&estate, question, digest, &[true]).unwrap().unwrap();
        verify(&certificate, folder.path()).unwrap();
        let mut poorer = certificate;
        let claim = poorer.callers.iter_mut().find_map(|c| c.claim.as_mut()).unwrap();
        claim.pieces -= 1;
        assert!(verify(&poorer, folder.path()).is_err());
    }
}
