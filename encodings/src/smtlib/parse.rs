//! Reading a script of ours back as a formula.
//!
//! The definitions give the formula. What the reader doesn't look at (declarations, constraints, sorts)
//! is compared with the script that the formula has, so any other text is refused.

use super::escape::{Alphabet, unescape_name};
use super::layout::{TEXTS, TEXTS_ANY_CASE, field_of, scalar_of};
use super::sexpr::{Sexpr, read_all};
use super::{ParseError, Style, render_script};
use crate::language::{Languages, PatternSet, RangeSet};
use crate::term::{Atom, Term, Terms};
use gateproof_model::operand::{Point, Scalar};
use gateproof_model::pattern::{Pattern, Token};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The formula of a script that [`render_script`] wrote, in either style.
pub fn parse_script(text: &str, languages: &Languages) -> Result<(Terms, Term), ParseError> {
    let commands = read_all(text)?;
    let mut reader = Reader::new(languages);
    for (index, command) in commands.iter().enumerate() {
        reader.command(command).ok_or_else(|| ParseError::Command {
            number: index + 1,
            found: command.summary(),
            expected: "a command that this program writes".to_owned(),
        })?;
    }
    let root = reader.root.ok_or(ParseError::NoAssertion)?;
    let mut difference = None;
    for style in [Style::Union, Style::PerPattern] {
        let own = read_all(&render_script(&reader.terms, root, style)?)?;
        match first_difference(&commands, &own) {
            None => return Ok((reader.terms, root)),
            Some(found) => difference = difference.or(Some(found)),
        }
    }
    Err(difference.unwrap_or(ParseError::NoAssertion))
}

fn first_difference(commands: &[Sexpr], own: &[Sexpr]) -> Option<ParseError> {
    let end = || "the end of the script".to_owned();
    let length = commands.len().max(own.len());
    (0..length).find(|i| commands.get(*i) != own.get(*i)).map(|i| ParseError::Command {
        number: i + 1,
        found: commands.get(i).map_or_else(end, Sexpr::summary),
        expected: own.get(i).map_or_else(end, Sexpr::summary),
    })
}

struct Reader<'a> {
    languages: &'a Languages,
    alphabet: Alphabet,
    terms: Terms,
    texts: FxHashMap<String, Arc<PatternSet>>,
    points: FxHashMap<String, Arc<RangeSet>>,
    /// What the member atoms say: the name of the set, and whether the member lies inside.
    members: FxHashMap<String, (String, bool)>,
    formulas: FxHashMap<String, Term>,
    root: Option<Term>,
}

impl<'a> Reader<'a> {
    fn new(languages: &'a Languages) -> Self {
        let constants = [("true".to_owned(), Terms::TRUE), ("false".to_owned(), Terms::FALSE)];
        Self {
            languages,
            alphabet: Alphabet::default(),
            terms: Terms::default(),
            texts: FxHashMap::default(),
            points: FxHashMap::default(),
            members: FxHashMap::default(),
            formulas: constants.into_iter().collect(),
            root: None,
        }
    }

    fn command(&mut self, command: &Sexpr) -> Option<()> {
        let [head, arguments @ ..] = command.list()? else { return None };
        match (head.symbol()?, arguments) {
            ("define-fun", [name, _parameters, _sort, body]) => self.definition(name.symbol()?, body),
            ("assert", [Sexpr::Symbol(root)]) => {
                self.root = Some(*self.formulas.get(root)?);
                Some(())
            }
            ("set-info", [Sexpr::Symbol(keyword), Sexpr::Literal(meaning)]) => {
                let code = u32::from_str_radix(keyword.strip_prefix(":stand-in-")?, 16).ok()?;
                let meaning = u32::from_str_radix(meaning, 16).ok().and_then(char::from_u32)?;
                self.alphabet.insert(code, meaning);
                Some(())
            }
            ("assert", [_]) | ("set-logic" | "declare-const" | "check-sat" | "get-model", _) => Some(()),
            _ => None,
        }
    }

    fn definition(&mut self, name: &str, body: &Sexpr) -> Option<()> {
        let line = |kind: &str| scalar_of(kind.split_once('-')?.0);
        if name == "in-segment" || name.starts_with("line-") {
            return Some(());
        }
        if name.starts_with(TEXTS) {
            let fold_case = name.starts_with(TEXTS_ANY_CASE);
            let set = self.languages.set(self.text_set(body, fold_case)?, fold_case);
            self.texts.insert(name.to_owned(), set);
        } else if let Some(kind) = name.strip_prefix("points-") {
            let set = read_points(line(kind)?, body)?;
            self.points.insert(name.to_owned(), Arc::new(set));
        } else if name.starts_with("member-") {
            let (test, inside) = match body.application("not") {
                Some([test]) => (test, false),
                _ => (body, true),
            };
            let lies = match test.application("and") {
                Some([_is_point, lies]) => lies,
                _ => test,
            };
            let set = lies.list()?.first()?.symbol()?;
            self.members.insert(name.to_owned(), (set.to_owned(), inside));
        } else if name.starts_with("atom-") {
            let atom = self.atom(body)?;
            let term = self.terms.atom_term(atom);
            self.formulas.insert(name.to_owned(), term);
        } else {
            let term = self.formula(body)?;
            self.formulas.insert(name.to_owned(), term);
        }
        Some(())
    }

    fn formula(&mut self, body: &Sexpr) -> Option<Term> {
        let [head, parts @ ..] = body.list()? else { return None };
        let parts = parts.iter().map(|p| self.formulas.get(p.symbol()?).copied());
        let parts = parts.collect::<Option<Vec<Term>>>()?;
        match (head.symbol()?, parts.as_slice()) {
            ("not", [inner]) => Some(self.terms.not(*inner)),
            ("and", _) => Some(self.terms.and(parts)),
            ("or", _) => Some(self.terms.or(parts)),
            _ => None,
        }
    }

    fn atom(&self, body: &Sexpr) -> Option<Atom> {
        if let Some((kind, place)) = body.symbol().and_then(|s| s.split_once(' ')) {
            return match kind {
                "present" => Some(Atom::Present(field_of(place)?)),
                "free" => Some(Atom::Free(unescape_name(place)?.into())),
                _ => {
                    let (set, inside) = self.members.get(kind)?;
                    let (field, inside) = (field_of(place)?, *inside);
                    match (self.texts.get(set), self.points.get(set)) {
                        (Some(set), _) => Some(Atom::Member { field, set: set.clone(), inside }),
                        (_, Some(set)) => Some(Atom::MemberRange { field, set: set.clone(), inside }),
                        _ => None,
                    }
                }
            };
        }
        let lies = body.application("and").map_or(Some(body), <[_]>::last)?;
        let [set, .., value] = lies.list()? else { return None };
        let (_, place) = value.symbol()?.split_once(' ')?;
        let (set, field) = (set.symbol()?, field_of(place)?);
        match (self.texts.get(set), self.points.get(set)) {
            (Some(set), _) => Some(Atom::Text(field, set.clone())),
            (_, Some(set)) => Some(Atom::Range(field, set.clone())),
            _ => None,
        }
    }

    fn text_set(&self, body: &Sexpr, fold_case: bool) -> Option<Vec<Pattern>> {
        if body.symbol() == Some("false") {
            return Some(Vec::new());
        }
        if let Some([_, regex]) = body.application("str.in_re") {
            // A single pattern that is a folded letter is a union too.
            if let Some(token) = self.case_variants(regex, fold_case) {
                return Some(vec![[token].into()]);
            }
            let patterns = regex.application("re.union").unwrap_or(std::slice::from_ref(regex));
            return patterns.iter().map(|p| self.pattern(p, fold_case)).collect();
        }
        let atoms = body.application("or").unwrap_or(std::slice::from_ref(body));
        atoms.iter().map(|a| self.simple_atom(a, fold_case)).collect()
    }

    fn simple_atom(&self, atom: &Sexpr, fold_case: bool) -> Option<Pattern> {
        let [operator, left, right] = atom.list()? else { return None };
        let literal = |s: &Sexpr| Some(self.tokens(s.literal()?));
        Some(match operator.symbol()? {
            "=" => literal(right)?.into(),
            "str.prefixof" => [literal(left)?, vec![Token::AnyRun]].concat().into(),
            "str.suffixof" => [vec![Token::AnyRun], literal(left)?].concat().into(),
            "str.contains" => [vec![Token::AnyRun], literal(right)?, vec![Token::AnyRun]].concat().into(),
            "str.in_re" => self.pattern(right, fold_case)?,
            _ => return None,
        })
    }

    fn pattern(&self, regex: &Sexpr, fold_case: bool) -> Option<Pattern> {
        let parts = regex.application("re.++").unwrap_or(std::slice::from_ref(regex));
        let mut pattern = Vec::new();
        for part in parts {
            if let Some([text]) = part.application("str.to_re") {
                pattern.extend(self.tokens(text.literal()?));
                continue;
            }
            let run = part.application("re.*").and_then(<[_]>::first).and_then(Sexpr::symbol);
            pattern.push(match (part.symbol(), run) {
                (Some("re.allchar"), _) => Token::AnyOne,
                (Some("in-segment"), _) => Token::AnyOneInSegment,
                (_, Some("re.allchar")) => Token::AnyRun,
                (_, Some("in-segment")) => Token::AnyRunInSegment,
                _ => self.case_variants(part, fold_case)?,
            });
        }
        Some(pattern.into())
    }

    /// The letter whose case variants a union lists; the letter itself comes first.
    fn case_variants(&self, regex: &Sexpr, fold_case: bool) -> Option<Token> {
        let variants = regex.application("re.union").filter(|_| fold_case)?;
        let letters = variants.iter().map(|v| match v.application("str.to_re") {
            Some([text]) => self.tokens(text.literal()?).first().copied(),
            _ => None,
        });
        let letters = letters.collect::<Option<Vec<Token>>>()?;
        let Some(Token::Char(first)) = letters.first() else { return None };
        let expected = super::escape::case_variants(*first).map(Token::Char);
        letters.iter().copied().eq(expected).then_some(Token::Char(*first))
    }

    fn tokens(&self, body: &str) -> Vec<Token> {
        self.alphabet.read_body(body).chars().map(Token::Char).collect()
    }
}

fn read_points(scalar: Scalar, body: &Sexpr) -> Option<RangeSet> {
    if body.symbol() == Some("false") {
        return Some(RangeSet::new(scalar, Vec::new()));
    }
    let intervals = body.application("or").unwrap_or(std::slice::from_ref(body)).iter().map(|interval| {
        let (family, between) = match interval.application("and") {
            Some([family, between]) => match family.application("=")? {
                [_, family] => (family.symbol()?.parse().ok()?, between),
                _ => return None,
            },
            _ => (0, interval),
        };
        let [first, _, last] = between.application("<=")? else { return None };
        let point = |s: &Sexpr| Some(Point { family, value: s.symbol()?.parse().ok()? });
        Some((point(first)?, point(last)?))
    });
    Some(RangeSet::new(scalar, intervals.collect::<Option<Vec<_>>>()?))
}
