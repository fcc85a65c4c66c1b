//! Mutants of proofs: literals, clauses, lemmas and steps. Each is known to be no proof, by a reference that shares
//! nothing with the checker.

use crate::asked::Asked;
use crate::examples::{certified, certify, refused};
use crate::reference::{follows, has_model};
use gateproof::ask::{Estate, EstateOptions};
use gateproof::certificate::{Certificate, Fault, PieceProof, digest_snapshot, verify};
use serde_json::{Value, json};
use std::path::Path;

const IDS: [&str; 22] = [
    "demo-1",
    "demo-2",
    "other-organization",
    "become-approver-without-mfa",
    "decrypt-artifacts",
    "list-artifacts-without-tls",
    "tags-keep-teams-apart",
    "foreign-repository-becomes-release",
    "approve-any",
    "encrypt-artifacts",
    "write-prod-artifacts",
    "write-artifacts-with-another-key",
    "rewrite-artifact-policy",
    "rewrite-key-policy",
    "grant-on-key",
    "switch-off-block-public-access",
    "become-prod-deploy-role",
    "become-staging-deploy-role",
    "read-prod-database-secret",
    "become-prod-replication",
    "become-prod-account-admin-without-mfa",
    "become-cdk-deploy-role",
];

/// Mutants of one proof, with what is wrong with them.
type Mutants = Vec<(&'static str, PieceProof)>;

fn mutant(proof: &PieceProof, change: impl FnOnce(&mut PieceProof)) -> PieceProof {
    let mut changed = proof.clone();
    change(&mut changed);
    changed
}

/// The formula is another one: a clause changed, dropped, added; a set that is contradictory for any question.
fn of_clauses(proof: &PieceProof) -> Mutants {
    let last = proof.clauses.len() - 1;
    let middle = last / 2;
    vec![
        ("a literal of a clause flipped", mutant(proof, |p| p.clauses[middle][0] *= -1)),
        ("a clause dropped", mutant(proof, |p| drop(p.clauses.remove(last)))),
        ("a literal added to a clause", mutant(proof, |p| p.clauses[0].push(1))),
        ("an empty clause added", mutant(proof, |p| p.clauses.push(Vec::new()))),
        ("a clause emptied", mutant(proof, |p| p.clauses[last].clear())),
        (
            "trivially contradictory clauses",
            mutant(proof, |p| {
                (p.clauses, p.lemmas, p.steps) = (vec![vec![1], vec![-1]], Vec::new(), Vec::new());
            }),
        ),
        ("a variable more", mutant(proof, |p| p.variables += 1)),
        ("an atom less", mutant(proof, |p| p.atoms.truncate(p.atoms.len() - 1))),
    ]
}

/// The lemmas that are left have a model together with the clauses, so nothing can follow from them; or a
/// lemma is plainly untrue, or of no form that a lemma can have.
fn of_lemmas(proof: &PieceProof) -> Mutants {
    let mut mutants: Mutants = Vec::new();
    let candidates = (0..proof.lemmas.len()).flat_map(|i| {
        let lemma = &proof.lemmas[i];
        let mut changed = vec![
            ("a lemma dropped", mutant(proof, |p| drop(p.lemmas.remove(i)))),
            (
                "a lemma that says nothing",
                mutant(proof, |p| {
                    let first = lemma[0];
                    p.lemmas[i].push(-first);
                }),
            ),
        ];
        for place in 0..lemma.len() {
            changed.push(("a literal of a lemma flipped", mutant(proof, |p| p.lemmas[i][place] *= -1)));
        }
        changed
    });
    let left_open = |p: &PieceProof| has_model(p.clauses.iter().chain(&p.lemmas));
    mutants.extend(candidates.filter(|(_, p)| left_open(p)));
    for (i, lemma) in proof.lemmas.iter().enumerate().filter(|(_, lemma)| lemma.len() > 1) {
        // Alone, no atom of these formulas is true (or false) of every request.
        mutants.push(("a lemma cut to one literal", mutant(proof, |p| p.lemmas[i].truncate(1))));
        let name = i32::try_from(proof.atoms.len()).unwrap() + 1;
        if name <= i32::try_from(proof.variables).unwrap() {
            mutants.push(("a lemma about a subformula", mutant(proof, |p| p.lemmas[i].push(name))));
        }
        let last = *lemma.last().unwrap();
        mutants.push((
            "a literal of no variable",
            mutant(proof, |p| p.lemmas[i].push(last.signum() * i32::MAX)),
        ));
        mutants.push(("a literal that is none", mutant(proof, |p| p.lemmas[i].push(0))));
        mutants.push(("the least number as a literal", mutant(proof, |p| p.lemmas[i].push(i32::MIN))));
    }
    mutants.push(("an empty lemma", mutant(proof, |p| p.lemmas.push(Vec::new()))));
    mutants
}

/// A step doesn't follow from what precedes it, or without it the empty clause doesn't.
fn of_steps(proof: &PieceProof) -> Mutants {
    let before = |p: &PieceProof, n: usize| -> Vec<Vec<i32>> {
        p.clauses.iter().chain(&p.lemmas).chain(&p.steps[..n]).cloned().collect()
    };
    let mut mutants: Mutants = Vec::new();
    for n in 0..proof.steps.len() {
        for place in 0..proof.steps[n].len() {
            let changed = mutant(proof, |p| p.steps[n][place] *= -1);
            if !follows(&before(&changed, n), &changed.steps[n]) {
                mutants.push(("a literal of a step flipped", changed));
            }
            let changed = mutant(proof, |p| {
                p.steps[n].remove(place);
            });
            if !follows(&before(&changed, n), &changed.steps[n]) {
                mutants.push(("a literal of a step dropped", changed));
            }
        }
    }
    if !follows(&before(proof, 0), &[]) {
        mutants.push(("no steps", mutant(proof, |p| p.steps.clear())));
    }
    mutants
}

/// The certificate with one claim only.
fn only(certificate: &Certificate, at: usize) -> Certificate {
    let mut left = certificate.clone();
    for (_, caller) in left.callers.iter_mut().enumerate().filter(|(n, _)| *n != at) {
        caller.claim = None;
    }
    left
}

/// A user whose Allow is refused by sixteen Denies together, one for each combination of four tags of the request:
/// that takes steps.
fn knotted(folder: &Path) -> (Estate, Certificate) {
    let mut statements = vec![json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})];
    for combination in 0..16 {
        let mut condition = json!({});
        for (n, tag) in ["a", "b", "c", "d"].iter().enumerate() {
            let operator = if combination >> n & 1 == 1 { "StringEquals" } else { "StringNotEquals" };
            condition[operator][format!("aws:RequestTag/{tag}")] = json!("yes");
        }
        statements.push(json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}));
    }
    let policy = json!({"PolicyName": "knot",
        "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}});
    let details = json!({"UserDetailList": [{"Path": "/", "UserName": "knot", "UserId": "AIDAKNOT",
        "Arn": "arn:aws:iam::111122223333:user/knot", "UserPolicyList": [policy]}],
        "GroupDetailList": [], "RoleDetailList": [], "Policies": []});
    let file = folder.join("details.json");
    std::fs::write(&file, details.to_string()).unwrap();
    let estate = Estate::load(&file, EstateOptions::default()).unwrap();
    let asked = Asked::of(&["can", "--principal", "user/knot", "--action", "s3:GetObject"].map(Value::from));
    let certificate = certify(&estate, &asked, digest_snapshot(&file).unwrap()).unwrap();
    assert!(verify(&certificate, &file).is_ok());
    (estate, certificate)
}

/// How many mutants there were.
#[derive(Debug, Default)]
struct Counts {
    clauses: usize,
    lemmas: usize,
    steps: usize,
}

impl Counts {
    /// Spoils a proof in every way and has each refused.
    fn spoil(&mut self, estate: &Estate, certificate: &Certificate, (caller, place): (usize, usize)) {
        let mut mutant = only(certificate, caller);
        let proof = mutant.callers[caller].claim.as_ref().unwrap().proofs[place].clone();
        let mut judge = |what: &str, changed: PieceProof| {
            mutant.callers[caller].claim.as_mut().unwrap().proofs[place] = changed;
            refused(&format!("{what}, {}", proof.piece), &mutant, estate)
        };
        for (what, changed) in of_clauses(&proof) {
            let fault = judge(what, changed);
            assert!(matches!(fault, Fault::Clause { .. } | Fault::Count { .. }), "{what}: {fault}");
            self.clauses += 1;
        }
        for (what, changed) in of_lemmas(&proof) {
            let fault = judge(what, changed);
            assert!(matches!(fault, Fault::Proof(_)), "{what}: {fault}");
            self.lemmas += 1;
        }
        for (what, changed) in of_steps(&proof) {
            let fault = judge(what, changed);
            assert!(matches!(fault, Fault::Proof(_)), "{what}: {fault}");
            self.steps += 1;
        }
    }
}

/// The proofs of a certificate, by caller and place; the longest first, none twice.
fn proofs(certificate: &Certificate) -> Vec<((usize, usize), &PieceProof)> {
    let callers = certificate.callers.iter().enumerate();
    let listed = callers.flat_map(|(c, caller)| {
        let claims = caller.claim.iter();
        claims.flat_map(move |claim| claim.proofs.iter().enumerate().map(move |(p, proof)| ((c, p), proof)))
    });
    let mut sorted: Vec<_> = listed.collect();
    sorted
        .sort_by_key(|(_, proof)| std::cmp::Reverse((proof.steps.len(), proof.lemmas.len(), &proof.clauses)));
    sorted.dedup_by_key(|(_, proof)| (&proof.clauses, &proof.lemmas));
    sorted
}

#[test]
fn spoilt_proofs_are_refused() {
    let mut counts = Counts::default();
    for twin in ["acme", "acme-fixed"] {
        let (estate, certificates) = certified(twin, &IDS);
        for certificate in &certificates {
            for (at, _) in proofs(certificate).into_iter().take(40) {
                counts.spoil(&estate, certificate, at);
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let (estate, certificate) = knotted(folder.path());
    for (at, _) in proofs(&certificate) {
        counts.spoil(&estate, &certificate, at);
    }
    let Counts { clauses, lemmas, steps } = counts;
    assert!(
        clauses >= 200 && lemmas >= 200 && steps >= 8,
        "{clauses} of clauses, {lemmas} of lemmas, {steps} of steps"
    );
}
