//! Pipelines: what each action runs and with which role, where artifacts go, and who can change, start and approve it.
//!
//! The structure is AWS's own ([`gateproof_model::pipeline`]); roles are looked up in the inventory; who can do what is a question to the
//! estate, answered exactly. What is missing is named with the command that tells it.

mod map;
mod people;
mod runs;
mod selectors;

pub use map::{Map, MappedAction, MappedPipeline, MappedStage, Store, StoreKey};
pub use people::{Ability, Person};
pub(crate) use people::{folder_of, source_arn};
pub use runs::{Ran, Runs};

use std::fmt;

/// Something that the snapshot doesn't tell, and the command that would.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Untold {
    /// What it is.
    pub what: String,
    /// The command of the AWS CLI; none where no single one would.
    pub command: Option<String>,
}

impl fmt::Display for Untold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.command.iter().try_for_each(|command| write!(f, " (to supply it: {command})"))
    }
}
