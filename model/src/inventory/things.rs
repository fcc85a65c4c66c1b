//! The objects of a kind in the making: several outputs may tell of one.

use super::Thing;
use super::kind::Kind;
use super::names::{Names, as_value};
use crate::arn::Arn;
use crate::resource::{ResourceEntity, governing_arn};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The objects of one kind in the making.
pub(super) struct Things {
    pub(super) kind: &'static Kind,
    pub(super) label: Arc<str>,
    pub(super) found: BTreeMap<Arc<str>, Draft>,
    /// ARNs of objects that an output shows to be gone.
    pub(super) gone: BTreeSet<Arc<str>>,
}

pub(super) struct Draft {
    pub(super) thing: Thing,
    /// Whether an output told the name, rather than the ARN.
    pub(super) is_named: bool,
}

impl Kind {
    /// What the resource's part of an ARN tells, where the ARN is of this kind.
    fn holes_of<'a>(&'a self, arn: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
        self.arns.iter().find_map(|template| template.holes_of(arn))
    }
}

impl Things {
    pub(super) fn new(kind: &'static Kind) -> Self {
        let label = kind.name.as_str().into();
        Self { kind, label, found: BTreeMap::new(), gone: BTreeSet::new() }
    }

    /// The object of an ARN, new or known.
    pub(super) fn draft(
        &mut self,
        arn: &str,
        account: &Arc<str>,
        file: &Arc<str>,
        pointer: &str,
        names: &Names<'_>,
    ) -> &mut Draft {
        let (kind, label) = (self.kind, &self.label);
        self.found.entry(arn.into()).or_insert_with(|| {
            let parsed = Arn::parse(arn);
            let owner = parsed.and_then(|a| a.account_id()).map_or_else(|| account.clone(), Arc::from);
            let region = parsed.map(|a| a.region).filter(|region| !region.is_empty()).map(Arc::from);
            let holes = kind.holes_of(arn).unwrap_or_default();
            let named = holes.iter().find(|(hole, _)| *hole == "name").or_else(|| holes.last());
            let name = named.map(|(_, value)| *value).or_else(|| parsed.map(|a| a.resource));
            let mut thing = Thing {
                kind: label.clone(),
                arn: arn.into(),
                name: name.unwrap_or(arn).into(),
                account: owner,
                region,
                fields: BTreeMap::new(),
                file: file.clone(),
                pointer: pointer.into(),
            };
            for (hole, value) in holes {
                if let Some(of) = kind.fields.get(hole) {
                    let value = as_value(of, value, &thing, names);
                    thing.fields.insert(hole.to_owned(), vec![value]);
                }
            }
            Draft { thing, is_named: false }
        })
    }

    /// Takes in a resource that the snapshot knows by ARN.
    pub(super) fn add_known(&mut self, resource: &ResourceEntity, names: &Names<'_>) {
        let arn = governing_arn(&resource.arn);
        if self.kind.holes_of(arn).is_none() || self.gone.contains(arn) {
            return;
        }
        let place = &resource.place;
        let draft = self.draft(arn, &resource.account, &place.file, &place.pointer, names);
        if draft.thing.region.is_none() {
            draft.thing.region.clone_from(&resource.region);
        }
    }

    /// The objects by ARN, the values of their fields sorted.
    pub(super) fn finish(self) -> Vec<Thing> {
        let mut things: Vec<Thing> = self.found.into_values().map(|draft| draft.thing).collect();
        for values in things.iter_mut().flat_map(|thing| thing.fields.values_mut()) {
            values.sort();
            values.dedup();
        }
        things
    }
}
