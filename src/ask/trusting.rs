//! Roles as resources to be assumed: those of one account whose trust policies say the same are one case.

use super::estate::Estate;
use super::piece::flat;
use super::target::{Place, Resources, Target};
use gateproof_encodings::language::matches;
use gateproof_encodings::scope::ResourceRule;
use gateproof_model::account::{PrincipalEntity, PrincipalEntityKind};
use gateproof_model::pattern::Pattern;
use gateproof_model::policy::Document;
use rustc_hash::FxHashMap;
use std::sync::{Arc, OnceLock};

/// The snapshot's roles by what can be one case, as places among its principals; found once a snapshot.
#[derive(Debug, Default)]
pub struct TrustGroups(OnceLock<Vec<Vec<usize>>>);

impl Estate {
    /// The roles of each account whose trust policies say the same together, in the snapshot's order.
    pub(crate) fn trust_groups(&self) -> &[Vec<usize>] {
        self.trust_groups.0.get_or_init(|| {
            let mut groups: Vec<Vec<usize>> = Vec::new();
            let mut index: FxHashMap<(&Arc<str>, Option<Said<'_>>), usize> = FxHashMap::default();
            let principals = self.snapshot.principals().iter().enumerate();
            for (place, role) in principals.filter(|(_, p)| p.kind == PrincipalEntityKind::Role) {
                let trust = role.trust.as_deref().map(Said);
                let at = *index.entry((&role.account, trust)).or_insert(groups.len());
                match groups.get_mut(at) {
                    Some(places) => places.push(place),
                    None => groups.push(vec![place]),
                }
            }
            groups
        })
    }

    /// The roles that the question asks about, those of one account whose trust policies say the same
    /// together.
    pub(crate) fn trust_targets<'a>(&'a self, resources: &Resources) -> Vec<Target<'a>> {
        // One that is named needn't be looked for.
        if let ([arn], false) = (resources.globs.as_slice(), resources.is_all())
            && !arn.contains(['*', '?'])
        {
            let named = self.snapshot.principal(arn).filter(|p| p.kind == PrincipalEntityKind::Role);
            let role = named.filter(|role| resources.in_account(Some(&role.account)));
            let target = |role| {
                self.target(Place::Roles(vec![role].into()), Some(role.account.clone()), ResourceRule::Trust)
            };
            return role.map(target).into_iter().collect();
        }
        let globs: Vec<Pattern> = resources.globs.iter().map(|g| flat(g)).collect();
        let asked = |arn: &str| resources.is_all() || globs.iter().any(|g| matches(g, arn, false));
        let principals = self.snapshot.principals();
        let mut groups: Vec<(usize, Vec<&'a PrincipalEntity>)> = Vec::new();
        for places in self.trust_groups() {
            let roles = places.iter().filter_map(|place| Some((*place, principals.get(*place)?)));
            let mut roles = roles.filter(|(_, r)| resources.in_account(Some(&r.account)) && asked(&r.arn));
            if let Some((place, first)) = roles.next() {
                groups.push((place, std::iter::once(first).chain(roles.map(|(_, role)| role)).collect()));
            }
        }
        // In the order of the first role that is asked about.
        groups.sort_unstable_by_key(|(place, _)| *place);
        let target = |(_, roles): (usize, Vec<&'a PrincipalEntity>)| {
            let account = roles.first().map(|role| role.account.clone());
            self.target(Place::Roles(roles.into()), account, ResourceRule::Trust)
        };
        groups.into_iter().map(target).collect()
    }
}

/// A document by what it says, wherever it stands. What rests on its place (an assumption named after
/// it) is no part of what two documents can share.
struct Said<'a>(&'a Document);

impl Said<'_> {
    fn is_bound_to_its_place(&self) -> bool {
        use gateproof_model::policy::{Operand, PrincipalEntry};
        self.0.statements.iter().any(|s| {
            let canonical = |e: &PrincipalEntry| matches!(e, PrincipalEntry::CanonicalUser(_));
            s.assumption.is_some()
                || s.principal.iter().flat_map(|clause| &clause.entries).any(canonical)
                || s.conditions.iter().flat_map(|c| &c.operands).any(|o| matches!(o, Operand::Unparsable(_)))
        })
    }
}

impl PartialEq for Said<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
            || self.0.version == other.0.version
                && self.0.statements == other.0.statements
                && !self.is_bound_to_its_place()
    }
}

impl Eq for Said<'_> {}

impl std::hash::Hash for Said<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.version.hash(state);
        self.0.statements.hash(state);
    }
}
