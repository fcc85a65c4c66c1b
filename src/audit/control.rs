//! A control: what is recommended, how it is decided, and what to do where it is violated.

use super::case::Case;
use super::finding::Severity;
use crate::ask::AskError;
use std::fmt;

/// A control.
pub struct Control {
    /// Its id.
    pub id: &'static str,
    /// What must hold, in a line.
    pub title: &'static str,
    /// Why.
    pub reason: &'static str,
    /// How bad a violation is.
    pub severity: Severity,
    /// What it reads: calls of the AWS CLI, and keys of `gateproof.toml`.
    pub reads: &'static [&'static str],
    /// How it is decided.
    pub decides: &'static str,
    /// What to do where it is violated.
    pub remedy: &'static str,
    pub(super) decide: fn(&mut Case<'_>) -> Result<(), AskError>,
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}
