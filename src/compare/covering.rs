//! How one statement's lists lie to another's, by their texts alone. Errs towards *partly*.

use super::part::{Part, Who, everything};
use super::same::rests_on_its_place;
use crate::ask::glob::{Glob, includes, is_everything, literal, overlaps, pieces_of};
use gateproof_encodings::actions::names_an_action;
use gateproof_model::pattern::{PatternText, Piece, Token};
use gateproof_model::policy::{Condition, Operand, PatternClause, Statement};

/// How some texts lie to a set of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lie {
    /// None of them is in the set.
    Apart,
    /// All of them are.
    Within,
    /// Neither is sure.
    Partly,
}

impl Lie {
    /// How all of several lie, some in one way and some in another.
    pub fn all(mut lies: impl Iterator<Item = Self>) -> Self {
        let Some(first) = lies.next() else { return Self::Apart };
        if lies.all(|lie| lie == first) { first } else { Self::Partly }
    }
}

/// A clause, its patterns read once.
#[derive(Debug, Clone)]
pub(super) struct Clause {
    pub clause: PatternClause,
    globs: Vec<Glob>,
    /// What each begins with, up to its first wildcard or variable.
    heads: Vec<String>,
    /// The patterns that are one text each, sorted.
    texts: Vec<String>,
    /// The places of the others.
    open: Vec<usize>,
    /// Whether the complement of the list is the complement of its texts: an open variable makes it something else.
    plain: bool,
}

impl Clause {
    pub fn of(clause: PatternClause) -> Self {
        let globs: Vec<Glob> = clause.patterns.iter().map(pieces_of).collect();
        let heads: Vec<String> = clause.patterns.iter().map(PatternText::literal_head).collect();
        let plain = !clause.patterns.iter().any(|p| p.has_variables);
        let is_open = |at: &usize| !globs.get(*at).is_some_and(is_text);
        let (open, texts): (Vec<usize>, Vec<usize>) = (0..globs.len()).partition(is_open);
        let mut texts: Vec<String> = texts.into_iter().filter_map(|at| heads.get(at).cloned()).collect();
        texts.sort_unstable();
        Self { clause, globs, heads, texts, open, plain }
    }

    /// The patterns with wildcards or variables, and what they begin with.
    fn open(&self) -> impl Iterator<Item = (&Glob, &String)> {
        self.open.iter().filter_map(|at| Some((self.globs.get(*at)?, self.heads.get(*at)?)))
    }

    fn has_text(&self, text: &str) -> bool {
        self.texts.binary_search_by(|known| known.as_str().cmp(text)).is_ok()
    }

    /// The texts of the list that begin so.
    fn texts_from<'a>(&'a self, head: &'a str) -> impl Iterator<Item = &'a String> {
        let first = self.texts.partition_point(|text| text.as_str() < head);
        self.texts.iter().skip(first).take_while(move |text| text.starts_with(head))
    }

    /// Whether all texts of one pattern are surely among those of the list.
    fn lists(&self, glob: &Glob, head: &str) -> bool {
        let holds = |(wide, start): (&Glob, &String)| {
            let shared = start.chars().count();
            head.starts_with(start.as_str()) && includes(after(wide, shared), after(glob, shared))
        };
        is_text(glob) && self.has_text(head) || self.open().any(holds)
    }

    /// Whether no text of one pattern is among those of the list.
    fn misses(&self, glob: &Glob, head: &str) -> bool {
        let meets_text = match is_text(glob) {
            true => self.has_text(head),
            false => self.texts_from(head).any(|text| overlaps(&literal(text), glob)),
        };
        let meets = |(one, start): (&Glob, &String)| {
            let shared = start.len().min(head.len());
            let agree = head.starts_with(start.as_str()) || start.starts_with(head);
            agree && {
                let shared = head.get(..shared).map_or(0, |both| both.chars().count());
                overlaps(after(one, shared), after(glob, shared))
            }
        };
        !meets_text && !self.open().any(meets)
    }

    fn all_in(&self, other: &Self) -> bool {
        self.globs.iter().zip(&self.heads).all(|(glob, head)| other.lists(glob, head))
    }

    fn none_in(&self, other: &Self) -> bool {
        self.globs.iter().zip(&self.heads).all(|(glob, head)| other.misses(glob, head))
    }

    /// The actions of a statement; a text that names none is left out.
    pub fn of_actions(statement: &Statement) -> Self {
        let mut clause = statement.action.clone();
        clause.patterns.retain(|p| names_an_action(&p.text));
        Self::of(clause)
    }

    /// The resources of a statement; all where it has none.
    pub fn of_resources(statement: &Statement) -> Self {
        Self::of(statement.resource.clone().unwrap_or_else(everything))
    }

    /// The clause in rows that can be told apart: its patterns, or the whole of what is not listed.
    pub fn rows(&self) -> Vec<Self> {
        if self.clause.negated {
            return vec![self.clone()];
        }
        let read = self.clause.patterns.iter().zip(self.globs.iter().zip(&self.heads));
        read.map(|(pattern, (glob, head))| {
            let alone = is_text(glob);
            Self {
                clause: PatternClause { negated: false, patterns: vec![pattern.clone()] },
                globs: vec![glob.clone()],
                heads: vec![head.clone()],
                texts: if alone { vec![head.clone()] } else { Vec::new() },
                open: if alone { Vec::new() } else { vec![0] },
                plain: !pattern.has_variables,
            }
        })
        .collect()
    }

    /// The union of rows of one clause.
    pub fn union(rows: &[&Self]) -> PatternClause {
        match rows {
            [single] => single.clause.clone(),
            several => PatternClause {
                negated: false,
                patterns: several.iter().flat_map(|row| row.clause.patterns.iter().cloned()).collect(),
            },
        }
    }

    /// How these texts lie to another clause's.
    pub fn lies_to(&self, other: &Self) -> Lie {
        let lie = |within: bool, apart: &dyn Fn() -> bool| match within {
            true => Lie::Within,
            false if apart() => Lie::Apart,
            false => Lie::Partly,
        };
        match (self.clause.negated, other.clause.negated) {
            (false, false) => lie(self.all_in(other), &|| self.none_in(other)),
            (false, true) if other.plain => lie(self.none_in(other), &|| self.all_in(other)),
            (true, false) => {
                let everything = other.globs.iter().any(|glob| is_everything(glob));
                lie(everything, &|| self.plain && other.all_in(self))
            }
            (true, true) => {
                let same = self.clause == other.clause;
                lie(same || self.plain && other.plain && other.all_in(self), &|| false)
            }
            (false, true) => Lie::Partly,
        }
    }

    /// The patterns of a list that may share a text with the rows; the whole of what is not listed.
    pub fn meeting(&self, rows: &[&Self]) -> PatternClause {
        if self.clause.negated || rows.iter().any(|row| row.clause.negated) {
            return self.clause.clone();
        }
        let kept = self.clause.patterns.iter().zip(self.globs.iter().zip(&self.heads));
        let kept = kept.filter(|(_, (glob, head))| rows.iter().any(|row| !row.misses(glob, head)));
        PatternClause { negated: false, patterns: kept.map(|(pattern, _)| pattern.clone()).collect() }
    }
}

/// The rest of a pattern after so many characters, which say what another one's do.
fn after(glob: &Glob, characters: usize) -> &[Piece] {
    glob.get(characters..).unwrap_or_default()
}

/// Whether a pattern is one text: it has neither wildcards nor variables.
fn is_text(glob: &Glob) -> bool {
    glob.iter().all(|piece| matches!(piece, Piece::Token(Token::Char(_))))
}

/// Whether two statements say the same in the same order.
pub(super) fn are_alike(a: &Statement, b: &Statement) -> bool {
    let same =
        |x: &Condition, y: &Condition| x.operator == y.operator && x.key == y.key && x.operands == y.operands;
    a.action == b.action
        && a.resource == b.resource
        && a.principal == b.principal
        && a.assumption == b.assumption
        && a.conditions.len() == b.conditions.len()
        && a.conditions.iter().zip(&b.conditions).all(|(x, y)| same(x, y))
        && !rests_on_its_place(a)
}

/// Whether a condition holds wherever another does.
fn follows(condition: &Condition, from: &Condition) -> bool {
    let typed = |c: &Condition| !c.operands.iter().any(|o| matches!(o, Operand::Unparsable(_)));
    if condition.operator != from.operator || condition.key != from.key || !typed(condition) || !typed(from) {
        return false;
    }
    let listed =
        |inner: &Condition, outer: &Condition| inner.operands.iter().all(|o| outer.operands.contains(o));
    // More values admit more; more excluded ones less.
    if condition.operator.negated { listed(condition, from) } else { listed(from, condition) }
}

/// The conditions of a statement that don't follow from those of another.
pub(super) fn not_following(statement: &Statement, from: &Statement) -> Vec<Condition> {
    let follows = |c: &Condition| from.conditions.iter().any(|known| follows(c, known));
    statement.conditions.iter().filter(|c| !follows(c)).cloned().collect()
}

/// Whether a part is about everybody that another is about.
pub(super) fn about_all_of(part: &Part, other: &Part) -> bool {
    part.who == Who::Anybody
        || part.who == other.who
            && part.statement().map(|s| &s.principal) == other.statement().map(|s| &s.principal)
            && !part.statement().is_none_or(rests_on_its_place)
}
