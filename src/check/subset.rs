//! `subset`: what somebody may do lies within a policy, what a pipeline needs, or what service control policies leave.

use super::audience::principals;
use super::beyond::beyond;
use super::bound::{Bound, needs};
use super::decide::{DecideError, Decided};
use super::property::{Property, Subset};
use super::tally::Tally;
use crate::ask::{CallerEntity, Estate, Limits, Settings};
use crate::audit::refused_by;
use crate::escalation::EscalationSettings;
use crate::question::{Answer, Quantifier, Requests, Verdict};
use gateproof_encodings::authorize::FREE_ACTIONS;

/// In the ARNs of roles that service control policies don't bind.
///
/// AWS Organizations User Guide, "Service control policies", tasks and entities not restricted by SCPs.
const SERVICE_LINKED: &str = ":role/aws-service-role/";

/// Decides a `subset`.
pub(super) fn decide_subset(
    property: &Property,
    subset: &Subset,
    estate: &Estate,
    settings: &EscalationSettings,
) -> Result<Decided, DecideError> {
    let settings = &settings.ask;
    let of = principals(property, &subset.of, estate, settings)?;
    let mut tally = Tally::default();
    if of.is_empty() {
        return Ok(tally.settle("nobody is selected".to_owned()));
    }
    let callers = estate.select(&of, &settings.environments)?;
    let (within, unknown) = match &subset.within {
        Bound::Policy(policy) => (policy.name().to_owned(), Vec::new()),
        Bound::Pipeline(name) => (format!("what pipeline {name} needs"), needs(name, estate, settings)?.1),
        Bound::Scps => ("what the service control policies leave".to_owned(), Vec::new()),
    };
    let prepared = estate.prepare(without_free(&subset.requests, estate), Quantifier::Some, settings)?;
    for caller in &callers {
        let owned = caller.account.as_deref().is_some_and(|account| estate.covers(account));
        if !owned || caller.id.contains(SERVICE_LINKED) {
            tally.doubt(&caller.id, "what binds it is not of the snapshot".to_owned(), "");
            continue;
        }
        let limits = limits_of(subset, caller, estate, settings)?;
        for limit in &limits {
            let answer = estate.can_within(&caller.id, limit, &prepared)?;
            match (answer.verdict, unknown.is_empty()) {
                (Verdict::Reachable, false) => tally.doubt(&caller.id, not_told(&answer, &unknown), ""),
                _ => tally.forbid(&caller.id, &answer),
            }
            if answer.verdict != Verdict::Impossible {
                break;
            }
        }
    }
    Ok(tally.settle(format!("{} principals may do nothing beyond {within}", callers.len())))
}

fn limits_of(
    subset: &Subset,
    caller: &CallerEntity,
    estate: &Estate,
    settings: &Settings,
) -> Result<Vec<Limits>, DecideError> {
    let account = caller.account.as_deref().unwrap_or_default();
    Ok(match &subset.within {
        Bound::Policy(policy) => beyond(&*policy.document(account, estate)?),
        Bound::Pipeline(name) => beyond(&needs(name, estate, settings)?.0),
        Bound::Scps => {
            let levels = estate.snapshot.organization().scp_levels(account);
            levels.iter().flat_map(|level| refused_by(level)).map(Limits::OwnUnder).collect()
        }
    })
}

/// The catalogue's calls by name, but those that need no permission: no policy gives them.
fn without_free(requests: &Requests, estate: &Estate) -> Requests {
    let matching = requests.actions.iter().flat_map(|glob| estate.catalogue.actions_matching(glob));
    let names = matching.map(|action| action.name().to_owned());
    let free = |name: &String| FREE_ACTIONS.iter().any(|free| free.eq_ignore_ascii_case(name));
    Requests { actions: names.filter(|name| !free(name)).collect(), ..requests.clone() }
}

fn not_told(answer: &Answer, unknown: &[String]) -> String {
    let step = answer.witness.as_ref().and_then(|witness| witness.steps.first());
    let call =
        step.map_or_else(String::new, |step| format!("it may call {} on {}: ", step.action, step.resource));
    format!("{call}whether {} needs that is not known", unknown.join(" or "))
}
