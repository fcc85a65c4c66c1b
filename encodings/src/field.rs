//! The parts of a request that atoms speak of.

use std::sync::Arc;

/// One part of the symbolic request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// `service:Action`; always present; compared without regard to case.
    Action,
    /// The resource's ARN or `*`; always present.
    Resource,
    /// A context key, in lower case; may be absent.
    Key(Arc<str>),
}

impl Field {
    /// Whether every request has it.
    pub fn always_present(&self) -> bool {
        !matches!(self, Self::Key(_))
    }

    /// The name in messages and in SMT-LIB.
    pub fn name(&self) -> &str {
        match self {
            Self::Action => "action",
            Self::Resource => "resource",
            Self::Key(key) => key,
        }
    }
}
