//! Proposals: the smallest edits that close a gap and keep what is needed, each proved before it is shown.
//!
//! A proposal blocks, in one [`Style`] and at one place of the chain, what a witness shows; then the gap is looked at again, until it is
//! closed or nothing more can be done. What is left is proved as any other change is ([`super::prove`]).

mod against;
mod draft;
mod editable;
mod remedies;
mod style;

pub use draft::Edited;
pub use remedies::{Outputs, Remedied};
pub use style::Style;

use super::{Claims, Closed, GapAnswer, ProveError, Proved, prove};
use crate::ask::Estate;
use crate::audit::Audit;
use crate::check::{Decided, Judgement, Kind, Property, Violation, decide};
use crate::escalation::{EscalationSettings, Target};
use crate::question::{Evidence, Requests, Step};
use draft::{Draft, Read};
use gateproof_encodings::primitive::{Authorization, Need};
use gateproof_model::json::Json;
use gateproof_model::overlay::{Holder, Overlay};
use gateproof_model::snapshot::LoadError;
use std::collections::BTreeSet;
use style::{Hand, Wound, principal_of_session};

/// What a proposal is made from.
pub struct Workshop<'w> {
    /// The estate as it is.
    pub estate: &'w Estate,
    /// The estate as it would be after changes.
    pub with: &'w (dyn Fn(&Overlay) -> Result<Estate, LoadError> + Sync),
    /// A document as it is.
    pub read: &'w (dyn Fn(&Holder) -> Option<Json> + Sync),
    /// What calls printed.
    pub outputs: &'w Outputs<'w>,
}

/// Edits that close the gap.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// What is done, a line each.
    pub edits: Vec<String>,
    /// In which way.
    pub style: Style,
    /// The documents before and after.
    pub documents: Vec<Edited>,
    /// The changes.
    pub overlay: Overlay,
    /// How much else it takes away: the actions that each principal loses, put together.
    pub takes_away: usize,
    /// The proof.
    pub proved: Proved,
}

/// What looking for proposals came to.
#[derive(Debug, Clone, Default)]
pub struct Fixes {
    /// Proved, the one that takes least away first.
    pub proposals: Vec<Proposal>,
    /// What was tried and is no fix, with the reason.
    pub refused: Vec<(Style, String)>,
}

/// Why no proposals are looked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FixError {
    /// There is nothing to close.
    #[error("{name} holds already: there is nothing to fix")]
    Holds {
        /// The property.
        name: String,
    },
    /// It isn't known whether there is.
    #[error("{name} is undecided: {why}")]
    Undecided {
        /// The property.
        name: String,
        /// Why.
        why: String,
    },
    /// A property can't be decided, or a question not be asked.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// The snapshot can't be read with the changes.
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// So often a gap is looked at again in one style.
const MOST_ROUNDS: usize = 16;
/// So many proposals are enough.
const ENOUGH: usize = 3;

/// Which request of a chain is blocked, of those that principals of the snapshot make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    First,
    FromEnd(usize),
}

const PLACES: [Place; 4] = [Place::FromEnd(0), Place::First, Place::FromEnd(1), Place::FromEnd(2)];

/// Looks for proposals.
///
/// # Errors
/// Where the property isn't violated, or can't be decided.
pub fn fix(
    workshop: &Workshop<'_>,
    gap: &Property,
    keep: &[Property],
    settings: &EscalationSettings,
) -> Result<Fixes, FixError> {
    let name = gap.name.clone();
    let failed = |error| ProveError::Decide { name: name.clone(), error };
    let before = decide(gap, workshop.estate, settings).map_err(failed)?;
    match before.judgement {
        Judgement::Violated => {}
        Judgement::Holds => return Err(FixError::Holds { name: gap.name.clone() }),
        Judgement::Undecided => {
            let why = before.doubts.first().map(|doubt| doubt.why.reason.clone()).unwrap_or_default();
            return Err(FixError::Undecided { name: gap.name.clone(), why });
        }
    }
    let claims = Claims { gap: vec![gap.clone()], keep: keep.to_vec(), ..Claims::default() };
    let mut fixes = Fixes::default();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    if let Some(draft) = by_remedies(workshop, gap, settings)? {
        judge(workshop, &claims, (Style::Remedy, &draft), settings, &mut fixes)?;
    }
    let chains = before.violations.iter().any(|v| v.witness.as_ref().is_some_and(|w| w.steps.len() > 1));
    for place in if chains { PLACES.as_slice() } else { &[Place::FromEnd(0)] } {
        for style in Style::ALL {
            let Some(draft) = close(workshop, gap, (style, *place), settings)? else { continue };
            if !seen.insert(format!("{:?}", draft.overlay())) {
                continue;
            }
            judge(workshop, &claims, (style, &draft), settings, &mut fixes)?;
        }
        if fixes.proposals.len() >= ENOUGH {
            break;
        }
    }
    fixes.proposals.sort_by_key(|proposal| (proposal.takes_away, proposal.edits.len(), proposal.style));
    Ok(fixes)
}

/// Changes of configuration that are meant to close a control's findings.
fn by_remedies(
    workshop: &Workshop<'_>,
    gap: &Property,
    settings: &EscalationSettings,
) -> Result<Option<Draft>, FixError> {
    let Kind::Control(holds) = &gap.kind else { return Ok(None) };
    let controls = [holds.control];
    let audit = Audit::of(workshop.estate, &holds.intent, (holds.pipeline.as_deref(), &controls), settings);
    let mut draft = Draft::default();
    let known = (workshop.read as &Read<'_>, workshop.outputs);
    let (said, changes) = remedies::remedies(holds, &audit.map_err(ProveError::from)?, known);
    said.into_iter().for_each(|line| draft.say(line));
    changes.into_iter().for_each(|change| draft.change(change));
    Ok(Some(draft).filter(|draft| !draft.is_empty()))
}

/// Proves a draft, and keeps it where that succeeds.
fn judge(
    workshop: &Workshop<'_>,
    claims: &Claims,
    (style, draft): (Style, &Draft),
    settings: &EscalationSettings,
    fixes: &mut Fixes,
) -> Result<(), FixError> {
    let overlay = draft.overlay();
    // What AWS or the snapshot has no place for is no fix.
    let changed = match (workshop.with)(&overlay) {
        Ok(changed) => changed,
        Err(error) => {
            fixes.refused.push((style, error.to_string()));
            return Ok(());
        }
    };
    let proved = prove((workshop.estate, &changed), claims, settings)?;
    if proved.judgement() != Judgement::Holds {
        let why = proved.reasons().into_iter().next().unwrap_or_default();
        fixes.refused.push((style, format!("{}: {why}", draft.said.join("; "))));
        return Ok(());
    }
    fixes.proposals.push(Proposal {
        edits: draft.said.clone(),
        style,
        documents: draft.documents().cloned().collect(),
        overlay,
        takes_away: proved.takes_away(),
        proved,
    });
    Ok(())
}

/// A draft that closes the gap in one style, blocking chains at one place; `None`: it can't be done so.
fn close(
    workshop: &Workshop<'_>,
    gap: &Property,
    (style, place): (Style, Place),
    settings: &EscalationSettings,
) -> Result<Option<Draft>, FixError> {
    let about = requests_of(gap).map(|requests| requests.resources).unwrap_or_default();
    let mut draft = Draft::default();
    let mut changed: Option<Estate> = None;
    for _ in 0..MOST_ROUNDS {
        let estate = changed.as_ref().unwrap_or(workshop.estate);
        let answer = super::gap::close((workshop.estate, estate), gap, settings)?;
        if answer.judgement() != Judgement::Violated && !draft.is_empty() {
            return Ok(Some(draft));
        }
        let mut hand = Hand { estate, read: workshop.read, draft: &mut draft };
        let mut moved = false;
        for (step, own) in open_ways(&answer, gap, place, estate) {
            let principal = principal_of_session(&step.caller, estate);
            let own = own.then(|| requests_of(gap)).flatten();
            let alternatives = alternatives(step, settings);
            let wound = Wound { step, principal, gap: own.as_ref(), about: &about, alternatives };
            moved |= hand.block(style, &wound);
        }
        if !moved {
            return Ok(None);
        }
        // What AWS or the snapshot has no place for is no fix.
        let Ok(after) = (workshop.with)(&draft.overlay()) else { return Ok(None) };
        changed = Some(after);
    }
    Ok(None)
}

/// The actions of an attack step that do for one another, the request's among them.
fn alternatives(step: &Step, settings: &EscalationSettings) -> BTreeSet<String> {
    let technique =
        settings.primitives.iter().find(|primitive| Some(&primitive.id) == step.technique.as_ref());
    let groups = technique.iter().flat_map(|primitive| &primitive.needs).filter_map(|need| match need {
        Need::Any(group) => Some(group.any.iter().filter_map(call_of).collect::<Vec<&Authorization>>()),
        Need::Call(_) | Need::All(_) => None,
    });
    let mut actions = BTreeSet::from([step.action.clone()]);
    for group in groups {
        let Some(own) = group.iter().find(|call| call.action.eq_ignore_ascii_case(&step.action)) else {
            continue;
        };
        let same = group.iter().filter(|call| call.resource == own.resource);
        actions.extend(same.map(|call| call.action.clone()));
    }
    actions
}

fn call_of(need: &Need) -> Option<&Authorization> {
    if let Need::Call(call) = need { Some(call) } else { None }
}

/// The requests to block, and whether each is one of the gap's own: those by which the gap is open, or else those of chains and of other
/// ways to the same.
fn open_ways<'a>(
    answer: &'a GapAnswer,
    gap: &Property,
    place: Place,
    estate: &Estate,
) -> Vec<(&'a Step, bool)> {
    let violations = |closed: &'a Closed| match closed {
        Closed::Decided(decided) => first_of_each_policy(decided),
        Closed::Gone(_) => Vec::new(),
    };
    let direct = violations(&answer.after);
    if !direct.is_empty() {
        let ways = direct.into_iter().filter_map(|violation| way_of(violation, gap, place, estate));
        return ways.collect();
    }
    let chains = answer.through_escalation.as_ref().map(violations).unwrap_or_default();
    let chains = chains.into_iter().filter_map(|violation| way_of(violation, gap, Place::First, estate));
    let siblings = answer.siblings.found.iter().filter_map(|sibling| {
        sibling.requests.iter().find(|step| principal_of_session(&step.caller, estate) == *sibling.principal)
    });
    chains.map(|(step, _)| (step, false)).chain(siblings.map(|step| (step, false))).collect()
}

/// Violations by different policies: one edit of a policy may block several, and moves the statements after it.
fn first_of_each_policy(decided: &Decided) -> Vec<&Violation> {
    let mut seen = BTreeSet::new();
    let mut chosen = Vec::new();
    for violation in &decided.violations {
        let steps = violation.witness.iter().flat_map(|witness| &witness.steps);
        let granting = |e: &&Evidence| e.layer.starts_with("identity") || e.layer.starts_with("resource");
        let policies: BTreeSet<&str> = steps
            .flat_map(|step| step.allowed_by.iter().filter(granting))
            .map(|e| e.policy.as_str())
            .collect();
        if policies.is_disjoint(&seen) {
            chosen.push(violation);
        }
        seen.extend(policies);
    }
    chosen
}

/// The request of a violation to block, and whether it is one of the gap's own.
fn way_of<'v>(
    violation: &'v Violation,
    gap: &Property,
    place: Place,
    estate: &Estate,
) -> Option<(&'v Step, bool)> {
    let all = &violation.witness.as_ref()?.steps;
    let is_of_snapshot = |step: &&Step| {
        all.len() == 1 || estate.snapshot.principal(&principal_of_session(&step.caller, estate)).is_some()
    };
    let steps: Vec<&Step> = all.iter().filter(is_of_snapshot).collect();
    let step = match place {
        Place::First => steps.first(),
        Place::FromEnd(n) => steps.iter().rev().nth(n),
    }?;
    let is_last = all.last() == Some(*step) && step.technique.is_none();
    Some((*step, is_last && requests_of(gap).is_some()))
}

fn requests_of(gap: &Property) -> Option<Requests> {
    let Kind::Never(never) = &gap.kind else { return None };
    let Target::Access(requests) = &never.target else { return None };
    Some(Requests { when: never.when.clone(), ..requests.clone() })
}
