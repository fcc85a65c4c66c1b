//! What a principal may do that a policy doesn't allow, as questions within limits.

use crate::ask::Limits;
use gateproof_model::json::Json;
use gateproof_model::policy::{Document, Effect, Source, Statement};
use gateproof_model::policy_parse::{DocumentKind, parse_document};
use std::sync::Arc;

/// Limits that leave, together, what a policy doesn't allow: all but what its Allow statements are about, and what its Deny statements are
/// about. They are levels of service control policies, which bind whoever grants.
///
/// IAM User Guide, "Policy evaluation logic": what no Allow is about, and what a Deny is about, is refused.
pub(super) fn beyond(document: &Document) -> Vec<Limits> {
    let turned = |from: Effect, to: Effect| {
        let of = document.statements.iter().filter(|statement| statement.effect == from);
        let statements: Vec<Statement> = of.map(|s| Statement { effect: to, ..s.clone() }).collect();
        // Statements stay in a document of the policy's version: it decides what a policy variable is.
        Arc::new(Document { statements, ..document.clone() })
    };
    let not_allowed = everything().into_iter().chain([turned(Effect::Allow, Effect::Deny)]).collect();
    let denied = turned(Effect::Deny, Effect::Allow);
    let refused = (!denied.statements.is_empty()).then(|| Limits::Under(vec![denied]));
    std::iter::once(Limits::Under(not_allowed)).chain(refused).collect()
}

fn everything() -> Option<Arc<Document>> {
    let text = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let source = Source { policy: "(all but the policy)".into(), file: "".into(), pointer: "".into() };
    let json = Json::parse(text).ok()?;
    parse_document(&json, DocumentKind::Identity, source).ok().map(|(document, _)| Arc::new(document))
}
