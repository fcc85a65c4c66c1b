//! Placeholders and what stands for them.

use super::words::Values;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// A text's parts: plain text, and names of placeholders. AWS's own policy variables (`${aws:…}`) are plain text.
pub(super) enum Part<'t> {
    Plain(&'t str),
    Name(&'t str),
}

/// The parts of a text.
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut plain, mut rest) = (text, text);
    while let Some((_, after)) = rest.split_once("${") {
        let is_name =
            |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        let Some((name, later)) = after.split_once('}').filter(|(name, _)| is_name(name)) else {
            rest = after;
            continue;
        };
        let length = plain.len().saturating_sub(after.len() + "${".len());
        parts.push(Part::Plain(plain.get(..length).unwrap_or_default()));
        parts.push(Part::Name(name));
        (plain, rest) = (later, later);
    }
    parts.push(Part::Plain(plain));
    parts.retain(|part| !matches!(part, Part::Plain("")));
    parts
}

/// A value with values in the place of placeholders. In a list, several take the place of one.
pub(super) fn filled(value: &Value, values: &Values, open: &mut BTreeSet<String>) -> Value {
    match value {
        Value::String(text) => {
            let mut all = of_text(text, values, open);
            match all.len() {
                0 => {
                    open.extend(names(text));
                    value.clone()
                }
                1 => all.pop().unwrap_or_default(),
                _ => Value::Array(all),
            }
        }
        Value::Array(items) => {
            let mut all = Vec::new();
            for item in items {
                match item {
                    Value::String(text) => all.extend(of_text(text, values, open)),
                    other => all.push(filled(other, values, open)),
                }
            }
            // Nothing is meant by what stands in it: an empty list would mean something else.
            if all.is_empty() && !items.is_empty() {
                open.extend(items.iter().filter_map(Value::as_str).flat_map(names));
                return value.clone();
            }
            Value::Array(all)
        }
        Value::Object(members) => {
            let mut all = Map::new();
            for (key, value) in members {
                let value = filled(value, values, open);
                for key in of_text(key, values, open) {
                    all.insert(key.as_str().unwrap_or_default().to_owned(), value.clone());
                }
            }
            Value::Object(all)
        }
        other => other.clone(),
    }
}

fn names(text: &str) -> Vec<String> {
    let names = parts(text).into_iter().filter_map(|part| match part {
        Part::Name(name) => Some(name.to_owned()),
        Part::Plain(_) => None,
    });
    names.collect()
}

/// All texts that a text with placeholders stands for; none where one of them is known to stand for nothing.
fn of_text(text: &str, values: &Values, open: &mut BTreeSet<String>) -> Vec<Value> {
    let parts = parts(text);
    if let [Part::Name(name)] = parts.as_slice()
        && let Some(known) = values.get(*name)
    {
        return known.clone();
    }
    let mut texts = vec![String::new()];
    for part in parts {
        let known: Vec<String> = match part {
            Part::Plain(plain) => vec![plain.to_owned()],
            Part::Name(name) => {
                if let Some(known) = values.get(name) {
                    known.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
                } else {
                    open.insert(name.to_owned());
                    vec![format!("${{{name}}}")]
                }
            }
        };
        texts = texts.iter().flat_map(|head| known.iter().map(move |tail| format!("{head}{tail}"))).collect();
    }
    texts.into_iter().map(Value::String).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn placeholders_are_filled_and_lists_spliced() {
        let values: Values = [
            ("bucket", vec![json!("b")]),
            ("platform", vec![json!("x"), json!("y")]),
            ("gate_arn", Vec::new()),
        ]
        .into();
        let mut open = BTreeSet::new();
        let written = json!({
            "one": "arn:aws:s3:::${bucket}/*", "many": ["${platform}", "z"], "alone": "${platform}",
            "inside": ["${bucket}-${platform}"], "of AWS": "${aws:PrincipalAccount}/${nobody}",
            "fewer": ["${gate_arn}", "z"], "none": ["${gate_arn}/*"], "${platform}": 1,
        });
        assert_eq!(
            filled(&written, &values, &mut open),
            json!({
                "one": "arn:aws:s3:::b/*", "many": ["x", "y", "z"], "alone": ["x", "y"],
                "inside": ["b-x", "b-y"], "of AWS": "${aws:PrincipalAccount}/${nobody}",
                "fewer": ["z"], "none": ["${gate_arn}/*"], "x": 1, "y": 1,
            })
        );
        assert_eq!(open, BTreeSet::from(["gate_arn".to_owned(), "nobody".to_owned()]));
    }
}
