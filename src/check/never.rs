//! `never`: nobody of some may come to something.

use super::audience::principals;
use super::decide::{DecideError, Decided};
use super::meant::must_be_about_something;
use super::property::{Never, Property, Through};
use super::tally::Tally;
use crate::ask::{AskError, Estate};
use crate::escalation::{Attack, EscalationSettings, Target};
use crate::question::{Answer, Quantifier, Requests};
use std::sync::Arc;

type Answers = Vec<(Arc<str>, Answer)>;

/// Decides a `never`.
pub(super) fn decide_never(
    property: &Property,
    never: &Never,
    estate: &Estate,
    settings: &EscalationSettings,
) -> Result<Decided, DecideError> {
    let mut tally = Tally::default();
    tally.be_about_unlisted(&estate.unlisted_among(&never.from, &settings.ask.environments));
    let from = principals(property, &never.from, estate, &settings.ask)?;
    for target in never.target.each() {
        if let Target::Access(requests) = target {
            must_be_about_something(property, requests, estate, &settings.ask)?;
        }
    }
    if from.is_empty() && !never.from.is_empty() {
        return Ok(tally.settle("nobody is selected".to_owned()));
    }
    let answers = match (never.through, &never.target) {
        (Through::Direct, Target::Access(requests)) => {
            let requests = Requests { when: never.when.clone(), ..requests.clone() };
            match from.is_empty() {
                true => estate.who_can(&requests, &settings.ask)?,
                false => estate.can(&from, &requests, Quantifier::Some, &settings.ask)?.principals,
            }
        }
        (Through::Escalation, Target::Access(requests)) if from.is_empty() => {
            let requests = Requests { when: never.when.clone(), ..requests.clone() };
            estate.who_can_come_to(&requests, settings)?
        }
        (_, target) => by_chains(
            never,
            &Attack { from: &from, together: never.together, when: &never.when, target },
            estate,
            settings,
        )?,
    };
    for (principal, answer) in &answers {
        tally.forbid(principal, answer);
    }
    let how = if never.through == Through::Direct { "" } else { ", in any number of steps" };
    Ok(tally.settle(format!("none of {} principals can{how}", answers.len())))
}

fn by_chains(
    never: &Never,
    attack: &Attack<'_>,
    estate: &Estate,
    settings: &EscalationSettings,
) -> Result<Answers, AskError> {
    let target = never.target.without_pipelines(estate, &settings.ask)?;
    Ok(estate.attack(&Attack { target: &target, ..*attack }, settings)?.principals)
}
