//! Decisions, and why: which statement allowed or denied at which layer, and which layer lacks an Allow.

use crate::policy::{Document, Effect, Source, Statement};
use std::fmt;
use std::sync::Arc;

/// The three answers of the policy evaluation logic.
///
/// IAM User Guide, "Policy evaluation logic", section "The difference between explicit and implicit denies".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// The request is allowed.
    Allowed,
    /// A Deny statement matches.
    ExplicitlyDenied,
    /// No Deny matches, but some Allow is missing.
    ImplicitlyDenied,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allowed => "Allowed",
            Self::ExplicitlyDenied => "ExplicitlyDenied",
            Self::ImplicitlyDenied => "ImplicitlyDenied",
        })
    }
}

/// The layers of policies; levels of the organization count from 0, the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// Identity policies.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// Session policies.
    Session,
    /// The resource's policy.
    Resource,
    /// Service control policies of a level.
    Scp(usize),
    /// Resource control policies of a level.
    Rcp(usize),
    /// The VPC endpoint's policy.
    Endpoint,
}

impl Layer {
    /// The layer's name: as the fields of a policy set are named.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Boundary => "boundary",
            Self::Session => "session",
            Self::Resource => "resource",
            Self::Scp(_) => "scps",
            Self::Rcp(_) => "rcps",
            Self::Endpoint => "endpoint",
        }
    }

    /// The level, for the layers of the organization; 0 is the root.
    pub fn level(self) -> Option<usize> {
        match self {
            Self::Scp(level) | Self::Rcp(level) => Some(level),
            _ => None,
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level() {
            None => f.write_str(self.name()),
            Some(level) => write!(f, "{} level {level}", self.name()),
        }
    }
}

/// One reason of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A statement that allowed or denied.
    Statement {
        /// At which layer.
        layer: Layer,
        /// What it did.
        effect: Effect,
        /// Its document.
        source: Source,
        /// Its place in the document.
        pointer: Arc<str>,
        /// Its `Sid`.
        sid: Option<Arc<str>>,
    },
    /// A grant of a KMS key that allowed.
    Grant {
        /// Its label.
        label: Arc<str>,
    },
    /// A layer that had to allow and did not.
    NoAllow(Layer),
    /// A rule beside the policies.
    Rule(&'static str),
}

impl Reason {
    pub(super) fn of(layer: Layer, document: &Document, statement: &Statement) -> Self {
        Self::Statement {
            layer,
            effect: statement.effect,
            source: document.source.clone(),
            pointer: statement.pointer.clone(),
            sid: statement.sid.clone(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Statement { layer, effect, source, pointer, sid } => {
                let verb = if *effect == Effect::Allow { "allows" } else { "denies" };
                let Source { policy, file, pointer: document } = source;
                write!(f, "{layer}: {policy} {verb}, at {file}#{document}{pointer}")?;
                sid.as_ref().map_or(Ok(()), |sid| write!(f, " ({sid})"))
            }
            Self::Grant { label } => write!(f, "grant: {label} allows"),
            Self::NoAllow(layer) => write!(f, "{layer}: nothing allows"),
            Self::Rule(text) => f.write_str(text),
        }
    }
}

/// A decision and its explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The answer.
    pub outcome: Outcome,
    /// Allowed: what allowed, at each layer. Explicitly denied: every Deny that matched. Implicitly
    /// denied: each layer that lacks an Allow.
    pub because: Vec<Reason>,
    /// The assumptions that were consulted, in that order, and whether each was taken to hold.
    pub assumed: Vec<(Arc<str>, bool)>,
}
