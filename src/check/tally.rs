//! What the answers of a property come to.

use super::decide::{Decided, Doubt, Judgement, Violation};
use crate::ask::Unlisted;
use crate::question::{Answer, ProofSummary, Undecided, Untold, Verdict, Witness};
use gateproof_model::assumption::is_of_unreadable;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What was said so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    principals: BTreeSet<Arc<str>>,
    violations: Vec<Violation>,
    doubts: Vec<Doubt>,
    witnesses: Vec<(Arc<str>, Witness)>,
    proof: Option<ProofSummary>,
    untold: BTreeSet<Untold>,
    assumptions: BTreeSet<String>,
}

impl Tally {
    /// Somebody may not: can it, that is a violation.
    pub fn forbid(&mut self, principal: &Arc<str>, answer: &Answer) {
        self.principals.insert(principal.clone());
        match answer.verdict {
            Verdict::Impossible => self.rest_on(answer),
            Verdict::Undecided => self.undecided(principal, answer),
            Verdict::Reachable => {
                if let Some(unread) = unread(answer) {
                    return self.doubt(principal, format!("possible only if {unread}"), "");
                }
                let message = answer.witness.as_ref().map_or_else(String::new, in_words);
                self.violate(principal, message, answer);
            }
        }
    }

    /// Somebody must: can't it, that is a violation. `what` is missing then.
    pub fn require(&mut self, principal: &Arc<str>, what: &str, answer: &Answer) {
        self.principals.insert(principal.clone());
        match answer.verdict {
            Verdict::Impossible => self.violate(principal, format!("cannot {what}"), answer),
            Verdict::Undecided => self.undecided(principal, answer),
            Verdict::Reachable => {
                if let Some(unread) = unread(answer) {
                    return self.doubt(principal, format!("{what}: possible only if {unread}"), "");
                }
                self.rest_on(answer);
                let witness = answer.witness.iter().cloned();
                self.witnesses.extend(witness.map(|witness| (principal.clone(), witness)));
            }
        }
    }

    /// Somebody is asked about.
    pub fn ask_about(&mut self, principal: &Arc<str>) {
        self.principals.insert(principal.clone());
    }

    /// Whether nothing speaks against the property so far.
    pub fn is_clear(&self) -> bool {
        self.violations.is_empty() && self.doubts.is_empty()
    }

    /// A violation, with what shows it.
    pub fn violate(&mut self, principal: &Arc<str>, message: String, answer: &Answer) {
        self.violations.push(Violation {
            principal: principal.clone(),
            message,
            witness: answer.witness.clone(),
            proof: answer.proof.clone(),
            assumptions: answer.taken_for_granted().collect(),
        });
    }

    /// The property is about users and roles that aren't listed, too.
    pub fn be_about_unlisted(&mut self, unlisted: &[Unlisted]) {
        for some in unlisted {
            match some.answer.verdict {
                Verdict::Undecided => self.undecided(&some.name(), &some.answer),
                _ => self.take_for_granted(some.answer.untold.iter().cloned()),
            }
        }
    }

    /// Something that isn't known.
    pub fn doubt(&mut self, principal: &Arc<str>, reason: String, place: &str) {
        let why = Undecided { reason, place: place.to_owned() };
        self.doubts.push(Doubt { principal: principal.clone(), why });
    }

    fn undecided(&mut self, principal: &Arc<str>, answer: &Answer) {
        let why = answer.undecided.clone();
        let why = why.unwrap_or_else(|| Undecided { reason: "not decided".to_owned(), place: String::new() });
        self.doubts.push(Doubt { principal: principal.clone(), why });
    }

    /// The property rests on an answer: on its proof, and what it takes for granted.
    pub fn rest_on(&mut self, answer: &Answer) {
        match (&mut self.proof, &answer.proof) {
            (Some(all), Some(one)) => all.absorb(one),
            (all, Some(one)) => *all = Some(one.clone()),
            (_, None) => {}
        }
        self.untold.extend(answer.untold.iter().cloned());
        self.assumptions.extend(answer.assumptions.iter().cloned());
    }

    /// The property rests on what was not collected.
    pub fn take_for_granted(&mut self, untold: impl IntoIterator<Item = Untold>) {
        self.untold.extend(untold);
    }

    /// What the property comes to; the words say what holds.
    pub fn settle(self, holds: String) -> Decided {
        let judgement = match (self.violations.is_empty(), self.doubts.is_empty()) {
            (false, _) => Judgement::Violated,
            (true, false) => Judgement::Undecided,
            (true, true) => Judgement::Holds,
        };
        let first = |principal: &Arc<str>, message: &str, others: usize| {
            let more = if others > 0 { format!(" (and {others} more)") } else { String::new() };
            format!("{principal}: {message}{more}")
        };
        let message = match (judgement, self.violations.first(), self.doubts.first()) {
            (Judgement::Violated, Some(one), _) => {
                first(&one.principal, &one.message, self.violations.len() - 1)
            }
            (Judgement::Undecided, _, Some(one)) => {
                first(&one.principal, &one.why.reason, self.doubts.len() - 1)
            }
            _ => holds,
        };
        let settled = judgement == Judgement::Holds;
        Decided {
            judgement,
            message,
            violations: self.violations,
            doubts: self.doubts,
            principals: self.principals.len(),
            witnesses: if settled { self.witnesses } else { Vec::new() },
            proof: self.proof.filter(|_| settled),
            untold: if settled { self.untold.into_iter().collect() } else { Vec::new() },
            assumptions: if settled { self.assumptions.into_iter().collect() } else { Vec::new() },
        }
    }
}

/// Of a holder of tokens, who has a name at each provider, the answer that says most: one that can is enough.
pub(super) fn best_of<'a>(one: &'a Answer, other: &'a Answer) -> &'a Answer {
    let rank = |answer: &Answer| match answer.verdict {
        Verdict::Reachable => 0,
        Verdict::Undecided => 1,
        Verdict::Impossible => 2,
    };
    if rank(other) < rank(one) { other } else { one }
}

/// What an unreadable policy must say so that the answer is right.
fn unread(answer: &Answer) -> Option<String> {
    let unread: Vec<String> =
        answer.assumptions.iter().filter(|taken| is_of_unreadable(taken)).cloned().collect();
    (!unread.is_empty()).then(|| unread.join("; "))
}

/// What a witness shows.
fn in_words(witness: &Witness) -> String {
    let last = witness.steps.last();
    let call = last.map_or_else(String::new, |step| format!("{} on {}", step.action, step.resource));
    match witness.steps.len() {
        0 => "holds it already".to_owned(),
        1 => format!("may call {call}"),
        requests => format!("comes to it by {requests} requests, the last {call}"),
    }
}
