//! The resources whose policies, tags or grants are known, as cases of the actions of some services.

use super::estate::Estate;
use super::piece::family;
use super::target::{Place, Resources, Target};
use gateproof_encodings::language::PatternSet;
use gateproof_encodings::scope::ResourceRule;
use gateproof_model::account::PrincipalEntityKind;
use gateproof_model::pattern::Pattern;
use gateproof_model::resource::ResourceEntity;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Which known resources concern an action.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Concern {
    /// Roles, by their trust policies.
    Trust,
    /// Resources of these services (`None`: of any); of KMS keys, as keys where `kms`.
    Services {
        /// The services of the resources.
        services: Option<BTreeSet<String>>,
        /// Whether the action is KMS's, where one is told.
        kms: bool,
    },
    /// None: the action has no resource level.
    Nothing,
}

/// The cases of known resources for all actions with the same concern.
#[derive(Debug)]
pub struct Known<'a> {
    /// The cases.
    pub targets: Vec<Target<'a>>,
    /// By account, those that the identity policies of its principals suffice for.
    pub own: FxHashMap<Arc<str>, Vec<u32>>,
    concern: Concern,
    resources: Resources,
    set: OnceLock<Arc<PatternSet>>,
}

impl Known<'_> {
    /// All known resources that are no others, with what lies under them: those of accounts that aren't asked
    /// about too.
    pub fn set(&self, estate: &Estate) -> &Arc<PatternSet> {
        self.set.get_or_init(|| estate.known_set(&self.concern, &self.resources))
    }
}

/// The sets of questions about all resources, which are the same for every question.
pub type KnownSets = Mutex<FxHashMap<Concern, Arc<PatternSet>>>;

/// The cases of a question's actions so far.
#[derive(Debug, Default)]
pub struct KnownCases<'a>(Mutex<FxHashMap<Concern, Arc<Known<'a>>>>);

impl<'a> KnownCases<'a> {
    /// The cases of a concern, made at the first call.
    pub fn of(&self, estate: &'a Estate, concern: Concern, resources: &Resources) -> Arc<Known<'a>> {
        let mut cases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cases.entry(concern).or_insert_with_key(|c| Arc::new(estate.known(c, resources))).clone()
    }
}

impl Estate {
    fn known<'a>(&'a self, concern: &Concern, resources: &Resources) -> Known<'a> {
        let targets = match concern {
            Concern::Nothing => Vec::new(),
            Concern::Trust => self.trust_targets(resources),
            Concern::Services { services, kms } => self.known_targets(resources, services.as_ref(), *kms),
        };
        let mut own: FxHashMap<Arc<str>, Vec<u32>> = FxHashMap::default();
        for (n, target) in (0..).zip(&targets) {
            if let (ResourceRule::Ordinary | ResourceRule::Ungoverned, Some(account)) =
                (target.rule, &target.account)
            {
                own.entry(account.clone()).or_default().push(n);
            }
        }
        Known { targets, own, concern: concern.clone(), resources: resources.clone(), set: OnceLock::new() }
    }

    fn known_set(&self, concern: &Concern, resources: &Resources) -> Arc<PatternSet> {
        if !resources.is_all() {
            return self.families(concern, resources);
        }
        let mut sets = self.known_sets.lock().unwrap_or_else(PoisonError::into_inner);
        sets.entry(concern.clone()).or_insert_with(|| self.families(concern, resources)).clone()
    }

    fn families(&self, concern: &Concern, resources: &Resources) -> Arc<PatternSet> {
        let known = match concern {
            Concern::Nothing | Concern::Trust => Vec::new(),
            Concern::Services { services, .. } => self.touched(resources, services.as_ref()),
        };
        let families: Vec<Pattern> = known.into_iter().flat_map(|r| family(&r.arn)).collect();
        self.compiler.languages.set(families, false)
    }

    /// The resources of some services, or of any, of which some glob may match one or something under it, in the snapshot's order.
    fn touched(&self, resources: &Resources, services: Option<&BTreeSet<String>>) -> Vec<&ResourceEntity> {
        if resources.is_all() {
            return self.resources_of(services);
        }
        let mut touched = BTreeMap::new();
        for glob in &resources.globs {
            let head = glob.split(['*', '?']).next().unwrap_or_default();
            let above = head.match_indices(['/', ':']).filter_map(|(at, _)| head.get(..at));
            let above = above.filter_map(|arn| self.snapshot.resource(arn));
            let below = self.snapshot.resources_beginning_with(head);
            touched.extend(above.chain(below).map(|resource| (&resource.arn, resource)));
        }
        let asked = |r: &&ResourceEntity| services.is_none_or(|services| services.contains(r.service()));
        touched.into_values().filter(asked).collect()
    }

    /// The resources of some services, or of any, in the snapshot's order.
    fn resources_of(&self, services: Option<&BTreeSet<String>>) -> Vec<&ResourceEntity> {
        let all = self.snapshot.resources();
        let Some(services) = services else { return all.iter().collect() };
        let places = services.iter().filter_map(|service| self.resources_of_service.get(service));
        let mut places: Vec<usize> = places.flatten().copied().collect();
        places.sort_unstable();
        places.into_iter().filter_map(|n| all.get(n)).collect()
    }

    /// Resources whose policy, tags or grants are known; `services` of `None`: of any service.
    fn known_targets<'a>(
        &'a self,
        resources: &Resources,
        services: Option<&BTreeSet<String>>,
        kms: bool,
    ) -> Vec<Target<'a>> {
        let mut targets = Vec::new();
        for resource in self.touched(resources, services) {
            if resources.in_account(Some(&resource.account)) {
                // Of actions that the catalogue doesn't know, some may be of AWS KMS and others not.
                let rules: &[ResourceRule] = match (resource.is_kms_key(), services) {
                    (false, _) => &[ResourceRule::Ordinary],
                    (true, Some(_)) if kms => &[ResourceRule::Key],
                    (true, Some(_)) => &[ResourceRule::Ungoverned],
                    (true, None) => &[ResourceRule::Key, ResourceRule::Ungoverned],
                };
                let account = Some(resource.account.clone());
                targets.extend(
                    rules.iter().map(|rule| self.target(Place::Known(resource), account.clone(), *rule)),
                );
            }
        }
        if services.is_none_or(|s| s.contains("iam")) {
            targets.extend(self.named_principals_as_resources(resources));
        }
        targets
    }

    /// Principals that the question names by their very ARN: their tags are known.
    fn named_principals_as_resources<'a>(&'a self, resources: &Resources) -> Vec<Target<'a>> {
        let exact = resources.globs.iter().filter(|g| !g.contains(['*', '?']));
        let named = exact.filter_map(|glob| self.snapshot.principal(glob));
        named
            .filter(|p| p.kind != PrincipalEntityKind::Root && resources.in_account(Some(&p.account)))
            .map(|p| self.principal_target(p))
            .collect()
    }
}
