//! Whether a text matches one pattern.

use super::accepts;
use gateproof_model::pattern::Token;

/// Whether a text matches a pattern: greedy, going back to the last run of each kind only. That is complete
/// where no flat `*` stands before a `*` that stops at colons, and a colon stands between that and any flat wildcard: whatever an
/// earlier run might take more, the last one of its kind can take as well. Other patterns are matched place
/// by place.
pub fn matches(pattern: &[Token], text: &str, fold_case: bool) -> bool {
    let (mut pattern, mut text) = (pattern, text);
    while let Some((token @ Token::Char(_), after)) = pattern.split_first() {
        let mut chars = text.chars();
        if !chars.next().is_some_and(|c| accepts(*token, c, fold_case)) {
            return false;
        }
        (pattern, text) = (after, chars.as_str());
    }
    if !is_orderly(pattern) {
        return matches_by_positions(pattern, text, fold_case);
    }
    let (mut p, mut rest) = (0usize, text);
    let mut flat: Option<(usize, &str)> = None;
    let mut segment: Option<(usize, &str)> = None;
    loop {
        let mut chars = rest.chars();
        match (pattern.get(p), chars.next()) {
            (None, None) => return true,
            (Some(Token::AnyRun), _) => {
                p += 1;
                if p == pattern.len() {
                    return true;
                }
                (flat, segment) = (Some((p, rest)), None);
                continue;
            }
            (Some(Token::AnyRunInSegment), _) => {
                p += 1;
                segment = Some((p, rest));
                continue;
            }
            (Some(token), Some(c)) if accepts(*token, c, fold_case) => {
                p += 1;
                rest = chars.as_str();
                continue;
            }
            _ => {}
        }
        // A mismatch: the last run takes one character more, if it may.
        let longer = |from: &str| Some(from.chars().next()?.len_utf8());
        if let Some((after, from)) = segment
            && !from.starts_with(':')
            && let Some(width) = longer(from)
        {
            rest = from.get(width..).unwrap_or_default();
            (p, segment) = (after, Some((after, rest)));
            continue;
        }
        segment = None;
        let Some((after, from)) = flat else { return false };
        let Some(width) = longer(from) else { return false };
        rest = from.get(width..).unwrap_or_default();
        (p, flat) = (after, Some((after, rest)));
    }
}

/// Runs that stop at colons come first, and a colon stands between each of them and what passes colons.
fn is_orderly(pattern: &[Token]) -> bool {
    let (mut flat, mut open) = (false, false);
    for token in pattern {
        match token {
            Token::AnyRunInSegment if flat => return false,
            Token::AnyRunInSegment => open = true,
            Token::AnyRun | Token::AnyOne if open => return false,
            Token::AnyRun => flat = true,
            Token::Char(':') => open = false,
            _ => {}
        }
    }
    true
}

fn matches_by_positions(pattern: &[Token], text: &str, fold_case: bool) -> bool {
    reaches_end(pattern, text.chars(), |token, c| accepts(token, c, fold_case))
}

/// Whether the pattern's places, all of them kept at each step, lead over the items to its end; a run takes
/// any number of items that it accepts.
pub(super) fn reaches_end<T: Copy>(
    pattern: &[Token],
    items: impl Iterator<Item = T>,
    takes: impl Fn(Token, T) -> bool,
) -> bool {
    places_after(pattern, items, takes).last() == Some(&true)
}

/// The places of a pattern at which a text may have led to: what can follow the text in a match hangs on them alone.
pub fn places(pattern: &[Token], text: &str) -> Vec<bool> {
    let literal = pattern.iter().map_while(|t| if let Token::Char(c) = t { Some(*c) } else { None });
    if literal.zip(text.chars()).any(|(expected, c)| expected != c) {
        return vec![false; pattern.len() + 1];
    }
    places_after(pattern, text.chars(), |token, c| accepts(token, c, false))
}

fn places_after<T: Copy>(
    pattern: &[Token],
    items: impl Iterator<Item = T>,
    takes: impl Fn(Token, T) -> bool,
) -> Vec<bool> {
    let is_run = |token: &Token| matches!(token, Token::AnyRun | Token::AnyRunInSegment);
    let skip_runs = |live: &mut Vec<bool>| {
        for (i, token) in pattern.iter().enumerate() {
            if is_run(token)
                && live.get(i) == Some(&true)
                && let Some(next) = live.get_mut(i + 1)
            {
                *next = true;
            }
        }
    };
    let mut live = vec![false; pattern.len() + 1];
    if let Some(first) = live.first_mut() {
        *first = true;
    }
    skip_runs(&mut live);
    for item in items {
        let mut next = vec![false; pattern.len() + 1];
        for (i, token) in pattern.iter().enumerate() {
            if live.get(i) != Some(&true) || !takes(*token, item) {
                continue;
            }
            let to = if is_run(token) { i } else { i + 1 };
            if let Some(slot) = next.get_mut(to) {
                *slot = true;
            }
        }
        skip_runs(&mut next);
        live = next;
    }
    live
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token() -> impl Strategy<Value = Token> {
        prop_oneof![
            4 => prop::sample::select(vec!['a', 'b', ':']).prop_map(Token::Char),
            1 => Just(Token::AnyOne),
            1 => Just(Token::AnyOneInSegment),
            1 => Just(Token::AnyRun),
            2 => Just(Token::AnyRunInSegment),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]
        #[test]
        fn agrees_with_going_place_by_place(
            pattern in prop::collection::vec(token(), 0..9),
            text in "[abAB:]{0,9}",
            fold_case: bool,
        ) {
            prop_assert_eq!(matches(&pattern, &text, fold_case), matches_by_positions(&pattern, &text, fold_case));
        }

        #[test]
        fn after_equal_places_the_same_texts_match(
            pattern in prop::collection::vec(token(), 0..7),
            (one, other) in ("[ab:]{0,4}", "[ab:]{0,4}"),
            rest in prop::collection::vec("[ab:]{0,5}", 8),
        ) {
            if places(&pattern, &one) == places(&pattern, &other) {
                for rest in rest {
                    let (one, other) = (format!("{one}{rest}"), format!("{other}{rest}"));
                    prop_assert_eq!(matches(&pattern, &one, false), matches(&pattern, &other, false));
                }
            }
        }
    }
}
