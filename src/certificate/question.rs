//! The question of a certificate: everything that the formulas are made from, beside the snapshot.

use crate::ask::Environments;
use crate::question::{ConstraintError, Quantifier, Requests, Selector, SelectorError};
use gateproof_model::catalogue::AccessLevel;
use gateproof_model::rules::Rules;
use gateproof_model::snapshot::Missing;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A question, as the command line would ask it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a question (an object)")]
pub struct Question {
    /// `can` or `who-can`.
    pub command: Command,
    /// Selectors; none for `who-can`.
    pub principals: Vec<String>,
    /// Action globs.
    pub actions: Vec<String>,
    /// Resource globs.
    pub resources: Vec<String>,
    /// Access levels.
    pub access: Vec<String>,
    /// Selectors of accounts.
    #[serde(rename = "in")]
    pub within: Vec<String>,
    /// Conditions.
    pub when: Vec<String>,
    /// Whether all requests must be allowed.
    pub every: bool,
    /// The accounts of the environments that are named.
    pub environments: BTreeMap<String, BTreeSet<String>>,
    /// What is made of input that was never collected: `assume` or `unknown`.
    pub missing: MissingMode,
    /// How the points that AWS leaves open are read.
    pub rules: Readings,
}

/// Who is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", expecting = "can or who-can")]
pub enum Command {
    /// The principals named.
    Can,
    /// Everyone.
    WhoCan,
}

/// What is made of input that was never collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "assume or unknown")]
pub enum MissingMode {
    /// It is neutral, and listed.
    Assume,
    /// It is unknown.
    Unknown,
}

impl From<Missing> for MissingMode {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Assume => Self::Assume,
            Missing::Unknown => Self::Unknown,
        }
    }
}

impl From<MissingMode> for Missing {
    fn from(missing: MissingMode) -> Self {
        match missing {
            MissingMode::Assume => Self::Assume,
            MissingMode::Unknown => Self::Unknown,
        }
    }
}

/// [`Rules`], by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "readings (an object)")]
pub struct Readings {
    plain_operator_matches_multivalued: bool,
    grant_suffices_across_accounts: bool,
    reserved_roles_can_be_passed: bool,
}

impl From<Rules> for Readings {
    fn from(rules: Rules) -> Self {
        let Rules {
            plain_operator_matches_multivalued,
            grant_suffices_across_accounts,
            reserved_roles_can_be_passed,
        } = rules;
        Self {
            plain_operator_matches_multivalued,
            grant_suffices_across_accounts,
            reserved_roles_can_be_passed,
        }
    }
}

/// A question of a certificate that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuestionError {
    /// A selector is malformed.
    #[error(transparent)]
    Selector(#[from] SelectorError),
    /// A condition is malformed.
    #[error(transparent)]
    Constraint(#[from] ConstraintError),
    /// An access level doesn't exist.
    #[error("access level `{0}`: expected read, list, write, tagging or permissions-management")]
    Access(String),
}

/// A question read.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Whom it is about; `None`: everyone.
    pub principals: Option<Vec<Selector>>,
    /// Which requests.
    pub requests: Requests,
    /// Whether some or all of them.
    pub quantifier: Quantifier,
    /// The environments.
    pub environments: Environments,
}

impl Question {
    /// The question of `can` (with principals) or `who-can` (without).
    pub fn new(
        principals: Option<&[Selector]>,
        requests: &Requests,
        quantifier: Quantifier,
        environments: &Environments,
        missing: Missing,
        rules: Rules,
    ) -> Self {
        let named: BTreeSet<&String> = principals
            .unwrap_or_default()
            .iter()
            .chain(&requests.within)
            .filter_map(|s| if let Selector::Environment(name) = s { Some(name) } else { None })
            .collect();
        let listed = environments.accounts.iter().filter(|(name, _)| named.contains(name));
        Self {
            command: if principals.is_some() { Command::Can } else { Command::WhoCan },
            principals: principals.unwrap_or_default().iter().map(ToString::to_string).collect(),
            actions: requests.actions.clone(),
            resources: requests.resources.clone(),
            access: requests.access.iter().map(|l| l.name().to_owned()).collect(),
            within: requests.within.iter().map(ToString::to_string).collect(),
            when: requests.when.iter().map(ToString::to_string).collect(),
            every: quantifier == Quantifier::Every,
            environments: listed.map(|(name, accounts)| (name.clone(), accounts.clone())).collect(),
            missing: missing.into(),
            rules: rules.into(),
        }
    }

    /// Reads it, as the command line reads its arguments.
    pub fn parse(&self) -> Result<Asked, QuestionError> {
        let mut requests = Requests {
            actions: self.actions.clone(),
            resources: self.resources.clone(),
            ..Requests::default()
        };
        for level in &self.access {
            requests
                .access
                .push(AccessLevel::parse(level).ok_or_else(|| QuestionError::Access(level.clone()))?);
        }
        for selector in &self.within {
            requests.within.push(selector.parse()?);
        }
        for condition in &self.when {
            requests.when.push(condition.parse()?);
        }
        let selectors: Vec<Selector> = self.principals.iter().map(|s| s.parse()).collect::<Result<_, _>>()?;
        Ok(Asked {
            principals: (self.command == Command::Can).then_some(selectors),
            requests,
            quantifier: if self.every { Quantifier::Every } else { Quantifier::Some },
            environments: Environments { accounts: self.environments.clone() },
        })
    }

    /// All of it, for digests.
    pub fn in_full(&self) -> String {
        // Strings, lists and flags are always written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What is made of input that was never collected.
    pub fn missing(&self) -> Missing {
        self.missing.into()
    }

    /// The question as command-line words, for people.
    pub fn render(&self) -> String {
        let command = match self.command {
            Command::Can => "can",
            Command::WhoCan => "who-can",
        };
        let lists = [
            ("principal", &self.principals),
            ("action", &self.actions),
            ("resource", &self.resources),
            ("access", &self.access),
            ("in", &self.within),
            ("when", &self.when),
        ];
        let mut text = command.to_owned();
        for (flag, values) in lists {
            for value in values {
                text.push_str(&format!(" --{flag} {value}"));
            }
        }
        if self.every {
            text.push_str(" --every");
        }
        if self.missing == MissingMode::Unknown {
            text.push_str(" --missing unknown");
        }
        text
    }
}
