//! Siblings: other ways by which the attacker comes to what the gap gave.
//!
//! A step of the attack catalogue that needs a call of the gap gives facts: a role's session, the writing of a repository, a gate
//! passed. Where one step of any kind gives such a fact to the same principal after the change, the change closed a door and
//! left another one to the same room open.

use super::equivalents::equivalents;
use crate::ask::{AskError, Estate, glob_matches};
use crate::escalation::{EscalationSettings, Fact, FirstStep, Start};
use crate::question::{Requests, Selector, Step, Undecided};
use gateproof_encodings::primitive::{Need, Primitive};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Another way to what the gap gave.
#[derive(Debug, Clone)]
pub struct Sibling {
    /// Whose way.
    pub principal: Arc<str>,
    /// What it still gives, in words.
    pub gives: String,
    /// The step that gave it through the gap.
    pub before: String,
    /// The step that still gives it.
    pub technique: String,
    /// Its requests, confirmed by the reference evaluator on the changed policies.
    pub requests: Vec<Step>,
    /// What it takes for granted.
    pub assumptions: Vec<String>,
}

/// What looking for siblings came to.
#[derive(Debug, Clone, Default)]
pub struct Siblings {
    /// Those that were shown.
    pub found: Vec<Sibling>,
    /// What is not known about others.
    pub undecided: Option<Undecided>,
    /// So many facts the gap gave; where none, no step of the catalogue has to do with it.
    pub looked_for: usize,
}

/// The siblings of a gap: requests that these principals could make before. Steps of the catalogue are looked for where
/// `by_steps` says so, and not only other actions on the same.
///
/// # Errors
/// Where a selector names nothing in a snapshot.
pub(super) fn siblings(
    (old, new): (&Estate, &Estate),
    who: &[Selector],
    (gap, by_steps): (&Requests, bool),
    settings: &EscalationSettings,
) -> Result<Siblings, AskError> {
    let who: Vec<Selector> = who.iter().filter(|one| is_there(one, new, settings)).cloned().collect();
    if who.is_empty() {
        return Ok(Siblings::default());
    }
    let (others, undecided) = equivalents(new, &who, gap, &settings.ask)?;
    let mut siblings = match by_steps {
        true => through_steps((old, new), &who, gap, settings)?,
        false => Siblings::default(),
    };
    siblings.found.extend(others);
    siblings.undecided = siblings.undecided.or(undecided);
    Ok(siblings)
}

/// Whether the change left somebody of that name.
fn is_there(one: &Selector, new: &Estate, settings: &EscalationSettings) -> bool {
    new.select(std::slice::from_ref(one), &settings.ask.environments).is_ok()
}

/// Those by a step of the attack catalogue.
fn through_steps(
    (old, new): (&Estate, &Estate),
    who: &[Selector],
    gap: &Requests,
    settings: &EscalationSettings,
) -> Result<Siblings, AskError> {
    let of_gap: Vec<Primitive> = settings.primitives.iter().filter(|p| needs_some(p, gap)).cloned().collect();
    if of_gap.is_empty() {
        return Ok(Siblings::default());
    }
    let before = EscalationSettings { primitives: of_gap, ..settings.clone() };
    let (steps, whole) = old.first_steps(&before, &start(old, who, gap, settings)?, true);
    let mut given: BTreeMap<(Arc<str>, String), String> = BTreeMap::new();
    for step in steps.iter().filter(|step| is_through(step, gap)) {
        for fact in &step.facts {
            given.entry((step.from.clone(), essence(fact))).or_insert_with(|| step.technique.clone());
        }
    }
    let mut siblings = Siblings { looked_for: given.len(), ..Siblings::default() };
    if given.is_empty() {
        siblings.undecided = (!whole).then(|| ended(settings));
        return Ok(siblings);
    }
    let (steps, all) = new.first_steps(settings, &start(new, who, gap, settings)?, false);
    siblings.undecided = (!whole || !all).then(|| ended(settings));
    let mut said = BTreeSet::new();
    for step in steps {
        let mut still = step.facts.iter().map(essence).filter_map(|fact| {
            let key = (step.from.clone(), fact);
            given.get(&key).map(|before| (key, before))
        });
        let Some((key, before)) = still.next() else { continue };
        if let Some(why) = step.undecided.clone() {
            siblings.undecided.get_or_insert(why);
            continue;
        }
        if said.insert(key.clone()) {
            siblings.found.push(Sibling {
                principal: key.0,
                gives: key.1,
                before: before.clone(),
                technique: step.technique,
                requests: step.requests,
                assumptions: step.assumptions,
            });
        }
    }
    Ok(siblings)
}

fn start(
    estate: &Estate,
    who: &[Selector],
    gap: &Requests,
    settings: &EscalationSettings,
) -> Result<Start, AskError> {
    Ok(Start {
        callers: estate.select(who, &settings.ask.environments)?,
        when: gap.when.clone(),
        ..Start::default()
    })
}

fn ended(settings: &EscalationSettings) -> Undecided {
    settings.ask.effort.ended("the search for other ways to the same")
}

/// What a fact gives, whichever way a session is held and whichever policies can be attached.
fn essence(fact: &Fact) -> String {
    match fact {
        Fact::Session(session) => format!("a session of {}", session.principal),
        Fact::Attached { to, .. } => format!("managed policies attached to {to}"),
        other => other.whichever_boundary().to_string(),
    }
}

/// Whether a step may need a call that the gap is about.
fn needs_some(primitive: &Primitive, gap: &Requests) -> bool {
    primitive.needs.iter().any(|need| mentions(need, gap))
}

fn mentions(need: &Need, gap: &Requests) -> bool {
    match need {
        Need::Call(call) => gap.actions.iter().any(|glob| is_action(glob, &call.action)),
        Need::Any(some) => some.any.iter().any(|need| mentions(need, gap)),
        Need::All(all) => all.all.iter().any(|need| mentions(need, gap)),
    }
}

/// Whether a glob matches an action; case doesn't count.
pub(super) fn is_action(glob: &str, action: &str) -> bool {
    glob_matches(&glob.to_ascii_lowercase(), &action.to_ascii_lowercase())
}

/// Whether a step that was shown is about what the gap is about.
fn is_through(step: &FirstStep, gap: &Requests) -> bool {
    let about = |request: &Step| {
        gap.resources.is_empty() || gap.resources.iter().any(|glob| glob_matches(glob, &request.resource))
    };
    step.undecided.is_none() && step.requests.iter().any(about)
}
