//! The objects that a variable may be bound to: those that what the step needs doesn't rule out.

use super::attachable::{attachable, is_administrator};
use super::bind::{Near, Object, Scene};
use super::open::Targets;
use super::ways::Search;
use gateproof_encodings::primitive::{Authorization, Binding, Need, Template};
use gateproof_encodings::scope::is_assume_action;
use std::sync::Arc;

/// Where anything is left to gain on so few objects, they alone are looked at.
const FEW: usize = 32;

impl<'a> Search<'_, 'a, '_> {
    /// The objects to try; `None` where a new object can't be made by this caller.
    pub fn candidates(
        &self,
        scene: &Scene<'a>,
        variable: &str,
        binding: &Binding,
    ) -> Option<Vec<Arc<Object>>> {
        if binding.kind == "fresh" {
            return Some(vec![scene.fresh(binding)?]);
        }
        let gives = is_any_policy(binding) && self.primitive.gives_policy(variable);
        if let (true, Some(given)) = (gives, self.finder.shared.given.get()) {
            return Some(given.clone());
        }
        let asker = self.finder.asker;
        let aimed = self.aimed_at(variable);
        let assumed = self.assumed_by(variable).filter(|_| aimed.is_none());
        let admitting = assumed.and_then(|action| asker.may_admit(self.holder, action));
        let trust = |service: &str, action: &str| asker.may_trust(&scene.partition, service, action);
        let trusting: Option<Vec<_>> = binding.trusts.0.iter().map(|s| trust(s, "sts:AssumeRole")).collect();
        let trusting = trusting.filter(|trusting| !trusting.is_empty());
        let handed_out =
            self.assumed_by_service(variable).and_then(|(service, action)| trust(service, action));
        let wants = self.wants(variable);
        let suits = |object: &Arc<Object>| {
            let admits = admitting.as_ref().is_none_or(|roles| roles.contains(&object.arn));
            let trusts =
                || trusting.as_ref().is_none_or(|t| t.iter().any(|roles| roles.contains(&object.arn)));
            let hands_out = || handed_out.as_ref().is_none_or(|roles| roles.contains(&object.arn));
            admits && trusts() && hands_out() && self.may_suit(&wants, object) || object.is_unnamed()
        };
        let own = self.is_of_iam(variable);
        let left = self.targets_beside(scene, variable).map(Targets::objects);
        let left = left.filter(|objects| !gives && objects.len() <= FEW).map(<[_]>::to_vec).or(aimed);
        let near = match left.or_else(|| self.near(&wants, admitting.as_ref(), &binding.kind)) {
            Some(mut near) => {
                near.retain(|object| !own || object.account == scene.me.account);
                Near::These(near)
            }
            // AWS's policies are added.
            None if own || gives => Near::Own,
            None => Near::All,
        };
        let known = self.finder.objects.candidates(scene, binding, near, suits);
        if !gives {
            return Some(known);
        }
        let objects = self.finder.objects;
        let given =
            self.finder.shared.given.get_or_init(|| attachable(scene, objects, known, self.own_documents()));
        Some(given.clone())
    }

    /// Whether every way of the step makes a call of IAM on the object: those have no resource policies, so nobody can make
    /// them on objects of another account.
    fn is_of_iam(&self, variable: &str) -> bool {
        self.primitive.needs.iter().any(|need| match need {
            Need::Call(call) => {
                let on = |t: &Template| {
                    t.parts.len() == 1 && t.references().any(|r| r.variable == variable && r.field == "arn")
                };
                call.caller.is_none()
                    && call.action.starts_with("iam:")
                    && call.resource.as_ref().is_some_and(on)
            }
            Need::Any(_) | Need::All(_) => false,
        })
    }

    /// The call by which every way of the step assumes the role of a variable.
    fn assumed_by(&self, variable: &str) -> Option<&'a str> {
        self.assuming(variable).find(|call| call.caller.is_none()).map(|call| call.action.as_str())
    }

    /// The service that assumes the role of a variable in every way of the step, and its call.
    fn assumed_by_service(&self, variable: &str) -> Option<(&'a str, &'a str)> {
        let by = |call: &'a Authorization| {
            let service = call.caller.as_deref().filter(|caller| !caller.starts_with('$'))?;
            Some((service, call.action.as_str()))
        };
        self.assuming(variable).find_map(by)
    }

    /// The calls of every way of the step that assume the role of a variable.
    fn assuming(&self, variable: &str) -> impl Iterator<Item = &'a Authorization> {
        self.primitive.needs.iter().filter_map(move |need| match need {
            Need::Call(call) if is_assume_action(&call.action.to_ascii_lowercase()) => {
                let template = call.resource.as_ref()?;
                let whole = template.parts.len() == 1
                    && template.references().any(|r| r.variable == variable && r.field == "arn");
                whole.then_some(call)
            }
            _ => None,
        })
    }

    /// Whether the object is a policy that no other gives more than. Of boundaries, it matters which it is where conditions name them.
    pub fn is_administrator(&self, variable: &str, object: &Object) -> bool {
        self.primitive.gives_policy(variable)
            && is_administrator(object)
            && !(self.primitive.sets_boundary(variable) && self.finder.objects.names_boundaries())
    }
}

/// Whether the variable is bound to whichever managed policy.
pub(super) fn is_any_policy(binding: &Binding) -> bool {
    let related = binding.of.is_some() || binding.boundary_of.is_some() || binding.is.is_some();
    binding.kind == "iam.policy" && !related
}
