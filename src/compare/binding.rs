//! Values for policy variables that a formula leaves open: names of our own, the same for all and another for each, what the
//! variable must be for a pattern of the policies to match what the formula's model says, and none at all.

use gateproof_model::pattern::{PatternText, PieceRef, Token};
use gateproof_model::policy::{Document, Operand};
use gateproof_model::request::Request;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Names of our own.
const NAMES: [&str; 2] = ["example", "other"];
/// So many values are tried.
const MOST: usize = 8;
/// Steps of one match.
const STEPS: usize = 20_000;

/// What keys are taken to be: a value, or absent.
pub(super) type Bindings = BTreeMap<Arc<str>, Option<String>>;

/// Values for the keys, round by round; in the last they are absent.
pub(super) fn bindings(
    keys: &BTreeSet<Arc<str>>,
    documents: [&Document; 2],
    hint: Option<&Request>,
) -> Vec<Bindings> {
    let values: BTreeMap<&Arc<str>, Vec<String>> =
        keys.iter().map(|key| (key, values_of(key, documents, hint))).collect();
    let rounds = values.values().map(Vec::len).max().unwrap_or_default();
    let round = |n: usize| -> Bindings {
        let value = |values: &Vec<String>| values.get(n).or(values.last()).cloned();
        values.iter().map(|(key, values)| ((*key).clone(), value(values))).collect()
    };
    // Two keys whose values are alike tell no pattern with the one from a pattern with the other.
    let [name, _] = NAMES;
    let apart = keys.iter().zip(1..).map(|(key, n)| (key.clone(), Some(format!("{name}-{n}")))).collect();
    let absent = keys.iter().map(|key| (key.clone(), None)).collect();
    let several = (keys.len() > 1).then_some(apart);
    (0..rounds).map(round).chain(several).chain([absent]).collect()
}

fn values_of(key: &str, documents: [&Document; 2], hint: Option<&Request>) -> Vec<String> {
    let mut values: Vec<String> = NAMES.map(str::to_owned).to_vec();
    let Some(hint) = hint else { return values };
    values.extend(hint.context.get(key).and_then(|value| value.values().first().cloned()));
    for statement in documents.iter().flat_map(|d| &d.statements) {
        let resources = statement.resource.iter().flat_map(|clause| &clause.patterns);
        values.extend(resources.filter_map(|pattern| captured(pattern, key, &hint.resource)));
        for condition in &statement.conditions {
            let given = hint.context.get(&condition.key);
            for text in given.iter().flat_map(|value| value.values()) {
                let patterns = condition.operands.iter();
                let patterns = patterns.filter_map(|o| if let Operand::Text(p) = o { Some(p) } else { None });
                values.extend(patterns.filter_map(|pattern| captured(pattern, key, text)));
            }
        }
    }
    let mut seen = BTreeSet::new();
    values.retain(|value| !value.is_empty() && seen.insert(value.clone()));
    values.truncate(MOST);
    values
}

/// What a variable has to be for the pattern to match the text.
fn captured(pattern: &PatternText, key: &str, text: &str) -> Option<String> {
    if !pattern.variables().any(|variable| *variable.key == *key) {
        return None;
    }
    let pieces: Vec<PieceRef<'_>> = pattern.pieces().collect();
    let text: Vec<char> = text.chars().collect();
    let mut capture = Capture { key, value: None, steps: 0 };
    let fits = capture.fits(&pieces, &text);
    capture.value.filter(|_| fits).map(|value| value.into_iter().collect())
}

struct Capture<'k> {
    key: &'k str,
    value: Option<Vec<char>>,
    steps: usize,
}

impl Capture<'_> {
    fn fits(&mut self, pieces: &[PieceRef<'_>], text: &[char]) -> bool {
        self.steps += 1;
        let Some((piece, rest)) = pieces.split_first() else { return text.is_empty() };
        if self.steps > STEPS {
            return false;
        }
        match piece {
            PieceRef::Token(Token::Char(c)) => {
                text.split_first().is_some_and(|(first, after)| first == c && self.fits(rest, after))
            }
            PieceRef::Token(Token::AnyOne | Token::AnyOneInSegment) => {
                text.split_first().is_some_and(|(_, after)| self.fits(rest, after))
            }
            PieceRef::Token(Token::AnyRun | Token::AnyRunInSegment) => self.after_any(rest, text),
            PieceRef::Variable(variable) if *variable.key != *self.key => self.after_any(rest, text),
            PieceRef::Variable(_) => match self.value.clone() {
                Some(value) => {
                    text.strip_prefix(value.as_slice()).is_some_and(|after| self.fits(rest, after))
                }
                None => self.with_any_value(rest, text),
            },
        }
    }

    fn after_any(&mut self, rest: &[PieceRef<'_>], text: &[char]) -> bool {
        (0..=text.len()).any(|n| text.get(n..).is_some_and(|after| self.fits(rest, after)))
    }

    fn with_any_value(&mut self, rest: &[PieceRef<'_>], text: &[char]) -> bool {
        for n in (0..=text.len()).rev() {
            let Some((value, after)) = text.split_at_checked(n) else { continue };
            self.value = Some(value.to_vec());
            if self.fits(rest, after) {
                return true;
            }
        }
        self.value = None;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateproof_model::pattern::Wildcards;
    use gateproof_model::policy::Version;

    #[test]
    fn variables_are_read_off_a_text() {
        let read = |pattern: &str, text: &str| {
            let pattern = PatternText::parse(pattern, Version::V2012, Wildcards::Flat, false);
            captured(&pattern, "aws:username", text)
        };
        assert_eq!(read("home/${aws:username}", "home/ann").as_deref(), Some("ann"));
        assert_eq!(read("home/${aws:username}/*", "home/ann/x").as_deref(), Some("ann"));
        assert_eq!(read("${aws:username}-${aws:username}", "a-a").as_deref(), Some("a"));
        assert_eq!(read("home/${aws:username}", "away/ann"), None);
        assert_eq!(read("home/${aws:userid}", "home/ann"), None);
    }
}
