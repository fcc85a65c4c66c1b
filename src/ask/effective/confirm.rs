//! Every action of a derived document with a request that the real policies allow, or the proof that there is none.

use super::action_set::ActionSet;
use crate::ask::caller::CallerEntity;
use crate::ask::estate::Estate;
use crate::ask::plan::Reach;
use crate::ask::summary::{Prepared, Tally};
use crate::ask::{AskError, CrossCheck, Settings};
use crate::question::{Quantifier, Requests, Selector, Step, Undecided, Verdict};
use gateproof_encodings::term::Terms;
use gateproof_model::catalogue::ActionInfo;
use rayon::prelude::*;
use std::sync::Arc;

/// What became of an action.
#[derive(Debug, Clone)]
pub enum Confirmation {
    /// This request is allowed, on these assumptions.
    Allowed(Box<Step>, Vec<String>),
    /// No request is.
    Refused,
    /// Neither is shown.
    Unknown(String),
}

impl Confirmation {
    /// Whether it rests on what a policy that could not be read says.
    fn is_supposed(&self) -> bool {
        matches!(self, Self::Allowed(_, assumed) if assumed.iter().any(|a| a.contains("unreadable policy")))
    }
}

/// The actions looked at, and what they rest on.
pub struct Confirmed {
    /// Names as the catalogue spells them, in its order.
    pub actions: Vec<(String, Confirmation)>,
    /// Inputs that were not collected and could matter.
    pub assumptions: Vec<String>,
    /// A part of the snapshot that could not be read.
    pub blind: Option<Undecided>,
}

impl Estate {
    /// Looks for an allowed request of each action.
    pub(crate) fn confirm(
        &self,
        caller: &CallerEntity,
        actions: &ActionSet,
        asked: &Requests,
        settings: &Settings,
    ) -> Result<Confirmed, AskError> {
        if actions.is_empty() {
            return Ok(Confirmed { actions: Vec::new(), assumptions: Vec::new(), blind: None });
        }
        let requests = Requests {
            actions: actions.actions(self.catalogue).map(|a| a.name().to_owned()).collect(),
            ..asked.clone()
        };
        // What is found is replayed by the reference evaluator; a sample of second opinions would cost
        // more than everything else.
        let cross_check = match settings.cross_check {
            CrossCheck::Always => CrossCheck::Always,
            CrossCheck::Sample | CrossCheck::Never => CrossCheck::Never,
        };
        let settings = Settings { cross_check, ..settings.clone() };
        let prepared = self.prepare(&requests, Quantifier::Some, &settings)?;
        // Where a witness elsewhere hangs on a policy that could not be read, one at home is looked for.
        let home: Vec<Selector> = caller
            .account
            .iter()
            .filter(|a| self.covers(a))
            .map(|a| Selector::Account(a.to_string()))
            .collect();
        let at_home = Requests { within: home, ..requests.clone() };
        let at_home = match requests.within.is_empty() && !at_home.within.is_empty() {
            true => Some(self.prepare(&at_home, Quantifier::Some, &settings)?),
            false => None,
        };
        let allowed = prepared.prefilter.allowed(caller, &self.compiler);
        let by_identity = |action: &ActionInfo<'_>| allowed.by_identity.contains(action.id());
        let actions = prepared
            .actions
            .known
            .par_iter()
            .map_init(Terms::default, |terms, action| {
                let reach = Reach { by_identity: by_identity(action), narrowed: true, refuted: false };
                let mut found = self.confirm_one(terms, caller, &prepared, *action, reach);
                if let (true, Some(at_home)) = (found.is_supposed(), &at_home) {
                    let other = self.confirm_one(terms, caller, at_home, *action, reach);
                    if matches!(other, Confirmation::Allowed(..)) && !other.is_supposed() {
                        found = other;
                    }
                }
                (action.name().to_owned(), found)
            })
            .collect();
        Ok(Confirmed {
            actions,
            assumptions: self.uncollected(caller, &prepared).iter().map(ToString::to_string).collect(),
            blind: self.blind_spot(caller, &prepared),
        })
    }

    fn confirm_one<'a>(
        &'a self,
        terms: &mut Terms,
        caller: &CallerEntity,
        prepared: &Prepared<'a>,
        action: ActionInfo<'a>,
        reach: Reach,
    ) -> Confirmation {
        if prepared.effort.cancellation().is_cancelled() {
            return Confirmation::Unknown(prepared.effort.ended(action.name()).reason);
        }
        let plan = self.plan(Some(action), &[], &prepared.resources, &prepared.cases);
        let mut tally = Tally::default();
        let answer = self.ask_action(terms, caller, prepared, &plan, reach, &mut tally);
        confirmation(answer, tally.unknown)
    }
}

fn confirmation(answer: Option<crate::question::Answer>, unknown: Option<Undecided>) -> Confirmation {
    let step = answer
        .filter(|a| a.verdict == Verdict::Reachable)
        .and_then(|a| Some((a.witness?.steps.into_iter().next()?, Arc::unwrap_or_clone(a.assumptions))));
    match (step, unknown) {
        (Some((step, assumptions)), _) => Confirmation::Allowed(Box::new(step), assumptions),
        (None, Some(why)) => Confirmation::Unknown(format!("{} ({})", why.reason, why.place)),
        (None, None) => Confirmation::Refused,
    }
}
