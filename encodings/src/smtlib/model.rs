//! Reading a solver's model as an assignment.

use super::escape::{Alphabet, AlphabetError, escape_name};
use super::layout::{FieldUse, Layout, constant, place, scalar_name};
use super::sexpr::{Sexpr, read_all};
use crate::assignment::Assignment;
use crate::field::Field;
use crate::term::{Atom, Term, Terms};
use gateproof_model::operand::{Point, Scalar, render_point};
use std::collections::{BTreeMap, BTreeSet};

/// Why a model could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// A value of the wrong sort, or no value at all.
    #[error("value of {name}: found {found}, expected {expected}")]
    Value {
        /// The constant.
        name: String,
        /// The value.
        found: String,
        /// The sort.
        expected: &'static str,
    },
    /// The formula has no script.
    #[error(transparent)]
    Alphabet(#[from] AlphabetError),
}

/// The text of a value of which nothing is asked but that it is there; it is no point of any line.
const ANY_TEXT: &str = "x";

/// The assignment of a model of the formula's script.
///
/// `values` are the constants' names, without bars, and their values as SMT-LIB text; a constant that is
/// not listed may take any value. The result is not yet known to satisfy the formula: see
/// [`crate::assignment::evaluate_under`].
pub fn decode_model(
    terms: &Terms,
    root: Term,
    values: &[(String, String)],
) -> Result<Assignment, ModelError> {
    let layout = Layout::new(terms, root);
    let alphabet = Alphabet::of_sets(layout.texts.iter().map(|s| &***s))?;
    let values = values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let model = Model { alphabet, values };
    let mut assignment = Assignment::default();
    for (field, used) in &layout.fields {
        let present = field.always_present() || model.boolean(&constant("present", &place(field, None)))?;
        let single = used.text || !used.scalars.is_empty() || used.members.is_empty();
        if !present {
            assignment.texts.insert((*field).clone(), None);
            continue;
        }
        if single {
            let (text, points) = model.value(&place(field, None), used.text, &used.scalars)?;
            assignment.texts.insert((*field).clone(), Some(text));
            for (scalar, point) in points {
                assignment.points.insert(((*field).clone(), scalar), point);
            }
        }
        if !used.members.is_empty() {
            assignment.members.insert((*field).clone(), model.members(&layout, field, used)?);
        }
    }
    for entry in &layout.atoms {
        if let Atom::Free(name) = entry.atom {
            let value = model.boolean(&constant("free", &escape_name(name)))?;
            assignment.free.insert(name.clone(), value);
        }
    }
    Ok(assignment)
}

struct Model<'a> {
    alphabet: Alphabet,
    values: BTreeMap<&'a str, &'a str>,
}

impl Model<'_> {
    fn members(
        &self,
        layout: &Layout<'_>,
        field: &Field,
        used: &FieldUse,
    ) -> Result<Vec<String>, ModelError> {
        let mut members = BTreeSet::new();
        for slot in layout.slots(used) {
            if self.boolean(&constant(&format!("member-{slot}"), &place(field, None)))? {
                let place = place(field, Some(slot));
                let (text, points) = self.value(&place, used.member_text, &used.member_scalars)?;
                // A member is one text: of two readings, the one that makes the slot's own atom true.
                let line = match layout.atoms.get(slot).map(|entry| entry.atom) {
                    Some(Atom::MemberRange { set, .. }) => Some(set.scalar),
                    _ => None,
                };
                let point = points.iter().find(|(scalar, _)| Some(*scalar) == line);
                members.insert(point.map_or(text, |(scalar, point)| render_point(*scalar, *point)));
            }
        }
        Ok(members.into_iter().collect())
    }

    /// The text of a place, and its points. Where no membership asks for the text, it is that of a point.
    fn value(
        &self,
        place: &str,
        text: bool,
        scalars: &BTreeSet<Scalar>,
    ) -> Result<(String, Vec<(Scalar, Point)>), ModelError> {
        let mut points = Vec::new();
        for &scalar in scalars {
            let name = scalar_name(scalar);
            if self.boolean(&constant(&format!("is-{name}"), place))? {
                let family = match scalar {
                    Scalar::Ip => self.integer(&constant("ip-family", place))?,
                    Scalar::Number | Scalar::Date => 0,
                };
                let family = u8::try_from(family).unwrap_or_default();
                points.push((scalar, Point { family, value: self.integer(&constant(name, place))? }));
            }
        }
        let text = match points.first() {
            _ if text => self.text(&constant("text", place))?,
            Some((scalar, point)) => render_point(*scalar, *point),
            None => ANY_TEXT.to_owned(),
        };
        Ok((text, points))
    }

    fn boolean(&self, name: &str) -> Result<bool, ModelError> {
        match self.values.get(name) {
            None | Some(&"false") => Ok(false),
            Some(&"true") => Ok(true),
            Some(found) => Err(wrong(name, found, "true or false")),
        }
    }

    fn integer(&self, name: &str) -> Result<u128, ModelError> {
        match self.values.get(name) {
            None => Ok(0),
            Some(found) => {
                found.trim().parse().map_err(|_| wrong(name, found, "a natural number below 2^128"))
            }
        }
    }

    fn text(&self, name: &str) -> Result<String, ModelError> {
        let Some(found) = self.values.get(name) else { return Ok(ANY_TEXT.to_owned()) };
        match read_all(found).ok().as_deref() {
            Some([Sexpr::Literal(body)]) => Ok(self.alphabet.read_body(body)),
            _ => Err(wrong(name, found, "a string literal")),
        }
    }
}

fn wrong(name: &str, found: &str, expected: &'static str) -> ModelError {
    ModelError::Value { name: name.to_owned(), found: found.chars().take(120).collect(), expected }
}
