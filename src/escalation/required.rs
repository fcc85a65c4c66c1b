//! The facts that a step requires beside the calls that it makes: gates passed, content chosen.
//!
//! They are facts of the whole attack, whichever of the attacker's principals made them, and are never taken away. So a step of which
//! one is missing waits: it is looked for again in the round after the fact was found ([`super::pending`]).

use super::bind::{Object, Objects, Scene};
use super::fact::Fact;
use super::step::Instance;
use gateproof_encodings::primitive::{Primitive, Reference, Required};
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};

/// Facts of which a step requires all, or one.
enum Wanted {
    All(Vec<Fact>),
    One(Vec<Fact>),
}

impl Wanted {
    /// What is required of an object.
    fn of(required: &Required, object: &Object) -> Self {
        let values = object.field(&required.reference().field).iter().cloned();
        match required {
            Required::Satisfy(_) => Self::All(values.map(Fact::Passes).collect()),
            Required::Write(_) => Self::One(values.map(Fact::Writes).collect()),
        }
    }

    fn facts(&self) -> &[Fact] {
        match self {
            Self::All(facts) | Self::One(facts) => facts,
        }
    }

    fn is_met(&self, facts: &BTreeSet<Fact>) -> bool {
        match self {
            Self::All(all) => all.iter().all(|fact| facts.contains(fact)),
            Self::One(any) => any.iter().any(|fact| facts.contains(fact)),
        }
    }
}

/// Whether the facts hold what a step requires of one variable's object.
pub(super) fn has_required(facts: &BTreeSet<Fact>, scene: &Scene<'_>, variable: &str) -> bool {
    let about = scene.primitive.facts.iter().filter(|required| required.reference().variable == variable);
    let mut wanted = about.filter_map(|required| Some(Wanted::of(required, scene.object(variable)?)));
    wanted.all(|wanted| wanted.is_met(facts))
}

/// Whether the facts hold all that one way of a step requires.
pub(super) fn has_all_required(facts: &BTreeSet<Fact>, instance: &Instance, primitive: &Primitive) -> bool {
    wanted_by(instance, primitive).all(|wanted| wanted.is_met(facts))
}

/// All facts that one way of a step requires, or requires one of.
pub(super) fn required_by(instance: &Instance, primitive: &Primitive) -> Vec<Fact> {
    wanted_by(instance, primitive).flat_map(|wanted| wanted.facts().to_vec()).collect()
}

fn wanted_by<'i>(instance: &'i Instance, primitive: &'i Primitive) -> impl Iterator<Item = Wanted> + 'i {
    primitive.facts.iter().filter_map(|required| {
        let variable = &required.reference().variable;
        let (_, object) = instance.binding.iter().find(|(bound, _)| bound == variable)?;
        Some(Wanted::of(required, object))
    })
}

/// What some step may require, whatever it is about.
#[derive(Debug, Default)]
pub(super) struct Requirable(FxHashSet<Fact>);

impl Requirable {
    pub fn of(primitives: &[Primitive], objects: &Objects<'_>) -> Self {
        let mut facts = FxHashSet::default();
        let mut seen: BTreeMap<(&str, &str, bool), ()> = BTreeMap::new();
        for (primitive, required) in primitives.iter().flat_map(|p| p.facts.iter().map(move |r| (p, r))) {
            let reference = required.reference();
            let Some(binding) = primitive.bind.get(&reference.variable) else { continue };
            let key =
                (binding.kind.as_str(), reference.field.as_str(), matches!(required, Required::Write(_)));
            if seen.insert(key, ()).is_none() {
                let all = objects.of_kind(&binding.kind);
                facts.extend(all.iter().flat_map(|object| Wanted::of(required, object).facts().to_vec()));
            }
        }
        Self(facts)
    }

    /// What is among some new facts.
    pub fn among(&self, added: &BTreeSet<Fact>) -> FxHashSet<Fact> {
        if self.0.is_empty() {
            return FxHashSet::default();
        }
        added.iter().filter(|fact| self.0.contains(fact)).cloned().collect()
    }
}

/// Whether a step, as far as its variables are bound, may require one of some facts.
pub(super) fn may_require(facts: &FxHashSet<Fact>, scene: &Scene<'_>) -> bool {
    !facts.is_empty()
        && scene.primitive.facts.iter().any(|required| match scene.object(&required.reference().variable) {
            Some(object) => Wanted::of(required, object).facts().iter().any(|fact| facts.contains(fact)),
            None => true,
        })
}

/// What a step requires a fact about, of one variable's object, and no file tells.
pub(super) fn untold_of<'p>(scene: &Scene<'p>, variable: &str) -> Option<&'p Reference> {
    let object = scene.object(variable)?;
    let mut about = scene.primitive.facts.iter().map(Required::reference);
    about.find(|reference| reference.variable == variable && object.lacks(&reference.field))
}
