//! Decisions that hold whatever the policies leave open.

use crate::evaluator::{Decision, World, evaluate};
use crate::policy_set::PolicySet;
use crate::request::Request;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The decision depends on assumptions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("undecided: the answer depends on whether {}", join(.names))]
pub struct Undecided {
    /// The assumptions that the evaluation came upon.
    pub names: Vec<Arc<str>>,
}

fn join(names: &[Arc<str>]) -> String {
    names.join(", and whether ")
}

/// Up to so many assumptions, every combination is tried; beyond, all of them false, all true, and
/// each alone.
const COMBINED: usize = 8;

/// Evaluates under all combinations of the assumptions that matter; the answer, if it is the same
/// under all, is the one that assumes nothing.
///
/// # Errors
/// The assumptions, if the outcome depends on them.
pub fn decide_whatever_is_assumed(
    policies: &PolicySet,
    request: &Request,
    world: &World<'_>,
) -> Result<Decision, Undecided> {
    let under =
        |assume: &(dyn Fn(&str) -> bool + Sync)| evaluate(policies, request, &World { assume, ..*world });
    let decision = under(&|_| false);
    let mut names: BTreeSet<Arc<str>> = decision.assumed.iter().map(|(name, _)| name.clone()).collect();
    // An assumption may come into view only under others: repeat until none is new.
    loop {
        let known: Vec<Arc<str>> = names.iter().cloned().collect();
        for chosen in combinations(known.len()) {
            let holds = |name: &str| {
                let place = known.iter().position(|n| **n == *name);
                place.and_then(|p| chosen.get(p)).copied().unwrap_or(false)
            };
            let other = under(&holds);
            if other.outcome != decision.outcome {
                return Err(Undecided { names: known });
            }
            names.extend(other.assumed.into_iter().map(|(name, _)| name));
        }
        if names.len() == known.len() {
            return Ok(decision);
        }
    }
}

fn combinations(count: usize) -> Vec<Vec<bool>> {
    if count <= COMBINED {
        return (0u32..1 << count).map(|n| (0..count).map(|bit| n >> bit & 1 == 1).collect()).collect();
    }
    let mut chosen = vec![vec![false; count], vec![true; count]];
    chosen.extend((0..count).map(|alone| (0..count).map(|n| n == alone).collect()));
    chosen
}
