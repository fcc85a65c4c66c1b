//! Where a set of patterns may be after some text: the places in each pattern that are still possible.
//!
//! Two facts keep this small. *Absorption*: once a trailing `*` is reached, the set accepts whatever
//! follows. *Dominance*: within one pattern, a later `*` that is reached accepts whatever an earlier
//! place would, since that earlier place must pass the same `*` and the `*` can swallow the detour.
//! Dominance needs the later `*` to be a flat one.

use crate::language::accepts;
use gateproof_model::pattern::{Pattern, Token};
use gateproof_model::text::unfold;

/// The patterns of a set laid end to end.
#[derive(Debug)]
pub struct Run {
    steps: Box<[Step]>,
    starts: Box<[u32]>,
    fold_case: bool,
}

#[derive(Debug, Clone, Copy)]
struct Step {
    /// `None` at the end of a pattern.
    token: Option<Token>,
    /// Where the pattern begins.
    start: u32,
}

/// Places in a [`Run`], sorted. Empty: nothing can match any more.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Positions(Box<[u32]>);

const EVERYTHING: u32 = u32::MAX;

impl Positions {
    /// What they cost to move and to remember.
    pub fn weight(&self) -> u64 {
        1 + self.0.len() as u64
    }

    /// Whether no continuation matches.
    pub fn is_dead(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every continuation matches.
    pub fn is_everything(&self) -> bool {
        matches!(*self.0, [EVERYTHING])
    }
}

impl Run {
    /// Lays out patterns of a set; `fold_case`: they are folded, and letter case is ignored.
    pub fn new<'p>(patterns: impl IntoIterator<Item = &'p Pattern>, fold_case: bool) -> Self {
        let mut steps = Vec::new();
        let mut starts = Vec::new();
        for pattern in patterns {
            let start = u32::try_from(steps.len()).unwrap_or(EVERYTHING);
            starts.push(start);
            steps.extend(pattern.iter().map(|t| Step { token: Some(*t), start }));
            steps.push(Step { token: None, start });
        }
        Self { steps: steps.into(), starts: starts.into(), fold_case }
    }

    /// The places before any text.
    pub fn start(&self) -> Positions {
        self.close(self.starts.to_vec())
    }

    /// The places after one more character.
    pub fn step(&self, from: &Positions, c: char) -> Positions {
        if from.is_everything() || from.is_dead() {
            return from.clone();
        }
        let mut next = Vec::with_capacity(from.0.len() + 2);
        for &p in &from.0 {
            let Some(token) = self.token(p) else { continue };
            if accepts(token, c, self.fold_case) {
                next.push(if is_star(token) { p } else { p + 1 });
            }
        }
        self.close(next)
    }

    /// Whether the text so far lies in the set.
    pub fn accepts(&self, at: &Positions) -> bool {
        at.is_everything() || at.0.iter().any(|&p| self.token(p).is_none())
    }

    /// Adds the characters that these places wait for; says whether some place treats `:` apart.
    pub fn letters(&self, at: &Positions, letters: &mut Vec<char>) -> bool {
        let mut segments = false;
        if at.is_everything() {
            return false;
        }
        for &p in &at.0 {
            match self.token(p) {
                Some(Token::Char(c)) => {
                    letters.push(c);
                    letters.extend(unfold(c).filter(|_| self.fold_case));
                }
                Some(Token::AnyOneInSegment | Token::AnyRunInSegment) => segments = true,
                _ => {}
            }
        }
        segments
    }

    fn token(&self, p: u32) -> Option<Token> {
        self.steps.get(p as usize).and_then(|s| s.token)
    }

    fn close(&self, mut places: Vec<u32>) -> Positions {
        let mut i = 0;
        while let Some(&p) = places.get(i) {
            if self.token(p).is_some_and(is_star) {
                if self.token(p) == Some(Token::AnyRun) && self.token(p + 1).is_none() {
                    return Positions(Box::new([EVERYTHING]));
                }
                places.push(p + 1);
            }
            i += 1;
        }
        places.sort_unstable();
        places.dedup();
        self.drop_dominated(&mut places);
        Positions(places.into())
    }

    /// Within each pattern, drops the places before its last live flat `*`.
    fn drop_dominated(&self, places: &mut Vec<u32>) {
        let mut star_of: Option<(u32, u32)> = None;
        let mut kept = Vec::with_capacity(places.len());
        for &p in places.iter().rev() {
            let start = self.steps.get(p as usize).map_or(0, |s| s.start);
            if star_of.is_some_and(|(pattern, star)| pattern == start && p < star) {
                continue;
            }
            if self.token(p) == Some(Token::AnyRun) && star_of.is_none_or(|(pattern, _)| pattern != start) {
                star_of = Some((start, p));
            }
            kept.push(p);
        }
        kept.reverse();
        *places = kept;
    }
}

fn is_star(token: Token) -> bool {
    matches!(token, Token::AnyRun | Token::AnyRunInSegment)
}
