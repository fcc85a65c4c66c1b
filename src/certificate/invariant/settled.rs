//! Steps that can't lead anywhere, whatever they are bound to: the invariant holds all that they could give.

use super::covers::Covers;
use super::objects::Objects;
use crate::escalation::{Holder, Scene, facts_of};
use gateproof_encodings::primitive::{Binding, Effect, Primitive};
use gateproof_model::snapshot::Snapshot;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What was found of steps that are about one known object.
#[derive(Default)]
pub(super) struct Settled(Mutex<BTreeMap<Case, bool>>);

/// The step, the caller's account, whether a service makes its calls, whether a device is proved, and whether it is of an
/// account at all: all that the facts depend on but the object.
type Case = (String, Arc<str>, bool, bool, bool);

impl Settled {
    /// Whether the invariant holds what the step would give, for each object of the kind that its effects are about.
    /// Errs towards no.
    pub fn is(
        &self,
        scene: &Scene<'_>,
        holder: &Holder,
        device: bool,
        (snapshot, objects, covers): (&Snapshot, &Objects<'_>, &Covers<'_>),
    ) -> bool {
        let primitive = scene.primitive;
        let Some((variable, binding)) = only_subject(primitive) else { return false };
        let of_account = holder.entity.account.is_some();
        let case = (primitive.id.clone(), scene.me.account.clone(), holder.api, device, of_account);
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&case) {
            return *known;
        }
        let within = binding.account.as_ref().filter(|t| scene.binds(t.references())).map(|t| scene.globs(t));
        let all = objects.of_kind(&binding.kind);
        let fitting: Vec<_> = all
            .iter()
            .filter(|object| within.as_ref().is_none_or(|ids| ids.iter().any(|id| **id == *object.account)))
            .collect();
        // Where there are none, it is to be said that there are none.
        let settled = !fitting.is_empty()
            && fitting.iter().all(|&object| {
                covers.holds_all(&facts_of(snapshot, &scene.with(variable, object.clone()), holder, device))
            });
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(case, settled);
        settled
    }
}

/// The variable that all effects are about, where they are about nothing else, and it is no new object.
fn only_subject(primitive: &Primitive) -> Option<(&str, &Binding)> {
    let grants = primitive.effects.iter().any(|effect| matches!(effect, Effect::Grant(_)));
    let mut named = primitive.effects.iter().flat_map(Effect::references).map(|r| r.variable.as_str());
    let first = named.next().filter(|_| !grants)?;
    let (variable, binding) = primitive.bind.get_key_value(first)?;
    (named.all(|other| other == first) && binding.kind != "fresh").then_some((variable.as_str(), binding))
}
