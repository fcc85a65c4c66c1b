//! Sets of texts and sets of points: what one list of patterns, or one comparison, admits.
//!
//! A pattern list of a statement is one set, not a set a pattern: the number of Booleans of a
//! question then grows with its statements and not with their globs.

pub mod compare;
mod index;
mod matching;

use crate::emptiness::positions::Run;
use gateproof_model::operand::{Point, Scalar};
use gateproof_model::pattern::{Pattern, Token};
use gateproof_model::text::fold;
use index::Index;

pub use matching::{matches, places};
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A finite union of patterns.
#[derive(Debug)]
pub struct PatternSet {
    /// Identity within the process; equal sets of one [`Languages`] share it. Never decides an order that reaches output.
    pub id: u32,
    /// Whether letter case is ignored; the patterns are folded then.
    pub fold_case: bool,
    /// The patterns, sorted and distinct.
    pub patterns: Box<[Pattern]>,
    run: OnceLock<Run>,
    index: OnceLock<Index>,
    finite: OnceLock<bool>,
}

/// Sets of so many patterns look them up in an index.
const INDEXED_FROM: usize = 8;

impl PatternSet {
    /// Whether some pattern is a lone `*`.
    pub fn is_everything(&self) -> bool {
        self.patterns.iter().any(|p| matches!(p.as_ref(), [Token::AnyRun]))
    }

    /// Whether no pattern has a wildcard: then the patterns are all the texts, up to letter case.
    pub fn is_finite(&self) -> bool {
        *self.finite.get_or_init(|| {
            self.patterns.iter().all(|p| p.iter().all(|token| matches!(token, Token::Char(_))))
        })
    }

    /// Whether all texts that begin with `beginning` lie in the set, or none of them does; `None` where the
    /// patterns' own beginnings don't tell.
    pub fn holds_all_beginning(&self, beginning: &str) -> Option<bool> {
        let mut some = false;
        for pattern in &self.patterns {
            match under_beginning(pattern, beginning, self.fold_case) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => some = true,
            }
        }
        if some { None } else { Some(false) }
    }

    /// The patterns laid out for the emptiness search, once.
    pub(crate) fn run(&self) -> &Run {
        self.run.get_or_init(|| Run::new(&self.patterns, self.fold_case))
    }

    /// Whether a text lies in the set.
    pub fn contains(&self, text: &str) -> bool {
        if self.patterns.len() < INDEXED_FROM {
            return self.patterns.iter().any(|p| matches(p, text, self.fold_case));
        }
        self.index().contains(text, self.fold_case)
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::of(&self.patterns))
    }
}

/// What a pattern says of the texts with this beginning: all match, none does, or neither is plain.
fn under_beginning(pattern: &[Token], beginning: &str, fold_case: bool) -> Option<bool> {
    let mut chars = beginning.chars();
    let mut rest = pattern;
    while let Some((token, after)) = rest.split_first() {
        if matches!(token, Token::AnyRun | Token::AnyRunInSegment) {
            return (*token == Token::AnyRun && after.is_empty()).then_some(true);
        }
        let c = chars.next()?;
        if !accepts(*token, c, fold_case) {
            return Some(false);
        }
        rest = after;
    }
    // The pattern is over: it matches one text, which goes no further than this.
    if chars.next().is_some() { Some(false) } else { None }
}

impl PartialEq for PatternSet {
    fn eq(&self, other: &Self) -> bool {
        self.fold_case == other.fold_case && self.patterns == other.patterns
    }
}

impl Eq for PatternSet {}

impl Hash for PatternSet {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

/// Whether one step of a pattern accepts one character.
pub fn accepts(token: Token, c: char, fold_case: bool) -> bool {
    match token {
        Token::Char(t) => t == c || (fold_case && t == fold(c)),
        Token::AnyOne | Token::AnyRun => true,
        Token::AnyOneInSegment | Token::AnyRunInSegment => c != ':',
    }
}

/// A finite union of closed intervals of one line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RangeSet {
    /// The line.
    pub scalar: Scalar,
    /// The intervals, sorted, disjoint.
    pub intervals: Box<[(Point, Point)]>,
}

impl RangeSet {
    /// The union of intervals; those with first > last are dropped.
    pub fn new(scalar: Scalar, mut intervals: Vec<(Point, Point)>) -> Self {
        intervals.retain(|(first, last)| first <= last && first.family == last.family);
        intervals.sort();
        let mut merged: Vec<(Point, Point)> = Vec::with_capacity(intervals.len());
        for (first, last) in intervals {
            match merged.last_mut() {
                Some((_, end)) if first <= *end => *end = (*end).max(last),
                _ => merged.push((first, last)),
            }
        }
        Self { scalar, intervals: merged.into() }
    }

    /// Whether a point lies in the set.
    pub fn contains(&self, point: Point) -> bool {
        self.intervals.iter().any(|(first, last)| *first <= point && point <= *last)
    }
}

/// The table that makes equal pattern sets one. Shared by all threads of a run.
#[derive(Debug, Default)]
pub struct Languages {
    shards: [Mutex<FxHashMap<Key, Arc<PatternSet>>>; SHARDS],
}

/// Ids are given out once a process, so that answers remembered by id can never be taken for those of
/// another table's sets. They decide nothing that reaches output.
static NEXT_ID: AtomicU32 = AtomicU32::new(0);

type Key = (bool, Box<[Pattern]>);
const SHARDS: usize = 16;

impl Languages {
    /// The set of the given patterns, sorted, without duplicates; folded where case is to be ignored.
    pub fn set(&self, mut patterns: Vec<Pattern>, fold_case: bool) -> Arc<PatternSet> {
        if fold_case {
            for pattern in &mut patterns {
                for token in pattern.iter_mut() {
                    if let Token::Char(c) = token {
                        *c = fold(*c);
                    }
                }
            }
        }
        patterns.sort();
        patterns.dedup();
        let key: Key = (fold_case, patterns.into());
        let shard = usize::try_from(FxBuildHasher.hash_one(&key) >> 60).unwrap_or_default() % SHARDS;
        let Some(shard) = self.shards.get(shard) else { return Self::fresh(&key) };
        let mut table = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = table.get(&key) {
            return known.clone();
        }
        let set = Self::fresh(&key);
        table.insert(key, set.clone());
        set
    }

    /// The set of one literal text.
    pub fn literal(&self, text: &str) -> Arc<PatternSet> {
        self.set(vec![text.chars().map(Token::Char).collect()], false)
    }

    fn fresh(key: &Key) -> Arc<PatternSet> {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        Arc::new(PatternSet {
            id,
            fold_case: key.0,
            patterns: key.1.clone(),
            run: OnceLock::new(),
            index: OnceLock::new(),
            finite: OnceLock::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token() -> impl Strategy<Value = Token> {
        prop_oneof![
            5 => prop::sample::select(vec!['a', 'b', ':']).prop_map(Token::Char),
            1 => Just(Token::AnyOne),
            2 => Just(Token::AnyRun),
            1 => Just(Token::AnyRunInSegment),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]
        #[test]
        fn what_a_beginning_settles_is_so_for_all_texts(
            patterns in prop::collection::vec(prop::collection::vec(token(), 0..6).prop_map(Pattern::from), 0..4),
            beginning in "[abA:]{0,4}",
            ends in prop::collection::vec("[abA:]{0,4}", 12),
            fold_case: bool,
        ) {
            let set = Languages::default().set(patterns, fold_case);
            let Some(settled) = set.holds_all_beginning(&beginning) else { return Ok(()) };
            for end in ends {
                prop_assert_eq!(set.contains(&format!("{beginning}{end}")), settled);
            }
        }
    }
}
