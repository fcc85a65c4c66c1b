//! CP-CFN-1: a role for each stack.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use super::super::stacks::is_stack;
use crate::ask::AskError;
use std::collections::BTreeSet;

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
    let by_role = case.stacks_by_role();
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
            let fields = executed.iter().map(|(stack, ..)| Field::of("stack", &**stack)).collect();
            let evidence = vec![Evidence::Fields(fields)];
            match executed.len() {
                0 | 1 => case.holds_of_all_pipelines(role, &format!("{role} executes one stack"), evidence),
                several => case.violated((role, role), format!("{role} executes {several} stacks"), evidence),
            }
        }
    }
    if stacks == 0 {
        case.holds("the pipeline", "no action deploys a stack", Vec::new());
    }
    Ok(())
}
