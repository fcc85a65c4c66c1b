//! Two policies compared: laws of sets on random pairs, and what is printed of the difference against requests one by one.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "compare_documents/examples.rs"]
mod examples;
#[path = "generate/random.rs"]
mod random;
#[path = "compare_documents/written.rs"]
mod written;

use gateproof::compare::{
    Comparer, DocumentRegion, PolicyKind, PolicyOf, PrintedRegion, Relation, parse_identity_policy,
};
use gateproof_model::policy::Document;
use random::Random;
use rayon::prelude::*;
use std::sync::Arc;
use written::{Written, requests};

const IDENTITY: PolicyKind = PolicyKind::Identity;

fn policy(written: &Written) -> Arc<Document> {
    parse_identity_policy(&written.text(), "test").unwrap()
}

/// What each relation is, looked at from the other side.
fn mirrored(relation: Relation) -> Relation {
    match relation {
        Relation::Narrower => Relation::Wider,
        Relation::Wider => Relation::Narrower,
        same => same,
    }
}

fn is_no_more(relation: Relation) -> bool {
    matches!(relation, Relation::Equal | Relation::Narrower)
}

#[test]
fn laws_of_sets_hold_on_random_pairs() {
    let of = PolicyOf::kind(IDENTITY);
    let seen: Vec<(Relation, Relation)> = (0..5_000u64)
        .into_par_iter()
        .map_init(Comparer::default, |comparer, seed| {
            let mut random = Random::new(seed);
            let (a, b) = (Written::any(&mut random), Written::any(&mut random));
            let relate = |x: &Written, y: &Written| comparer.relate(&policy(x), &policy(y), &of);
            let (there, back) = (relate(&a, &b), relate(&b, &a));
            let case = || format!("seed {seed}: {} and {}", a.text(), b.text());
            assert_eq!(mirrored(there), back, "{}", case());
            assert_ne!(there, Relation::Undecided, "{}", case());
            // With more Allow statements it allows no less, with Denies of the other's no more.
            let union = a.and(&b.allows());
            assert!(is_no_more(relate(&union, &a)), "{}", case());
            let without = a.and(&b.allows().as_denies());
            assert!(is_no_more(relate(&a, &without)), "{}", case());
            // What is left has nothing in common with the other's Allows.
            let (left, other) = (policy(&without), policy(&b.allows()));
            for request in requests(&mut random, 10) {
                let both = comparer.allows(&left, &request) && comparer.allows(&other, &request);
                assert!(!both, "{} {request:?}", case());
            }
            assert_eq!(relate(&a, &a.shuffled(&mut random)), Relation::Equal, "{}", case());
            if seed % 5 == 0 {
                let c = Written::any(&mut random);
                if is_no_more(there) && is_no_more(relate(&b, &c)) {
                    assert!(is_no_more(relate(&a, &c)), "{} and {}", case(), c.text());
                }
                let (some, more) = (a.and(&b.allows()), a.and(&b.allows()).and(&c.allows()));
                assert!(is_no_more(relate(&more, &some)) && is_no_more(relate(&more, &a)), "{}", case());
            }
            (there, back)
        })
        .collect();
    for relation in [Relation::Equal, Relation::Narrower, Relation::Wider, Relation::Incomparable] {
        let many = seen.iter().filter(|(there, _)| *there == relation).count();
        assert!(many >= 50, "only {many} are {relation:?}");
    }
}

#[test]
fn what_is_printed_is_the_difference() {
    let of = PolicyOf::kind(IDENTITY);
    let counts: Vec<(usize, usize)> = (0..400u64)
        .into_par_iter()
        .map_init(Comparer::default, |comparer, seed| {
            let mut random = Random::new(1_000_000 + seed);
            let (a, b) = (Written::any(&mut random), Written::any(&mut random));
            let (old, new) = (policy(&a), policy(&b));
            let answer = comparer.compare_documents(&old, &new, &of);
            let case = || format!("seed {seed}: from {} to {}", a.text(), b.text());
            assert!(answer.exact && answer.undecided.is_empty(), "{}: {:?}", case(), answer.undecided);
            assert_eq!(answer.relation, comparer.relate(&old, &new, &of), "{}", case());
            let printed = |regions: &[DocumentRegion]| {
                regions.iter().map(|region| PrintedRegion::of(region).unwrap()).collect::<Vec<_>>()
            };
            let (gained, lost) = (printed(&answer.gained), printed(&answer.lost));
            let (mut inside, mut outside) = (0, 0);
            for request in requests(&mut random, 60) {
                let (before, after) = (comparer.allows(&old, &request), comparer.allows(&new, &request));
                for (regions, wanted) in [(&gained, after && !before), (&lost, before && !after)] {
                    let held = regions.iter().any(|region| region.holds(&request, comparer));
                    assert_eq!(held, wanted, "{} {request:?} {regions:?}", case());
                    if wanted { inside += 1 } else { outside += 1 }
                }
            }
            for (regions, from, to) in [(&answer.gained, &old, &new), (&answer.lost, &new, &old)] {
                for region in regions {
                    let witness = &region.witness;
                    assert!(comparer.allows(to, witness) && !comparer.allows(from, witness), "{}", case());
                }
            }
            (inside, outside)
        })
        .collect();
    let inside: usize = counts.iter().map(|(i, _)| i).sum();
    let outside: usize = counts.iter().map(|(_, o)| o).sum();
    assert!(inside >= 2_000 && outside >= 2_000, "{inside} in regions, {outside} outside");
}
