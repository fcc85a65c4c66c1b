//! Texts and names as SMT-LIB writes them.
//!
//! A literal holds printable ASCII only. Every backslash is written `\u{5c}`, so that text such as
//! `\u{62}` stays the six characters it is.

use crate::language::PatternSet;
use gateproof_model::pattern::Token;
use gateproof_model::text::unfold;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The greatest character of SMT-LIB's theory of strings.
const LAST: u32 = 0x2FFFF;
/// The surrogates: characters to SMT-LIB, but of no Rust text.
const SURROGATES: std::ops::RangeInclusive<u32> = 0xD800..=0xDFFF;

/// How the characters of one question stand in its script.
///
/// SMT-LIB's characters end at U+2FFFF. A greater one that a pattern names is replaced by a surrogate,
/// which no text can hold otherwise; those that no pattern names can't be told from smaller ones.
#[derive(Debug, Default)]
pub struct Alphabet {
    code_of: BTreeMap<char, u32>,
    meaning_of: BTreeMap<u32, char>,
    /// A character that no pattern names, in either case.
    spare: Option<char>,
}

/// There are more characters beyond U+2FFFF than stand-ins for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the patterns name more than 2048 characters beyond U+2FFFF, which SMT-LIB cannot express")]
pub struct AlphabetError;

impl Alphabet {
    /// The alphabet for the patterns of some sets.
    pub fn of_sets<'a>(sets: impl IntoIterator<Item = &'a PatternSet>) -> Result<Self, AlphabetError> {
        let mut named = BTreeSet::new();
        for token in sets.into_iter().flat_map(|s| s.patterns.iter()).flatten() {
            if let Token::Char(c) = token {
                named.insert(*c);
            }
        }
        let mut alphabet = Self::default();
        let mut codes = SURROGATES;
        for c in named.iter().filter(|c| u32::from(**c) > LAST) {
            alphabet.insert(codes.next().ok_or(AlphabetError)?, *c);
        }
        alphabet.spare = ('\u{E000}'..='\u{F8FF}').find(|c| !named.contains(c));
        Ok(alphabet)
    }

    /// Lets a surrogate stand for a character.
    pub fn insert(&mut self, code: u32, c: char) {
        self.code_of.insert(c, code);
        self.meaning_of.insert(code, c);
    }

    /// The stand-ins and what they stand for.
    pub fn stand_ins(&self) -> impl Iterator<Item = (u32, char)> {
        self.meaning_of.iter().map(|(code, c)| (*code, *c))
    }

    /// Appends a text as a string literal.
    pub fn push_literal(&self, out: &mut String, text: impl IntoIterator<Item = char>) {
        out.push('"');
        for c in text {
            match c {
                '"' => out.push_str("\"\""),
                ' '..='~' if c != '\\' => out.push(c),
                _ => {
                    let code = self.code_of.get(&c).copied().unwrap_or(u32::from(c));
                    // Writing to a String can't fail.
                    let _ = write!(out, "\\u{{{code:x}}}");
                }
            }
        }
        out.push('"');
    }

    /// The text of a literal's body, in which `""` is already `"`.
    ///
    /// A surrogate that stands for nothing is any unnamed character.
    pub fn read_body(&self, body: &str) -> String {
        let mut text = String::with_capacity(body.len());
        let mut rest = body;
        while let Some(c) = rest.chars().next() {
            let (code, after) = match read_escape(rest) {
                Some(escape) => escape,
                None => (u32::from(c), rest.get(c.len_utf8()..).unwrap_or_default()),
            };
            let spare = self.spare.unwrap_or(char::REPLACEMENT_CHARACTER);
            let meaning = self.meaning_of.get(&code).copied();
            text.push(meaning.or_else(|| char::from_u32(code)).unwrap_or(spare));
            rest = after;
        }
        text
    }
}

/// `\u{X}` with one to five hexadecimal digits or `\uXXXX`, up to U+2FFFF; any other backslash is literal.
fn read_escape(text: &str) -> Option<(u32, &str)> {
    let body = text.strip_prefix("\\u")?;
    let (digits, after) = match body.strip_prefix('{') {
        Some(inner) => inner.split_once('}').filter(|(d, _)| (1..=5).contains(&d.len()))?,
        None => body.split_at_checked(4)?,
    };
    let hexadecimal = digits.bytes().all(|b| b.is_ascii_hexdigit());
    let code = u32::from_str_radix(digits, 16).ok().filter(|code| hexadecimal && *code <= LAST)?;
    Some((code, after))
}

/// A name in the body of a quoted symbol: `|`, `\`, `%` and what isn't printable ASCII become `%{hex}`.
pub fn escape_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            ' '..='~' if !matches!(c, '|' | '\\' | '%') => out.push(c),
            _ => {
                // Writing to a String can't fail.
                let _ = write!(out, "%{{{:x}}}", u32::from(c));
            }
        }
    }
    out
}

/// The name that [`escape_name`] wrote.
pub fn unescape_name(escaped: &str) -> Option<String> {
    let mut pieces = escaped.split('%');
    let mut name = pieces.next()?.to_owned();
    for piece in pieces {
        let (digits, after) = piece.strip_prefix('{')?.split_once('}')?;
        name.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
        name.push_str(after);
    }
    Some(name)
}

/// The characters that a folded pattern's character accepts, itself first.
pub fn case_variants(c: char) -> impl Iterator<Item = char> {
    std::iter::once(c).chain(unfold(c))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::language::Languages;

    const HOSTILE: [&str; 8] = [
        "",
        "\\u{62}",
        "a\"b\"\"",
        "\0\u{1}\n",
        "😀\u{2ffff}",
        "|x|\\|",
        "%{7c}%",
        "\\u0062\\u{}\\u{110000}",
    ];

    #[test]
    fn literals_survive() {
        for text in HOSTILE.into_iter().chain(["\u{30000}\u{10ffff}", "\u{e000}\u{fffd}"]) {
            let alphabet = Alphabet::of_sets([&*Languages::default().literal(text)]).unwrap();
            let mut literal = String::new();
            alphabet.push_literal(&mut literal, text.chars());
            assert!(literal.bytes().all(|b| (b' '..=b'~').contains(&b)), "{literal}");
            let body = literal.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
            assert_eq!(body.replace("\"\"", "").matches('"').count(), 0, "{literal}");
            assert_eq!(alphabet.read_body(&body.replace("\"\"", "\"")), text, "{literal}");
        }
    }

    #[test]
    fn foreign_escapes_are_read() {
        let alphabet = Alphabet::default();
        assert_eq!(alphabet.read_body("\\u0041\\u{42}\\x43\\u{\\u{110000}"), "AB\\x43\\u{\\u{110000}");
        assert_eq!(alphabet.read_body("\\u{d800}"), "\u{fffd}");
    }

    #[test]
    fn names_survive_and_never_end_the_symbol() {
        for name in HOSTILE {
            let escaped = escape_name(name);
            assert!(!escaped.contains(['|', '\\']), "{escaped}");
            assert_eq!(unescape_name(&escaped).as_deref(), Some(name));
        }
        assert_eq!(unescape_name("%{zz}"), None);
        assert_eq!(unescape_name("%"), None);
    }

    #[test]
    fn too_many_great_characters_are_refused() {
        let many: String = ('\u{30000}'..'\u{30801}').collect();
        assert_eq!(Alphabet::of_sets([&*Languages::default().literal(&many)]).err(), Some(AlphabetError));
    }
}
