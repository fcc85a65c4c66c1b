//! Sessions that no policy tells apart: they make the same steps, so one of them makes them for all.
//!
//! Where the attacker has written a thousand roles' policies, a thousand sessions are allowed the same. Two sessions are
//! twins if their policies are the very same documents, if all that is known of their requests is the same but the caller's
//! name, and if no policy that may have a say compares that name with anything that tells the two apart.

use super::session::Holder;
use crate::ask::{CallerEntity, Estate};
use gateproof_encodings::language::matches;
use gateproof_encodings::primitive::{Effect, Need, Primitive};
use gateproof_model::pattern::{Pattern, PatternText};
use gateproof_model::policy::{Document, Operand, PrincipalEntry};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Keys that tell the caller's name.
const NAMES: [&str; 3] = ["aws:principalarn", "aws:username", "aws:userid"];
const TAG: &str = "aws:principaltag/";

/// What documents compare callers' names and tags with.
#[derive(Debug, Default)]
struct Telling {
    patterns: Vec<Pattern>,
    /// Tags, in lower case.
    tags: BTreeSet<String>,
    /// Whom principal elements and grants name.
    named: FxHashSet<Arc<str>>,
    /// Whether names are compared with more than patterns.
    by_name: bool,
}

impl Telling {
    fn read(&mut self, document: &Document) {
        for statement in &document.statements {
            for entry in statement.principal.iter().flat_map(|p| &p.entries) {
                if let PrincipalEntry::Arn(arn) | PrincipalEntry::Nobody(arn) = entry {
                    self.named.insert(arn.clone());
                }
            }
            let resources = statement.resource.iter().flat_map(|clause| &clause.patterns);
            resources.for_each(|text| self.read_variables(text));
            for condition in &statement.conditions {
                let tells = NAMES.contains(&&*condition.key);
                if let Some(tag) = condition.key.strip_prefix(TAG) {
                    self.tags.insert(tag.to_owned());
                }
                for operand in &condition.operands {
                    match operand {
                        Operand::Text(text) => {
                            self.read_variables(text);
                            match text.ground() {
                                Some(pattern) if tells => self.patterns.push(pattern),
                                None if tells => self.by_name = true,
                                _ => {}
                            }
                        }
                        _ => self.by_name |= tells,
                    }
                }
            }
        }
    }

    fn read_variables(&mut self, text: &PatternText) {
        for variable in text.variables() {
            match variable.key.strip_prefix(TAG) {
                Some(tag) => {
                    self.tags.insert(tag.to_owned());
                }
                None => self.by_name |= NAMES.contains(&&*variable.key),
            }
        }
    }

    /// What the documents can see of a caller.
    fn sight(&self, caller: &CallerEntity) -> Sight {
        let id = &caller.id;
        let name = id.rsplit('/').next().unwrap_or_default();
        // A session of a role is named with the role's name, not its path.
        let is_named = |arn: &Arc<str>| arn == id || arn.contains(&format!(":assumed-role/{name}/"));
        let named = self.by_name || self.named.iter().any(is_named);
        Sight {
            name: named.then(|| id.clone()),
            bits: self.patterns.iter().flat_map(|p| [false, true].map(|fold| matches(p, id, fold))).collect(),
            tags: format!("{:?}", self.tags.iter().map(|tag| caller.tag_facts(tag)).collect::<Vec<_>>()),
        }
    }
}

/// What documents can see of a caller.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Sight {
    name: Option<Arc<str>>,
    bits: Vec<bool>,
    tags: String,
}

/// What a session's own policies and its account's are, and how it is held.
type Own = ([Vec<*const Document>; 3], bool, String);

/// Tells twins from others in one state of the policies.
pub(super) struct Twins {
    controls: Telling,
    resources: Telling,
    own: FxHashMap<Own, Telling>,
    seen: FxHashMap<(Own, Sight, Sight, Option<Sight>), usize>,
}

/// For which steps a session is the first of its twins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct First {
    /// For those whose calls are all of IAM, which has no resource policies.
    pub of_iam: bool,
    /// For all others.
    pub of_others: bool,
    /// A number that those share who are twins for all steps.
    pub class: usize,
}

impl Twins {
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
        Self { controls, resources, own: FxHashMap::default(), seen: FxHashMap::default() }
    }

    /// Takes note of a session.
    pub fn meet(&mut self, holder: &Holder) -> First {
        let caller = &holder.entity;
        let pointers = |documents: &[Arc<Document>]| documents.iter().map(Arc::as_ptr).collect::<Vec<_>>();
        let (boundary, session) = (caller.policies.boundary.as_deref(), caller.policies.session.as_deref());
        let limits = [boundary, session].map(|limit| limit.map(pointers).unwrap_or_default());
        let [boundary_documents, session_documents] = limits;
        let own: Own = (
            [pointers(&caller.policies.identity), boundary_documents, session_documents],
            boundary.is_some(),
            format!("{} {} {:?} {}", session.is_some(), holder.api, holder.when, caller.facts_but_its_name()),
        );
        let telling = self.own.entry(own.clone()).or_insert_with(|| {
            let mut telling = Telling::default();
            let policies = &caller.policies;
            let limits = policies.boundary.iter().chain(&policies.session).flatten();
            policies.identity.iter().chain(limits).for_each(|document| telling.read(document));
            telling
        });
        let (by_own, by_controls) = (telling.sight(caller), self.controls.sight(caller));
        let by_resources = self.resources.sight(caller);
        let next = self.seen.len();
        let of_iam = (own.clone(), by_own.clone(), by_controls.clone(), None);
        let of_iam = *self.seen.entry(of_iam).or_insert(next) == next;
        let next = self.seen.len();
        let class = *self.seen.entry((own, by_own, by_controls, Some(by_resources))).or_insert(next);
        First { of_iam, of_others: class == next, class }
    }
}

impl First {
    pub const ALL: Self = Self { of_iam: true, of_others: true, class: 0 };

    /// Whether the session makes steps for its twins.
    pub fn leads(self) -> bool {
        self.of_iam || self.of_others
    }

    /// Whether the session must look for a step itself. What it grants is granted to itself.
    pub fn makes(self, primitive: &Primitive) -> bool {
        if grants(primitive) {
            return true;
        }
        if primitive.needs.iter().all(is_of_iam) { self.of_iam } else { self.of_others }
    }
}

/// What the first of each class of twins can grant itself.
///
/// Twins are allowed the same calls, so where the first is allowed no grant that counts for it, its twins gain
/// nothing by one either, if a grant would count for them as for it. Who has a grant already is named by it, and has no twins
/// but its own sessions.
#[derive(Debug, Default)]
pub(super) struct Granting(FxHashMap<usize, (bool, bool)>);

impl Granting {
    /// Notes of the first of a class whether key policies which are written suit it as well as any grant, and whether it can
    /// make a grant that counts.
    pub fn note(&mut self, first: First, free: bool, counts: bool) {
        self.0.insert(first.class, (free, counts));
    }

    /// Whether one of its twins may make a grant that counts for it.
    pub fn may_count(&self, twin: First, free: bool) -> bool {
        self.0.get(&twin.class).is_none_or(|(of_first, counts)| *counts || *of_first != free)
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
