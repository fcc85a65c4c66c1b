//! Actions by name, letter case aside: asked for some hundred thousand times a second.

use super::action::{ActionId, ActionRecord};
use hashbrown::HashTable;
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// The places of actions in a list.
#[derive(Debug, Clone, Default)]
pub(super) struct ByName(HashTable<u32>);

impl ByName {
    /// Of a whole list.
    pub fn of(actions: &[ActionRecord]) -> Self {
        let hash = |at: &u32| actions.get(*at as usize).map_or(0, |record| hash(&record.name));
        let mut table = HashTable::with_capacity(actions.len());
        for (at, record) in (0_u32..).zip(actions) {
            table.insert_unique(self::hash(&record.name), at, hash);
        }
        Self(table)
    }

    /// The action of a name in the list that this is of.
    pub fn find(&self, name: &str, actions: &[ActionRecord]) -> Option<ActionId> {
        let is_it =
            |at: &u32| actions.get(*at as usize).is_some_and(|record| record.name.eq_ignore_ascii_case(name));
        self.0.find(hash(name), is_it).map(|at| ActionId(*at))
    }
}

fn hash(name: &str) -> u64 {
    let mut hasher = FxHasher::default();
    for part in name.as_bytes().chunks(8) {
        let mut word = [0; 8];
        for (to, from) in word.iter_mut().zip(part) {
            *to = from.to_ascii_lowercase();
        }
        hasher.write_u64(u64::from_le_bytes(word));
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::super::Catalogue;

    #[test]
    fn every_action_is_found_in_any_letter_case() {
        let catalogue = Catalogue::embedded();
        for action in catalogue.actions() {
            for name in [action.name().to_owned(), action.name().to_uppercase(), action.name().to_lowercase()]
            {
                assert_eq!(catalogue.action(&name), Some(action.id()), "{name}");
            }
        }
        for name in ["", "s3:", "s3:GetObjec", "s3:GetObjectt", "s4:GetObject"] {
            assert_eq!(catalogue.action(name), None, "{name}");
        }
    }
}
