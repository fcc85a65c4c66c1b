//! Two sets of patterns compared pattern by pattern: whether they share no text, and whether one surely
//! lies in the other. Much cheaper than a search over all sets of a question at once, and what it finds is
//! about two sets only.

use super::matching::reaches_end;
use super::{PatternSet, accepts};
use gateproof_model::pattern::{Pattern, Token};
use gateproof_model::text::unfold;

/// Pairs of patterns that are looked at for two sets.
const PAIRS: usize = 512;

/// Whether no text lies in both sets. False also where there are too many patterns to look at.
pub fn are_disjoint(a: &PatternSet, b: &PatternSet) -> bool {
    let few = a.patterns.len().saturating_mul(b.patterns.len()) <= PAIRS;
    few && a.patterns.iter().all(|x| b.patterns.iter().all(|y| !meet((x, a.fold_case), (y, b.fold_case))))
}

/// Of sets with more patterns none is told apart from the others.
const TOLD_APART: usize = u64::BITS as usize;

/// All of a set's patterns, a bit each; `None` where they are too many.
pub fn all_patterns(set: &PatternSet) -> Option<u64> {
    let many = set.patterns.len();
    (many <= TOLD_APART)
        .then(|| u32::try_from(many).ok().and_then(|n| 1u64.checked_shl(n)).map_or(u64::MAX, |b| b - 1))
}

/// The patterns of `a`, a bit each, that share no text with `b`. Errs towards sharing one.
pub fn apart_from(a: &PatternSet, b: &PatternSet) -> u64 {
    let few = a.patterns.len().saturating_mul(b.patterns.len()) <= PAIRS;
    bits(a, |x| few && b.patterns.iter().all(|y| !meet((x, a.fold_case), (y, b.fold_case))))
}

/// The patterns of `inner`, a bit each, that surely lie in `outer`, as [`is_within`] says of all.
pub fn inside_of(inner: &PatternSet, outer: &PatternSet) -> u64 {
    if inner.fold_case && !outer.fold_case {
        return 0;
    }
    let few = inner.patterns.len().saturating_mul(outer.patterns.len()) <= PAIRS;
    bits(inner, |x| match few {
        true => outer.patterns.iter().any(|y| covers(y, x, outer.fold_case)),
        false => outer.index().covers(x, outer.fold_case),
    })
}

fn bits(set: &PatternSet, holds: impl Fn(&Pattern) -> bool) -> u64 {
    let listed = set.patterns.iter().take(TOLD_APART).enumerate();
    listed.filter(|(_, pattern)| holds(pattern)).fold(0, |found, (n, _)| found | 1 << n)
}

/// Whether each text of `inner` surely lies in `outer`: each pattern within one pattern, place by place.
/// False where it takes several patterns together, or where there are too many to look at.
pub fn is_within(inner: &PatternSet, outer: &PatternSet) -> bool {
    if inner.fold_case && !outer.fold_case {
        return false;
    }
    if inner.patterns.len().saturating_mul(outer.patterns.len()) <= PAIRS {
        return inner.patterns.iter().all(|x| outer.patterns.iter().any(|y| covers(y, x, outer.fold_case)));
    }
    inner.patterns.iter().all(|x| outer.index().covers(x, outer.fold_case))
}

/// Whether some text matches both patterns; each with whether it ignores letter case.
pub fn meet((a, fold_a): (&Pattern, bool), (b, fold_b): (&Pattern, bool)) -> bool {
    let literal = |tokens: &(&Token, &Token)| matches!(tokens, (Token::Char(_), Token::Char(_)));
    let mut heads = a.iter().zip(b).take_while(literal);
    if heads.any(|(x, y)| !share_a_character((*x, fold_a), (*y, fold_b))) {
        return false;
    }
    // Both at their places after some common text; rows for the places of `a`.
    let mut row = vec![false; b.len() + 1];
    let mut next = vec![false; b.len() + 1];
    if let Some(start) = row.first_mut() {
        *start = true;
    }
    for i in 0..=a.len() {
        let x = a.get(i).copied();
        let mut alive = false;
        for j in 0..=b.len() {
            if row.get(j) != Some(&true) {
                continue;
            }
            alive = true;
            let y = b.get(j).copied();
            if x.is_none() && y.is_none() {
                return true;
            }
            let (run_x, run_y) = (x.is_some_and(is_run), y.is_some_and(is_run));
            let mark = |list: &mut Vec<bool>, at: usize| {
                if let Some(slot) = list.get_mut(at) {
                    *slot = true;
                }
            };
            // A run may take nothing.
            if run_x {
                mark(&mut next, j);
            }
            if run_y {
                mark(&mut row, j + 1);
            }
            let (Some(tx), Some(ty)) = (x, y) else { continue };
            if share_a_character((tx, fold_a), (ty, fold_b)) {
                match (run_x, run_y) {
                    (false, false) => mark(&mut next, j + 1),
                    (true, false) => mark(&mut row, j + 1),
                    (false, true) => mark(&mut next, j),
                    (true, true) => {}
                }
            }
        }
        if !alive {
            return false;
        }
        std::mem::swap(&mut row, &mut next);
        next.fill(false);
    }
    false
}

fn is_run(token: Token) -> bool {
    matches!(token, Token::AnyRun | Token::AnyRunInSegment)
}

fn share_a_character((a, fold_a): (Token, bool), (b, fold_b): (Token, bool)) -> bool {
    let both = |c: char| accepts(a, c, fold_a) && accepts(b, c, fold_b);
    let tried = |token: Token| match token {
        Token::Char(c) => both(c) || unfold(c).is_some_and(both),
        _ => false,
    };
    match (a, b) {
        (Token::Char(x), Token::Char(y)) => x == y || accepts(a, y, fold_a) || accepts(b, x, fold_b),
        (Token::Char(_), _) | (_, Token::Char(_)) => tried(a) || tried(b),
        // Two wildcards share every character but perhaps the colon.
        _ => true,
    }
}

/// Whether the outer pattern, read as a pattern over the inner one's tokens, matches it: its runs take
/// tokens that they accept whatever those stand for.
pub(crate) fn covers(outer: &Pattern, inner: &Pattern, fold_case: bool) -> bool {
    let takes = |token: Token, taken: Token| match (token, taken) {
        (_, Token::Char(c)) => accepts(token, c, fold_case),
        (Token::AnyOne, Token::AnyOne | Token::AnyOneInSegment) => true,
        (Token::AnyOneInSegment, Token::AnyOneInSegment) => true,
        (Token::AnyRun, _) => true,
        (Token::AnyRunInSegment, Token::AnyOneInSegment | Token::AnyRunInSegment) => true,
        _ => false,
    };
    let mut head = outer.iter().take_while(|t| matches!(t, Token::Char(_))).enumerate();
    if !head.all(|(i, t)| inner.get(i).is_some_and(|taken| takes(*t, *taken))) {
        return false;
    }
    reaches_end(outer, inner.iter().copied(), takes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancellation::Cancellation;
    use crate::emptiness::{Emptiness, search};
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
        let pattern = prop::collection::vec(token(), 0..6).prop_map(Pattern::from);
        (prop::collection::vec(pattern, 0..3), any::<bool>())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]
        #[test]
        fn agrees_with_the_search(a in set(), b in set()) {
            let languages = Languages::default();
            let (a, b) = (languages.set(a.0, a.1), languages.set(b.0, b.1));
            let empty = |positive: &[&PatternSet], negative: &[&PatternSet]| {
                search(positive, negative, 100_000, u64::MAX, &Cancellation::default()).answer == Emptiness::Empty
            };
            prop_assert_eq!(are_disjoint(&a, &b), empty(&[&a, &b], &[]));
            if is_within(&a, &b) {
                prop_assert!(empty(&[&a], &[&b]));
            }
            prop_assert_eq!(are_disjoint(&a, &b), Some(apart_from(&a, &b)) == all_patterns(&a));
            prop_assert!(a.patterns.is_empty() || is_within(&a, &b) == (Some(inside_of(&a, &b)) == all_patterns(&a)));
        }
    }
}
