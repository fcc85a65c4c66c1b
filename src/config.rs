//! `gateproof.toml`: what a team calls its environments, and its own attack steps.

use crate::ask::Environments;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The configuration. Keys that it doesn't know are refused by name.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `[environments.NAME]`.
    #[serde(default)]
    environments: BTreeMap<String, Environment>,
    /// A directory of attack steps beside the program's own; relative to the configuration's.
    primitives: Option<PathBuf>,
}

/// One environment.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Environment {
    /// The accounts that belong to it.
    accounts: BTreeSet<String>,
}

/// Why a configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It can't be read.
    #[error("{file}: {error}", file = file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What went wrong.
        error: std::io::Error,
    },
    /// It isn't what it should be.
    #[error("{file}: {error}", file = file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// What was found where.
        error: Box<toml::de::Error>,
    },
}

impl Config {
    /// The file given, or `gateproof.toml` beside (or in) the snapshot; empty where there is none.
    pub fn beside(snapshot: &Path, given: Option<&Path>) -> Result<Self, ConfigError> {
        if let Some(file) = given {
            return Self::read(file);
        }
        let beside = snapshot.parent().map(|p| p.join("gateproof.toml"));
        let inside = snapshot.join("gateproof.toml");
        match beside.into_iter().chain([inside]).find(|f| f.is_file()) {
            Some(file) => Self::read(&file),
            None => Ok(Self::default()),
        }
    }

    fn read(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| ConfigError::Unreadable { file: file.to_owned(), error })?;
        let mut config: Self = toml::from_str(&text)
            .map_err(|error| ConfigError::Malformed { file: file.to_owned(), error: Box::new(error) })?;
        let folder = file.parent().unwrap_or(Path::new(""));
        config.primitives = config.primitives.map(|primitives| folder.join(primitives));
        Ok(config)
    }

    /// The directory of attack steps beside the program's own.
    pub fn primitives(&self) -> Option<&Path> {
        self.primitives.as_deref()
    }

    /// The accounts of each environment.
    pub fn environments(&self) -> Environments {
        let accounts = self.environments.iter().map(|(name, e)| (name.clone(), e.accounts.clone())).collect();
        Environments { accounts }
    }
}
