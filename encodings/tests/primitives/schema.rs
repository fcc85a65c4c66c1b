//! The JSON Schema of the format: every file fits, and none that is spoilt does.

use crate::root;
use serde_json::{Map, Value, json};
use std::fs;

fn fits(value: &Value, schema: &Value, whole: &Value) -> bool {
    schema
        .as_object()
        .unwrap()
        .iter()
        .all(|(keyword, demand)| keyword_fits(value, schema, keyword, demand, whole))
}

fn keyword_fits(value: &Value, schema: &Value, keyword: &str, demand: &Value, whole: &Value) -> bool {
    let size = |least: bool, found: Option<usize>| {
        let limit = usize::try_from(demand.as_u64().unwrap()).unwrap();
        found.is_none_or(|n| if least { n >= limit } else { n <= limit })
    };
    let members = value.as_object();
    match keyword {
        "$schema" | "$id" | "$defs" | "title" | "description" => true,
        "$ref" => {
            fits(value, whole.pointer(demand.as_str().unwrap().trim_start_matches('#')).unwrap(), whole)
        }
        "type" => is_of_type(value, demand.as_str().unwrap()),
        "enum" => demand.as_array().unwrap().contains(value),
        "minimum" => value.as_i64() >= demand.as_i64(),
        "minItems" => size(true, value.as_array().map(Vec::len)),
        "minProperties" => size(true, members.map(Map::len)),
        "maxProperties" => size(false, members.map(Map::len)),
        "anyOf" => demand.as_array().unwrap().iter().any(|s| fits(value, s, whole)),
        "items" => value.as_array().into_iter().flatten().all(|item| fits(item, demand, whole)),
        "required" => demand
            .as_array()
            .unwrap()
            .iter()
            .all(|name| members.is_none_or(|m| m.contains_key(name.as_str().unwrap()))),
        "properties" => demand
            .as_object()
            .unwrap()
            .iter()
            .all(|(name, schema)| value.get(name).is_none_or(|member| fits(member, schema, whole))),
        "additionalProperties" => {
            let listed = schema.get("properties").and_then(Value::as_object);
            let others = members
                .into_iter()
                .flatten()
                .filter(|(name, _)| listed.is_none_or(|l| !l.contains_key(*name)));
            let mut others = others.map(|(_, member)| member);
            if demand == &json!(false) {
                others.next().is_none()
            } else {
                others.all(|m| fits(m, demand, whole))
            }
        }
        other => panic!("the keyword `{other}` is not checked"),
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("unknown type {other}"),
    }
}

/// Members that no object of the format can do without.
const REQUIRED: [&str; 13] = [
    "id",
    "version",
    "title",
    "needs",
    "effects",
    "kind",
    "action",
    "principal",
    "via",
    "api",
    "user",
    "group",
    "to",
];

/// Places below which a file may say anything.
const FREE: &str = "/params";

/// The document with one value changed, each in turn.
fn mutants(document: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    spoil(document, "", &mut |place, mutant| {
        let mut whole = document.clone();
        *whole.pointer_mut(place).unwrap() = mutant;
        found.push((place.to_owned(), whole));
    });
    found
}

fn spoil(value: &Value, place: &str, found: &mut dyn FnMut(&str, Value)) {
    if place.ends_with(FREE) {
        return found(place, json!(7.5));
    }
    match value {
        Value::Object(members) => {
            let mut more = members.clone();
            more.insert("unexpected".to_owned(), json!(7.5));
            found(place, Value::Object(more));
            for name in members.keys().filter(|name| REQUIRED.contains(&name.as_str())) {
                let rest = members.iter().filter(|(n, _)| *n != name).map(|(n, v)| (n.clone(), v.clone()));
                found(place, Value::Object(rest.collect()));
            }
            for (name, member) in members {
                spoil(member, &format!("{place}/{}", name.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            found(place, [&items[..], &[json!(7.5)]].concat().into());
            for (i, item) in items.iter().enumerate() {
                spoil(item, &format!("{place}/{i}"), found);
            }
        }
        _ => found(place, json!(7.5)),
    }
}

#[test]
fn every_file_fits_the_schema_and_no_mutant_does() {
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(root().join("docs/schema/primitive.json")).unwrap())
            .unwrap();
    let mut tried = 0;
    for entry in fs::read_dir(root().join("encodings/primitives")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let document: Value = serde_saphyr::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert!(fits(&document, &schema, &schema), "{}", path.display());
        for (place, mutant) in mutants(&document) {
            assert!(!fits(&mutant, &schema, &schema), "{}, spoilt at `{place}`, still fits", path.display());
            tried += 1;
        }
    }
    assert!(tried > 1_000, "only {tried} mutants");
}
