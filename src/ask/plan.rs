//! What one action brings to every caller of a question: its resource cases, the ARNs it can be checked
//! against, and the sets that say so. Made once a question and action, when first needed.

use super::estate::Estate;
use super::grantees::PlaceId;
use super::piece::{family, flat};
use super::target::{Place, Resources, Target};
use gateproof_encodings::language::{PatternSet, matches};
use gateproof_encodings::scope::{RcpSupport, ResourceRule, is_assume_action};
use gateproof_model::account::{PrincipalEntity, PrincipalEntityKind};
use gateproof_model::catalogue::ActionInfo;
use gateproof_model::pattern::Pattern;
use gateproof_model::text::fold_text;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// One action of a question.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The action; `None` for those that the catalogue doesn't know.
    pub action: Option<ActionInfo<'a>>,
    /// Its name in lower case.
    pub lower: Option<Arc<str>>,
    /// Whether resource control policies can bind its service.
    pub rcp_support: RcpSupport,
    /// The cases that don't depend on the caller.
    pub shared: Vec<Target<'a>>,
    /// Where in `shared` a place whose policy can name a caller stands.
    pub places: FxHashMap<PlaceId, usize>,
    /// By account, the cases in `shared` that the identity policies of its principals suffice for.
    pub own: FxHashMap<Arc<str>, Vec<usize>>,
    /// Whether `*` is a case.
    pub star: bool,
    /// Whether other resources of the caller's account are a case, by rule.
    pub others: Vec<ResourceRule>,
    /// The kinds of ARN that the action can be checked against.
    pub kinds: Vec<Kind>,
    /// The known resources, which are none of the others.
    pub known: Arc<PatternSet>,
    /// What the question asks about; `None`: any resource.
    pub asked: Option<Arc<PatternSet>>,
}

/// One kind of ARN.
#[derive(Debug)]
pub struct Kind {
    /// The ARNs of the kind.
    pub fits: Arc<PatternSet>,
    /// Those that are of another kind all the same.
    pub barred: Arc<PatternSet>,
    /// Whether the ARN names the account.
    pub with_account: bool,
    /// Whether it is a KMS key.
    pub key: bool,
}

impl Estate {
    /// The plan of an action (or of the actions that the catalogue doesn't know).
    pub(crate) fn plan<'a>(&'a self, action: Option<ActionInfo<'a>>, resources: &Resources) -> Plan<'a> {
        let lower: Option<Arc<str>> = action.map(|a| fold_text(a.name()).into());
        let name = lower.as_deref().unwrap_or_default();
        let service = name.split_once(':').map_or("", |(service, _)| service);
        let kms = name.starts_with("kms:");
        let assume = is_assume_action(name);
        let services: BTreeSet<&str> =
            action.iter().flat_map(|a| a.resource_types()).map(|r| r.resource_type.service()).collect();
        let kinds = self.kinds(action);
        let only_star = action.is_some_and(|a| a.is_checked_against_star());
        let shared = if assume {
            self.trust_targets(resources)
        } else if only_star {
            Vec::new()
        } else {
            self.known_targets(resources, action.map(|_| &services), kms)
        };
        let mut others = Vec::new();
        if !assume && !only_star {
            if action.is_none() || kinds.iter().any(|k| !(k.key && kms)) {
                others.push(ResourceRule::Ordinary);
            }
            if action.is_none() || kinds.iter().any(|k| k.key && kms) {
                others.push(ResourceRule::Key);
            }
        }
        // Known resources of accounts that aren't asked about are none of the others either.
        let families: Vec<Pattern> = self
            .snapshot
            .resources()
            .iter()
            .filter(|r| !assume && !only_star && (action.is_none() || services.contains(r.service())))
            .filter(|r| resources.may_touch(&r.arn))
            .flat_map(|r| family(&r.arn))
            .collect();
        let languages = &self.compiler.languages;
        let (places, own) = self.index(&shared);
        Plan {
            action,
            rcp_support: self.rcp_support(lower.as_ref().map(|_| service)),
            star: !assume && resources.is_all() && action.is_none_or(|a| a.may_lack_resource()),
            shared,
            places,
            own,
            others,
            kinds,
            known: languages.set(families, false),
            asked: (!resources.is_all())
                .then(|| languages.set(resources.globs.iter().map(|g| flat(g)).collect(), false)),
            lower,
        }
    }

    /// Of an action that the catalogue doesn't know, its service decides.
    fn rcp_support(&self, service: Option<&str>) -> RcpSupport {
        let Some(service) = service else {
            let all = self.catalogue.rcp_services().map(|s| flat(&format!("{s}:*"))).collect();
            return RcpSupport::Within(self.compiler.languages.set(all, true));
        };
        self.catalogue.rcp_supported(service).into()
    }

    fn index(&self, shared: &[Target<'_>]) -> (FxHashMap<PlaceId, usize>, FxHashMap<Arc<str>, Vec<usize>>) {
        let (mut places, mut own): (FxHashMap<_, _>, FxHashMap<Arc<str>, Vec<usize>>) = Default::default();
        let at = |i: usize| u32::try_from(i).unwrap_or(u32::MAX);
        for (i, target) in shared.iter().enumerate() {
            let place = match &target.place {
                Place::Known(resource) => {
                    let resources = self.snapshot.resources();
                    resources
                        .binary_search_by(|r| r.arn.cmp(&resource.arn))
                        .ok()
                        .map(|n| PlaceId::Resource(at(n)))
                }
                Place::Roles(roles) => {
                    let principals = self.snapshot.principals();
                    for role in roles.iter() {
                        if let Ok(n) = principals.binary_search_by(|p| p.arn.cmp(&role.arn)) {
                            places.insert(PlaceId::Principal(at(n)), i);
                        }
                    }
                    None
                }
                Place::Principal(_) | Place::Star | Place::Other => None,
            };
            if let Some(place) = place {
                places.insert(place, i);
            }
            if let (ResourceRule::Ordinary | ResourceRule::Role, Some(account)) =
                (target.rule, &target.account)
            {
                own.entry(account.clone()).or_default().push(i);
            }
        }
        (places, own)
    }

    fn kinds(&self, action: Option<ActionInfo<'_>>) -> Vec<Kind> {
        let mut kinds = Vec::new();
        for row in action.iter().flat_map(|a| a.resource_types()) {
            let kind = row.resource_type;
            let with_account = kind.arn_formats().any(|f| f.contains("${Account}"));
            for language in kind.arn_languages() {
                kinds.push(Kind {
                    fits: self.compiler.languages.set(vec![language.pattern], false),
                    barred: self.compiler.languages.set(language.exclusions, false),
                    with_account,
                    key: kind.service() == "kms" && kind.name() == "key",
                });
            }
        }
        kinds
    }

    /// Resources whose policy, tags or grants are known; `services` of `None`: of any service.
    fn known_targets<'a>(
        &'a self,
        resources: &Resources,
        services: Option<&BTreeSet<&str>>,
        kms: bool,
    ) -> Vec<Target<'a>> {
        let mut targets = Vec::new();
        for resource in self.snapshot.resources() {
            let concerned = services.is_none_or(|s| s.contains(resource.service()));
            if concerned
                && resources.in_account(Some(&resource.account))
                && resources.may_touch(&resource.arn)
            {
                let key = (kms || services.is_none()) && resource.service() == "kms";
                let rule = if key { ResourceRule::Key } else { ResourceRule::Ordinary };
                let account = Some(resource.account.clone());
                targets.push(Target { place: Place::Known(resource), account, rule });
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
            .map(|p| Target {
                place: Place::Principal(p),
                account: Some(p.account.clone()),
                rule: match p.kind {
                    PrincipalEntityKind::Role => ResourceRule::Role,
                    PrincipalEntityKind::User | PrincipalEntityKind::Root => ResourceRule::Ordinary,
                },
            })
            .collect()
    }

    /// The roles that the question asks about, those of one account with the same trust policy together.
    fn trust_targets<'a>(&'a self, resources: &Resources) -> Vec<Target<'a>> {
        let globs: Vec<Pattern> = resources.globs.iter().map(|g| flat(g)).collect();
        let asked = |arn: &str| resources.is_all() || globs.iter().any(|g| matches(g, arn, false));
        let mut groups: Vec<(&Arc<str>, Vec<&'a PrincipalEntity>)> = Vec::new();
        let mut index: FxHashMap<(&Arc<str>, Option<usize>), usize> = FxHashMap::default();
        for role in self.snapshot.principals().iter().filter(|p| p.kind == PrincipalEntityKind::Role) {
            if !resources.in_account(Some(&role.account)) || !asked(&role.arn) {
                continue;
            }
            let trust = role.trust.as_ref().map(|t| Arc::as_ptr(t) as usize);
            let at = *index.entry((&role.account, trust)).or_insert(groups.len());
            match groups.get_mut(at) {
                Some((_, roles)) => roles.push(role),
                None => groups.push((&role.account, vec![role])),
            }
        }
        groups
            .into_iter()
            .map(|(account, roles)| Target {
                place: Place::Roles(roles.into()),
                account: Some(account.clone()),
                rule: ResourceRule::Trust,
            })
            .collect()
    }
}
