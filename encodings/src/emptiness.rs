//! Is there a text that lies in all of these pattern sets and in none of those? If so, which?
//!
//! A few texts are tried first ([`guess`]). Otherwise one set is taken apart into its patterns ([`by_pattern`]), and what
//! matters beside each is run side by side over the text, each set as the places it may be at ([`positions`]), in a
//! breadth-first search over the combinations. The answer is exact; a search that grows past the budget says so.

mod by_pattern;
mod guess;
mod one_by_one;
pub(crate) mod positions;

use crate::cancellation::Cancellation;
use crate::language::PatternSet;
use crate::language::compare::{all_patterns, apart_from, are_disjoint, inside_of, is_within};
use guess::Guess;
use positions::{Positions, Run};
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::cell::Cell;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, PoisonError};

/// Whether some text is in all of the one kind of sets and none of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Emptiness {
    /// No text is.
    Empty,
    /// This text is.
    Word(Arc<str>),
    /// The search passed its budget of states.
    OverBudget,
    /// The search was ended from outside.
    Cancelled,
}

/// What is left of the work that a formula may cost, and the flag that ends it. Counts steps of the search and
/// not time, so that the same formula ends the same way on every machine.
#[derive(Debug)]
pub struct Meter {
    left: Cell<u64>,
    cancellation: Cancellation,
}

impl Meter {
    /// So many steps, until the flag is raised.
    pub fn of(steps: u64, cancellation: &Cancellation) -> Self {
        Self { left: Cell::new(steps), cancellation: cancellation.clone() }
    }

    /// Takes steps away.
    pub fn charge(&self, steps: u64) {
        self.left.set(self.left.get().saturating_sub(steps));
    }

    /// Whether nothing is left.
    pub fn is_spent(&self) -> bool {
        self.left.get() == 0
    }
}

/// The answers of a run, shared by its threads.
#[derive(Debug, Default)]
pub struct EmptinessCache {
    shards: [Mutex<FxHashMap<Box<[u32]>, Searched>>; SHARDS],
    pairs: [Mutex<FxHashMap<(u32, u32), Pair>>; SHARDS],
}

/// How two sets lie to each other, as far as [`crate::language::compare`] sees.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    /// No text lies in both.
    pub(crate) are_disjoint: bool,
    /// Each text of the first lies in the second.
    pub(crate) is_within: bool,
    /// The patterns of the first set, a bit each, that share no text with the second.
    apart: u64,
    /// Those that lie in the second.
    inside: u64,
}

impl Pair {
    fn of(one: &PatternSet, other: &PatternSet) -> Self {
        let Some(all) = all_patterns(one) else {
            let (are_disjoint, is_within) = (are_disjoint(one, other), is_within(one, other));
            return Self { are_disjoint, is_within, apart: 0, inside: 0 };
        };
        let (apart, inside) = (apart_from(one, other), inside_of(one, other));
        Self { are_disjoint: apart == all, is_within: inside == all, apart, inside }
    }
}

/// Pairs that a shard remembers before it forgets them all.
const MOST_PAIRS: usize = 1 << 16;

/// An answer and what it cost.
#[derive(Debug, Clone)]
pub(crate) struct Searched {
    pub(crate) answer: Emptiness,
    states: usize,
    steps: u64,
}

const SHARDS: usize = 16;
/// Between the ids of the positive and the negative sets of a cache key.
const SEPARATOR: u32 = u32::MAX;
/// How many places, over all states, a search may remember: what bounds its memory.
const PLACES: u64 = 4_000_000;

impl EmptinessCache {
    /// How two sets lie to each other, remembered.
    pub(crate) fn pair(&self, one: &PatternSet, other: &PatternSet) -> Pair {
        let key = (one.id, other.id);
        let compare = || Pair::of(one, other);
        let shard = usize::try_from(FxBuildHasher.hash_one(key) >> 60).unwrap_or_default() % SHARDS;
        let Some(shard) = self.pairs.get(shard) else { return compare() };
        if let Some(known) = shard.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return *known;
        }
        let pair = compare();
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if shard.len() >= MOST_PAIRS {
            shard.clear();
        }
        shard.insert(key, pair);
        pair
    }

    /// [`find_word`], remembered. A remembered answer costs what it cost when it was found, and is not given
    /// to a formula that could not have paid for it: so no answer hangs on what was asked before.
    pub fn find(
        &self,
        positive: &[&PatternSet],
        negative: &[&PatternSet],
        states: usize,
        meter: &Meter,
    ) -> Emptiness {
        let mut key: Vec<u32> = positive.iter().map(|s| s.id).collect();
        key.sort_unstable();
        key.dedup();
        key.push(SEPARATOR);
        let split = key.len();
        key.extend(negative.iter().map(|s| s.id));
        if let Some(tail) = key.get_mut(split..) {
            tail.sort_unstable();
        }
        let steps = meter.left.get();
        let shard = usize::try_from(FxBuildHasher.hash_one(&key) >> 60).unwrap_or_default() % SHARDS;
        let Some(shard) = self.shards.get(shard) else { return Emptiness::OverBudget };
        let known = shard.lock().unwrap_or_else(PoisonError::into_inner).get(key.as_slice()).cloned();
        let found = match known.and_then(|k| k.within(states, steps)) {
            Some(found) => found,
            None => {
                let found = self.search_for(positive, negative, states, steps, &meter.cancellation);
                if found.answer != Emptiness::Cancelled {
                    let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
                    shard.insert(key.into(), found.clone());
                }
                found
            }
        };
        meter.charge(found.steps);
        found.answer
    }

    fn search_for(
        &self,
        positive: &[&PatternSet],
        negative: &[&PatternSet],
        states: usize,
        steps: u64,
        cancellation: &Cancellation,
    ) -> Searched {
        let guessed = |answer| Searched { answer, states: 0, steps: 0 };
        match guess::find(positive, negative) {
            Guess::Word(word) => guessed(Emptiness::Word(word)),
            Guess::NoneLeft => guessed(Emptiness::Empty),
            Guess::Unknown if self.two_conflict(positive, negative) => guessed(Emptiness::Empty),
            Guess::Unknown if self.one_by_one(positive, negative).is_some() => guessed(Emptiness::Empty),
            Guess::Unknown => match guess::narrowest(positive) {
                Some(among) => {
                    by_pattern::search_each(among, positive, negative, states, steps, cancellation)
                }
                None => search(positive, negative, states, steps, cancellation),
            },
        }
    }

    /// Whether two of the sets alone leave no text.
    fn two_conflict(&self, positive: &[&PatternSet], negative: &[&PatternSet]) -> bool {
        positive.iter().enumerate().any(|(i, set)| {
            positive.iter().skip(i + 1).any(|other| self.pair(set, other).are_disjoint)
                || negative.iter().any(|other| self.pair(set, other).is_within)
        })
    }
}

impl Searched {
    /// What a search within these bounds comes to; `None` where this one doesn't tell.
    fn within(self, states: usize, steps: u64) -> Option<Self> {
        let affordable = self.states <= states && self.steps <= steps;
        match (&self.answer, affordable) {
            (Emptiness::OverBudget, true) => None,
            (_, true) => Some(self),
            (_, false) => Some(Self {
                answer: Emptiness::OverBudget,
                states: self.states.min(states),
                steps: self.steps.min(steps),
            }),
        }
    }
}

/// A text in every `positive` and no `negative` set, visiting at most `budget` combinations, and none once
/// the flag is raised.
pub fn find_word(
    positive: &[&PatternSet],
    negative: &[&PatternSet],
    budget: usize,
    cancellation: &Cancellation,
) -> Emptiness {
    EmptinessCache::default().search_for(positive, negative, budget, u64::MAX, cancellation).answer
}

/// The search over all sets at once.
pub(crate) fn search(
    positive: &[&PatternSet],
    negative: &[&PatternSet],
    states: usize,
    steps: u64,
    cancellation: &Cancellation,
) -> Searched {
    let runs: Vec<(&Run, bool)> =
        positive.iter().map(|s| (s.run(), true)).chain(negative.iter().map(|s| (s.run(), false))).collect();
    explore(runs, states, steps, cancellation)
}

/// A text that each run accepts, or doesn't, as it is paired.
fn explore(runs: Vec<(&Run, bool)>, states: usize, steps: u64, cancellation: &Cancellation) -> Searched {
    let mut search = Search { runs, nodes: Vec::new(), seen: FxHashMap::default(), steps: 0, places: 0 };
    let start: Vec<Positions> = search.runs.iter().map(|(run, _)| run.start()).collect();
    if let Some(answer) = search.visit(start, None) {
        return Searched { answer, states: 0, steps: 0 };
    }
    let mut next = 0;
    loop {
        // What is recorded is what has been compared with the bounds.
        let mut found =
            Searched { answer: Emptiness::Empty, states: search.nodes.len(), steps: search.steps };
        if search.nodes.len() > states || search.steps > steps || search.places > PLACES {
            return Searched { answer: Emptiness::OverBudget, ..found };
        }
        if cancellation.is_cancelled() {
            return Searched { answer: Emptiness::Cancelled, ..found };
        }
        if next == search.nodes.len() {
            return found;
        }
        if let Some(answer) = search.expand(next) {
            found.answer = answer;
            return found;
        }
        next += 1;
    }
}

struct Search<'a> {
    runs: Vec<(&'a Run, bool)>,
    nodes: Vec<SearchNode>,
    seen: FxHashMap<Box<[Positions]>, ()>,
    /// Work done: places moved by a letter.
    steps: u64,
    /// Places remembered.
    places: u64,
}

struct SearchNode {
    state: Box<[Positions]>,
    /// The node it was reached from, and by which character.
    from: Option<(usize, char)>,
}

impl Search<'_> {
    /// Records a combination unless it is known or hopeless; its text, if it is accepted.
    fn visit(&mut self, state: Vec<Positions>, from: Option<(usize, char)>) -> Option<Emptiness> {
        let mut accepted = true;
        for ((run, positive), positions) in self.runs.iter().zip(&state) {
            if *positive && positions.is_dead() || !*positive && positions.is_everything() {
                return None;
            }
            accepted &= run.accepts(positions) == *positive;
        }
        let state: Box<[Positions]> = state.into();
        if self.seen.contains_key(&state) {
            return None;
        }
        if accepted {
            return Some(Emptiness::Word(self.word(from)));
        }
        self.places += state.iter().map(Positions::weight).sum::<u64>();
        self.seen.insert(state.clone(), ());
        self.nodes.push(SearchNode { state, from });
        None
    }

    fn expand(&mut self, at: usize) -> Option<Emptiness> {
        let state = self.nodes.get(at)?.state.clone();
        let weight = state.iter().map(Positions::weight).sum::<u64>();
        for c in self.alphabet(&state) {
            self.steps += weight;
            let next: Vec<Positions> =
                self.runs.iter().zip(&state).map(|((run, _), positions)| run.step(positions, c)).collect();
            if let Some(found) = self.visit(next, Some((at, c))) {
                return Some(found);
            }
        }
        None
    }

    /// One character of every class that the places of this combination tell apart.
    fn alphabet(&self, state: &[Positions]) -> Vec<char> {
        let mut letters = Vec::new();
        let mut segments = false;
        for ((run, _), positions) in self.runs.iter().zip(state) {
            segments |= run.letters(positions, &mut letters);
        }
        if segments {
            letters.push(':');
        }
        letters.sort_unstable();
        letters.dedup();
        let other = "xyzabcdefghijklmnopqrstuvw0123456789-_".chars().chain('\u{E000}'..='\u{F8FF}');
        let fresh = other.into_iter().find(|c| letters.binary_search(c).is_err());
        letters.extend(fresh);
        letters
    }

    fn word(&self, mut from: Option<(usize, char)>) -> Arc<str> {
        let mut reversed = Vec::new();
        while let Some((node, c)) = from {
            reversed.push(c);
            from = self.nodes.get(node).and_then(|n| n.from);
        }
        reversed.into_iter().rev().collect::<String>().into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]
    use super::*;
    use crate::language::{Languages, matches};
    use gateproof_model::pattern::{Pattern, Token};
    use proptest::prelude::*;

    fn token() -> impl Strategy<Value = Token> {
        prop_oneof![
            4 => prop::sample::select(vec!['a', 'b', 'A', ':']).prop_map(Token::Char),
            1 => Just(Token::AnyOne),
            2 => Just(Token::AnyRun),
            1 => Just(Token::AnyOneInSegment),
            1 => Just(Token::AnyRunInSegment),
        ]
    }

    fn set() -> impl Strategy<Value = (Vec<Pattern>, bool)> {
        let pattern = prop::collection::vec(token(), 0..5).prop_map(Pattern::from);
        (prop::collection::vec(pattern, 0..4), any::<bool>())
    }

    fn short_texts() -> Vec<String> {
        let mut all = vec![String::new()];
        let mut from = 0;
        for _ in 0..5 {
            let to = all.len();
            for i in from..to {
                for c in ['a', 'b', 'A', 'B', ':', 'q'] {
                    all.push(format!("{}{c}", all[i]));
                }
            }
            from = to;
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]
        #[test]
        fn agrees_with_trying_all_short_texts(
            positive in prop::collection::vec(set(), 0..3),
            negative in prop::collection::vec(set(), 0..3),
        ) {
            let languages = Languages::default();
            let build = |sets: Vec<(Vec<Pattern>, bool)>| -> Vec<_> {
                sets.into_iter().map(|(p, f)| languages.set(p, f)).collect()
            };
            let (positive, negative) = (build(positive), build(negative));
            let p: Vec<&PatternSet> = positive.iter().map(AsRef::as_ref).collect();
            let n: Vec<&PatternSet> = negative.iter().map(AsRef::as_ref).collect();
            let holds = |t: &str| p.iter().all(|s| s.contains(t)) && !n.iter().any(|s| s.contains(t));
            let some = short_texts().into_iter().find(|t| holds(t));
            let flag = Cancellation::default();
            for answer in [find_word(&p, &n, 100_000, &flag), search(&p, &n, 100_000, u64::MAX, &flag).answer] {
                match answer {
                    Emptiness::Word(w) => prop_assert!(holds(&w), "{w:?}"),
                    Emptiness::Empty => prop_assert_eq!(&some, &None),
                    stopped => prop_assert!(false, "{stopped:?}"),
                }
            }
        }

        #[test]
        fn matching_agrees_with_the_run(pattern in prop::collection::vec(token(), 0..6), text in "[abA:q]{0,7}", fold_case: bool) {
            let languages = Languages::default();
            let set = languages.set(vec![pattern.into()], fold_case);
            let run = set.run();
            let end = text.chars().fold(run.start(), |at, c| run.step(&at, c));
            prop_assert_eq!(run.accepts(&end), set.patterns.iter().any(|p| matches(p, &text, fold_case)));
        }
    }
}
