//! What the snapshot doesn't tell.

use crate::assumption::Assumption;
use serde::Serialize;
use std::fmt;

/// Something that the snapshot doesn't tell, and the command that would.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Untold {
    /// What it is; of an answer, what is taken for it.
    pub what: String,
    /// The command of the AWS CLI; none where no single one would.
    pub command: Option<String>,
}

impl From<&Assumption> for Untold {
    fn from(assumption: &Assumption) -> Self {
        Self { what: assumption.text.to_string(), command: Some(assumption.cli_command.to_string()) }
    }
}

impl fmt::Display for Untold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.command.iter().try_for_each(|command| write!(f, " (to supply it: {command})"))
    }
}
