//! Facts that a step requires beside the calls that it makes.

use super::{Of, Reference};
use serde::Deserialize;

/// A fact that the attacker must have.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Required {
    /// The content of one of the objects chosen.
    Write(Of),
    /// All of the gates passed. Where there are none, nothing is required.
    Satisfy(Of),
}

impl Required {
    /// The objects or gates.
    pub fn reference(&self) -> &Reference {
        match self {
            Self::Write(of) | Self::Satisfy(of) => &of.of,
        }
    }
}
