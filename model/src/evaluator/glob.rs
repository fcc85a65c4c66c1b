//! Matching of a text against a pattern, without building strings.
//!
//! IAM User Guide, "IAM JSON policy elements: Resource", section "Using wildcards in resource
//! ARNs". CONFORMANCE 2.1, 2.2, 2.6, 2.7.

use crate::pattern::{PatternText, PieceRef, Pieces, Token, Variable};
use crate::text::fold;
use std::str::Chars;

/// Whether letter case counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// It does.
    Sensitive,
    /// Characters are compared folded.
    Ignored,
}

/// Whether the text matches the pattern; `value_of` gives the text that stands for a variable.
pub fn matches<'p>(
    pattern: &'p PatternText,
    text: &str,
    case: Case,
    value_of: impl Fn(&'p Variable) -> &'p str,
) -> bool {
    if case == Case::Sensitive && starts_otherwise(&pattern.text, text) {
        return false;
    }
    matches_pieces(pattern.pieces(), text, case, value_of)
}

/// Whether the text differs from what the pattern says before its first special character. Most
/// patterns of a policy are of another service or action, and are passed over here.
fn starts_otherwise(pattern: &str, text: &str) -> bool {
    let mut text = text.bytes();
    for byte in pattern.bytes() {
        if matches!(byte, b'*' | b'?' | b'$') {
            return false;
        }
        if text.next() != Some(byte) {
            return true;
        }
    }
    text.next().is_some()
}

/// The matching itself, piece by piece.
///
/// One remembered place suffices for each kind of run: whatever an earlier run might take more, the
/// last one of its kind can take as well. (Patterns have free wildcards only after the last one that
/// keeps within its segment, with a colon between them.)
fn matches_pieces<'p>(
    pieces: Pieces<'p>,
    text: &str,
    case: Case,
    value_of: impl Fn(&'p Variable) -> &'p str,
) -> bool {
    let mut pattern = Cursor { pieces, inside: "".chars() };
    let mut text = text.chars();
    let mut any_run: Option<(Cursor<'p>, Chars<'_>)> = None;
    let mut segment_run: Option<(Cursor<'p>, Chars<'_>)> = None;
    loop {
        match pattern.next(&value_of) {
            None if text.as_str().is_empty() => return true,
            None => {}
            Some(Token::AnyRun) => {
                if pattern.is_at_end() {
                    return true;
                }
                any_run = Some((pattern.clone(), text.clone()));
                segment_run = None;
                continue;
            }
            Some(Token::AnyRunInSegment) => {
                segment_run = Some((pattern.clone(), text.clone()));
                continue;
            }
            Some(token) => {
                let mut rest = text.clone();
                if rest.next().is_some_and(|c| accepts(token, c, case)) {
                    text = rest;
                    continue;
                }
            }
        }
        // A mismatch: the last run takes one character more, if it may.
        if let Some((after, from)) = &mut segment_run
            && from.next().is_some_and(|c| c != ':')
        {
            (pattern, text) = (after.clone(), from.clone());
            continue;
        }
        segment_run = None;
        let Some((after, from)) = &mut any_run else { return false };
        if from.next().is_none() {
            return false;
        }
        (pattern, text) = (after.clone(), from.clone());
    }
}

fn accepts(token: Token, c: char, case: Case) -> bool {
    match token {
        Token::Char(p) => p == c || (case == Case::Ignored && fold(p) == fold(c)),
        Token::AnyOne => true,
        Token::AnyOneInSegment => c != ':',
        Token::AnyRun | Token::AnyRunInSegment => false,
    }
}

/// A place in a pattern, perhaps inside the value of a variable.
#[derive(Clone)]
struct Cursor<'p> {
    pieces: Pieces<'p>,
    inside: Chars<'p>,
}

impl<'p> Cursor<'p> {
    fn next(&mut self, value_of: &impl Fn(&'p Variable) -> &'p str) -> Option<Token> {
        loop {
            if let Some(c) = self.inside.next() {
                return Some(Token::Char(c));
            }
            match self.pieces.next()? {
                PieceRef::Token(token) => return Some(token),
                PieceRef::Variable(variable) => self.inside = value_of(variable).chars(),
            }
        }
    }

    fn is_at_end(&self) -> bool {
        self.inside.as_str().is_empty() && self.pieces.is_at_end()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests")]
    use super::*;
    use crate::pattern::{Piece, Wildcards};
    use crate::policy::Version;
    use proptest::prelude::*;

    /// The definition: a pattern matches if its first token takes some prefix and the rest matches the rest.
    fn naive(tokens: &[Token], text: &[char]) -> bool {
        let Some((first, rest)) = tokens.split_first() else { return text.is_empty() };
        match first {
            Token::AnyRun => (0..=text.len()).any(|n| naive(rest, &text[n..])),
            Token::AnyRunInSegment => {
                (0..=text.len()).any(|n| !text[..n].contains(&':') && naive(rest, &text[n..]))
            }
            one => text.split_first().is_some_and(|(c, tail)| {
                let takes = match one {
                    Token::Char(p) => p == c,
                    Token::AnyOne => true,
                    _ => *c != ':',
                };
                takes && naive(rest, tail)
            }),
        }
    }

    fn letter() -> impl Strategy<Value = Token> {
        prop::sample::select(vec!['a', 'b', ':']).prop_map(Token::Char)
    }

    /// Patterns as the parser makes them: runs within segments, then a colon, then free runs; or free runs only.
    fn pattern() -> impl Strategy<Value = Vec<Token>> {
        let in_segment =
            prop_oneof![2 => letter(), 1 => Just(Token::AnyOneInSegment), 1 => Just(Token::AnyRunInSegment)];
        let free = prop_oneof![2 => letter(), 1 => Just(Token::AnyOne), 1 => Just(Token::AnyRun)];
        let (head, tail) = (prop::collection::vec(in_segment, 0..7), prop::collection::vec(free, 0..7));
        (head, tail).prop_map(|(mut tokens, tail)| {
            if !tokens.is_empty() {
                tokens.push(Token::Char(':'));
            }
            tokens.extend(tail);
            tokens
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn agrees_with_the_definition(tokens in pattern(), text in "[ab:]{0,9}") {
            let pieces: Vec<Piece> = tokens.iter().copied().map(Piece::Token).collect();
            let chars: Vec<char> = text.chars().collect();
            prop_assert_eq!(matches_pieces(Pieces::listed(&pieces), &text, Case::Sensitive, |_| ""), naive(&tokens, &chars));
        }

        #[test]
        fn a_variable_is_its_value_taken_literally(
            tokens in pattern(),
            at in 0usize..14,
            value in "[ab:*]{0,3}",
            text in "[ab:*]{0,8}",
        ) {
            let at = at.min(tokens.len());
            let mut pieces: Vec<Piece> = tokens.iter().copied().map(Piece::Token).collect();
            pieces.insert(at, Piece::Variable(Variable { key: "k".into(), default: None }.into()));
            let mut substituted = tokens;
            substituted.splice(at..at, value.chars().map(Token::Char));
            let chars: Vec<char> = text.chars().collect();
            prop_assert_eq!(matches_pieces(Pieces::listed(&pieces), &text, Case::Sensitive, |_| &value), naive(&substituted, &chars));
        }
    }

    proptest! {
        /// Passing over by the first characters changes no answer, whatever the kind of pattern.
        #[test]
        fn the_short_way_agrees(pattern in r"[ab:*?$\{}]{0,8}", text in "[ab:*?$]{0,8}", kind in 0usize..3) {
            let wildcards = [Wildcards::Literal, Wildcards::Flat, Wildcards::Segments][kind];
            let pattern = PatternText::parse(&pattern, Version::V2012, wildcards, false);
            let short = matches(&pattern, &text, Case::Sensitive, |_| "a");
            prop_assert_eq!(short, matches_pieces(pattern.pieces(), &text, Case::Sensitive, |_| "a"));
        }
    }

    #[test]
    fn case_and_unicode() {
        let like = |p: &str, t: &str, case| {
            let pattern = PatternText::parse(p, Version::V2012, Wildcards::Flat, false);
            matches(&pattern, t, case, |_| "")
        };
        assert!(like("É?*", "éßx", Case::Ignored));
        assert!(!like("É?*", "éßx", Case::Sensitive));
        assert!(like("?", "😀", Case::Sensitive));
        assert!(like("a.[b]+(c)|^$\\", "a.[b]+(c)|^$\\", Case::Sensitive));
        assert!(!like("a.c", "abc", Case::Sensitive));
        assert!(like("a${*}b", "a*b", Case::Sensitive));
        assert!(!like("a${*}b", "axb", Case::Sensitive));
    }

    #[test]
    fn a_ladder_of_stars_stays_fast() {
        let pattern = PatternText::parse(&"*a".repeat(300), Version::V2012, Wildcards::Flat, false);
        assert!(!matches(&pattern, &"a".repeat(299), Case::Sensitive, |_| ""));
        assert!(matches(&pattern, &"a".repeat(3000), Case::Sensitive, |_| ""));
    }
}
