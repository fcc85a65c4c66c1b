//! Conditions of a question as conditions of a policy: to deny what meets them, or to allow only what doesn't.

use crate::question::Constraint;
use crate::question::constraint::Demand;
use gateproof_model::catalogue::{Catalogue, ValueType};
use gateproof_model::text::fold_text;
use serde_json::{Map, Value, json};

/// One operator, key and values of a `Condition`.
type Part = (&'static str, String, Value);

/// A `Condition` that every request meets which meets the constraints, and no other; `None`: the policy language has no such.
pub(super) fn condition_of(when: &[Constraint], catalogue: &Catalogue) -> Option<Value> {
    let parts = when.iter().map(|one| meets(one, catalogue)).collect::<Option<Vec<_>>>()?;
    together(parts)
}

/// A `Condition` that no request meets which meets the constraint, to be added to an Allow.
pub(super) fn condition_against(one: &Constraint, catalogue: &Catalogue) -> Option<Value> {
    together(vec![misses(one, catalogue)?])
}

fn meets(one: &Constraint, catalogue: &Catalogue) -> Option<Part> {
    let key = one.key.clone();
    let is_flag = is_flag(&key, catalogue);
    Some(match &one.demand {
        Demand::Equals(value) if is_flag => ("Bool", key, json!(value)),
        Demand::Equals(value) => ("StringEquals", key, json!(value)),
        // A flag that isn't true is false or absent.
        Demand::Differs(value) if is_flag => ("BoolIfExists", key, json!(opposite(value)?)),
        Demand::Differs(value) => ("StringNotEquals", key, json!(value)),
        Demand::Matches(glob) => ("StringLike", key, json!(glob)),
        Demand::Avoids(glob) => ("StringNotLike", key, json!(glob)),
        Demand::Absent => ("Null", key, json!("true")),
        Demand::Present => ("Null", key, json!("false")),
        Demand::Members(_) | Demand::OneOf(_) => return None,
    })
}

fn misses(one: &Constraint, catalogue: &Catalogue) -> Option<Part> {
    let key = one.key.clone();
    let is_flag = is_flag(&key, catalogue);
    Some(match &one.demand {
        Demand::Equals(value) if is_flag => ("Bool", key, json!(opposite(value)?)),
        Demand::Differs(value) if is_flag => ("Bool", key, json!(value)),
        Demand::Absent if is_flag => ("Bool", key, json!("true")),
        Demand::Equals(value) => ("StringNotEquals", key, json!(value)),
        Demand::Differs(value) => ("StringEquals", key, json!(value)),
        Demand::Matches(glob) => ("StringNotLike", key, json!(glob)),
        Demand::Avoids(glob) => ("StringLike", key, json!(glob)),
        Demand::Absent => ("Null", key, json!("false")),
        Demand::Present => ("Null", key, json!("true")),
        Demand::Members(_) | Demand::OneOf(_) => return None,
    })
}

fn is_flag(key: &str, catalogue: &Catalogue) -> bool {
    catalogue.key_type(&fold_text(key)).is_some_and(|kind| kind.value == ValueType::Bool)
}

fn opposite(value: &str) -> Option<&'static str> {
    match value {
        "true" => Some("false"),
        "false" => Some("true"),
        _ => None,
    }
}

/// The parts as one `Condition`; `None` where two of them would stand in one place.
fn together(parts: Vec<Part>) -> Option<Value> {
    let mut condition = Map::new();
    for (operator, key, value) in parts {
        let keys = condition.entry(operator).or_insert_with(|| json!({}));
        if keys.as_object_mut()?.insert(key, value).is_some() {
            return None;
        }
    }
    Some(Value::Object(condition))
}

/// The conditions of both; `None` where they differ about a key of the same operator.
pub(super) fn both(one: &Value, other: &Value) -> Option<Value> {
    let mut all = one.as_object().cloned().unwrap_or_default();
    for (operator, keys) in other.as_object()? {
        let known = all.entry(operator.clone()).or_insert_with(|| json!({})).as_object_mut()?;
        for (key, value) in keys.as_object()? {
            if known.insert(key.clone(), value.clone()).is_some_and(|before| before != *value) {
                return None;
            }
        }
    }
    Some(Value::Object(all))
}
