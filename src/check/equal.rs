//! `equal`: somebody may do just what it could if a policy, or those of somebody else, were its own.
//!
//! What policies of resources grant to it, and what control policies refuse it, stays as it is on both sides.

use super::audience::principals;
use super::decide::{DecideError, Decided};
use super::property::{Equal, Property, Standard};
use super::tally::Tally;
use crate::ask::{AskError, CallerEntity, Estate, Region, Settings, compare_estates};
use crate::escalation::EscalationSettings;
use crate::question::{Answer, Selector, Verdict};
use gateproof_model::snapshot::{Changes, PrincipalChange};
use std::sync::Arc;

/// Decides an `equal`.
pub(super) fn decide_equal(
    property: &Property,
    equal: &Equal,
    estate: &Estate,
    settings: &EscalationSettings,
) -> Result<Decided, DecideError> {
    let settings = &settings.ask;
    let of = principals(property, &equal.of, estate, settings)?;
    let mut tally = Tally::default();
    if of.is_empty() {
        return Ok(tally.settle("nobody is selected".to_owned()));
    }
    let callers = estate.select(&of, &settings.environments)?;
    let mut changes = Changes::default();
    for caller in &callers {
        if estate.snapshot.principal(&caller.id).is_none() {
            let why = "expected users and roles of the snapshot";
            return Err(DecideError::Ask(AskError::Misplaced { given: caller.id.to_string(), why }));
        }
        changes.principals.insert(caller.id.clone(), standard(property, equal, caller, estate, settings)?);
    }
    let among: Vec<Selector> = callers.iter().map(|caller| Selector::Arn(caller.id.to_string())).collect();
    let as_if = estate.changed(&changes);
    let compared = compare_estates(estate, &as_if, &among, settings)?;
    callers.iter().for_each(|caller| tally.ask_about(&caller.id));
    for one in &compared.principals {
        let missing = one.gained.iter().map(|region| (region, "cannot"));
        for (region, word) in one.lost.iter().map(|region| (region, "may")).chain(missing) {
            differ(&mut tally, &one.id, word, region);
        }
        for why in &one.undecided {
            tally.doubt(&one.id, why.reason.clone(), &why.place);
        }
    }
    for why in &compared.undecided {
        tally.doubt(&"the snapshot".into(), why.reason.clone(), &why.place);
    }
    let (asked, refuted) = (compared.formulas.asked, compared.formulas.refuted);
    Ok(tally.settle(format!(
        "the same both ways for {} principals: {refuted} of {asked} formulas refuted",
        callers.len()
    )))
}

/// So many actions and resources of a difference are named; the request shows one of each.
const SHOWN: usize = 3;

/// A request that one side allows and the other doesn't.
fn differ(tally: &mut Tally, principal: &Arc<str>, word: &str, region: &Region) {
    let of = |texts: &[String]| match texts.split_at_checked(SHOWN) {
        Some((first, rest)) if !rest.is_empty() => format!("{} and {} more", first.join(", "), rest.len()),
        _ => texts.join(", "),
    };
    let message = format!("{word} call {} on {}", of(&region.actions), of(&region.resources));
    if !region.certain {
        return tally.doubt(principal, format!("{message}, only if {}", of(&region.assumptions)), "");
    }
    let answer = Answer {
        witness: Some(region.witness.clone()),
        assumptions: Arc::new(region.assumptions.clone()),
        ..Answer::bare(Verdict::Reachable)
    };
    tally.violate(principal, message, &answer);
}

/// What would be the principal's own.
fn standard(
    property: &Property,
    equal: &Equal,
    caller: &CallerEntity,
    estate: &Estate,
    settings: &Settings,
) -> Result<PrincipalChange, DecideError> {
    let account = caller.account.as_deref().unwrap_or_default();
    let (identity, boundary) = match &equal.to {
        Standard::Policy(policy) => ([policy.document(account, estate)?].into(), None),
        Standard::Principal(selector) => {
            let found = principals(property, std::slice::from_ref(selector), estate, settings)?;
            let found = estate.select(&found, &settings.environments)?;
            let known: Vec<_> = found.iter().map(|caller| estate.snapshot.principal(&caller.id)).collect();
            let [Some(other)] = known.as_slice() else {
                let why = "expected one user or role of the snapshot";
                return Err(DecideError::Ask(AskError::Misplaced { given: selector.to_string(), why }));
            };
            (other.identity.clone(), other.boundary.clone())
        }
    };
    Ok(PrincipalChange { identity: Some(identity), boundary: Some(boundary), ..PrincipalChange::default() })
}
