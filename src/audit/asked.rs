//! The questions of one audit, each asked once however many pipelines it is about.

use super::once::Once;
use crate::ask::{Answered, AskError};
use crate::escalation::{Attack, EscalationSettings, Ground, ReachAnswer, Target};
use crate::question::Selector;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The principals that selectors name.
type Named = Arc<BTreeSet<Arc<str>>>;

/// What was asked, and the answers.
pub(super) struct Asked<'a> {
    /// Of single calls.
    pub answered: &'a Answered<'a>,
    settings: &'a EscalationSettings,
    ground: Ground<'a>,
    reached: Mutex<FxHashMap<String, Arc<ReachAnswer>>>,
    named: Mutex<FxHashMap<Vec<Selector>, Named>>,
    pub once: Once,
}

impl<'a> Asked<'a> {
    pub fn new(answered: &'a Answered<'a>, settings: &'a EscalationSettings) -> Self {
        let ground = Ground::of_many(answered.estate, &settings.ask);
        let (reached, named, once) = (Mutex::default(), Mutex::default(), Once::default());
        Self { answered, settings, ground, reached, named, once }
    }

    /// What an attacker who holds principals, one by one, comes to in any number of steps.
    pub fn reach(&self, from: &[Selector], target: &Target) -> Result<Arc<ReachAnswer>, AskError> {
        let key = format!("{from:?} {target:?}");
        if let Some(known) = self.known().get(&key) {
            return Ok(known.clone());
        }
        let attack = Attack { from, together: false, when: &[], target };
        let found = self.answered.estate.attack_on(&self.ground, &attack, self.settings)?;
        // Nobody looks at what the proofs rest on, which is much.
        let answer = Arc::new(ReachAnswer { invariants: Vec::new(), ..found });
        self.known().insert(key, answer.clone());
        Ok(answer)
    }

    /// The ARNs of principals; a selector that names nobody means nobody.
    pub fn principals(&self, selectors: &[Selector]) -> Result<Arc<BTreeSet<Arc<str>>>, AskError> {
        let named = || self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = named().get(selectors) {
            return Ok(known.clone());
        }
        let mut found = BTreeSet::new();
        for selector in selectors {
            let environments = &self.settings.ask.environments;
            match self.answered.estate.select(std::slice::from_ref(selector), environments) {
                Ok(callers) => found.extend(callers.into_iter().map(|caller| caller.id)),
                Err(AskError::NothingSelected { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(named().entry(selectors.to_vec()).or_insert(Arc::new(found)).clone())
    }

    fn known(&self) -> std::sync::MutexGuard<'_, FxHashMap<String, Arc<ReachAnswer>>> {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
