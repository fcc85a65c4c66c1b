//! Requests near two policies: actions that they list, resources and values that their patterns describe.

use gateproof_model::catalogue::Catalogue;
use gateproof_model::pattern::{PatternText, PieceRef, Token};
use gateproof_model::policy::{Document, Operand, PatternClause};
use gateproof_model::request::{Context, ContextValue, Principal, Request};

use crate::random::Random;

/// A request near the policies; `n` chooses which.
pub fn nearby(random: &mut Random, documents: [&Document; 2]) -> Option<Request> {
    let statements: Vec<_> = documents.iter().flat_map(|d| &d.statements).collect();
    let statement = statements.get(random.below(statements.len().max(1)))?;
    let action = action_of(random, &statement.action)?;
    let resource = statement.resource.as_ref().and_then(|clause| {
        let pattern = clause.patterns.get(random.below(clause.patterns.len().max(1)))?;
        Some(filled(random, pattern))
    });
    let mut context = Context::default();
    for condition in statements.iter().flat_map(|s| &s.conditions) {
        let Some(operand) = condition.operands.get(random.below(condition.operands.len().max(1))) else {
            continue;
        };
        if random.below(2) == 0 {
            continue;
        }
        let value = match operand {
            Operand::Text(pattern) => filled(random, pattern),
            Operand::Flag(flag) => flag.to_string(),
            Operand::Unparsable(text) => text.to_string(),
            Operand::Point(_) | Operand::Network(..) => "10.0.0.1".to_owned(),
        };
        let many = Catalogue::embedded().key_type(&condition.key).is_some_and(|t| t.multivalued);
        let value = if many { ContextValue::List(vec![value]) } else { ContextValue::Single(value) };
        context.insert(&condition.key_text, value);
    }
    Some(Request {
        principal: Principal::from_arn("arn:aws:iam::111122223333:user/example", None),
        action,
        resource: resource.unwrap_or_else(|| "*".to_owned()),
        resource_account: Some("111122223333".to_owned()),
        context,
    })
}

/// An action that a list names; of those that are not listed, any.
fn action_of(random: &mut Random, clause: &PatternClause) -> Option<String> {
    let catalogue = Catalogue::embedded();
    if clause.negated {
        let all = catalogue.actions();
        let at = random.below(all.len());
        return all.skip(at).map(|a| a.name().to_owned()).next();
    }
    let pattern = clause.patterns.get(random.below(clause.patterns.len().max(1)))?;
    let known: Vec<&str> = catalogue.actions_matching(&pattern.text).take(50).map(|a| a.name()).collect();
    match known.get(random.below(known.len().max(1))) {
        Some(name) => Some((*name).to_owned()),
        None => Some(filled(random, pattern)),
    }
}

fn filled(random: &mut Random, pattern: &PatternText) -> String {
    let word = |random: &mut Random| {
        ["example", "x", "AWSServiceRole/y"].get(random.below(3)).copied().unwrap_or("x")
    };
    let mut text = String::new();
    for piece in pattern.pieces() {
        match piece {
            PieceRef::Token(Token::Char(c)) => text.push(c),
            PieceRef::Token(Token::AnyOne | Token::AnyOneInSegment) => text.push('x'),
            PieceRef::Token(Token::AnyRun | Token::AnyRunInSegment) => text.push_str(word(random)),
            PieceRef::Variable(_) => text.push_str("example"),
        }
    }
    text
}
