//! The questions of one audit, each asked once however many pipelines it is about.

use crate::ask::{Answered, AskError};
use crate::escalation::{Attack, EscalationSettings, ReachAnswer, Target};
use crate::question::Selector;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What was asked, and the answers.
pub(super) struct Asked<'a> {
    /// Of single calls.
    pub answered: &'a Answered<'a>,
    settings: &'a EscalationSettings,
    reached: Mutex<FxHashMap<String, Arc<ReachAnswer>>>,
}

impl<'a> Asked<'a> {
    pub fn new(answered: &'a Answered<'a>, settings: &'a EscalationSettings) -> Self {
        Self { answered, settings, reached: Mutex::default() }
    }

    /// What an attacker who holds principals, one by one, comes to in any number of steps.
    pub fn reach(&self, from: &[Selector], target: &Target) -> Result<Arc<ReachAnswer>, AskError> {
        let key = format!("{from:?} {target:?}");
        if let Some(known) = self.known().get(&key) {
            return Ok(known.clone());
        }
        let attack = Attack { from, together: false, when: &[], target };
        let answer = Arc::new(self.answered.estate.attack(&attack, self.settings)?);
        self.known().insert(key, answer.clone());
        Ok(answer)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, FxHashMap<String, Arc<ReachAnswer>>> {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
