//! Users and roles as resources, by their tags and boundaries.
//!
//! Questions about resources by a glob leave the tags and boundaries of all of them open: new ones may carry any. Where a
//! request turns on them and is on a user or role that is there, that one's own count. CONFORMANCE 3.7.

use super::estate::Estate;
use super::plan::Plan;
use super::target::{Place, Target};
use gateproof_encodings::scope::ResourceRule;
use gateproof_model::account::{PrincipalEntity, PrincipalEntityKind};
use gateproof_model::pattern::{Pattern, Token};

/// Up to so many principals are asked about before the others, which may have to be created first.
const FEW: usize = 8;

impl Estate {
    /// Whether a request that turns on tags or a boundary was made on a principal of the case which has its own.
    pub(crate) fn has_tags_of_its_own(&self, target: &Target<'_>, resource: &str) -> bool {
        matches!(target.place, Place::Other)
            && !target.any
            && target.apart.is_none()
            && self.snapshot.principal(resource).is_some_and(|p| is_told_of(p, target))
    }

    /// The principals among all other resources, each a case, and the rest.
    pub(super) fn principals_apart<'a>(&'a self, plan: &Plan<'a>, target: &Target<'a>) -> Vec<Target<'a>> {
        let fits = |arn: &str| {
            plan.asked.as_ref().is_none_or(|asked| asked.contains(arn))
                && (plan.action.is_none() || plan.kinds.iter().any(|kind| kind.fits.contains(arn)))
        };
        let principals = self.snapshot.principals().iter();
        let told: Vec<&PrincipalEntity> =
            principals.filter(|p| is_told_of(p, target) && fits(&p.arn)).collect();
        if told.is_empty() {
            return Vec::new();
        }
        let arns: Vec<Pattern> = told.iter().map(|p| p.arn.chars().map(Token::Char).collect()).collect();
        let mut rest = target.clone();
        rest.apart = Some(self.compiler.languages.set(arns, false));
        // Those that the question names are cases already.
        let named = |principal: &PrincipalEntity| {
            let mut places = plan.known.targets.iter().map(|t| &t.place);
            places.any(|place| matches!(place, Place::Principal(p) if p.arn == principal.arn))
        };
        let mut cases: Vec<Target<'a>> =
            told.into_iter().filter(|p| !named(p)).map(|p| self.principal_target(p)).collect();
        let at = if cases.len() > FEW { 0 } else { cases.len() };
        cases.insert(at, rest);
        cases
    }

    /// A user or role as a resource.
    pub(super) fn principal_target<'a>(&'a self, principal: &'a PrincipalEntity) -> Target<'a> {
        let rule = match principal.kind {
            PrincipalEntityKind::Role => ResourceRule::Ungoverned,
            PrincipalEntityKind::User | PrincipalEntityKind::Root => ResourceRule::Ordinary,
        };
        self.target(Place::Principal(principal), Some(principal.account.clone()), rule)
    }
}

fn is_told_of(principal: &PrincipalEntity, target: &Target<'_>) -> bool {
    principal.kind != PrincipalEntityKind::Root
        && (principal.tags.is_some() || principal.named_boundary().is_some())
        && target.account.as_ref() == Some(&principal.account)
}
