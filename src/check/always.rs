//! `always`: each of some can do something.

use super::audience::principals;
use super::decide::{DecideError, Decided};
use super::meant::must_be_about_something;
use super::property::{Always, Extent, Property};
use super::tally::{Tally, best_of};
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
    tally.be_about_unlisted(&estate.unlisted_among(&always.from, &settings.environments));
    let from = principals(property, &always.from, estate, settings)?;
    must_be_about_something(property, &always.requests, estate, settings)?;
    if from.is_empty() {
        return Ok(tally.settle("nobody is selected".to_owned()));
    }
    let all = match always.extent {
        Extent::Some | Extent::Every => vec![always.requests.clone()],
        Extent::Each => each_of(&always.requests, estate)?,
    };
    // A holder of tokens is one for all providers; everybody else is asked about together.
    let (holders, others): (Vec<Selector>, Vec<Selector>) =
        from.into_iter().partition(|selector| matches!(selector, Selector::Oidc { .. }));
    let groups = holders.chunks(1).chain(Some(&*others).filter(|others| !others.is_empty()));
    for (requests, group) in groups.flat_map(|group| all.iter().map(move |requests| (requests, group))) {
        require(&mut tally, group, requests, Quantifier::Some, (estate, settings))?;
        // Where no request fits the conditions, every one that does is allowed: so one must be, too.
        if always.extent == Extent::Every && tally.is_clear() {
            require(&mut tally, group, requests, Quantifier::Every, (estate, settings))?;
        }
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
    let what = match quantifier {
        Quantifier::Some => what,
        Quantifier::Every => format!("make every request of {what}"),
    };
    match (from, answer.principals.as_slice()) {
        ([Selector::Oidc { .. }], [(first, one), others @ ..]) => {
            let best = others.iter().fold(one, |best, (_, other)| best_of(best, other));
            tally.require(first, &what, best);
        }
        (_, each) => each.iter().for_each(|(principal, one)| tally.require(principal, &what, one)),
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
    let actions: BTreeSet<&str> = globs
        .flat_map(|glob| estate.catalogue.actions_matching(glob))
        .filter(kept)
        .map(|action| action.name())
        .collect();
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
    Ok(actions
        .iter()
        .flat_map(|action| resources.iter().map(move |resources| of(action, resources)))
        .collect())
}
