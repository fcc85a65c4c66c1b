//! Whether a user or role can make some request, within limits that it doesn't have.

use super::AskError;
use super::estate::Estate;
use super::summary::Prepared;
use crate::question::Answer;
use gateproof_encodings::term::Terms;
use gateproof_model::policy::Document;
use gateproof_model::policy_set::PolicySet;
use std::sync::Arc;

/// What limits a user or role for the sake of a question.
#[derive(Debug, Clone, Hash)]
pub(crate) enum Limits {
    /// Nothing.
    None,
    /// A session policy.
    Session(Arc<Document>),
    /// It has this identity policy and no other.
    Identity(Arc<Document>),
    /// One more level of service control policies.
    Under(Vec<Arc<Document>>),
    /// What its identity policies allow, whatever policies of resources grant.
    Own,
    /// The same, and one service control policy instead of its account's.
    OwnUnder(Arc<Document>),
}

impl Limits {
    /// The policies within the limits, and the level of control policies that stands for one.
    ///
    /// A service control policy grants nothing, whoever grants: so one more level of them, made of the identity policies, leaves what
    /// these allow.
    fn of(&self, policies: &PolicySet) -> (PolicySet, Option<String>) {
        let mut limited = policies.clone();
        match self {
            Self::None => return (limited, None),
            Self::Session(session) => limited.session = Some(vec![session.clone()]),
            Self::Identity(identity) => limited.identity = vec![identity.clone()],
            Self::Under(documents) => {
                let level = format!("scps level {}", limited.scps.len());
                limited.scps.push(documents.clone());
                return (limited, Some(level));
            }
            Self::Own | Self::OwnUnder(_) => {
                if let Self::OwnUnder(policy) = self {
                    limited.scps = vec![vec![policy.clone()]];
                }
                let level = format!("scps level {}", limited.scps.len());
                limited.scps.push(policies.identity.clone());
                return (limited, Some(level));
            }
        }
        (limited, None)
    }
}

impl Estate {
    /// Whether a user or role of the snapshot can make some request of a question within limits.
    ///
    /// # Errors
    /// Where it is not of the snapshot.
    pub(crate) fn can_within<'a>(
        &'a self,
        principal: &str,
        limits: &Limits,
        prepared: &Prepared<'a>,
    ) -> Result<Answer, AskError> {
        let caller = self
            .caller(principal)
            .ok_or_else(|| AskError::NothingSelected { given: principal.to_owned() })?;
        if matches!(limits, Limits::None) {
            return Ok(self.ask(&mut Terms::default(), caller, prepared));
        }
        let (policies, level) = limits.of(&caller.policies);
        let mut answer = self.ask(&mut Terms::default(), &caller.with_policies(policies), prepared);
        for step in answer.witness.iter_mut().flat_map(|witness| &mut witness.steps) {
            step.allowed_by.retain(|evidence| Some(&evidence.layer) != level.as_ref());
        }
        Ok(answer)
    }
}
