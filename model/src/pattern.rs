//! Patterns: `*`, `?` and policy variables, as policy text writes them and as matching needs them.
//!
//! IAM User Guide, "IAM JSON policy elements: Resource", section "Using wildcards in resource ARNs",
//! and "IAM policy elements: Variables and tags". CONFORMANCE 2.1, 2.2, 2.6, 2.7, 3.2.

use crate::policy::Version;
use std::slice::Iter;
use std::str::Chars;
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
    meaning: Meaning,
    /// Whether any piece is a variable.
    pub has_variables: bool,
    /// Whether the text was to be an ARN pattern but has fewer than six parts, so that it is matched as plain text.
    pub short_arn: bool,
}

/// What a pattern's text means. Most texts mean what they say, and are read when they are needed: a
/// large organization's patterns, piece by piece, would fill the memory.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Meaning {
    /// Each character is itself, or a wildcard of this kind.
    Plain(Wildcards),
    /// `${…}` stands in it.
    Pieces(Arc<[Piece]>),
}

/// The pieces of a pattern, in order.
#[derive(Debug, Clone)]
pub struct Pieces<'p>(Reading<'p>);

#[derive(Debug, Clone)]
enum Reading<'p> {
    Plain { rest: Chars<'p>, wildcards: Wildcards, colons: usize },
    Pieces(Iter<'p, Piece>),
}

/// One piece of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceRef<'p> {
    /// A character or wildcard.
    Token(Token),
    /// A variable; its value stands for itself, wildcards in it are literal.
    Variable(&'p Variable),
}

impl<'p> Pieces<'p> {
    /// Whether no piece is left.
    pub fn is_at_end(&self) -> bool {
        match &self.0 {
            Reading::Plain { rest, .. } => rest.as_str().is_empty(),
            Reading::Pieces(rest) => rest.as_slice().is_empty(),
        }
    }

    /// Pieces that are listed.
    pub(crate) fn listed(pieces: &'p [Piece]) -> Self {
        Self(Reading::Pieces(pieces.iter()))
    }
}

impl<'p> Iterator for Pieces<'p> {
    type Item = PieceRef<'p>;

    fn next(&mut self) -> Option<PieceRef<'p>> {
        match &mut self.0 {
            Reading::Plain { rest, wildcards, colons } => {
                let c = rest.next()?;
                *colons += usize::from(c == ':');
                Some(PieceRef::Token(token_of(c, *wildcards, *colons)))
            }
            Reading::Pieces(rest) => rest.next().map(|piece| match piece {
                Piece::Token(token) => PieceRef::Token(*token),
                Piece::Variable(variable) => PieceRef::Variable(variable),
            }),
        }
    }
}

/// What a character of a pattern means after so many colons, itself included.
fn token_of(c: char, wildcards: Wildcards, colons: usize) -> Token {
    let in_segment = wildcards == Wildcards::Segments && colons < 5;
    match (c, wildcards, in_segment) {
        (_, Wildcards::Literal, _) => Token::Char(c),
        ('*', _, false) => Token::AnyRun,
        ('?', _, false) => Token::AnyOne,
        ('*', _, true) => Token::AnyRunInSegment,
        ('?', _, true) => Token::AnyOneInSegment,
        _ => Token::Char(c),
    }
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
        let short_arn = wildcards == Wildcards::Segments && !is_arn_like(text, version);
        // Wildcards of a text that is no ARN know no segments.
        let wildcards = if short_arn { Wildcards::Flat } else { wildcards };
        let plain = version == Version::V2008 || !text.contains("${");
        let meaning = if plain {
            Meaning::Plain(wildcards)
        } else {
            Meaning::Pieces(parse_pieces(text, wildcards, variables_after_fifth_colon).into())
        };
        let has_variables = matches!(&meaning, Meaning::Pieces(pieces) if pieces.iter().any(|p| matches!(p, Piece::Variable(_))));
        Self { text: text.into(), meaning, has_variables, short_arn }
    }

    /// What the text means, piece by piece.
    pub fn pieces(&self) -> Pieces<'_> {
        match &self.meaning {
            Meaning::Plain(wildcards) => {
                Pieces(Reading::Plain { rest: self.text.chars(), wildcards: *wildcards, colons: 0 })
            }
            Meaning::Pieces(pieces) => Pieces::listed(pieces),
        }
    }

    /// The pattern with each variable replaced by its value, taken literally.
    ///
    /// `value_of` gets the variable's key in lower case. `None` where a variable has neither value
    /// nor default: such a pattern matches nothing (CONFORMANCE 2.6).
    pub fn instantiate(&self, mut value_of: impl FnMut(&str) -> Option<String>) -> Option<Pattern> {
        let mut tokens = Vec::with_capacity(self.text.len());
        for piece in self.pieces() {
            match piece {
                PieceRef::Token(t) => tokens.push(t),
                PieceRef::Variable(v) => {
                    let value = value_of(&v.key).or_else(|| v.default.as_deref().map(str::to_owned))?;
                    tokens.extend(value.chars().map(Token::Char));
                }
            }
        }
        Some(tokens.into())
    }

    /// The pattern, where it holds no variables.
    pub fn ground(&self) -> Option<Pattern> {
        if self.has_variables { None } else { self.instantiate(|_| None) }
    }

    /// What it begins with, up to its first wildcard or variable.
    pub fn literal_head(&self) -> String {
        let literal = |piece| if let PieceRef::Token(Token::Char(c)) = piece { Some(c) } else { None };
        self.pieces().map_while(literal).collect()
    }

    /// The keys of the variables, in the order of their appearance.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        let pieces = self.has_variables.then(|| self.pieces());
        pieces.into_iter().flatten().filter_map(|p| match p {
            PieceRef::Variable(v) => Some(v),
            PieceRef::Token(_) => None,
        })
    }
}

/// The pieces of a text in which variables are known (after the fifth colon only, where so said).
fn parse_pieces(text: &str, wildcards: Wildcards, variables_after_fifth_colon: bool) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(text.len());
    let mut rest = text;
    let mut colons = 0usize;
    while let Some(c) = rest.chars().next() {
        if (!variables_after_fifth_colon || colons >= 5)
            && let Some((piece, after)) = parse_variable(rest)
        {
            pieces.push(piece);
            rest = after;
            continue;
        }
        colons += usize::from(c == ':');
        pieces.push(Piece::Token(token_of(c, wildcards, colons)));
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    pieces
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
