//! Whether a statement's action, resource and conditions fit the request.
//!
//! IAM User Guide, "IAM JSON policy elements reference". CONFORMANCE 2.1, 2.2, 2.3.

use super::Evaluation;
use super::glob::{Case, matches};
use crate::policy::{Document, PatternClause, Statement};

impl Evaluation<'_> {
    /// Whether `Action`/`NotAction` fits. Patterns and the request's action are both folded.
    pub fn action_fits(&self, clause: &PatternClause) -> bool {
        let listed = clause.patterns.iter().any(|p| matches(p, &self.action, Case::Sensitive, |_| ""));
        listed != clause.negated
    }

    /// Whether `Resource`/`NotResource` fits; a statement without one (trust policies) fits any.
    ///
    /// An action without a resource level is checked against `*`, which only a pattern that
    /// matches that text fits. A `NotResource` that holds a variable without a value does not apply.
    pub fn resource_fits(&self, clause: Option<&PatternClause>) -> bool {
        let Some(clause) = clause else { return true };
        let mut listed = false;
        for pattern in &clause.patterns {
            match self.pattern_matches(pattern, &self.request.resource, Case::Sensitive) {
                None if clause.negated => return false,
                None => {}
                Some(true) if !clause.negated => return true,
                Some(found) => listed |= found,
            }
        }
        listed != clause.negated
    }

    /// Whether all conditions hold, and the assumption under which the statement exists at all.
    pub fn conditions_hold(&self, document: &Document, statement: &Statement) -> bool {
        statement.conditions.iter().all(|c| self.condition_holds(&document.source, c))
            && statement.assumption.as_ref().is_none_or(|name| self.assume(name.clone()))
    }
}
