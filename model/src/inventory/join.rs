//! Fields that no output tells but several objects together do.

use super::kind::{Hop, Join, Kind};
use super::{Inventory, Thing};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A field's value in an account and region.
type Key = (Arc<str>, Option<Arc<str>>, Arc<str>);

/// Fills in the joined fields of all objects. One without values counts as told where all that it rests on is told
/// and collected.
pub(super) fn join_fields(inventory: &mut Inventory, kinds: &'static [Kind]) {
    for kind in kinds {
        for (field, joins) in &kind.joins {
            let found: Vec<(BTreeSet<Arc<str>>, bool)> = {
                let joins: Vec<Followed<'_>> =
                    joins.iter().map(|join| Followed::new(inventory, join)).collect();
                let things = inventory.of_kind(&kind.name).iter();
                let one = |thing| {
                    let values = joins.iter().flat_map(|join| join.values(thing)).collect();
                    (values, joins.iter().all(|join| join.is_told(inventory, thing)))
                };
                things.map(one).collect()
            };
            let things = inventory.things.get_mut(kind.name.as_str()).into_iter().flatten();
            for (thing, (values, is_told)) in things.zip(found) {
                if is_told || !values.is_empty() {
                    thing.fields.insert(field.clone(), values.into_iter().collect());
                }
            }
        }
    }
}

/// A join with what its hops lead to.
struct Followed<'a> {
    join: &'a Join,
    hops: Vec<FxHashMap<Key, Vec<&'a Thing>>>,
}

impl<'a> Followed<'a> {
    fn new(inventory: &'a Inventory, join: &'a Join) -> Self {
        let index = |hop: &Hop| {
            let mut index: FxHashMap<Key, Vec<&Thing>> = FxHashMap::default();
            for thing in inventory.of_kind(&hop.kind) {
                for value in thing.field(&hop.by) {
                    index.entry(key(thing, value)).or_default().push(thing);
                }
            }
            index
        };
        Self { join, hops: join.through.iter().map(index).collect() }
    }

    fn values(&self, thing: &Thing) -> FxHashSet<Arc<str>> {
        let mut values: FxHashSet<Arc<str>> = thing.field(&self.join.from).iter().cloned().collect();
        for (hop, index) in self.join.through.iter().zip(&self.hops) {
            let things = values.iter().filter_map(|value| index.get(&key(thing, value))).flatten();
            values = things.flat_map(|next| next.field(&hop.take)).cloned().collect();
        }
        values
    }

    fn is_told(&self, inventory: &Inventory, thing: &Thing) -> bool {
        let collected = |hop: &Hop| {
            inventory.not_collected(&hop.kind, &thing.account).is_none()
                && inventory.unread(&hop.kind, &thing.account).is_empty()
        };
        thing.tells(&self.join.from) && self.join.through.iter().all(collected)
    }
}

fn key(thing: &Thing, value: &Arc<str>) -> Key {
    (thing.account.clone(), thing.region.clone(), value.clone())
}
