//! `compare` and the checks of policies: what is printed, and the exit codes.

use crate::program::{ask, run, stderr, stdout};
use crate::snapshots::{OneUser, statement};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Policies as files.
pub struct Policies {
    folder: TempDir,
    /// Reads some objects.
    pub read: String,
    /// Reads and writes them.
    pub more: String,
    /// A bucket's policy for one account.
    pub shared: String,
    /// The same for everyone.
    pub open: String,
}

impl Policies {
    pub fn written() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, document: &Value| {
            let path = folder.path().join(name);
            std::fs::write(&path, document.to_string()).unwrap();
            path.display().to_string()
        };
        let reports = json!("arn:aws:s3:::reports/*");
        let bucket = |who: Value| {
            json!({"Version": "2012-10-17", "Statement": [{"Sid": "Readers", "Effect": "Allow", "Principal": who,
                "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}]})
        };
        let read = file("read.json", &statement("Allow", "s3:GetObject", reports.clone()));
        let more = file(
            "more.json",
            &json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"],
                "Resource": reports, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}]}),
        );
        let shared = file("shared.json", &bucket(json!({"AWS": "444455556666"})));
        let open = file("open.json", &bucket(json!("*")));
        Self { folder, read, more, shared, open }
    }

    /// As the AWS CLI names a file.
    pub fn url(&self, path: &str) -> String {
        assert!(path.starts_with(&self.folder.path().display().to_string()));
        format!("file://{path}")
    }
}

fn code(arguments: &[&str]) -> i32 {
    run(arguments).status.code().unwrap()
}

#[test]
fn policies_are_compared() {
    let p = Policies::written();
    let (exit, document) = ask(&["compare", &p.read, &p.more]);
    assert_eq!((exit, document["relation"].as_str()), (2, Some("incomparable")), "{document}");
    assert_eq!(document["exact"], true);
    assert_eq!(document["gained"][0]["all_of"][0]["actions"], json!(["s3:PutObject"]));
    assert_eq!(document["gained"][0]["witness"]["context"]["aws:SecureTransport"], "true");
    assert_eq!(document["lost"][0]["except"][0]["conditions"][0]["key"], "aws:SecureTransport");
    assert_eq!(code(&["compare", &p.read, &p.read]), 0);
    assert_eq!(code(&["compare", &p.open, &p.shared, "--type", "resource"]), 0);
    assert_eq!(code(&["compare", &p.shared, &p.open, "--type", "resource"]), 2);
    let text = stdout(&run(&["compare", &p.shared, &p.open, "--type", "resource"]));
    assert!(text.contains("for       unsigned callers") && text.contains("(Readers)"), "{text}");
}

#[test]
fn snapshots_are_compared() {
    let one = OneUser::with(&[statement("Allow", "s3:GetObject", json!("*"))]);
    let two = OneUser::with(&[statement("Allow", "s3:Get*", json!("*"))]);
    let (exit, document) = ask(&["compare", &one.path(), &two.path()]);
    assert_eq!((exit, document["relation"].as_str()), (2, Some("wider")));
    let group = &document["groups"][0];
    assert_eq!(group["principals"], json!(["arn:aws:iam::111122223333:user/ana"]));
    assert!(!group["gained"].as_array().unwrap().is_empty() && group["lost"] == json!([]));
    assert_eq!(code(&["compare", &two.path(), &one.path()]), 0);
    assert_eq!(code(&["compare", &one.path(), &one.path(), "--principal", "user/ana"]), 0);
    let text = stdout(&run(&["compare", &one.path(), &two.path()]));
    assert!(text.starts_with("wider: the new allows more\n"), "{text}");
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let (p, one) = (Policies::written(), OneUser::with(&[]));
    let mixed = run(&["compare", &p.read, &one.path()]);
    assert_eq!(mixed.status.code(), Some(64), "{}", stderr(&mixed));
    assert_eq!(code(&["compare", &one.path(), &one.path(), "--principal", "user/nobody"]), 1);
    assert_eq!(code(&["compare", &p.read, &one.path(), "--type", "identity"]), 1);
    assert_eq!(code(&["compare", "nowhere", "nothing"]), 1);
}

#[test]
fn the_checks_of_access_analyzer() {
    let p = Policies::written();
    let (read, more, open, shared) = (p.url(&p.read), p.url(&p.more), p.url(&p.open), p.url(&p.shared));
    let new_access = |old: &str, new: &str, kind: &str| {
        ask(&[
            "check-no-new-access",
            "--existing-policy-document",
            old,
            "--new-policy-document",
            new,
            "--policy-type",
            kind,
        ])
    };
    let (exit, document) = new_access(&read, &more, "IDENTITY_POLICY");
    assert_eq!((exit, document["result"].as_str()), (2, Some("FAIL")));
    assert_eq!(document["reasons"][0]["statementIndex"], 0);
    assert_eq!(document["witness"]["action"], "s3:PutObject");
    assert_eq!(new_access(&read, &read, "IDENTITY_POLICY").1["result"], "PASS");
    let (exit, document) = new_access(&shared, &open, "RESOURCE_POLICY");
    assert_eq!((exit, document["reasons"][0]["statementId"].as_str()), (2, Some("Readers")), "{document}");
    let granted = |access: &[&str]| {
        let head = [
            "check-access-not-granted",
            "--policy-type",
            "IDENTITY_POLICY",
            "--policy-document",
            &more,
            "--access",
        ];
        ask(&[&head[..], access].concat()).0
    };
    assert_eq!(granted(&["actions=iam:PassRole,iam:CreateUser"]), 0);
    assert_eq!(
        granted(&["actions=iam:PassRole", "actions=s3:PutObject,resources=arn:aws:s3:::reports/*"]),
        2
    );
    assert_eq!(granted(&["actions=s3:PutObject,resources=arn:aws:s3:::other/*"]), 0);
    assert_eq!(granted(&[r#"[{"actions":["s3:*"]}]"#]), 2);
    let public = |policy: &str| {
        ask(&["check-no-public-access", "--resource-type", "AWS::S3::Bucket", "--policy-document", policy]).0
    };
    assert_eq!((public(&open), public(&shared)), (2, 0));
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}"#;
    assert_eq!(public(text), 2);
    let bad = run(&[
        "check-access-not-granted",
        "--policy-type",
        "IDENTITY_POLICY",
        "--policy-document",
        &more,
        "--access",
        "s3:*",
    ]);
    assert_eq!(bad.status.code(), Some(64));
}

#[test]
fn external_ids_are_not_printed() {
    let folder = tempfile::tempdir().unwrap();
    let trust = |id: &str, name: &str| {
        let document = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"AWS": "444455556666"}, "Condition": {"StringEquals": {"sts:ExternalId": id}}}]});
        let path = folder.path().join(name);
        std::fs::write(&path, document.to_string()).unwrap();
        path.display().to_string()
    };
    let (old, new) = (trust("first-5ecret", "old.json"), trust("second-5ecret", "new.json"));
    let (exit, document) = ask(&["compare", &old, &new, "--type", "trust"]);
    assert_eq!((exit, document["relation"].as_str()), (2, Some("incomparable")));
    assert!(!document.to_string().contains("5ecret"), "{document}");
    let text = stdout(&run(&["compare", &old, &new, "--type", "trust"]));
    assert!(!text.contains("5ecret") && text.contains("sts:ExternalId"), "{text}");
}
