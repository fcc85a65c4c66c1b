//! Random statements and documents.

use super::random::Random;
use super::vocabulary::{ACTION_GLOBS, ACTIONS, KEYS, Kind};
use serde_json::{Map, Value, json};

/// What the statements of an organization speak of.
pub struct Words {
    /// Patterns of resources.
    pub resources: Vec<String>,
    /// `Principal` elements.
    pub principals: Vec<Value>,
}

/// Which policy a document is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Identity policies, boundaries, SCPs.
    Own,
    /// Resource policies and RCPs, whose statements name principals.
    Named,
    /// Trust policies: no resource.
    Trust,
}

fn action(random: &mut Random, side: Side) -> String {
    if side == Side::Trust {
        return random.word(&["sts:AssumeRole", "sts:AssumeRole", "sts:*", "sts:TagSession"]).to_owned();
    }
    let concrete = random.percent(60);
    if concrete { random.word(&ACTIONS) } else { random.word(&ACTION_GLOBS) }.to_owned()
}

fn operator(random: &mut Random, kind: Kind) -> String {
    const TEXT: [&str; 5] =
        ["StringEquals", "StringLike", "StringNotEquals", "StringNotLike", "StringEqualsIgnoreCase"];
    let base = match kind {
        Kind::Text => random.word(&TEXT),
        Kind::Arn => random.word(&["ArnLike", "ArnNotLike", "StringLike", "ArnEquals"]),
        Kind::Flag => "Bool",
        Kind::Number => random.word(&[
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericNotEquals",
        ]),
        Kind::Date => {
            random.word(&["DateLessThan", "DateGreaterThan", "DateEquals", "DateGreaterThanEquals"])
        }
        Kind::Address => random.word(&["IpAddress", "NotIpAddress"]),
        Kind::Many => {
            let set = random.word(&["ForAllValues:", "ForAnyValue:"]);
            let base = random.word(&["StringLike", "StringEquals", "StringNotLike"]);
            return format!("{set}{base}");
        }
    };
    let if_exists = if random.percent(20) { "IfExists" } else { "" };
    let set = if random.percent(5) { random.word(&["ForAllValues:", "ForAnyValue:"]) } else { "" };
    format!("{set}{base}{if_exists}")
}

fn conditions(random: &mut Random, chance: usize) -> Map<String, Value> {
    let mut all = Map::new();
    while all.len() < 3 && random.percent(chance) {
        let key = random.pick(&KEYS);
        if random.percent(10) {
            all.insert("Null".into(), json!({key.name: random.word(&["true", "false"])}));
            continue;
        }
        let mut operands = vec![random.word(key.operands)];
        if random.percent(30) {
            operands.push(random.word(key.operands));
        }
        all.insert(operator(random, key.kind), json!({key.name: operands}));
    }
    all
}

/// A random statement.
pub fn statement(random: &mut Random, words: &Words, side: Side, effect: &str) -> Value {
    let mut s = Map::new();
    s.insert("Effect".into(), json!(effect));
    let mut actions = vec![action(random, side)];
    while random.percent(40) {
        actions.push(action(random, side));
    }
    let not = if random.percent(8) { "NotAction" } else { "Action" };
    s.insert(not.into(), json!(actions));
    if side != Side::Trust {
        let mut resources = vec![random.pick(&words.resources).clone()];
        if random.percent(30) {
            resources.push(random.pick(&words.resources).clone());
        }
        if random.percent(30) {
            resources = vec!["*".to_owned()];
        }
        let not = if random.percent(8) { "NotResource" } else { "Resource" };
        s.insert(not.into(), json!(resources));
    }
    if side != Side::Own {
        let not = effect == "Deny" && random.percent(12);
        let element = if not { "NotPrincipal" } else { "Principal" };
        let everyone = effect == "Deny" && !not && random.percent(60);
        let principal = if everyone { json!("*") } else { random.pick(&words.principals).clone() };
        s.insert(element.into(), principal);
    }
    let conditions = conditions(random, if effect == "Deny" { 70 } else { 30 });
    if !conditions.is_empty() {
        s.insert("Condition".into(), Value::Object(conditions));
    }
    Value::Object(s)
}

/// A random document; so many percent of its statements are Denies.
pub fn document(random: &mut Random, words: &Words, side: Side, denies: usize) -> Value {
    let version = if random.percent(92) { "2012-10-17" } else { "2008-10-17" };
    let count = 1 + random.below(3);
    let statements: Vec<Value> = (0..count)
        .map(|_| {
            let effect = if random.percent(denies) { "Deny" } else { "Allow" };
            statement(random, words, side, effect)
        })
        .collect();
    json!({"Version": version, "Statement": statements})
}

/// The document that allows everything.
pub fn full_access() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
}
