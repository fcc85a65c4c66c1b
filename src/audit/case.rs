//! One control on one pipeline: the questions that it may ask.

use super::answers::Answers;
use super::asked::Asked;
use super::control::Control;
use super::finding::Finding;
use super::intent::Intent;
use crate::ask::{AskError, Estate};
use crate::escalation::{EscalationSettings, ReachAnswer, Target};
use crate::pipelines::{Map, MappedPipeline};
use crate::question::{Constraint, Requests, Selector};
use gateproof_model::pipeline::Pipeline;
use gateproof_model::policy::Document;
use std::collections::BTreeSet;
use std::sync::Arc;

/// One control on one pipeline.
pub struct Case<'a> {
    pub(super) estate: &'a Estate,
    /// What was asked before, of whatever pipeline.
    pub(super) asked: &'a Asked<'a>,
    pub(super) settings: &'a EscalationSettings,
    pub(super) intent: &'a Intent,
    pub(super) map: &'a Map,
    /// What AWS says of the pipeline.
    pub(super) declared: &'a Pipeline,
    pub(super) pipeline: &'a MappedPipeline,
    pub(super) control: &'a Control,
    pub(super) findings: Vec<Finding>,
}

impl<'a> Case<'a> {
    /// Everybody's answer: may they make some request of the actions on the resources?
    pub fn who_can(
        &self,
        actions: &[&str],
        resources: &[String],
        when: Vec<Constraint>,
    ) -> Result<Answers, AskError> {
        let actions: Vec<String> = actions.iter().map(|a| (*a).to_owned()).collect();
        let conditions: Vec<String> = when.iter().map(ToString::to_string).collect();
        let when_words =
            if conditions.is_empty() { String::new() } else { format!(" when {}", conditions.join(" and ")) };
        let question = format!("{} on {}{when_words}", actions.join(", "), resources.join(", "));
        let requests = Requests { actions, resources: resources.to_vec(), when, ..Requests::default() };
        self.everybodys(question, &requests)
    }

    /// The same in one account only.
    pub fn who_can_in(&self, account: &str, actions: &[&str]) -> Result<Answers, AskError> {
        let actions: Vec<String> = actions.iter().map(|a| (*a).to_owned()).collect();
        let question = format!("{} in account {account}", actions.join(", "));
        let within = vec![Selector::Account(account.to_owned())];
        let requests = Requests { actions, within, ..Requests::default() };
        self.everybodys(question, &requests)
    }

    fn everybodys(&self, question: String, requests: &Requests) -> Result<Answers, AskError> {
        Ok(Answers { question, each: self.asked.answered.who_can(requests)? })
    }

    /// The answer of one role, in a session under a policy if one is given.
    pub fn can(
        &self,
        role: &str,
        actions: &[&str],
        resources: &[String],
        session: Option<Arc<Document>>,
    ) -> Result<Answers, AskError> {
        let actions: Vec<String> = actions.iter().map(|a| (*a).to_owned()).collect();
        let question = match &session {
            Some(_) => format!("what {role} may do beyond what it needs"),
            None => format!("{} by {role}", actions.join(", ")),
        };
        let requests = Requests { actions, resources: resources.to_vec(), ..Requests::default() };
        let answer = self.asked.answered.can_within(role, session, &requests)?;
        Ok(Answers { question, each: [(role.into(), answer)].into() })
    }

    /// What an attacker who holds principals, one by one, comes to in any number of steps.
    pub fn reach(&self, from: &[Selector], target: &Target) -> Result<Arc<ReachAnswer>, AskError> {
        self.asked.reach(from, target)
    }

    /// The ARNs of principals that a team means; a selector that names nobody means nobody.
    pub fn principals(&self, selectors: &[Selector]) -> Result<BTreeSet<Arc<str>>, AskError> {
        let mut found = BTreeSet::new();
        for selector in selectors {
            let selected =
                self.estate.select(std::slice::from_ref(selector), &self.settings.ask.environments);
            match selected {
                Ok(callers) => found.extend(callers.into_iter().map(|caller| caller.id)),
                Err(AskError::NothingSelected { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }
}
