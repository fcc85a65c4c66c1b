//! CP-A1: shell commands don't run with the pipeline's own role.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-A1",
    title: "no `Commands` action runs with the pipeline's own role",
    reason: "a `Commands` action is a shell with the role that calls it: whoever writes its input has that role",
    severity: Severity::High,
    reads: &["codepipeline get-pipeline: stages[].actions[].{actionTypeId.provider,roleArn}, roleArn"],
    decides: "no action of a provider that runs on machines of CodePipeline's is called with the pipeline's role",
    remedy: "give the action a role of its own (`roleArn` of the action) that may do what its commands do and no more",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let pipeline = case.pipeline;
    let mut runs = 0;
    for (place, action) in pipeline.actions() {
        if !action.runs_as.iter().any(|role| **role == action.role) || action.by.is_some() {
            continue;
        }
        runs += 1;
        let fields = vec![Field::of("provider", &action.provider), Field::of("roleArn", &action.role)];
        let evidence = vec![Evidence::Fields(fields)];
        if action.role == pipeline.role {
            let message = format!("{} runs with the pipeline's role {}", action.provider, action.role);
            case.violated((&place, &action.role), message, evidence);
        } else {
            case.holds(&place, format!("{} runs with a role of its own", action.provider), evidence);
        }
    }
    if runs == 0 {
        case.holds("the pipeline", "no action runs commands on machines of CodePipeline's", Vec::new());
    }
    Ok(())
}
