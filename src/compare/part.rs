//! Statements as the parts that a decision is made of: what lets a caller in, and what keeps it out.

use super::covering::Clause;
use super::standing::{Needs, Standing};
use gateproof_encodings::encoder::Encoder;
use gateproof_encodings::term::{Term, Terms};
use gateproof_model::pattern::{PatternText, Wildcards};
use gateproof_model::policy::{Document, Effect, PatternClause, Statement, Version};
use std::sync::{Arc, OnceLock};

/// Whom a part is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    /// Whoever asks.
    Anybody,
    /// Whom an Allow statement of a resource's policy names.
    Granted,
    /// Whom a Deny statement of one hits.
    Hit,
}

/// One statement, or what is left of one, as a document of its own.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub document: Arc<Document>,
    pub who: Who,
    /// Its actions and resources, read when they are first compared; copies share them.
    clauses: Arc<OnceLock<[Clause; 2]>>,
}

impl Part {
    /// What is left of a statement of a document.
    pub fn of(source: &Document, statement: Statement, who: Who) -> Self {
        let document =
            Document { source: source.source.clone(), version: source.version, statements: vec![statement] };
        Self { document: Arc::new(document), who, clauses: Arc::default() }
    }

    fn clauses(&self) -> &[Clause; 2] {
        self.clauses.get_or_init(|| {
            let none = || PatternClause { negated: false, patterns: Vec::new() };
            let read = |s: &Statement| [Clause::of_actions(s), Clause::of_resources(s)];
            self.statement().map_or_else(|| [Clause::of(none()), Clause::of(none())], read)
        })
    }

    /// Its actions.
    pub fn actions(&self) -> &Clause {
        let [actions, _] = self.clauses();
        actions
    }

    /// Its resources.
    pub fn resources(&self) -> &Clause {
        let [_, resources] = self.clauses();
        resources
    }

    /// Everything, for whoever asks.
    pub fn everything(source: &Document) -> Self {
        let statement = Statement {
            sid: None,
            effect: Effect::Allow,
            principal: None,
            action: everything(),
            resource: Some(everything()),
            conditions: Vec::new(),
            pointer: "".into(),
            assumption: None,
        };
        Self::of(source, statement, Who::Anybody)
    }

    /// The statement.
    pub fn statement(&self) -> Option<&Statement> {
        self.document.statements.first()
    }

    /// The part applies to the request.
    pub fn encode(&self, encoder: &mut Encoder<'_>, standing: &Standing) -> Term {
        let Some(statement) = self.statement() else { return Terms::FALSE };
        let who = encode_who(encoder, standing, &self.document, statement, self.who);
        if who == Terms::FALSE {
            return who;
        }
        let compiled = encoder.compiler.compile(&self.document);
        // The encoder takes a statement to be about the one action that is asked about.
        let listed = compiled.actions(&encoder.compiler.actions).statements().first();
        if let (Some(id), Some(listed)) = (encoder.scope.action_id, listed)
            && !listed.contains(id)
        {
            return Terms::FALSE;
        }
        let applies = encoder.statement(&compiled, 0, statement);
        encoder.terms.and([who, applies])
    }
}

/// A clause that everything matches.
pub(super) fn everything() -> PatternClause {
    let all = PatternText::parse("*", Version::V2008, Wildcards::Flat, false);
    PatternClause { negated: false, patterns: vec![all] }
}

/// The statement is about the caller.
pub(super) fn encode_who(
    encoder: &mut Encoder<'_>,
    standing: &Standing,
    document: &Document,
    statement: &Statement,
    who: Who,
) -> Term {
    match (who, &statement.principal) {
        (Who::Anybody, _) => Terms::TRUE,
        // A statement of a resource's policy without a principal is about nobody.
        (_, None) => Terms::FALSE,
        (Who::Granted, Some(clause)) => {
            let named = encoder.named(clause, document, statement);
            match standing.needs {
                Needs::DirectGrant => encoder.terms.or([named.directly.0, named.by_role.0]),
                _ => encoder.terms.or([named.directly.0, named.by_role.0, named.by_account.0]),
            }
        }
        (Who::Hit, Some(clause)) => encoder.hit(clause, document, statement, false),
    }
}

/// What decides of one document for one caller: it is let in if some of the first applies, and none of the second.
#[derive(Debug, Clone)]
pub(super) struct Stance {
    pub allows: Vec<Part>,
    pub denies: Vec<Part>,
}

impl Stance {
    /// The stance of a document; statements that are certainly about others are left out.
    pub fn of(document: &Arc<Document>, standing: &Standing, encoder: &mut Encoder<'_>) -> Self {
        let own = matches!(standing.needs, Needs::Documents | Needs::Control);
        let mut stance = Self { allows: Vec::new(), denies: Vec::new() };
        if matches!(standing.needs, Needs::ResourceControl | Needs::NoDeny) {
            stance.allows.push(Part::everything(document));
        }
        let unasked = !stance.allows.is_empty();
        for statement in &document.statements {
            let (who, list) = match statement.effect {
                Effect::Allow if unasked => continue,
                Effect::Allow => (Who::Granted, &mut stance.allows),
                Effect::Deny => (Who::Hit, &mut stance.denies),
            };
            let who = if own { Who::Anybody } else { who };
            match encode_who(encoder, standing, document, statement, who) {
                Terms::FALSE => {}
                // Whom it is about needn't be asked again.
                Terms::TRUE => list.push(Part::of(document, statement.clone(), Who::Anybody)),
                _ => list.push(Part::of(document, statement.clone(), who)),
            }
        }
        stance
    }

    /// The caller is let in.
    pub fn encode(&self, encoder: &mut Encoder<'_>, standing: &Standing) -> Term {
        let allows: Vec<Term> = self.allows.iter().map(|part| part.encode(encoder, standing)).collect();
        let denies: Vec<Term> = self.denies.iter().map(|part| part.encode(encoder, standing)).collect();
        let denied = encoder.terms.or(denies);
        let parts = [encoder.terms.or(allows), encoder.terms.not(denied)];
        encoder.terms.and(parts)
    }
}
