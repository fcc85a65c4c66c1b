//! Conflicts of more than two sets that need no search: of one set, each pattern shares no text with some other set, or
//! lies in one that is refused. Which ones may differ from pattern to pattern.
//!
//! What is found is a conflict; that none is found says nothing.

use super::EmptinessCache;
use crate::language::PatternSet;
use crate::language::compare::all_patterns;

/// A conflict, as places among the sets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// The set whose patterns are ruled out one by one, and the other sets that do it.
    pub(crate) positive: Vec<usize>,
    /// The refused sets that do it.
    pub(crate) negative: Vec<usize>,
}

impl EmptinessCache {
    /// A conflict of the sets that two patterns at a time show.
    pub(crate) fn one_by_one(&self, positive: &[&PatternSet], negative: &[&PatternSet]) -> Option<Conflict> {
        positive.iter().enumerate().find_map(|(at, set)| self.all_ruled_out(at, set, positive, negative))
    }

    fn all_ruled_out(
        &self,
        at: usize,
        set: &PatternSet,
        positive: &[&PatternSet],
        negative: &[&PatternSet],
    ) -> Option<Conflict> {
        let all = all_patterns(set)?;
        let apart = positive.iter().enumerate().filter(|(n, _)| *n != at);
        let apart: Vec<(usize, u64)> = apart.map(|(n, other)| (n, self.pair(set, other).apart)).collect();
        let inside = negative.iter().enumerate();
        let inside: Vec<(usize, u64)> = inside.map(|(n, other)| (n, self.pair(set, other).inside)).collect();
        let by_any = apart.iter().chain(&inside).fold(0, |found, (_, bits)| found | bits);
        if by_any != all {
            return None;
        }
        // Whichever rules out the most of what is left, until nothing is.
        let mut conflict = Conflict { positive: vec![at], negative: Vec::new() };
        let mut left = all;
        while left != 0 {
            let most = |list: &[(usize, u64)]| {
                let counted = list.iter().map(|(n, bits)| ((bits & left).count_ones(), *n, *bits));
                counted.max_by_key(|(count, n, _)| (*count, std::cmp::Reverse(*n)))
            };
            let (of_positive, of_negative) = (most(&apart), most(&inside));
            let count = |found: &Option<(u32, usize, u64)>| found.map_or(0, |(count, ..)| count);
            let (list, (_, n, bits)) = match count(&of_negative) > count(&of_positive) {
                true => (&mut conflict.negative, of_negative?),
                false => (&mut conflict.positive, of_positive?),
            };
            list.push(n);
            left &= !bits;
        }
        Some(conflict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancellation::Cancellation;
    use crate::emptiness::{Emptiness, search};
    use crate::language::Languages;
    use gateproof_model::pattern::{Pattern, Token};
    use proptest::prelude::*;

    fn token() -> impl Strategy<Value = Token> {
        prop_oneof![
            5 => prop::sample::select(vec!['a', 'b', 'A', ':']).prop_map(Token::Char),
            1 => Just(Token::AnyOne),
            2 => Just(Token::AnyRun),
            1 => Just(Token::AnyRunInSegment),
        ]
    }

    fn sets() -> impl Strategy<Value = Vec<(Vec<Pattern>, bool)>> {
        let pattern = prop::collection::vec(token(), 0..4).prop_map(Pattern::from);
        prop::collection::vec((prop::collection::vec(pattern, 0..4), any::<bool>()), 0..4)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]
        #[test]
        fn what_is_named_leaves_no_text(positive in sets(), negative in sets()) {
            let languages = Languages::default();
            let positive: Vec<_> = positive.into_iter().map(|(p, fold)| languages.set(p, fold)).collect();
            let negative: Vec<_> = negative.into_iter().map(|(p, fold)| languages.set(p, fold)).collect();
            let all: Vec<&PatternSet> = positive.iter().map(AsRef::as_ref).collect();
            let none: Vec<&PatternSet> = negative.iter().map(AsRef::as_ref).collect();
            let Some(conflict) = EmptinessCache::default().one_by_one(&all, &none) else { return Ok(()) };
            let of = |list: &[&PatternSet], places: &[usize]| -> Vec<u32> {
                places.iter().filter_map(|n| list.get(*n)).map(|set| set.id).collect()
            };
            let (wanted, refused) = (of(&all, &conflict.positive), of(&none, &conflict.negative));
            let wanted: Vec<&PatternSet> = all.iter().copied().filter(|s| wanted.contains(&s.id)).collect();
            let refused: Vec<&PatternSet> = none.iter().copied().filter(|s| refused.contains(&s.id)).collect();
            let found = search(&wanted, &refused, 100_000, u64::MAX, &Cancellation::default());
            prop_assert_eq!(found.answer, Emptiness::Empty);
        }
    }

    #[test]
    fn each_pattern_may_have_a_reason_of_its_own() {
        let languages = Languages::default();
        let set = |texts: &[&str]| {
            let pattern = |text: &&str| -> Pattern {
                text.chars().map(|c| if c == '*' { Token::AnyRun } else { Token::Char(c) }).collect()
            };
            languages.set(texts.iter().map(pattern).collect(), false)
        };
        let (listed, account, refused) =
            (set(&["1:a", "2:b*", "2:c"]), set(&["2:*"]), set(&["2:bb*", "2:c"]));
        let cache = EmptinessCache::default();
        assert_eq!(cache.one_by_one(&[&account, &listed], &[&refused]), None);
        let narrow = set(&["1:a", "2:bb*", "2:c"]);
        let conflict = Conflict { positive: vec![1, 0], negative: vec![0] };
        assert_eq!(cache.one_by_one(&[&account, &narrow], &[&refused]), Some(conflict));
    }
}
