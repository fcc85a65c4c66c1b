//! Whether a fact gives an attacker anything beside what it has.
//!
//! Who may write a role's policies gains nothing by attaching a managed one to it. Such facts are left out, unless all ways
//! are asked for: what can be reached stays the same, and so does the number of steps to it, since each fact that makes
//! another needless is at hand already.

use super::boundaries::NewBoundaries;
use super::conditions::has_condition_on;
use super::fact::{Fact, Held, Session};
use super::policies::denies;
use crate::ask::BOUNDARY;
use gateproof_model::arn::Arn;
use gateproof_model::snapshot::Snapshot;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// The facts found so far, as far as they make others needless.
#[derive(Debug, Clone, Default)]
pub(super) struct Gained {
    facts: FxHashSet<Fact>,
    /// Users, roles and groups that are allowed everything by a policy of the attacker's wording.
    full: FxHashSet<Arc<str>>,
    /// Principals whose sessions a service hands out, with and without their credentials.
    handed: FxHashSet<(Arc<str>, bool)>,
    /// Whether some condition names permissions boundaries: then it matters which one a user or role has.
    named: bool,
    /// The accounts in which it made a user or role with policies of its own wording and without boundary.
    made: FxHashSet<(Arc<str>, Kind)>,
    /// Those that were made so.
    free: FxHashSet<Arc<str>>,
    /// Whether one of each sort of name is to be made ([`super::sorts`]).
    by_sorts: bool,
    boundaries: NewBoundaries,
    /// The accounts in which it has whatever there is.
    whole: FxHashSet<Arc<str>>,
}

/// What kind of principal was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    User,
    Role,
}

impl Gained {
    /// Nothing yet, in a snapshot.
    pub fn nothing(snapshot: &Snapshot) -> Self {
        let (named, boundaries) = (has_condition_on(snapshot, BOUNDARY), NewBoundaries::none(snapshot));
        Self { named, boundaries, ..Self::default() }
    }

    /// Nothing yet, for what is gained beside these.
    pub fn beside(&self) -> Self {
        let boundaries = self.boundaries.beside();
        Self { named: self.named, by_sorts: self.by_sorts, boundaries, ..Self::default() }
    }

    /// From now on principals of other sorts are wanted, too.
    pub fn tell_sorts_apart(&mut self) {
        self.by_sorts = true;
    }

    /// Takes note of what a step gives.
    pub fn insert_all(&mut self, facts: &[Fact]) {
        // Whoever is made without boundary has it said of it.
        if let Some(of) = facts.iter().find_map(Fact::made) {
            let full = [Fact::WritesIdentity(of.clone()), Fact::Unbounded(of.clone())];
            if full.iter().all(|fact| facts.contains(fact)) {
                self.made.extend(account_and_kind(of));
                self.free.insert(of.clone());
            }
        }
        self.boundaries.note(facts);
        facts.iter().for_each(|fact| self.insert(fact));
    }

    /// Takes note of a fact.
    pub fn insert(&mut self, fact: &Fact) {
        match fact {
            Fact::WritesIdentity(of) | Fact::AddsIdentity(of) => {
                self.full.insert(of.clone());
            }
            Fact::Anything(account) => {
                self.whole.insert(account.clone());
            }
            Fact::Session(session) => {
                if let Some(credentials) = handed_out(session) {
                    self.handed.insert((session.principal.clone(), credentials));
                }
            }
            _ => {}
        }
        self.facts.insert(fact.clone());
    }

    /// Whether a fact is among them.
    pub fn holds(&self, fact: &Fact) -> bool {
        self.facts.contains(fact)
    }

    /// How many facts there are.
    pub fn count(&self) -> usize {
        self.facts.len()
    }

    /// Whether some of the facts of a step can't be done without.
    pub fn adds_some(&self, snapshot: &Snapshot, facts: &[Fact]) -> bool {
        if !self.whole.is_empty() && facts.iter().all(|fact| self.includes(snapshot, fact)) {
            return false;
        }
        let made = facts.iter().find_map(Fact::made);
        match made {
            Some(of) if self.by_sorts => {
                let free = self.free.contains(of) && !self.named;
                !free && facts.iter().any(|fact| !self.facts.contains(fact))
            }
            Some(of) => account_and_kind(of).is_none_or(|made| !self.made.contains(&made)),
            None => {
                let adds = |fact| self.adds(snapshot, fact);
                !self.boundaries.make_needless(snapshot, facts) && facts.iter().any(adds)
            }
        }
    }

    /// Whether a grant gives anything that the key's policy doesn't.
    pub fn grant_counts(&self, snapshot: &Snapshot, fact: &Fact) -> bool {
        let Fact::Granted { key, account, to, .. } = fact else { return false };
        let policy = Fact::WritesResourcePolicy { of: key.clone(), account: account.clone() };
        !(self.facts.contains(&policy) && self.is_free(snapshot, to))
    }

    /// Whether a policy of the attacker's allows somebody everything, and no boundary binds it.
    pub fn is_free(&self, snapshot: &Snapshot, principal: &Arc<str>) -> bool {
        let unbounded = snapshot.principal(principal).is_some_and(|p| p.boundary.is_none());
        self.full.contains(principal)
            && (unbounded || self.facts.contains(&Fact::Unbounded(principal.clone())))
    }

    /// Whether a fact is of an account in which the attacker has whatever there is.
    fn includes(&self, snapshot: &Snapshot, fact: &Fact) -> bool {
        fact.is_included(snapshot, |account| self.whole.contains(account))
    }

    /// Whether a fact can't be done without.
    fn adds(&self, snapshot: &Snapshot, fact: &Fact) -> bool {
        if self.facts.contains(fact) {
            return false;
        }
        let has = |fact: Fact| self.facts.contains(&fact);
        match fact {
            Fact::AddsIdentity(of) => !self.full.contains(of),
            Fact::Attached { to, .. } => !self.full.contains(to),
            Fact::Member { user, .. } => !self.full.contains(user),
            Fact::Version { policy, .. } => !has(Fact::WritesPolicy(policy.clone())),
            Fact::Bounded { of, .. } => {
                let bounded = snapshot.principal(of).is_none_or(|p| p.boundary.is_some());
                self.named || bounded && !has(Fact::Unbounded(of.clone()))
            }
            Fact::Unbounded(of) => self.named || snapshot.principal(of).is_none_or(|p| p.boundary.is_some()),
            Fact::Dropped { of, policy } => {
                !has(Fact::WritesPolicy(policy.clone())) && may_deny(snapshot, of, policy)
            }
            Fact::Left { group, .. } => {
                let groups = snapshot.groups().iter().filter(|g| g.arn == *group);
                groups.flat_map(|g| g.identity.iter()).any(|document| denies(document))
            }
            Fact::Granted { .. } => self.grant_counts(snapshot, fact),
            Fact::Session(session) => handed_out(session).is_none_or(|credentials| {
                let handed = |with| self.handed.contains(&(session.principal.clone(), with));
                !handed(true) && (credentials || !handed(false))
            }),
            _ => true,
        }
    }
}

/// Whether a service hands the session out, and with its credentials. By which service makes no difference.
fn handed_out(session: &Session) -> Option<bool> {
    match session.held {
        Held::Code(_) => Some(true),
        Held::Api(_) => Some(false),
        _ => None,
    }
}

fn account_and_kind(made: &str) -> Option<(Arc<str>, Kind)> {
    let arn = Arn::parse(made)?;
    let kind = if arn.resource.starts_with("role/") { Kind::Role } else { Kind::User };
    Some((arn.account.into(), kind))
}

/// Whether a policy of a user, role or group denies something, or may.
fn may_deny(snapshot: &Snapshot, of: &str, policy: &str) -> bool {
    let principal = snapshot.principal(of).map(|p| &p.identity);
    let group = snapshot.groups().iter().find(|g| &*g.arn == of).map(|g| &g.identity);
    let mut held = principal.or(group).into_iter().flat_map(|documents| documents.iter());
    held.find(|document| &*document.source.policy == policy).is_none_or(|document| denies(document))
}
