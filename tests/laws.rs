//! Laws that hold for all policies and requests, tried on random ones by the reference evaluator and by the
//! *classes* encoding: what only takes away never adds, what only adds never takes away, how a policy is
//! written down is nothing.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    dead_code,
    reason = "tests"
)]

#[path = "generate/requests.rs"]
mod generate;

use gateproof::decide::{Classes, decide_by};
use gateproof_encodings::compiled::Compiler;
use gateproof_model::catalogue::Catalogue;
use gateproof_model::decide::parse_line;
use gateproof_model::evaluator::{Outcome, World, evaluate};
use generate::{Random, document, line, statement};
use rayon::prelude::*;
use serde_json::{Map, Value, json};

/// How many lines each law is tried on.
const LINES: u64 = 5_000;

/// What a change may do to the outcome.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    GainsNothing,
    LosesNothing,
    Nothing,
}

impl Effect {
    fn admits(self, before: Outcome, after: Outcome) -> bool {
        match self {
            Self::GainsNothing => before == Outcome::Allowed || after != Outcome::Allowed,
            Self::LosesNothing => before != Outcome::Allowed || after == Outcome::Allowed,
            Self::Nothing => before == after,
        }
    }
}

struct Law {
    name: &'static str,
    effect: Effect,
    change: fn(&mut Random, &mut Value),
}

const LAWS: [Law; 14] = [
    Law { name: "a Deny more", effect: Effect::GainsNothing, change: |r, l| add_statement(r, l, "Deny") },
    Law { name: "an SCP level more", effect: Effect::GainsNothing, change: |r, l| add_level(r, l, "scps") },
    Law { name: "an RCP level more", effect: Effect::GainsNothing, change: |r, l| add_level(r, l, "rcps") },
    Law { name: "a boundary", effect: Effect::GainsNothing, change: |r, l| add_cap(r, l, "boundary") },
    Law { name: "a session policy", effect: Effect::GainsNothing, change: |r, l| add_cap(r, l, "session") },
    Law {
        name: "an endpoint policy",
        effect: Effect::GainsNothing,
        change: |r, l| add_cap(r, l, "endpoint"),
    },
    Law { name: "an Allow more", effect: Effect::LosesNothing, change: |r, l| add_statement(r, l, "Allow") },
    Law { name: "another order", effect: Effect::Nothing, change: |r, l| reorder(r, l) },
    Law { name: "said twice", effect: Effect::Nothing, change: |_, l| in_documents(l, &mut said_twice) },
    Law {
        name: "split by action",
        effect: Effect::Nothing,
        change: |_, l| in_documents(l, &mut |d| split(d, "Action")),
    },
    Law {
        name: "split by resource",
        effect: Effect::Nothing,
        change: |_, l| in_documents(l, &mut |d| split(d, "Resource")),
    },
    Law {
        name: "split by principal",
        effect: Effect::Nothing,
        change: |_, l| in_documents(l, &mut split_principals),
    },
    Law { name: "other Sids", effect: Effect::Nothing, change: |_, l| in_documents(l, &mut rename) },
    Law { name: "other letter case", effect: Effect::Nothing, change: |r, l| recase(r, l) },
];

/// Hands every document of every layer to the change.
fn in_documents(line: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    fn walk(value: &mut Value, change: &mut dyn FnMut(&mut Value)) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| walk(item, change)),
            Value::Object(_) => change(value),
            _ => {}
        }
    }
    for layer in ["identity", "boundary", "session", "resource", "scps", "rcps", "endpoint"] {
        walk(&mut line["policies"][layer], change);
    }
}

fn statements(document: &mut Value) -> &mut Vec<Value> {
    document["Statement"].as_array_mut().unwrap()
}

/// Adds a statement to one layer. Block Public Access is left out: a public statement can cost what others give.
fn add_statement(random: &mut Random, line: &mut Value, effect: &str) {
    let layer = random.word(&["identity", "resource", "boundary", "session"]);
    let mut added = statement(random, layer == "resource", 0);
    if effect == "Allow" && random.percent(60) {
        let principal = added.get("Principal").cloned();
        added = json!({"Action": "*", "Resource": "*"});
        if layer == "resource" {
            added["Principal"] = principal.unwrap_or(json!("*"));
        }
    }
    added["Effect"] = json!(effect);
    let layer = &mut line["policies"][layer];
    match layer {
        Value::Array(documents) => {
            if let Some(first) = documents.first_mut() {
                statements(first).push(added);
            }
        }
        Value::Object(_) => statements(layer).push(added),
        _ => {}
    }
}

fn add_level(random: &mut Random, line: &mut Value, layer: &str) {
    let level = json!([document(random, layer == "rcps", 20)]);
    match &mut line["policies"][layer] {
        Value::Array(levels) => levels.push(level),
        none => *none = json!([level]),
    }
}

/// Sets a layer that was absent. A federated user without a session policy has no permissions at all, so that one
/// adds some.
fn add_cap(random: &mut Random, line: &mut Value, layer: &str) {
    let federated = line["request"]["principal"]["id"].as_str().unwrap().contains(":federated-user/");
    if line["policies"][layer].is_null() && !federated {
        line["policies"][layer] = json!([document(random, layer == "endpoint", 15)]);
    }
}

fn reorder(random: &mut Random, line: &mut Value) {
    let turn = random.below(3);
    in_documents(line, &mut |document| {
        let all = statements(document);
        all.reverse();
        let by = turn % all.len();
        all.rotate_left(by);
    });
    if let Some(documents) = line["policies"]["identity"].as_array_mut() {
        documents.reverse();
    }
}

fn said_twice(document: &mut Value) {
    let again = statements(document).clone();
    statements(document).extend(again);
}

/// One statement for each entry of a list.
fn split(document: &mut Value, element: &str) {
    let all = std::mem::take(statements(document));
    for whole in all {
        let entries = whole.get(element).and_then(Value::as_array).cloned();
        for entry in entries.clone().into_iter().flatten() {
            let mut part = whole.clone();
            part[element] = entry;
            statements(document).push(part);
        }
        if entries.is_none() {
            statements(document).push(whole);
        }
    }
}

fn split_principals(document: &mut Value) {
    let all = std::mem::take(statements(document));
    for whole in all {
        let Some(entries) = whole["Principal"]["AWS"].as_array().cloned() else {
            statements(document).push(whole);
            continue;
        };
        for entry in entries {
            let mut part = whole.clone();
            part["Principal"] = json!({"AWS": entry});
            statements(document).push(part);
        }
    }
}

fn rename(document: &mut Value) {
    for (i, statement) in statements(document).iter_mut().enumerate() {
        statement["Sid"] = json!(format!("Statement{i}"));
    }
}

/// Other letter case where it doesn't count: actions, names of context keys, in policies and in the request.
fn recase(random: &mut Random, line: &mut Value) {
    let upper = random.percent(50);
    let turn = |text: &str| if upper { text.to_ascii_uppercase() } else { text.to_ascii_lowercase() };
    let keys = |map: &Map<String, Value>| -> Map<String, Value> {
        map.iter().map(|(k, v)| (turn(k), v.clone())).collect()
    };
    in_documents(line, &mut |document| {
        for statement in statements(document) {
            for element in ["Action", "NotAction"] {
                for action in statement.get_mut(element).and_then(Value::as_array_mut).into_iter().flatten() {
                    *action = json!(turn(action.as_str().unwrap()));
                }
            }
            for operator in
                statement.get_mut("Condition").and_then(Value::as_object_mut).into_iter().flatten()
            {
                *operator.1 = Value::Object(keys(operator.1.as_object().unwrap()));
            }
        }
    });
    let context = keys(line["request"]["context"].as_object().unwrap());
    line["request"]["context"] = Value::Object(context);
    line["request"]["action"] = json!(turn(line["request"]["action"].as_str().unwrap()));
}

/// What the evaluator and the encoding say of a line.
fn outcomes(line: &Value, classes: &mut Classes) -> (Outcome, Outcome) {
    let text = line.to_string();
    let parsed = parse_line(&text).unwrap_or_else(|e| panic!("{}: {text}", e.error));
    let world = World::new(Catalogue::embedded());
    let reference = evaluate(&parsed.policies, &parsed.request, &world).outcome;
    let compiler = Compiler::default();
    let encoded = decide_by(classes, &compiler, &parsed.policies, &parsed.request, &world);
    (reference, encoded.unwrap_or_else(|e| panic!("{e}: {text}")))
}

#[test]
fn laws_hold_of_random_policies() {
    let results: Vec<Vec<bool>> = (0..LINES)
        .into_par_iter()
        .map_init(Classes::default, |classes, seed| {
            let mut whole = line(seed.wrapping_add(7_000_000));
            whole["policies"]["block_public_access"] = Value::Null;
            whole["policies"].as_object_mut().unwrap().remove("block_public_access");
            let before = outcomes(&whole, classes);
            let mut random = Random::new(seed);
            let mut changed = Vec::new();
            for law in &LAWS {
                let mut other = whole.clone();
                (law.change)(&mut random, &mut other);
                let after = outcomes(&other, classes);
                assert!(
                    law.effect.admits(before.0, after.0) && law.effect.admits(before.1, after.1),
                    "{}: {before:?} became {after:?}\n{whole}\n{other}",
                    law.name
                );
                changed.push(before != after);
            }
            changed
        })
        .collect();
    for (i, law) in LAWS.iter().enumerate() {
        let changed = results.iter().filter(|r| r[i]).count();
        println!("{}: {changed} of {LINES} outcomes changed", law.name);
        assert!(
            law.effect == Effect::Nothing || changed >= 50,
            "{}: only {changed} outcomes changed",
            law.name
        );
    }
}
