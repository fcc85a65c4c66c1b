//! Chains of requests as code flows, a location each request.

use super::place;
use crate::audit::{Evidence, Finding};
use crate::question::Witness;
use serde_json::{Value, json};

/// The flow of each chain that shows a finding.
pub(super) fn of_finding(finding: &Finding) -> Vec<Value> {
    let chains = finding.evidence.iter().filter_map(|evidence| match evidence {
        Evidence::Chain(witness) => Some(witness),
        _ => None,
    });
    chains.map(|witness| of_witness(witness, &finding.message)).collect()
}

/// The flow of one chain.
pub(in crate::render) fn of_witness(witness: &Witness, message: &str) -> Value {
    let locations: Vec<Value> = witness.steps.iter().enumerate().map(|(n, step)| {
            let technique = step.technique.as_ref().map(|t| format!("{t}: ")).unwrap_or_default();
            let gains = step.gains.as_ref().map(|gains| format!("; gains {gains}")).unwrap_or_default();
            let text = format!("{technique}{} on {} as {}{gains}", step.action, step.resource, step.caller);
            json!({"location": place::of_step(step, &text), "executionOrder": n + 1, "importance": "essential"})
        }).collect();
    json!({"message": {"text": message}, "threadFlows": [{"locations": locations}]})
}
