//! Ties between keys that AWS itself keeps: what no request can break.
//!
//! Only ties between keys that the formula or the question speaks of are stated. CONFORMANCE 3.4, 3.5, 3.7, 3.8, 3.9.

mod federation;
mod network;
mod principal;
mod request;
mod session;

pub(super) use network::is_silent_about_via;

use super::caller::CallerEntity;
use super::facts::Facts;
use gateproof_encodings::encoder::{Encoder, Subject};
use gateproof_encodings::field::Field;
use gateproof_encodings::language::{PatternSet, RangeSet};
use gateproof_encodings::scope::{Caller, KeyFact, KeyFacts};
use gateproof_encodings::term::{Atom, Term, Terms};
use gateproof_model::catalogue::{Catalogue, ValueType};
use gateproof_model::operand::{Scalar, whole_line};
use gateproof_model::pattern::{Pattern, Token};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is stated of a formula's keys.
pub struct Axioms {
    /// True of every request of the caller.
    pub always: Term,
    /// True of most: a request for which it fails is allowed only under an assumption.
    pub as_a_rule: Term,
}

/// Keys that every request carries.
const ALWAYS: [&str; 4] = ["aws:securetransport", "aws:currenttime", "aws:epochtime", "aws:requestedregion"];

/// The ties among the keys that occur so far.
pub fn axioms(
    encoder: &mut Encoder<'_>,
    facts: &Facts<'_>,
    caller: &CallerEntity,
    catalogue: &Catalogue,
) -> Axioms {
    let mut mentioned: BTreeSet<Arc<str>> = encoder
        .terms
        .atoms()
        .iter()
        .filter_map(|a| match a.field() {
            Some(Field::Key(key)) => Some(key.clone()),
            _ => None,
        })
        .collect();
    // What the question demands leaves no atom behind, and is tied all the same.
    mentioned.extend(facts.demanded().map(Arc::from));
    mentioned.extend(tags_given(facts, &mentioned).into_values());
    let mut ties = Ties { encoder, facts, parts: Vec::new() };
    let region = ties.region();
    ties.token();
    ties.session(caller, &mentioned);
    ties.network(&mentioned);
    ties.called_via(&mentioned);
    ties.tags(caller, &mentioned);
    ties.tags_given(&mentioned);
    ties.clock(&mentioned);
    for key in &mentioned {
        let kind = catalogue.key_type(key);
        if kind.is_some_and(|t| t.value == ValueType::Bool && !t.multivalued) {
            ties.boolean(key);
        }
        if ALWAYS.contains(&&**key) {
            let present = ties.present(key);
            ties.parts.push(present);
        }
        ties.if_there(key);
    }
    ties.typed();
    ties.organization(caller, &mentioned);
    if let Caller::Outsider { account } = &caller.caller {
        ties.outsider(account, &caller.partition, &mentioned);
    }
    let parts = ties.parts;
    Axioms { always: encoder.terms.and(parts), as_a_rule: region }
}

/// The keys of tags that a new resource has, and those of the call's tags that it has them from.
fn tags_given(facts: &Facts<'_>, mentioned: &BTreeSet<Arc<str>>) -> BTreeMap<Arc<str>, Arc<str>> {
    let given = |key: &Arc<str>| {
        facts.tag_given(key).map(|tag| (key.clone(), format!("aws:requesttag/{tag}").into()))
    };
    mentioned.iter().filter_map(given).collect()
}

struct Ties<'e, 't> {
    encoder: &'e mut Encoder<'t>,
    facts: &'e Facts<'e>,
    parts: Vec<Term>,
}

impl Ties<'_, '_> {
    fn present(&mut self, key: &str) -> Term {
        match self.facts.fact(key) {
            KeyFact::Fixed(_) => Terms::TRUE,
            KeyFact::Absent => Terms::FALSE,
            KeyFact::Open { .. } => self.encoder.terms.atom_term(Atom::Present(Field::Key(key.into()))),
        }
    }

    fn equals(&mut self, key: &str, texts: &[&str], fold_case: bool) -> Term {
        self.within(key, texts.iter().map(|t| literal(t)).collect(), fold_case)
    }

    fn within(&mut self, key: &str, patterns: Vec<Pattern>, fold_case: bool) -> Term {
        let set = self.encoder.compiler.languages.set(patterns, fold_case);
        self.in_set(key, &set)
    }

    /// The key has one value, which lies in the set.
    fn in_set(&mut self, key: &str, set: &Arc<PatternSet>) -> Term {
        match self.facts.fact(key) {
            KeyFact::Fixed(value) => match value.values() {
                [single] => Terms::constant(set.contains(single)),
                _ => Terms::FALSE,
            },
            KeyFact::Absent => Terms::FALSE,
            KeyFact::Open { .. } => self.encoder.in_set(&Subject::Open(Field::Key(key.into())), set),
        }
    }

    /// Some member of a multivalued key lies in (or, `inside: false`, outside) the set.
    fn member(&mut self, key: &str, set: Arc<PatternSet>, inside: bool) -> Term {
        match self.facts.fact(key) {
            KeyFact::Fixed(value) => {
                Terms::constant(value.values().iter().any(|v| set.contains(v) == inside))
            }
            KeyFact::Absent => Terms::FALSE,
            KeyFact::Open { .. } => {
                self.encoder.terms.atom_term(Atom::Member { field: Field::Key(key.into()), set, inside })
            }
        }
    }

    fn implies(&mut self, if_so: Term, then: Term) {
        let not = self.encoder.terms.not(if_so);
        let tie = self.encoder.terms.or([not, then]);
        self.parts.push(tie);
    }

    fn same(&mut self, one: Term, other: Term) {
        self.implies(one, other);
        self.implies(other, one);
    }

    fn boolean(&mut self, key: &str) {
        let present = self.present(key);
        let value = self.equals(key, &["true", "false"], true);
        self.implies(present, value);
    }

    /// A key of the resource that may not be shown, but has its one value where it is.
    fn if_there(&mut self, key: &str) {
        let Some(value) = self.facts.if_there(key) else { return };
        let present = self.present(key);
        let set =
            self.encoder.compiler.languages.set(value.values().iter().map(|v| literal(v)).collect(), false);
        if self.facts.is_multivalued(key) {
            let (inside, outside) = (self.member(key, set.clone(), true), self.member(key, set, false));
            self.implies(present, inside);
            let none = self.encoder.terms.not(outside);
            self.implies(present, none);
        } else {
            let it = self.in_set(key, &set);
            self.implies(present, it);
        }
    }

    /// A key that is compared as number, date or address, and has a value, has one of that kind.
    fn typed(&mut self) {
        let mut compared: BTreeSet<(Field, Scalar)> = BTreeSet::new();
        for atom in self.encoder.terms.atoms() {
            if let Atom::Range(field, set) = atom {
                compared.insert((field.clone(), set.scalar));
            }
        }
        for (field, scalar) in compared {
            let line = Arc::new(RangeSet::new(scalar, whole_line(scalar)));
            let present = self.encoder.terms.atom_term(Atom::Present(field.clone()));
            let point = self.encoder.terms.atom_term(Atom::Range(field, line));
            self.implies(present, point);
        }
    }
}

fn literal(text: &str) -> Pattern {
    text.chars().map(Token::Char).collect()
}
