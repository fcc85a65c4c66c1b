//! Context keys as conditions and variables see them: absent, one value, or many.
//!
//! IAM User Guide, "Single-valued vs. multivalued context keys". CONFORMANCE 3.1.

use super::Evaluation;
use super::glob::{Case, matches};
use crate::pattern::{PatternText, Variable};
use crate::request::ContextValue;

/// What a context key holds in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held<'a> {
    /// The key is not in the request.
    Absent,
    /// A single-valued key.
    One(&'a str),
    /// A multivalued key, perhaps without values.
    Many(&'a [String]),
}

impl<'a> Evaluation<'a> {
    /// What the request holds for a key, given by its lower-case name.
    ///
    /// Where the catalogue knows the key, it says whether the key is multivalued; where it does not,
    /// a list in the request does. A single-valued key that was given several values anyway is
    /// treated as multivalued.
    pub fn held(&self, key: &str) -> Held<'a> {
        let Some(value) = self.request.context.get(key) else { return Held::Absent };
        let multivalued = self.world.catalogue.key_type(key).map(|kind| kind.multivalued);
        match (multivalued, value) {
            (Some(true), value) => Held::Many(value.values()),
            (_, ContextValue::Single(text)) => Held::One(text),
            (Some(false), ContextValue::List(texts)) => match texts.as_slice() {
                [text] => Held::One(text),
                texts => Held::Many(texts),
            },
            (None, ContextValue::List(texts)) => Held::Many(texts),
        }
    }

    /// Whether the text matches a pattern, variables replaced by their values.
    ///
    /// `None` where a variable has neither a value nor a default; only single-valued keys have
    /// values here. (IAM User Guide, "IAM policy elements: Variables and tags".) CONFORMANCE 2.6.
    pub fn pattern_matches(&self, pattern: &PatternText, text: &str, case: Case) -> Option<bool> {
        if !pattern.has_variables {
            return Some(matches(pattern, text, case, |_| ""));
        }
        if pattern.variables().any(|v| self.variable_value(v).is_none()) {
            return None;
        }
        Some(matches(pattern, text, case, |v| self.variable_value(v).unwrap_or_default()))
    }

    fn variable_value<'v>(&'v self, variable: &'v Variable) -> Option<&'v str> {
        match self.held(&variable.key) {
            Held::One(value) => Some(value),
            Held::Absent | Held::Many(_) => variable.default.as_deref(),
        }
    }
}
