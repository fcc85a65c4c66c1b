//! What is wrong with a file: where, what was found, what was expected.

use std::fmt;
use std::sync::Arc;

/// A problem found while reading. The rest of the input is still used; whatever the problem hides
/// is treated as unknown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub struct Problem {
    /// The file.
    pub file: Arc<str>,
    /// JSON pointer within the file.
    pub pointer: String,
    /// What stands there.
    pub found: String,
    /// What should stand there.
    pub expected: String,
    /// Whether the text is used all the same (a short ARN pattern, say).
    pub warning: bool,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "/" } else { &self.pointer };
        write!(f, "{} at {place}: found {}, expected {}", self.file, self.found, self.expected)
    }
}
