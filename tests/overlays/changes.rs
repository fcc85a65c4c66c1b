//! `--with…` and `--remove` on the command line.

use crate::{IMPOSSIBLE, REACHABLE, ask, run};
use std::fs;

const ALICE: &str = "arn:aws:iam::222222222222:user/people/alice.nguyen";
const BUCKET: &str = "arn:aws:s3:::acme-pipeline-artifacts-222222222222/x";

fn write(name: &str, text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

fn allows(action: &str) -> (tempfile::TempDir, String) {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"S","Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#
    );
    write("new.json", &text)
}

#[test]
fn what_a_principal_is_given_it_can_do_and_what_is_taken_it_cannot() {
    let action = "sqs:PurgeQueue";
    let queue = "arn:aws:sqs:us-east-1:222222222222:any";
    assert_eq!(ask(&[], ALICE, action, queue).0, IMPOSSIBLE);
    let (_folder, file) = allows(action);
    let inline = format!("user/alice.nguyen/new={file}");
    assert_eq!(ask(&["--with-inline", &inline], ALICE, action, queue).0, REACHABLE);
    let gone = ["--with-inline", &inline, "--remove", "user/alice.nguyen#inline/new#S"];
    assert_eq!(ask(&gone, ALICE, action, queue).0, IMPOSSIBLE);
    let managed = format!("policy/developer-access={file}");
    let joined = ["--with", &managed, "--with-attached", "group/release-managers=policy/developer-access"];
    assert_eq!(ask(&joined, ALICE, action, queue).0, REACHABLE);
    assert_eq!(ask(&joined[..2], ALICE, action, queue).0, IMPOSSIBLE);
    let left = [&joined[..], &["--remove", "user/alice.nguyen#member/group/release-managers"]].concat();
    assert_eq!(ask(&left, ALICE, action, queue).0, IMPOSSIBLE);
}

#[test]
fn a_bucket_policy_lets_in_and_denies() {
    let policy = |effect: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Principal":{{"AWS":"{ALICE}"}},"Action":"s3:GetObject","Resource":"{BUCKET}"}}]}}"#
        )
    };
    let question = |effect: &str| {
        let (_folder, file) = write("policy.json", &policy(effect));
        let change = format!("acme-pipeline-artifacts-222222222222={file}");
        ask(&["--with-bucket-policy", &change], ALICE, "s3:GetObject", BUCKET).0
    };
    assert_eq!(question("Allow"), REACHABLE);
    assert_eq!(question("Deny"), IMPOSSIBLE);
}

#[test]
fn the_evidence_is_where_the_changed_document_would_stand() {
    let (_folder, file) = allows("sqs:PurgeQueue");
    let inline = format!("user/alice.nguyen/new={file}");
    let (_, document) = ask(&["--with-inline", &inline], ALICE, "sqs:PurgeQueue", "*");
    let evidence = document["witness"]["steps"][0]["allowed_by"].to_string();
    assert!(
        evidence.contains("222222222222/global/iam/get-account-authorization-details.json"),
        "{evidence}"
    );
    assert!(evidence.contains("/UserPolicyList/0/PolicyDocument/Statement/0"), "{evidence}");
}

/// What a file says after the operations of a patch, and what another says in its place.
#[test]
fn a_patched_or_given_file_is_what_is_asked_about() {
    let path = "accounts/222222222222/global/iam/get-account-authorization-details.json";
    let text = fs::read_to_string(format!("{}/{path}", crate::EXAMPLE)).unwrap();
    let mut account: serde_json::Value = serde_json::from_str(&text).unwrap();
    let users = account["UserDetailList"].as_array().unwrap();
    let alice = users.iter().position(|user| user["Arn"] == ALICE).unwrap();
    let statement = serde_json::json!({"Effect": "Allow", "Action": "sqs:PurgeQueue", "Resource": "*"});
    let document = serde_json::json!({"Version": "2012-10-17", "Statement": [statement]});
    let policies = serde_json::json!([{"PolicyName": "new", "PolicyDocument": document}]);
    let place = format!("/UserDetailList/{alice}/UserPolicyList");
    let operations = serde_json::json!([
        {"op": "test", "path": format!("/UserDetailList/{alice}/Arn"), "value": ALICE},
        {"op": "add", "path": place, "value": policies},
    ]);
    let queue = "arn:aws:sqs:us-east-1:222222222222:any";
    let asked = |changes: &[&str]| ask(changes, ALICE, "sqs:PurgeQueue", queue).0;
    let (_folder, file) = write("patch.json", &operations.to_string());
    let patch = format!("{path}={file}");
    assert_eq!(asked(&["--patch", &patch]), REACHABLE);
    let gone = ["--remove", "user/alice.nguyen#inline/new", "--patch", &patch];
    assert_eq!(asked(&gone), IMPOSSIBLE);
    let (_folder, file) = write("before.json", &text);
    let before = format!("{path}={file}");
    assert_eq!(asked(&["--with-file", &before]), IMPOSSIBLE);
    account["UserDetailList"][alice]["UserPolicyList"] = policies;
    let (_folder, file) = write("after.json", &account.to_string());
    let after = format!("{path}={file}");
    assert_eq!(asked(&["--with-file", &after]), REACHABLE);
}

#[test]
fn what_can_not_be_is_refused() {
    let (_folder, file) = allows("sqs:PurgeQueue");
    let question = ["--principal", ALICE, "--action", "sqs:PurgeQueue"];
    let (unknown, nobody) = (format!("policy/none={file}"), format!("role/nobody={file}"));
    let inline = format!("user/alice.nguyen/new={file}");
    let (_patches, patch) = write("patch.json", r#"[{"op": "remove", "path": "/none"}]"#);
    let (fails, nowhere) = (format!("errors.json={patch}"), format!("../errors.json={patch}"));
    let misspelt = format!("accounts/222222222222/us-east-1/codebuild/batch-get-projets.json={file}");
    let cases: [(&[&str], i32, &str); 16] = [
        (&["--with-file", &misspelt], 1, "no output of `aws codebuild batch-get-projets` is read"),
        (&["--with", &unknown], 1, "policy/none: found nothing of that name"),
        (&["--with-trust", &nobody], 1, "role/nobody: found nothing of that name"),
        (&["--with", "policy/developer-access=/nowhere.json"], 1, "/nowhere.json: cannot be read"),
        (&["--with", "policy/developer-access"], 64, "--with `policy/developer-access`: expected NAME=VALUE"),
        (&["--remove", "role/nobody"], 1, "role/nobody: found nothing of that name"),
        (
            &["--remove", "role/acme-pipeline-prod#odd"],
            64,
            "--remove `role/acme-pipeline-prod#odd`: expected",
        ),
        (&["--remove", "policy/developer-access#None"], 1, "None: found nothing of that name"),
        (&["--with-inline", &inline, "--certificate", "/tmp/none.json"], 64, "found changes to it"),
        (&["--with-template", "corpus/templates/partner.yaml"], 64, "give --account"),
        (&["--patch", "errors.json"], 64, "--patch `errors.json`: expected NAME=VALUE"),
        (&["--patch", "errors.json=/nowhere.json"], 1, "/nowhere.json: cannot be read"),
        (&["--patch", &fails], 1, "operation /0 (remove at `/none` of errors.json): found nothing there"),
        (&["--patch", &nowhere], 1, "../errors.json: found no path within the snapshot"),
        (&["--with-file", &nowhere], 1, "../errors.json: found no path within the snapshot"),
        (&["--with-file", &fails, "--certificate", "/tmp/none.json"], 64, "found changes to it"),
    ];
    for (changes, code, says) in cases {
        let output = run("can", &[changes, &question].concat());
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{changes:?}: {stderr}");
        assert!(stderr.contains(says), "{changes:?}: {stderr}");
    }
}
