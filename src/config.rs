//! `gateproof.toml`: what a team calls its environments, and its own attack steps.

use crate::ask::Environments;
use crate::audit::{Intent, IntentError, Terraform, Waiver, WaiverError};
use crate::question::{Selector, SelectorError};
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
    /// `[audit]`.
    #[serde(default)]
    audit: Meant,
    /// `[groups]`: principals by what a team calls them.
    #[serde(default)]
    groups: BTreeMap<String, Vec<String>>,
    /// The same, read.
    #[serde(skip)]
    grouped: BTreeMap<String, Vec<Selector>>,
    /// `[[waivers]]`.
    #[serde(default)]
    waivers: Vec<WaiverText>,
    /// The same, read.
    #[serde(skip)]
    waived: Vec<Waiver>,
}

/// A waiver as text. All four keys are needed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct WaiverText {
    fingerprint: String,
    reason: String,
    owner: String,
    /// A date, be it in quotes or not.
    expires: toml::Value,
}

impl WaiverText {
    fn parse(&self) -> Result<Waiver, WaiverError> {
        let expires = match &self.expires {
            toml::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Waiver::parse(&self.fingerprint, &self.reason, &self.owner, &expires)
    }
}

/// What a team means to have, for the audit: selectors as text.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Meant {
    /// The environment that is production.
    production: Option<String>,
    /// Who is meant to administer production.
    administrators: Option<Vec<String>>,
    /// Who is meant to change pipelines and their buckets and keys.
    platform: Option<Vec<String>>,
    /// Who is meant to take guard-rails down.
    guards: Option<Vec<String>>,
    /// The branches that may be shipped.
    branches: Option<Vec<String>>,
    /// The accounts of the repository's provider whose events may start builds.
    actors: Option<Vec<String>>,
    /// The subjects of tokens of other places' builds that may assume roles.
    subjects: Option<Vec<String>>,
    /// For how many days events of pipelines are kept.
    retention_days: Option<u32>,
    /// By pipeline, who is meant to approve.
    #[serde(default)]
    approvers: BTreeMap<String, Vec<String>>,
    /// By pipeline, who is meant to write what it ships.
    #[serde(default)]
    committers: BTreeMap<String, Vec<String>>,
    /// `[audit.terraform]`.
    terraform: Option<MeantByTerraform>,
}

/// Where Terraform keeps its state, and who works with it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct MeantByTerraform {
    /// The objects of the state.
    state: Vec<String>,
    /// The tables of locks.
    #[serde(default)]
    locks: Vec<String>,
    /// What applies it.
    #[serde(default)]
    runners: Vec<String>,
    /// What only plans.
    #[serde(default)]
    planners: Vec<String>,
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
    /// A group isn't what it should be.
    #[error("{file}: [groups] {name}: {error}", file = file.display())]
    Group {
        /// The file.
        file: PathBuf,
        /// Which of them.
        name: String,
        /// What is wrong with a selector of it.
        error: SelectorError,
    },
    /// A waiver isn't what it should be.
    #[error("{file}: [[waivers]] {number}: {error}", file = file.display())]
    Waiver {
        /// The file.
        file: PathBuf,
        /// Which of them, from 1.
        number: usize,
        /// What is wrong with it.
        error: WaiverError,
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
        for (n, text) in config.waivers.iter().enumerate() {
            let named = |error| ConfigError::Waiver { file: file.to_owned(), number: n + 1, error };
            config.waived.push(text.parse().map_err(named)?);
        }
        for (name, texts) in &config.groups {
            let named = |error| ConfigError::Group { file: file.to_owned(), name: name.clone(), error };
            let selectors = texts.iter().map(|text| text.parse().map_err(named)).collect::<Result<_, _>>()?;
            config.grouped.insert(name.clone(), selectors);
        }
        let folder = file.parent().unwrap_or(Path::new(""));
        config.primitives = config.primitives.map(|primitives| folder.join(primitives));
        Ok(config)
    }

    /// The directory of attack steps beside the program's own.
    pub fn primitives(&self) -> Option<&Path> {
        self.primitives.as_deref()
    }

    /// What a team means to have.
    ///
    /// # Errors
    /// Where a selector is malformed.
    pub fn intent(&self) -> Result<Intent, IntentError> {
        let Meant {
            production,
            administrators,
            platform,
            guards,
            branches,
            actors,
            subjects,
            retention_days,
            approvers,
            committers,
            terraform,
        } = &self.audit;
        let parsed = |key: &str, texts: &[String]| -> Result<Vec<Selector>, IntentError> {
            let named = |error| IntentError { key: key.to_owned(), error };
            texts.iter().map(|text| text.parse().map_err(named)).collect()
        };
        let some = |key: &str, texts: &Option<Vec<String>>| {
            texts.as_deref().map(|texts| parsed(key, texts)).transpose()
        };
        let by_pipeline = |key: &str, lists: &BTreeMap<String, Vec<String>>| {
            let each = lists
                .iter()
                .map(|(name, texts)| Ok((name.clone(), parsed(&format!("{key}.{name}"), texts)?)));
            each.collect::<Result<BTreeMap<_, _>, IntentError>>()
        };
        Ok(Intent {
            production: production.clone(),
            administrators: some("administrators", administrators)?,
            platform: some("platform", platform)?,
            guards: some("guards", guards)?,
            branches: branches.clone(),
            actors: actors.clone(),
            subjects: subjects.clone(),
            retention_days: *retention_days,
            approvers: by_pipeline("approvers", approvers)?,
            committers: by_pipeline("committers", committers)?,
            terraform: terraform
                .as_ref()
                .map(|meant| {
                    let MeantByTerraform { state, locks, runners, planners } = meant;
                    Ok(Terraform {
                        state: state.clone(),
                        locks: locks.clone(),
                        runners: parsed("terraform.runners", runners)?,
                        planners: parsed("terraform.planners", planners)?,
                    })
                })
                .transpose()?,
        })
    }

    /// Principals by what a team calls them, for `group:NAME`.
    pub fn groups(&self) -> &BTreeMap<String, Vec<Selector>> {
        &self.grouped
    }

    /// The violations that are lived with.
    pub fn waivers(&self) -> &[Waiver] {
        &self.waived
    }

    /// The accounts of each environment.
    pub fn environments(&self) -> Environments {
        let accounts = self.environments.iter().map(|(name, e)| (name.clone(), e.accounts.clone())).collect();
        Environments { accounts }
    }
}
