//! The events of a pipeline's executions, and the rules of EventBridge that take them in.
//!
//! CodePipeline User Guide, "Monitoring CodePipeline events"; Amazon EventBridge User Guide, "Event patterns".

use gateproof_model::configuration::events::{EventRule, EventRules};
use gateproof_model::json::Json;

/// The bus that AWS's services send their events to.
pub(super) const DEFAULT: &str = "default";

/// The kinds of state change.
pub(super) const KINDS: [&str; 3] = [
    "CodePipeline Pipeline Execution State Change",
    "CodePipeline Stage Execution State Change",
    "CodePipeline Action Execution State Change",
];

/// The enabled rules of a bus whose pattern takes in every event of a kind of a pipeline.
pub(super) fn taking_in<'r>(
    rules: &'r EventRules,
    bus: &str,
    kind: &str,
    pipeline: &str,
) -> Vec<&'r EventRule> {
    let fits =
        |rule: &&EventRule| rule.facts.is_enabled() && *rule.bus == *bus && takes_in(rule, kind, pipeline);
    rules.all.iter().filter(fits).collect()
}

/// Whether a rule's pattern takes in every event of a kind of a pipeline. Errs towards no.
fn takes_in(rule: &EventRule, kind: &str, pipeline: &str) -> bool {
    let Some(Ok(pattern)) = rule.facts.event_pattern.as_deref().map(Json::parse) else { return false };
    let Json::Object(fields) = &pattern else { return false };
    let lists = |value: &Json, text: &str| match value {
        Json::Array(items) => items.iter().any(|item| item.as_str() == Some(text)),
        _ => false,
    };
    fields.iter().all(|(name, value)| match &**name {
        "source" => lists(value, "aws.codepipeline"),
        "detail-type" => lists(value, kind),
        "detail" => match value {
            Json::Object(detail) => {
                detail.iter().all(|(name, value)| &**name == "pipeline" && lists(value, pipeline))
            }
            _ => false,
        },
        _ => false,
    })
}
