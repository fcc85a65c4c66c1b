//! Calls that need several authorizations: impossible for want of one type, or only together.

use crate::asked::Asked;
use crate::examples::{certify, refused};
use gateproof::ask::{CallProof, Estate, EstateOptions, Tier};
use gateproof::certificate::{Certificate, Fault, digest_snapshot, verify};
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

const RUN: &str = "ec2:RunInstances";

/// A snapshot of user `ann` with these statements.
fn snapshot(statements: &Value) -> (TempDir, Estate) {
    let folder = tempfile::tempdir().unwrap();
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    let gaad = json!({"UserDetailList": [{"Path": "/", "UserName": "ann", "UserId": "AIDAEXAMPLE",
        "Arn": "arn:aws:iam::111122223333:user/ann", "GroupList": [], "AttachedManagedPolicies": [], "Tags": [],
        "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": policy}]}],
        "RoleDetailList": [], "GroupDetailList": [], "Policies": []});
    std::fs::write(file_in(&folder), gaad.to_string()).unwrap();
    let estate = Estate::load(&file_in(&folder), EstateOptions::default()).unwrap();
    (folder, estate)
}

fn file_in(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("gaad.json")
}

fn asked(action: &str, more: &[&str]) -> Asked {
    let words = ["can", "--principal", "user/ann", "--action", action];
    let words: Vec<Value> = words.iter().chain(more).map(|word| Value::from(*word)).collect();
    Asked::of(&words)
}

/// The certificate, accepted; and the way in which the call is refuted.
#[track_caller]
fn certified(
    action: &str,
    more: &[&str],
    statements: &Value,
) -> (TempDir, Estate, Certificate, Option<CallProof>) {
    let (folder, estate) = snapshot(statements);
    let file = file_in(&folder);
    let certificate = certify(&estate, &asked(action, more), digest_snapshot(&file).unwrap()).unwrap();
    accepted(&certificate, &file);
    let way = certificate.callers[0].claim.as_ref().unwrap().calls.get(action).cloned();
    (folder, estate, certificate, way)
}

/// Written down and read back.
#[track_caller]
fn accepted(certificate: &Certificate, snapshot: &Path) {
    let text = serde_json::to_string(certificate).unwrap();
    let read: Certificate = serde_json::from_str(&text).unwrap();
    assert!(read == *certificate);
    let verified = verify(&read, snapshot).unwrap();
    assert_eq!(verified.claims.len(), 1);
}

fn allow(types: &[&str], condition: Value) -> Value {
    let arns: Vec<String> = types.iter().map(|t| format!("arn:aws:ec2:*:*:{t}/*")).collect();
    json!({"Effect": "Allow", "Action": "ec2:*", "Resource": arns, "Condition": condition})
}

fn rest() -> Value {
    allow(&["network-interface", "security-group", "subnet", "volume"], json!({}))
}

fn from(address: &str) -> Value {
    json!({"IpAddress": {"aws:SourceIp": address}})
}

/// An instance of an account that owns none of the caller's.
fn lacking() -> Value {
    let elsewhere = json!({"StringEquals": {"aws:ResourceAccount": "137112412989"}});
    json!([rest(), allow(&["image"], json!({})), allow(&["instance"], elsewhere)])
}

fn apart() -> Value {
    json!([rest(), allow(&["image"], from("203.0.113.0/24")), allow(&["instance"], from("198.51.100.9"))])
}

fn possible() -> Value {
    json!([rest(), allow(&["image", "instance"], json!({}))])
}

fn lacks(name: &str) -> Option<CallProof> {
    Some(CallProof::Lacks(name.to_owned()))
}

#[test]
fn a_type_that_is_nowhere_allowed_is_enough() {
    let without_image = json!([rest(), allow(&["instance"], json!({}))]);
    assert_eq!(certified(RUN, &[], &without_image).3, lacks("image"));
    let instance = ["--resource", "arn:aws:ec2:*:*:instance/*"];
    assert_eq!(certified(RUN, &instance, &without_image).3, lacks("image"));
    let (_folder, _estate, certificate, way) = certified(RUN, &[], &lacking());
    assert_eq!(way, lacks("instance"));
    assert!(!certificate.callers[0].claim.as_ref().unwrap().proofs.is_empty());
    let alias = json!([{"Effect": "Allow", "Action": "kms:*", "Resource": "arn:aws:kms:*:*:alias/*"}]);
    assert_eq!(certified("kms:CreateAlias", &[], &alias).3, lacks("key"));
    // Where no resource at all is allowed, it is refuted as any other action.
    assert_eq!(certified(RUN, &[], &json!([])).3, None);
}

#[test]
fn a_call_is_refuted_with_all_its_resources_together() {
    let (_folder, _estate, certificate, way) = certified(RUN, &[], &apart());
    assert_eq!(way, Some(CallProof::Together));
    let claim = certificate.callers[0].claim.as_ref().unwrap();
    assert!(claim.proofs.iter().any(|proof| proof.piece.contains(" together with ")));
    assert_eq!(claim.scope, Tier::Catalogued);
    let one_region = |image: &str, instance: &str| {
        let at = |region: &str, kind: &str| json!({"Effect": "Allow", "Action": "ec2:*", "Resource": format!("arn:aws:ec2:{region}:*:{kind}/*")});
        json!([rest(), at(image, "image"), at(instance, "instance")])
    };
    assert_eq!(certified(RUN, &[], &one_region("us-east-1", "eu-west-1")).3, Some(CallProof::Together));
    let split = json!([
        rest(),
        allow(&["image"], json!({})),
        allow(&["instance"], json!({"StringEquals": {"ec2:InstanceType": "t3.micro"}}))
    ]);
    let large = ["--when", "ec2:InstanceType=t3.large"];
    assert_eq!(certified(RUN, &large, &split).3, Some(CallProof::Together));
    let volumes =
        json!([allow(&["instance"], from("203.0.113.9")), allow(&["volume"], from("198.51.100.9"))]);
    assert_eq!(certified("ec2:AttachVolume", &[], &volumes).3, Some(CallProof::Together));
}

/// The same certificate with another way to refute the call.
fn with_way(certificate: &Certificate, way: Option<CallProof>) -> Certificate {
    let mut mutant = certificate.clone();
    let claim = mutant.callers[0].claim.as_mut().unwrap();
    claim.calls.clear();
    claim.calls.extend(way.map(|way| (RUN.to_owned(), way)));
    mutant
}

fn ways() -> Vec<Option<CallProof>> {
    let types = ["image", "instance", "network-interface", "security-group", "subnet", "volume", "moon", ""];
    types.iter().map(|name| lacks(name)).chain([None, Some(CallProof::Together)]).collect()
}

#[test]
fn spoilt_calls_are_refused() {
    let mut dropped = 0;
    for statements in [lacking(), apart()] {
        let (_folder, estate, certificate, given) = certified(RUN, &[], &statements);
        let proofs = certificate.callers[0].claim.as_ref().unwrap().proofs.len();
        for n in 0..proofs {
            let mut mutant = certificate.clone();
            let claim = mutant.callers[0].claim.as_mut().unwrap();
            let piece = claim.proofs.remove(n).piece;
            let fault = refused(&format!("without the proof of {piece}"), &mutant, &estate);
            assert!(matches!(fault, Fault::Unproved), "{piece}: {fault}");
            let mut mutant = certificate.clone();
            mutant.callers[0].claim.as_mut().unwrap().proofs[n].tier = Tier::All;
            let fault = refused("all requests", &mutant, &estate);
            assert!(matches!(fault, Fault::Scope { .. }), "{piece}: {fault}");
            dropped += 1;
        }
        for way in ways().into_iter().filter(|way| *way != given) {
            let fault = refused(&format!("{way:?}"), &with_way(&certificate, way), &estate);
            assert!(!matches!(fault, Fault::Formulas { .. }), "{fault}");
        }
        let mut mutant = certificate.clone();
        let calls = &mut mutant.callers[0].claim.as_mut().unwrap().calls;
        calls.insert("ec2:AttachVolume".to_owned(), CallProof::Together);
        assert!(matches!(refused("another call", &mutant, &estate), Fault::Stray));
    }
    assert!(dropped >= 2, "only {dropped}");
}

#[test]
fn a_call_that_is_possible_is_never_certified() {
    let (_possible, reachable) = snapshot(&possible());
    for statements in [lacking(), apart(), json!([rest(), allow(&["instance"], json!({}))])] {
        let (_folder, _estate, certificate, _) = certified(RUN, &[], &statements);
        for way in ways() {
            let mut mutant = with_way(&certificate, way.clone());
            for bare in [false, true] {
                if bare {
                    mutant.callers[0].claim.as_mut().unwrap().proofs.clear();
                }
                let fault = refused(&format!("{way:?}"), &mutant, &reachable);
                assert!(
                    !matches!(fault, Fault::Formulas { .. } | Fault::Count { what: "pieces", .. }),
                    "{fault}"
                );
            }
        }
    }
}
