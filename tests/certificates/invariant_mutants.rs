//! Certificates of `reach` with something changed: facts, guards, formulas, the question, those asked about.

use crate::invariants::{Asked, refused};
use crate::reference::has_model;
use crate::worlds::{load, worlds};
use gateproof::ask::{Estate, Tier};
use gateproof::certificate::{
    Fault, Formula, Guard, InvariantCertificate, InvariantClaim, Steps, verify_invariants_loaded,
};
use gateproof::escalation::Fact;
use gateproof_encodings::primitive::{Primitive, embedded};
use serde_json::json;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// The steps that the worlds are about; each mutant is held against all of them.
const STEPS: [&str; 14] = [
    "codebuild.new-project",
    "iam.add-user-to-group",
    "iam.attach-user-policy",
    "iam.create-access-key",
    "iam.create-login-profile",
    "iam.detach-user-policy",
    "iam.put-role-policy",
    "iam.put-user-policy",
    "iam.set-default-policy-version",
    "iam.tag-user",
    "iam.update-assume-role-policy",
    "lambda.new-function",
    "sts.assume-role",
    "sts.assume-role-with-tags",
];

type Mutants = Vec<(String, InvariantCertificate)>;

pub fn steps() -> Vec<Primitive> {
    let chosen = embedded().unwrap().iter().filter(|p| STEPS.contains(&&*p.id));
    let chosen: Vec<Primitive> = chosen.cloned().collect();
    assert_eq!(chosen.len(), STEPS.len());
    chosen
}

fn mutant(
    certificate: &InvariantCertificate,
    change: impl FnOnce(&mut InvariantClaim),
) -> InvariantCertificate {
    let mut changed = certificate.clone();
    change(changed.callers[0].claim.as_mut().unwrap());
    changed
}

fn claim(certificate: &InvariantCertificate) -> &InvariantClaim {
    certificate.callers[0].claim.as_ref().unwrap()
}

/// A fact less, so that a step leads out; a fact more that leads to the target, or can't be.
/// Whether another fact holds all that the fact gives: then the invariant is closed without it, too.
fn is_needless(facts: &BTreeSet<Fact>, fact: &Fact) -> bool {
    match fact {
        Fact::AddsIdentity(of) => facts.contains(&Fact::WritesIdentity(of.clone())),
        Fact::Attached { to: of, .. } | Fact::Member { user: of, .. } => {
            let administrator: Arc<[Arc<str>]> =
                ["arn:aws:iam::aws:policy/AdministratorAccess".into()].into();
            let everything = [
                Fact::WritesIdentity(of.clone()),
                Fact::AddsIdentity(of.clone()),
                Fact::Attached { policies: administrator.to_vec().into(), to: of.clone() },
            ];
            everything.iter().any(|all| all != fact && facts.contains(all))
        }
        _ => false,
    }
}

fn of_facts(certificate: &InvariantCertificate) -> Mutants {
    let facts = &claim(certificate).facts;
    let mut mutants: Mutants = facts
        .iter()
        .filter(|fact| !is_needless(facts, fact))
        .map(|fact| (format!("without {fact}"), mutant(certificate, |c| assert!(c.facts.remove(fact)))))
        .collect();
    let more = [
        ("of its own wording on itself", json!({"writes-identity": "arn:aws:iam::111111111111:user/alice"})),
        (
            "a session of nobody",
            json!({"session": {"principal": "arn:aws:iam::111111111111:role/nobody", "held": "federated"}}),
        ),
        (
            "another start",
            json!({"session": {"principal": "arn:aws:iam::111111111111:user/alice", "held": {"start": 1}}}),
        ),
    ];
    let alice = certificate.question.from == ["user/alice"] && certificate.question.controls.is_empty();
    for (what, fact) in more.into_iter().skip(usize::from(!alice)) {
        let fact = serde_json::from_value(fact).unwrap();
        mutants.push((format!("with {what}"), mutant(certificate, |c| assert!(c.facts.insert(fact)))));
    }
    mutants
}

/// What a guard may be changed to; each change makes it another guard, or of another content.
fn changes(guards: &[Guard], n: usize) -> Vec<(&'static str, Vec<Guard>)> {
    let with = |change: &dyn Fn(&mut Guard)| {
        let mut copy = guards.to_vec();
        change(&mut copy[n]);
        copy
    };
    let other = |tier| if tier == Tier::All { Tier::Catalogued } else { Tier::All };
    let mut changed = vec![
        ("of another caller", with(&|g| g.caller = "service lambda.amazonaws.com".to_owned())),
        ("of another call", with(&|g| g.asks = "iam:PassRole on *".to_owned())),
        ("of more names", with(&|g| g.uncatalogued_actions ^= true)),
        ("of another scope", with(&|g| g.scope = other(g.scope))),
        ("a piece more", with(&|g| g.pieces += 1)),
        ("one folded more", with(&|g| g.folded += 1)),
        (
            "another digest",
            with(&|g| g.digest.replace_range(7..8, if g.digest.as_bytes()[7] == b'0' { "1" } else { "0" })),
        ),
    ];
    // Of names beside the catalogue's there may be formulas that need no proof.
    if let Some(first) = guards[n].proofs.first() {
        changed.extend([
            ("no proofs", with(&|g| g.proofs.clear())),
            ("a proof twice", with(&|g| g.proofs.push(g.proofs[0].clone()))),
            ("a proof of another piece", with(&|g| g.proofs[0].piece.push('x'))),
            ("a proof of another tier", with(&|g| g.proofs[0].tier = other(g.proofs[0].tier))),
            ("no formula", with(&|g| g.proofs[0].formula = usize::MAX)),
        ]);
        let differs = guards.iter().flat_map(|g| &g.proofs).find(|p| p.formula != first.formula);
        if let Some(formula) = differs.map(|p| p.formula) {
            changed.push(("another formula", with(&|g| g.proofs[0].formula = formula)));
        }
    }
    let mut twice = guards.to_vec();
    twice.push(guards[n].clone());
    changed.push(("twice", twice));
    let next = (n + 1) % guards.len();
    if next != n {
        let mut swapped = guards.to_vec();
        (swapped[n].asks, swapped[next].asks) = (guards[next].asks.clone(), guards[n].asks.clone());
        (swapped[n].caller, swapped[next].caller) = (guards[next].caller.clone(), guards[n].caller.clone());
        changed.push(("moved to another guard", swapped));
    }
    changed
}

fn of_guards(certificate: &InvariantCertificate) -> Mutants {
    let guards = &claim(certificate).guards;
    let mut mutants = Vec::new();
    for (n, guard) in guards.iter().enumerate() {
        for (what, changed) in changes(guards, n) {
            let what = format!("{}, {}: {what}", guard.caller, guard.asks);
            mutants.push((what, mutant(certificate, |c| c.guards = changed)));
        }
    }
    if !guards.is_empty() {
        mutants.push(("without guards".to_owned(), mutant(certificate, |c| c.guards.clear())));
    }
    mutants
}

fn of_formulas(certificate: &InvariantCertificate) -> Mutants {
    let mut mutants = Vec::new();
    for (n, formula) in certificate.formulas.iter().enumerate() {
        let mut put = |what: &str, change: &dyn Fn(&mut Formula)| {
            let mut changed = certificate.clone();
            change(&mut changed.formulas[n]);
            mutants.push((format!("formula {n}: {what}"), changed));
        };
        put("a literal of a clause flipped", &|f| f.clauses[0][0] *= -1);
        put("a clause dropped", &|f| drop(f.clauses.pop()));
        put("trivially contradictory", &|f| {
            (f.clauses, f.lemmas, f.steps) = (vec![vec![1], vec![-1]], Vec::new(), Vec::new());
        });
        put("a variable more", &|f| f.variables += 1);
        put("an atom less", &|f| f.atoms.truncate(f.atoms.len() - 1));
        put("an empty lemma", &|f| f.lemmas.push(Vec::new()));
        put("a literal of no variable", &|f| f.steps.push(vec![i32::MAX]));
        for at in 0..formula.lemmas.len() {
            let mut rest = formula.clone();
            rest.lemmas.remove(at);
            if has_model(rest.clauses.iter().chain(&rest.lemmas)) {
                put("a lemma dropped", &|f| *f = rest.clone());
            }
        }
    }
    let mut more = certificate.clone();
    more.formulas.extend(certificate.formulas.first().cloned());
    if more.formulas.len() > certificate.formulas.len() {
        mutants.push(("a formula that is of no guard".to_owned(), more));
    }
    for number in certificate.atoms.keys() {
        let mut changed = certificate.clone();
        changed.atoms.get_mut(number).unwrap().push('x');
        mutants.push((format!("atom {number} says something else"), changed));
    }
    mutants
}

fn of_document(certificate: &InvariantCertificate) -> Mutants {
    let mut mutants = Vec::new();
    let mut put = |what: &str, change: &dyn Fn(&mut InvariantCertificate)| {
        let mut changed = certificate.clone();
        change(&mut changed);
        mutants.push((what.to_owned(), changed));
    };
    put("another catalogue", &|c| drop(c.catalogue.insert("catalogue".to_owned(), "another".to_owned())));
    put("another count of steps", &|c| c.steps.count += 1);
    put("other steps", &|c| c.steps = Steps::of(&[]));
    put("everyone's claim gone", &|c| c.callers.iter_mut().for_each(|caller| caller.claim = None));
    put("nobody listed", &|c| c.callers.clear());
    put("somebody listed twice", &|c| c.callers.push(c.callers[0].clone()));
    put("somebody else listed", &|c| c.callers[0].arn.push('x'));
    put("an assumption more", &|c| c.callers[0].claim.as_mut().unwrap().assumptions.push("more".to_owned()));
    put("an assumption less", &|c| drop(c.callers[0].claim.as_mut().unwrap().assumptions.pop()));
    put("from everybody", &|c| c.question.from = vec!["*".to_owned()]);
    put("to what it can do", &|c| {
        c.question.controls.clear();
        c.question.actions = vec!["sts:GetCallerIdentity".to_owned()];
        c.question.resources.clear();
    });
    put("to everything", &|c| {
        c.question.controls.clear();
        c.question.actions = vec!["*".to_owned()];
        c.question.resources.clear();
    });
    put("to itself", &|c| {
        c.question.actions.clear();
        c.question.resources.clear();
        c.question.controls = c.question.from.clone();
    });
    put("missing input read differently", &|c| {
        c.question.missing = serde_json::from_value(json!("unknown")).unwrap();
    });
    mutants
}

/// The guards about the target: without one, nothing else says that its session doesn't meet it.
fn without_targets(certificate: &InvariantCertificate) -> Mutants {
    let sessions: BTreeSet<String> =
        claim(certificate).facts.iter().filter_map(|f| f.session()).map(ToString::to_string).collect();
    let asked = certificate.question.actions.join(", ");
    let about = |g: &Guard| sessions.contains(&g.caller) && g.asks.starts_with(&format!("{asked} on "));
    let guards = &claim(certificate).guards;
    let places = (0..guards.len()).filter(|n| !asked.is_empty() && about(&guards[*n]));
    places
        .map(|n| {
            (
                format!("without the target of {}", guards[n].caller),
                mutant(certificate, |c| drop(c.guards.remove(n))),
            )
        })
        .collect()
}

#[test]
fn whatever_was_changed_is_refused() {
    let steps = steps();
    let (mut refusals, mut kinds) = (0, HashSet::new());
    for world in worlds() {
        let estate: Estate = load(&world.account);
        let certificate = Asked::of(&world.ask).certify(&estate, &steps).unwrap();
        verify_invariants_loaded(&certificate, &steps, &estate).unwrap();
        let mutants = [
            of_facts(&certificate),
            of_guards(&certificate),
            of_formulas(&certificate),
            of_document(&certificate),
            without_targets(&certificate),
        ];
        for (what, mutant) in mutants.into_iter().flatten() {
            let fault = refused(&format!("{}: {what}", world.name), &mutant, &steps, &estate);
            kinds.insert(std::mem::discriminant(&fault));
            refusals += 1;
            let outside = matches!(fault, Fault::Outside(_) | Fault::Start);
            assert!(outside || !what.starts_with("without a session"), "{}: {what}: {fault}", world.name);
        }
    }
    assert!(refusals >= 200 && kinds.len() >= 12, "{refusals} mutants, {} kinds of fault", kinds.len());
}
