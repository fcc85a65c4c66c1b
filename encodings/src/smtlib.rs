//! The *strings* encoding: a formula as an SMT-LIB 2.6 script, and the way back.
//!
//! A field's value is a string constant, a set of patterns a regular expression. Numbers, dates and
//! addresses are integers beside the text: that one text is both is left to the replay of the witness, as
//! in the other encoding. So *unsatisfiable* holds of every request, *satisfiable* of those whose texts and
//! points are independent.

mod escape;
mod layout;
mod model;
mod parse;
mod print;
mod sets;
mod sexpr;

pub use escape::AlphabetError;
pub use model::{ModelError, decode_model};
pub use parse::parse_script;
pub use print::render_script;

/// How a set of patterns is written. Solvers differ by orders of magnitude between the two, either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// One membership in the union of the patterns.
    Union,
    /// One atom a pattern: equality, prefix, suffix or substring where the pattern is such.
    PerPattern,
}

/// Why a text is not the script of a formula.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The text is no list of s-expressions.
    #[error("at byte {offset}: {found}")]
    Text {
        /// Where.
        offset: usize,
        /// What is wrong there.
        found: &'static str,
    },
    /// A command that the script of a formula does not have there.
    #[error("command {number}: found {found}, expected {expected}")]
    Command {
        /// The command's number, from 1.
        number: usize,
        /// What was found.
        found: String,
        /// What stands there in the script of the formula.
        expected: String,
    },
    /// Nothing is asserted.
    #[error("no assertion of a formula")]
    NoAssertion,
    /// The formula has no script.
    #[error(transparent)]
    Alphabet(#[from] AlphabetError),
}
