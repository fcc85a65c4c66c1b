//! What a team means to have, as `gateproof.toml` says it: which accounts are production, who is meant to approve, write, change.

use crate::ask::{AskError, Estate, Settings};
use crate::question::{Selector, SelectorError};
use std::collections::BTreeMap;

/// What a team means to have. What it doesn't say makes controls that ask for it unknown.
#[derive(Debug, Clone, Default)]
pub struct Intent {
    /// The environment that is production.
    pub production: Option<String>,
    /// Who is meant to administer production.
    pub administrators: Option<Vec<Selector>>,
    /// Who is meant to change pipelines and their buckets.
    pub platform: Option<Vec<Selector>>,
    /// Who is meant to take guard-rails down: in other accounts too.
    pub guards: Option<Vec<Selector>>,
    /// The branches, as globs, that pipelines may ship from.
    pub branches: Option<Vec<String>>,
    /// The accounts of the repository's provider, as globs, whose events may start builds.
    pub actors: Option<Vec<String>>,
    /// The subjects of tokens, as globs, that may assume roles.
    pub subjects: Option<Vec<String>>,
    /// For how many days events of pipelines are meant to be kept.
    pub retention_days: Option<u32>,
    /// By pipeline (a name, or `*`), who is meant to approve.
    pub approvers: BTreeMap<String, Vec<Selector>>,
    /// By pipeline (a name, or `*`), who is meant to write the branch that it ships.
    pub committers: BTreeMap<String, Vec<Selector>>,
    /// Where Terraform keeps its state, and who works with it.
    pub terraform: Option<Terraform>,
}

/// Where Terraform keeps its state, and who works with it.
#[derive(Debug, Clone, Default)]
pub struct Terraform {
    /// The objects of the state, as globs over ARNs; none: there is no state.
    pub state: Vec<String>,
    /// The tables of locks, as globs over ARNs.
    pub locks: Vec<String>,
    /// What applies it.
    pub runners: Vec<Selector>,
    /// What only plans.
    pub planners: Vec<Selector>,
}

/// Why a selector of `gateproof.toml` can't be used.
#[derive(Debug, thiserror::Error)]
#[error("[audit] {key}: {error}")]
pub struct IntentError {
    /// The key.
    pub key: String,
    /// What is wrong with it.
    pub error: SelectorError,
}

/// The branches that may be shipped where nobody says which.
const BRANCHES: [&str; 3] = ["main", "master", "release/*"];

impl Intent {
    /// The branches that may be shipped, as globs.
    pub fn branches(&self) -> Vec<String> {
        self.branches.clone().unwrap_or_else(|| BRANCHES.map(str::to_owned).to_vec())
    }

    /// Who is meant to do something with a pipeline.
    pub fn meant<'i>(by_pipeline: &'i BTreeMap<String, Vec<Selector>>, name: &str) -> Option<&'i [Selector]> {
        by_pipeline.get(name).or_else(|| by_pipeline.get("*")).map(Vec::as_slice)
    }

    /// The same, selectors that speak of pipelines as the principals that they stand for; one that names nothing names nobody.
    ///
    /// # Errors
    /// As [`Estate::without_pipelines`].
    pub(super) fn without_pipelines(&self, estate: &Estate, settings: &Settings) -> Result<Self, AskError> {
        let named = |selectors: &Vec<Selector>| {
            let mut all = Vec::new();
            for selector in selectors {
                match estate.without_pipelines(std::slice::from_ref(selector), settings) {
                    Ok(found) => all.extend(found),
                    Err(AskError::NothingSelected { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(all)
        };
        let by_pipeline = |meant: &BTreeMap<String, Vec<Selector>>| {
            meant.iter().map(|(name, some)| Ok((name.clone(), named(some)?))).collect::<Result<_, AskError>>()
        };
        let terraform = |of: &Terraform| {
            let (runners, planners) = (named(&of.runners)?, named(&of.planners)?);
            Ok::<_, AskError>(Terraform { runners, planners, ..of.clone() })
        };
        Ok(Self {
            administrators: self.administrators.as_ref().map(named).transpose()?,
            platform: self.platform.as_ref().map(named).transpose()?,
            guards: self.guards.as_ref().map(named).transpose()?,
            approvers: by_pipeline(&self.approvers)?,
            committers: by_pipeline(&self.committers)?,
            terraform: self.terraform.as_ref().map(terraform).transpose()?,
            ..self.clone()
        })
    }
}
