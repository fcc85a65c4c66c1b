//! States of the policies that the chains of many searches come to, each made once.

use super::fact::Fact;
use super::policies::Reading;
use crate::ask::Estate;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The estate after some facts; `None`: they change nothing.
pub(super) type World = Option<Arc<Estate>>;

/// The facts in their order, and how they are read.
pub(super) type WorldKey = (Reading, Vec<Fact>);

/// So many are kept; then all are made anew. This bounds memory.
const KEPT: usize = 256;

/// Those that were made on one ground.
#[derive(Default)]
pub(super) struct Worlds(Mutex<FxHashMap<WorldKey, World>>);

impl Worlds {
    /// The world, if it is known; else it is made, outside of the lock.
    pub fn of(&self, key: &WorldKey, make: impl FnOnce() -> World) -> World {
        let all = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all().get(key) {
            return known.clone();
        }
        let made = make();
        let mut all = all();
        if all.len() >= KEPT {
            all.clear();
        }
        all.entry(key.clone()).or_insert(made).clone()
    }
}
