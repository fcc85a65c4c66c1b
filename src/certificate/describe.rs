//! Atoms in words, so that people can read a lemma. Different atoms have different words.

use gateproof_encodings::language::{PatternSet, RangeSet};
use gateproof_encodings::term::Atom;
use gateproof_model::operand::{Scalar, render_point};
use gateproof_model::pattern::Token;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The words of atoms, each made once.
#[derive(Default)]
pub struct Words {
    by_atom: FxHashMap<Atom, Arc<str>>,
}

impl Words {
    /// What an atom says.
    pub fn of(&mut self, atom: &Atom) -> Arc<str> {
        if let Some(known) = self.by_atom.get(atom) {
            return known.clone();
        }
        let words: Arc<str> = describe(atom).into();
        self.by_atom.insert(atom.clone(), words.clone());
        words
    }
}

fn describe(atom: &Atom) -> String {
    let side = |inside: bool| if inside { "lies in" } else { "lies outside" };
    match atom {
        Atom::Present(field) => format!("{} is present", field.name()),
        Atom::Text(field, set) => format!("{} lies in {}", field.name(), texts(set)),
        Atom::Range(field, set) => format!("{} lies in {}", field.name(), points(set)),
        Atom::Member { field, set, inside } => {
            format!("some value of {} {} {}", field.name(), side(*inside), texts(set))
        }
        Atom::MemberRange { field, set, inside } => {
            format!("some value of {} {} {}", field.name(), side(*inside), points(set))
        }
        Atom::Free(name) => format!("not known: {name}"),
    }
}

/// `*` and `?` are wildcards, `<*>` and `<?>` those that stop at colons; a backslash makes them characters.
fn texts(set: &PatternSet) -> String {
    let mut text = String::from(if set.fold_case { "any case of {" } else { "{" });
    for (i, pattern) in set.patterns.iter().enumerate() {
        text.push_str(if i == 0 { "" } else { ", " });
        for token in pattern.iter() {
            match token {
                Token::AnyRun => text.push('*'),
                Token::AnyOne => text.push('?'),
                Token::AnyRunInSegment => text.push_str("<*>"),
                Token::AnyOneInSegment => text.push_str("<?>"),
                Token::Char(c) => {
                    if matches!(c, '*' | '?' | '<' | '>' | ',' | '{' | '}' | '\\') {
                        text.push('\\');
                    }
                    text.push(*c);
                }
            }
        }
    }
    text.push('}');
    text
}

fn points(set: &RangeSet) -> String {
    let line = match set.scalar {
        Scalar::Number => "numbers",
        Scalar::Date => "dates",
        Scalar::Ip => "addresses",
    };
    let shown = |point| render_point(set.scalar, point);
    let intervals: Vec<String> =
        set.intervals.iter().map(|(first, last)| format!("{} to {}", shown(*first), shown(*last))).collect();
    format!("{line} {{{}}}", intervals.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateproof_encodings::field::Field;
    use gateproof_encodings::language::Languages;

    #[test]
    fn wildcards_and_characters_are_told_apart() {
        let languages = Languages::default();
        let set = languages.set(
            vec![
                [Token::Char('a'), Token::AnyRun].into(),
                [Token::Char('*'), Token::AnyOneInSegment].into(),
                [Token::Char(','), Token::AnyRunInSegment, Token::AnyOne].into(),
            ],
            false,
        );
        let words = Words::default().of(&Atom::Text(Field::Resource, set));
        assert_eq!(&*words, r"resource lies in {\*<?>, \,<*>?, a*}");
    }
}
