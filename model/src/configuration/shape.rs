//! Typed parts of an output. Messages say what kind of value stands in a place, never the value: it may be a secret.

use crate::json::{Json, pointer_push};
use crate::problem::Problem;
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};
use serde_path_to_error::Segment;
use std::sync::Arc;

/// Reads a part of an output that stands at a pointer of a file.
///
/// # Errors
/// Where a member is missing or of another type, with its place.
pub(crate) fn parse_shape<T: DeserializeOwned>(
    json: &Json,
    (file, at): (&Arc<str>, &str),
    call: &str,
) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value_of(json)).map_err(|error| {
        let (mut below, mut there) = (String::new(), Some(json));
        for segment in error.path() {
            match segment {
                Segment::Seq { index } => {
                    below = pointer_push(&below, &index.to_string());
                    there = there.and_then(|json| json.as_array()?.get(*index));
                }
                Segment::Map { key } | Segment::Enum { variant: key } => {
                    below = pointer_push(&below, key);
                    there = there.and_then(|json| json.get(key));
                }
                Segment::Unknown => {}
            }
        }
        let message = error.inner().to_string();
        // Only this message names nothing but our own fields.
        let found = match message.starts_with("missing field ") {
            true => format!("no {}", message.trim_start_matches("missing field ")),
            false => there.map_or("another type", Json::kind).to_owned(),
        };
        let (file, pointer, expected) = (file.clone(), format!("{at}{below}"), format!("what {call} prints"));
        Problem { file, pointer, found, expected, warning: false }
    })
}

/// The same value for serde; a member that is `null` is as good as none.
fn value_of(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(is) => Value::Bool(*is),
        Json::Number(text) => text.parse::<Number>().map_or(Value::Null, Value::Number),
        Json::String(text) => Value::String(text.clone()),
        Json::Array(items) => Value::Array(items.iter().map(value_of).collect()),
        Json::Object(members) => {
            let members = members.iter().filter(|(_, value)| *value != Json::Null);
            Value::Object(members.map(|(key, value)| (key.clone(), value_of(value))).collect::<Map<_, _>>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Part {
        #[expect(dead_code, reason = "only its absence matters")]
        name: String,
        #[serde(default)]
        flags: Vec<bool>,
    }

    fn parse(text: &str) -> Result<Part, Problem> {
        parse_shape(&Json::parse(text).unwrap(), (&"f.json".into(), "/part"), "a call")
    }

    #[test]
    fn problems_name_the_place_and_not_the_value() {
        let problem = parse(r#"{"name": "x", "flags": [true, "hunter2"]}"#).unwrap_err();
        assert_eq!(
            problem.to_string(),
            "f.json at /part/flags/1: found a string, expected what a call prints"
        );
        let problem = parse(r#"{"flags": []}"#).unwrap_err();
        assert_eq!(problem.to_string(), "f.json at /part: found no `name`, expected what a call prints");
    }

    #[test]
    fn null_members_are_as_good_as_none() {
        assert!(parse(r#"{"name": "x", "flags": null}"#).unwrap().flags.is_empty());
        assert!(parse(r#"{"name": null}"#).is_err());
    }
}
