//! Texts worth trying before a search: the narrowest set's patterns with their wildcards filled in. Where
//! that set holds no wildcards at all, its texts are all there are, and trying them decides.

use crate::language::PatternSet;
use gateproof_model::pattern::{Pattern, Token};
use std::sync::Arc;

/// What trying came to.
pub(super) enum Guess {
    /// This text is in all of the one kind of sets and none of the other.
    Word(Arc<str>),
    /// No text can be.
    NoneLeft,
    /// None of those tried is.
    Unknown,
}

/// Patterns with wildcards are tried up to this number.
const PATTERNS: usize = 6;
/// What runs of any characters are filled with.
const FILLINGS: [&str; 4] = ["x", "", "x/x", "x:x"];

pub(super) fn find(positive: &[&PatternSet], negative: &[&PatternSet]) -> Guess {
    let Some(narrowest) = positive.iter().min_by_key(|set| breadth(set)) else { return Guess::Unknown };
    let fits = |text: &str| {
        positive.iter().all(|set| std::ptr::eq(*set, *narrowest) || set.contains(text))
            && !negative.iter().any(|set| set.contains(text))
    };
    let mut text = String::new();
    if narrowest.is_finite() && !narrowest.fold_case {
        for pattern in &narrowest.patterns {
            fill(pattern, "", &mut text);
            if fits(&text) {
                return Guess::Word(text.into());
            }
        }
        return Guess::NoneLeft;
    }
    for filling in FILLINGS {
        for pattern in narrowest.patterns.iter().take(PATTERNS) {
            fill(pattern, filling, &mut text);
            // A filling may cross a colon that its wildcard may not.
            if narrowest.contains(&text) && fits(&text) {
                return Guess::Word(text.into());
            }
        }
    }
    Guess::Unknown
}

/// The less, the fewer texts the set is likely to share with others.
fn breadth(set: &PatternSet) -> (bool, usize) {
    let literal = |p: &Pattern| p.iter().filter(|t| matches!(t, Token::Char(_))).count();
    let shortest = set.patterns.iter().take(PATTERNS).map(literal).min().unwrap_or(0);
    (!set.is_finite(), usize::MAX - shortest)
}

fn fill(pattern: &Pattern, filling: &str, text: &mut String) {
    text.clear();
    for token in pattern {
        match token {
            Token::Char(c) => text.push(*c),
            Token::AnyOne | Token::AnyOneInSegment => text.push('x'),
            Token::AnyRun | Token::AnyRunInSegment => text.push_str(filling),
        }
    }
}
