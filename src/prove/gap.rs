//! The gap: open before, closed after, directly and through any number of steps.

use super::siblings::{Siblings, siblings};
use super::{ProveError, worst};
use crate::ask::{AskError, Estate};
use crate::check::{DecideError, Decided, Judgement, Kind, Never, Property, Through, decide};
use crate::escalation::{EscalationSettings, Target};
use crate::question::{Requests, Selector};
use std::sync::Arc;

/// What became of a gap.
#[derive(Debug, Clone)]
pub struct GapAnswer {
    /// The property that it violates.
    pub name: String,
    /// Before.
    pub before: Decided,
    /// After.
    pub after: Closed,
    /// After, any number of steps counted, where the property asks about single calls only.
    pub through_escalation: Option<Closed>,
    /// Other ways to the same.
    pub siblings: Siblings,
}

/// What is so after a change.
#[derive(Debug, Clone)]
pub enum Closed {
    /// As the property was decided.
    Decided(Box<Decided>),
    /// Whom the property is about is gone: nobody of that name is there any more.
    Gone(String),
}

impl Closed {
    /// Whether the property holds.
    pub fn judgement(&self) -> Judgement {
        match self {
            Self::Decided(decided) => decided.judgement,
            Self::Gone(_) => Judgement::Holds,
        }
    }
}

impl GapAnswer {
    /// Whether the gap was open.
    pub fn was_open(&self) -> bool {
        self.before.judgement == Judgement::Violated
    }

    /// Holds: the gap was open and is closed, other ways to the same included.
    pub fn judgement(&self) -> Judgement {
        let open = match self.before.judgement {
            Judgement::Violated => Judgement::Holds,
            Judgement::Holds => Judgement::Violated,
            Judgement::Undecided => Judgement::Undecided,
        };
        let siblings = match (self.siblings.found.is_empty(), &self.siblings.undecided) {
            (false, _) => Judgement::Violated,
            (true, Some(_)) => Judgement::Undecided,
            (true, None) => Judgement::Holds,
        };
        let chains = self.through_escalation.as_ref().map(Closed::judgement);
        worst([open, self.after.judgement(), siblings].into_iter().chain(chains))
    }
}

impl GapAnswer {
    /// Why it isn't shown to be closed, a sentence each.
    pub(super) fn reasons(&self) -> Vec<String> {
        let name = &self.name;
        let mut reasons = Vec::new();
        match self.before.judgement {
            Judgement::Violated => {}
            Judgement::Holds => reasons.push(format!("`{name}` was not open before")),
            Judgement::Undecided => {
                reasons
                    .push(format!("whether `{name}` was open before is undecided: {}", doubt(&self.before)));
            }
        }
        reasons.extend(not_closed(name, "still open", &self.after));
        let chains = self.through_escalation.as_ref();
        reasons.extend(chains.and_then(|after| not_closed(name, "still open in several steps", after)));
        reasons.extend(self.siblings.found.iter().map(|sibling| {
            format!(
                "`{name}`: {} still comes to {} by {}",
                sibling.principal, sibling.gives, sibling.technique
            )
        }));
        reasons.extend(
            self.siblings
                .undecided
                .iter()
                .map(|why| format!("`{name}`: other ways to the same are undecided: {}", why.reason)),
        );
        reasons
    }
}

fn not_closed(name: &str, how: &str, after: &Closed) -> Option<String> {
    let Closed::Decided(decided) = after else { return None };
    match decided.judgement {
        Judgement::Holds => None,
        Judgement::Violated => Some(format!("`{name}` is {how}: {}", decided.message)),
        Judgement::Undecided => Some(format!("whether `{name}` is {how} is undecided: {}", doubt(decided))),
    }
}

/// The first thing that isn't known.
pub(super) fn doubt(decided: &Decided) -> String {
    let first = decided.doubts.first();
    first
        .map_or_else(|| decided.message.clone(), |doubt| format!("{}: {}", doubt.principal, doubt.why.reason))
}

/// Looks at one gap.
pub(super) fn close(
    (old, new): (&Estate, &Estate),
    gap: &Property,
    settings: &EscalationSettings,
) -> Result<GapAnswer, ProveError> {
    let failed = |error| ProveError::Decide { name: gap.name.clone(), error };
    let before = decide(gap, old, settings).map_err(failed)?;
    let after = decide_after(gap, new, settings).map_err(failed)?;
    let mut answer = GapAnswer {
        name: gap.name.clone(),
        before,
        after,
        through_escalation: None,
        siblings: Siblings::default(),
    };
    if answer.worth_more() {
        if let Some(longer) = through_escalation(gap) {
            answer.through_escalation = Some(decide_after(&longer, new, settings).map_err(failed)?);
        }
        let is_there = matches!(answer.after, Closed::Decided(_));
        if let Some(requests) = direct_requests(gap).filter(|_| is_there) {
            let who = answer.violators(old);
            let by_steps = !matches!(&gap.kind, Kind::Never(never) if never.only_direct);
            answer.siblings = siblings((old, new), &who, (&requests, by_steps), settings)?;
        }
    }
    Ok(answer)
}

impl GapAnswer {
    /// Whether it was open and seems closed, so that other ways are worth looking for.
    fn worth_more(&self) -> bool {
        self.was_open() && self.after.judgement() != Judgement::Violated
    }

    /// By whom it was violated, as far as the snapshot holds them.
    fn violators(&self, old: &Estate) -> Vec<Selector> {
        let held = |principal: &&Arc<str>| old.callers().any(|caller| caller.id == **principal);
        let who = self.before.violations.iter().map(|violation| &violation.principal).filter(held);
        who.map(|principal| Selector::Arn(principal.to_string())).collect()
    }
}

/// What is so after the change; that what was asked about is gone is an answer, too.
pub(super) fn decide_after(
    property: &Property,
    new: &Estate,
    settings: &EscalationSettings,
) -> Result<Closed, DecideError> {
    match decide(property, new, settings) {
        Ok(decided) => Ok(Closed::Decided(Box::new(decided))),
        Err(error @ DecideError::Ask(AskError::NothingSelected { .. })) => {
            Ok(Closed::Gone(error.to_string()))
        }
        // That the snapshot tells of no such resource doesn't mean that there is none.
        Err(DecideError::NoResource { .. }) => {
            let whatever = Property { allow_empty: true, ..property.clone() };
            Ok(Closed::Decided(Box::new(decide(&whatever, new, settings)?)))
        }
        Err(error) => Err(error),
    }
}

/// The same gap, any number of steps counted.
fn through_escalation(gap: &Property) -> Option<Property> {
    let Kind::Never(never) = &gap.kind else { return None };
    // Whoever there is may do whatever somebody may.
    if never.through == Through::Escalation || never.only_direct || never.from.is_empty() {
        return None;
    }
    let kind = Kind::Never(Never { through: Through::Escalation, ..never.clone() });
    Some(Property { kind, ..gap.clone() })
}

/// The requests that the gap is about, where it is about single calls.
fn direct_requests(gap: &Property) -> Option<Requests> {
    let Kind::Never(never) = &gap.kind else { return None };
    let Target::Access(requests) = &never.target else { return None };
    let direct = never.through == Through::Direct;
    direct.then(|| Requests {
        when: requests.when.iter().chain(&never.when).cloned().collect(),
        ..requests.clone()
    })
}
