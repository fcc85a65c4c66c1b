//! Random conditions over a few keys.

use super::random::Random;
use serde_json::{Map, Value, json};

/// A key, what policies compare it with, and what requests carry.
pub type Key = (&'static str, &'static [&'static str], &'static [&'static str]);

/// Up to two conditions, each with an operator that suits its key.
pub fn conditions(
    random: &mut Random,
    keys: &[Key],
    operator: impl Fn(&mut Random, &str) -> String,
) -> Map<String, Value> {
    let mut all = Map::new();
    for _ in 0..random.below(3) {
        let (key, operands, _) = *random.pick(keys);
        let operator = operator(random, key);
        let value = if operator == "Null" {
            json!(random.word(&["true", "false"]))
        } else {
            json!([random.word(operands), random.word(operands)])
        };
        all.insert(operator, json!({key: value}));
    }
    all
}
