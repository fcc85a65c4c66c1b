//! What guards are asked about: the estate as the invariant leaves it, with questions made ready once; and the guards
//! themselves.

use crate::ask::{AskError, Bond, CallerEntity, Environments, Estate, Owed, Prepared, Tied};
use crate::certificate::describe::Words;
use crate::certificate::refusal::Refusal;
use crate::escalation::{Call, Fact, Goal, Reading, Start, about_policies, changes_of};
use crate::question::{Constraint, Quantifier, Requests};
use gateproof_encodings::primitive::Primitive;
use gateproof_encodings::term::Terms;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What each thread works with.
pub(super) type Tools = (Terms, Words);

/// What an invariant is about.
pub(super) struct Matter<'a> {
    /// The estate as the snapshot has it.
    pub estate: &'a Estate,
    pub primitives: &'a [Primitive],
    pub start: &'a Start,
    pub goal: &'a Goal,
    pub environments: &'a Environments,
    pub facts: &'a BTreeSet<Fact>,
}

impl Matter<'_> {
    /// The estate as the facts leave it, so that nothing which they may make allowed is left out.
    pub fn after(&self) -> Estate {
        let changes = changes_of(&self.estate.snapshot, &about_policies(self.facts), Reading::AtMost);
        self.estate.changed(&changes)
    }
}

/// The estate of the guards.
pub(super) struct Ground<'a> {
    pub estate: &'a Estate,
    environments: &'a Environments,
    ready: Mutex<FxHashMap<String, Arc<Owed<'a>>>>,
}

impl<'a> Ground<'a> {
    pub fn of(estate: &'a Estate, environments: &'a Environments) -> Self {
        Self { estate, environments, ready: Mutex::default() }
    }

    /// A question made ready.
    pub fn owed(&self, requests: &Requests) -> Result<Arc<Owed<'a>>, AskError> {
        let key = format!("{requests:?}");
        let known = self.ready.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(owed) = known {
            return Ok(owed);
        }
        let made = self.estate.owed_of(Vec::new(), requests.clone(), Quantifier::Some, self.environments)?;
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(ready.entry(key).or_insert(Arc::new(made)).clone())
    }

    /// The calls on a new object made ready.
    pub fn tied(&self, calls: &Tied<Requests>) -> Result<Tied<Arc<Prepared<'a>>>, AskError> {
        calls.try_map(&mut |requests| Ok(self.owed(requests)?.prepared().clone()))
    }

    /// Authorizations that hang together made ready.
    pub fn parts(&self, all: &[Requests]) -> Result<Vec<Arc<Prepared<'a>>>, AskError> {
        all.iter().map(|requests| Ok(self.owed(requests)?.prepared().clone())).collect()
    }
}

/// A question that must have no allowed request.
pub(super) struct Guard<'g> {
    /// Who calls, and how the session is held.
    pub caller: &'g str,
    pub entity: &'g CallerEntity,
    pub asks: Asks,
}

/// What is asked.
#[derive(Debug)]
pub(super) enum Asks {
    /// Some request of these.
    Requests(Requests),
    /// One name of a new object for all of these.
    OneName(Tied<Requests>),
    /// All of these authorizations, as they hang together.
    Bound(Vec<Requests>, Bond),
}

impl Guard<'_> {
    /// What tells it apart from every other one.
    pub fn identity(&self) -> String {
        format!("{}: {:?}", self.caller, self.asks)
    }

    /// What is asked, in words.
    pub fn words(&self) -> String {
        match &self.asks {
            Asks::Requests(requests) => words_of(requests),
            Asks::OneName(calls) => format!("one new name for {}", words_of_tied(calls)),
            Asks::Bound(all, bond) => {
                let each: Vec<String> = all.iter().map(words_of).collect();
                let what = match bond {
                    Bond::OneCall => "one call with all of",
                    Bond::Forwarded => "a call and what the service asks for it, all of",
                };
                format!("{what} ({})", each.join("; "))
            }
        }
    }
}

fn words_of(requests: &Requests) -> String {
    let mut text = requests.actions.join(", ");
    let levels: Vec<&str> = requests.access.iter().map(|l| l.name()).collect();
    let within: Vec<String> = requests.within.iter().map(ToString::to_string).collect();
    let when: Vec<String> = requests.when.iter().map(ToString::to_string).collect();
    let parts = [
        (" of level ", levels.join(", ")),
        (" on ", requests.resources.join(", ")),
        (" in ", within.join(", ")),
        (" when ", when.join(" and ")),
    ];
    for (word, part) in parts.iter().filter(|(_, part)| !part.is_empty()) {
        text.push_str(word);
        text.push_str(part);
    }
    text
}

fn words_of_tied(calls: &Tied<Requests>) -> String {
    let list = |each: &[Tied<Requests>]| each.iter().map(words_of_tied).collect::<Vec<_>>().join("; ");
    match calls {
        Tied::Free => "anything".to_owned(),
        Tied::New(name) => format!("none that exists of {}", name.glob),
        Tied::Unlike(unlike) => format!("of no sort that {} is of", unlike.names.join(" or ")),
        Tied::Call(requests) => words_of(requests),
        Tied::InKey(requests, key) => format!("{} naming it in {key}", words_of(requests)),
        Tied::Any(each) if each.is_empty() => "nothing".to_owned(),
        Tied::Any(each) => format!("one of ({})", list(each)),
        Tied::All(each) => format!("all of ({})", list(each)),
    }
}

/// The requests of a call, under what holds of its session.
pub(super) fn requests_of(call: Call, when: &[Constraint]) -> Requests {
    Requests {
        actions: vec![call.action],
        resources: call.resources,
        when: when.iter().cloned().chain(call.context).collect(),
        ..Requests::default()
    }
}

/// Says of guards whether they are refuted. The walk believes it.
pub(super) trait Judge: Sync {
    /// Whether no request of the guard is allowed. An error ends the walk.
    fn refutes(&self, tools: &mut Tools, guard: &Guard<'_>) -> Result<bool, Refusal>;
}

/// Outcomes by guard, each found once.
pub(super) struct Known<T> {
    found: Mutex<FxHashMap<String, Arc<OnceLock<T>>>>,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self { found: Mutex::default() }
    }
}

impl<T> Known<T> {
    /// The outcome of a guard, with `make` where it is not known.
    pub fn of(&self, guard: &Guard<'_>, make: impl FnOnce() -> T) -> Arc<OnceLock<T>> {
        let cell = {
            let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            found.entry(guard.identity()).or_default().clone()
        };
        cell.get_or_init(make);
        cell
    }

    /// All outcomes, in no order.
    pub fn into_outcomes(self) -> Vec<T> {
        let found = self.found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.into_values().filter_map(|cell| Arc::into_inner(cell)?.into_inner()).collect()
    }
}
