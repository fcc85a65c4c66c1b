//! Clauses of a formula.
//!
//! Asserts that are unsatisfiable iff the formula is, over its atoms taken as independent Booleans.
//! By polarity (Plaisted and Greenbaum, 1986): a name for a subformula implies it, which is enough
//! since every name stands positively in negation normal form. Deterministic: the same [`Terms`]
//! give the same clauses, so a proof can be checked against clauses made anew.

use crate::term::{Node, Term, Terms};
use rustc_hash::FxHashMap;

/// A literal as in DIMACS: variable `|lit|` from 1, negative for negation. Variable `i + 1` is atom `i`
/// as long as `i` is below [`Cnf::atoms`]; higher ones name subformulas.
pub type Literal = i32;

/// The clauses of one formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cnf {
    /// How many of the first variables are atoms.
    pub atoms: u32,
    /// How many variables there are.
    pub variables: u32,
    /// The clauses; an empty one where the formula is false.
    pub clauses: Vec<Vec<Literal>>,
}

/// The clauses that assert `root`.
pub fn encode_clauses(terms: &Terms, root: Term) -> Cnf {
    let atoms = u32::try_from(terms.atoms().len()).unwrap_or(u32::MAX);
    let mut builder = Builder {
        terms,
        cnf: Cnf { atoms, variables: atoms, clauses: Vec::new() },
        names: FxHashMap::default(),
    };
    match builder.literal(root, true) {
        Named::Constant(true) => {}
        Named::Constant(false) => builder.cnf.clauses.push(Vec::new()),
        Named::Literal(l) => builder.cnf.clauses.push(vec![l]),
    }
    builder.cnf
}

enum Named {
    Constant(bool),
    Literal(Literal),
}

struct Builder<'a> {
    terms: &'a Terms,
    cnf: Cnf,
    names: FxHashMap<(Term, bool), Literal>,
}

impl Builder<'_> {
    /// A literal that implies `term` (or its negation, where `positive` is false).
    fn literal(&mut self, term: Term, positive: bool) -> Named {
        match self.terms.node(term) {
            Node::True => Named::Constant(positive),
            Node::False => Named::Constant(!positive),
            Node::Atom(id) => {
                let variable = Literal::try_from(id.0 + 1).unwrap_or(Literal::MAX);
                Named::Literal(if positive { variable } else { -variable })
            }
            Node::Not(inner) => self.literal(*inner, !positive),
            Node::And(parts) => self.junction(term, parts, positive, positive),
            Node::Or(parts) => self.junction(term, parts, positive, !positive),
        }
    }

    fn junction(&mut self, term: Term, parts: &[Term], positive: bool, conjunction: bool) -> Named {
        if let Some(name) = self.names.get(&(term, positive)) {
            return Named::Literal(*name);
        }
        let mut literals = Vec::with_capacity(parts.len() + 1);
        for part in parts {
            if let Named::Literal(l) = self.literal(*part, positive) {
                literals.push(l);
            }
        }
        self.cnf.variables += 1;
        let name = Literal::try_from(self.cnf.variables).unwrap_or(Literal::MAX);
        self.names.insert((term, positive), name);
        if conjunction {
            self.cnf.clauses.extend(literals.into_iter().map(|l| vec![-name, l]));
        } else {
            literals.push(-name);
            self.cnf.clauses.push(literals);
        }
        Named::Literal(name)
    }
}
