//! Patterns: `*`, `?` and policy variables, as policy text writes them and as matching needs them.
//!
//! IAM User Guide, "IAM JSON policy elements: Resource", section "Using wildcards in resource ARNs",
//! and "IAM policy elements: Variables and tags". CONFORMANCE 2.1, 2.2, 2.6, 2.7, 3.2.

use crate::policy::Version;
use std::sync::Arc;

/// One step of a ground pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Token {
    /// This character.
    Char(char),
    /// `?`: any one character.
    AnyOne,
    /// `*`: any run of characters, the empty one included.
    AnyRun,
    /// `?` within one ARN segment: any one character but a colon.
    AnyOneInSegment,
    /// `*` within one ARN segment: any run of characters without a colon.
    AnyRunInSegment,
}

/// A pattern without variables: what a text is matched against.
pub type Pattern = Box<[Token]>;

/// How the text of a pattern is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wildcards {
    /// `*` and `?` are ordinary characters (`StringEquals`).
    Literal,
    /// `*` and `?` match anything, colons included (`Action`, `Resource`, `StringLike`).
    Flat,
    /// `*` and `?` stay within one of the first five ARN segments (`ArnLike`, `ArnEquals`).
    Segments,
}

/// A policy variable: `${key}` or `${key, 'default'}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Variable {
    /// The condition key, in lower case.
    pub key: Arc<str>,
    /// The text to use where the key has no value.
    pub default: Option<Arc<str>>,
}

/// One piece of a pattern that may hold variables.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Piece {
    /// A character or wildcard.
    Token(Token),
    /// A variable; its value stands for itself, wildcards in it are literal. Shared, so that a piece
    /// stays small: there is one for each character of every pattern.
    Variable(Arc<Variable>),
}

/// A pattern as a policy writes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PatternText {
    /// The policy's own text.
    pub text: Arc<str>,
    /// What it means; the whole of it ground unless `has_variables`.
    pub pieces: Arc<[Piece]>,
    /// Whether any piece is a variable.
    pub has_variables: bool,
    /// Whether the text was to be an ARN pattern but has fewer than six parts, so that it is matched as plain text.
    pub short_arn: bool,
}

impl PatternText {
    /// Reads a pattern. Variables are known only under [`Version::V2012`]; in an older policy
    /// `${…}` is literal text.
    ///
    /// `variables_after_fifth_colon` is for `Resource`, where a variable before the fifth colon
    /// isn't substituted. (IAM User Guide, "Policy variables", "Where you can use policy variables".)
    pub fn parse(
        text: &str,
        version: Version,
        wildcards: Wildcards,
        variables_after_fifth_colon: bool,
    ) -> Self {
        let mut pieces = Vec::with_capacity(text.len());
        let mut rest = text;
        let mut colons = 0usize;
        let short_arn = wildcards == Wildcards::Segments && !is_arn_like(text, version);
        while let Some(c) = rest.chars().next() {
            let variables = version == Version::V2012 && (!variables_after_fifth_colon || colons >= 5);
            if variables && let Some((piece, after)) = parse_variable(rest) {
                pieces.push(piece);
                rest = after;
                continue;
            }
            if c == ':' {
                colons += 1;
            }
            let in_segment = wildcards == Wildcards::Segments && !short_arn && colons < 5;
            let token = match (c, wildcards, in_segment) {
                (_, Wildcards::Literal, _) => Token::Char(c),
                ('*', _, false) => Token::AnyRun,
                ('?', _, false) => Token::AnyOne,
                ('*', _, true) => Token::AnyRunInSegment,
                ('?', _, true) => Token::AnyOneInSegment,
                _ => Token::Char(c),
            };
            pieces.push(Piece::Token(token));
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
        let has_variables = pieces.iter().any(|p| matches!(p, Piece::Variable(_)));
        Self { text: text.into(), pieces: pieces.into(), has_variables, short_arn }
    }

    /// The pattern with each variable replaced by its value, taken literally.
    ///
    /// `value_of` gets the variable's key in lower case. `None` where a variable has neither value
    /// nor default: such a pattern matches nothing (CONFORMANCE 2.6).
    pub fn instantiate(&self, mut value_of: impl FnMut(&str) -> Option<String>) -> Option<Pattern> {
        let mut tokens = Vec::with_capacity(self.pieces.len());
        for piece in self.pieces.iter() {
            match piece {
                Piece::Token(t) => tokens.push(*t),
                Piece::Variable(v) => {
                    let value = value_of(&v.key).or_else(|| v.default.as_deref().map(str::to_owned))?;
                    tokens.extend(value.chars().map(Token::Char));
                }
            }
        }
        Some(tokens.into())
    }

    /// The pattern, where it holds no variables.
    pub fn ground(&self) -> Option<Pattern> {
        self.instantiate(|_| None).filter(|_| !self.has_variables)
    }

    /// The keys of the variables, in the order of their appearance.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.pieces.iter().filter_map(|p| match p {
            Piece::Variable(v) => Some(v.as_ref()),
            Piece::Token(_) => None,
        })
    }
}

/// Whether a text has the six parts of an ARN, colons inside `${…}` not counted.
fn is_arn_like(text: &str, version: Version) -> bool {
    let mut rest = text;
    let mut colons = 0;
    while let Some(c) = rest.chars().next() {
        if version == Version::V2012
            && let Some((_, after)) = parse_variable(rest)
        {
            rest = after;
            continue;
        }
        if c == ':' {
            colons += 1;
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    colons >= 5
}

/// Bytes of a variable's inside. Condition keys are far shorter; without a bound, a text of many
/// opening braces would be read once for each of them.
const LONGEST_VARIABLE: usize = 2048;

/// Reads `${…}` at the head of the text; `${*}`, `${?}` and `${$}` are those characters.
fn parse_variable(text: &str) -> Option<(Piece, &str)> {
    let body = text.strip_prefix("${")?;
    let end = body.bytes().take(LONGEST_VARIABLE).position(|b| b == b'}')?;
    let (inside, after) = (body.get(..end)?, body.get(end + 1..)?);
    let literal = |c| Some((Piece::Token(Token::Char(c)), after));
    match inside {
        "*" => return literal('*'),
        "?" => return literal('?'),
        "$" => return literal('$'),
        _ => {}
    }
    let (key, default) = match inside.split_once(',') {
        None => (inside, None),
        Some((key, default)) => {
            let text = default.trim();
            (key, Some(text.strip_prefix('\'')?.strip_suffix('\'')?))
        }
    };
    let key = key.trim();
    if key.is_empty() {
        return None;
    }
    let variable = Variable { key: crate::text::fold_text(key).into(), default: default.map(Into::into) };
    Some((Piece::Variable(Arc::new(variable)), after))
}
