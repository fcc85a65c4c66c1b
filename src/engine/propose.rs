//! A combination of atoms that makes a formula true, found by walking down it: most formulas that have a
//! model show one without a SAT core. Finds none where alternatives would have to be weighed against
//! each other over long distances; that says nothing.

use gateproof_encodings::term::{AtomId, Node, Term, Terms};

/// Steps of the walk before it gives up.
const STEPS: usize = 4_096;

/// Literals that together imply `root`, in the order in which the walk needed them.
pub fn propose(terms: &Terms, root: Term) -> Option<Vec<(AtomId, bool)>> {
    let mut walk = Walk { terms, values: vec![None; terms.atoms().len()], chosen: Vec::new(), left: STEPS };
    walk.make(root, true).then_some(walk.chosen)
}

struct Walk<'a> {
    terms: &'a Terms,
    values: Vec<Option<bool>>,
    chosen: Vec<(AtomId, bool)>,
    left: usize,
}

impl Walk<'_> {
    /// Chooses literals that give `term` the value; what it chose in vain is taken back.
    fn make(&mut self, term: Term, value: bool) -> bool {
        let Some(left) = self.left.checked_sub(1) else { return false };
        self.left = left;
        let terms = self.terms;
        match terms.node(term) {
            Node::True => value,
            Node::False => !value,
            Node::Not(inner) => self.make(*inner, !value),
            Node::Atom(id) => self.set(*id, value),
            Node::And(parts) => self.junction(parts, value, value),
            Node::Or(parts) => self.junction(parts, value, !value),
        }
    }

    fn set(&mut self, id: AtomId, value: bool) -> bool {
        let Some(slot) = self.values.get_mut(id.0 as usize) else { return false };
        match *slot {
            Some(known) => known == value,
            None => {
                *slot = Some(value);
                self.chosen.push((id, value));
                true
            }
        }
    }

    /// All parts where `every`, otherwise one: one that has the value already, else the first that can.
    fn junction(&mut self, parts: &[Term], value: bool, every: bool) -> bool {
        let before = self.chosen.len();
        if every {
            // Atoms first: they settle what the alternatives can be.
            let (atoms, rest): (Vec<&Term>, Vec<&Term>) =
                parts.iter().partition(|part| self.is_literal(**part));
            let all = atoms.into_iter().chain(rest).all(|part| self.make(*part, value));
            if !all {
                self.take_back(before);
            }
            return all;
        }
        if parts.iter().any(|part| self.value(*part) == Some(value)) {
            return true;
        }
        // What a request doesn't carry or isn't in is cheaper to show, and nearer to a plain request.
        let (absences, rest): (Vec<&Term>, Vec<&Term>) =
            parts.iter().partition(|p| self.is_absence(**p, value));
        absences.into_iter().chain(rest).any(|part| {
            let made = self.make(*part, value);
            if !made {
                self.take_back(before);
            }
            made
        })
    }

    /// Whether the part gets the value by an atom that is false.
    fn is_absence(&self, term: Term, value: bool) -> bool {
        match self.terms.node(term) {
            Node::Atom(_) => !value,
            Node::Not(inner) => value && matches!(self.terms.node(*inner), Node::Atom(_)),
            _ => false,
        }
    }

    fn is_literal(&self, term: Term) -> bool {
        match self.terms.node(term) {
            Node::Atom(_) => true,
            Node::Not(inner) => matches!(self.terms.node(*inner), Node::Atom(_)),
            _ => false,
        }
    }

    /// The value of a literal under what is chosen; of other formulas nothing is said.
    fn value(&self, term: Term) -> Option<bool> {
        match self.terms.node(term) {
            Node::Atom(id) => self.values.get(id.0 as usize).copied().flatten(),
            Node::Not(inner) => self.value(*inner).map(|v| !v),
            _ => None,
        }
    }

    fn take_back(&mut self, to: usize) {
        for (id, _) in self.chosen.drain(to..) {
            if let Some(slot) = self.values.get_mut(id.0 as usize) {
                *slot = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateproof_encodings::term::Atom;
    use proptest::prelude::*;

    /// A formula over six atoms, by a list of instructions on a stack.
    fn build(terms: &mut Terms, code: &[(u8, u8)]) -> Term {
        let mut stack: Vec<Term> = Vec::new();
        for (what, number) in code {
            let built = match what % 4 {
                0 | 1 => terms.atom_term(Atom::Free(format!("a{}", number % 6).into())),
                2 => {
                    let parts: Vec<Term> =
                        stack.split_off(stack.len().saturating_sub(usize::from(number % 4)));
                    if number % 8 < 4 { terms.and(parts) } else { terms.or(parts) }
                }
                _ => {
                    let last = stack.pop().unwrap_or(Terms::TRUE);
                    terms.not(last)
                }
            };
            stack.push(built);
        }
        terms.and(stack)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]
        #[test]
        fn what_is_proposed_implies_the_formula(code in prop::collection::vec((any::<u8>(), any::<u8>()), 1..24)) {
            let mut terms = Terms::default();
            let root = build(&mut terms, &code);
            let Some(chosen) = propose(&terms, root) else { return Ok(()) };
            // Whatever the atoms that were not chosen are.
            for rest in 0..1u32 << terms.atoms().len() {
                let mut value_of = |id: AtomId| {
                    let listed = chosen.iter().find(|(c, _)| *c == id).map(|(_, v)| *v);
                    listed.unwrap_or(rest >> id.0 & 1 == 1)
                };
                prop_assert!(terms.evaluate(root, &mut value_of));
            }
        }
    }
}
