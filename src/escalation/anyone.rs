//! Whoever is in an account: an attacker that may be anybody there, with whatever policies.
//!
//! What an administrator can come to in its own account is everything that the organization's controls leave. Where even that is not enough, nothing
//! in the account need be looked at, and the proof rests on none of it.

use super::fact::{Fact, Held, Session};
use crate::ask::glob_matches;
use gateproof_encodings::scope::ASSUME_ACTIONS;
use gateproof_model::account::is_service_linked_role;
use gateproof_model::arn::Arn;
use gateproof_model::assumption::Assumption;
use gateproof_model::snapshot::Snapshot;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Session {
    /// Of whoever is in an account.
    pub(super) fn of_anyone(account: &str, partition: &str) -> Self {
        Self { principal: format!("arn:{partition}:iam::{account}:root").into(), held: Held::Anyone }
    }
}

impl Fact {
    /// Whether [`Fact::Anything`] of some accounts includes the fact.
    ///
    /// What others may use is not included: grants to them, controls that are lifted, and what is read, written or passed. Nor are service-linked
    /// roles, which service control policies don't bind (AWS Organizations User Guide, "Service control policies (SCPs)", "Tasks and entities not
    /// restricted by SCPs").
    pub(crate) fn is_included(&self, snapshot: &Snapshot, whole: impl Fn(&str) -> bool) -> bool {
        let of_whole = |principal: &str| account_of(principal).is_some_and(&whole);
        match self {
            Self::Session(session) => of_whole(&session.principal),
            Self::NewPrincipal(of)
            | Self::WritesIdentity(of)
            | Self::AddsIdentity(of)
            | Self::Attached { to: of, .. }
            | Self::Member { user: of, .. }
            | Self::Dropped { of, .. }
            | Self::Left { user: of, .. }
            | Self::Unbounded(of)
            | Self::Bounded { of, .. }
            | Self::WritesTrust(of)
            | Self::Tagged(of)
            | Self::TaggedSession(of)
            | Self::Device(of) => of_whole(of),
            Self::WritesPolicy(policy) | Self::Version { policy, .. } => of_whole(policy),
            Self::WritesResourcePolicy { of, account } => whole(account) && is_known(snapshot, of, account),
            Self::Granted { key, account, to, .. } => {
                whole(account) && of_whole(to) && is_known(snapshot, key, account)
            }
            Self::Anything(_)
            | Self::Uncontrolled(_)
            | Self::Reads(_)
            | Self::Writes(_)
            | Self::Passes(_) => false,
        }
    }
}

/// The account of whom whoever is in it may be.
pub(super) fn account_of(arn: &str) -> Option<&str> {
    let account = Arn::parse(arn)?.account;
    (!account.is_empty() && !is_service_linked_role(arn)).then_some(account)
}

fn is_known(snapshot: &Snapshot, resource: &str, account: &str) -> bool {
    snapshot.resource(resource).is_some_and(|known| *known.account == *account)
}

/// Whether some of the actions are calls that a role's trust policy decides. Roles that are yet to be made have such policies too, and are not
/// asked about by themselves: so whoever is in an account is taken to be allowed them.
pub(super) fn may_assume(actions: &[String]) -> bool {
    let one =
        |glob: &String| ASSUME_ACTIONS.iter().any(|action| glob_matches(&glob.to_ascii_lowercase(), action));
    actions.is_empty() || actions.iter().any(one)
}

/// What was not collected and matters beside the facts: what a user, role or resource has of policies doesn't where the attacker has whatever there is in
/// its account, and acts as nobody else.
pub(crate) fn matters_beside<'s>(
    snapshot: &'s Snapshot,
    facts: &'s BTreeSet<Fact>,
) -> impl Iterator<Item = &'s Assumption> {
    let only_anyone = facts.iter().filter_map(Fact::session).all(|session| session.held == Held::Anyone);
    let is_whole = move |account: &Arc<str>| only_anyone && facts.contains(&Fact::Anything(account.clone()));
    let account = |arn: &Arc<str>| {
        let resource = snapshot.resource(arn).map(|resource| &resource.account);
        resource.or_else(|| snapshot.principal(arn).map(|principal| &principal.account))
    };
    let needless =
        move |one: &&Assumption| one.touches.resource.as_ref().and_then(account).is_some_and(is_whole);
    snapshot.assumptions().iter().filter(move |one| !needless(one))
}
