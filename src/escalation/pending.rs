//! What a round's facts give to ask anew.

use super::apart::Apart;
use super::fact::{Fact, Session};
use gateproof_model::snapshot::{Changes, PrincipalChange};
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The sessions whose steps are looked for in a round.
#[derive(Debug, Clone, Default)]
pub(super) struct Pending {
    /// With all of their steps: new sessions, and those whose own policies changed.
    anew: BTreeSet<Session>,
    /// With those that are about something that changed: the others.
    again: BTreeSet<Session>,
    changed: Arc<Apart>,
}

impl Pending {
    /// These, with all of their steps.
    pub fn all(sessions: impl Iterator<Item = Session>) -> Self {
        Self { anew: sessions.collect(), ..Self::default() }
    }

    /// What is to be asked after facts were `added`, by which the policies went from one state to another.
    pub fn after(facts: &BTreeSet<Fact>, added: &BTreeSet<Fact>, before: &Changes, after: &Changes) -> Self {
        let sessions = facts.iter().filter_map(Fact::session).cloned();
        if before.without_controls != after.without_controls {
            return Self::all(sessions);
        }
        let changed = changed_objects(before, after);
        let own = |arn: &Arc<str>| {
            before.principals.get(arn) != after.principals.get(arn)
                || before.new_principals.get(arn) != after.new_principals.get(arn)
                || added.contains(&Fact::Device(arn.clone()))
        };
        let (anew, again) =
            sessions.partition(|s| own(&s.principal) || added.contains(&Fact::Session(s.clone())));
        let again = if changed.is_empty() { BTreeSet::new() } else { again };
        Self { anew, again, changed: Arc::new(changed) }
    }

    /// Those of the sessions too that may make a step by facts which it required.
    pub fn with_required(mut self, facts: &BTreeSet<Fact>, required: FxHashSet<Fact>) -> Self {
        if required.is_empty() {
            return self;
        }
        let sessions = facts.iter().filter_map(Fact::session);
        self.again = sessions.filter(|s| !self.anew.contains(s)).cloned().collect();
        Arc::make_mut(&mut self.changed).add_required(required);
        self
    }

    /// Those of an earlier round too, which nothing but new sessions came up since.
    pub fn with(self, earlier: Self) -> Self {
        let Self { anew, again, .. } = self;
        Self { anew: [anew, again, earlier.anew].into_iter().flatten().collect(), ..earlier }
    }

    /// All of the sessions.
    pub fn sessions(&self) -> BTreeSet<&Session> {
        self.anew.iter().chain(&self.again).collect()
    }

    /// What some call of a session's steps must be about; `None`: anything.
    pub fn only_on(&self, session: &Session) -> Option<Arc<Apart>> {
        self.again.contains(session).then(|| self.changed.clone())
    }
}

/// The objects of which something changed that the calls of others depend on: policies, tags, boundaries, trust; new principals.
fn changed_objects(before: &Changes, after: &Changes) -> Apart {
    let mut changed = Apart::of_services_too();
    differing(&before.resources, &after.resources).for_each(|arn| changed.add_resource(arn));
    for made in differing(&before.new_principals, &after.new_principals) {
        changed.add_resource(made);
        changed.add_role(made);
    }
    let trust = |change: Option<&PrincipalChange>| change.and_then(|c| c.trust.clone());
    let told = |change: Option<&PrincipalChange>| {
        change.map(|c| (c.tags.clone(), c.named_boundary.clone())).unwrap_or_default()
    };
    for arn in differing(&before.principals, &after.principals) {
        let (one, other) = (before.principals.get(arn), after.principals.get(arn));
        if told(one) != told(other) {
            changed.add_resource(arn);
            changed.add_role(arn);
        }
        if trust(one) != trust(other) {
            changed.add_role(arn);
        }
    }
    changed
}

/// What two states say differently of.
fn differing<'c, T: PartialEq>(
    before: &'c BTreeMap<Arc<str>, T>,
    after: &'c BTreeMap<Arc<str>, T>,
) -> impl Iterator<Item = &'c Arc<str>> {
    let gone = before.keys().filter(|arn| !after.contains_key(*arn));
    let new = after.iter().filter(|(arn, value)| before.get(*arn) != Some(value)).map(|(arn, _)| arn);
    gone.chain(new)
}
