//! What the parts of an encoding share: the formulas being built, and what is known of the request.

use crate::compiled::Compiler;
use crate::field::Field;
use crate::language::PatternSet;
use crate::scope::{KeyFact, KeyFacts, Scope};
use crate::term::{Atom, Term, Terms};
use gateproof_model::pattern::{Pattern, PatternText, PieceRef, Token};
use gateproof_model::request::ContextValue;
use gateproof_model::rules::Rules;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Encodes policies of one question into one [`Terms`].
pub struct Encoder<'a> {
    /// The formulas.
    pub terms: &'a mut Terms,
    /// The prepared documents and sets.
    pub compiler: &'a Compiler,
    /// The symbolic request.
    pub scope: &'a Scope,
    /// What is known of the context keys.
    pub keys: &'a dyn KeyFacts,
    /// The unsettled points.
    pub rules: Rules,
    /// The keys of policy variables whose value was open. Where there are any, the formula is an
    /// over-approximation: its being unsatisfiable is still a proof, a model of it is only a hint.
    pub open_variables: BTreeSet<Arc<str>>,
}

/// A text that patterns are matched against.
#[derive(Debug, Clone)]
pub enum Subject {
    /// This text.
    Known(Arc<str>),
    /// The value of this field.
    Open(Field),
}

impl Encoder<'_> {
    /// The subject lies in the set.
    pub fn in_set(&mut self, subject: &Subject, set: &Arc<PatternSet>) -> Term {
        match subject {
            Subject::Known(text) => Terms::constant(set.contains(text)),
            Subject::Open(field) => {
                let beginning = match field {
                    Field::Resource => self.scope.resource_beginning.as_deref(),
                    // Told in lower case, so it settles sets that ignore case only.
                    Field::Action if set.fold_case => self.scope.action_beginning.as_deref(),
                    Field::Action | Field::Key(_) => None,
                };
                match beginning.and_then(|b| set.holds_all_beginning(b)) {
                    Some(settled) => Terms::constant(settled),
                    None => self.terms.atom_term(Atom::Text(field.clone(), set.clone())),
                }
            }
        }
    }

    /// The subject lies in the set or matches one of the templates, each of its variables replaced by
    /// the variable's value.
    pub fn in_patterns(
        &mut self,
        subject: &Subject,
        ground: &Arc<PatternSet>,
        templates: &[PatternText],
    ) -> Term {
        if templates.is_empty() {
            return self.in_set(subject, ground);
        }
        let mut parts = vec![self.in_set(subject, ground)];
        for template in templates {
            let part = self.matches_template(subject, template, ground.fold_case);
            parts.push(part);
        }
        self.terms.or(parts)
    }

    /// The subject matches a template. Where a variable's value is open: an over-approximation by the
    /// template with `*` for the variable, and a Boolean of its own for the template and subject.
    ///
    /// Exact for every request under some value of that Boolean, so it may stand under a negation too.
    fn matches_template(&mut self, subject: &Subject, template: &PatternText, fold_case: bool) -> Term {
        let Some(Widened { pattern, open, needed }) = self.widen(template) else { return Terms::FALSE };
        let fits = match subject {
            Subject::Known(text) => Terms::constant({
                let folded = self.compiler.languages.set(vec![pattern], fold_case);
                folded.contains(text)
            }),
            Subject::Open(_) => {
                let set = self.compiler.languages.set(vec![pattern], fold_case);
                self.in_set(subject, &set)
            }
        };
        if !open || fits == Terms::FALSE {
            return fits;
        }
        let subject = match subject {
            Subject::Known(text) => format!("`{text}`"),
            Subject::Open(field) => field.name().to_owned(),
        };
        let name = format!("variable: {subject} matches {}", render_template(template, fold_case));
        let mut parts = vec![fits, self.terms.atom_term(Atom::Free(name.into()))];
        for key in needed {
            parts.push(self.terms.atom_term(Atom::Present(Field::Key(key))));
        }
        self.terms.and(parts)
    }

    /// The template with its known variables replaced and `*` for the open ones, which are noted in
    /// [`Encoder::open_variables`]. `None` where a variable has no value.
    pub(crate) fn widen(&mut self, template: &PatternText) -> Option<Widened> {
        let mut widened = Widened { pattern: Box::default(), open: false, needed: Vec::new() };
        let mut tokens = Vec::with_capacity(template.text.len());
        for piece in template.pieces() {
            let variable = match piece {
                PieceRef::Token(t) => {
                    tokens.push(t);
                    continue;
                }
                PieceRef::Variable(v) => v,
            };
            let value = match self.keys.fact(&variable.key) {
                KeyFact::Fixed(ContextValue::Single(value)) => Some(value),
                KeyFact::Open { multivalued: false } => {
                    tokens.push(Token::AnyRun);
                    widened.open = true;
                    self.open_variables.insert(variable.key.clone());
                    if variable.default.is_none() {
                        widened.needed.push(variable.key.clone());
                    }
                    continue;
                }
                KeyFact::Fixed(ContextValue::List(_)) | KeyFact::Open { .. } | KeyFact::Absent => None,
            };
            let text = value.or_else(|| variable.default.as_deref().map(str::to_owned))?;
            tokens.extend(text.chars().map(Token::Char));
        }
        widened.pattern = tokens.into();
        Some(widened)
    }

    /// The variables of a template all have a value or a default.
    pub fn resolved(&mut self, template: &PatternText) -> Term {
        let mut parts = Vec::new();
        for variable in template.variables() {
            if variable.default.is_some() {
                continue;
            }
            parts.push(match self.keys.fact(&variable.key) {
                KeyFact::Fixed(ContextValue::Single(_)) => Terms::TRUE,
                KeyFact::Open { multivalued: false } => {
                    self.terms.atom_term(Atom::Present(Field::Key(variable.key.clone())))
                }
                KeyFact::Fixed(ContextValue::List(_)) | KeyFact::Open { .. } | KeyFact::Absent => {
                    Terms::FALSE
                }
            });
        }
        self.terms.and(parts)
    }

    /// A named assumption.
    pub fn assumed(&mut self, name: &Arc<str>) -> Term {
        self.terms.atom_term(Atom::Free(name.clone()))
    }
}

/// A template whose open variables are widened to `*`.
pub(crate) struct Widened {
    /// What every instance of the template lies in.
    pub pattern: Pattern,
    /// Whether any variable is open.
    pub open: bool,
    /// The open variables that must be present, having no default.
    pub needed: Vec<Arc<str>>,
}

/// A template such that different meanings have different names: literal `*` and `?` are escaped, the
/// wildcards of ARN segments are bracketed.
pub(crate) fn render_template(template: &PatternText, fold_case: bool) -> String {
    let mut text = String::from("`");
    for piece in template.pieces() {
        match piece {
            PieceRef::Token(Token::Char(c)) => {
                if matches!(c, '*' | '?' | '\\' | '[' | '$') {
                    text.push('\\');
                }
                text.push(c);
            }
            PieceRef::Token(Token::AnyRun) => text.push('*'),
            PieceRef::Token(Token::AnyOne) => text.push('?'),
            PieceRef::Token(Token::AnyRunInSegment) => text.push_str("[*]"),
            PieceRef::Token(Token::AnyOneInSegment) => text.push_str("[?]"),
            PieceRef::Variable(v) => {
                text.push_str("${");
                text.push_str(&v.key);
                if let Some(default) = &v.default {
                    text.push_str(&format!(", {default:?}"));
                }
                text.push('}');
            }
        }
    }
    text.push_str(if fold_case { "` ignoring case" } else { "`" });
    text
}
