//! Reading s-expressions.

use super::ParseError;

/// An s-expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sexpr {
    /// A symbol (without the bars of a quoted one), a keyword or a number.
    Symbol(String),
    /// A string literal's body; `""` is already `"`, escapes are not yet read.
    Literal(String),
    /// A list.
    List(Vec<Sexpr>),
}

impl Sexpr {
    /// The symbol.
    pub fn symbol(&self) -> Option<&str> {
        match self {
            Self::Symbol(symbol) => Some(symbol),
            _ => None,
        }
    }

    /// The literal.
    pub fn literal(&self) -> Option<&str> {
        match self {
            Self::Literal(body) => Some(body),
            _ => None,
        }
    }

    /// The list.
    pub fn list(&self) -> Option<&[Sexpr]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The arguments of an application of `operator`.
    pub fn application(&self, operator: &str) -> Option<&[Sexpr]> {
        match self.list() {
            Some([head, arguments @ ..]) if head.symbol() == Some(operator) => Some(arguments),
            _ => None,
        }
    }

    /// The start of the expression as text, for messages.
    pub fn summary(&self) -> String {
        match self {
            Self::Symbol(symbol) => symbol.clone(),
            Self::Literal(_) => "a string".to_owned(),
            Self::List(items) => {
                let words: Vec<_> = items.iter().take(2).map(|i| i.symbol().unwrap_or("…")).collect();
                format!("({})", words.join(" "))
            }
        }
    }
}

/// Deeper lists are refused; ours are flat.
const DEPTH: usize = 64;

/// The expressions of a text, comments left out.
pub fn read_all(text: &str) -> Result<Vec<Sexpr>, ParseError> {
    let mut open: Vec<Vec<Sexpr>> = vec![Vec::new()];
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        let offset = text.len() - rest.len();
        let failed = |found: &'static str| ParseError::Text { offset, found };
        let item = match c {
            ' ' | '\t' | '\r' | '\n' => {
                rest = after;
                continue;
            }
            ';' => {
                rest = after.split_once('\n').map_or("", |(_, next)| next);
                continue;
            }
            '(' => {
                if open.len() > DEPTH {
                    return Err(failed("a list deeper than any that is written"));
                }
                open.push(Vec::new());
                rest = after;
                continue;
            }
            ')' => {
                rest = after;
                Sexpr::List(open.pop().unwrap_or_default())
            }
            '"' => {
                let (body, next) = read_literal(after).ok_or(failed("a string without end"))?;
                rest = next;
                Sexpr::Literal(body)
            }
            '|' => {
                let (symbol, next) = after.split_once('|').ok_or(failed("a quoted symbol without end"))?;
                rest = next;
                Sexpr::Symbol(symbol.to_owned())
            }
            _ => {
                let end =
                    rest.find(|c: char| c.is_whitespace() || "();\"|".contains(c)).unwrap_or(rest.len());
                if end == 0 {
                    return Err(failed("a character that separates nothing"));
                }
                let (symbol, next) = rest.split_at(end);
                rest = next;
                Sexpr::Symbol(symbol.to_owned())
            }
        };
        open.last_mut().ok_or(failed("a closing parenthesis too many"))?.push(item);
    }
    match (open.pop(), open.is_empty()) {
        (Some(items), true) => Ok(items),
        _ => Err(ParseError::Text { offset: text.len(), found: "a list without end" }),
    }
}

fn read_literal(text: &str) -> Option<(String, &str)> {
    let (piece, mut rest) = text.split_once('"')?;
    let mut body = piece.to_owned();
    while let Some(next) = rest.strip_prefix('"') {
        let (piece, after) = next.split_once('"')?;
        body.push('"');
        body.push_str(piece);
        rest = after;
    }
    Some((body, rest))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn what_separates_items_inside_quotes_does_not() {
        let items = read_all("; (a\n(assert |b ) \"c| \"d\"\"; )\"x)").unwrap();
        let list = items.first().unwrap().list().unwrap();
        let expected = [
            Sexpr::Symbol("assert".into()),
            Sexpr::Symbol("b ) \"c".into()),
            Sexpr::Literal("d\"; )".into()),
            Sexpr::Symbol("x".into()),
        ];
        assert_eq!(list, expected);
    }

    #[test]
    fn broken_text_is_refused() {
        for text in ["(", ")", "())", "\"", "\"\"\"", "|a", "(\"a)", "\u{a0}", &"(".repeat(1_000_000)] {
            assert!(matches!(read_all(text), Err(ParseError::Text { .. })), "{:.20}", text);
        }
    }
}
