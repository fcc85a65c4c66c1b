//! What can be wrong with a user's catalogue file.

use thiserror::Error;

/// Why a custom catalogue was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// Not JSON, or JSON with a member given twice.
    #[error("not a catalogue: {message} at line {line} column {column}")]
    Json {
        /// What the parser says.
        message: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// A member that is missing or of another kind than it must be.
    #[error("{}: found {found}, expected {expected}", place(pointer))]
    Field {
        /// The JSON pointer of the place.
        pointer: String,
        /// What stands there.
        found: String,
        /// What should.
        expected: String,
    },
}

impl CatalogueError {
    pub(super) fn field(pointer: &str, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Field { pointer: pointer.to_owned(), found: found.into(), expected: expected.into() }
    }
}

/// A pointer for a message; that of the whole file is empty.
fn place(pointer: &str) -> &str {
    if pointer.is_empty() { "the root" } else { pointer }
}
