//! The question of an invariant: from whom, to what.

use crate::ask::{AskError, CallerEntity, Environments, Estate};
use crate::certificate::question::{MissingMode, QuestionError, Readings};
use crate::escalation::Target;
use crate::question::{Constraint, Requests, Selector};
use gateproof_model::catalogue::AccessLevel;
use gateproof_model::rules::Rules;
use gateproof_model::snapshot::Missing;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A question of `reach`, as the command line would ask it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a question (an object)")]
pub struct ReachQuestion {
    /// `reach`.
    pub command: Command,
    /// Selectors of those from whom is asked.
    pub from: Vec<String>,
    /// Selectors of those whose sessions are the target; none where requests are.
    pub controls: Vec<String>,
    /// Action globs.
    pub actions: Vec<String>,
    /// Resource globs.
    pub resources: Vec<String>,
    /// Access levels.
    pub access: Vec<String>,
    /// Selectors of accounts.
    #[serde(rename = "in")]
    pub within: Vec<String>,
    /// Conditions on the starting session.
    pub when: Vec<String>,
    /// The accounts of the environments that are named.
    pub environments: BTreeMap<String, BTreeSet<String>>,
    /// What is made of input that was never collected: `assume` or `unknown`.
    pub missing: MissingMode,
    /// How the points that AWS leaves open are read.
    pub rules: Readings,
}

/// Which command asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", expecting = "reach")]
pub enum Command {
    /// In any number of steps.
    Reach,
}

/// A question read.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub from: Vec<Selector>,
    pub when: Vec<Constraint>,
    pub target: Target,
    pub environments: Environments,
}

/// What must not be reached.
pub(super) enum Goal {
    /// A request of these, whoever makes it.
    Access(Requests),
    /// A session of one of these.
    Controls(BTreeSet<Arc<str>>),
}

impl ReachQuestion {
    /// A question of `reach`.
    pub fn new(
        from: &[Selector],
        when: &[Constraint],
        target: &Target,
        environments: &Environments,
        missing: Missing,
        rules: Rules,
    ) -> Self {
        let (requests, controls) = match target {
            Target::Access(requests) => (requests.clone(), Vec::new()),
            Target::Controls(selectors) => (Requests::default(), selectors.clone()),
        };
        let named: BTreeSet<&String> = from
            .iter()
            .chain(&controls)
            .chain(&requests.within)
            .filter_map(|s| if let Selector::Environment(name) = s { Some(name) } else { None })
            .collect();
        let listed = environments.accounts.iter().filter(|(name, _)| named.contains(name));
        let texts = |selectors: &[Selector]| selectors.iter().map(ToString::to_string).collect();
        Self {
            command: Command::Reach,
            from: texts(from),
            controls: texts(&controls),
            actions: requests.actions,
            resources: requests.resources,
            access: requests.access.iter().map(|l| l.name().to_owned()).collect(),
            within: texts(&requests.within),
            when: when.iter().map(ToString::to_string).collect(),
            environments: listed.map(|(name, accounts)| (name.clone(), accounts.clone())).collect(),
            missing: missing.into(),
            rules: rules.into(),
        }
    }

    /// Reads it, as the command line reads its arguments.
    pub(super) fn parse(&self) -> Result<Asked, QuestionError> {
        let selectors = |texts: &[String]| -> Result<Vec<Selector>, QuestionError> {
            texts.iter().map(|text| Ok(text.parse()?)).collect()
        };
        let level =
            |text: &String| AccessLevel::parse(text).ok_or_else(|| QuestionError::Access(text.clone()));
        let target = match self.controls.as_slice() {
            [] => Target::Access(Requests {
                actions: self.actions.clone(),
                resources: self.resources.clone(),
                access: self.access.iter().map(level).collect::<Result<_, _>>()?,
                within: selectors(&self.within)?,
                when: Vec::new(),
            }),
            controls => Target::Controls(selectors(controls)?),
        };
        let when = self.when.iter().map(|text| Ok(text.parse()?)).collect::<Result<_, QuestionError>>()?;
        let environments = Environments { accounts: self.environments.clone() };
        Ok(Asked { from: selectors(&self.from)?, when, target, environments })
    }

    /// What is made of input that was never collected.
    pub fn missing(&self) -> Missing {
        self.missing.into()
    }

    /// The question as command-line words, for people.
    pub fn render(&self) -> String {
        let lists = [
            ("from", &self.from),
            ("controls", &self.controls),
            ("action", &self.actions),
            ("resource", &self.resources),
            ("access", &self.access),
            ("in", &self.within),
            ("when", &self.when),
        ];
        let mut text = "reach".to_owned();
        for (flag, values) in lists {
            for value in values {
                text.push_str(&format!(" --{flag} {value}"));
            }
        }
        if self.missing == MissingMode::Unknown {
            text.push_str(" --missing unknown");
        }
        text
    }
}

impl Asked {
    /// Those from whom is asked.
    pub fn callers(&self, estate: &Estate) -> Result<Vec<CallerEntity>, AskError> {
        estate.select(&self.from, &self.environments)
    }

    /// The target, whatever the policies.
    pub fn goal(&self, estate: &Estate) -> Result<Goal, AskError> {
        Ok(match &self.target {
            Target::Access(requests) => Goal::Access(requests.clone()),
            Target::Controls(selectors) => {
                let callers = estate.select(selectors, &self.environments)?;
                Goal::Controls(callers.into_iter().map(|c| c.id).collect())
            }
        })
    }
}
