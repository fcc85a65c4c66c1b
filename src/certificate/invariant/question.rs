//! The question of an invariant: from whom, to what.

use crate::ask::{AskError, Environments, Estate};
use crate::certificate::question::{MissingMode, QuestionError, Readings};
use crate::escalation::{Goal, Start, Target};
use crate::question::{Constraint, Requests, Selector};
use gateproof_model::catalogue::AccessLevel;
use gateproof_model::rules::Rules;
use gateproof_model::snapshot::Missing;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A question of `reach`, as the command line would ask it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a question (an object)")]
pub struct ReachQuestion {
    /// `reach`.
    pub command: Command,
    /// Selectors of those from whom is asked.
    pub from: Vec<String>,
    /// Whether one attacker holds all of them.
    pub together: bool,
    /// Selectors of those whose sessions are a target.
    pub controls: Vec<String>,
    /// Selectors of the accounts to which administrative access is a target.
    pub administrator: Vec<String>,
    /// ARN globs of what a target is to read.
    pub reads: Vec<String>,
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
    from: Vec<Selector>,
    together: bool,
    when: Vec<Constraint>,
    target: Target,
    pub environments: Environments,
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
        let mut requests = Requests::default();
        let (mut controls, mut administrator, mut reads) = (Vec::new(), Vec::new(), Vec::new());
        for one in target.each() {
            match one {
                Target::Access(asked) => requests = asked.clone(),
                Target::Controls(selectors) => controls.extend(selectors.iter().cloned()),
                Target::Administers(accounts) => administrator.extend(accounts.iter().cloned()),
                Target::Reads(globs) => reads.extend(globs.iter().cloned()),
                Target::AnyOf(_) => {}
            }
        }
        let named: BTreeSet<&String> = from
            .iter()
            .chain(&controls)
            .chain(&administrator)
            .chain(&requests.within)
            .filter_map(|s| if let Selector::Environment(name) = s { Some(name) } else { None })
            .collect();
        let listed = environments.accounts.iter().filter(|(name, _)| named.contains(name));
        let texts = |selectors: &[Selector]| selectors.iter().map(ToString::to_string).collect();
        Self {
            command: Command::Reach,
            from: texts(from),
            together: false,
            controls: texts(&controls),
            administrator: texts(&administrator),
            reads,
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

    /// The same about one attacker who holds all the principals.
    #[must_use]
    pub fn held_together(self) -> Self {
        Self { together: true, ..self }
    }

    /// Reads it, as the command line reads its arguments.
    pub(super) fn parse(&self) -> Result<Asked, QuestionError> {
        let selectors = |texts: &[String]| -> Result<Vec<Selector>, QuestionError> {
            texts.iter().map(|text| Ok(text.parse()?)).collect()
        };
        let level =
            |text: &String| AccessLevel::parse(text).ok_or_else(|| QuestionError::Access(text.clone()));
        let requests = Requests {
            actions: self.actions.clone(),
            resources: self.resources.clone(),
            access: self.access.iter().map(level).collect::<Result<_, _>>()?,
            within: selectors(&self.within)?,
            when: Vec::new(),
        };
        let (controls, administrator) = (selectors(&self.controls)?, selectors(&self.administrator)?);
        let others = !(controls.is_empty() && administrator.is_empty() && self.reads.is_empty());
        let mut targets = Vec::new();
        if !others || !requests.actions.is_empty() {
            targets.push(Target::Access(requests));
        }
        targets.extend((!controls.is_empty()).then_some(Target::Controls(controls)));
        targets.extend((!administrator.is_empty()).then_some(Target::Administers(administrator)));
        targets.extend((!self.reads.is_empty()).then(|| Target::Reads(self.reads.clone())));
        let target = Target::AnyOf(targets);
        let when = self.when.iter().map(|text| Ok(text.parse()?)).collect::<Result<_, QuestionError>>()?;
        let environments = Environments { accounts: self.environments.clone() };
        Ok(Asked { from: selectors(&self.from)?, together: self.together, when, target, environments })
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
            ("administrator", &self.administrator),
            ("reads", &self.reads),
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
        if self.together {
            text.push_str(" --together");
        }
        if self.missing == MissingMode::Unknown {
            text.push_str(" --missing unknown");
        }
        text
    }
}

impl Asked {
    /// From where is asked.
    pub fn starts(&self, estate: &Estate) -> Result<Vec<Start>, AskError> {
        estate.starts(&self.from, self.together, &self.when, &self.environments)
    }

    /// The target, whatever the policies.
    pub fn goal(&self, estate: &Estate) -> Result<Goal, AskError> {
        Goal::of(&self.target, estate, &self.environments)
    }
}
