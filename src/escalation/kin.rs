//! Steps whose effects are kin: one of them makes the others needless for an object.
//!
//! Seventy services hand out sessions of a role, and any one will do; who may write a role's policies needn't attach any.
//! A session makes steps of one kin one after the other, the stronger first, and others side by side.

use super::open::is_about;
use gateproof_encodings::primitive::{Binding, Effect, Primitive, Via};
use std::collections::BTreeMap;

/// The kin of a list of steps.
#[derive(Debug, Default)]
pub(super) struct Kin {
    /// The steps by kin, each by its place in the list, the stronger first.
    pub groups: Vec<Vec<usize>>,
    shapes: Vec<Option<(usize, usize)>>,
}

/// What one kin of steps does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Does {
    /// Allows a user, role or group more.
    Allows,
    /// Frees of a boundary.
    Frees,
    /// Changes what a managed policy says.
    Rewrites,
    /// Opens a session whose credentials a service hands out.
    Hands,
    /// Opens one in which a service makes calls.
    Calls,
    /// Makes a user.
    MakesUser,
    /// Makes a role.
    MakesRole,
    /// Something else.
    Other(String),
}

impl Kin {
    pub fn of(primitives: &[Primitive]) -> Self {
        let mut groups: BTreeMap<Does, Vec<(u8, usize)>> = BTreeMap::new();
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        let mut shapes = Vec::new();
        for (n, primitive) in primitives.iter().enumerate() {
            let (does, rank) = does(primitive);
            groups.entry(does).or_default().push((rank, n));
            shapes.push(place_and_shape(primitive).map(|(place, shape)| {
                let next = known.len();
                (*known.entry(shape).or_insert(next), place)
            }));
        }
        let in_order = |mut group: Vec<(u8, usize)>| {
            group.sort_unstable();
            group.into_iter().map(|(_, n)| n).collect()
        };
        Self { groups: groups.into_values().map(in_order).collect(), shapes }
    }

    /// A number that steps share whose effects are about the same objects, and the first variable of these, by its place. `None`
    /// where the effects are about new objects, or depend on who makes the step.
    pub fn shape(&self, n: usize) -> Option<(usize, usize)> {
        self.shapes.get(n).copied().flatten()
    }
}

/// What a step does, and how strongly: the lower, the more.
fn does(primitive: &Primitive) -> (Does, u8) {
    match primitive.effects.as_slice() {
        [Effect::WriteIdentity(_)] => (Does::Allows, 0),
        [Effect::AddIdentity(_)] => (Does::Allows, 1),
        [Effect::Attach(_)] => (Does::Allows, 2),
        [Effect::Join(_)] => (Does::Allows, 3),
        [Effect::DropBoundary(_)] | [Effect::DropBoundary(_), Effect::SetBoundary(_)] => (Does::Frees, 0),
        [Effect::SetBoundary(_)] => (Does::Frees, 1),
        [Effect::WritePolicy(_)] => (Does::Rewrites, 0),
        [Effect::SetVersion(_)] => (Does::Rewrites, 1),
        [Effect::Control(control)] if control.via == Via::Code => (Does::Hands, 0),
        [Effect::Control(control)] if control.via == Via::Api => (Does::Calls, 0),
        [Effect::NewPrincipal(_), others @ ..] => {
            let some = |is: fn(&Effect) -> bool| others.iter().any(is);
            let user = some(|effect| matches!(effect, Effect::Control(_)));
            let all = some(|effect| matches!(effect, Effect::WriteIdentity(_)));
            let free = some(|effect| matches!(effect, Effect::DropBoundary(_)));
            let makes = if user { Does::MakesUser } else { Does::MakesRole };
            (makes, u8::from(!free) + 2 * u8::from(!all))
        }
        effects => (Does::Other(format!("{effects:?}")), 0),
    }
}

/// The first variable that the effects are about, by its place, and all that their objects depend on.
fn place_and_shape(primitive: &Primitive) -> Option<(usize, String)> {
    // A new policy is as good a boundary as another.
    let is_new = |(variable, binding): &(&String, &Binding)| {
        binding.kind == "fresh" && primitive.sets_boundary(variable)
    };
    let bound = primitive.bind.iter().filter(|(variable, _)| is_about(primitive, variable));
    let about: Vec<_> = bound.filter(|entry| !is_new(entry)).collect();
    let depends = primitive.effects.iter().any(|e| matches!(e, Effect::Grant(_)));
    if depends || about.iter().any(|(_, binding)| binding.kind == "fresh") {
        return None;
    }
    let mut effects = primitive.effects.clone();
    for effect in &mut effects {
        if let Effect::Control(control) = effect {
            control.service = None;
        }
    }
    let objects = |(variable, binding): &(&String, &Binding)| {
        format!(
            "{variable} {} {:?} {:?} {:?}",
            binding.kind, binding.account, binding.of, binding.boundary_of
        )
    };
    let objects: Vec<String> = about.iter().map(objects).collect();
    let (first, _) = about.first()?;
    Some((primitive.bind.get_index_of(*first)?, format!("{effects:?} {objects:?}")))
}
