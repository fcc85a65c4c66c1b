//! `only`: who may do something is exactly, or within, those who are listed.

use super::audience::principals;
use super::decide::{DecideError, Decided};
use super::meant::must_be_about_something;
use super::property::{Only, Property, Through};
use super::tally::{Tally, best_of};
use crate::ask::{Estate, glob_matches};
use crate::escalation::EscalationSettings;
use crate::question::{Answer, Quantifier, Selector};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Decides an `only`.
pub(super) fn decide_only(
    property: &Property,
    only: &Only,
    estate: &Estate,
    settings: &EscalationSettings,
) -> Result<Decided, DecideError> {
    must_be_about_something(property, &only.requests, estate, &settings.ask)?;
    let listed = principals(property, &only.who, estate, &settings.ask)?;
    let mut meant: BTreeMap<Arc<str>, Selector> = BTreeMap::new();
    for selector in &listed {
        let callers = estate.select(std::slice::from_ref(selector), &settings.ask.environments)?;
        meant.extend(callers.into_iter().map(|caller| (caller.id, selector.clone())));
    }
    let answers = match only.through {
        Through::Direct => estate.who_can(&only.requests, &settings.ask)?,
        Through::Escalation => estate.who_can_come_to(&only.requests, settings)?,
    };
    let mut tally = Tally::default();
    let mut found: BTreeMap<&Arc<str>, &Answer> = BTreeMap::new();
    for (principal, answer) in &answers {
        let service = only.services.iter().any(|glob| glob_matches(glob, principal));
        match meant.contains_key(principal) {
            true => {
                let best = found.entry(principal).or_insert(answer);
                *best = best_of(best, answer);
            }
            false if service => {}
            // All of an account are meant, those that aren't listed too.
            false if only.who.iter().any(|selector| selector.to_string() == **principal) => {}
            false => tally.forbid(principal, answer),
        }
    }
    if only.exactly {
        let what = only.requests.actions.join(" or ");
        found.iter().for_each(|(principal, answer)| tally.require(principal, &what, answer));
        let elsewhere: BTreeSet<&Arc<str>> =
            meant.keys().filter(|principal| !found.contains_key(*principal)).collect();
        for principal in elsewhere {
            let Some(selector) = meant.get(principal) else { continue };
            let own = estate.can(
                std::slice::from_ref(selector),
                &only.requests,
                Quantifier::Some,
                &settings.ask,
            )?;
            own.principals.iter().for_each(|(principal, answer)| tally.require(principal, &what, answer));
        }
    }
    let holds = match only.exactly {
        true => format!("all {} of the list can, and nobody else", meant.len()),
        false => format!("nobody can but those of the list, of {} principals", answers.len()),
    };
    Ok(tally.settle(holds))
}
