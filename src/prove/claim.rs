//! A question of the command line as a property.

use crate::check::{Kind, Never, Property, Through};
use crate::escalation::Target;
use crate::question::{Constraint, Selector};

/// What nobody of some principals may come to, as a question asks it.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The question, as it was written.
    pub text: String,
    /// The principals; none: whoever there is.
    pub from: Vec<Selector>,
    /// What must be out of reach.
    pub target: Target,
    /// What holds of the starting sessions.
    pub when: Vec<Constraint>,
    /// Whether chains count.
    pub through_escalation: bool,
}

impl From<Claim> for Property {
    fn from(claim: Claim) -> Self {
        let through = if claim.through_escalation { Through::Escalation } else { Through::Direct };
        Self {
            name: claim.text,
            why: None,
            severity: None,
            allow_empty: false,
            kind: Kind::Never(Never {
                from: claim.from,
                together: false,
                target: claim.target,
                when: claim.when,
                through,
                only_direct: false,
            }),
            places: Default::default(),
        }
    }
}
