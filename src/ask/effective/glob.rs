//! Patterns as sets of texts: inclusion, overlap, and the patterns of what two have in common.
//!
//! A policy variable is one unknown text that is the same wherever the variable occurs.

use gateproof_model::pattern::{Pattern, PatternText, Piece, PieceRef, Token, Wildcards};
use gateproof_model::policy::Version;
use rustc_hash::FxHashMap;
use std::rc::Rc;
use std::sync::Arc;

/// A pattern, variables included.
pub type Glob = Vec<Piece>;

/// A pattern of this text, wildcards crossing everything.
pub fn parse_glob(text: &str) -> Glob {
    pieces_of(&PatternText::parse(text, Version::V2012, Wildcards::Flat, true))
}

/// The pieces of a pattern as a policy writes it.
pub fn pieces_of(pattern: &PatternText) -> Glob {
    let piece = |piece: PieceRef<'_>| match piece {
        PieceRef::Token(token) => Piece::Token(token),
        PieceRef::Variable(variable) => Piece::Variable(Arc::new(variable.clone())),
    };
    pattern.pieces().map(piece).collect()
}

/// A pattern without variables.
pub fn ground(pattern: &Pattern) -> Glob {
    pattern.iter().map(|token| Piece::Token(*token)).collect()
}

/// The pattern that matches this text only.
pub fn literal(text: &str) -> Glob {
    text.chars().map(|c| Piece::Token(Token::Char(c))).collect()
}

/// Whether a pattern is a lone `*`.
pub fn is_everything(glob: &[Piece]) -> bool {
    matches!(glob, [Piece::Token(Token::AnyRun)])
}

/// Whether `wide`'s one step can stand for the whole of one symbol of a narrower pattern.
fn swallows(wide: &Piece, narrow: &Piece) -> bool {
    match (wide, narrow) {
        (Piece::Token(Token::AnyRun), _) => true,
        (Piece::Token(Token::AnyRunInSegment), Piece::Token(token)) => match token {
            Token::Char(c) => *c != ':',
            Token::AnyOneInSegment | Token::AnyRunInSegment => true,
            Token::AnyOne | Token::AnyRun => false,
        },
        (Piece::Token(Token::AnyOne), Piece::Token(token)) => {
            matches!(token, Token::Char(_) | Token::AnyOne | Token::AnyOneInSegment)
        }
        (Piece::Token(Token::AnyOneInSegment), Piece::Token(token)) => {
            matches!(token, Token::Char(c) if *c != ':') || *token == Token::AnyOneInSegment
        }
        _ => wide == narrow,
    }
}

fn is_run(piece: &Piece) -> bool {
    matches!(piece, Piece::Token(Token::AnyRun | Token::AnyRunInSegment))
}

/// Whether every text of `narrow` is one of `wide`. Errs towards no.
pub fn includes(wide: &[Piece], narrow: &[Piece]) -> bool {
    if is_everything(wide) || wide == narrow {
        return true;
    }
    // `live[i]`: the narrow pattern's read part lies in the first `i` steps of the wide one.
    let mut live = vec![false; wide.len() + 1];
    let close = |live: &mut Vec<bool>| {
        for (i, piece) in wide.iter().enumerate() {
            if live.get(i) == Some(&true)
                && is_run(piece)
                && let Some(next) = live.get_mut(i + 1)
            {
                *next = true;
            }
        }
    };
    if let Some(first) = live.first_mut() {
        *first = true;
    }
    close(&mut live);
    for symbol in narrow {
        let mut next = vec![false; wide.len() + 1];
        for (i, piece) in wide.iter().enumerate() {
            if live.get(i) == Some(&true) && swallows(piece, symbol) {
                let to = if is_run(piece) { i } else { i + 1 };
                if let Some(slot) = next.get_mut(to) {
                    *slot = true;
                }
            }
        }
        close(&mut next);
        live = next;
        if !live.contains(&true) {
            return false;
        }
    }
    live.last() == Some(&true)
}

/// Whether some text may belong to both. Errs towards yes.
pub fn overlaps(a: &[Piece], b: &[Piece]) -> bool {
    let open = |p: &Piece| is_run(p) || matches!(p, Piece::Variable(_));
    let alike = |x: &Piece, y: &Piece| match (x, y) {
        (Piece::Token(Token::Char(c)), Piece::Token(Token::Char(d))) => c == d,
        (Piece::Token(Token::Char(c)), Piece::Token(Token::AnyOneInSegment))
        | (Piece::Token(Token::AnyOneInSegment), Piece::Token(Token::Char(c))) => *c != ':',
        _ => true,
    };
    let width = b.len() + 1;
    let mut below = vec![false; width];
    for i in (0..=a.len()).rev() {
        let mut row = vec![false; width];
        for j in (0..=b.len()).rev() {
            let at = |row: &[bool], j: usize| row.get(j).copied().unwrap_or(false);
            let holds = match (a.get(i), b.get(j)) {
                (None, None) => true,
                (Some(x), _) if open(x) && at(&below, j) => true,
                (_, Some(y)) if open(y) && at(&row, j + 1) => true,
                (Some(x), Some(_)) if open(x) => at(&row, j + 1),
                (Some(_), Some(y)) if open(y) => at(&below, j),
                (Some(x), Some(y)) => alike(x, y) && at(&below, j + 1),
                _ => false,
            };
            if let Some(slot) = row.get_mut(j) {
                *slot = holds;
            }
        }
        below = row;
    }
    below.first().copied().unwrap_or(false)
}

/// So many patterns may stand for what two have in common.
const MOST: usize = 24;

/// Patterns whose union is what two patterns have in common; `None` where that is not found.
pub fn intersect(a: &[Piece], b: &[Piece]) -> Option<Vec<Glob>> {
    if includes(b, a) {
        return Some(vec![a.to_vec()]);
    }
    if includes(a, b) {
        return Some(vec![b.to_vec()]);
    }
    if !overlaps(a, b) {
        return Some(Vec::new());
    }
    let segments = |g: &[Piece]| {
        g.iter().any(|p| matches!(p, Piece::Token(Token::AnyOneInSegment | Token::AnyRunInSegment)))
    };
    if segments(a) || segments(b) {
        return None;
    }
    let mut search = Search { a, b, known: FxHashMap::default(), steps: 0 };
    let found = search.at(0, 0)?;
    let forward = |globs: &[Rc<Vec<Piece>>]| -> Vec<Glob> {
        globs.iter().map(|g| g.iter().rev().cloned().collect()).collect()
    };
    Some(widest(forward(&found)))
}

/// Only the patterns that no other includes, sorted.
pub fn widest(mut globs: Vec<Glob>) -> Vec<Glob> {
    globs.sort();
    globs.dedup();
    let kept: Vec<Glob> = globs
        .iter()
        .enumerate()
        .filter(|(i, g)| {
            !globs.iter().enumerate().any(|(j, o)| *i != j && includes(o, g) && !(includes(g, o) && j > *i))
        })
        .map(|(_, g)| g.clone())
        .collect();
    kept
}

/// Patterns whose pieces are in reverse order.
type Reversed = Vec<Rc<Vec<Piece>>>;

/// Patterns in common, built from the back: their pieces are in reverse order.
struct Search<'g> {
    a: &'g [Piece],
    b: &'g [Piece],
    known: FxHashMap<(usize, usize), Option<Reversed>>,
    steps: usize,
}

impl Search<'_> {
    fn at(&mut self, i: usize, j: usize) -> Option<Reversed> {
        if let Some(known) = self.known.get(&(i, j)) {
            return known.clone();
        }
        self.steps += 1;
        if self.steps > 20_000 {
            return None;
        }
        let mut found = self.step(i, j);
        if let Some(globs) = &mut found {
            globs.sort();
            globs.dedup();
        }
        let found = found.filter(|globs| globs.len() <= MOST);
        self.known.insert((i, j), found.clone());
        found
    }

    fn step(&mut self, i: usize, j: usize) -> Option<Reversed> {
        let run = |p: &Piece| matches!(p, Piece::Token(Token::AnyRun));
        match (self.a.get(i), self.b.get(j)) {
            (None, None) => Some(vec![Rc::new(Vec::new())]),
            (None, Some(y)) if run(y) => self.at(i, j + 1),
            (Some(x), None) if run(x) => self.at(i + 1, j),
            (None, _) | (_, None) => Some(Vec::new()),
            (Some(x), Some(y)) => match (run(x), run(y)) {
                (true, true) => {
                    let mut both = self.at(i + 1, j)?;
                    both.extend(self.at(i, j + 1)?);
                    Some(headed(&both, x))
                }
                (true, false) => {
                    let y = y.clone();
                    let mut both = self.at(i + 1, j)?;
                    both.extend(headed(&self.at(i, j + 1)?, &y));
                    Some(both)
                }
                (false, true) => {
                    let x = x.clone();
                    let mut both = self.at(i, j + 1)?;
                    both.extend(headed(&self.at(i + 1, j)?, &x));
                    Some(both)
                }
                (false, false) => {
                    let head = match (x, y) {
                        (x, y) if x == y => x,
                        (Piece::Variable(_), _) | (_, Piece::Variable(_)) => return None,
                        (Piece::Token(Token::AnyOne), y) => y,
                        (x, Piece::Token(Token::AnyOne)) => x,
                        _ => return Some(Vec::new()),
                    };
                    let head = head.clone();
                    Some(headed(&self.at(i + 1, j + 1)?, &head))
                }
            },
        }
    }
}

/// The patterns with a piece before each; two runs in a row are one.
fn headed(globs: &[Rc<Vec<Piece>>], head: &Piece) -> Reversed {
    globs
        .iter()
        .map(|glob| {
            if *head == Piece::Token(Token::AnyRun) && glob.last() == Some(head) {
                return glob.clone();
            }
            let mut longer = Vec::with_capacity(glob.len() + 1);
            longer.extend(glob.iter().cloned());
            longer.push(head.clone());
            Rc::new(longer)
        })
        .collect()
}

/// How a policy of version 2012-10-17 writes the pattern.
///
/// IAM User Guide, "IAM policy elements: Variables and tags": `${*}`, `${?}` and `${$}` are those characters.
/// In a resource, variables are read after the fifth colon only.
pub fn render_glob(glob: &[Piece], wildcards: Wildcards, after_fifth_colon: bool) -> String {
    let mut text = String::new();
    let mut colons = 0;
    for (i, piece) in glob.iter().enumerate() {
        let variables = !after_fifth_colon || colons >= 5;
        let plain = wildcards == Wildcards::Literal;
        match piece {
            Piece::Token(Token::Char('*')) if !plain => text.push_str("${*}"),
            Piece::Token(Token::Char('?')) if !plain => text.push_str("${?}"),
            Piece::Token(Token::Char('$')) if variables && opens(glob.get(i + 1)) => text.push_str("${$}"),
            Piece::Token(Token::Char(c)) => {
                colons += usize::from(*c == ':');
                text.push(*c);
            }
            Piece::Token(Token::AnyRun | Token::AnyRunInSegment) => text.push('*'),
            Piece::Token(Token::AnyOne | Token::AnyOneInSegment) => text.push('?'),
            Piece::Variable(v) => {
                text.push_str("${");
                text.push_str(&v.key);
                if let Some(default) = &v.default {
                    text.push_str(", '");
                    text.push_str(default);
                    text.push('\'');
                }
                text.push('}');
            }
        }
    }
    text
}

fn opens(piece: Option<&Piece>) -> bool {
    piece == Some(&Piece::Token(Token::Char('{')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateproof_encodings::language::matches;
    use proptest::prelude::*;

    fn tokens(glob: &[Piece]) -> Vec<Token> {
        glob.iter().filter_map(|p| if let Piece::Token(t) = p { Some(*t) } else { None }).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn what_two_have_in_common_is_exact(a in "[ab*?]{0,6}", b in "[ab*?]{0,6}", text in "[ab]{0,7}") {
            let (a, b) = (parse_glob(&a), parse_glob(&b));
            let has = |g: &[Piece]| matches(&tokens(g), &text, false);
            if let Some(common) = intersect(&a, &b) {
                prop_assert_eq!(common.iter().any(|g| has(g)), has(&a) && has(&b));
            }
            if includes(&a, &b) {
                prop_assert!(has(&a) || !has(&b));
            }
            if !overlaps(&a, &b) {
                prop_assert!(!(has(&a) && has(&b)));
            }
        }
    }

    #[test]
    fn arns_meet_where_they_agree() {
        let meet = |a: &str, b: &str| -> Option<Vec<String>> {
            let found = intersect(&parse_glob(a), &parse_glob(b))?;
            Some(found.iter().map(|g| render_glob(g, Wildcards::Flat, true)).collect())
        };
        let some = |list: &[&str]| Some(list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
        assert_eq!(meet("arn:aws:s3:::a-*", "*"), some(&["arn:aws:s3:::a-*"]));
        assert_eq!(meet("arn:aws:s3:::a/*", "arn:aws:s3:::b/*"), some(&[]));
        assert_eq!(meet("arn:aws:s3:::a-*", "arn:*:s3:::*z"), some(&["arn:aws:s3:::a-*z"]));
        assert_eq!(
            meet("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/*"),
            some(&["arn:aws:s3:::b/${aws:username}/*"])
        );
        assert_eq!(meet("arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/x*"), None);
    }
}
