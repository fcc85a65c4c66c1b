//! Properties, read and understood.

use super::bound::{Bound, Policy};
use super::place::Place;
use crate::audit::{Control, Intent, Severity};
use crate::escalation::Target;
use crate::question::{Constraint, Requests, Selector};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What must be so.
#[derive(Debug, Clone)]
pub struct Property {
    /// What it is called; no other of the file is called so.
    pub name: String,
    /// Why it matters.
    pub why: Option<String>,
    /// How bad it is where it doesn't hold.
    pub severity: Option<Severity>,
    /// Whether it may hold because nobody and nothing is meant.
    pub allow_empty: bool,
    /// What it says.
    pub kind: Kind,
    /// Where its parts stand in the file.
    pub places: Places,
}

/// What a property says.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Some principals can't come to something.
    Never(Never),
    /// Some principals can do something, each of them.
    Always(Always),
    /// Nobody can do something but those who are listed.
    Only(Only),
    /// What some principals may do lies within something.
    Subset(Subset),
    /// What some principals may do is what they could by other policies.
    Equal(Equal),
    /// A control of the audit holds.
    Control(ControlHolds),
}

impl Kind {
    /// The word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Never(_) => "never",
            Self::Always(_) => "always",
            Self::Only(_) => "only",
            Self::Subset(_) => "subset",
            Self::Equal(_) => "equal",
            Self::Control(_) => "control",
        }
    }
}

/// Whether chains of steps count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Through {
    /// Only what policies allow as they are.
    #[default]
    Direct,
    /// Any number of steps.
    Escalation,
}

/// A control of the audit holds.
#[derive(Debug, Clone)]
pub struct ControlHolds {
    /// The control.
    pub control: &'static Control,
    /// Of which pipeline; `None`: of each.
    pub pipeline: Option<String>,
    /// Of what of it, a glob; `None`: of everything that the control looks at.
    pub subject: Option<String>,
    /// What the team means to have.
    pub intent: Arc<Intent>,
}

/// Principals can't come to something.
#[derive(Debug, Clone)]
pub struct Never {
    /// The principals; none: whoever there is.
    pub from: Vec<Selector>,
    /// Whether one attacker holds all of them at once.
    pub together: bool,
    /// What must be out of reach; directly, only [`Target::Access`] can be.
    pub target: Target,
    /// What holds of the sessions asked about.
    pub when: Vec<Constraint>,
    /// Whether chains count.
    pub through: Through,
    /// Whether it is said that only single calls do: then a change is judged by these alone.
    pub only_direct: bool,
}

/// Principals can do something.
#[derive(Debug, Clone)]
pub struct Always {
    /// The principals, each of which must be able to.
    pub from: Vec<Selector>,
    /// The requests.
    pub requests: Requests,
    /// How many of them.
    pub extent: Extent,
}

/// How many of some requests must be possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    /// One.
    #[default]
    Some,
    /// For each action and each resource that is named, one.
    Each,
    /// All, whatever their context.
    Every,
}

/// Who may do something.
#[derive(Debug, Clone)]
pub struct Only {
    /// The requests.
    pub requests: Requests,
    /// Whether chains count.
    pub through: Through,
    /// Those who may.
    pub who: Vec<Selector>,
    /// The service principals and identity providers that may too, as globs.
    pub services: Vec<String>,
    /// Whether each of those who may must be able to.
    pub exactly: bool,
}

/// What principals may do at most.
#[derive(Debug, Clone)]
pub struct Subset {
    /// The principals.
    pub of: Vec<Selector>,
    /// Which of their requests it is about.
    pub requests: Requests,
    /// What they must lie within.
    pub within: Bound,
}

/// What principals may do exactly.
#[derive(Debug, Clone)]
pub struct Equal {
    /// The principals.
    pub of: Vec<Selector>,
    /// What it must be equal to.
    pub to: Standard,
}

/// What permissions must be equal to.
#[derive(Debug, Clone)]
pub enum Standard {
    /// What the principal could do if this were its only policy, without a boundary.
    Policy(Policy),
    /// What it could do with the policies and the boundary of this one.
    Principal(Selector),
}

/// Where the parts of a property stand in its file.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Its name.
    pub name: Place,
    /// By key, such as `action`.
    pub(super) keys: BTreeMap<&'static str, Place>,
    /// By text, selectors as they are printed.
    pub(super) texts: BTreeMap<String, Place>,
}

impl Places {
    /// Where a text stands, or else a key.
    pub(super) fn find<'p>(&'p self, text: &str, keys: &[&str]) -> &'p Place {
        let by_key = || keys.iter().find_map(|key| self.keys.get(*key));
        self.texts.get(text).or_else(by_key).unwrap_or(&self.name)
    }
}
