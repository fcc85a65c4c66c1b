//! The search, one pattern of a set at a time. A text of a set matches one of its patterns, and of the other sets' patterns
//! only those matter that share a text with that one: of long lists mostly none, or one that settles it.

use super::positions::Run;
use super::{Emptiness, Searched, explore};
use crate::cancellation::Cancellation;
use crate::language::PatternSet;
use crate::language::compare::{covers, meet};
use gateproof_model::pattern::{Pattern, Token};

/// The sets beside the one that is taken apart, each with whether the text must lie in it.
type Others<'s> = Vec<(&'s PatternSet, bool)>;

/// A text in every `positive` and no `negative` set, by the patterns of `among`, which is one of the positive ones.
pub(super) fn search_each(
    among: &PatternSet,
    positive: &[&PatternSet],
    negative: &[&PatternSet],
    states: usize,
    steps: u64,
    cancellation: &Cancellation,
) -> Searched {
    let wanted = positive.iter().filter(|set| !std::ptr::eq(**set, among)).map(|set| (*set, true));
    let others: Others<'_> = wanted.chain(negative.iter().map(|set| (*set, false))).collect();
    // Where every set ignores letter case, the folded text decides for all that fold to it.
    let same_case = !among.fold_case || others.iter().all(|(set, _)| set.fold_case);
    let looked_at = others.iter().map(|(set, _)| 1 + set.patterns.len() as u64).sum::<u64>();
    let mut spent = Searched { answer: Emptiness::Empty, states: 0, steps: 0 };
    for pattern in &among.patterns {
        if let Some(text) = text_of(pattern).filter(|_| same_case) {
            if others.iter().all(|(set, wanted)| set.contains(&text) == *wanted) {
                return Searched { answer: Emptiness::Word(text.into()), ..spent };
            }
            continue;
        }
        spent.steps += looked_at;
        let Some(beside) = beside(pattern, among.fold_case, &others) else { continue };
        let own = Run::new([pattern], among.fold_case);
        let runs: Vec<(&Run, bool)> =
            std::iter::once((&own, true)).chain(beside.iter().map(|(run, wanted)| (run, *wanted))).collect();
        let (left, work) = (states.saturating_sub(spent.states), steps.saturating_sub(spent.steps));
        let found = explore(runs, left, work, cancellation);
        spent.states += found.states;
        spent.steps += found.steps;
        if found.answer != Emptiness::Empty {
            return Searched { answer: found.answer, ..spent };
        }
    }
    if spent.steps > steps {
        spent.answer = Emptiness::OverBudget;
    }
    spent
}

/// The text that a pattern without wildcards is.
fn text_of(pattern: &[Token]) -> Option<String> {
    pattern.iter().map(|token| if let Token::Char(c) = token { Some(*c) } else { None }).collect()
}

/// What has to be run beside a pattern, each with whether it must accept; `None` where no text of the pattern is left.
fn beside(pattern: &Pattern, fold_case: bool, others: &Others<'_>) -> Option<Vec<(Run, bool)>> {
    let mut runs = Vec::new();
    for (set, wanted) in others {
        let meeting: Vec<&Pattern> =
            set.patterns.iter().filter(|other| meet((other, set.fold_case), (pattern, fold_case))).collect();
        let inside = (set.fold_case || !fold_case)
            && meeting.iter().any(|other| covers(other, pattern, set.fold_case));
        match (wanted, inside, meeting.is_empty()) {
            (true, false, true) | (false, true, _) => return None,
            (true, true, _) | (false, false, true) => {}
            (_, false, false) => runs.push((Run::new(meeting, set.fold_case), *wanted)),
        }
    }
    Some(runs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emptiness::search;
    use crate::language::Languages;
    use proptest::prelude::*;

    fn token() -> impl Strategy<Value = Token> {
        prop_oneof![
            5 => prop::sample::select(vec!['a', 'b', 'A', ':']).prop_map(Token::Char),
            1 => Just(Token::AnyOne),
            2 => Just(Token::AnyRun),
            1 => Just(Token::AnyOneInSegment),
            1 => Just(Token::AnyRunInSegment),
        ]
    }

    fn set() -> impl Strategy<Value = (Vec<Pattern>, bool)> {
        let pattern = prop::collection::vec(token(), 0..5).prop_map(Pattern::from);
        (prop::collection::vec(pattern, 0..5), any::<bool>())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]
        #[test]
        fn agrees_with_the_search_over_all_at_once(
            positive in prop::collection::vec(set(), 1..4),
            negative in prop::collection::vec(set(), 0..4),
            at: prop::sample::Index,
        ) {
            let languages = Languages::default();
            let build = |sets: Vec<(Vec<Pattern>, bool)>| -> Vec<_> {
                sets.into_iter().map(|(p, f)| languages.set(p, f)).collect()
            };
            let (positive, negative) = (build(positive), build(negative));
            let p: Vec<&PatternSet> = positive.iter().map(AsRef::as_ref).collect();
            let n: Vec<&PatternSet> = negative.iter().map(AsRef::as_ref).collect();
            let flag = Cancellation::default();
            let among = at.get(&p);
            let all = search(&p, &n, 100_000, u64::MAX, &flag).answer;
            match search_each(among, &p, &n, 100_000, u64::MAX, &flag).answer {
                Emptiness::Word(w) => {
                    prop_assert!(p.iter().all(|s| s.contains(&w)) && !n.iter().any(|s| s.contains(&w)), "{w:?}");
                    prop_assert!(matches!(all, Emptiness::Word(_)));
                }
                answer => prop_assert_eq!(answer, all),
            }
        }
    }
}
