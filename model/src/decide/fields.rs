//! Reading the members of an object by name, everything else refused.

use crate::json::{Json, pointer_push};

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// It is not JSON.
    #[error("not JSON: {0}")]
    Syntax(String),
    /// Something in it is not as it should be.
    #[error("{pointer}: found {found}, expected {expected}")]
    Shape {
        /// Where.
        pointer: String,
        /// What stands there.
        found: String,
        /// What should stand there.
        expected: String,
    },
    /// A policy that can't be used.
    #[error("{0}")]
    Policy(crate::problem::Problem),
}

impl LineError {
    pub(super) fn shape(pointer: &str, found: impl Into<String>, expected: impl Into<String>) -> Self {
        let pointer = if pointer.is_empty() { "/" } else { pointer };
        Self::Shape { pointer: pointer.to_owned(), found: found.into(), expected: expected.into() }
    }
}

/// An object and its place.
pub(super) struct Fields<'j> {
    members: &'j [(String, Json)],
    pointer: String,
}

impl<'j> Fields<'j> {
    /// The value must be an object; `known` lists its members, if others are to be refused.
    pub fn of(json: &'j Json, pointer: String, known: Option<&[&str]>) -> Result<Self, LineError> {
        let Some(members) = json.as_object() else {
            return Err(LineError::shape(&pointer, json.kind(), "an object"));
        };
        if let Some(known) = known
            && let Some((stranger, _)) = members.iter().find(|(k, _)| !known.contains(&k.as_str()))
        {
            let found = format!("the unknown member `{stranger}`");
            return Err(LineError::shape(&pointer, found, format!("one of {}", known.join(", "))));
        }
        Ok(Self { members, pointer })
    }

    /// The place of a member.
    pub fn at(&self, name: &str) -> String {
        pointer_push(&self.pointer, name)
    }

    /// A member that may be absent or null.
    pub fn optional(&self, name: &str) -> Option<&'j Json> {
        self.members.iter().find(|(k, _)| k == name).map(|(_, v)| v).filter(|v| **v != Json::Null)
    }

    /// A member that must be there.
    pub fn required(&self, name: &str) -> Result<&'j Json, LineError> {
        let member = self.members.iter().find(|(k, _)| k == name).map(|(_, v)| v);
        member.ok_or_else(|| LineError::shape(&self.pointer, format!("no `{name}`"), format!("`{name}`")))
    }

    /// A text that must be there and must not be empty.
    pub fn text(&self, name: &str) -> Result<&'j str, LineError> {
        text(self.required(name)?, &self.at(name))
    }

    /// A text that may be absent or null.
    pub fn optional_text(&self, name: &str) -> Result<Option<&'j str>, LineError> {
        self.optional(name).map(|v| text(v, &self.at(name))).transpose()
    }

    /// A list that may be absent or null.
    pub fn list(&self, name: &str) -> Result<Option<&'j [Json]>, LineError> {
        self.optional(name).map(|v| list(v, &self.at(name))).transpose()
    }
}

/// The text of a string that is not empty.
pub(super) fn text<'j>(json: &'j Json, pointer: &str) -> Result<&'j str, LineError> {
    match json.as_str() {
        Some("") => Err(LineError::shape(pointer, "an empty string", "a string")),
        Some(text) => Ok(text),
        None => Err(LineError::shape(pointer, json.kind(), "a string")),
    }
}

/// The elements of an array.
pub(super) fn list<'j>(json: &'j Json, pointer: &str) -> Result<&'j [Json], LineError> {
    json.as_array().ok_or_else(|| LineError::shape(pointer, json.kind(), "an array"))
}
