//! A certificate of one snapshot is none of another: the digest tells, and where that is forged, the formulas do.

use crate::asked::Asked;
use crate::copied::copy_folder;
use crate::examples::{answers, certify, untrue};
use crate::golden::golden;
use gateproof::ask::{Estate, EstateOptions};
use gateproof::certificate::{
    Certificate, Fault, MissingMode, Refusal, VerifyError, digest_snapshot, verify,
};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const ACME: &str = "corpus/snapshots/acme";
const DETAILS: &str = "accounts/222222222222/global/iam/get-account-authorization-details.json";

fn edit(file: &Path, change: &dyn Fn(&mut Value)) {
    let mut json: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    change(&mut json);
    fs::write(file, serde_json::to_string(&json).unwrap()).unwrap();
}

fn fault(certificate: &Certificate, snapshot: &Path) -> Fault {
    match verify(certificate, snapshot) {
        Err(VerifyError::Refused(Refusal { fault, .. })) => fault,
        other => panic!("not refused but {other:?}"),
    }
}

/// Everything is given to every user and role of the account, and every boundary taken away.
fn give_everything(json: &mut Value) {
    let policy = json!({"PolicyName": "everything", "PolicyDocument":
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}});
    for (list, policies) in [("UserDetailList", "UserPolicyList"), ("RoleDetailList", "RolePolicyList")] {
        for entity in json[list].as_array_mut().unwrap() {
            let entity = entity.as_object_mut().unwrap();
            entity.remove("PermissionsBoundary");
            entity.entry(policies).or_insert_with(|| json!([])).as_array_mut().unwrap().push(policy.clone());
        }
    }
}

fn without_denies(json: &mut Value) {
    match json {
        Value::Array(items) => {
            items.retain(|item| item["Effect"] != "Deny");
            items.iter_mut().for_each(without_denies);
        }
        Value::Object(members) => members.values_mut().for_each(without_denies),
        _ => {}
    }
}

/// A change and its name.
type Change = (&'static str, &'static dyn Fn(&Path));

const CHANGES: [Change; 3] = [
    ("everything is allowed", &|root| edit(&root.join(DETAILS), &give_everything)),
    ("the account's denies are gone", &|root| edit(&root.join(DETAILS), &without_denies)),
    ("the service control policies are gone", &|root| fs::remove_dir_all(root.join("organization")).unwrap()),
];

#[test]
fn a_proof_of_another_snapshot_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let original = Estate::load(Path::new(ACME), EstateOptions::default()).unwrap();
    let digest = digest_snapshot(Path::new(ACME)).unwrap();
    let ids = [
        "demo-1",
        "demo-2",
        "boundary-stops-dave",
        "tags-keep-teams-apart",
        "allow-list-stops-sagemaker",
        "approve-any",
        "start-prod-deploy",
        "rewrite-developer-boundary",
        "push-portal-image",
        "update-prod-deploy",
        "retag-analytics-role",
        "read-payments-team-secret",
    ];
    let questions: Vec<(String, Asked)> = golden()
        .iter()
        .filter(|entry| ids.contains(&entry["id"].as_str().unwrap()))
        .map(|entry| (entry["id"].to_string(), Asked::of(entry["ask"].as_array().unwrap())))
        .collect();
    let mut lies = 0;
    for (n, (what, change)) in CHANGES.iter().enumerate() {
        let root = folder.path().join(n.to_string());
        copy_folder(Path::new(ACME), &root);
        assert_eq!(digest_snapshot(&root).unwrap(), digest, "a copy has the same digest");
        change(&root);
        let changed = Estate::load(&root, EstateOptions::default()).unwrap();
        for (id, asked) in &questions {
            let mut certificate = certify(&original, asked, digest.clone()).unwrap();
            let refusal = fault(&certificate, &root);
            assert!(matches!(refusal, Fault::Digest { .. }), "{what}, {id}: {refusal}");
            certificate.snapshot = digest_snapshot(&root).unwrap();
            if let Some(certificate) = untrue(&certificate, &answers(&changed, asked)) {
                let refusal = fault(&certificate, &root);
                assert!(!matches!(refusal, Fault::Formulas { .. }), "{what}, {id}: {refusal}");
                lies += 1;
            }
        }
    }
    assert!(lies >= 12, "only {lies} certificates became untrue");
}

#[test]
fn the_digest_covers_names_and_content_and_nothing_hidden() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let digest = || digest_snapshot(folder.path()).unwrap().digest;
    file("a.json", "12");
    file("b.json", "3");
    let before = digest();
    file(".hidden", "x");
    assert_eq!(digest(), before);
    // The same bytes, cut elsewhere.
    file("a.json", "1");
    file("b.json", "23");
    assert_ne!(digest(), before);
    file("a.json", "12");
    file("b.json", "3");
    assert_eq!(digest(), before);
    fs::rename(folder.path().join("b.json"), folder.path().join("c.json")).unwrap();
    assert_ne!(digest(), before);
}

#[test]
fn what_cannot_be_read_any_more_is_not_impossible() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("acme");
    copy_folder(Path::new(ACME), &root);
    let estate = Estate::load(&root, EstateOptions::default()).unwrap();
    let words = ["can", "--principal", "user/dave.okafor", "--action", "codepipeline:PutApprovalResult"];
    let asked = Asked::of(&words.map(Value::from));
    let mut certificate = certify(&estate, &asked, digest_snapshot(&root).unwrap()).unwrap();
    assert!(verify(&certificate, &root).is_ok());

    // Nothing is assumed of what was never collected: VPC endpoints, say, may then refuse or allow.
    let mut stricter = certificate.clone();
    stricter.question.missing = MissingMode::Unknown;
    fault(&stricter, &root);

    fs::write(root.join("errors.json"), "[").unwrap();
    assert!(matches!(fault(&certificate, &root), Fault::Digest { .. }));
    certificate.snapshot = digest_snapshot(&root).unwrap();
    let refusal = fault(&certificate, &root);
    assert!(matches!(refusal, Fault::BlindSpot(_)), "{refusal}");
}
