//! Writing a formula as a script.

use super::Style;
use super::escape::{Alphabet, AlphabetError, escape_name};
use super::layout::{FieldUse, Layout, constant, place, point_constants, scalar_name};
use super::sets::{TextSets, gather, point_parameters, points_body};
use crate::field::Field;
use crate::language::RangeSet;
use crate::term::{Atom, Node, Term, Terms};
use gateproof_model::operand::{Scalar, whole_line};
use gateproof_model::pattern::Token;
use std::fmt::Write;

/// The script that is satisfiable iff the formula is: SMT-LIB 2.6, theory of strings and integers.
pub fn render_script(terms: &Terms, root: Term, style: Style) -> Result<String, AlphabetError> {
    let layout = Layout::new(terms, root);
    let alphabet = Alphabet::of_sets(layout.texts.iter().map(|s| &***s))?;
    let mut printer = Printer { terms, layout, sets: TextSets { alphabet, style }, out: String::new() };
    printer.header();
    printer.constants();
    printer.sets();
    printer.formulas();
    printer.constraints();
    let root = printer.layout.name(root).to_owned();
    printer.line(format_args!("(assert {root})"));
    printer.line(format_args!("(check-sat)"));
    printer.line(format_args!("(get-model)"));
    Ok(printer.out)
}

struct Printer<'a> {
    terms: &'a Terms,
    layout: Layout<'a>,
    sets: TextSets,
    out: String,
}

impl Printer<'_> {
    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a String can't fail.
        let _ = writeln!(self.out, "{text}");
    }

    fn header(&mut self) {
        self.line(format_args!(
            "; One request: `text` is a value, `present` says whether the request has the key,"
        ));
        self.line(format_args!("; `slot-N` is the member that atom N of a multivalued key speaks of."));
        self.line(format_args!("(set-logic QF_SLIA)"));
        let stand_ins: Vec<_> = self.sets.alphabet.stand_ins().collect();
        for (code, c) in stand_ins {
            self.line(format_args!("(set-info :stand-in-{code:x} \"{:x}\")", u32::from(c)));
        }
    }

    fn constants(&mut self) {
        let mut declarations: Vec<(String, &str)> = Vec::new();
        for (field, used) in &self.layout.fields {
            if !field.always_present() {
                declarations.push((constant("present", &place(field, None)), "Bool"));
            }
            declare_value(&mut declarations, &place(field, None), used.text, used.scalars.iter());
            for number in &used.members {
                declarations.push((constant(&format!("member-{number}"), &place(field, None)), "Bool"));
            }
            for slot in self.layout.slots(used) {
                let slot = place(field, Some(slot));
                declare_value(&mut declarations, &slot, used.member_text, used.member_scalars.iter());
            }
        }
        for entry in &self.layout.atoms {
            if let Atom::Free(name) = entry.atom {
                declarations.push((constant("free", &escape_name(name)), "Bool"));
            }
        }
        for (name, sort) in declarations {
            self.line(format_args!("(declare-const |{name}| {sort})"));
        }
    }

    fn sets(&mut self) {
        let segments = |t: &Token| matches!(t, Token::AnyOneInSegment | Token::AnyRunInSegment);
        if self.layout.texts.iter().any(|s| s.patterns.iter().flatten().any(segments)) {
            let body = "(re.union (re.range \"\\u{0}\" \"9\") (re.range \";\" \"\\u{2ffff}\"))";
            self.line(format_args!("(define-fun in-segment () RegLan {body})"));
        }
        for set in self.layout.texts.clone() {
            let (name, body) = (self.layout.texts_name(set).to_owned(), self.sets.texts_body(set));
            self.line(format_args!("(define-fun {name} ((x String)) Bool {body})"));
        }
        for set in self.layout.points.clone() {
            let (name, body) = (self.layout.points_name(set).to_owned(), points_body(set));
            self.line(format_args!("(define-fun {name} {} Bool {body})", point_parameters(set.scalar)));
        }
        for scalar in self.layout.scalars() {
            let body = points_body(&RangeSet::new(scalar, whole_line(scalar)));
            let (name, parameters) = (scalar_name(scalar), point_parameters(scalar));
            self.line(format_args!("(define-fun line-{name} {parameters} Bool {body})"));
        }
    }

    fn formulas(&mut self) {
        let mut number = 0;
        for term in self.layout.nodes.clone() {
            let body = match self.terms.node(term) {
                Node::True | Node::False => continue,
                Node::Atom(id) => {
                    let Some(atom) = self.terms.atom(*id) else { continue };
                    if let Some((parameters, body)) = self.member_body(atom) {
                        self.line(format_args!("(define-fun member-{number} {parameters} Bool {body})"));
                    }
                    number += 1;
                    self.atom_body(atom, number - 1)
                }
                Node::Not(inner) => format!("(not {})", self.layout.name(*inner)),
                Node::And(parts) => self.junction("and", parts),
                Node::Or(parts) => self.junction("or", parts),
            };
            let name = self.layout.name(term).to_owned();
            self.line(format_args!("(define-fun {name} () Bool {body})"));
        }
    }

    fn junction(&self, operator: &str, parts: &[Term]) -> String {
        gather(operator, "", parts.iter().map(|p| self.layout.name(*p).to_owned()))
    }

    fn atom_body(&self, atom: &Atom, number: usize) -> String {
        match atom {
            Atom::Present(field) => format!("|{}|", constant("present", &place(field, None))),
            Atom::Text(field, set) => {
                let text = constant("text", &place(field, None));
                when_present(field, vec![format!("({} |{text}|)", self.layout.texts_name(set))])
            }
            Atom::Range(field, set) => {
                let place = place(field, None);
                let (is_point, lies) = point_test(self.layout.points_name(set), set.scalar, &place);
                when_present(field, vec![is_point, lies])
            }
            Atom::Member { field, .. } | Atom::MemberRange { field, .. } => {
                format!("|{}|", constant(&format!("member-{number}"), &place(field, None)))
            }
            Atom::Free(name) => format!("|{}|", constant("free", &escape_name(name))),
        }
    }

    /// What a member atom says of one member: the parameters and the body of a definition.
    fn member_body(&self, atom: &Atom) -> Option<(String, String)> {
        let (parameters, lies, inside) = match atom {
            Atom::Member { set, inside, .. } => {
                ("((x String))".to_owned(), format!("({} x)", self.layout.texts_name(set)), *inside)
            }
            Atom::MemberRange { set, inside, .. } => {
                let name = self.layout.points_name(set);
                let (parameters, lies) = match set.scalar {
                    Scalar::Ip => ("((is Bool) (family Int) (place Int))", format!("({name} family place)")),
                    _ => ("((is Bool) (place Int))", format!("({name} place)")),
                };
                (parameters.to_owned(), format!("(and is {lies})"), *inside)
            }
            _ => return None,
        };
        Some((parameters, if inside { lies } else { format!("(not {lies})") }))
    }

    /// Points lie on their line. A true member atom holds of its own slot, a false one of no slot in use.
    ///
    /// This needs no bound on the number of members: of any request that satisfies the formula, one
    /// member for each true member atom is enough, and leaving out the others makes no false one true.
    fn constraints(&mut self) {
        let mut assertions = Vec::new();
        for (field, used) in &self.layout.fields {
            assert_lines(&mut assertions, &place(field, None), used.scalars.iter());
            for slot in self.layout.slots(used) {
                assert_lines(&mut assertions, &place(field, Some(slot)), used.member_scalars.iter());
                let holds = self.holds_of(field, slot, slot);
                let present = constant("present", &place(field, None));
                let both = if field.always_present() { holds } else { format!("(and |{present}| {holds})") };
                assertions.push(format!("(=> atom-{slot} {both})"));
            }
            self.assert_unused(&mut assertions, field, used);
        }
        for assertion in assertions {
            self.line(format_args!("(assert {assertion})"));
        }
    }

    fn assert_unused(&self, assertions: &mut Vec<String>, field: &Field, used: &FieldUse) {
        for &number in &used.members {
            if !self.layout.atoms.get(number).is_some_and(|entry| entry.negative) {
                continue;
            }
            for slot in self.layout.slots(used).filter(|slot| *slot != number) {
                let holds = self.holds_of(field, number, slot);
                assertions.push(format!("(=> (and atom-{slot} {holds}) atom-{number})"));
            }
        }
    }

    /// What member atom `number` says, said of a slot.
    fn holds_of(&self, field: &Field, number: usize, slot: usize) -> String {
        let slot = place(field, Some(slot));
        match self.layout.atoms.get(number).map(|entry| entry.atom) {
            Some(Atom::MemberRange { set, .. }) => {
                let constants = point_constants(set.scalar, &slot);
                let arguments: Vec<_> = constants.into_iter().map(|(name, _)| format!("|{name}|")).collect();
                format!("(member-{number} {})", arguments.join(" "))
            }
            _ => format!("(member-{number} |{}|)", constant("text", &slot)),
        }
    }
}

fn declare_value<'s>(
    declarations: &mut Vec<(String, &'static str)>,
    place: &str,
    text: bool,
    scalars: impl Iterator<Item = &'s Scalar>,
) {
    if text {
        declarations.push((constant("text", place), "String"));
    }
    for scalar in scalars {
        declarations.extend(point_constants(*scalar, place));
    }
}

fn assert_lines<'s>(assertions: &mut Vec<String>, place: &str, scalars: impl Iterator<Item = &'s Scalar>) {
    for scalar in scalars {
        let (is_point, lies) = point_test(&format!("line-{}", scalar_name(*scalar)), *scalar, place);
        assertions.push(format!("(=> {is_point} {lies})"));
    }
}

/// That a place holds a point, and that this point lies in the set of the given name.
fn point_test(set: &str, scalar: Scalar, place: &str) -> (String, String) {
    let mut names = point_constants(scalar, place).into_iter().map(|(name, _)| format!("|{name}|"));
    let is_point = names.next().unwrap_or_default();
    let arguments: Vec<_> = names.collect();
    (is_point, format!("({set} {})", arguments.join(" ")))
}

fn when_present(field: &Field, mut parts: Vec<String>) -> String {
    if !field.always_present() {
        parts.insert(0, format!("|{}|", constant("present", &place(field, None))));
    }
    gather("and", "true", parts.into_iter())
}
