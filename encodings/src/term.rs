//! Formulas over atoms about the request: hash-consed, simplified while built.

use crate::field::Field;
use crate::language::{PatternSet, RangeSet};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rustc_hash::FxBuildHasher;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

/// What a formula speaks of. Every atom is false where it needs a value and the key is absent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Atom {
    /// The key is in the request (a multivalued key: perhaps with no value).
    Present(Field),
    /// The field has a value, and its text lies in the set.
    Text(Field, Arc<PatternSet>),
    /// The field has a value that reads as a point of the set's line and lies in the set.
    Range(Field, Arc<RangeSet>),
    /// Some value of a multivalued key lies inside (or, `inside: false`, outside) the set.
    Member {
        /// The multivalued key.
        field: Field,
        /// The texts.
        set: Arc<PatternSet>,
        /// Whether the value lies in the set or in its complement.
        inside: bool,
    },
    /// The same for points; a text that is no point of the line lies outside.
    MemberRange {
        /// The multivalued key.
        field: Field,
        /// The points.
        set: Arc<RangeSet>,
        /// Whether the value lies in the set or in its complement.
        inside: bool,
    },
    /// Something that is not modelled, or not known: free to be true or false, named after its place.
    Free(Arc<str>),
}

impl Atom {
    /// The same atom of another field.
    #[must_use]
    pub fn with_field(&self, field: Field) -> Self {
        match self {
            Self::Present(_) => Self::Present(field),
            Self::Text(_, set) => Self::Text(field, set.clone()),
            Self::Range(_, set) => Self::Range(field, set.clone()),
            Self::Member { set, inside, .. } => Self::Member { field, set: set.clone(), inside: *inside },
            Self::MemberRange { set, inside, .. } => {
                Self::MemberRange { field, set: set.clone(), inside: *inside }
            }
            Self::Free(name) => Self::Free(name.clone()),
        }
    }

    /// The field that the atom speaks of.
    pub fn field(&self) -> Option<&Field> {
        match self {
            Self::Present(f) | Self::Text(f, _) | Self::Range(f, _) => Some(f),
            Self::Member { field, .. } | Self::MemberRange { field, .. } => Some(field),
            Self::Free(_) => None,
        }
    }
}

/// The index of an atom within its [`Terms`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AtomId(pub u32);

/// A formula within its [`Terms`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Term(u32);

/// The shape of a formula.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Node {
    /// True.
    True,
    /// False.
    False,
    /// An atom.
    Atom(AtomId),
    /// The negation of a formula that is not itself a constant or a negation.
    Not(Term),
    /// All of two or more, sorted and distinct.
    And(Box<[Term]>),
    /// Some of two or more, sorted and distinct.
    Or(Box<[Term]>),
}

/// The formulas of one question. Equal formulas are one; ids follow the order of creation, so the
/// same construction gives the same ids.
#[derive(Debug)]
pub struct Terms {
    nodes: Vec<Node>,
    /// Places in `nodes`, by what stands there.
    index: HashTable<u32>,
    atoms: Vec<Atom>,
    /// Places in `atoms`.
    atom_index: HashTable<u32>,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            nodes: vec![Node::True, Node::False],
            index: HashTable::new(),
            atoms: Vec::new(),
            atom_index: HashTable::new(),
        }
    }
}

/// The place of an item in a list where equal items are one, put there if it is new.
fn place<T: Hash + Eq>(items: &mut Vec<T>, index: &mut HashTable<u32>, item: T) -> u32 {
    let hash = |item: &T| FxBuildHasher.hash_one(item);
    let at = |place: &u32| items.get(*place as usize);
    let entry = index.entry(hash(&item), |p| at(p) == Some(&item), |p| at(p).map_or(0, hash));
    match entry {
        Entry::Occupied(known) => *known.get(),
        Entry::Vacant(free) => {
            let place = u32::try_from(items.len()).unwrap_or(u32::MAX);
            free.insert(place);
            items.push(item);
            place
        }
    }
}

impl Terms {
    /// The formula that holds always.
    pub const TRUE: Term = Term(0);
    /// The formula that holds never.
    pub const FALSE: Term = Term(1);

    /// Forgets all formulas and keeps the memory.
    pub fn clear(&mut self) {
        self.nodes.truncate(2);
        self.index.clear();
        self.atoms.clear();
        self.atom_index.clear();
    }

    /// The shape of a formula.
    pub fn node(&self, term: Term) -> &Node {
        self.nodes.get(term.0 as usize).unwrap_or(&Node::False)
    }

    /// All shapes, in the order of creation.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The shape of the formula at a place in the order of creation; parts come before the whole.
    pub fn node_at(&self, index: usize) -> &Node {
        self.nodes.get(index).unwrap_or(&Node::False)
    }

    /// The number of formulas; every [`Term`]'s [`Terms::index_of`] is below it.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether only the constants exist.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() == 2
    }

    /// The place of a formula in the order of creation.
    pub fn index_of(term: Term) -> usize {
        term.0 as usize
    }

    /// All atoms, by id.
    pub fn atoms(&self) -> &[Atom] {
        &self.atoms
    }

    /// The atom of an id.
    pub fn atom(&self, id: AtomId) -> Option<&Atom> {
        self.atoms.get(id.0 as usize)
    }

    /// A constant.
    pub fn constant(value: bool) -> Term {
        if value { Self::TRUE } else { Self::FALSE }
    }

    /// An atom as a formula. Sets that hold nothing or everything become simpler.
    pub fn atom_term(&mut self, atom: Atom) -> Term {
        match &atom {
            Atom::Present(f) if f.always_present() => return Self::TRUE,
            Atom::Text(_, set) if set.patterns.is_empty() => return Self::FALSE,
            Atom::Text(f, set) if set.is_everything() => {
                let present = Atom::Present(f.clone());
                return self.atom_term(present);
            }
            Atom::Range(_, set) if set.intervals.is_empty() => return Self::FALSE,
            Atom::Member { set, inside: true, .. } if set.patterns.is_empty() => return Self::FALSE,
            Atom::Member { set, inside: false, .. } if set.is_everything() => return Self::FALSE,
            Atom::MemberRange { set, inside: true, .. } if set.intervals.is_empty() => return Self::FALSE,
            _ => {}
        }
        let id = place(&mut self.atoms, &mut self.atom_index, atom);
        self.intern(Node::Atom(AtomId(id)))
    }

    /// The negation.
    pub fn not(&mut self, term: Term) -> Term {
        match self.node(term) {
            Node::True => Self::FALSE,
            Node::False => Self::TRUE,
            Node::Not(inner) => *inner,
            _ => self.intern(Node::Not(term)),
        }
    }

    /// All of the formulas.
    pub fn and(&mut self, parts: impl IntoIterator<Item = Term>) -> Term {
        self.junction(parts, true)
    }

    /// Some of the formulas.
    pub fn or(&mut self, parts: impl IntoIterator<Item = Term>) -> Term {
        self.junction(parts, false)
    }

    fn junction(&mut self, parts: impl IntoIterator<Item = Term>, conjunction: bool) -> Term {
        let (neutral, absorbing) = (Self::constant(conjunction), Self::constant(!conjunction));
        let mut flat = Vec::new();
        for part in parts {
            if part == absorbing {
                return absorbing;
            }
            match (self.node(part), conjunction) {
                _ if part == neutral => {}
                (Node::And(inner), true) | (Node::Or(inner), false) => flat.extend_from_slice(inner),
                _ => flat.push(part),
            }
        }
        flat.sort_unstable();
        flat.dedup();
        let complementary = flat.iter().any(|t| match self.node(*t) {
            Node::Not(inner) => flat.binary_search(inner).is_ok(),
            _ => false,
        });
        if complementary {
            return absorbing;
        }
        match flat.as_slice() {
            [] => neutral,
            [single] => *single,
            _ if conjunction => self.intern(Node::And(flat.into())),
            _ => self.intern(Node::Or(flat.into())),
        }
    }

    fn intern(&mut self, node: Node) -> Term {
        Term(place(&mut self.nodes, &mut self.index, node))
    }

    /// The value of a formula where the atoms have the given values.
    pub fn evaluate(&self, term: Term, value_of: &mut impl FnMut(AtomId) -> bool) -> bool {
        match self.node(term) {
            Node::True => true,
            Node::False => false,
            Node::Atom(id) => value_of(*id),
            Node::Not(inner) => !self.evaluate(*inner, value_of),
            Node::And(parts) => parts.iter().all(|p| self.evaluate(*p, value_of)),
            Node::Or(parts) => parts.iter().any(|p| self.evaluate(*p, value_of)),
        }
    }
}
