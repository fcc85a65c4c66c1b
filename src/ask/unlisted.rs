//! Users and roles that may exist and that the snapshot doesn't list: who is in their account was not collected, or could not be read.

use super::estate::Estate;
use super::selection::Environments;
use crate::question::{Answer, Selector, Undecided, Untold, Verdict};
use gateproof_encodings::language::compare::meet;
use gateproof_model::assumption::BlindSpot;
use gateproof_model::pattern::{PatternText, Wildcards};
use gateproof_model::policy::Version;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The users and roles of an account that are not listed.
#[derive(Debug, Clone)]
pub struct Unlisted {
    /// Whose they are; `None`: of any account.
    pub(crate) account: Option<Arc<str>>,
    /// What is said of them, whatever is asked: impossible where the neutral value is that there are none, otherwise undecided.
    pub answer: Answer,
}

impl Unlisted {
    /// What stands for them in a list of principals: the selector of their account.
    pub fn name(&self) -> Arc<str> {
        format!("{OF_ACCOUNT}{}", self.account.as_deref().unwrap_or("*")).into()
    }

    /// Whether a selector may mean some of them. Of those who are named in full none is meant: either they are listed, or nobody is.
    fn may_be_meant(&self, selector: &Selector, environments: &Environments) -> bool {
        let account = self.account.as_deref();
        match selector {
            Selector::Account(id) => account.is_none_or(|own| own == id),
            Selector::Environment(name) => {
                let of = environments.accounts.get(name);
                of.is_some_and(|accounts| account.is_none_or(|own| accounts.contains(own)))
            }
            Selector::Role(_) | Selector::User(_) | Selector::Tag { .. } => true,
            Selector::Arn(glob) if glob.contains(['*', '?']) => {
                let own = format!("arn:*:iam::{}:*", account.unwrap_or("*"));
                let pattern =
                    |text: &str| PatternText::parse(text, Version::V2008, Wildcards::Flat, false).ground();
                match (pattern(glob), pattern(&own)) {
                    (Some(glob), Some(own)) => meet((&glob, false), (&own, false)),
                    _ => true,
                }
            }
            Selector::Arn(_) | Selector::External(_) | Selector::Anyone | Selector::Oidc { .. } => false,
            // These stand for principals that are named in full.
            Selector::Stage { .. } | Selector::Pipeline(_) | Selector::Committers(_) => false,
        }
    }
}

/// Whether a name in a list of principals is [`Unlisted::name`].
pub fn stands_for_unlisted(name: &str) -> bool {
    name.starts_with(OF_ACCOUNT)
}

/// How the selector of an account begins.
const OF_ACCOUNT: &str = "account:";

impl Estate {
    /// All users and roles that are not listed, by their accounts.
    pub fn unlisted(&self) -> Vec<Unlisted> {
        let mut found: BTreeMap<Option<Arc<str>>, Answer> = BTreeMap::new();
        for assumption in self.snapshot.assumptions().iter().filter(|a| a.hides_callers) {
            let of = found.entry(assumption.touches.account.clone());
            let answer = of.or_insert_with(|| Answer::bare(Verdict::Impossible));
            Arc::make_mut(&mut answer.untold).push(Untold::from(assumption));
        }
        for spot in self.snapshot.blind_spots().iter().filter(|spot| spot.hides_callers) {
            found.insert(spot.account.clone(), hidden(spot));
        }
        found.into_iter().map(|(account, answer)| Unlisted { account, answer }).collect()
    }

    /// Those of them that selectors may mean.
    pub fn unlisted_among(&self, selectors: &[Selector], environments: &Environments) -> Vec<Unlisted> {
        let mut all = self.unlisted();
        all.retain(|some| selectors.iter().any(|s| some.may_be_meant(s, environments)));
        all
    }
}

impl Answer {
    /// What an answer about listed principals is about others too: one that says something of each of all, as `each` does, rests on there
    /// being no others, or isn't decided.
    pub(crate) fn and_of_unlisted(&mut self, each: Verdict, unlisted: Vec<Unlisted>) {
        if self.verdict != each {
            return;
        }
        for some in unlisted {
            if some.answer.verdict == Verdict::Undecided {
                *self = some.answer;
                return;
            }
            self.rest_also_on(&some.answer.untold);
        }
    }
}

fn hidden(spot: &BlindSpot) -> Answer {
    let undecided = Undecided { reason: format!("not known: {}", spot.what), place: spot.file.to_string() };
    Answer { undecided: Some(undecided), ..Answer::bare(Verdict::Undecided) }
}
