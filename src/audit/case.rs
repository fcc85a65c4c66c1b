//! One control on one pipeline: the questions that it may ask.

use super::answers::Answers;
use super::asked::Asked;
use super::control::Control;
use super::finding::Finding;
use super::intent::Intent;
use crate::ask::{AskError, Digested, Estate, Limits};
use crate::escalation::{EscalationSettings, ReachAnswer, Target};
use crate::pipelines::{Map, MappedPipeline};
use crate::question::{Constraint, Requests, Selector};
use gateproof_model::catalogue::{AccessLevel, Catalogue};
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
        let conditions: Vec<String> = when.iter().map(ToString::to_string).collect();
        let when_words =
            if conditions.is_empty() { String::new() } else { format!(" when {}", conditions.join(" and ")) };
        let question = format!("{} on {}{when_words}", actions.join(", "), resources.join(", "));
        let requests = Requests { resources: resources.to_vec(), when, ..of(actions) };
        self.everybodys(question, &requests)
    }

    /// The same in one account only.
    pub fn who_can_in(&self, account: &str, actions: &[&str]) -> Result<Answers, AskError> {
        let question = format!("{} in account {account}", actions.join(", "));
        let within = vec![Selector::Account(account.to_owned())];
        let requests = Requests { within, ..of(actions) };
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
        let question = match &session {
            Some(_) => format!("what {role} may do beyond what it needs"),
            None => format!("{} by {role}", actions.join(", ")),
        };
        let limits = session.map_or(Limits::None, Limits::Session);
        let requests = Requests { resources: resources.to_vec(), ..of(actions) };
        self.can_within(role, question, &limits, &requests)
    }

    /// The same about calls that are listed once.
    pub fn can_call(
        &self,
        role: &str,
        calls: &Digested,
        session: Option<Arc<Document>>,
    ) -> Result<Answers, AskError> {
        let question = match &session {
            Some(_) => format!("what {role} may do beyond what it needs"),
            None => format!("{} by {role}", calls.requests.actions.join(", ")),
        };
        self.can_of(role, question, &session.map_or(Limits::None, Limits::Session), calls)
    }

    /// The answer of one role, where conditions hold of the request.
    pub fn can_when(
        &self,
        role: &str,
        actions: &[&str],
        resources: &[String],
        when: Vec<Constraint>,
    ) -> Result<Answers, AskError> {
        let question = format!("{} by {role}", actions.join(", "));
        let requests = Requests { resources: resources.to_vec(), when, ..of(actions) };
        self.can_within(role, question, &Limits::None, &requests)
    }

    /// The answer of one role about requests on resources of some accounts, in a session under a policy.
    pub fn can_in(
        &self,
        role: &str,
        accounts: &BTreeSet<String>,
        calls: &Digested,
        session: Arc<Document>,
    ) -> Result<Answers, AskError> {
        let named: Vec<&str> = accounts.iter().map(String::as_str).collect();
        let question = format!("what {role} may do in {} beyond what it needs", named.join(", "));
        self.can_of(role, question, &Limits::Session(session), calls)
    }

    /// Whether a role's own policies let it make some request, whatever policies of resources grant; under another service control policy
    /// than its account's, if one is given.
    pub fn can_by_itself(
        &self,
        role: &str,
        calls: &Digested,
        under: Option<Arc<Document>>,
    ) -> Result<Answers, AskError> {
        let question = format!("what {role} may do by its own policies");
        self.can_of(role, question, &under.map_or(Limits::Own, Limits::OwnUnder), calls)
    }

    /// The answer of one role, if it had one identity policy and no other.
    pub fn can_by(
        &self,
        role: &str,
        identity: Arc<Document>,
        actions: &[&str],
        resources: &[String],
    ) -> Result<Answers, AskError> {
        let question = format!("{} by {role}, with one policy", actions.join(", "));
        let requests = Requests { resources: resources.to_vec(), ..of(actions) };
        self.can_within(role, question, &Limits::Identity(identity), &requests)
    }

    fn can_within(
        &self,
        role: &str,
        question: String,
        limits: &Limits,
        requests: &Requests,
    ) -> Result<Answers, AskError> {
        let answer = self.asked.answered.can_within(role, limits, requests)?;
        Ok(Answers { question, each: [(role.into(), answer)].into() })
    }

    fn can_of(
        &self,
        role: &str,
        question: String,
        limits: &Limits,
        calls: &Digested,
    ) -> Result<Answers, AskError> {
        let answer = self.asked.answered.can_within_known(role, limits, calls)?;
        Ok(Answers { question, each: [(role.into(), answer)].into() })
    }

    /// The calls of a service (`*`: of all) of some levels.
    pub fn calls_of(&self, service: &str, levels: &[AccessLevel]) -> Vec<&'a str> {
        let catalogue: &'static Catalogue = self.estate.catalogue;
        let all = catalogue.actions().filter(|action| service == "*" || action.service() == service);
        all.filter(|action| levels.contains(&action.access_level())).map(|action| action.name()).collect()
    }

    /// What an attacker who holds principals, one by one, comes to in any number of steps.
    pub fn reach(&self, from: &[Selector], target: &Target) -> Result<Arc<ReachAnswer>, AskError> {
        self.asked.reach(from, target)
    }

    /// The ARNs of principals that a team means; a selector that names nobody means nobody.
    pub fn principals(&self, selectors: &[Selector]) -> Result<BTreeSet<Arc<str>>, AskError> {
        Ok(BTreeSet::clone(&*self.asked.principals(selectors)?))
    }
}

/// Requests of some calls, on whatever resource.
fn of(actions: &[&str]) -> Requests {
    Requests { actions: actions.iter().map(|a| (*a).to_owned()).collect(), ..Requests::default() }
}
