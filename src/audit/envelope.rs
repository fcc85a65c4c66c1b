//! What service control policies refuse, as policies that allow just that: so that one question asks whether anything else refuses it.

use gateproof_model::policy::{Document, Effect, Statement};
use std::sync::Arc;

/// Policies that allow, together, what a level of control policies refuses: what a Deny is about, and what no Allow is about.
///
/// AWS Organizations User Guide, "SCP evaluation": at each level some policy must allow, and none may deny.
pub(crate) fn refused_by(level: &[Arc<Document>]) -> Vec<Arc<Document>> {
    let Some(first) = level.first() else { return Vec::new() };
    let all = || level.iter().flat_map(|document| &document.statements);
    let of = |effect: Effect| all().filter(move |statement| statement.effect == effect);
    let turned = |statement: &Statement, effect: Effect| Statement { effect, ..statement.clone() };
    let denied: Vec<Statement> = of(Effect::Deny).map(|s| turned(s, Effect::Allow)).collect();
    let mut refused = Vec::new();
    if !denied.is_empty() {
        refused.push(denied);
    }
    if let Some(allowing) = of(Effect::Allow).next().filter(|_| !of(Effect::Allow).any(is_about_everything)) {
        let everything = Statement {
            sid: None,
            action: gateproof_model::policy::PatternClause { negated: true, patterns: Vec::new() },
            resource: Some(gateproof_model::policy::PatternClause { negated: true, patterns: Vec::new() }),
            conditions: Vec::new(),
            ..allowing.clone()
        };
        let others = of(Effect::Allow).map(|s| turned(s, Effect::Deny));
        refused.push(std::iter::once(everything).chain(others).collect());
    }
    let document = |statements| Arc::new(Document { statements, ..Document::clone(first) });
    refused.into_iter().map(document).collect()
}

fn is_about_everything(statement: &Statement) -> bool {
    let all = |clause: &gateproof_model::policy::PatternClause| {
        !clause.negated && clause.patterns.iter().any(|pattern| pattern.text.as_ref() == "*")
    };
    all(&statement.action) && statement.resource.as_ref().is_none_or(all) && statement.conditions.is_empty()
}
