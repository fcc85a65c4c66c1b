//! Statements that hold what is known only after deployment.
//!
//! Such a statement is read as two: what it says for certain, and what it might say at most, which applies only if a named
//! assumption is true. The first lies within the statement and the second around it, whatever the unknown comes to: an *impossible*
//! is asked with every Allow at its widest and every Deny at its narrowest.

use crate::json::Json;
use crate::overlay::unknown::{has_hole, is_open, reasons, shown, widened};

/// A statement as two: what is certain, if anything is, and the most that it can be.
pub(super) struct Opened {
    pub(super) certain: Option<Json>,
    pub(super) most: Json,
    /// What is not known.
    pub(super) what: String,
}

/// The two statements of one with holes; `None` where it has none.
pub(super) fn open(statement: &Json) -> Option<Opened> {
    let members = statement.as_object().filter(|_| is_open(statement))?;
    let (mut certain, mut most) = (Some(Vec::new()), Vec::new());
    for (key, value) in members {
        let (sure, wide) = if is_open(value) || has_hole(key) {
            open_member(key, value)
        } else {
            (Some((key.clone(), value.clone())), Some((key.clone(), value.clone())))
        };
        most.extend(wide);
        certain = match (certain, sure) {
            (Some(mut all), Some(one)) => {
                all.push(one);
                Some(all)
            }
            _ => None,
        };
    }
    let what = reasons(statement).join(", ");
    Some(Opened { certain: certain.map(Json::Object), most: Json::Object(most), what })
}

type Member = Option<(String, Json)>;

/// A member with holes: what it is at least (`None`: nothing is certain), and at most (`None`: it may be left out).
fn open_member(key: &str, value: &Json) -> (Member, Member) {
    let member = |name: &str, value: Json| Some((name.to_owned(), value));
    let everything = || Json::String("*".to_owned());
    match key {
        "Sid" => (None, member(key, Json::String(value.as_str().map(shown).unwrap_or_default()))),
        "Action" | "Resource" => {
            let items = texts(value);
            let sure: Vec<Json> = items.iter().filter(|item| !is_open(item)).cloned().collect();
            let sure = if sure.is_empty() { None } else { member(key, Json::Array(sure)) };
            (sure, member(key, Json::Array(items.iter().map(wide).collect())))
        }
        "NotAction" | "NotResource" => {
            let items = texts(value);
            let known: Vec<Json> = items.iter().filter(|item| !is_open(item)).cloned().collect();
            let most = match known.is_empty() {
                true => member(key.trim_start_matches("Not"), everything()),
                false => member(key, Json::Array(known)),
            };
            (member(key, Json::Array(items.iter().map(wide).collect())), most)
        }
        "Principal" => {
            (known_principals(value).and_then(|known| member(key, known)), member(key, everything()))
        }
        "NotPrincipal" => (None, member("Principal", everything())),
        "Condition" => (None, member(key, known_conditions(value))),
        // What an element is that the language doesn't have is for the parser to say.
        _ => (None, member(key, value.clone())),
    }
}

/// The elements of a text or list of texts.
fn texts(value: &Json) -> Vec<Json> {
    match value {
        Json::Array(items) => items.clone(),
        one => vec![one.clone()],
    }
}

fn wide(item: &Json) -> Json {
    match item {
        Json::String(text) => Json::String(widened(text)),
        other => other.clone(),
    }
}

/// The principals of a clause that are known; `None` where none is.
fn known_principals(value: &Json) -> Option<Json> {
    let mut known = Vec::new();
    for (kind, listed) in value.as_object()?.iter().filter(|(kind, _)| !has_hole(kind)) {
        let items: Vec<Json> = texts(listed).into_iter().filter(|item| !is_open(item)).collect();
        if !items.is_empty() {
            known.push((kind.clone(), Json::Array(items)));
        }
    }
    (!known.is_empty()).then_some(Json::Object(known))
}

/// Conditions whose operators and keys are known. Their values keep their holes: whether such a value matches is left open.
fn known_conditions(value: &Json) -> Json {
    let operators = value.as_object().unwrap_or_default().iter().filter(|(operator, _)| !has_hole(operator));
    let known = operators.filter_map(|(operator, keys)| {
        let keys = keys.as_object()?.iter().filter(|(key, _)| !has_hole(key)).cloned().collect();
        Some((operator.clone(), Json::Object(keys)))
    });
    Json::Object(known.collect())
}
