//! Which of a model's literals already make the formula true.
//!
//! The fewer literals are asked of the emptiness search, the smaller its products: a true disjunction
//! needs one of its parts.

use gateproof_encodings::term::{AtomId, Node, Term, Terms};

/// Literals of the model that together imply `root`, in order of first need.
pub fn choose(terms: &Terms, root: Term, mut value_of: impl FnMut(AtomId) -> bool) -> Vec<(AtomId, bool)> {
    let mut truth = Vec::with_capacity(terms.len());
    for index in 0..terms.len() {
        let of = |t: &Term, truth: &[bool]| truth.get(Terms::index_of(*t)).copied().unwrap_or(false);
        let value = match terms.node_at(index) {
            Node::True => true,
            Node::False => false,
            Node::Atom(id) => value_of(*id),
            Node::Not(inner) => !of(inner, &truth),
            Node::And(parts) => parts.iter().all(|p| of(p, &truth)),
            Node::Or(parts) => parts.iter().any(|p| of(p, &truth)),
        };
        truth.push(value);
    }
    let mut chooser = Chooser { terms, truth, seen: vec![false; terms.len()], chosen: Vec::new() };
    chooser.want(root);
    chooser.chosen
}

struct Chooser<'a> {
    terms: &'a Terms,
    truth: Vec<bool>,
    seen: Vec<bool>,
    chosen: Vec<(AtomId, bool)>,
}

impl Chooser<'_> {
    fn is_true(&self, term: Term) -> bool {
        self.truth.get(Terms::index_of(term)).copied().unwrap_or(false)
    }

    /// Adds literals that keep `term` at the truth value it has.
    fn want(&mut self, term: Term) {
        let index = Terms::index_of(term);
        if self.seen.get(index).copied().unwrap_or(true) {
            return;
        }
        if let Some(slot) = self.seen.get_mut(index) {
            *slot = true;
        }
        let value = self.is_true(term);
        let terms = self.terms;
        match terms.node(term) {
            Node::True | Node::False => {}
            Node::Atom(id) => self.chosen.push((*id, value)),
            Node::Not(inner) => self.want(*inner),
            Node::And(parts) => self.junction(parts, value, true),
            Node::Or(parts) => self.junction(parts, value, false),
        }
    }

    /// A true conjunction and a false disjunction need all their parts, the others one: one that is
    /// wanted already, else the first.
    fn junction(&mut self, parts: &[Term], value: bool, conjunction: bool) {
        if value == conjunction {
            for part in parts {
                self.want(*part);
            }
            return;
        }
        let deciding = || parts.iter().filter(|p| self.is_true(**p) == value);
        let seen = |p: &&Term| self.seen.get(Terms::index_of(**p)).copied().unwrap_or(false);
        if let Some(part) = deciding().find(seen).or_else(|| deciding().next()).copied() {
            self.want(part);
        }
    }
}
