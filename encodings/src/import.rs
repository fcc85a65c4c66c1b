//! A formula taken over from other [`Terms`], its atoms renamed: several requests in one formula.

use crate::term::{Atom, Node, Term, Terms};

/// Builds in `into` what `root` is in `from`, each atom replaced by what `rename` makes of it.
///
/// Says of the renamed fields exactly what `root` says of the original ones, so that formulas with different
/// names for what differs, and the same names for what they share, can be joined.
pub fn import(into: &mut Terms, from: &Terms, root: Term, rename: impl Fn(&Atom) -> Atom) -> Term {
    let mut built: Vec<Term> = Vec::new();
    // Parts come before the whole.
    for index in 0..=Terms::index_of(root) {
        let of = |part: &Term| built.get(Terms::index_of(*part)).copied().unwrap_or(Terms::FALSE);
        let term = match from.node_at(index) {
            Node::True => Terms::TRUE,
            Node::False => Terms::FALSE,
            Node::Atom(id) => match from.atom(*id) {
                Some(atom) => into.atom_term(rename(atom)),
                None => Terms::FALSE,
            },
            Node::Not(inner) => into.not(of(inner)),
            Node::And(parts) => into.and(parts.iter().map(of).collect::<Vec<_>>()),
            Node::Or(parts) => into.or(parts.iter().map(of).collect::<Vec<_>>()),
        };
        built.push(term);
    }
    built.last().copied().unwrap_or(Terms::FALSE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Field;

    #[test]
    fn renamed_parts_are_independent_and_shared_ones_are_not() {
        let present = |key: &str| Atom::Present(Field::Key(key.into()));
        let mut from = Terms::default();
        let (own, shared) = (from.atom_term(present("own")), from.atom_term(present("shared")));
        let not_own = from.not(own);
        let root = from.and([not_own, shared]);
        let mut into = Terms::default();
        let first = import(&mut into, &from, root, Clone::clone);
        let second = import(&mut into, &from, root, |atom| match atom.field() {
            Some(field) if field.name() == "own" => present("own of another"),
            _ => atom.clone(),
        });
        let opposite = into.atom_term(present("own"));
        assert_ne!(into.and([first, second]), Terms::FALSE);
        assert_ne!(into.and([second, opposite]), Terms::FALSE);
        assert_eq!(into.and([first, opposite]), Terms::FALSE);
        let shared = into.atom_term(present("shared"));
        let none = into.not(shared);
        assert_eq!(into.and([second, none]), Terms::FALSE);
    }
}
