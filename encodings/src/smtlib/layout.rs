//! Which constants and definitions the script of a formula has, and what they are called.
//!
//! A name holds its meaning: `texts-3` is a set of texts, `|text key:aws:username|` the constant that is the
//! text of a key. Only names of constants hold a space, so no definition can be taken for one.

use super::escape::{escape_name, unescape_name};
use crate::field::Field;
use crate::language::{PatternSet, RangeSet};
use crate::term::{Atom, AtomId, Node, Term, Terms};
use gateproof_model::operand::Scalar;
use gateproof_model::pattern::Pattern;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// An atom of the script.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The atom.
    pub atom: &'a Atom,
    /// Whether the formula can need it to be true: for a member atom, whether it has a slot.
    pub positive: bool,
    /// Whether the formula can need it to be false.
    pub negative: bool,
}

/// What the script says of one field.
#[derive(Debug, Default)]
pub struct FieldUse {
    /// Whether a membership asks for its text.
    pub text: bool,
    /// The lines on which its value is asked for.
    pub scalars: BTreeSet<Scalar>,
    /// The member atoms that the formula speaks of, by number.
    pub members: Vec<usize>,
    /// Whether a member's text is asked for.
    pub member_text: bool,
    /// The lines on which a member is asked for.
    pub member_scalars: BTreeSet<Scalar>,
}

/// What a script is made of, in the order in which it is written.
#[derive(Debug)]
pub struct Layout<'a> {
    /// The formulas that the root rests on and which are no constants, parts before wholes.
    pub nodes: Vec<Term>,
    /// The atoms among them.
    pub atoms: Vec<Entry<'a>>,
    /// The sets of texts.
    pub texts: Vec<&'a Arc<PatternSet>>,
    /// The sets of points.
    pub points: Vec<&'a Arc<RangeSet>>,
    /// The fields.
    pub fields: BTreeMap<&'a Field, FieldUse>,
    names: FxHashMap<Term, String>,
    text_names: FxHashMap<(bool, &'a [Pattern]), String>,
    point_names: FxHashMap<&'a RangeSet, String>,
}

impl<'a> Layout<'a> {
    /// The layout for one formula.
    pub fn new(terms: &'a Terms, root: Term) -> Self {
        let mut layout = Layout {
            nodes: Vec::new(),
            atoms: Vec::new(),
            texts: Vec::new(),
            points: Vec::new(),
            fields: BTreeMap::new(),
            names: [(Terms::TRUE, "true".to_owned()), (Terms::FALSE, "false".to_owned())]
                .into_iter()
                .collect(),
            text_names: FxHashMap::default(),
            point_names: FxHashMap::default(),
        };
        for (term, polarity) in polarities(terms, root) {
            match terms.node(term) {
                Node::True | Node::False => continue,
                Node::Atom(id) => layout.add_atom(terms, term, *id, polarity),
                _ => {
                    layout.names.insert(term, format!("node-{}", layout.nodes.len()));
                }
            }
            layout.nodes.push(term);
        }
        layout
    }

    fn add_atom(&mut self, terms: &'a Terms, term: Term, id: AtomId, polarity: Polarity) {
        let Some(atom) = terms.atom(id) else { return };
        let number = self.atoms.len();
        self.names.insert(term, format!("atom-{number}"));
        self.atoms.push(Entry { atom, positive: polarity.positive, negative: polarity.negative });
        if let Atom::Text(_, set) | Atom::Member { set, .. } = atom {
            self.add_texts(set);
        }
        if let Atom::Range(_, set) | Atom::MemberRange { set, .. } = atom {
            self.add_points(set);
        }
        let Some(field) = atom.field() else { return };
        let used = self.fields.entry(field).or_default();
        match atom {
            Atom::Present(_) | Atom::Free(_) => {}
            Atom::Text(..) => used.text = true,
            Atom::Range(_, set) => {
                used.scalars.insert(set.scalar);
            }
            Atom::Member { .. } => {
                used.members.push(number);
                used.member_text = true;
            }
            Atom::MemberRange { set, .. } => {
                used.members.push(number);
                used.member_scalars.insert(set.scalar);
            }
        }
    }

    fn add_texts(&mut self, set: &'a Arc<PatternSet>) {
        let number = self.texts.len();
        let prefix = if set.fold_case { TEXTS_ANY_CASE } else { TEXTS };
        self.text_names.entry((set.fold_case, &set.patterns)).or_insert_with(|| {
            self.texts.push(set);
            format!("{prefix}{number}")
        });
    }

    fn add_points(&mut self, set: &'a Arc<RangeSet>) {
        let number = self.points.len();
        self.point_names.entry(set).or_insert_with(|| {
            self.points.push(set);
            format!("{}{number}", points_prefix(set.scalar))
        });
    }

    /// The name of a formula's definition.
    pub fn name(&self, term: Term) -> &str {
        self.names.get(&term).map_or("false", String::as_str)
    }

    /// The name of a set's definition.
    pub fn texts_name(&self, set: &'a PatternSet) -> &str {
        self.text_names.get(&(set.fold_case, &*set.patterns)).map_or("", String::as_str)
    }

    /// The name of a set's definition.
    pub fn points_name(&self, set: &'a RangeSet) -> &str {
        self.point_names.get(set).map_or("", String::as_str)
    }

    /// All lines that the script speaks of.
    pub fn scalars(&self) -> BTreeSet<Scalar> {
        self.fields.values().flat_map(|u| u.scalars.iter().chain(&u.member_scalars)).copied().collect()
    }

    /// The member atoms of a field that have a slot.
    pub fn slots(&self, used: &FieldUse) -> impl Iterator<Item = usize> {
        used.members.iter().copied().filter(|n| self.atoms.get(*n).is_some_and(|entry| entry.positive))
    }
}

/// How a set of texts is called; a number follows.
pub const TEXTS: &str = "texts-";
/// How a set of texts is called that ignores letter case; a number follows.
pub const TEXTS_ANY_CASE: &str = "texts-any-case-";

/// How a set of points is called; a number follows.
pub fn points_prefix(scalar: Scalar) -> String {
    format!("points-{}-", scalar_name(scalar))
}

/// The name of a line.
pub fn scalar_name(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Number => "number",
        Scalar::Date => "date",
        Scalar::Ip => "ip",
    }
}

/// The line of a name.
pub fn scalar_of(name: &str) -> Option<Scalar> {
    [Scalar::Number, Scalar::Date, Scalar::Ip].into_iter().find(|s| scalar_name(*s) == name)
}

/// What holds a value: a field, or a slot for a member of a multivalued key.
pub fn place(field: &Field, slot: Option<usize>) -> String {
    let field = match field {
        Field::Action => "action".to_owned(),
        Field::Resource => "resource".to_owned(),
        Field::Key(key) => format!("key:{}", escape_name(key)),
    };
    slot.map_or(field.clone(), |n| format!("slot-{n} {field}"))
}

/// The field of a place that is no slot.
pub fn field_of(place: &str) -> Option<Field> {
    match place {
        "action" => Some(Field::Action),
        "resource" => Some(Field::Resource),
        _ => Some(Field::Key(unescape_name(place.strip_prefix("key:")?)?.into())),
    }
}

/// The name of a constant, without bars.
pub fn constant(kind: &str, place: &str) -> String {
    format!("{kind} {place}")
}

/// The constants that hold a point, with their sorts: whether the value is one, for addresses the family,
/// and where it lies.
pub fn point_constants(scalar: Scalar, place: &str) -> Vec<(String, &'static str)> {
    let name = scalar_name(scalar);
    let mut constants = vec![(constant(&format!("is-{name}"), place), "Bool")];
    if scalar == Scalar::Ip {
        constants.push((constant("ip-family", place), "Int"));
    }
    constants.push((constant(name, place), "Int"));
    constants
}

#[derive(Debug, Clone, Copy, Default)]
struct Polarity {
    positive: bool,
    negative: bool,
}

impl Polarity {
    fn join(&mut self, other: Self) {
        self.positive |= other.positive;
        self.negative |= other.negative;
    }
}

/// The formulas that the root rests on, parts first, each with the signs under which it stands. A part
/// always comes before its whole in the order of creation.
fn polarities(terms: &Terms, root: Term) -> Vec<(Term, Polarity)> {
    let mut found: BTreeMap<Term, Polarity> = BTreeMap::new();
    let mut open: BTreeMap<Term, Polarity> = BTreeMap::new();
    open.insert(root, Polarity { positive: true, negative: false });
    while let Some((term, polarity)) = open.pop_last() {
        let flipped = Polarity { positive: polarity.negative, negative: polarity.positive };
        match terms.node(term) {
            Node::True | Node::False | Node::Atom(_) => {}
            Node::Not(inner) => open.entry(*inner).or_default().join(flipped),
            Node::And(parts) | Node::Or(parts) => {
                for part in parts {
                    open.entry(*part).or_default().join(polarity);
                }
            }
        }
        found.insert(term, polarity);
    }
    found.into_iter().collect()
}
