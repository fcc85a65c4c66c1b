//! Patterns with policy variables that hold wherever others do, whatever the variables stand for. A formula guesses the truth of
//! each such match by itself; that `arn:aws:s3:::${aws:username}/*` lies in `*${aws:username}*` it has to be told.

use crate::ask::glob::{Glob, includes, pieces_of};
use gateproof_encodings::encoder::{Encoder, Subject};
use gateproof_encodings::field::Field;
use gateproof_encodings::scope::KeyFact;
use gateproof_encodings::term::{Term, Terms};
use gateproof_model::operator::Comparison;
use gateproof_model::pattern::PatternText;
use gateproof_model::policy::{Document, Operand};

/// A pattern with variables, and what is matched against it.
#[derive(Clone, PartialEq)]
struct Template<'d> {
    field: Field,
    fold_case: bool,
    pattern: &'d PatternText,
}

/// Each match of the documents' patterns follows from those that are narrower. Only of what the formula is about already.
pub(super) fn encode_ties(encoder: &mut Encoder<'_>, documents: [&Document; 2]) -> Term {
    let open = encoder.open_variables.clone();
    let mut known: Vec<(Template<'_>, Glob, Term)> = Vec::new();
    for template in templates(documents) {
        let atoms = encoder.terms.atoms().len();
        let Some(matches) = encode_match(encoder, &template) else { continue };
        if encoder.terms.atoms().len() == atoms {
            let glob = pieces_of(template.pattern);
            known.push((template, glob, matches));
        }
    }
    encoder.open_variables = open;
    let mut ties = Vec::new();
    for (narrow, inner, holds) in &known {
        for (wide, outer, follows) in &known {
            let comparable = narrow.field == wide.field && narrow.fold_case == wide.fold_case;
            if comparable && holds != follows && includes(outer, inner) {
                let never = encoder.terms.not(*holds);
                ties.push(encoder.terms.or([never, *follows]));
            }
        }
    }
    encoder.terms.and(ties)
}

fn templates<'d>(documents: [&'d Document; 2]) -> Vec<Template<'d>> {
    let mut found: Vec<Template<'d>> = Vec::new();
    let mut add = |field: Field, fold_case: bool, pattern: &'d PatternText| {
        let template = Template { field, fold_case, pattern };
        if pattern.has_variables && !found.contains(&template) {
            found.push(template);
        }
    };
    for statement in documents.into_iter().flat_map(|d| &d.statements) {
        for pattern in statement.resource.iter().flat_map(|clause| &clause.patterns) {
            add(Field::Resource, false, pattern);
        }
        for condition in &statement.conditions {
            let fold_case = condition.operator.comparison == Comparison::StringEquals { ignore_case: true };
            for operand in &condition.operands {
                if let Operand::Text(pattern) = operand {
                    add(Field::Key(condition.key.clone()), fold_case, pattern);
                }
            }
        }
    }
    found
}

/// What matches the pattern, as the formula of a condition or of a resource says it.
fn encode_match(encoder: &mut Encoder<'_>, template: &Template<'_>) -> Option<Term> {
    let is_open = match &template.field {
        Field::Key(key) => encoder.keys.fact(key) == KeyFact::Open { multivalued: false },
        Field::Resource | Field::Action => true,
    };
    let nothing = encoder.compiler.languages.set(Vec::new(), template.fold_case);
    let subject = Subject::Open(template.field.clone());
    let matches =
        is_open.then(|| encoder.in_patterns(&subject, &nothing, std::slice::from_ref(template.pattern)))?;
    (matches != Terms::FALSE).then_some(matches)
}
