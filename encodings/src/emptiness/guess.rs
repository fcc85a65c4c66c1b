//! Texts worth trying before a search: the narrowest set's patterns with their wildcards filled in. Where
//! that set holds no wildcards at all, its texts are all there are, and trying them decides.

use crate::language::PatternSet;
use crate::language::compare::meet;
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
/// So many of another set's patterns are looked at.
const LISTED: usize = 32;
/// What runs of any characters are filled with.
const FILLINGS: [&str; 4] = ["x", "", "x/x", "x:x"];

/// The set that seems to hold the fewest texts; `None` where there is no set.
pub(super) fn narrowest<'s>(positive: &[&'s PatternSet]) -> Option<&'s PatternSet> {
    positive.iter().copied().min_by_key(|set| breadth(set))
}

pub(super) fn find(positive: &[&PatternSet], negative: &[&PatternSet]) -> Guess {
    let Some(narrowest) = narrowest(positive) else { return Guess::Unknown };
    let fits = |text: &str| {
        positive.iter().all(|set| std::ptr::eq(*set, narrowest) || set.contains(text))
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
    let others: Vec<&PatternSet> =
        positive.iter().copied().filter(|set| !std::ptr::eq(*set, narrowest)).collect();
    let together = narrowest.patterns.iter().take(PATTERNS).filter_map(|pattern| {
        let fitting =
            others.iter().filter_map(|set| segments(first_meeting(set, (pattern, narrowest.fold_case))?));
        merged(pattern, &fitting.collect::<Vec<_>>())
    });
    for pattern in together {
        for filling in FILLINGS {
            fill(&pattern, filling, &mut text);
            if narrowest.contains(&text) && fits(&text) {
                return Guess::Word(text.into());
            }
        }
    }
    Guess::Unknown
}

/// The first of a set's patterns that shares a text with the pattern: one set may list ARNs of many services.
fn first_meeting<'s>(set: &'s PatternSet, pattern: (&Pattern, bool)) -> Option<&'s Pattern> {
    set.patterns.iter().take(LISTED).find(|other| meet((*other, set.fold_case), pattern))
}

/// The parts of an ARN: one set may tell the account, another the region, a third the name.
const SEGMENTS: usize = 6;

/// The pattern with each part replaced by what the others say of it where they say more.
fn merged(pattern: &[Token], others: &[[&[Token]; SEGMENTS]]) -> Option<Pattern> {
    let literals = |part: &[Token]| part.iter().filter(|t| matches!(t, Token::Char(_))).count();
    let mut tokens: Vec<Token> = Vec::new();
    for (n, part) in segments(pattern)?.into_iter().enumerate() {
        let said = others.iter().filter_map(|other| other.get(n).copied());
        let most = said.fold(part, |most, said| if literals(said) > literals(most) { said } else { most });
        if n > 0 {
            tokens.push(Token::Char(':'));
        }
        tokens.extend(most);
    }
    Some(tokens.into())
}

/// What stands before, between and after a pattern's first five colons.
fn segments(pattern: &[Token]) -> Option<[&[Token]; SEGMENTS]> {
    let parts: Vec<&[Token]> = pattern.splitn(SEGMENTS, |t| matches!(t, Token::Char(':'))).collect();
    parts.try_into().ok()
}

/// The less, the fewer texts the set is likely to share with others.
fn breadth(set: &PatternSet) -> (bool, usize) {
    let literal = |p: &Pattern| p.iter().filter(|t| matches!(t, Token::Char(_))).count();
    let shortest = set.patterns.iter().take(PATTERNS).map(literal).min().unwrap_or(0);
    (!set.is_finite(), usize::MAX - shortest)
}

fn fill(pattern: &[Token], filling: &str, text: &mut String) {
    text.clear();
    for token in pattern {
        match token {
            Token::Char(c) => text.push(*c),
            Token::AnyOne | Token::AnyOneInSegment => text.push('x'),
            Token::AnyRun | Token::AnyRunInSegment => text.push_str(filling),
        }
    }
}
