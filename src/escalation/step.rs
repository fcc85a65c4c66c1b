//! One kind of step for one session: every way of it, or that there is none.

use super::apart::Apart;
use super::attachable::Earlier;
use super::bind::{Object, Objects};
use super::fact::{Fact, Session};
use super::gain::Gained;
use super::guard::{Allowed, Asker, Guard, Refuted};
use super::needs::takes_token;
use super::open::Open;
use super::remembered::Answers;
use super::session::{Holder, device};
use super::sorts::Sorts;
use super::ways::Search;
use crate::ask::{Estate, Sessions, Within};
use crate::question::constraint::Demand;
use crate::question::{Step, Undecided};
use gateproof_encodings::primitive::{Effect, Primitive, Via};
use gateproof_encodings::term::Terms;
use gateproof_model::arn::Arn;
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock};

/// One way of a step.
#[derive(Debug, Clone)]
pub(super) struct Instance {
    pub primitive: usize,
    pub session: Session,
    /// The variables and what they are bound to.
    pub binding: Vec<(String, Arc<Object>)>,
    /// What the step adds.
    pub facts: Vec<Fact>,
    /// Whether its calls are made with an MFA device.
    pub device: bool,
    /// The requests.
    pub evidence: Evidence,
}

/// What looking for the ways of a step came to.
#[derive(Debug, Default)]
pub(super) struct Ways {
    pub instances: Vec<Instance>,
    /// The facts that they are shown to give.
    pub given: FxHashSet<Fact>,
    pub refuted: Refuted,
}

/// Looks for the ways of one session's steps.
pub(super) struct Finder<'a, 'w> {
    pub asker: &'a Asker<'w>,
    pub objects: &'a Objects<'a>,
    pub session: &'a Session,
    pub holder: &'a Holder,
    /// What is the same for all steps of the session.
    pub shared: &'a Shared,
    pub wanted: Wanted<'a>,
    /// What the attacker has.
    pub facts: &'a BTreeSet<Fact>,
    /// What the session gained by steps of the same kin ([`super::kin`]).
    pub gained: &'a Gained,
    /// What new principals are called; `None`: one name will do.
    pub naming: Option<Naming<'a>>,
    /// What some call must be about, each of these; `None`: anything.
    pub only_on: [Option<&'a Apart>; 2],
    /// The ARNs of what earlier steps of a chain made: their names are taken.
    pub made: &'a [Arc<str>],
    /// What policies compare the ARNs of managed policies with, before any step; `None`: of those that can be given, one that no other
    /// gives more than will do.
    pub tests: Option<&'a Earlier>,
}

/// How new principals are told apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Naming<'a> {
    pub sorts: &'a Sorts,
    /// Whether only steps are looked for that make a principal, or are about one of whatever name.
    pub only: bool,
}

/// Which ways of a step are looked for.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'a> {
    /// All.
    EveryWay,
    /// Of those that give the same one, if one is shown.
    EachFact,
    /// Those that still give something.
    Open(&'a Open<'a>),
}

impl Wanted<'_> {
    /// Whether the `n`th step may give what is looked for.
    pub fn suits(&self, n: usize) -> bool {
        match self {
            Self::Open(open) => open.suits(n),
            Self::EveryWay | Self::EachFact => true,
        }
    }
}

/// What is found out once for all steps of a session.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// The calls that were asked about.
    pub asked: Answers,
    /// Those that were shown to be allowed, in earlier rounds too.
    pub shown: Arc<Answers>,
    pub given: OnceLock<Vec<Arc<Object>>>,
    /// Of the policies that can be given, those that may be had before the one that allows everything.
    pub told_apart: OnceLock<FxHashSet<Arc<str>>>,
    /// On which resources actions may be allowed.
    pub within: Mutex<FxHashMap<String, Option<Arc<Within>>>>,
}

/// The steps and doubts of a scene so far, by need.
#[derive(Debug, Clone, Default)]
pub(super) struct Evidence {
    pub shown: Vec<Carried>,
    /// Why it is not shown that the step can be made, where it isn't.
    pub unknown: Option<Undecided>,
}

/// Requests, and the objects that they were carried over from with those that they are for: then they must be decided anew
/// before they are shown.
#[derive(Debug, Clone)]
pub(super) struct Carried {
    pub shown: Arc<Allowed>,
    pub moved: Option<Arc<[Moved]>>,
}

/// From which object to which.
#[derive(Debug)]
pub(super) struct Moved {
    from: Arc<Object>,
    to: Arc<Object>,
}

impl Evidence {
    /// With what was found about one more object, whose role must be trusted, too.
    pub fn with(mut self, trusted: Option<Guard>, new: Self) -> Result<Self, Refuted> {
        if let Some(guard) = trusted {
            self.add(guard)?;
        }
        self.shown.extend(new.shown);
        self.unknown = self.unknown.or(new.unknown);
        Ok(self)
    }

    /// The same about objects that are alike.
    pub fn about(&self, from: &[Arc<Object>], to: &[Arc<Object>]) -> Self {
        let pairs = || from.iter().zip(to);
        let mut evidence = self.clone();
        if pairs().all(|(from, to)| from.arn == to.arn) {
            return evidence;
        }
        let moved: Arc<[Moved]> =
            pairs().map(|(from, to)| Moved { from: from.clone(), to: to.clone() }).collect();
        for carried in &mut evidence.shown {
            carried.moved = Some(moved.clone());
        }
        evidence
    }

    /// Whether some of it was carried over from an object that is alike.
    pub fn is_carried(&self) -> bool {
        self.shown.iter().any(|carried| carried.moved.is_some())
    }

    /// The same with each request that was carried over decided anew; `None` where one can't be.
    pub fn replayed(&self, estate: &Estate, holder: &Holder) -> Option<Self> {
        let mut evidence =
            Self { shown: Vec::with_capacity(self.shown.len()), unknown: self.unknown.clone() };
        for Carried { shown, moved } in &self.shown {
            let shown = match moved {
                None => shown.clone(),
                Some(moved) => {
                    let named: Vec<(&str, &str)> = moved.iter().map(|m| (&*m.from.arn, &*m.to.arn)).collect();
                    let one = |step: &Step| {
                        let is_it = |m: &&Moved| *step.resource == *m.from.arn;
                        let above = |m: &&Moved| under(&step.resource, &m.from.arn).is_some();
                        match moved.iter().find(is_it).or_else(|| moved.iter().find(above)) {
                            Some(Moved { from, to }) => {
                                let resource = format!("{}{}", to.arn, under(&step.resource, &from.arn)?);
                                estate.replay_on(&holder.entity, step, (&resource, &to.account), &named)
                            }
                            None if named.iter().any(|(from, _)| step.names(from)) => {
                                let account = Arn::parse(&step.resource)?.account;
                                let on = (&*step.resource, account);
                                (!account.is_empty())
                                    .then(|| estate.replay_on(&holder.entity, step, on, &named))?
                            }
                            None => Some(step.clone()),
                        }
                    };
                    let on = |step: &Step| {
                        let also_needs = step.also_needs.iter().map(one).collect::<Option<Vec<Step>>>()?;
                        Some(Step { also_needs, ..one(step)? })
                    };
                    let steps = shown.steps.iter().map(on).collect::<Option<Vec<Step>>>()?;
                    let assumptions = shown.assumptions.iter().map(|text| retold(text, moved)).collect();
                    Arc::new(Allowed { steps, assumptions })
                }
            };
            evidence.shown.push(Carried { shown, moved: None });
        }
        Some(evidence)
    }

    /// The requests.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.shown.iter().flat_map(|carried| &carried.shown.steps)
    }

    /// What they take for granted.
    pub fn assumptions(&self) -> impl Iterator<Item = &String> {
        self.shown.iter().flat_map(|carried| &carried.shown.assumptions)
    }

    /// The requests as a guard.
    pub fn into_guard(mut self) -> Guard {
        match self.unknown.take() {
            Some(reason) => Guard::Unknown(reason),
            None => Guard::Holds(Arc::new(self.into_allowed())),
        }
    }

    /// The requests, and what they take for granted.
    pub fn into_allowed(self) -> Allowed {
        let mut all = Allowed::default();
        for carried in self.shown {
            let Allowed { steps, assumptions } = Arc::unwrap_or_clone(carried.shown);
            all.steps.extend(steps);
            all.assumptions.extend(assumptions);
        }
        all
    }

    pub fn add(&mut self, guard: Guard) -> Result<(), Refuted> {
        match guard {
            Guard::Holds(shown) => self.shown.push(Carried { shown, moved: None }),
            Guard::Unknown(reason) => {
                self.unknown.get_or_insert(reason);
            }
            Guard::Never(refuted) => return Err(refuted),
        }
        Ok(())
    }
}

/// A sentence about objects that it names between backticks, told of others.
fn retold(text: &str, moved: &[Moved]) -> String {
    let told = text.split('`').map(|part| {
        let onto = |m: &Moved| Some(format!("{}{}", m.to.arn, under(part, &m.from.arn)?));
        moved.iter().find_map(onto).unwrap_or_else(|| part.to_owned())
    });
    told.collect::<Vec<_>>().join("`")
}

/// What follows an ARN in that of something that lies under it; nothing, if they are the same.
fn under<'r>(resource: &'r str, arn: &str) -> Option<&'r str> {
    resource.strip_prefix(arn).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl<'a> Finder<'a, '_> {
    /// All ways of the `n`th primitive.
    pub fn ways(&self, terms: &mut Terms, n: usize, primitive: &'a Primitive) -> Ways {
        let mut ways = Ways::default();
        let mut only_on = self.only_on.iter().flatten();
        if !only_on.all(|apart| apart.may_concern(self.asker.estate, primitive)) {
            return ways;
        }
        for (holder, device) in self.variants(primitive) {
            Search::of(self, &holder, device, (n, primitive)).run(terms, &mut ways);
        }
        ways
    }

    /// One way again, in the asker's state of the policies.
    pub fn again(
        &self,
        terms: &mut Terms,
        instance: &Instance,
        primitive: &'a Primitive,
    ) -> Result<Instance, Refuted> {
        let mut last = Refuted::default();
        for (holder, device) in self.variants(primitive) {
            if device != instance.device {
                continue;
            }
            let search = Search::of(self, &holder, device, (instance.primitive, primitive));
            match search.again(terms, instance) {
                Ok(made) => return Ok(made),
                Err(refuted) => last.add(&refuted),
            }
        }
        Err(last)
    }

    /// None where the step is not one for such a caller.
    ///
    /// A session that a user opens by `sts:AssumeRole` says whether a device was used: both are looked at. Principals of an
    /// account that the snapshot doesn't cover may be users.
    pub fn variants(&self, primitive: &Primitive) -> Vec<(Cow<'_, Holder>, bool)> {
        let assumes = primitive
            .effects
            .iter()
            .any(|e| matches!(e, Effect::Control(control) if control.via == Via::Assume));
        let entity = &self.holder.entity;
        if takes_token(primitive) && entity.account.is_some() {
            return Vec::new();
        }
        let outsider = entity.sessions == Sessions::Outsider;
        let user = Arn::parse(&entity.id)
            .is_some_and(|a| a.resource.starts_with("user/") || outsider && a.resource == "root");
        if !assumes || !user {
            return vec![(Cow::Borrowed(self.holder), false)];
        }
        let with = |demand| {
            let mut holder = self.holder.clone();
            holder.when.push(device(demand));
            Cow::Owned(holder)
        };
        let without = with(Demand::Differs("true".to_owned()));
        vec![(without, false), (with(Demand::Equals("true".to_owned())), true)]
    }

    /// The session's principal as `$me`.
    pub fn me(&self) -> Object {
        let account: Arc<str> = self.holder.entity.account.clone().unwrap_or_else(|| "".into());
        let id = &self.session.principal;
        Object::plain(id, id.rsplit('/').next().unwrap_or_default(), &account)
    }
}

impl Refuted {
    pub fn add(&mut self, more: &Self) {
        self.formulas += more.formulas;
        self.folded += more.folded;
        self.second_unknown += more.second_unknown;
        self.seconded += more.seconded;
    }
}

/// What makes two ways the same step.
pub(super) type Identity = (usize, Session, Vec<Fact>, Vec<Arc<str>>);

impl Instance {
    /// Takes the requests that were asked for anew. An object that is alike to one that allows them must allow them too.
    pub fn take(&mut self, again: Result<Self, Refuted>) {
        match again {
            Ok(again) => *self = again,
            Err(_) => {
                self.evidence.unknown = Some(Undecided {
                    reason: "what holds of an object that is alike does not hold of this one".to_owned(),
                    place: self.session.principal.to_string(),
                });
            }
        }
    }

    /// The step, the session, the effects and the objects.
    pub fn identity(&self) -> Identity {
        let objects = self.binding.iter().filter(|(_, o)| !o.fresh).map(|(_, o)| o.arn.clone()).collect();
        (self.primitive, self.session.clone(), self.facts.clone(), objects)
    }
}
