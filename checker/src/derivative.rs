//! Whether a text lies in all of some pattern sets and in none of others, by derivatives.
//!
//! A state is what remains to be matched after a prefix: the live positions of all patterns
//! (Antimirov's partial derivatives), taken for all sets at once (Brzozowski's derivative of an
//! intersection). Characters that no live position tells apart are tried once.

use gateproof_encodings::language::PatternSet;
use gateproof_model::pattern::Token;
use gateproof_model::text::{fold, unfold};
use rustc_hash::FxHashSet;
use std::rc::Rc;

/// How many positions may be visited for one question.
const LIMIT: usize = 20_000_000;

/// Whether no text lies in each set that is paired with `true` and in no other; an error, the
/// limit, where that is still open after as many positions.
pub fn no_text(sets: &[(&PatternSet, bool)]) -> Result<bool, usize> {
    let product = Product::new(sets);
    let mut next: Vec<Position> =
        (0u32..).zip(&product.globs).map(|(glob, _)| Position { glob, offset: 0 }).collect();
    let mut seen: FxHashSet<Rc<[Position]>> = FxHashSet::default();
    let mut open: Vec<Rc<[Position]>> = Vec::new();
    let mut moves = Moves::default();
    let mut visited = 0;
    let mut letters = Vec::new().into_iter();
    loop {
        visited += next.len() + 1;
        if visited > LIMIT {
            return Err(LIMIT);
        }
        match product.reduce(&mut next) {
            Some(true) => return Ok(false),
            Some(false) if !seen.contains(next.as_slice()) => {
                let state: Rc<[Position]> = next.as_slice().into();
                seen.insert(state.clone());
                open.push(state);
            }
            _ => {}
        }
        while letters.len() == 0 {
            let Some(state) = open.pop() else { return Ok(true) };
            visited += state.len() + 8;
            moves = product.collect_moves(&state);
            letters = moves.letters().into_iter();
        }
        moves.take(letters.next().unwrap_or(OTHER), &mut next);
    }
}

/// A character, or [`OTHER`] for any that no live position names.
type Letter = u32;
const OTHER: Letter = Letter::MAX;
const COLON: Letter = ':' as Letter;

/// What remains of one pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Position {
    glob: u32,
    offset: u32,
}

/// The offset that stands for "the whole set holds from here on".
const SETTLED: u32 = u32::MAX;

#[derive(Debug)]
struct Glob<'a> {
    tokens: &'a [Token],
    fold: bool,
    set: usize,
}

/// All patterns of all sets side by side.
struct Product<'a> {
    /// Those of the sets to lie in come first.
    globs: Vec<Glob<'a>>,
    /// How many sets the text must lie in.
    inside: usize,
    /// Whether some sets tell letter case apart and others don't.
    mixed: bool,
}

impl<'a> Product<'a> {
    fn new(sets: &[(&'a PatternSet, bool)]) -> Self {
        let (inside, outside): (Vec<_>, Vec<_>) = sets.iter().partition(|(_, inside)| *inside);
        let globs = inside.iter().chain(&outside).enumerate().flat_map(|(set, (s, _))| {
            s.patterns.iter().map(move |tokens| Glob { tokens, fold: s.fold_case, set })
        });
        let mixed = sets.iter().any(|(s, _)| s.fold_case) && sets.iter().any(|(s, _)| !s.fold_case);
        Self { globs: globs.collect(), inside: inside.len(), mixed }
    }

    fn set_of(&self, position: &Position) -> usize {
        self.globs.get(position.glob as usize).map_or(usize::MAX, |g| g.set)
    }

    /// The positions of each set, and whether the text must lie in it.
    fn by_set<'s>(&self, state: &'s [Position]) -> impl Iterator<Item = (&'s [Position], bool)> {
        let groups = state.chunk_by(|a, b| self.set_of(a) == self.set_of(b));
        groups.map(|g| (g, g.first().is_some_and(|p| self.set_of(p) < self.inside)))
    }

    /// What is still to match; nothing for a settled set.
    fn rest(&self, position: &Position) -> &'a [Token] {
        let tokens = self.globs.get(position.glob as usize).map(|g| g.tokens);
        tokens.and_then(|t| t.get(position.offset as usize..)).unwrap_or_default()
    }

    /// Whether every further text matches.
    fn is_settled(&self, position: &Position) -> bool {
        let rest = self.rest(position);
        position.offset == SETTLED || (!rest.is_empty() && rest.iter().all(|t| *t == Token::AnyRun))
    }

    /// Brings a state to a normal form of the same language, and says whether the text may end
    /// there; `None` where the language is plainly empty.
    ///
    /// - A set of which a position accepts every further text is settled: its other positions go.
    /// - Before a live flat `*` no position of that pattern adds a text, nor does the one after it.
    fn reduce(&self, state: &mut Vec<Position>) -> Option<bool> {
        state.sort_unstable();
        state.dedup();
        let (mut held, mut ended, mut excluded) = (0, 0, false);
        let mut kept: Vec<Position> = Vec::with_capacity(state.len());
        for (group, must) in self.by_set(state) {
            let run = |t: &Token| matches!(t, Token::AnyRun | Token::AnyRunInSegment);
            let may_end = group.iter().any(|p| self.rest(p).iter().all(run));
            held += usize::from(must);
            ended += usize::from(must && may_end);
            excluded |= !must && may_end;
            if let Some(settled) = group.iter().find(|p| self.is_settled(p)) {
                if !must {
                    return None;
                }
                let glob = self.globs.partition_point(|g| g.set < self.set_of(settled));
                kept.push(Position { glob: u32::try_from(glob).unwrap_or(u32::MAX), offset: SETTLED });
                continue;
            }
            for glob in group.chunk_by(|a, b| a.glob == b.glob) {
                let star = glob.iter().rfind(|p| matches!(self.rest(p), [Token::AnyRun, ..]));
                let adds =
                    |p: &&Position| star.is_none_or(|s| p.offset == s.offset || p.offset > s.offset + 1);
                kept.extend(glob.iter().filter(adds));
            }
        }
        *state = kept;
        (held == self.inside).then_some(ended == self.inside && !excluded)
    }

    /// Where each letter leads from a state.
    fn collect_moves(&self, state: &[Position]) -> Moves {
        let mut moves = Moves::default();
        for (group, must) in self.by_set(state) {
            let (named, open) = (moves.named.len(), moves.any.len() + moves.not_colon.len());
            for position in group {
                self.collect_from(*position, &mut moves);
            }
            if must && open == moves.any.len() + moves.not_colon.len() {
                // Only letters named by this set lead on; earlier restrictions hold for them already.
                let mut only: Vec<Letter> = moves.named.iter().skip(named).map(|(l, _)| *l).collect();
                only.sort_unstable();
                only.dedup();
                moves.only = Some(only);
            }
        }
        moves.named.sort_unstable();
        moves
    }

    fn collect_from(&self, position: Position, moves: &mut Moves) {
        let Some(glob) = self.globs.get(position.glob as usize) else { return };
        if position.offset == SETTLED {
            return moves.any.push(position);
        }
        for (offset, token) in (position.offset..).zip(self.rest(&position)) {
            let (here, after) =
                (Position { offset, ..position }, Position { offset: offset + 1, ..position });
            match token {
                Token::AnyRun => moves.any.push(here),
                Token::AnyRunInSegment => moves.not_colon.push(here),
                Token::AnyOne => return moves.any.push(after),
                Token::AnyOneInSegment => return moves.not_colon.push(after),
                Token::Char(c) if !glob.fold => return moves.name(*c, after),
                // Where no set tells case apart, a folded character stands for all its spellings.
                Token::Char(c) if !self.mixed => return moves.name(fold(*c), after),
                Token::Char(c) => {
                    moves.name(fold(*c), after);
                    return unfold(fold(*c)).into_iter().for_each(|spelling| moves.name(spelling, after));
                }
            }
        }
    }
}

/// The steps out of one state.
#[derive(Debug, Default)]
struct Moves {
    named: Vec<(Letter, Position)>,
    any: Vec<Position>,
    not_colon: Vec<Position>,
    /// The letters that some set to lie in leaves, where it names all of them.
    only: Option<Vec<Letter>>,
}

impl Moves {
    fn name(&mut self, c: char, to: Position) {
        let letter = Letter::from(c);
        if self.only.as_ref().is_none_or(|only| only.binary_search(&letter).is_ok()) {
            self.named.push((letter, to));
        }
    }

    /// One letter for each way to go on.
    fn letters(&self) -> Vec<Letter> {
        let mut letters = match &self.only {
            Some(only) => return only.clone(),
            None => self.named.iter().map(|(letter, _)| *letter).collect::<Vec<_>>(),
        };
        letters.extend([COLON, OTHER]);
        letters.sort_unstable();
        letters.dedup();
        letters
    }

    fn take(&self, letter: Letter, next: &mut Vec<Position>) {
        next.clear();
        let start = self.named.partition_point(|(l, _)| *l < letter);
        next.extend(self.named.iter().skip(start).take_while(|(l, _)| *l == letter).map(|(_, to)| *to));
        next.extend(&self.any);
        if letter != COLON {
            next.extend(&self.not_colon);
        }
    }
}
