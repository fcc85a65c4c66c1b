//! The map of pipelines, for people and as JSON.

use super::text::line;
use crate::pipelines::{Ability, Map, MappedAction, MappedPipeline, StoreKey};
use crate::question::Verdict;
use serde_json::{Value, json};

/// `gateproof-map/1`.
pub fn map_json(map: &Map) -> Value {
    json!({"format": "gateproof-map/1", "pipelines": map.pipelines, "unknown": map.unknown})
}

/// A paragraph a pipeline, then what is not known.
pub fn map_text(map: &Map) -> String {
    let mut out = String::new();
    map.pipelines.iter().for_each(|pipeline| of_pipeline(&mut out, pipeline));
    if map.pipelines.is_empty() {
        line(&mut out, format_args!("no pipelines"));
    }
    for untold in &map.unknown {
        line(&mut out, format_args!("unknown     {untold}"));
    }
    out.trim_end().to_owned()
}

fn of_pipeline(out: &mut String, pipeline: &MappedPipeline) {
    let kind = pipeline.pipeline_type.as_deref().unwrap_or("V1");
    let (name, account, region) = (&pipeline.name, &pipeline.account, &pipeline.region);
    line(out, format_args!("{name} ({kind}, account {account}, {region})"));
    line(out, format_args!("  role      {}", pipeline.role));
    for store in &pipeline.stores {
        let key = match &store.key {
            StoreKey::AwsManaged => "the AWS-managed key of S3",
            StoreKey::Named(key) => key,
        };
        line(out, format_args!("  store     {} in {}, key {key}", store.bucket, store.region));
    }
    for stage in &pipeline.stages {
        line(out, format_args!("  stage     {}", stage.name));
        stage.actions.iter().for_each(|action| of_action(out, action));
        for condition in &stage.conditions {
            line(out, format_args!("    condition {condition}"));
        }
    }
    pipeline.abilities.iter().for_each(|ability| of_ability(out, ability));
    out.push('\n');
}

fn of_action(out: &mut String, action: &MappedAction) {
    let gate = if action.gate { ", gate" } else { "" };
    line(out, format_args!("    {} ({}{gate})", action.name, action.provider));
    if !action.gate {
        line(out, format_args!("      called as {}", action.role));
    }
    if let Some(by) = &action.by {
        line(out, format_args!("      by        {} {}", by.kind, by.name));
    }
    for role in &action.runs_as {
        line(out, format_args!("      runs as   {role}"));
    }
    if !action.inputs.is_empty() {
        line(out, format_args!("      takes     {}", action.inputs.join(", ")));
    }
    if !action.outputs.is_empty() {
        line(out, format_args!("      makes     {}", action.outputs.join(", ")));
    }
}

fn of_ability(out: &mut String, ability: &Ability) {
    let of = ability.of.as_ref().map(|of| format!(" {of}")).unwrap_or_default();
    line(out, format_args!("  {}{of}: {} on {}", ability.ability, calls(ability), ability.resource));
    for person in &ability.principals {
        let doubt = if person.verdict == Verdict::Undecided { " (undecided)" } else { "" };
        line(out, format_args!("      {}{doubt}", person.arn));
    }
    if let Some(outside) = &ability.outside {
        line(out, format_args!("      {outside}"));
    } else if ability.principals.is_empty() {
        line(out, format_args!("      nobody"));
    }
}

fn calls(ability: &Ability) -> String {
    if ability.actions.is_empty() { "outside AWS".to_owned() } else { ability.actions.join(", ") }
}
