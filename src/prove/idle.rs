//! Statements of a change without which everybody may do the same.

use super::difference::{ChangedStatement, Difference};
use super::vacuous::idle_parts;
use crate::ask::{AskError, Estate, Settings};
use crate::compare::{Relation, compare_estates};
use gateproof_model::snapshot::Changes;
use std::sync::Arc;

/// A statement that does nothing, or less than it says.
#[derive(Debug, Clone)]
pub struct Idle {
    /// The statement.
    pub statement: ChangedStatement,
    /// Whether the change takes it away.
    pub removed: bool,
    /// Whether it was proved that everybody may do the same without it.
    pub changes_nothing: bool,
    /// What of it has no effect, by its form.
    pub because: Vec<String>,
}

/// So many statements of a change are looked at one by one.
const MOST: usize = 24;

/// The statements of a change that do nothing.
pub(super) fn idle(
    (old, new): (&Estate, &Estate),
    difference: &Difference,
    settings: &Settings,
) -> Result<Vec<Idle>, AskError> {
    let mut found = Vec::new();
    let added = difference.added.iter().map(|one| (one, false, new));
    let removed = difference.removed.iter().map(|one| (one, true, old));
    for (n, (statement, removed, estate)) in added.chain(removed).enumerate() {
        let because = if removed { Vec::new() } else { idle_parts(statement, estate) };
        let changes_nothing = n < MOST && changes_nothing(statement, estate, settings)?;
        if changes_nothing || !because.is_empty() {
            found.push(Idle { statement: statement.clone(), removed, changes_nothing, because });
        }
    }
    Ok(found)
}

/// Whether everybody may do the same without the statement.
fn changes_nothing(
    changed: &ChangedStatement,
    estate: &Estate,
    settings: &Settings,
) -> Result<bool, AskError> {
    let without_statements = [changed.place()].into();
    let without = estate.changed(&Changes { without_statements, ..Changes::default() });
    let compared = compare_estates(estate, &without, &[], settings)?;
    Ok(compared.principals.iter().all(|p| p.relation == Relation::Equal))
}

impl Idle {
    /// Where the statement stands.
    pub fn label(&self) -> String {
        let document: &Arc<str> = &self.statement.document.source.policy;
        format!("{} of {document}", self.statement.statement.label())
    }
}
