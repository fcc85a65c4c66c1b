//! Whether a lemma is true of every request: its negation asks for a value that cannot be.

use crate::derivative::no_text;
use crate::interval::no_point;
use gateproof_encodings::cnf::Literal;
use gateproof_encodings::field::Field;
use gateproof_encodings::language::{PatternSet, RangeSet};
use gateproof_encodings::term::Atom;

/// What is wrong with a lemma.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// A literal is no atom of the formula.
    #[error("literal {0} is no atom")]
    NoAtom(Literal),
    /// A literal is a free atom: nothing can be known of it.
    #[error("literal {0} is free, so no lemma can speak of it")]
    Free(Literal),
    /// The atoms speak of different parts of the request.
    #[error("speaks of {0} and of {1}, one field expected")]
    Fields(String, String),
    /// It has no literal.
    #[error("is empty")]
    Empty,
    /// A request may make all its literals false.
    #[error("is not true of every request")]
    Untrue,
    /// The given number of positions was visited, and the question is still open.
    #[error("not decided within {0} positions")]
    Undecided(usize),
}

/// The sets that one value lies in (`true`) and doesn't.
#[derive(Debug, Clone, Default)]
struct Value<'a> {
    texts: Vec<(&'a PatternSet, bool)>,
    ranges: Vec<(&'a RangeSet, bool)>,
}

impl Value<'_> {
    fn demands_one(&self) -> bool {
        self.texts.iter().any(|(_, inside)| *inside) || self.ranges.iter().any(|(_, inside)| *inside)
    }

    /// Whether no value is such. Texts and points are judged apart, so a value that fails only
    /// for both together is taken to be possible.
    fn is_impossible(&self) -> Result<bool, Flaw> {
        Ok(no_point(&self.ranges) || no_text(&self.texts).map_err(Flaw::Undecided)?)
    }
}

/// What is demanded of a field where all literals of a lemma are false.
#[derive(Debug, Default)]
struct Demands<'a> {
    present: bool,
    absent: bool,
    /// Of the value of a single-valued key.
    value: Value<'a>,
    /// Of every member of a multivalued key.
    every: Value<'a>,
    /// Of some member: each of these apart.
    some: Vec<Value<'a>>,
}

impl<'a> Demands<'a> {
    fn add(&mut self, atom: &'a Atom, holds: bool) {
        match atom {
            Atom::Present(_) if holds => self.present = true,
            Atom::Present(_) => self.absent = true,
            Atom::Text(_, set) => self.value.texts.push((set, holds)),
            Atom::Range(_, set) => self.value.ranges.push((set, holds)),
            Atom::Member { set, inside, .. } if holds => {
                self.some.push(Value { texts: vec![(set, *inside)], ..Value::default() });
            }
            Atom::MemberRange { set, inside, .. } if holds => {
                self.some.push(Value { ranges: vec![(set, *inside)], ..Value::default() });
            }
            Atom::Member { set, inside, .. } => self.every.texts.push((set, !inside)),
            Atom::MemberRange { set, inside, .. } => self.every.ranges.push((set, !inside)),
            Atom::Free(_) => {}
        }
    }

    fn are_impossible(&self, field: &Field, atoms: &[Atom]) -> Result<bool, Flaw> {
        let one = self.value.demands_one() || field.always_present();
        if self.absent && (one || self.present || !self.some.is_empty()) {
            return Ok(true);
        }
        // A multivalued key may be present without a value.
        let of_members = |a: &Atom| matches!(a, Atom::Member { .. } | Atom::MemberRange { .. });
        let multivalued = || atoms.iter().any(|a| of_members(a) && a.field() == Some(field));
        if (one || (self.present && !multivalued())) && self.value.is_impossible()? {
            return Ok(true);
        }
        for member in &self.some {
            let mut value = self.every.clone();
            value.texts.extend(&member.texts);
            value.ranges.extend(&member.ranges);
            if value.is_impossible()? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Accepts a clause over atoms of one field only if it is true of every request.
pub fn judge_lemma(atoms: &[Atom], literals: &[Literal]) -> Result<(), Flaw> {
    let mut demands = Demands::default();
    let mut subject: Option<&Field> = None;
    for literal in literals {
        let index = (literal.unsigned_abs() as usize).checked_sub(1);
        let atom = index.and_then(|i| atoms.get(i)).ok_or(Flaw::NoAtom(*literal))?;
        let field = atom.field().ok_or(Flaw::Free(*literal))?;
        if let Some(other) = subject.replace(field).filter(|other| *other != field) {
            return Err(Flaw::Fields(other.name().to_owned(), field.name().to_owned()));
        }
        demands.add(atom, *literal < 0);
    }
    let field = subject.ok_or(Flaw::Empty)?;
    if demands.are_impossible(field, atoms)? { Ok(()) } else { Err(Flaw::Untrue) }
}
