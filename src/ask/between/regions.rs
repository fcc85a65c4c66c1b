//! Findings put together: the same actions on several resources, and several actions on the same ones, are one region.

use super::Region;
use super::direction::Finding;
use crate::ask::aws_cli::command;
use crate::ask::effective::action_set::ActionSet;
use crate::question::Witness;
use gateproof_model::catalogue::Catalogue;
use std::collections::{BTreeMap, BTreeSet};

/// The regions of some findings, in the order of their first ones.
pub(super) fn regions(found: Vec<Finding>, catalogue: &'static Catalogue) -> Vec<Region> {
    let mut by_place: BTreeMap<(bool, String), Vec<Finding>> = BTreeMap::new();
    for finding in found {
        by_place.entry((finding.shown.hangs, finding.place.clone())).or_default().push(finding);
    }
    let mut regions: BTreeMap<(bool, Vec<String>), Region> = BTreeMap::new();
    for ((hangs, place), found) in by_place {
        let actions = names(&found, catalogue);
        let Some(first) = found.into_iter().next() else { continue };
        match regions.get_mut(&(hangs, actions.clone())) {
            Some(region) => region.resources.push(place),
            None => {
                let step = first.shown.step;
                let region = Region {
                    actions: actions.clone(),
                    resources: vec![place],
                    witness: Witness::of(step.clone(), command(&step)),
                    refused_by: first.shown.refused_by,
                    assumptions: first.shown.assumptions,
                    certain: !hangs,
                };
                regions.insert((hangs, actions), region);
            }
        }
    }
    regions.into_values().collect()
}

/// The actions, whole services as `service:*`; names that the catalogue doesn't know as they are.
fn names(found: &[Finding], catalogue: &'static Catalogue) -> Vec<String> {
    let known = found.iter().filter_map(|f| f.action.as_deref()).filter_map(|n| catalogue.find_action(n));
    let mut names = ActionSet::of(catalogue, known).names(catalogue);
    let unknown: BTreeSet<&String> =
        found.iter().filter(|f| f.action.is_none()).map(|f| &f.shown.step.action).collect();
    names.extend(unknown.into_iter().cloned());
    names
}
