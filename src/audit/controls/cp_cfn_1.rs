//! CP-CFN-1: a role for each stack.

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
    id: "CP-CFN-1",
    title: "each stack has an execution role of its own",
    reason: "a role that several stacks share has to be allowed what all of them need, and any of them can use it",
    severity: Severity::Medium,
    reads: &[
        "codepipeline get-pipeline: stages[].actions[].configuration.RoleArn",
        "cloudformation describe-stacks: Stacks[].RoleARN",
    ],
    decides: "no role executes two stacks, of whatever pipeline",
    remedy: "make a role for each stack, scoped to the resources that it holds",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let by_role = stacks_by_role(case.map);
    let pipeline = case.pipeline;
    let mut stacks = 0;
    let mut seen = BTreeSet::new();
    for (place, action) in pipeline.actions().into_iter().filter(|(_, action)| is_stack(action)) {
        stacks += 1;
        if action.runs_as.is_empty() {
            case.unknown(&place, "with which role the stack is executed is not told", action.untold.clone());
        }
        for role in action.runs_as.iter().filter(|role| seen.insert((*role).clone())) {
            let executed = by_role.get(role).cloned().unwrap_or_default();
            let fields = executed.iter().map(|stack| Field::of("stack", &**stack)).collect();
            let evidence = vec![Evidence::Fields(fields)];
            match executed.len() {
                0 | 1 => case.holds(role, format!("{role} executes one stack"), evidence),
                several => case.violated((role, role), format!("{role} executes {several} stacks"), evidence),
            }
        }
    }
    if stacks == 0 {
        case.holds("the pipeline", "no action deploys a stack", Vec::new());
    }
    Ok(())
}

fn is_stack(action: &crate::pipelines::MappedAction) -> bool {
    action.by.as_ref().is_some_and(|by| by.kind.starts_with("cloudformation."))
}

fn stacks_by_role(map: &Map) -> BTreeMap<Arc<str>, BTreeSet<Arc<str>>> {
    let mut by_role: BTreeMap<Arc<str>, BTreeSet<Arc<str>>> = BTreeMap::new();
    let stages = map.pipelines.iter().flat_map(|pipeline| &pipeline.stages);
    for action in stages.flat_map(|stage| &stage.actions).filter(|action| is_stack(action)) {
        for (role, by) in action.runs_as.iter().flat_map(|role| action.by.iter().map(move |by| (role, by))) {
            by_role.entry(role.clone()).or_default().insert(by.name.clone());
        }
    }
    by_role
}
