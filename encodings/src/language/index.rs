//! Whether a text lies in a large set, without trying every pattern.
//!
//! Most patterns are a text, or a text and a `*`. Texts are looked up as a whole; of the beginnings only the
//! last one that sorts before the text can be one of the text's, none of them being a beginning of another.

use super::matches;
use gateproof_model::pattern::{Pattern, Token};
use gateproof_model::text::folded;
use rustc_hash::FxHashSet;
use std::borrow::Cow;

/// The patterns of a set by their form.
#[derive(Debug, Default)]
pub(super) struct Index {
    texts: FxHashSet<Box<str>>,
    /// What patterns say before a final `*`: sorted, none a beginning of another.
    beginnings: Vec<Box<str>>,
    /// All others, with what they say before their first wildcard.
    rest: Vec<(Box<str>, Pattern)>,
}

impl Index {
    pub(super) fn of(patterns: &[Pattern]) -> Self {
        let mut index = Self::default();
        let mut beginnings: Vec<Box<str>> = Vec::new();
        for pattern in patterns {
            let literal = |t: &&Token| matches!(t, Token::Char(_));
            let head: String = pattern
                .iter()
                .take_while(literal)
                .filter_map(|t| if let Token::Char(c) = t { Some(*c) } else { None })
                .collect();
            let special = pattern.iter().filter(|t| !literal(t)).count();
            match (special, pattern.last()) {
                (0, _) => {
                    index.texts.insert(head.into());
                }
                (1, Some(Token::AnyRun)) => beginnings.push(head.into()),
                _ => index.rest.push((head.into(), pattern.clone())),
            }
        }
        beginnings.sort();
        for beginning in beginnings {
            if !index.beginnings.last().is_some_and(|shorter| beginning.starts_with(&**shorter)) {
                index.beginnings.push(beginning);
            }
        }
        index
    }

    /// Whether all texts of a pattern are surely among these: it is one of the texts, or goes on from a beginning.
    pub(super) fn covers(&self, pattern: &[Token], fold_case: bool) -> bool {
        let literal = |t: &Token| if let Token::Char(c) = t { Some(*c) } else { None };
        let head: String = pattern.iter().map_while(literal).collect();
        if pattern.iter().all(|t| literal(t).is_some()) {
            return self.contains(&head, fold_case);
        }
        let head = if fold_case { folded(&head) } else { Cow::Borrowed(head.as_str()) };
        self.has_beginning(&head)
    }

    fn has_beginning(&self, text: &str) -> bool {
        let after = self.beginnings.partition_point(|b| **b <= *text);
        let nearest = after.checked_sub(1).and_then(|i| self.beginnings.get(i));
        nearest.is_some_and(|beginning| text.starts_with(&**beginning))
    }

    /// Whether some pattern matches the text; where letter case is ignored, the patterns are folded.
    pub(super) fn contains(&self, text: &str, fold_case: bool) -> bool {
        let text = if fold_case { folded(text) } else { Cow::Borrowed(text) };
        if self.texts.contains(&*text) {
            return true;
        }
        self.has_beginning(&text)
            || self
                .rest
                .iter()
                .any(|(head, pattern)| text.starts_with(&**head) && matches(pattern, &text, fold_case))
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
            1 => Just(Token::AnyRun),
            1 => Just(Token::AnyRunInSegment),
        ]
    }

    fn pattern() -> impl Strategy<Value = Pattern> {
        let text =
            prop::collection::vec(prop::sample::select(vec!['a', 'b', ':']).prop_map(Token::Char), 0..4);
        let run = any::<bool>().prop_map(|run| run.then_some(Token::AnyRun));
        let plain = (text, run).prop_map(|(text, run)| text.into_iter().chain(run).collect::<Vec<_>>());
        prop_oneof![2 => plain, 1 => prop::collection::vec(token(), 0..5)].prop_map(Pattern::from)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]
        #[test]
        fn what_covers_a_pattern_holds_its_texts(
            patterns in prop::collection::vec(pattern(), 0..8),
            inner in pattern(),
            texts in prop::collection::vec("[abAB:]{0,4}", 12),
            fold_case: bool,
        ) {
            let index = Index::of(&patterns);
            if index.covers(&inner, fold_case) {
                for text in texts.iter().filter(|t| matches(&inner, t, fold_case)) {
                    prop_assert!(index.contains(text, fold_case), "{} {:?} {:?}", text, inner, patterns);
                }
            }
        }

        #[test]
        fn agrees_with_trying_every_pattern(
            patterns in prop::collection::vec(pattern(), 0..8),
            texts in prop::collection::vec("[abAB:]{0,6}", 6),
            fold_case: bool,
        ) {
            let index = Index::of(&patterns);
            for text in texts {
                let one_by_one = patterns.iter().any(|p| matches(p, &text, fold_case));
                prop_assert_eq!(index.contains(&text, fold_case), one_by_one, "{} {:?}", text, patterns);
            }
        }
    }
}
