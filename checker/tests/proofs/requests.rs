//! Requests with one key, all of a kind, and what atoms say of them.

use gateproof_encodings::field::Field;
use gateproof_encodings::language::{Languages, PatternSet, RangeSet};
use gateproof_encodings::term::Atom;
use gateproof_model::operand::{Point, Scalar, parse_point};
use gateproof_model::pattern::{Pattern, Token};
use proptest::prelude::*;
use std::sync::Arc;

/// Both cases of what [`patterns`] names, the colon, and a letter that no pattern names.
const LETTERS: [char; 6] = ['a', 'A', 'b', 'B', ':', 'z'];

/// The values of the one key; none where it is absent.
#[derive(Debug)]
pub struct Request(Option<Vec<String>>);

impl Request {
    /// The request without the key, and those with each value, or with each set of up to two.
    pub fn all(values: impl Iterator<Item = String>, multivalued: bool) -> Vec<Request> {
        let values: Vec<String> = values.collect();
        let mut all = vec![Request(None)];
        all.extend(values.iter().map(|v| Request(Some(vec![v.clone()]))));
        if multivalued {
            all.push(Request(Some(Vec::new())));
            for (n, a) in values.iter().enumerate() {
                all.extend(values.iter().take(n).map(|b| Request(Some(vec![a.clone(), b.clone()]))));
            }
        }
        all
    }
}

/// Whether an atom is true of a request.
pub fn holds(atom: &Atom, Request(values): &Request) -> bool {
    let some = |test: &dyn Fn(&str) -> bool| values.iter().flatten().any(|v| test(v));
    let lies = |set: &RangeSet, v: &str| parse_point(set.scalar, v).is_some_and(|p| set.contains(p));
    match atom {
        Atom::Present(_) => values.is_some(),
        Atom::Text(_, set) => some(&|v| set.contains(v)),
        Atom::Range(_, set) => some(&|v| lies(set, v)),
        Atom::Member { set, inside, .. } => some(&|v| set.contains(v) == *inside),
        Atom::MemberRange { set, inside, .. } => some(&|v| lies(set, v) == *inside),
        Atom::Free(_) => false,
    }
}

/// All texts of the letters, the shortest first.
pub fn texts_up_to(length: u32) -> impl Iterator<Item = String> {
    (0..=length).flat_map(|length| {
        (0..LETTERS.len().pow(length)).map(move |mut number| {
            let mut text = String::new();
            for _ in 0..length {
                text.extend(LETTERS.get(number % LETTERS.len()));
                number /= LETTERS.len();
            }
            text
        })
    })
}

/// The key that all requests are about.
pub fn key() -> Field {
    Field::Key("k".into())
}

/// A set; `[` and `]` stand for `*` and `?` within a segment.
pub fn set(languages: &Languages, patterns: &[&str], fold_case: bool) -> Arc<PatternSet> {
    let token = |c| match c {
        '*' => Token::AnyRun,
        '?' => Token::AnyOne,
        '[' => Token::AnyRunInSegment,
        ']' => Token::AnyOneInSegment,
        c => Token::Char(c),
    };
    languages.set(patterns.iter().map(|p| p.chars().map(token).collect()).collect(), fold_case)
}

/// The key's text lies in a set.
pub fn text(set: Arc<PatternSet>) -> Atom {
    Atom::Text(key(), set)
}

/// Some member lies in a set, or outside.
pub fn member(set: Arc<PatternSet>, inside: bool) -> Atom {
    Atom::Member { field: key(), set, inside }
}

/// The key is a point of some intervals.
pub fn range(scalar: Scalar, intervals: Vec<(Point, Point)>) -> Atom {
    Atom::Range(key(), Arc::new(RangeSet::new(scalar, intervals)))
}

/// The key is a number between some numbers.
pub fn number(intervals: &[(u8, u8)]) -> Atom {
    Atom::Range(key(), Arc::new(number_set(intervals)))
}

/// Some member is a number between some numbers, or is none.
pub fn member_number(intervals: &[(u8, u8)], inside: bool) -> Atom {
    Atom::MemberRange { field: key(), set: Arc::new(number_set(intervals)), inside }
}

fn number_set(intervals: &[(u8, u8)]) -> RangeSet {
    let point = |n: &u8| parse_point(Scalar::Number, &n.to_string()).unwrap();
    RangeSet::new(Scalar::Number, intervals.iter().map(|(a, b)| (point(a), point(b))).collect())
}

/// Up to `most` patterns of up to `length` tokens.
pub fn patterns(most: usize, length: usize) -> impl Strategy<Value = Vec<Pattern>> {
    let token = prop_oneof![
        5 => prop::sample::select(vec!['a', 'A', 'b', ':']).prop_map(Token::Char),
        1 => Just(Token::AnyOne),
        2 => Just(Token::AnyRun),
        1 => Just(Token::AnyOneInSegment),
        1 => Just(Token::AnyRunInSegment),
    ];
    let pattern = prop::collection::vec(token, 0..=length).prop_map(Vec::into_boxed_slice);
    prop::collection::vec(pattern, 1..=most)
}

/// Up to three intervals of small numbers.
pub fn numbers() -> impl Strategy<Value = Vec<(u8, u8)>> {
    prop::collection::vec((0u8..8, 0u8..8), 1..=3)
}
