//! What an *impossible* owes of a call that needs several authorizations: the same as of any action; or that one
//! of the types is nowhere allowed; or that no combination is allowed together.
//!
//! The same cases, in the same order, as the answer goes through ([`crate::ask::joint`]).

use super::{Obligation, Owed, Visitor};
use crate::ask::authorizations::{Needs, needs};
use crate::ask::caller::CallerEntity;
use crate::ask::joint::{COMBINATIONS, asked_types, combinations, fits, nth_combination};
use crate::ask::piece::Piece;
use crate::ask::plan::{Plan, Reach};
use crate::ask::target::{Place, Resources, Target};
use crate::question::{Constraint, Quantifier};
use gateproof_model::catalogue::ResourceTypeId;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How a call is shown to be impossible whose resources are not all refuted as those of any action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallProof {
    /// The caller is allowed no resource of this type, which the call can't do without.
    Lacks(String),
    /// No combination of resources is allowed in one call.
    Together,
}

/// A call that needs several authorizations.
pub struct OwedCall<'w, 'a> {
    owed: &'w Owed<'a>,
    caller: &'w CallerEntity,
    plan: &'w Plan<'a>,
    /// The plan for any resource.
    whole: &'w Plan<'a>,
    needs: Needs,
    /// The constraints that all authorizations share.
    shared: Vec<Constraint>,
    any: Resources,
}

const EVERYTHING: Reach = Reach { by_identity: true, narrowed: false, refuted: false };

impl<'a> Owed<'a> {
    /// The action as a call, where it needs several authorizations.
    pub(super) fn call<'w>(
        &'w self,
        caller: &'w CallerEntity,
        plan: &'w Plan<'a>,
    ) -> Option<OwedCall<'w, 'a>> {
        let Self { estate, prepared, .. } = self;
        let action = plan.action.filter(|_| prepared.quantifier == Quantifier::Some)?;
        let needs = needs(action).filter(|needs| !needs.each.is_empty())?;
        let whole = estate.whole_plan(prepared, plan)?;
        let shared = estate.shared_constraints(&prepared.requests.when);
        Some(OwedCall { owed: self, caller, plan, whole, needs, shared, any: Resources::default() })
    }
}

impl<'a> OwedCall<'_, 'a> {
    /// The action's name.
    pub fn action(&self) -> &str {
        self.plan.action.map_or("", |action| action.name())
    }

    /// The ways in which it may be shown to be impossible; `None`: as any action.
    pub fn ways(&self) -> Vec<Option<CallProof>> {
        let types = self.needs.each.iter().filter_map(|t| self.owed.estate.catalogue.resource_type(*t));
        let lacks = types.map(|t| Some(CallProof::Lacks(t.name().to_owned())));
        std::iter::once(None).chain(lacks).chain([Some(CallProof::Together)]).collect()
    }

    /// Visits what has to be refuted in one of these ways. `false`: the call needs no such type, nothing is shown.
    pub fn walk<V: Visitor>(&self, way: Option<&CallProof>, visitor: &mut V) -> Result<bool, V::Fault> {
        match way {
            None => self.owed.walk_alone(self.caller, self.plan, visitor)?,
            Some(CallProof::Together) => self.walk_together(visitor)?,
            Some(CallProof::Lacks(name)) => {
                let catalogue = self.owed.estate.catalogue;
                let is_named =
                    |t: &ResourceTypeId| catalogue.resource_type(*t).is_some_and(|t| t.name() == name);
                let Some(lacking) = self.needs.each.iter().copied().find(is_named) else { return Ok(false) };
                for target in self.of_type(lacking) {
                    visitor.settle(&self.single(lacking, &target))?;
                }
            }
        }
        Ok(true)
    }

    /// Whatever is allowed by itself is refuted with each combination of the others that are.
    fn walk_together<V: Visitor>(&self, visitor: &mut V) -> Result<(), V::Fault> {
        let mut left: Vec<(ResourceTypeId, Vec<Target<'a>>)> = Vec::new();
        for resource_type in &self.needs.each {
            let mut targets = Vec::new();
            for target in self.of_type(*resource_type) {
                if !visitor.strike(&self.single(*resource_type, &target))? {
                    targets.push(target.into_owned());
                }
            }
            left.push((*resource_type, targets));
        }
        let prepared = &self.owed.prepared;
        let types = asked_types(&prepared.resources, &prepared.requests.when, &self.needs, self.plan);
        for target in &self.asked_targets() {
            for resource_type in &types {
                self.walk_others(*resource_type, target, &left, visitor)?;
            }
        }
        Ok(())
    }

    fn walk_others<V: Visitor>(
        &self,
        resource_type: ResourceTypeId,
        target: &Target<'a>,
        left: &[(ResourceTypeId, Vec<Target<'a>>)],
        visitor: &mut V,
    ) -> Result<(), V::Fault> {
        let asked = self.asked(resource_type, target);
        if visitor.strike(&asked)? {
            return Ok(());
        }
        let others = left.iter().filter(|(t, _)| *t != resource_type);
        let others: Vec<(ResourceTypeId, &[Target<'a>])> =
            others.map(|(t, targets)| (*t, targets.as_slice())).collect();
        let count = combinations(&others);
        if count > COMBINATIONS {
            // The answer doesn't look at so many either: left is that it is refuted by itself.
            return visitor.settle(&asked);
        }
        for n in 0..count {
            let chosen = nth_combination(&others, n);
            visitor.settle(&self.together(&asked, &chosen))?;
        }
        Ok(())
    }

    /// The cases of a type, whatever the question asks about.
    fn of_type(&self, resource_type: ResourceTypeId) -> Vec<Cow<'_, Target<'a>>> {
        let mut targets = self.whole.targets(self.owed.estate, self.caller, EVERYTHING, &self.any);
        targets.retain(|target| fits(self.whole, resource_type, target));
        targets
    }

    /// The cases that the question asks about, roles one by one.
    fn asked_targets(&self) -> Vec<Target<'a>> {
        let Owed { estate, prepared, .. } = self.owed;
        let mut all = Vec::new();
        for target in self.plan.targets(estate, self.caller, EVERYTHING, &prepared.resources) {
            match &target.place {
                Place::Roles(roles) if roles.len() > 1 => all.extend(estate.split(self.plan, &target)),
                _ => all.push(target.into_owned()),
            }
        }
        all
    }

    /// A resource of a type by itself.
    fn single<'p>(&'p self, resource_type: ResourceTypeId, target: &'p Target<'p>) -> Obligation<'p> {
        let piece = self.piece(self.whole, target, &self.any, &self.shared, resource_type);
        let name = self.owed.estate.label_of(&piece);
        Obligation { estate: self.owed.estate, piece, others: Vec::new(), name }
    }

    /// A resource that the question asks about, as one of a type.
    fn asked<'p>(&'p self, resource_type: ResourceTypeId, target: &'p Target<'p>) -> Obligation<'p> {
        let prepared = &self.owed.prepared;
        let when = &prepared.requests.when;
        let piece = self.piece(self.plan, target, &prepared.resources, when, resource_type);
        let name = format!("asked: {}", self.owed.estate.label_of(&piece));
        Obligation { estate: self.owed.estate, piece, others: Vec::new(), name }
    }

    /// That and a resource of each other type, in one call.
    fn together<'p>(
        &'p self,
        asked: &Obligation<'p>,
        chosen: &[(ResourceTypeId, &'p Target<'p>)],
    ) -> Obligation<'p> {
        let singles = chosen.iter().map(|(t, target)| self.single(*t, target));
        let mut whole = Obligation {
            estate: asked.estate,
            piece: asked.piece,
            others: Vec::new(),
            name: asked.name.clone(),
        };
        for single in singles {
            whole.name = format!("{} together with {}", whole.name, single.name);
            whole.others.push(single.piece);
        }
        whole
    }

    fn piece<'p>(
        &'p self,
        plan: &'p Plan<'p>,
        target: &'p Target<'p>,
        resources: &'p Resources,
        when: &'p [Constraint],
        resource_type: ResourceTypeId,
    ) -> Piece<'p> {
        Piece {
            for_all: true,
            caller: self.caller,
            plan,
            target,
            resources,
            when,
            quantifier: Quantifier::Some,
            second: false,
            effort: &self.owed.prepared.effort,
            only: Some(resource_type),
        }
    }
}
