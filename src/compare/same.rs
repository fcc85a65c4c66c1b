//! Statements by what they say: equal texts mean equal statements, wherever they stand and in whatever order they
//! list things. Statements that mean the same may still have different texts.

use gateproof_model::policy::{Document, Operand, PatternClause, PrincipalEntry, Statement};

/// What a statement of a document says. What rests on its place (an assumption that is named after it) is told apart by
/// that place.
pub(crate) fn said(document: &Document, statement: &Statement) -> String {
    let mut text = format!("{:?}", statement.effect);
    if let Some(principal) = &statement.principal {
        let mut entries = principal.entries.clone();
        entries.sort();
        entries.dedup();
        text.push_str(&format!("|who {} {entries:?}", principal.negated));
    }
    text.push_str(&format!("|do {}", listed(&statement.action)));
    if let Some(resource) = &statement.resource {
        text.push_str(&format!("|on {}", listed(resource)));
    }
    let mut conditions: Vec<String> = statement
        .conditions
        .iter()
        .map(|c| format!("{:?} {} {:?}", c.operator, c.key, sorted(c.operands.iter())))
        .collect();
    conditions.sort();
    conditions.dedup();
    text.push_str(&format!("|if {conditions:?}"));
    if let Some(assumption) = &statement.assumption {
        text.push_str(&format!("|supposing {assumption}"));
    }
    if rests_on_its_place(statement) {
        let source = &document.source;
        text.push_str(&format!("|at {}#{}{}", source.file, source.pointer, statement.pointer));
    }
    text
}

/// Whether the meaning is open and named after where the statement stands.
pub(crate) fn rests_on_its_place(statement: &Statement) -> bool {
    let canonical = |e: &PrincipalEntry| matches!(e, PrincipalEntry::CanonicalUser(_));
    statement.principal.iter().flat_map(|clause| &clause.entries).any(canonical)
        || statement.conditions.iter().flat_map(|c| &c.operands).any(|o| matches!(o, Operand::Unparsable(_)))
}

fn listed(clause: &PatternClause) -> String {
    format!("{} {:?}", clause.negated, sorted(clause.patterns.iter()))
}

fn sorted<T: std::fmt::Debug>(items: impl Iterator<Item = T>) -> Vec<String> {
    let mut texts: Vec<String> = items.map(|item| format!("{item:?}")).collect();
    texts.sort();
    texts.dedup();
    texts
}
