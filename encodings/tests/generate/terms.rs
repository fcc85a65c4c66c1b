//! Random formulas over few characters, so that their sets meet.

use gateproof_encodings::field::Field;
use gateproof_encodings::language::{Languages, RangeSet};
use gateproof_encodings::term::{Atom, Term, Terms};
use gateproof_model::operand::{Point, Scalar, whole_line};
use gateproof_model::pattern::{Pattern, Token};
use proptest::prelude::*;
use std::sync::Arc;

/// Characters of patterns: letters with two and three cases, a segment's end, what SMT-LIB quotes, and one
/// that it doesn't have.
pub const CHARACTERS: [char; 9] = ['a', 'A', 'k', ':', '"', '\\', '\0', '😀', '\u{10ffff}'];

/// How a formula is built; shrinks and prints.
#[derive(Debug, Clone)]
pub enum Shape {
    Free(u8),
    Present(u8),
    Text { field: u8, patterns: Vec<Vec<Token>>, fold_case: bool },
    Member { key: u8, patterns: Vec<Vec<Token>>, fold_case: bool, inside: bool },
    Range { scalar: Scalar, intervals: Vec<(Point, Point)> },
    MemberRange { scalar: Scalar, intervals: Vec<(Point, Point)>, inside: bool },
    Not(Box<Shape>),
    And(Vec<Shape>),
    Or(Vec<Shape>),
}

/// Fields with texts.
pub fn text_field(number: u8) -> Field {
    match number {
        0 => Field::Action,
        1 => Field::Resource,
        2 => Field::Key("aws:x".into()),
        _ => Field::Key("|odd \\ %{7c} \"key\" é\n|".into()),
    }
}

/// Multivalued keys with texts.
pub fn member_key(number: u8) -> Field {
    Field::Key(if number == 0 { "aws:tagkeys" } else { "slot-1 key:aws:x" }.into())
}

/// The key whose value, or whose members, are points of a line.
pub fn point_key(scalar: Scalar, multivalued: bool) -> Field {
    Field::Key(format!("{scalar:?} {multivalued}").to_lowercase().into())
}

impl Shape {
    /// The formula.
    pub fn build(&self, terms: &mut Terms, languages: &Languages) -> Term {
        let set = |patterns: &[Vec<Token>], fold_case: bool| {
            languages.set(patterns.iter().map(|p| Pattern::from(p.clone())).collect(), fold_case)
        };
        let range = |scalar: Scalar, i: &[(Point, Point)]| Arc::new(RangeSet::new(scalar, i.to_vec()));
        let atom = match self {
            Self::Free(number) => Atom::Free(format!("place {number}|").into()),
            Self::Present(number) => Atom::Present(text_field(*number)),
            Self::Text { field, patterns, fold_case } => {
                Atom::Text(text_field(*field), set(patterns, *fold_case))
            }
            Self::Member { key, patterns, fold_case, inside } => {
                Atom::Member { field: member_key(*key), set: set(patterns, *fold_case), inside: *inside }
            }
            Self::Range { scalar, intervals } => {
                Atom::Range(point_key(*scalar, false), range(*scalar, intervals))
            }
            Self::MemberRange { scalar, intervals, inside } => Atom::MemberRange {
                field: point_key(*scalar, true),
                set: range(*scalar, intervals),
                inside: *inside,
            },
            Self::Not(inner) => {
                let inner = inner.build(terms, languages);
                return terms.not(inner);
            }
            Self::And(parts) => {
                let parts: Vec<Term> = parts.iter().map(|p| p.build(terms, languages)).collect();
                return terms.and(parts);
            }
            Self::Or(parts) => {
                let parts: Vec<Term> = parts.iter().map(|p| p.build(terms, languages)).collect();
                return terms.or(parts);
            }
        };
        terms.atom_term(atom)
    }
}

fn token() -> impl Strategy<Value = Token> {
    prop_oneof![
        6 => proptest::sample::select(CHARACTERS.as_slice()).prop_map(Token::Char),
        3 => Just(Token::AnyRun),
        1 => Just(Token::AnyOne),
        1 => Just(Token::AnyRunInSegment),
        1 => Just(Token::AnyOneInSegment),
    ]
}

fn patterns() -> impl Strategy<Value = Vec<Vec<Token>>> {
    proptest::collection::vec(proptest::collection::vec(token(), 0..4), 0..4)
}

fn intervals() -> impl Strategy<Value = (Scalar, Vec<(Point, Point)>)> {
    let scalar = proptest::sample::select([Scalar::Number, Scalar::Date, Scalar::Ip].as_slice());
    scalar.prop_flat_map(|scalar| {
        let lines = whole_line(scalar);
        let point = move |line: usize, place: u8| {
            let (first, last) = lines.get(line % lines.len()).copied().unwrap_or_else(|| unreachable!());
            // The ends of the line, and places near its start.
            let value = if place > 8 { last.value } else { first.value + u128::from(place) };
            Point { family: first.family, value }
        };
        let interval = (0..2usize, 0..10u8, 0..10u8).prop_map(move |(l, a, b)| (point(l, a), point(l, b)));
        (Just(scalar), proptest::collection::vec(interval, 0..3))
    })
}

fn leaf() -> impl Strategy<Value = Shape> {
    prop_oneof![
        1 => (0..2u8).prop_map(Shape::Free),
        1 => (0..4u8).prop_map(Shape::Present),
        6 => (0..4u8, patterns(), any::<bool>())
            .prop_map(|(field, patterns, fold_case)| Shape::Text { field, patterns, fold_case }),
        4 => (0..2u8, patterns(), any::<bool>(), any::<bool>())
            .prop_map(|(key, patterns, fold_case, inside)| Shape::Member { key, patterns, fold_case, inside }),
        2 => intervals().prop_map(|(scalar, intervals)| Shape::Range { scalar, intervals }),
        2 => (intervals(), any::<bool>())
            .prop_map(|((scalar, intervals), inside)| Shape::MemberRange { scalar, intervals, inside }),
    ]
}

/// Random formulas.
pub fn shapes() -> impl Strategy<Value = Shape> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            1 => inner.clone().prop_map(|s| Shape::Not(Box::new(s))),
            2 => proptest::collection::vec(inner.clone(), 2..4).prop_map(Shape::And),
            1 => proptest::collection::vec(inner, 2..4).prop_map(Shape::Or),
        ]
    })
}
