//! The answers of the checks that Access Analyzer has too: its words, and the request that shows a failure.

use super::compare::request;
use super::text::line;
use crate::question::{Evidence, shown_value};
use gateproof_model::request::Request;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What was found against a policy.
#[derive(Debug, Clone)]
pub struct Check {
    /// The requests that should not be allowed.
    pub found: Vec<Found>,
    /// Why nothing can be said, where nothing was found.
    pub undecided: Option<String>,
}

/// One such request.
#[derive(Debug, Clone)]
pub struct Found {
    /// Whose.
    pub to: String,
    /// The request.
    pub request: Arc<Request>,
    /// What allows it.
    pub because: Vec<Evidence>,
}

/// A statement of the policy, by its place.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Reason {
    index: usize,
    sid: Option<String>,
}

impl Check {
    fn result(&self) -> &'static str {
        match (self.found.is_empty(), &self.undecided) {
            (false, _) => "FAIL",
            (true, Some(_)) => "UNDECIDED",
            (true, None) => "PASS",
        }
    }

    fn reasons(&self) -> BTreeSet<Reason> {
        let evidence = self.found.iter().flat_map(|found| &found.because);
        let statement = |one: &Evidence| {
            let (_, index) = one.pointer.rsplit_once("/Statement")?;
            let index = index.trim_start_matches('/').split('/').next()?;
            let index = if index.is_empty() { 0 } else { index.parse().ok()? };
            Some(Reason { index, sid: one.sid.clone() })
        };
        // What else allows a request is an assumption of the check, not of the policy.
        let own = |one: &&Evidence| {
            !["permissions of its own", "delegation to the account"].contains(&one.policy.as_str())
        };
        evidence.filter(own).filter_map(statement).collect()
    }
}

fn message(command: &str, check: &Check) -> String {
    let fails = !check.found.is_empty();
    match (command, fails, &check.undecided) {
        (_, false, Some(why)) => format!("Undecided: {why}."),
        ("check-no-new-access", true, _) => {
            "The new policy grants access that the existing policy does not.".to_owned()
        }
        ("check-no-new-access", false, _) => {
            "The new policy grants no access beyond the existing policy.".to_owned()
        }
        ("check-access-not-granted", true, _) => "The policy grants some of the specified access.".to_owned(),
        ("check-access-not-granted", false, _) => {
            "The policy grants none of the specified access.".to_owned()
        }
        (_, true, _) => "The resource policy grants public access.".to_owned(),
        (_, false, _) => "The resource policy grants no public access.".to_owned(),
    }
}

fn description(reason: &Reason) -> String {
    match &reason.sid {
        Some(sid) => format!("Access in the statement with sid: {sid}."),
        None => format!("Access in the statement with index: {}.", reason.index),
    }
}

/// `gateproof-policy-check/1`.
pub fn json(command: &str, check: &Check) -> Value {
    let reasons: Vec<Value> = check
        .reasons()
        .iter()
        .map(|reason| {
            let mut object = json!({"description": description(reason), "statementIndex": reason.index});
            if let (Some(sid), Value::Object(object)) = (&reason.sid, &mut object) {
                object.insert("statementId".to_owned(), json!(sid));
            }
            object
        })
        .collect();
    let witness = check.found.first().map(|found| {
        let mut witness = request(&found.request);
        if let Value::Object(object) = &mut witness {
            object.insert("to".to_owned(), json!(found.to));
        }
        witness
    });
    json!({
        "format": "gateproof-policy-check/1",
        "check": command,
        "result": check.result(),
        "message": message(command, check),
        "reasons": reasons,
        "witness": witness,
    })
}

/// The same for people.
pub fn text(command: &str, check: &Check) -> String {
    let mut out = String::new();
    line(&mut out, format_args!("{}: {}", check.result(), message(command, check)));
    for reason in check.reasons() {
        line(&mut out, format_args!("  reason    {}", description(&reason)));
    }
    for found in check.found.iter().take(1) {
        line(&mut out, format_args!("  such as   {} on {}", found.request.action, found.request.resource));
        if found.to != "*" {
            line(&mut out, format_args!("  for       {}", found.to));
            line(&mut out, format_args!("  as        {}", found.request.principal.id()));
        }
        for (key, value) in found.request.context.iter() {
            let shown: Vec<&str> = value.values().iter().map(|text| shown_value(key, text)).collect();
            line(&mut out, format_args!("  context   {key} = {}", shown.join(", ")));
        }
    }
    out
}
