//! CP-OBS-1: what happens to the pipeline is written down.

use super::super::case::Case;
use super::super::control::Control;
use super::super::events::{DEFAULT, KINDS, taking_in};
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use crate::pipelines::Untold;
use gateproof_model::configuration::events::EventRule;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-OBS-1",
    title: "the three kinds of state change go to a target of EventBridge",
    reason: "the history of executions is gone after a year: what isn't sent elsewhere can't be looked at when it is needed",
    severity: Severity::Medium,
    reads: &["events list-rules: Rules[].{EventPattern,State,EventBusName}", "events list-targets-by-rule"],
    decides: "for each of Pipeline, Stage and Action Execution State Change, an enabled rule of the default bus whose pattern takes in every event of the pipeline, with a target",
    remedy: "add a rule for `aws.codepipeline` without further conditions, and a target that keeps what it gets",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let pipeline = case.pipeline;
    let told = case.estate.snapshot.event_rules(&pipeline.account, &pipeline.region);
    let Some(rules) = case.told("the events", "the rules of EventBridge", told) else { return Ok(()) };
    let rules = rules.unwrap_or_default();
    for kind in KINDS {
        let fitting = taking_in(&rules, DEFAULT, kind, &pipeline.name);
        // What AWS sends goes to the default bus: rules of others are no matter.
        let sends = |rule: &&&EventRule| rule.targets.known().is_some_and(|targets| !targets.is_empty());
        let untold = fitting.iter().filter_map(|rule| rule.targets.command().map(str::to_owned));
        let missing: Vec<Untold> = untold
            .map(|command| Untold { what: "the targets of a rule".to_owned(), command: Some(command) })
            .collect();
        match fitting.iter().find(sends) {
            Some(rule) => {
                let fields = vec![Field::of("rule", rule.facts.name.clone())];
                case.holds(kind, "every such event goes to a target", vec![Evidence::Fields(fields)]);
            }
            None if !missing.is_empty() => {
                case.unknown(kind, "whether such events go to a target is not told", missing)
            }
            None => case.violated(
                (kind, ""),
                "no enabled rule sends every such event of the pipeline to a target",
                Vec::new(),
            ),
        }
    }
    Ok(())
}
