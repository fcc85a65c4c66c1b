//! The objects on which a step still gives something that the attacker doesn't have.
//!
//! Where many sessions can do everything in an account, all but the first find every object of theirs done: one look at
//! a list that is made once for all of them says so.

use super::bind::{Near, Object, Objects, Scene};
use super::effect::{alternatives, facts_of};
use super::fact::Fact;
use super::gain::Gained;
use super::kin::Kin;
use super::session::Holder;
use super::stock::PROFILE;
use super::target::Goal;
use gateproof_encodings::primitive::{Binding, Effect, Primitive, Reference, Via};
use gateproof_model::snapshot::Snapshot;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// What was gained so far, and on which objects steps still gain something.
pub(super) struct Open<'r> {
    gained: &'r Gained,
    objects: &'r Objects<'r>,
    snapshot: &'r Snapshot,
    kin: &'r Kin,
    lists: Mutex<Lists>,
    /// Where only a session that is the target is looked for: the target, and which steps may open it.
    aim: Option<(&'r Goal, Vec<bool>)>,
}

/// Objects by what they depend on.
pub(super) type Lists = FxHashMap<Key, Arc<Left>>;

/// The objects that were left when so many facts were known.
#[derive(Debug)]
pub(super) struct Left {
    facts: usize,
    /// Whether there ever was one.
    some: bool,
    objects: Vec<Arc<Object>>,
    arns: FxHashSet<Arc<str>>,
}

impl Left {
    fn is_done(&self) -> bool {
        self.some && self.arns.is_empty()
    }
}

/// Steps whose objects are the same, the account that these are of, and how the session is held, where that matters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    shape: usize,
    account: Option<Arc<str>>,
    api: bool,
    device: bool,
    of_account: bool,
    /// The boundaries that the session may give, where it matters which.
    boundaries: Option<Arc<[Arc<str>]>>,
}

/// Who makes a step, and how.
#[derive(Clone, Copy)]
pub(super) struct Maker<'m> {
    pub holder: &'m Holder,
    pub device: bool,
    /// The variable of the boundaries that it may give, and these; `None`: any is as good as another.
    pub boundaries: Option<(&'m str, &'m [Arc<Object>])>,
}

/// The objects that are left of one variable.
pub(super) struct Targets<'p> {
    pub variable: &'p str,
    left: Arc<Left>,
}

impl Targets<'_> {
    pub fn contains(&self, object: &Object) -> bool {
        self.left.arns.contains(&object.arn)
    }

    pub fn objects(&self) -> &[Arc<Object>] {
        &self.left.objects
    }
}

impl<'r> Open<'r> {
    /// `earlier`: the lists as they were when less was gained.
    pub fn of(
        gained: &'r Gained,
        objects: &'r Objects<'r>,
        snapshot: &'r Snapshot,
        kin: &'r Kin,
        earlier: Lists,
    ) -> Self {
        Self { gained, objects, snapshot, kin, lists: Mutex::new(earlier), aim: None }
    }

    /// The same for sessions that are the target, and nothing else, by some steps.
    pub fn aimed_at(mut self, goal: &'r Goal, primitives: &[Primitive]) -> Self {
        let may_open =
            |primitive: &Primitive| primitive.effects.iter().any(|e| self.may_open(primitive, e, goal));
        let suiting = primitives.iter().map(may_open).collect();
        self.aim = Some((goal, suiting));
        self
    }

    /// Whether only a session that is the target is looked for.
    pub fn is_aimed(&self) -> bool {
        self.aim.is_some()
    }

    fn goal(&self) -> Option<&'r Goal> {
        self.aim.as_ref().map(|(goal, _)| *goal)
    }

    /// Whether the `n`th step may give what is looked for.
    pub fn suits(&self, n: usize) -> bool {
        self.aim.as_ref().is_none_or(|(_, suiting)| suiting.get(n).copied().unwrap_or(true))
    }

    /// Whether an effect may open a session that is the target: of a principal that is there, by some object that says whose session it opens.
    fn may_open(&self, primitive: &Primitive, effect: &Effect, goal: &Goal) -> bool {
        let Effect::Control(control) = effect else { return false };
        let named = |text: &Arc<str>| goal.is_principal(text);
        let tells = |reference: &Reference| {
            let binding = primitive.bind.get(&reference.variable).filter(|binding| binding.kind != "fresh");
            binding.is_none_or(|binding| {
                let objects = self.objects.of_kind(&binding.kind);
                let field = &*reference.field;
                objects.iter().any(|object| object.lacks(field) || object.field(field).iter().any(named))
            })
        };
        if control.principal.field != "arn" {
            return tells(&control.principal);
        }
        match primitive.bind.get(&control.principal.variable) {
            Some(binding) if binding.kind == "fresh" => false,
            Some(binding) if binding.profile.is_some() => {
                let is_in_one =
                    |object: &Arc<Object>| named(&object.arn) && !object.field(PROFILE).is_empty();
                self.objects.of_kind(&binding.kind).iter().any(is_in_one)
            }
            Some(binding) => binding.is.as_ref().is_none_or(tells),
            None => true,
        }
    }

    /// Nothing yet, for what one session gains.
    pub fn nothing_gained(&self) -> Gained {
        self.gained.beside()
    }

    /// The lists, for when more is gained.
    pub fn into_lists(self) -> Lists {
        self.lists.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a step gives something new, beside what is gained here too, all objects of its effects being bound.
    pub fn gives(&self, scene: &Scene<'_>, maker: Maker<'_>, here: &Gained) -> bool {
        let facts = facts_of(self.snapshot, scene, maker.holder, maker.device);
        let mut given = alternatives(facts).into_iter().filter(|facts| !facts.is_empty());
        given.any(|facts| {
            let is_wanted = |goal: &Goal| facts.iter().filter_map(Fact::session).any(|s| goal.is_session(s));
            self.goal().is_none_or(is_wanted)
                && here.adds_some(self.snapshot, &facts)
                && self.gained.adds_some(self.snapshot, &facts)
        })
    }

    /// Whether none is left of the objects that the effects of the `n`th step are about. Where there are none, the step says so by
    /// itself; where one is left, the others needn't be looked at.
    pub fn is_done(&self, n: usize, scene: &Scene<'_>, maker: Maker<'_>) -> bool {
        let Some((variable, binding, key)) = self.about(n, scene, maker) else { return false };
        let (known, objects, some) = self.known(binding, &key);
        if let Some(left) = known {
            return left.is_done();
        }
        let may_give = |object: &Arc<Object>| self.may_give(&scene.with(variable, object.clone()), maker);
        if objects.iter().any(may_give) {
            return false;
        }
        self.keep(key, some, Vec::new()).is_done()
    }

    /// What is left of the first variable that the effects of the `n`th step are about; `None` where that depends on more
    /// than the session's account and how it is held.
    pub fn targets<'p>(&self, n: usize, scene: &Scene<'p>, maker: Maker<'_>) -> Option<Targets<'p>> {
        let (variable, binding, key) = self.about(n, scene, maker)?;
        let left = match self.known(binding, &key) {
            (Some(left), ..) => left,
            (None, mut objects, some) => {
                objects.retain(|object| self.may_give(&scene.with(variable, object.clone()), maker));
                self.keep(key, some, objects)
            }
        };
        Some(Targets { variable, left })
    }

    /// The first variable that the effects of the `n`th step are about.
    pub fn variable<'p>(&self, n: usize, primitive: &'p Primitive) -> Option<&'p str> {
        self.first(n, primitive).map(|(_, variable, _)| variable)
    }

    /// The same with its binding, and the number of the steps that are about the same objects.
    fn first<'p>(&self, n: usize, primitive: &'p Primitive) -> Option<(usize, &'p str, &'p Binding)> {
        let (shape, place) = self.kin.shape(n)?;
        let (variable, binding) = primitive.bind.get_index(place)?;
        Some((shape, variable, binding))
    }

    /// The variable, and on what its list depends.
    fn about<'p>(
        &self,
        n: usize,
        scene: &Scene<'p>,
        maker: Maker<'_>,
    ) -> Option<(&'p str, &'p Binding, Key)> {
        let (shape, variable, binding) = self.first(n, scene.primitive)?;
        let Maker { holder, device, boundaries } = maker;
        let by_maker = scene.primitive.effects.iter().any(depends_on_maker);
        let key = Key {
            shape,
            account: account_of(scene, binding),
            api: by_maker && holder.api,
            device: by_maker && device,
            of_account: by_maker && holder.entity.account.is_some(),
            boundaries: boundaries.map(|(_, given)| given.iter().map(|policy| policy.arn.clone()).collect()),
        };
        Some((variable, binding, key))
    }

    /// The list, if nothing was gained since it was made; the objects that were left before; and whether there ever was one.
    fn known(&self, binding: &Binding, key: &Key) -> (Option<Arc<Left>>, Vec<Arc<Object>>, bool) {
        let known = self.lists.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        match (known, &key.account) {
            (Some(left), _) if left.facts == self.gained.count() => (Some(left), Vec::new(), true),
            (Some(left), _) => (None, left.objects.clone(), left.some),
            (None, account) => {
                let objects = match account {
                    Some(account) => self.objects.in_account(&binding.kind, account).to_vec(),
                    None => self.objects.of_kind(&binding.kind).to_vec(),
                };
                let some = !objects.is_empty();
                let is_wanted = |object: &Arc<Object>| {
                    let principal =
                        ["iam.role", "iam.user", "iam.principal"].contains(&binding.kind.as_str());
                    !principal || self.goal().is_none_or(|goal| goal.is_principal(&object.arn))
                };
                (None, objects.into_iter().filter(is_wanted).collect(), some)
            }
        }
    }

    fn keep(&self, key: Key, some: bool, objects: Vec<Arc<Object>>) -> Arc<Left> {
        let arns = objects.iter().map(|object| object.arn.clone()).collect();
        let left = Arc::new(Left { facts: self.gained.count(), some, objects, arns });
        self.lists.lock().unwrap_or_else(PoisonError::into_inner).insert(key, left.clone());
        left
    }

    /// Whether a step may give something new, whatever the effects' other variables are bound to. What is gained by any one
    /// policy or group that can be given is gained by another, but where it matters which boundary it is.
    pub fn may_give(&self, scene: &Scene<'_>, maker: Maker<'_>) -> bool {
        let primitive = scene.primitive;
        let unbound = |v: &String| is_about(primitive, v) && scene.object(v).is_none();
        let Some((variable, binding)) = primitive.bind.iter().find(|(v, _)| unbound(v)) else {
            return self.gives(scene, maker, &self.gained.beside());
        };
        if let Some((_, given)) = maker.boundaries.filter(|(of, _)| of == variable) {
            let mut given = given.iter();
            return given.any(|policy| self.may_give(&scene.with(variable, policy.clone()), maker));
        }
        if binding.kind == "fresh" {
            let new = scene.fresh(binding);
            return new.is_none_or(|new| self.may_give(&scene.with(variable, new), maker));
        }
        if binding.of.is_none() {
            let any: Arc<str> = "".into();
            let object = Arc::new(Object::plain(&any, "", &any));
            return self.may_give(&scene.with(variable, object), maker);
        }
        let related = self.objects.candidates(scene, binding, Near::All, |_| true);
        related.into_iter().any(|object| self.may_give(&scene.with(variable, object), maker))
    }
}

/// Whether what an effect gives depends on how its maker's session is held: credentials that a service would keep, and what they say of a device.
fn depends_on_maker(effect: &Effect) -> bool {
    matches!(effect, Effect::Control(control) if matches!(control.via, Via::Assume | Via::Root))
}

/// The one account that a binding's objects can be of.
fn account_of(scene: &Scene<'_>, binding: &Binding) -> Option<Arc<str>> {
    let template = binding.account.as_ref()?;
    let bound = scene.binds(template.references());
    match scene.globs(template).as_slice() {
        [one] if bound => Some(one.as_str().into()),
        _ => None,
    }
}

/// Whether the effects are about a variable.
pub(super) fn is_about(primitive: &Primitive, variable: &str) -> bool {
    primitive.effects.iter().any(|effect| effect.references().iter().any(|r| r.variable == variable))
}
