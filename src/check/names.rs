//! What the texts of a file may name beside the snapshot: parameters, and groups of principals.

use crate::audit::Intent;
use crate::question::Selector;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the texts of a file may name.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Values that stand in for those of the file's `parameters`.
    pub set: BTreeMap<String, String>,
    /// The groups of `gateproof.toml`, for `group:NAME`.
    pub groups: BTreeMap<String, Vec<Selector>>,
    /// What the team means to have, for controls.
    pub intent: Intent,
    /// The directory that names of policy files are relative to.
    pub folder: PathBuf,
}
