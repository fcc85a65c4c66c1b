//! The answers about a session's calls: for one round all of them, from round to round those that it was shown to be allowed.
//!
//! Each round asks about the most that an attacker may have made of the policies by then, which only grows. What was
//! shown once is so in every later round; what was refuted need not be.

use super::aside::Aside;
use super::fact::Session;
use super::guard::Guard;
use super::needs::Call;
use crate::question::Constraint;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What each session was shown to be allowed in earlier rounds.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<Aside<FxHashMap<Session, Arc<Answers>>>>);

/// Answers about one session's calls.
#[derive(Debug, Default)]
pub(super) struct Answers(Mutex<FxHashMap<Call, ByConditions>>);

/// Answers by what else holds of the requests.
type ByConditions = Vec<(Box<[Constraint]>, Guard)>;

/// A copy of its own, which other searches don't add to.
impl Clone for Remembered {
    fn clone(&self) -> Self {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let copied =
            all.iter().map(|(session, answers)| (session.clone(), Arc::new(Answers::clone(answers))));
        Self(Mutex::new(Aside::from(copied.collect::<FxHashMap<_, _>>())))
    }
}

impl Clone for Answers {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()))
    }
}

impl Remembered {
    /// Those of a session.
    pub fn of(&self, session: &Session) -> Arc<Answers> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(session.clone()).or_default().clone()
    }
}

impl Answers {
    /// The answer about a call, if it is known.
    pub fn get(&self, call: &Call, when: &[Constraint]) -> Option<Guard> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(call)?.iter().find(|(known, _)| **known == *when).map(|(_, guard)| guard.clone())
    }

    /// Takes note of an answer.
    pub fn keep(&self, call: &Call, when: &[Constraint], guard: Guard) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(call.clone()).or_default().push((when.into(), guard));
    }
}
