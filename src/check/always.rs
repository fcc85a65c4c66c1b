//! `always`: each of some can do something.

use super::audience::principals;
use super::decide::{DecideError, Decided};
use super::meant::must_be_about_something;
use super::property::{Always, Extent, Property};
use super::tally::Tally;
use crate::ask::{Estate, Settings};
use crate::escalation::EscalationSettings;
use crate::question::{Quantifier, Requests, Selector, Verdict};
use gateproof_model::catalogue::ActionInfo;
use std::collections::BTreeSet;

/// So many actions and resources are asked about one by one; more are a mistake.
const MOST_EACH: usize = 1_000;

/// Decides an `always`.
pub(super) fn decide_always(
    property: &Property,
    always: &Always,
    estate: &Estate,
    settings: &EscalationSettings,
) -> Result<Decided, DecideError> {
    let settings = &settings.ask;
    let mut tally = Tally::default();
    let from = principals(property, &always.from, estate, settings)?;
    must_be_about_something(property, &always.requests, estate, settings)?;
    if from.is_empty() {
        return Ok(tally.settle("nobody is selected".to_owned()));
    }
    let (quantifier, all) = match always.extent {
        Extent::Some => (Quantifier::Some, vec![always.requests.clone()]),
        Extent::Each => (Quantifier::Some, each_of(&always.requests, estate)?),
        Extent::Every => (Quantifier::Every, vec![always.requests.clone()]),
    };
    for requests in &all {
        require(&mut tally, &from, requests, quantifier, (estate, settings))?;
    }
    let holds = match always.extent {
        Extent::Some => "each principal can".to_owned(),
        Extent::Each => format!("each principal can do each of {} things", all.len()),
        Extent::Every => "each principal can make every such request".to_owned(),
    };
    Ok(tally.settle(holds))
}

fn require(
    tally: &mut Tally,
    from: &[Selector],
    requests: &Requests,
    quantifier: Quantifier,
    (estate, settings): (&Estate, &Settings),
) -> Result<(), DecideError> {
    let mut answer = estate.can(from, requests, quantifier, settings)?;
    let fails = answer.principals.iter().any(|(_, one)| one.verdict == Verdict::Impossible);
    if quantifier == Quantifier::Some && fails {
        estate.find_obstacles(from, requests, settings, &mut answer)?;
    }
    let what = match requests.resources.as_slice() {
        [] => requests.actions.join(" or "),
        some => format!("{} on {}", requests.actions.join(" or "), some.join(" or ")),
    };
    for (principal, one) in &answer.principals {
        tally.require(principal, &what, one);
    }
    // A request that is allowed may be denied by what was not collected.
    let (untold, blind) = estate.untold_about(from, requests, settings)?;
    tally.take_for_granted(untold);
    for (principal, why) in blind {
        tally.doubt(&principal, why.reason, &why.place);
    }
    Ok(())
}

/// Each action with each resource that is named.
fn each_of(requests: &Requests, estate: &Estate) -> Result<Vec<Requests>, DecideError> {
    let levels = &requests.access;
    let kept = |action: &ActionInfo<'_>| levels.is_empty() || levels.contains(&action.access_level());
    let globs = requests.actions.iter();
    let actions: BTreeSet<&str> =
        globs.flat_map(|glob| estate.catalogue.actions_matching(glob)).filter(kept).map(|action| action.name()).collect();
    let resources: Vec<Vec<String>> = match requests.resources.is_empty() {
        true => vec![Vec::new()],
        false => requests.resources.iter().map(|glob| vec![glob.clone()]).collect(),
    };
    let given = actions.len().saturating_mul(resources.len());
    if given > MOST_EACH {
        return Err(DecideError::TooMany { given, limit: MOST_EACH });
    }
    let of = |action: &str, resources: &Vec<String>| Requests {
        actions: vec![action.to_owned()],
        access: Vec::new(),
        resources: resources.clone(),
        ..requests.clone()
    };
    Ok(actions.iter().flat_map(|action| resources.iter().map(move |resources| of(action, resources))).collect())
}
