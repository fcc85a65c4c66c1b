//! One control on one pipeline: the questions that it may ask, and what it says.

use super::control::Control;
use super::evidence::Evidence;
use super::finding::{Finding, Judgement, fingerprint};
use super::intent::Intent;
use crate::ask::{AskError, Estate};
use crate::escalation::EscalationSettings;
use crate::pipelines::{Map, MappedPipeline, Untold};
use crate::question::{Answer, Constraint, Requests, Selector, Verdict, Witness};
use gateproof_model::configuration::Told;
use gateproof_model::pipeline::Pipeline;
use gateproof_model::policy::Document;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One control on one pipeline.
pub struct Case<'a> {
    pub(super) estate: &'a Estate,
    pub(super) settings: &'a EscalationSettings,
    pub(super) intent: &'a Intent,
    pub(super) map: &'a Map,
    /// What AWS says of the pipeline.
    pub(super) declared: &'a Pipeline,
    pub(super) pipeline: &'a MappedPipeline,
    pub(super) control: &'a Control,
    pub(super) findings: Vec<Finding>,
}

/// Everybody's answer to a question.
pub(super) struct Answers {
    /// The question, in words.
    pub question: String,
    pub each: Vec<(Arc<str>, Answer)>,
}

impl Answers {
    /// Those of some who can't, as is proved.
    pub fn cannot(&self, some: &BTreeSet<Arc<str>>) -> Vec<Arc<str>> {
        let cannot = self.each.iter().filter(|(_, answer)| answer.verdict == Verdict::Impossible);
        cannot.map(|(arn, _)| arn).filter(|arn| some.contains(*arn)).cloned().collect()
    }

    /// The requests that show who can.
    pub fn witnesses(&self) -> BTreeMap<Arc<str>, Witness> {
        self.who_can().filter_map(|(arn, witness)| Some((arn.clone(), witness?.clone()))).collect()
    }

    /// Who can both: this, as the answers show, and something else.
    pub fn and(self, other: Self) -> Self {
        let question = format!("{}, and {}", self.question, other.question);
        let mut others: BTreeMap<Arc<str>, Answer> = other.each.into_iter().collect();
        let both = |(arn, answer): (Arc<str>, Answer)| {
            let other = others.remove(&arn)?;
            let rank = |answer: &Answer| match answer.verdict {
                Verdict::Impossible if answer.not_collected == 0 => 0,
                Verdict::Impossible => 1,
                Verdict::Undecided => 2,
                Verdict::Reachable => 3,
            };
            // What is impossible for one of the two is impossible for both.
            Some(if rank(&other) < rank(&answer) { (arn, other) } else { (arn, answer) })
        };
        let each = self.each.into_iter().filter_map(both).collect();
        Self { question, each }
    }

    /// Those who can.
    pub fn who_can(&self) -> impl Iterator<Item = (&Arc<str>, Option<&Witness>)> {
        let can = self.each.iter().filter(|(_, answer)| answer.verdict == Verdict::Reachable);
        can.map(|(arn, answer)| (arn, answer.witness.as_ref()))
    }

    /// The proof that all others can't.
    fn proof(&self) -> Evidence {
        let proofs = || self.each.iter().filter_map(|(_, answer)| answer.proof.as_ref());
        Evidence::Proof {
            question: self.question.clone(),
            principals: proofs().count(),
            formulas: proofs().map(|proof| proof.formulas).sum(),
            folded: proofs().map(|proof| proof.folded).sum(),
        }
    }

    /// What was not collected and may make a difference to somebody.
    fn missing(&self) -> Vec<Untold> {
        missing_of(self.each.iter().map(|(_, answer)| answer))
    }
}

/// What was not collected and may make a difference to what is impossible.
pub(super) fn missing_of<'a>(answers: impl Iterator<Item = &'a Answer>) -> Vec<Untold> {
    let impossible = answers.filter(|answer| answer.verdict == Verdict::Impossible);
    let texts: BTreeSet<&String> =
        impossible.flat_map(|answer| answer.assumptions.iter().take(answer.not_collected)).collect();
    texts.into_iter().map(|text| untold(text)).collect()
}

/// An assumption of a verdict as something that the snapshot doesn't tell.
fn untold(text: &str) -> Untold {
    let parts = text.strip_suffix(')').and_then(|text| text.split_once(" (to supply it: "));
    match parts {
        Some((what, command)) => Untold { what: what.to_owned(), command: Some(command.to_owned()) },
        None => Untold { what: text.to_owned(), command: None },
    }
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
        Ok(Answers { question, each: self.estate.who_can(requests, &self.settings.ask)? })
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
        let answer = self.estate.can_within(role, session, &requests, &self.settings.ask)?;
        Ok(Answers { question, each: vec![(role.into(), answer)] })
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

    /// What AWS says of something; `None`: it was not told, and that is said. `Some(None)`: there is none.
    pub fn told<T>(&mut self, subject: &str, what: &str, told: Told<T>) -> Option<Option<T>> {
        match told {
            Told::Known { value, .. } => Some(Some(value)),
            Told::Absent { .. } => Some(None),
            Told::Untold { command, problem } => {
                let why = problem.map(|problem| format!(" ({problem})")).unwrap_or_default();
                let missing = Untold { what: format!("{what}{why}"), command: Some(command) };
                self.unknown(subject, format!("{what} is not told"), vec![missing]);
                None
            }
        }
    }

    /// The control holds of something.
    pub fn holds(&mut self, subject: &str, message: impl Into<String>, evidence: Vec<Evidence>) {
        self.say(subject, "", (Judgement::Holds, message.into()), evidence, Vec::new());
    }

    /// The control is violated: by somebody or something, an `offender`, that has to do with the subject.
    pub fn violated(
        &mut self,
        (subject, offender): (&str, &str),
        message: impl Into<String>,
        evidence: Vec<Evidence>,
    ) {
        self.say(subject, offender, (Judgement::Violated, message.into()), evidence, Vec::new());
    }

    /// The snapshot doesn't tell.
    pub fn unknown(&mut self, subject: &str, message: impl Into<String>, missing: Vec<Untold>) {
        self.say(subject, "?", (Judgement::Unknown, message.into()), Vec::new(), missing);
    }

    /// `gateproof.toml` doesn't say what is meant.
    pub fn not_meant(&mut self, subject: &str, key: &str, what: &str) {
        let missing = Untold { what: format!("{what}: `{key}` in [audit] of gateproof.toml"), command: None };
        self.unknown(subject, format!("nothing says {what}"), vec![missing]);
    }

    /// Nobody may but those that are meant to: a violation for everybody else who can, with a request.
    pub fn only(&mut self, subject: &str, answers: &Answers, meant: impl Fn(&str) -> bool, does: &str) {
        let mut settled = true;
        for (arn, answer) in answers.each.iter().filter(|(arn, _)| !meant(arn)) {
            match answer.verdict {
                Verdict::Reachable => {
                    let evidence = answer.witness.iter().cloned().map(Evidence::Request).collect();
                    self.violated((subject, arn), format!("{arn} {does}"), evidence);
                    settled = false;
                }
                Verdict::Undecided => {
                    let why = answer.undecided.as_ref().map(|u| u.reason.clone()).unwrap_or_default();
                    let missing = Untold { what: why.clone(), command: None };
                    let message = format!("whether {arn} {does} is not decided: {why}");
                    self.say(subject, arn, (Judgement::Unknown, message), Vec::new(), vec![missing]);
                    settled = false;
                }
                Verdict::Impossible => {}
            }
        }
        if !settled {
            return;
        }
        let who = if answers.who_can().next().is_some() { "nobody else" } else { "nobody" };
        match answers.missing() {
            missing if missing.is_empty() => {
                self.holds(subject, format!("{who} {does}"), vec![answers.proof()]);
            }
            missing => self.unknown(subject, format!("as far as is known {who} {does}"), missing),
        }
    }

    /// Nobody at all may: one violation for all who can, the fault being in what should stop them.
    pub fn nobody(&mut self, subject: &str, answers: &Answers, does: &str) {
        let can: Vec<Arc<str>> = answers.who_can().map(|(arn, _)| arn.clone()).collect();
        let witness = answers.who_can().find_map(|(_, witness)| witness.cloned());
        let (Some(first), Some(witness)) = (can.first(), witness) else {
            return self.only(subject, answers, |_| false, does);
        };
        let others = match can.len() - 1 {
            0 => String::new(),
            1 => " and one other".to_owned(),
            n => format!(" and {n} others"),
        };
        let message = format!("{first}{others} {does}");
        let sets = Evidence::Sets { meant: Vec::new(), found: can };
        self.violated((subject, ""), message, vec![Evidence::Request(witness), sets]);
    }

    fn say(
        &mut self,
        subject: &str,
        offender: &str,
        (verdict, message): (Judgement, String),
        evidence: Vec<Evidence>,
        missing: Vec<Untold>,
    ) {
        let Control { id, severity, .. } = *self.control;
        let pipeline = &self.pipeline.arn;
        self.findings.push(Finding {
            control: id,
            pipeline: pipeline.clone(),
            subject: subject.to_owned(),
            verdict,
            severity,
            message,
            evidence,
            fingerprint: fingerprint(id, pipeline, subject, offender),
            offender: offender.to_owned(),
            missing,
        });
    }
}
