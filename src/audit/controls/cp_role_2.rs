//! CP-ROLE-2: a role for each stage's work.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use crate::pipelines::Map;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-ROLE-2",
    title: "no role does the work of two stages, or of two pipelines",
    reason: "what is compromised in one stage or pipeline has the rights of the others whose role it shares",
    severity: Severity::Medium,
    reads: &["what CP-ROLE-1 reads, of all pipelines"],
    decides: "each role that does an action's work does so in one stage of one pipeline",
    remedy: "make a role for each action, scoped to what it does",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let used = case.places_by_role();
    let pipeline = case.pipeline;
    let mut untold = Vec::new();
    for (_, action) in pipeline.actions() {
        untold.extend(action.untold.iter().cloned());
    }
    if !untold.is_empty() {
        case.unknown("the actions", "with which roles some actions do their work is not told", untold);
    }
    for role in pipeline.roles_of(|_| true) {
        let places = used.get(&role).cloned().unwrap_or_default();
        let fields = places.iter().map(|(pipeline, stage)| Field::of(pipeline, stage)).collect();
        let evidence = vec![Evidence::Fields(fields)];
        match places.len() {
            0 | 1 => case.holds_of_all_pipelines(&role, &format!("{role} works in one stage"), evidence),
            several => {
                case.violated((&role, &role), format!("{role} does the work of {several} stages"), evidence)
            }
        }
    }
    Ok(())
}

/// The pipelines and stages in which each role does some work.
pub fn places_by_role(map: &Map) -> BTreeMap<Arc<str>, BTreeSet<(String, String)>> {
    let mut used: BTreeMap<Arc<str>, BTreeSet<(String, String)>> = BTreeMap::new();
    for (pipeline, stage) in map.pipelines.iter().flat_map(|p| p.stages.iter().map(move |stage| (p, stage))) {
        for role in stage.actions.iter().flat_map(|action| &action.runs_as) {
            let place = (pipeline.arn.to_string(), stage.name.clone());
            used.entry(role.clone()).or_default().insert(place);
        }
    }
    used
}
