//! The lines that `decide` writes.

use super::Id;
use crate::evaluator::{Outcome, Reason};
use crate::json::Json;
use crate::policy::Effect;
use crate::problem::Problem;
use serde_json::{Map, Value, json};

/// The format's name and version.
const FORMAT: &str = "gateproof-decide/1";

/// The line of a decision.
pub fn render_answer(id: Option<&Id>, outcome: Outcome, because: &[Reason], warnings: &[Problem]) -> String {
    let mut line = start(id);
    line.insert("decision".to_owned(), outcome.to_string().into());
    line.insert("because".to_owned(), because.iter().map(render_reason).collect());
    if !warnings.is_empty() {
        line.insert("warnings".to_owned(), warnings.iter().map(|w| Value::from(w.to_string())).collect());
    }
    finish(line)
}

/// The line of an error.
pub fn render_error(id: Option<&Id>, error: &str) -> String {
    let mut line = start(id);
    line.insert("error".to_owned(), error.into());
    finish(line)
}

fn start(id: Option<&Id>) -> Map<String, Value> {
    let mut line = Map::new();
    line.insert("id".to_owned(), id.map_or(Value::Null, render_json));
    line
}

fn finish(mut line: Map<String, Value>) -> String {
    line.insert("format".to_owned(), FORMAT.into());
    Value::Object(line).to_string()
}

/// One reason, as every JSON output shows it.
fn render_reason(reason: &Reason) -> Value {
    match reason {
        Reason::Statement { layer, effect, source, pointer, sid } => {
            let mut shown = layer_fields(*layer);
            let effect = if *effect == Effect::Allow { "Allow" } else { "Deny" };
            shown.insert("effect".to_owned(), effect.into());
            shown.insert("policy".to_owned(), (*source.policy).into());
            shown.insert("file".to_owned(), (*source.file).into());
            shown.insert("pointer".to_owned(), format!("{}{pointer}", source.pointer).into());
            if let Some(sid) = sid {
                shown.insert("sid".to_owned(), (**sid).into());
            }
            Value::Object(shown)
        }
        Reason::Grant { label } => json!({"layer": "grants", "effect": "Allow", "policy": **label}),
        Reason::NoAllow(layer) => {
            let mut shown = layer_fields(*layer);
            shown.insert("effect".to_owned(), Value::Null);
            Value::Object(shown)
        }
        Reason::Rule(text) => json!({"rule": text}),
    }
}

fn layer_fields(layer: crate::evaluator::Layer) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("layer".to_owned(), layer.name().into());
    if let Some(level) = layer.level() {
        shown.insert("level".to_owned(), level.into());
    }
    shown
}

fn render_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => (*flag).into(),
        Json::Number(text) => serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into()),
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => items.iter().map(render_json).collect(),
        Json::Object(members) => {
            Value::Object(members.iter().map(|(k, v)| (k.clone(), render_json(v))).collect())
        }
    }
}
