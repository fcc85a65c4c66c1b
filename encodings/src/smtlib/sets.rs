//! Writing sets of texts and sets of points.

use super::Style;
use super::escape::{Alphabet, case_variants};
use crate::language::{PatternSet, RangeSet};
use gateproof_model::operand::{Point, Scalar};
use gateproof_model::pattern::Token;

/// Writes sets of texts.
#[derive(Debug)]
pub struct TextSets {
    /// How characters are written.
    pub alphabet: Alphabet,
    /// How unions are written.
    pub style: Style,
}

impl TextSets {
    /// What the definition of a set says of the text `x`.
    pub fn texts_body(&self, set: &PatternSet) -> String {
        let one = |p: &[Token]| self.regex(p, set.fold_case);
        match self.style {
            Style::Union if set.patterns.is_empty() => "false".to_owned(),
            Style::Union => {
                let union = gather("re.union", "re.none", set.patterns.iter().map(|p| one(p)));
                format!("(str.in_re x {union})")
            }
            Style::PerPattern => {
                let atoms = set.patterns.iter().map(|p| {
                    self.simple_atom(p, set.fold_case).unwrap_or_else(|| format!("(str.in_re x {})", one(p)))
                });
                gather("or", "false", atoms)
            }
        }
    }

    /// A pattern as equality, prefix, suffix or substring, where it is one.
    fn simple_atom(&self, pattern: &[Token], fold_case: bool) -> Option<String> {
        let (starts, rest) = match pattern {
            [Token::AnyRun, rest @ ..] => (false, rest),
            _ => (true, pattern),
        };
        let (ends, middle) = match rest {
            [middle @ .., Token::AnyRun] => (false, middle),
            _ => (true, rest),
        };
        let text = middle.iter().map(|t| match t {
            Token::Char(c) if !fold_case || case_variants(*c).count() == 1 => Some(*c),
            _ => None,
        });
        let literal = self.literal(text.collect::<Option<Vec<_>>>()?);
        Some(match (starts, ends) {
            (true, true) => format!("(= x {literal})"),
            (true, false) => format!("(str.prefixof {literal} x)"),
            (false, true) => format!("(str.suffixof {literal} x)"),
            (false, false) => format!("(str.contains x {literal})"),
        })
    }

    fn regex(&self, pattern: &[Token], fold_case: bool) -> String {
        let mut parts = Vec::new();
        let mut run: Vec<char> = Vec::new();
        for token in pattern {
            if let Token::Char(c) = token
                && (!fold_case || case_variants(*c).count() == 1)
            {
                run.push(*c);
                continue;
            }
            if !run.is_empty() {
                parts.push(self.literal_regex(run.drain(..)));
            }
            parts.push(match token {
                Token::Char(c) => {
                    let variants = case_variants(*c).map(|v| self.literal_regex([v]));
                    gather("re.union", "re.none", variants)
                }
                Token::AnyOne => "re.allchar".to_owned(),
                Token::AnyRun => "(re.* re.allchar)".to_owned(),
                Token::AnyOneInSegment => "in-segment".to_owned(),
                Token::AnyRunInSegment => "(re.* in-segment)".to_owned(),
            });
        }
        if !run.is_empty() || pattern.is_empty() {
            parts.push(self.literal_regex(run));
        }
        gather("re.++", "", parts.into_iter())
    }

    fn literal(&self, text: impl IntoIterator<Item = char>) -> String {
        let mut literal = String::new();
        self.alphabet.push_literal(&mut literal, text);
        literal
    }

    fn literal_regex(&self, text: impl IntoIterator<Item = char>) -> String {
        format!("(str.to_re {})", self.literal(text))
    }
}

/// The parameters of a set of points.
pub fn point_parameters(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Ip => "((family Int) (place Int))",
        Scalar::Number | Scalar::Date => "((place Int))",
    }
}

/// What the definition of a set says of its parameters.
pub fn points_body(set: &RangeSet) -> String {
    let one = |(first, last): &(Point, Point)| {
        let between = format!("(<= {} place {})", first.value, last.value);
        match set.scalar {
            Scalar::Ip => format!("(and (= family {}) {between})", first.family),
            Scalar::Number | Scalar::Date => between,
        }
    };
    gather("or", "false", set.intervals.iter().map(one))
}

/// An operator over its arguments; a single argument stands for itself.
pub fn gather(operator: &str, neutral: &str, parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    match parts.as_slice() {
        [] => neutral.to_owned(),
        [single] => single.clone(),
        _ => format!("({operator} {})", parts.join(" ")),
    }
}
