//! Conditions of a template: true, false, or not known before deployment.
//!
//! AWS CloudFormation User Guide, "Condition functions".

use super::evaluate::{Scope, as_text};
use crate::json::Json;
use crate::overlay::unknown::is_open;

/// Conditions that refer to each other deeper than this are none.
const DEEPEST: usize = 64;

impl Scope<'_> {
    /// Whether a condition of the template holds; `None` where that isn't known.
    pub(super) fn condition(&self, name: &str) -> Option<bool> {
        self.named_condition(name, 0)
    }

    fn named_condition(&self, name: &str, depth: usize) -> Option<bool> {
        let condition = self.stack.template.get("Conditions")?.get(name)?;
        if depth > DEEPEST { None } else { self.holds(condition, depth + 1) }
    }

    fn holds(&self, json: &Json, depth: usize) -> Option<bool> {
        let (function, argument) = match json.as_object() {
            Some([(function, argument)]) => (function.as_str(), argument),
            _ => return None,
        };
        let parts = argument.as_array().unwrap_or_default();
        match function {
            "Condition" => self.named_condition(argument.as_str()?, depth),
            "Fn::Equals" => match parts {
                [a, b] => {
                    let (a, b) = (self.value(a)?, self.value(b)?);
                    if is_open(&a) || is_open(&b) { None } else { Some(as_text(&a) == as_text(&b)) }
                }
                _ => None,
            },
            "Fn::Not" => match parts {
                [one] => self.holds(one, depth).map(|held| !held),
                _ => None,
            },
            "Fn::And" => all(parts.iter().map(|part| self.holds(part, depth))),
            "Fn::Or" => {
                all(parts.iter().map(|part| self.holds(part, depth).map(|held| !held))).map(|none| !none)
            }
            _ => None,
        }
    }
}

/// Whether all hold: one that doesn't decides, one that isn't known leaves it open.
fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut whole = Some(true);
    for part in parts {
        match part {
            Some(false) => return Some(false),
            None => whole = None,
            Some(true) => {}
        }
    }
    whole
}
