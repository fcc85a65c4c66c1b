//! Questions and their answers, as data: what the command line asks and what reports print.

pub mod answer;
pub mod constraint;
pub mod selector;

pub(crate) use answer::shown_value;
pub use answer::{Answer, Evidence, ProofSummary, SolverName, Step, Undecided, Verdict, Witness};
pub use constraint::{Constraint, ConstraintError};
pub use gateproof_model::untold::Untold;
pub use selector::{Selector, SelectorError};

use gateproof_model::catalogue::AccessLevel;
use std::borrow::Cow;

/// Which requests a question is about.
#[derive(Debug, Clone, Default, Hash)]
pub struct Requests {
    /// Action globs, compared without regard to case; a request with any of them counts.
    pub actions: Vec<String>,
    /// Resource globs; a request on a resource that matches any of them counts. Empty: all.
    pub resources: Vec<String>,
    /// Keeps the catalogue's actions of these levels; empty: all.
    pub access: Vec<AccessLevel>,
    /// Keeps resources of these accounts; empty: all.
    pub within: Vec<Selector>,
    /// What must hold of the session and its requests; all of it.
    pub when: Vec<Constraint>,
}

impl<'a> From<&'a Requests> for Cow<'a, Requests> {
    fn from(requests: &'a Requests) -> Self {
        Self::Borrowed(requests)
    }
}

impl From<Requests> for Cow<'_, Requests> {
    fn from(requests: Requests) -> Self {
        Self::Owned(requests)
    }
}

/// Whether some request must be allowed, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Quantifier {
    /// Some matching request.
    #[default]
    Some,
    /// Every matching request (`--every`).
    Every,
}

/// Whether a text is an ARN or a glob over ARNs. One that no ARN can match is a mistake, and would make everything impossible.
pub(crate) fn is_arn_glob(text: &str) -> bool {
    let literal = text.split(['*', '?']).next().unwrap_or_default();
    let open = literal.len() < text.len() && "arn:".starts_with(literal);
    open || literal.starts_with("arn:")
}
