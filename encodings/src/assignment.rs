//! One concrete request as far as a formula can see it, and what the formula says of it.

use crate::field::Field;
use crate::term::{Atom, Node, Term, Terms};
use gateproof_model::operand::{Point, Scalar, parse_point};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Values for everything that the atoms of a formula speak of. What is not listed is absent, or false.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assignment {
    /// The text of each single-valued field; `None` where the key is absent.
    pub texts: BTreeMap<Field, Option<String>>,
    /// The values of each multivalued key that is in the request, perhaps none.
    pub members: BTreeMap<Field, Vec<String>>,
    /// Where the value of a field lies on a line; not listed where it is no point of that line.
    pub points: BTreeMap<(Field, Scalar), Point>,
    /// The free atoms, by name.
    pub free: BTreeMap<Arc<str>, bool>,
}

impl Assignment {
    /// Whether the field is in the request.
    pub fn is_present(&self, field: &Field) -> bool {
        field.always_present() || self.members.contains_key(field) || self.text(field).is_some()
    }

    /// The text of a single-valued field, where it has one.
    pub fn text(&self, field: &Field) -> Option<&str> {
        match self.texts.get(field) {
            Some(text) => text.as_deref(),
            None => field.always_present().then_some(""),
        }
    }

    /// The value of an atom.
    pub fn satisfies(&self, atom: &Atom) -> bool {
        let has_member = |field: &Field, lies: &dyn Fn(&str) -> bool| {
            self.members.get(field).is_some_and(|values| values.iter().any(|v| lies(v)))
        };
        match atom {
            Atom::Present(field) => self.is_present(field),
            Atom::Text(field, set) => self.text(field).is_some_and(|t| set.contains(t)),
            Atom::Range(field, set) => {
                let point = self.points.get(&(field.clone(), set.scalar));
                self.text(field).is_some() && point.is_some_and(|p| set.contains(*p))
            }
            Atom::Member { field, set, inside } => has_member(field, &|v| set.contains(v) == *inside),
            Atom::MemberRange { field, set, inside } => {
                has_member(field, &|v| parse_point(set.scalar, v).is_some_and(|p| set.contains(p)) == *inside)
            }
            Atom::Free(name) => self.free.get(name).copied().unwrap_or(false),
        }
    }
}

/// The value of a formula under an assignment; linear in the number of formulas.
pub fn evaluate_under(terms: &Terms, root: Term, assignment: &Assignment) -> bool {
    let mut values = vec![None; terms.len()];
    let mut open = vec![root];
    while let Some(&term) = open.last() {
        let known = |t: &Term| values.get(Terms::index_of(*t)).copied().flatten();
        let parts = match terms.node(term) {
            Node::True | Node::False | Node::Atom(_) => &[],
            Node::Not(inner) => std::slice::from_ref(inner),
            Node::And(parts) | Node::Or(parts) => &**parts,
        };
        let before = open.len();
        open.extend(parts.iter().filter(|p| known(p).is_none()));
        if open.len() > before {
            continue;
        }
        let holds = |t: &Term| known(t) == Some(true);
        let value = match terms.node(term) {
            Node::True => true,
            Node::False => false,
            Node::Atom(id) => terms.atom(*id).is_some_and(|a| assignment.satisfies(a)),
            Node::Not(inner) => !holds(inner),
            Node::And(parts) => parts.iter().all(holds),
            Node::Or(parts) => parts.iter().any(holds),
        };
        if let Some(slot) = values.get_mut(Terms::index_of(term)) {
            *slot = Some(value);
        }
        open.pop();
    }
    values.get(Terms::index_of(root)).copied().flatten().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::language::{Languages, RangeSet};

    fn key(name: &str) -> Field {
        Field::Key(name.into())
    }

    #[test]
    fn an_absent_key_satisfies_nothing() {
        let (languages, line) = (Languages::default(), gateproof_model::operand::whole_line(Scalar::Number));
        let all = Arc::new(RangeSet::new(Scalar::Number, line.clone()));
        let mut assignment = Assignment::default();
        assignment.texts.insert(key("k"), None);
        assignment.points.insert((key("k"), Scalar::Number), line.first().unwrap().0);
        let set = languages.literal("");
        for atom in [
            Atom::Present(key("k")),
            Atom::Text(key("k"), set.clone()),
            Atom::Range(key("k"), all.clone()),
            Atom::Member { field: key("k"), set: set.clone(), inside: false },
            Atom::MemberRange { field: key("k"), set: all, inside: false },
        ] {
            assert!(!assignment.satisfies(&atom), "{atom:?}");
        }
        assignment.members.insert(key("k"), Vec::new());
        assert!(assignment.satisfies(&Atom::Present(key("k"))));
        assert!(!assignment.satisfies(&Atom::Member { field: key("k"), set, inside: false }));
    }

    #[test]
    fn a_text_that_is_no_point_lies_outside() {
        let set = Arc::new(RangeSet::new(Scalar::Number, Vec::new()));
        let mut assignment = Assignment::default();
        assignment.members.insert(key("k"), vec!["word".to_owned()]);
        let inside = |inside| Atom::MemberRange { field: key("k"), set: set.clone(), inside };
        assert!(assignment.satisfies(&inside(false)));
        assert!(!assignment.satisfies(&inside(true)));
    }

    #[test]
    fn shared_parts_are_evaluated_once() {
        let mut terms = Terms::default();
        let mut low = terms.atom_term(Atom::Free("a".into()));
        let other = terms.atom_term(Atom::Free("b".into()));
        for i in 0..200 {
            let fresh = terms.atom_term(Atom::Free(format!("c{i}").into()));
            let left = terms.and([low, fresh]);
            let negated = terms.not(fresh);
            let right = terms.and([low, negated]);
            low = terms.or([left, right]);
        }
        let root = terms.or([low, other]);
        let mut assignment = Assignment::default();
        assert!(!evaluate_under(&terms, root, &assignment));
        assignment.free.insert("a".into(), true);
        assert!(evaluate_under(&terms, root, &assignment));
    }
}
