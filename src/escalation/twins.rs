//! Sessions that no policy tells apart: they make the same steps, so one of them makes them for all.
//!
//! Where the attacker has written a thousand roles' policies, a thousand sessions are allowed the same. Two sessions are
//! twins if their policies are the very same documents, if all that is known of their requests is the same but the caller's
//! name, and if no policy that may have a say compares that name with anything that tells the two apart.

use super::apart::{Apart, Onlookers};
use super::session::Holder;
use super::telling::{Sight, Telling};
use crate::ask::{CallerEntity, Estate};
use gateproof_encodings::primitive::{Effect, Need, Primitive};
use gateproof_model::policy::Document;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Where a session's own policies and its account's stand, and how it is held.
type Own = ([Vec<usize>; 3], bool, String);

/// Tells twins from others in one state of the policies.
pub(super) struct Twins {
    seers: Arc<Seers>,
    own: FxHashMap<Own, Telling>,
    /// The first of each class that resources may tell apart.
    firsts: FxHashMap<(Own, Sight, Sight), CallerEntity>,
    seen: FxHashMap<(Own, Sight, Sight, Sight), usize>,
}

/// What is seen of a session before it is compared with others.
pub(super) struct Look {
    own: Own,
    by_controls: Sight,
    by_resources: Sight,
}

/// For which steps a session is the first of its twins.
#[derive(Debug, Clone)]
pub(super) struct First {
    /// For those whose calls are all of IAM, which has no resource policies.
    pub of_iam: bool,
    /// For all others.
    pub of_others: bool,
    /// Where it is so only by the policies of some resources: which they are. On others, another session is the first.
    pub apart: Option<Arc<Apart>>,
    /// Where it made all others already: what changed since.
    pub since: Option<Arc<Apart>>,
    /// A number that those share who are twins for all steps.
    pub class: usize,
}

/// What an estate's policies beside the callers' own can see of callers.
pub(super) struct Seers {
    controls: Telling,
    resources: Telling,
    onlookers: Onlookers,
}

impl Seers {
    pub fn of(estate: &Estate) -> Self {
        let (mut controls, mut resources) = (Telling::default(), Telling::default());
        let organization = estate.snapshot.organization();
        for member in organization.members.values() {
            let levels = member.scps.iter().chain(&member.rcps);
            levels.flatten().for_each(|document| controls.read(document));
        }
        let endpoints = estate.snapshot.endpoints().iter();
        endpoints.filter_map(|e| e.policy.as_ref()).for_each(|document| controls.read(document));
        for resource in estate.snapshot.resources() {
            resource.policy.iter().for_each(|document| resources.read(document));
            resources.named.extend(resource.grants.iter().map(|grant| grant.grantee.clone()));
        }
        let trusts = estate.snapshot.principals().iter().filter_map(|p| p.trust.as_ref());
        let mut read: FxHashSet<*const Document> = FxHashSet::default();
        trusts.filter(|t| read.insert(Arc::as_ptr(t))).for_each(|document| resources.read(document));
        Self { controls, resources, onlookers: Onlookers::of(estate) }
    }
}

impl Twins {
    pub fn of(seers: Arc<Seers>) -> Self {
        let (own, firsts, seen) = (FxHashMap::default(), FxHashMap::default(), FxHashMap::default());
        Self { seers, own, firsts, seen }
    }

    /// Looks at a session.
    pub fn look(&self, holder: &Holder) -> Look {
        let caller = &holder.entity;
        let pointers = |documents: &[Arc<Document>]| -> Vec<usize> {
            documents.iter().map(|document| Arc::as_ptr(document).addr()).collect()
        };
        let (boundary, session) = (caller.policies.boundary.as_deref(), caller.policies.session.as_deref());
        let limits = [boundary, session].map(|limit| limit.map(pointers).unwrap_or_default());
        let [boundary_documents, session_documents] = limits;
        let own: Own = (
            [pointers(&caller.policies.identity), boundary_documents, session_documents],
            boundary.is_some(),
            format!("{} {} {:?} {}", session.is_some(), holder.api, holder.when, caller.facts_but_its_name()),
        );
        let [by_controls, by_resources] =
            [&self.seers.controls, &self.seers.resources].map(|telling| telling.sight(caller));
        Look { own, by_controls, by_resources }
    }

    /// Takes note of a session that was looked at.
    pub fn meet(&mut self, holder: &Holder, look: &Look) -> First {
        let caller = &holder.entity;
        let Look { own, by_controls, by_resources } = look;
        let telling = self.own.entry(own.clone()).or_insert_with(|| {
            let mut telling = Telling::default();
            let policies = &caller.policies;
            let limits = policies.boundary.iter().chain(&policies.session).flatten();
            policies.identity.iter().chain(limits).for_each(|document| telling.read(document));
            telling
        });
        let by_own = telling.sight(caller);
        let next = self.seen.len();
        let whole = (own.clone(), by_own.clone(), by_controls.clone(), by_resources.clone());
        let class = *self.seen.entry(whole).or_insert(next);
        let of_others = class == next;
        let first = self.firsts.get(&(own.clone(), by_own.clone(), by_controls.clone()));
        let apart =
            first.filter(|_| of_others).map(|first| self.seers.onlookers.telling_apart(first, caller));
        let of_iam = first.is_none();
        if of_iam {
            self.firsts.insert((own.clone(), by_own, by_controls.clone()), caller.clone());
        }
        First { of_iam, of_others, apart: apart.map(Arc::new), since: None, class }
    }
}

impl First {
    pub const ALL: Self = Self { of_iam: true, of_others: true, apart: None, since: None, class: 0 };

    /// Whether the session makes steps for its twins.
    pub fn leads(&self) -> bool {
        self.of_iam || self.of_others
    }

    /// Whether the session must look for a step itself. What it grants is granted to itself.
    pub fn makes(&self, primitive: &Primitive) -> bool {
        if grants(primitive) {
            return true;
        }
        if primitive.needs.iter().all(is_of_iam) { self.of_iam } else { self.of_others }
    }

    /// The resources that some call of the step must be about, each of these, if it is to give what another session's doesn't,
    /// or what it didn't give before.
    pub fn only_on(&self, primitive: &Primitive) -> [Option<&Apart>; 2] {
        [self.apart.as_deref().filter(|_| !grants(primitive)), self.since.as_deref()]
    }
}

/// What the first of each class of twins can grant itself.
///
/// Twins are allowed the same calls, so where the first is allowed no grant that counts for it, its twins gain
/// nothing by one either, if a grant would count for them as for it. Who has a grant already is named by it, and has no twins
/// but its own sessions.
#[derive(Debug, Default)]
pub(super) struct Granting(FxHashMap<usize, Noted>);

/// What was noted of the first of a class.
#[derive(Debug)]
struct Noted {
    free: bool,
    counts: bool,
    /// Whether it looked only for grants that it couldn't make before; then the same is said of its twins.
    since: bool,
}

impl Granting {
    /// Notes of the first of a class whether key policies which are written suit it as well as any grant, and whether it can
    /// make a grant that counts.
    pub fn note(&mut self, first: &First, free: bool, counts: bool) {
        self.0.insert(first.class, Noted { free, counts, since: first.since.is_some() });
    }

    /// Whether one of its twins may make a grant that counts for it.
    pub fn may_count(&self, twin: &First, free: bool) -> bool {
        let noted = self.0.get(&twin.class);
        noted.is_none_or(|n| n.counts || n.free != free || n.since && twin.since.is_none())
    }
}

/// Whether a step gives whoever makes it a grant.
fn grants(primitive: &Primitive) -> bool {
    primitive.effects.iter().any(|effect| matches!(effect, Effect::Grant(_)))
}

fn is_of_iam(need: &Need) -> bool {
    match need {
        Need::Call(call) => call.caller.is_none() && call.action.to_ascii_lowercase().starts_with("iam:"),
        Need::Any(any) => any.any.iter().all(is_of_iam),
        Need::All(all) => all.all.iter().all(is_of_iam),
    }
}
