//! Whether a property holds.

use super::always::decide_always;
use super::control::decide_control;
use super::equal::decide_equal;
use super::never::decide_never;
use super::only::decide_only;
use super::place::Place;
use super::property::{Kind, Places, Property};
use super::subset::decide_subset;
use crate::ask::{AskError, Estate};
use crate::escalation::EscalationSettings;
use crate::question::{ProofSummary, Undecided, Untold, Witness};
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// Whether a property holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Judgement {
    /// It does, as the proof or the requests show.
    Holds,
    /// It doesn't, as a request or chain shows, or the proof that a request is missing.
    Violated,
    /// Neither is shown.
    Undecided,
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Holds => "holds",
            Self::Violated => "violated",
            Self::Undecided => "undecided",
        })
    }
}

/// What was found out about a property.
#[derive(Debug, Clone)]
pub struct Decided {
    /// Whether it holds.
    pub judgement: Judgement,
    /// What is the case, in words.
    pub message: String,
    /// By whom it is violated, each with what shows it.
    pub violations: Vec<Violation>,
    /// About whom it isn't known.
    pub doubts: Vec<Doubt>,
    /// How many principals were asked about.
    pub principals: usize,
    /// Where it holds because somebody can do something: the requests.
    pub witnesses: Vec<(Arc<str>, Witness)>,
    /// Where it holds because something is impossible: the proofs of all principals, put together.
    pub proof: Option<ProofSummary>,
    /// What was not collected, and the neutral value that is taken for it.
    pub untold: Vec<Untold>,
    /// What else it takes for granted, a sentence each.
    pub assumptions: Vec<String>,
}

impl Decided {
    /// All that it takes for granted where it holds, a sentence each.
    pub fn taken_for_granted(&self) -> Vec<String> {
        self.untold.iter().map(ToString::to_string).chain(self.assumptions.iter().cloned()).collect()
    }
}

/// A property of a file, and what was found out about it.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The file.
    pub file: String,
    /// The property.
    pub property: Property,
    /// What was found out.
    pub decided: Decided,
}

/// Somebody by whom a property is violated.
#[derive(Debug, Clone)]
pub struct Violation {
    /// Who.
    pub principal: Arc<str>,
    /// In words.
    pub message: String,
    /// The request or chain that shows it; where a right is missing, one that is refused, or none.
    pub witness: Option<Witness>,
    /// Where a right is missing: the proof that no request is allowed.
    pub proof: Option<ProofSummary>,
    /// What it takes for granted, a sentence each.
    pub assumptions: Vec<String>,
}

/// Somebody about whom it isn't known.
#[derive(Debug, Clone)]
pub struct Doubt {
    /// Who.
    pub principal: Arc<str>,
    /// Why not.
    pub why: Undecided,
}

/// Why a property can't be decided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecideError {
    /// A question can't be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// Nothing of the snapshot is called so.
    #[error(
        "resource `{given}` matches nothing of its kind in the snapshot (`allow_empty: true` if it need not)"
    )]
    NoResource {
        /// The resource glob.
        given: String,
    },
    /// Nobody could make such a request.
    #[error(
        "nobody could make such a request, whatever policies allow: do the actions and the resources go together? (`allow_empty: true` if not)"
    )]
    NoRequest,
    /// No managed policy is called so.
    #[error("policy `{given}` is neither of the snapshot nor one that AWS manages")]
    NoPolicy {
        /// The ARN.
        given: String,
    },
    /// No pipeline is called so.
    #[error("pipeline `{given}` is not of the snapshot")]
    NoPipeline {
        /// The name.
        given: String,
    },
    /// More is to be asked than anybody meant.
    #[error("{given} pairs of actions and resources, limit {limit}")]
    TooMany {
        /// How many.
        given: usize,
        /// How many are looked at.
        limit: usize,
    },
}

impl DecideError {
    /// Where that stands which is at fault.
    pub(super) fn place<'p>(&self, places: &'p Places) -> &'p Place {
        match self {
            Self::Ask(error) => match error {
                AskError::NothingSelected { given }
                | AskError::Misplaced { given, .. }
                | AskError::Untold { given, .. } => places.find(given, &["from", "of", "to"]),
                AskError::NoAction { given } => places.find(given, &["action"]),
            },
            Self::NoResource { given } => places.find(given, &["resource"]),
            Self::NoPolicy { .. } | Self::NoPipeline { .. } => places.find("", &["within", "to"]),
            Self::NoRequest => places.find("", &["resource", "action"]),
            Self::TooMany { .. } => places.find("", &["each"]),
        }
    }
}

/// Decides a property.
///
/// # Errors
/// Where it names nobody or nothing of the snapshot, and may not be empty.
pub fn decide(
    property: &Property,
    estate: &Estate,
    settings: &EscalationSettings,
) -> Result<Decided, DecideError> {
    match &property.kind {
        Kind::Never(never) => decide_never(property, never, estate, settings),
        Kind::Always(always) => decide_always(property, always, estate, settings),
        Kind::Only(only) => decide_only(property, only, estate, settings),
        Kind::Subset(subset) => decide_subset(property, subset, estate, settings),
        Kind::Equal(equal) => decide_equal(property, equal, estate, settings),
        Kind::Control(control) => decide_control(control, estate, settings),
    }
}
