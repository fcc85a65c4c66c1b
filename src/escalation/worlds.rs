//! States of the policies that the chains of many searches come to, each made once.

use super::fact::Fact;
use super::policies::Reading;
use crate::ask::Estate;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The estate after some facts; `None`: they change nothing.
pub(super) type World = Option<Arc<Estate>>;

/// What a world depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct WorldKey {
    /// In their order.
    pub facts: Vec<Fact>,
    /// How they are read.
    pub reading: Reading,
    /// The users and roles of whom they are read, beside those that they make; `None`: of all.
    pub of: Option<Arc<[Arc<str>]>>,
}

/// So many are kept, and as many of those that were asked for before. This bounds memory.
const KEPT: usize = 256;

/// Those that were made on one ground.
#[derive(Default)]
pub(super) struct Worlds(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: FxHashMap<WorldKey, World>,
    old: FxHashMap<WorldKey, World>,
}

impl Worlds {
    /// The world, if it is known; else it is made, outside of the lock.
    pub fn of(&self, key: &WorldKey, make: impl FnOnce() -> World) -> World {
        let all = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all().get(key) {
            return known;
        }
        let made = make();
        all().keep(key.clone(), made.clone());
        made
    }
}

impl Generations {
    fn get(&mut self, key: &WorldKey) -> Option<World> {
        if let Some(known) = self.young.get(key) {
            return Some(known.clone());
        }
        let (key, known) = self.old.remove_entry(key)?;
        self.keep(key, known.clone());
        Some(known)
    }

    fn keep(&mut self, key: WorldKey, world: World) {
        if self.young.len() >= KEPT {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, world);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn key(reading: Reading, facts: Vec<Fact>) -> WorldKey {
        WorldKey { facts, reading, of: None }
    }

    #[test]
    fn what_is_asked_for_again_stays_known() {
        let (worlds, made) = (Worlds::default(), Cell::new(0));
        let ask = |n: usize| {
            let key = key(Reading::Exactly, vec![Fact::NewPrincipal(format!("arn:{n}").into())]);
            worlds.of(&key, || {
                made.set(made.get() + 1);
                None
            });
        };
        for n in 1..5 * KEPT {
            ask(n);
            ask(0);
        }
        assert_eq!(made.get(), 5 * KEPT, "each is made once, the one that is asked for all the time, too");
        ask(1);
        assert_eq!(made.get(), 5 * KEPT + 1, "those of long ago are made anew");
    }

    #[test]
    fn the_same_facts_read_otherwise_are_another_world() {
        let (worlds, made) = (Worlds::default(), Cell::new(0));
        for reading in [Reading::AtMost, Reading::Exactly, Reading::AtMost] {
            worlds.of(&key(reading, Vec::new()), || {
                made.set(made.get() + 1);
                None
            });
        }
        assert_eq!(made.get(), 2);
    }
}
