//! Places whose own policy has a say: what resource policies, key policies, grants and trust policies give the
//! caller there, and what they refuse.
//!
//! IAM User Guide, "Policy evaluation logic" and "Cross-account policy evaluation logic"; AWS KMS Developer Guide,
//! "Key policies in AWS KMS". CONFORMANCE 1.3 to 1.6.

use super::action_set::ActionSet;
use super::conditions::{Test, none_of};
use super::glob::{Glob, ground, literal};
use super::grant::{Grant, Origin, Resources, TooMany, merged, product};
use super::reader::{Case, Naming, Reader};
use crate::ask::piece::family;
use crate::ask::target::{Place, Target};
use gateproof_encodings::authorize::concerns_bucket_policy;
use gateproof_encodings::scope::ResourceRule;
use gateproof_model::evaluator::is_public;
use gateproof_model::policy::Document;
use gateproof_model::policy_set::Grant as KeyGrant;
use gateproof_model::resource::ResourceEntity;
use gateproof_model::text::fold_text;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One such place.
pub struct Spot<'e> {
    /// The case.
    pub target: Target<'e>,
    /// The actions that can be about it.
    pub actions: ActionSet,
    /// What the caller's own policies give it here, because the resource's policy leaves it to them.
    pub delegated: Vec<Grant>,
    /// What it has here by the resource's policy.
    pub beyond: Vec<Grant>,
    /// What is denied here.
    pub denies: Vec<Grant>,
    /// What its own policies would allow and the resource's policy doesn't take up.
    pub closed: Vec<Grant>,
    /// What could not be read about it.
    pub unread: Vec<String>,
}

/// A resource and what goes by its policy.
pub fn texts_of(resource: &ResourceEntity) -> Vec<Glob> {
    family(&resource.arn).iter().map(ground).collect()
}

/// What a resource's side says of the caller.
#[derive(Default)]
struct Said {
    direct: Vec<Grant>,
    role: Vec<Grant>,
    account: Vec<Grant>,
    grant_to_caller: Vec<Grant>,
    grant_to_account: Vec<Grant>,
    denies: Vec<Grant>,
}

impl Said {
    fn any(&self) -> Vec<Grant> {
        self.direct.iter().chain(&self.role).chain(&self.account).cloned().collect()
    }

    fn is_silent(&self) -> bool {
        self.any().is_empty() && self.grant_to_caller.is_empty() && self.grant_to_account.is_empty()
    }
}

impl<'e> Reader<'e> {
    /// A known resource, if its policy matters to the caller.
    pub fn resource_spot(
        &mut self,
        resource: &'e ResourceEntity,
        within: &ActionSet,
    ) -> Result<Option<Spot<'e>>, TooMany> {
        let key = resource.is_kms_key();
        let mut actions = self.about(resource.service()).and(within);
        if key {
            let own = self.estate.catalogue.service_actions("kms");
            actions = actions.and(&ActionSet::of(self.estate.catalogue, own));
        }
        if actions.is_empty() {
            return Ok(None);
        }
        let rule = if key { ResourceRule::Key } else { ResourceRule::Ordinary };
        let target = self.estate.target(Place::Known(resource), Some(resource.account.clone()), rule);
        let case = self.case(&target);
        let resources = Resources::of(texts_of(resource));
        let same = self.caller.account.as_deref() == Some(&*resource.account);
        let before = std::mem::take(&mut self.unread);
        let mut said = Said::default();
        if let Some(policy) = &resource.policy {
            let cut = !same && self.public_cut(resource, policy);
            let heard = if same && self.is_root() { self.heard_by_root(&actions) } else { actions.clone() };
            self.listen(&case, policy, "resource policy", &heard, &resources, &mut said);
            if cut {
                said = Said { denies: said.denies, ..Said::default() };
            }
        }
        self.key_grants(&case, &resource.grants, &actions, &resources, &mut said);
        let unread = std::mem::replace(&mut self.unread, before).into_iter().collect::<Vec<_>>();
        let plain = said.is_silent() || (!key && same && said.direct.is_empty() && said.role.is_empty());
        let matters = !plain || (same && (key || !said.denies.is_empty())) || !unread.is_empty();
        if !matters {
            return Ok(None);
        }
        if !same && !resource.aws_managed {
            said.denies.extend(self.rcp_denies(&case, &resource.account, &actions, Some(&resources)));
        }
        self.spot(&case, &target, resources, actions, said, unread).map(Some)
    }

    /// The actions for which the root user of a resource's account obeys the resource's policy.
    fn heard_by_root(&self, actions: &ActionSet) -> ActionSet {
        let all = actions.actions(self.estate.catalogue);
        let kept = all.filter(|a| concerns_bucket_policy(&fold_text(a.name())));
        actions.minus(&ActionSet::of(self.estate.catalogue, kept))
    }

    /// Roles of one account with one trust policy, if that lets the caller in.
    pub fn role_spot(
        &mut self,
        target: &Target<'e>,
        trust: &Arc<Document>,
        within: &ActionSet,
    ) -> Result<Option<Spot<'e>>, TooMany> {
        let Place::Roles(roles) = &target.place else { return Ok(None) };
        let resources = Resources::of(roles.iter().map(|r| literal(&r.arn)).collect());
        let case = self.case(target);
        let before = std::mem::take(&mut self.unread);
        let mut said = Said::default();
        self.listen(&case, trust, "trust policy", within, &resources, &mut said);
        let unread = std::mem::replace(&mut self.unread, before).into_iter().collect::<Vec<_>>();
        if said.is_silent() && unread.is_empty() {
            return Ok(None);
        }
        let account = target.account.clone().unwrap_or_default();
        if self.caller.account != target.account {
            said.denies.extend(self.rcp_denies(&case, &account, within, Some(&resources)));
        }
        self.spot(&case, target, resources, within.clone(), said, unread).map(Some)
    }

    /// Puts together what the resource's side says with the caller's own.
    fn spot(
        &mut self,
        case: &Case<'_>,
        target: &Target<'e>,
        resources: Resources,
        actions: ActionSet,
        said: Said,
        unread: Vec<String>,
    ) -> Result<Spot<'e>, TooMany> {
        let same = self.caller.account.is_some() && self.caller.account == target.account;
        let own = self.own(case, &actions)?;
        // Across accounts nothing is given that the caller's own policies don't allow too.
        let reaches =
            same || self.has_no_identity_side() || own.iter().any(|g| g.resources.may_meet(&resources));
        let unread = if reaches { unread } else { Vec::new() };
        let (mut delegated, mut beyond, mut closed) = (Vec::new(), Vec::new(), Vec::new());
        if self.has_no_identity_side() {
            beyond.extend(said.any());
            beyond.extend(said.grant_to_caller.iter().cloned());
        } else if same {
            let role = self.capped(case, said.role.clone(), &actions)?;
            beyond.extend(self.within_scps(case, said.direct.clone(), &actions)?);
            beyond.extend(self.within_scps(case, role, &actions)?);
            beyond.extend(self.within_scps(case, said.grant_to_caller.clone(), &actions)?);
            match target.rule {
                ResourceRule::Trust => delegated.extend(product(&own, &said.any())?),
                ResourceRule::Key if unread.is_empty() => {
                    closed.extend(closed_to_own(&own, &said, &resources));
                }
                ResourceRule::Key | ResourceRule::Ordinary | ResourceRule::Ungoverned => {}
            }
        } else {
            beyond.extend(product(&own, &said.any())?);
            beyond.extend(product(&own, &said.grant_to_account)?);
            if self.estate.rules.grant_suffices_across_accounts {
                beyond.extend(self.within_scps(case, said.grant_to_caller.clone(), &actions)?);
            } else {
                beyond.extend(product(&own, &said.grant_to_caller)?);
            }
        }
        let (delegated, beyond) = (merged(delegated), merged(beyond));
        let mut denies = said.denies;
        for deny in denies.iter_mut().chain(&mut closed) {
            deny.matters = Some(actions.clone());
        }
        Ok(Spot { target: target.clone(), actions, delegated, beyond, denies, closed, unread })
    }

    fn listen(
        &mut self,
        case: &Case<'_>,
        policy: &Arc<Document>,
        layer: &str,
        actions: &ActionSet,
        resources: &Resources,
        said: &mut Said,
    ) {
        for (naming, grant) in self.named(case, policy, layer, actions) {
            let list = match naming {
                Naming::Direct => &mut said.direct,
                Naming::Role => &mut said.role,
                Naming::Account => &mut said.account,
            };
            list.extend(grant.within(resources));
        }
        let hits = self.hits(case, std::slice::from_ref(policy), layer, actions);
        said.denies.extend(hits.into_iter().filter_map(|g| g.within(resources)));
    }

    /// S3 Block Public Access leaves a public policy to the account's own principals and to services.
    fn public_cut(&self, resource: &ResourceEntity, policy: &Document) -> bool {
        resource.block_public_access.restrict_public_buckets
            && resource.service() == "s3"
            && !matches!(&self.caller.caller, gateproof_encodings::scope::Caller::Known(p)
                if matches!(p.kind, gateproof_model::request::PrincipalKind::Service(_)))
            && is_public(policy)
    }

    /// The RCPs' Denies that hit the caller on resources of an account.
    pub fn rcp_denies(
        &mut self,
        case: &Case<'_>,
        account: &str,
        within: &ActionSet,
        resources: Option<&Resources>,
    ) -> Vec<Grant> {
        if self.is_service_linked() {
            return Vec::new();
        }
        let catalogue = self.estate.catalogue;
        let bound = within.actions(catalogue).filter(|a| {
            catalogue.rcp_supported(a.service()) && !a.name().eq_ignore_ascii_case("kms:RetireGrant")
        });
        let bound = ActionSet::of(catalogue, bound);
        let mut denies = Vec::new();
        if bound.is_empty() {
            return denies;
        }
        let levels = self.estate.snapshot.organization().rcp_levels(account);
        for (level, documents) in levels.iter().enumerate() {
            denies.extend(self.hits(case, documents, &format!("RCP level {level}"), &bound));
        }
        match resources {
            Some(resources) => denies.into_iter().filter_map(|g| g.within(resources)).collect(),
            None => denies,
        }
    }

    /// AWS KMS Developer Guide, "Grants in AWS KMS". A grant whose encryption context must be exactly the given one
    /// is left out: no policy says so.
    fn key_grants(
        &mut self,
        case: &Case<'_>,
        grants: &[KeyGrant],
        actions: &ActionSet,
        resources: &Resources,
        said: &mut Said,
    ) {
        let catalogue = self.estate.catalogue;
        for grant in grants {
            let Some(by_account) = self.is_grantee(case, &grant.grantee) else { continue };
            let listed = actions.actions(catalogue).filter(|a| {
                let name = fold_text(a.name());
                grant.operations.iter().any(|o| name.strip_prefix("kms:") == Some(&fold_text(o)))
            });
            let (free, bound): (Vec<_>, Vec<_>) =
                listed.partition(|a| UNCONSTRAINED.iter().any(|u| a.name().eq_ignore_ascii_case(u)));
            let tests: Vec<Test> = grant
                .encryption_context_subset
                .iter()
                .map(|(name, value)| {
                    Test::new("StringEquals", &format!("kms:EncryptionContext:{name}"), value)
                })
                .collect();
            let bound = if grant.encryption_context_equals.is_some() { Vec::new() } else { bound };
            for (list, tests) in [(free, Vec::new()), (bound, tests)] {
                let actions = ActionSet::of(catalogue, list);
                let origin = Origin {
                    layer: "KMS grant".to_owned(),
                    policy: grant.label.to_string(),
                    statement: String::new(),
                };
                let origins = BTreeSet::from([origin]);
                let found = Grant { actions, resources: resources.clone(), tests, origins, matters: None };
                if by_account {
                    said.grant_to_account.push(found);
                } else {
                    said.grant_to_caller.push(found);
                }
            }
        }
    }

    /// Whether a grantee is the caller, and if so whether by its account.
    fn is_grantee(&self, case: &Case<'_>, grantee: &str) -> Option<bool> {
        use gateproof_encodings::scope::Caller;
        let account = gateproof_model::arn::Arn::parse(grantee)
            .filter(|a| a.service == "iam" && a.resource == "root")
            .map_or(grantee, |a| a.account);
        if case.scope.caller.account() == Some(account) {
            return Some(true);
        }
        let itself = match &case.scope.caller {
            Caller::RoleSession { role, .. } => **role == *grantee,
            Caller::Known(p) => p.id() == grantee,
            Caller::Outsider { .. } => false,
        };
        itself.then_some(false)
    }
}

const UNCONSTRAINED: [&str; 3] = ["kms:DescribeKey", "kms:RetireGrant", "kms:CreateGrant"];

/// What the caller's own policies reach on a key and neither its policy nor a grant takes up, as Denies. An Allow of
/// the key's policy on part of the key can't be told from none, and closes nothing.
fn closed_to_own(own: &[Grant], said: &Said, resources: &Resources) -> Vec<Grant> {
    let mut ways = said.any();
    ways.extend(said.grant_to_caller.iter().chain(&said.grant_to_account).cloned());
    let mut reached = own
        .iter()
        .filter(|g| g.resources.may_meet(resources))
        .map(|g| g.actions.clone())
        .reduce(|a, b| a.or(&b))
        .into_iter()
        .collect::<Vec<_>>();
    // Blocks of actions that the same ways open.
    let splitters: Vec<ActionSet> = ways.iter().map(|w| w.actions.clone()).collect();
    let blocks: Vec<ActionSet> =
        reached.drain(..).flat_map(|set| super::action_set::partition(&set, &splitters)).collect();
    let mut closed: BTreeMap<Vec<Test>, ActionSet> = BTreeMap::new();
    for block in blocks {
        let open: Vec<Vec<Test>> =
            ways.iter().filter(|w| block.is_within(&w.actions)).map(|w| w.tests.clone()).collect();
        for tests in none_of(&open).unwrap_or_default() {
            let known = closed.entry(tests).or_insert_with(|| block.clone());
            *known = known.or(&block);
        }
    }
    let origin =
        |text: &str| Origin { layer: text.to_owned(), policy: String::new(), statement: String::new() };
    closed
        .into_iter()
        .map(|(tests, actions)| Grant {
            actions,
            resources: resources.clone(),
            tests,
            origins: BTreeSet::from([origin("key policy")]),
            matters: None,
        })
        .collect()
}
