//! Which facts may bear on what a session may do: those that name its principal, a group or a policy of it, or an object of the
//! call. Everything else changes nothing of the answer, however many facts there are.

use super::fact::{Fact, Session};
use super::visible::Visible;
use crate::question::Requests;
use gateproof_model::snapshot::Snapshot;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The facts of a search, numbered in their order, by what they are about.
pub(super) struct Bearing<'f> {
    facts: Vec<&'f Fact>,
    numbers: FxHashMap<&'f Fact, usize>,
    about: FxHashMap<&'f str, Vec<usize>>,
    /// Accounts without control policies, which bear on everybody.
    controls: Vec<usize>,
    /// What is about objects of calls.
    objects: Vec<usize>,
}

/// What a call is on.
pub(super) enum On<'o> {
    /// These objects, of which so much can be seen.
    Objects(&'o [Arc<str>], Visible),
    /// Whatever the requests are checked against.
    Requests(&'o [&'o Requests]),
    /// Anything.
    Anything,
}

impl<'f> Bearing<'f> {
    pub fn of(facts: &'f BTreeSet<Fact>) -> Self {
        let facts: Vec<&Fact> = facts.iter().collect();
        let mut about: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
        let (mut controls, mut objects) = (Vec::new(), Vec::new());
        for (n, fact) in facts.iter().enumerate() {
            match subject(fact) {
                Some(name) => about.entry(name).or_default().push(n),
                None if matches!(fact, Fact::Uncontrolled(_)) => controls.push(n),
                None => {}
            }
            if is_about_object(fact) {
                objects.push(n);
            }
        }
        let numbers = facts.iter().enumerate().map(|(n, fact)| (*fact, n)).collect();
        Self { facts, numbers, about, controls, objects }
    }

    pub fn len(&self) -> usize {
        self.facts.len()
    }

    pub fn fact(&self, n: usize) -> Option<&'f Fact> {
        self.facts.get(n).copied()
    }

    pub fn number(&self, fact: &Fact) -> Option<usize> {
        self.numbers.get(fact).copied()
    }

    fn about(&self, name: &str) -> impl Iterator<Item = (usize, &'f Fact)> + '_ {
        let numbers = self.about.get(name).into_iter().flatten();
        numbers.filter_map(|n| Some((*n, self.fact(*n)?)))
    }

    /// The facts that may bear on a session's calls, in order.
    pub fn on(&self, snapshot: &Snapshot, session: &Session, on: &On<'_>) -> Vec<usize> {
        let mut bearing: BTreeSet<usize> = self.controls.iter().copied().collect();
        self.of_caller(snapshot, &session.principal, &mut bearing);
        match on {
            On::Objects(objects, visible) => {
                let named = objects.iter().flat_map(|object| self.about(object));
                let shown = named.filter(|(_, fact)| is_about_object(fact) && visible.shows(fact));
                bearing.extend(shown.map(|(n, _)| n));
            }
            On::Requests(requests) => {
                let concerned = |n: &usize| {
                    let fact = self.fact(*n);
                    fact.is_some_and(|fact| requests.iter().any(|one| may_concern(one, fact)))
                };
                bearing.extend(self.objects.iter().copied().filter(concerned));
            }
            On::Anything => bearing.extend(self.objects.iter().copied()),
        }
        bearing.into_iter().collect()
    }

    /// What changes the policies, tags and devices of a principal.
    fn of_caller(&self, snapshot: &Snapshot, principal: &Arc<str>, bearing: &mut BTreeSet<usize>) {
        let entity = snapshot.principal(principal);
        let mut policies: Vec<&str> = entity.and_then(|p| p.boundary_arn.as_deref()).into_iter().collect();
        let mut holders: Vec<&str> = vec![principal];
        holders.extend(entity.into_iter().flat_map(|p| &p.groups).map(|g| &**g));
        for (n, fact) in self.about(principal) {
            match fact {
                Fact::Member { group, .. } => holders.push(group),
                Fact::Bounded { policies: given, .. } => policies.extend(given.iter().map(|p| &**p)),
                _ => {}
            }
            if !matches!(fact, Fact::WritesTrust(_)) {
                bearing.insert(n);
            }
        }
        for holder in holders {
            let group = snapshot.groups().iter().find(|g| *g.arn == *holder).map(|g| &g.attached);
            let held = if *holder == **principal { entity.map(|p| &p.attached) } else { group };
            policies.extend(held.into_iter().flatten().map(|p| &**p));
            for (n, fact) in self.about(holder) {
                if let Fact::Attached { policies: given, .. } = fact {
                    policies.extend(given.iter().map(|p| &**p));
                }
                if is_about_policies(fact) {
                    bearing.insert(n);
                }
            }
        }
        let texts = policies.into_iter().flat_map(|policy| self.about(policy));
        bearing.extend(texts.filter(|(_, fact)| is_about_text(fact)).map(|(n, _)| n));
    }
}

/// What a fact is about.
fn subject(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::NewPrincipal(of)
        | Fact::WritesIdentity(of)
        | Fact::AddsIdentity(of)
        | Fact::Attached { to: of, .. }
        | Fact::Member { user: of, .. }
        | Fact::WritesPolicy(of)
        | Fact::Version { policy: of, .. }
        | Fact::Dropped { of, .. }
        | Fact::Left { user: of, .. }
        | Fact::Unbounded(of)
        | Fact::Bounded { of, .. }
        | Fact::WritesTrust(of)
        | Fact::WritesResourcePolicy { of, .. }
        | Fact::Granted { key: of, .. }
        | Fact::Tagged(of)
        | Fact::TaggedSession(of)
        | Fact::Device(of) => Some(of),
        Fact::Session(_)
        | Fact::Anything(_)
        | Fact::Uncontrolled(_)
        | Fact::Reads(_)
        | Fact::Writes(_)
        | Fact::Passes(_) => None,
    }
}

/// Whether the fact is about what a user, role or group holds.
fn is_about_policies(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::WritesIdentity(_) | Fact::AddsIdentity(_) | Fact::Attached { .. } | Fact::Dropped { .. }
    )
}

/// Whether the fact is about a managed policy's text.
fn is_about_text(fact: &Fact) -> bool {
    matches!(fact, Fact::WritesPolicy(_) | Fact::Version { .. })
}

/// Whether the fact bears on calls on what it is about.
fn is_about_object(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::WritesTrust(_)
            | Fact::Tagged(_)
            | Fact::Unbounded(_)
            | Fact::Bounded { .. }
            | Fact::NewPrincipal(_)
            | Fact::WritesResourcePolicy { .. }
            | Fact::Granted { .. }
    )
}

/// Whether what the fact is about may have a say in the requests: a resource by its policy, also where it is a key behind
/// another resource; a user or role only where the requests may be on it.
fn may_concern(requests: &Requests, fact: &Fact) -> bool {
    let (Fact::WritesTrust(of)
    | Fact::Tagged(of)
    | Fact::Unbounded(of)
    | Fact::Bounded { of, .. }
    | Fact::NewPrincipal(of)) = fact
    else {
        return true;
    };
    let on = |glob: &String| {
        let head = glob.split(['*', '?']).next().unwrap_or_default();
        head.starts_with(&**of) || of.starts_with(head)
    };
    requests.resources.is_empty() || requests.resources.iter().any(on)
}

/// Whether policies with the fact may allow less than without it, or it holds several ways of which one comes about.
pub(super) fn may_take(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Attached { .. }
            | Fact::Member { .. }
            | Fact::Version { .. }
            | Fact::Dropped { .. }
            | Fact::Left { .. }
            | Fact::Bounded { .. }
    )
}
