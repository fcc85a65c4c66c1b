//! Every golden question of which somebody's answer rests on a proof: written down, read back, accepted.

use crate::asked::Asked;
use crate::golden::{example, golden};
use gateproof::ask::{CrossCheck, Environments, Estate, Settings};
use gateproof::certificate::{
    Certificate, Fault, Question, Refusal, SnapshotDigest, VerifyError, digest_snapshot, export,
    read_certificate, verify, verify_loaded, write_certificate,
};
use gateproof::question::{Answer, Quantifier};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

/// The answers that a certificate may be made of.
pub fn answers(estate: &Estate, asked: &Asked) -> Vec<(Arc<str>, Answer)> {
    let settings = Settings { cross_check: CrossCheck::Never, ..Settings::default() };
    match asked.selectors() {
        Some(selectors) => {
            estate.can(&selectors, &asked.requests, asked.quantifier, &settings).unwrap().principals
        }
        None => estate.who_can(&asked.requests, &settings).unwrap(),
    }
}

/// The certificate of a question, unless no answer rests on a proof.
pub fn certify(estate: &Estate, asked: &Asked, snapshot: SnapshotDigest) -> Option<Certificate> {
    let selectors = asked.selectors();
    let question = Question::new(
        selectors.as_deref(),
        &asked.requests,
        asked.quantifier,
        &Environments::default(),
        estate.missing,
        estate.rules,
    );
    let proved: Vec<bool> = answers(estate, asked).iter().map(|(_, a)| a.proof.is_some()).collect();
    let certificate = export(estate, question, snapshot, &proved).unwrap();
    if let Some(certificate) = &certificate {
        let claimed: Vec<bool> = certificate.callers.iter().map(|c| c.claim.is_some()).collect();
        assert_eq!(claimed, proved, "not everybody who cannot is certified");
    }
    certificate
}

/// The certificates of the golden questions with these ids.
pub fn certified(twin: &str, ids: &[&str]) -> (Estate, Vec<Certificate>) {
    let estate = example(twin);
    let digest = digest_snapshot(&Path::new("corpus/snapshots").join(twin)).unwrap();
    let golden = golden();
    let chosen = golden.iter().filter(|entry| ids.contains(&entry["id"].as_str().unwrap()));
    let certificates: Vec<_> = chosen
        .map(|entry| {
            let asked = Asked::of(entry["ask"].as_array().unwrap());
            certify(&estate, &asked, digest.clone()).unwrap()
        })
        .collect();
    assert_eq!(certificates.len(), ids.len());
    (estate, certificates)
}

/// Leaves of a certificate the claims about those whose answers now have a witness: what it says of them is untrue.
/// `None` where there are none.
pub fn untrue(certificate: &Certificate, answers: &[(Arc<str>, Answer)]) -> Option<Certificate> {
    let mut left = certificate.clone();
    for (listed, (arn, answer)) in left.callers.iter_mut().zip(answers) {
        if *listed.arn != **arn || answer.witness.is_none() {
            listed.claim = None;
        }
    }
    left.callers.iter().any(|c| c.claim.is_some()).then_some(left)
}

/// The reason for which a certificate is refused; fails where it is accepted.
pub fn refused(what: &str, certificate: &Certificate, estate: &Estate) -> Fault {
    match verify_loaded(certificate, estate) {
        Ok(_) => panic!("accepted: {what}"),
        Err(VerifyError::Refused(Refusal { fault, .. })) => fault,
        Err(other) => panic!("{what}: not refused but {other}"),
    }
}

/// Actions and resources that policies tell apart by more than what their patterns begin with.
const TOLD_APART_BY_LEMMAS: [(&str, &str); 2] =
    [("secretsmanager:GetSecretValue", "*:secret:prod*"), ("codebuild:StartBuild", "*:project/*deploy*")];

fn check(twin: &str) {
    let directory = Path::new("corpus/snapshots").join(twin);
    let estate = example(twin);
    let digest = digest_snapshot(&directory).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificate.json");
    let (mut certificates, mut claims, mut proofs, mut lemmas) = (0, 0, 0, 0);
    let mut questions: Vec<(String, Asked)> = Vec::new();
    for entry in golden() {
        let asked = Asked::of(entry["ask"].as_array().unwrap());
        if asked.selectors().is_none_or(|_| !entry[twin]["error"].is_string()) {
            questions.push((entry["id"].to_string(), asked));
        }
    }
    // Most formulas of the golden questions are false as they stand.
    for (action, resource) in TOLD_APART_BY_LEMMAS {
        let words = ["who-can", "--action", action, "--resource", resource].map(Value::from);
        questions.push((action.to_owned(), Asked::of(&words)));
    }
    for (id, asked) in questions {
        let Some(certificate) = certify(&estate, &asked, digest.clone()) else { continue };
        write_certificate(&certificate, &file).unwrap();
        let read = read_certificate(&file).unwrap();
        assert!(read == certificate, "{id}: read back, it is another");
        let verified = verify_loaded(&read, &estate).unwrap_or_else(|error| panic!("{id}: {error}"));
        certificates += 1;
        claims += verified.claims.len();
        proofs += verified.claims.iter().map(|c| c.pieces - c.folded).sum::<usize>();
        lemmas += verified.claims.iter().map(|c| c.lemmas).sum::<usize>();
    }
    // The whole way once: the digest of the files too.
    let last = read_certificate(&file).unwrap();
    assert!(verify(&last, &directory).is_ok());
    assert!(
        certificates >= 40 && claims >= 1_000 && proofs >= 100 && lemmas >= 100,
        "{twin}: only {certificates} certificates, {claims} claims, {proofs} proofs, {lemmas} lemmas"
    );
}

#[test]
fn the_example_organization() {
    check("acme");
}

#[test]
fn its_fixed_twin() {
    check("acme-fixed");
}

#[test]
fn that_every_request_is_allowed_is_certified_too() {
    let estate = example("acme");
    let digest = digest_snapshot(Path::new("corpus/snapshots/acme")).unwrap();
    let words = [
        "can",
        "--principal",
        "account:222222222222",
        "--action",
        "codepipeline:GetPipeline",
        "--resource",
        "arn:aws:codepipeline:us-east-1:222222222222:prod-deploy",
        "--when",
        "aws:RequestedRegion~us-east-1",
        "--every",
    ];
    let asked = Asked::of(&words.map(Value::from));
    assert_eq!(asked.quantifier, Quantifier::Every);
    let certificate = certify(&estate, &asked, digest).unwrap();
    let verified = verify_loaded(&certificate, &estate).unwrap();
    assert!(!verified.claims.is_empty() && verified.claims.len() < verified.callers);
    assert!(verified.claims.iter().any(|c| c.folded < c.pieces), "nothing had to be refuted");
    let mut wider = certificate.clone();
    wider.question.resources = vec!["*".to_owned()];
    refused("every resource", &wider, &estate);
    let mut some = certificate;
    some.question.every = false;
    refused("no request", &some, &estate);
}

/// Whole services and the measured questions, both twins. In CI the three services that gave the hardest proofs.
#[test]
fn soak_whole_services() {
    let full = std::env::var("GATEPROOF_SOAK").is_ok_and(|v| v == "1");
    let measured = include_str!("../../benches/questions.txt");
    let services = ["sts:*", "secretsmanager:*", "codepipeline:*"];
    let more = ["s3:*", "iam:*", "kms:*", "*:Put*"];
    let lines = measured.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty());
    let questions: Vec<&str> = match full {
        true => services.into_iter().chain(more).chain(lines).collect(),
        false => services.to_vec(),
    };
    for twin in ["acme", "acme-fixed"] {
        let estate = example(twin);
        for question in &questions {
            let mut words = vec!["who-can"];
            for (n, word) in question.split_whitespace().enumerate().filter(|(_, w)| !w.starts_with("as=")) {
                match (n, word.strip_prefix("access=")) {
                    (0, _) => words.extend(["--action", word]),
                    (1, _) => words.extend(["--resource", word]),
                    (_, Some(levels)) => words.extend(["--access", levels]),
                    (_, None) => words.extend(["--when", word]),
                }
            }
            let arguments: Vec<Value> = words.into_iter().map(Value::from).collect();
            let nowhere = SnapshotDigest { digest: String::new(), files: 0 };
            if let Some(certificate) = certify(&estate, &Asked::of(&arguments), nowhere) {
                verify_loaded(&certificate, &estate)
                    .unwrap_or_else(|error| panic!("{twin}, {question}: {error}"));
            }
        }
    }
}
