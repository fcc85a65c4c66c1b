//! What has to be true of an answer.

use super::oracle::Who;
use super::organization::Organization;
use super::question::Question;
use super::random::Random;
use super::sampler::Sampler;
use super::vocabulary::ORGANIZATION;
use gateproof::question::answer::ContextText;
use gateproof::question::{Answer, Step, Verdict};
use gateproof_model::catalogue::Catalogue;
use gateproof_model::evaluator::{Outcome, World, evaluate};
use gateproof_model::policy_set::PolicySet;
use gateproof_model::request::{Context, ContextValue, Principal, Request};
use std::collections::HashMap;

/// How many requests are tried against an answer that says there is none.
const SAMPLES: usize = 1_000;

/// An answer under test.
pub struct Asked<'a> {
    pub organization: &'a Organization,
    pub question: &'a Question,
    pub id: &'a str,
    pub answer: &'a Answer,
}

/// What was seen.
#[derive(Debug, Default, Clone)]
pub struct Tally {
    pub questions: usize,
    /// Questions by what they come to.
    pub reachable: usize,
    pub impossible: usize,
    /// Answers: one for each principal of a question.
    pub answers: usize,
    pub refuted: usize,
    pub undecided: Vec<String>,
    pub formulas: usize,
    pub seconded: usize,
    pub second_unknown: usize,
    pub samples: usize,
    pub wrong: Vec<String>,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.questions += other.questions;
        self.answers += other.answers;
        self.refuted += other.refuted;
        self.reachable += other.reachable;
        self.impossible += other.impossible;
        self.undecided.extend(other.undecided);
        self.formulas += other.formulas;
        self.seconded += other.seconded;
        self.second_unknown += other.second_unknown;
        self.samples += other.samples;
        self.wrong.extend(other.wrong);
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            questions,
            reachable,
            impossible,
            answers,
            refuted,
            formulas,
            seconded,
            second_unknown,
            samples,
            ..
        } = self;
        write!(
            f,
            "{questions} questions: {reachable} reachable, {impossible} impossible; {answers} answers: {refuted} proved with \
            {formulas} formulas ({seconded} seconded, of {second_unknown} Z3 could not tell) and tried with {samples} requests, {} \
            undecided, {} wrong",
            self.undecided.len(),
            self.wrong.len()
        )
    }
}

impl Asked<'_> {
    /// Checks the answer by all means there are.
    pub fn check(&self, random: &mut Random) -> Tally {
        let mut tally = Tally { answers: 1, ..Tally::default() };
        let every = self.question.every;
        if self.answer.verdict == Verdict::Undecided {
            let why = self.answer.undecided.as_ref().map(|u| format!("{}: {}", u.place, u.reason));
            let why = format!("{}: {}", self.id, why.unwrap_or_default());
            if why.contains("disagree") {
                tally.wrong.push(why)
            } else {
                tally.undecided.push(why)
            }
            return tally;
        }
        let who = self.organization.who(self.id);
        if let Some(witness) = &self.answer.witness {
            if let Err(why) = self.check_step(&who, &witness.steps[0]) {
                let step = serde_json::to_string(&witness.steps[0]).unwrap();
                tally.wrong.push(format!("{}: witness: {why}: {step}", self.id));
            }
            return tally;
        }
        let proof = self.answer.proof.as_ref().expect("an answer has a witness or a proof");
        tally.formulas += proof.formulas;
        tally.seconded += proof.seconded;
        tally.second_unknown += proof.second_unknown;
        tally.refuted += 1;
        let catalogued = proof.scope != "all requests";
        let sampler = Sampler::new(random, self.organization, self.question, &who, catalogued);
        let wanted = if every { Outcome::ImplicitlyDenied } else { Outcome::Allowed };
        let mut policies: HashMap<(String, String), PolicySet> = HashMap::new();
        let world = World::new(Catalogue::embedded());
        let mut tried = 0;
        for _ in 0..4 * SAMPLES {
            let Some(request) = sampler.draw(random) else { continue };
            let key = (request.action.clone(), request.resource.clone());
            let policies = policies
                .entry(key)
                .or_insert_with(|| self.organization.policies(&who, &request.action, &request.resource));
            let outcome = evaluate(policies, &request, &world).outcome;
            tally.samples += 1;
            tried += 1;
            if tried > SAMPLES {
                break;
            }
            if (outcome == Outcome::Allowed) == (wanted == Outcome::Allowed) {
                tally.wrong.push(format!("{}: {} but {}", self.id, proof.scope, render(&request)));
                break;
            }
        }
        tally
    }

    /// The printed request is one that was asked about, could be received, and is decided as the answer says.
    fn check_step(&self, who: &Who<'_>, step: &Step) -> Result<(), String> {
        let request = self.request(who, step);
        if !self.question.is_about(&request.action, &request.resource, request.resource_account.as_deref()) {
            return Err("not asked about".to_owned());
        }
        if !self.question.holds_of(&request) {
            return Err("breaks a condition of the question".to_owned());
        }
        self.check_context(who, &request)?;
        let mut completed = request.clone();
        for (key, value) in self.organization.facts(who, &request.action, &request.resource).values() {
            if completed.context.get(key).is_none() {
                completed.context.insert(key, value.clone());
            }
        }
        let policies = self.organization.policies(who, &request.action, &request.resource);
        for request in [&request, &completed] {
            let decision = evaluate(&policies, request, &World::new(Catalogue::embedded()));
            if (decision.outcome == Outcome::Allowed) == self.question.every {
                return Err(format!("{:?} {:?}", decision.outcome, decision.because));
            }
        }
        Ok(())
    }

    fn request(&self, who: &Who<'_>, step: &Step) -> Request {
        let mut context = Context::default();
        for (key, value) in &step.session {
            if let Some(value) = value {
                context.insert(key, ContextValue::Single(value.clone()));
            }
        }
        for (key, value) in &step.context {
            let value = match value {
                ContextText::One(text) => ContextValue::Single(text.clone()),
                ContextText::Many(texts) => ContextValue::List(texts.clone()),
            };
            context.insert(key, value);
        }
        let principal = match who {
            Who::Anonymous => Principal::anonymous(),
            Who::Service(name) => Principal::service(name),
            _ => Principal::from_arn(&step.caller, None),
        };
        let resource_account = self.organization.owner(who, &step.resource);
        Request {
            principal,
            action: step.action.clone(),
            resource: step.resource.clone(),
            resource_account,
            context,
        }
    }

    /// The context is one that a request of the caller could have.
    fn check_context(&self, who: &Who<'_>, request: &Request) -> Result<(), String> {
        let facts = self.organization.facts(who, &request.action, &request.resource);
        let info = Catalogue::embedded().find_action(&request.action);
        let text = |key: &str| request.context.get(key).map(|v| v.values()[0].as_str());
        for (key, value) in request.context.iter() {
            match facts.of(&key.to_lowercase()) {
                Some(Some(fixed)) if fixed.values() != value.values() => {
                    return Err(format!("{key} is {value:?}, not {fixed:?}"));
                }
                Some(None) => return Err(format!("{key} is in the request")),
                _ => {}
            }
            if info.is_some_and(|i| !i.support(key).is_possible()) {
                return Err(format!("{} carries no {key}", request.action));
            }
        }
        for (key, value) in facts.perhaps() {
            if request.context.get(key).is_some_and(|have| have.values() != value.values()) {
                return Err(format!("{key} is not {value:?}"));
            }
        }
        let device = text("aws:multifactorauthpresent");
        if request.context.get("aws:multifactorauthage").is_some() != (device == Some("true")) {
            let relevant = request.context.get("aws:multifactorauthage").is_some();
            if relevant {
                return Err("an age without a device".to_owned());
            }
        }
        if request.context.get("aws:sourceip").is_some() && request.context.get("aws:sourcevpce").is_some() {
            return Err("an address and an endpoint".to_owned());
        }
        match who {
            Who::Inside(person) if person.is_role => {
                let (prefix, session) =
                    (format!("{}:", person.unique_id), text("aws:userid").unwrap_or_default());
                let name = session.strip_prefix(&prefix).ok_or("another role's id")?;
                let arn = format!("arn:aws:sts::{}:assumed-role/{}/{name}", person.account, person.name);
                if request.principal.id() != arn {
                    return Err(format!("the session is {arn}"));
                }
            }
            Who::Outsider(account) | Who::Foreigner(account, _) => {
                let ours = text("aws:principalorgid") == Some(ORGANIZATION);
                if self.organization.organized && ours != self.organization.is_member(account) && ours {
                    return Err("a stranger in our organization".to_owned());
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// A request on one line.
fn render(request: &Request) -> String {
    let context: Vec<String> =
        request.context.iter().map(|(key, value)| format!("{key}={}", value.values().join(","))).collect();
    format!(
        "{} {} {} ({:?}) {}",
        request.principal.id(),
        request.action,
        request.resource,
        request.resource_account,
        context.join(" ")
    )
}
