//! Mutants of claims: pieces, callers, tiers, assumptions, counts, words.

use crate::examples::{certified, refused};
use gateproof::ask::{Estate, Tier};
use gateproof::certificate::{Certificate, Claim, Fault};

const IDS: [&str; 4] =
    ["demo-1", "become-approver-without-mfa", "decrypt-artifacts", "switch-off-block-public-access"];

/// The claims with proofs, by place.
fn claims(certificate: &Certificate) -> Vec<(usize, &Claim)> {
    let listed = certificate.callers.iter().enumerate().filter_map(|(i, c)| Some((i, c.claim.as_ref()?)));
    listed.filter(|(_, claim)| !claim.proofs.is_empty()).collect()
}

fn changed(certificate: &Certificate, at: usize, change: impl FnOnce(&mut Claim)) -> Certificate {
    let mut mutant = certificate.clone();
    change(mutant.callers[at].claim.as_mut().unwrap());
    mutant
}

fn other(tier: Tier) -> Tier {
    match tier {
        Tier::All => Tier::Catalogued,
        Tier::Catalogued => Tier::All,
    }
}

/// What a claim says of itself is made anew, so whatever is changed in it shows.
fn of_claim(certificate: &Certificate, at: usize, claim: &Claim) -> Vec<(&'static str, Certificate)> {
    let mutate = |change: &dyn Fn(&mut Claim)| changed(certificate, at, change);
    let mut mutants = vec![
        ("a proof dropped", mutate(&|c| drop(c.proofs.pop()))),
        ("a proof twice", mutate(&|c| c.proofs.push(c.proofs[0].clone()))),
        ("a proof of another piece", mutate(&|c| c.proofs[0].piece.push('x'))),
        ("another tier of a proof", mutate(&|c| c.proofs[0].tier = other(c.proofs[0].tier))),
        ("another scope", mutate(&|c| c.scope = other(c.scope))),
        ("uncatalogued actions", mutate(&|c| c.uncatalogued_actions = !c.uncatalogued_actions)),
        ("a piece more", mutate(&|c| c.pieces += 1)),
        ("a folded piece less", mutate(&|c| c.folded = c.folded.wrapping_sub(1))),
        ("another digest", mutate(&|c| c.formulas = c.formulas.replace(['0', '1'], "2"))),
        ("an assumption more", mutate(&|c| c.assumptions.push("the moon is full".to_owned()))),
        ("atoms that are not described", mutate(&|c| c.proofs[0].atoms[0] = u32::MAX)),
    ];
    if !claim.assumptions.is_empty() {
        mutants.push(("an assumption dropped", mutate(&|c| drop(c.assumptions.pop()))));
        mutants.push(("an assumption reworded", mutate(&|c| c.assumptions[0].push('!'))));
    }
    mutants
}

/// Proofs of two pieces, or of two callers, that are about different clauses, each in the other's place.
fn swapped(certificate: &Certificate) -> Vec<(&'static str, Certificate)> {
    let listed = claims(certificate);
    let mut mutants = Vec::new();
    for (at, claim) in &listed {
        if let Some(n) = claim.proofs.iter().position(|p| p.clauses != claim.proofs[0].clauses) {
            mutants.push((
                "proofs of two pieces swapped",
                changed(certificate, *at, |c| {
                    let name = c.proofs[0].piece.clone();
                    c.proofs[0].piece = std::mem::replace(&mut c.proofs[n].piece, name);
                }),
            ));
        }
    }
    for pair in listed.windows(2).filter(|pair| pair[0].1.proofs != pair[1].1.proofs) {
        let mut mutant = certificate.clone();
        let (first, second) = (pair[0].0, pair[1].0);
        let claim = mutant.callers[first].claim.take();
        mutant.callers[first].claim = std::mem::replace(&mut mutant.callers[second].claim, claim);
        mutants.push(("claims of two callers swapped", mutant));
    }
    mutants
}

/// Of those who can it is claimed that they can't, as well as that can be forged.
fn forged(certificate: &Certificate) -> Vec<(&'static str, Certificate)> {
    let model = certificate.callers.iter().find_map(|c| c.claim.clone()).unwrap();
    let free = certificate.callers.iter().enumerate().filter(|(_, c)| c.claim.is_none());
    free.flat_map(|(at, _)| {
        let with = |claim: Claim| {
            let mut mutant = certificate.clone();
            mutant.callers[at].claim = Some(claim);
            mutant
        };
        let bare = Claim { proofs: Vec::new(), folded: model.pieces, ..model.clone() };
        [("somebody else's claim", with(model.clone())), ("a claim without proofs", with(bare))]
    })
    .collect()
}

fn of_callers(certificate: &Certificate) -> Vec<(&'static str, Certificate)> {
    let mutate = |change: &dyn Fn(&mut Certificate)| {
        let mut mutant = certificate.clone();
        change(&mut mutant);
        mutant
    };
    let mut mutants = vec![
        ("a caller less", mutate(&|c| drop(c.callers.pop()))),
        ("a caller more", mutate(&|c| c.callers.push(c.callers[0].clone()))),
        ("a caller renamed", mutate(&|c| c.callers[0].arn.push('x'))),
        ("two callers swapped", mutate(&|c| c.callers.swap(0, 1))),
        ("no claim", mutate(&|c| c.callers.iter_mut().for_each(|c| c.claim = None))),
        ("another catalogue", mutate(&|c| drop(c.catalogue.pop_first()))),
    ];
    if !claims(certificate).is_empty() {
        let reworded = mutate(&|c| c.atoms.values_mut().for_each(|words| words.push('!')));
        mutants.push(("other words for atoms", reworded));
    }
    mutants.extend(swapped(certificate));
    mutants.extend(forged(certificate));
    mutants
}

fn check(estate: &Estate, certificate: &Certificate) -> usize {
    let listed = claims(certificate);
    let mut count = 0;
    for (at, claim) in listed.iter().take(3) {
        for (what, mutant) in of_claim(certificate, *at, claim) {
            refused(what, &mutant, estate);
            count += 1;
        }
    }
    for (what, mutant) in of_callers(certificate) {
        let fault = refused(what, &mutant, estate);
        let by_digest_only = matches!(fault, Fault::Formulas { .. });
        assert!(!by_digest_only, "{what}: noticed by the digest only");
        count += 1;
    }
    count
}

#[test]
fn spoilt_claims_are_refused() {
    let mut count = 0;
    for twin in ["acme", "acme-fixed"] {
        let (estate, certificates) = certified(twin, &IDS);
        count += certificates.iter().map(|certificate| check(&estate, certificate)).sum::<usize>();
    }
    assert!(count >= 200, "only {count} mutants");
}
