//! Languages of regular expressions: whether all texts in which these are found, and those are not, lie in a third.
//!
//! CodeBuild's webhook filters and the globs that say what is meant are both made automata over bytes; an inclusion is a breadth-first
//! search over their product, which ends with the shortest text that lies outside or with none. Where an expression has something that
//! isn't regular, or that other engines read otherwise, it is refused, and nothing is known of it.

use regex_automata::Anchored;
use regex_automata::MatchKind;
use regex_automata::dfa::Automaton;
use regex_automata::dfa::dense::{Config, DFA};
use regex_automata::nfa::thompson;
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::util::syntax;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// Bytes that an automaton may take, and its making.
const SIZE: usize = 4 << 20;

/// States of a product that are looked at.
const STATES: usize = 50_000;

/// The texts in which a regular expression is found.
#[derive(Debug, Clone)]
pub struct Regular {
    dfa: DFA<Vec<u32>>,
    start: StateID,
}

/// Why nothing is known of an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegularError {
    /// It isn't regular, or is read otherwise elsewhere.
    #[error("`{given}` is not read: {why}")]
    Unread {
        /// The expression.
        given: String,
        /// What is wrong with it.
        why: String,
    },
    /// Too many states.
    #[error("more than {limit} states")]
    TooLarge {
        /// How many are looked at.
        limit: usize,
    },
}

/// Quantifiers that give nothing back are no part of regular languages, and here would be read as repeated twice.
const POSSESSIVE: [&str; 4] = ["*+", "++", "?+", "}+"];

impl Regular {
    /// The texts in which an expression is found somewhere. `\d` and its like are of ASCII, as in Java.
    ///
    /// # Errors
    /// Where the expression can't be read, or is too large.
    pub fn found(expression: &str) -> Result<Self, RegularError> {
        let unread = |why: &str| RegularError::Unread { given: expression.to_owned(), why: why.to_owned() };
        if POSSESSIVE.iter().any(|quantifier| expression.contains(quantifier)) {
            return Err(unread("quantifiers that give nothing back"));
        }
        // By itself first: what surrounds it must not close its groups.
        let flags = syntax::Config::new().unicode(false).utf8(false);
        syntax::parse_with(expression, &flags).map_err(|error| unread(&last_line(&error.to_string())))?;
        let around = format!(r"\A(?s:.)*(?:{expression})(?s:.)*\z");
        Self::build(&around).map_err(|why| unread(&why))
    }

    /// The texts that match one of some globs, in which `*` stands for any text and `?` for one character.
    ///
    /// # Errors
    /// Where they are too large.
    pub fn globs<'g>(globs: impl IntoIterator<Item = &'g str>) -> Result<Self, RegularError> {
        let each: Vec<String> = globs.into_iter().map(expression_of).collect();
        // Of none: the class of no character.
        let any = if each.is_empty() { r"[^\x00-\xff]".to_owned() } else { each.join("|") };
        let whole = format!(r"\A(?:{any})\z");
        Self::build(&whole).map_err(|why| RegularError::Unread { given: each.join(", "), why })
    }

    /// All that is text: well-formed UTF-8. An expression takes its bytes one by one.
    ///
    /// # Errors
    /// Never, but for the limits of all automata.
    pub fn text() -> Result<Self, RegularError> {
        let long = r"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}";
        let whole = format!(r"\A(?:[\x00-\x7f]|{long})*\z");
        Self::build(&whole).map_err(|why| RegularError::Unread { given: "all texts".to_owned(), why })
    }

    fn build(expression: &str) -> Result<Self, String> {
        let config = Config::new()
            .match_kind(MatchKind::All)
            .dfa_size_limit(Some(SIZE))
            .determinize_size_limit(Some(2 * SIZE));
        let dfa = DFA::builder()
            .configure(config)
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .thompson(thompson::Config::new().utf8(false).nfa_size_limit(Some(SIZE)))
            .build(expression)
            .map_err(|error| last_line(&error.to_string()))?;
        let at = start::Config::new().anchored(Anchored::Yes);
        let start = dfa.start_state(&at).map_err(|error| error.to_string())?;
        Ok(Self { dfa, start })
    }

    /// Whether a text is one of these.
    pub fn contains(&self, text: &str) -> bool {
        let end = text.bytes().fold(self.start, |state, byte| self.dfa.next_state(state, byte));
        self.accepts(end)
    }

    fn accepts(&self, state: StateID) -> bool {
        self.dfa.is_match_state(self.dfa.next_eoi_state(state))
    }
}

fn expression_of(glob: &str) -> String {
    glob.bytes().fold(String::new(), |mut text, byte| {
        match byte {
            b'*' => text.push_str("(?s:.)*"),
            // One character of UTF-8.
            b'?' => text.push_str(r"(?:[\x00-\x7f]|[\xc0-\xff][\x80-\xbf]*)"),
            byte => text.push_str(&format!(r"\x{byte:02x}")),
        }
        text
    })
}

fn last_line(text: &str) -> String {
    let line = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    line.trim().trim_start_matches("error: ").to_owned()
}

/// The texts of some letters that lie in all of these languages and in none of those.
#[derive(Debug, Clone, Copy)]
pub struct Common<'a> {
    /// In all of these.
    pub all: &'a [&'a Regular],
    /// In none of these.
    pub none: &'a [&'a Regular],
    /// The letters, those first of which a text is rather made.
    pub letters: &'a [u8],
}

type Place = Vec<StateID>;

/// The reachable places of a product, each with the place and the letter that led to it first.
struct Product {
    places: Vec<Place>,
    from: Vec<Option<(usize, u8)>>,
    /// To where one letter leads.
    steps: Vec<Vec<usize>>,
}

impl Common<'_> {
    /// The shortest such text.
    ///
    /// # Errors
    /// Where there are too many states.
    pub fn shortest(&self) -> Result<Option<String>, RegularError> {
        let product = self.product(true)?;
        let last = product.places.last().filter(|place| self.accepts(place));
        Ok(last.map(|_| product.text_to(product.places.len() - 1)))
    }

    /// Whether there are only so many such texts, however many.
    ///
    /// # Errors
    /// Where there are too many states.
    pub fn is_finite(&self) -> Result<bool, RegularError> {
        let product = self.product(false)?;
        // Places from which a text can end, and those among them that lead back to themselves.
        let count = product.places.len();
        let mut alive: Vec<bool> = product.places.iter().map(|place| self.accepts(place)).collect();
        let leads = |steps: &[usize], to: &[bool]| steps.iter().any(|step| to.get(*step) == Some(&true));
        spread(&product.steps, &mut alive, leads);
        // What can't be stripped of leaves, over and over, holds a circle.
        let mut ends: Vec<bool> = alive.iter().map(|alive| !alive).collect();
        let all = |steps: &[usize], ends: &[bool]| steps.iter().all(|step| ends.get(*step) == Some(&true));
        spread(&product.steps, &mut ends, all);
        Ok(ends.iter().filter(|ends| **ends).count() == count)
    }

    fn accepts(&self, place: &Place) -> bool {
        let (all, none) = place.split_at_checked(self.all.len()).unwrap_or_default();
        self.all.iter().zip(all).all(|(language, state)| language.accepts(*state))
            && !self.none.iter().zip(none).any(|(language, state)| language.accepts(*state))
    }

    fn languages(&self) -> impl Iterator<Item = &Regular> {
        self.all.iter().chain(self.none).copied()
    }

    /// Of letters that no language tells apart, the first.
    fn told_apart(&self) -> Vec<u8> {
        let mut seen = Vec::new();
        let mut letters = Vec::new();
        for letter in self.letters {
            let classes: Vec<u8> =
                self.languages().map(|language| language.dfa.byte_classes().get(*letter)).collect();
            if !seen.contains(&classes) {
                seen.push(classes);
                letters.push(*letter);
            }
        }
        letters
    }

    /// The product; up to the first place that accepts, if that is what is looked for.
    fn product(&self, to_first: bool) -> Result<Product, RegularError> {
        let start: Place = self.languages().map(|language| language.start).collect();
        let mut product = Product { places: vec![start.clone()], from: vec![None], steps: vec![Vec::new()] };
        let mut known: FxHashMap<Place, usize> = [(start.clone(), 0)].into_iter().collect();
        let letters = self.told_apart();
        let mut waiting: VecDeque<(usize, Place)> = [(0, start)].into();
        if to_first && product.places.iter().any(|place| self.accepts(place)) {
            return Ok(product);
        }
        while let Some((at, place)) = waiting.pop_front() {
            for letter in &letters {
                let next: Place = self
                    .languages()
                    .zip(&place)
                    .map(|(language, state)| language.dfa.next_state(*state, *letter))
                    .collect();
                let fresh = product.places.len();
                let to = *known.entry(next.clone()).or_insert(fresh);
                product.steps.get_mut(at).into_iter().for_each(|steps| steps.push(to));
                if to < fresh {
                    continue;
                }
                product.places.push(next.clone());
                product.from.push(Some((at, *letter)));
                product.steps.push(Vec::new());
                if to_first && self.accepts(&next) {
                    return Ok(product);
                }
                if fresh >= STATES {
                    return Err(RegularError::TooLarge { limit: STATES });
                }
                waiting.push_back((to, next));
            }
        }
        Ok(product)
    }
}

/// Marks places until no place that isn't marked has steps of the kind.
fn spread(steps: &[Vec<usize>], marked: &mut [bool], kind: impl Fn(&[usize], &[bool]) -> bool) {
    loop {
        let unmarked = steps.iter().enumerate().filter(|(n, _)| marked.get(*n) == Some(&false));
        let more: Vec<usize> = unmarked.filter(|(_, steps)| kind(steps, marked)).map(|(n, _)| n).collect();
        if more.is_empty() {
            return;
        }
        for n in more {
            marked.get_mut(n).into_iter().for_each(|mark| *mark = true);
        }
    }
}

impl Product {
    fn text_to(&self, place: usize) -> String {
        let mut bytes = Vec::new();
        let mut at = place;
        while let Some(Some((from, letter))) = self.from.get(at) {
            bytes.push(*letter);
            at = *from;
        }
        bytes.reverse();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789/-._|ABC\xc3\xa9";

    fn within(inner: &str, outer: &[&str]) -> Option<String> {
        let inner = Regular::found(inner).unwrap();
        let outer = Regular::globs(outer.iter().copied()).unwrap();
        let text = Regular::text().unwrap();
        Common { all: &[&inner, &text], none: &[&outer], letters: LETTERS }.shortest().unwrap()
    }

    #[test]
    fn anchors_decide() {
        assert_eq!(within("^refs/heads/main$", &["refs/heads/main"]), None);
        assert_eq!(
            within("^refs/heads/(main|release/.*)$", &["refs/heads/main", "refs/heads/release/*"]),
            None
        );
        assert_eq!(within("^refs/heads/main", &["refs/heads/main"]).as_deref(), Some("refs/heads/maina"));
        assert_eq!(within("refs/heads/main$", &["refs/heads/main"]).as_deref(), Some("arefs/heads/main"));
        assert_eq!(within("^1$|^2$", &["1", "2"]), None);
        assert_eq!(within("^(1|2)$", &["1", "2"]), None);
        // A bar binds least: each side is anchored at one end only.
        assert_eq!(within("^1|2$", &["1", "2"]).as_deref(), Some("a2"));
        assert_eq!(within("^main.$", &["main?"]), None);
        assert_eq!(within("^main.$", &["main"]).as_deref(), Some("maina"));
        assert_eq!(within("^v[0-9]+$", &["v*"]), None);
        assert_eq!(within("", &["*"]), None);
        assert_eq!(within("", &[]).as_deref(), Some(""));
    }

    #[test]
    fn what_is_not_regular_is_not_read() {
        for expression in ["(?!x)y", r"(a)\1", "a)(b", "x*+y", "(?x)a # b", "[", r"(?<=a)b"] {
            assert!(Regular::found(expression).is_err(), "{expression}");
        }
    }

    #[test]
    fn what_never_ends_is_known() {
        for (expression, finite) in
            [("^(1|2)$", true), ("1", false), ("^1", false), ("^[ab]{1,3}$", true), ("^a+$", false)]
        {
            let found = Regular::found(expression).unwrap();
            let common = Common { all: &[&found], none: &[], letters: LETTERS };
            assert_eq!(common.is_finite(), Ok(finite), "{expression}");
        }
        let (all, few) = (Regular::found("").unwrap(), Regular::found("..").unwrap());
        assert_eq!(Common { all: &[&all], none: &[&few], letters: LETTERS }.is_finite(), Ok(true));
    }

    fn expression() -> impl Strategy<Value = String> {
        let leaf = prop::sample::select(vec!["a", "b", "^", "$", ".", "[^a]", ""]).prop_map(str::to_owned);
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                3 => prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| parts.concat()),
                1 => prop::collection::vec(inner.clone(), 2..3).prop_map(|parts| format!("(?:{})", parts.join("|"))),
                1 => inner.prop_map(|part| format!("(?:{part})*")),
            ]
        })
    }

    fn texts() -> Vec<String> {
        let mut all = vec![String::new()];
        for length in 0..5 {
            let last: Vec<String> = all.iter().filter(|text| text.len() == length).cloned().collect();
            all.extend(last.iter().flat_map(|text| ["a", "b"].map(|letter| format!("{text}{letter}"))));
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
        #[test]
        fn agrees_with_a_search_of_each_text(all in expression(), none in expression()) {
            use regex_automata::nfa::thompson::pikevm::PikeVM;
            let (a, n) = (Regular::found(&all).unwrap(), Regular::found(&none).unwrap());
            let engines = [&all, &none].map(|text| PikeVM::new(text).unwrap());
            let is_found = |engine: &PikeVM, text: &str| engine.is_match(&mut engine.create_cache(), text);
            let outside = texts().into_iter().find(|text| is_found(&engines[0], text) && !is_found(&engines[1], text));
            let shortest = Common { all: &[&a], none: &[&n], letters: b"ab" }.shortest().unwrap();
            match (outside, shortest) {
                (Some(text), Some(shortest)) => prop_assert_eq!(text.len(), shortest.len()),
                (None, Some(shortest)) => prop_assert!(shortest.len() > 5),
                (outside, shortest) => prop_assert_eq!(outside, shortest),
            }
        }
    }
}
