//! The needs of a step as far as its objects are bound; what is decided of some objects is carried over to those that are
//! alike.

use super::alike::{Called, Mark, Mentioned, Telling};
use super::bind::{Object, Scene};
use super::guard::{Guard, Refuted};
use super::needs::references;
use super::step::Evidence;
use super::ways::Search;
use gateproof_encodings::primitive::{Reference, Template, TemplatePart};
use gateproof_encodings::scope::is_assume_action;
use gateproof_encodings::term::Terms;
use gateproof_model::text::fold_text;
use rustc_hash::FxHashMap;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What was decided of a session's step, by its objects.
#[derive(Default)]
pub(super) struct Decided<'p> {
    telling: OnceCell<Telling>,
    /// By variable, how the calls mention its object; `None`: nothing is carried over.
    mentioned: RefCell<FxHashMap<&'p str, Option<Arc<Mentioned>>>>,
    marks: RefCell<Marks<'p>>,
    known: RefCell<FxHashMap<(&'p str, SeenTogether), Known>>,
    named: RefCell<FxHashMap<SeenTogether, Named>>,
}

/// What came of naming new objects, beside which others.
struct Named {
    of: Vec<Arc<Object>>,
    outcome: Result<(Vec<Arc<Object>>, Evidence), Refuted>,
}

/// The marks of variables' objects, by their ARNs.
type Marks<'p> = FxHashMap<(&'p str, Arc<str>), Option<Arc<Mark>>>;

/// What was decided, and of which objects.
struct Known {
    of: Vec<Arc<Object>>,
    outcome: Result<Evidence, Refuted>,
}

/// An object as the calls see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Seen {
    Alike(Arc<Mark>),
    Itself(Arc<str>),
}

/// Objects as the calls see them, and of each which is the first that is the same: what is decided where two variables are bound to one
/// object says nothing of two.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct SeenTogether(Vec<(Seen, usize)>);

impl SeenTogether {
    fn some_is_alike(&self) -> bool {
        self.0.iter().any(|(seen, _)| matches!(seen, Seen::Alike(_)))
    }
}

impl<'a> Search<'_, 'a, '_> {
    /// The needs that a variable's object makes decidable; `beside`: the variables that they mention ([`Search::mentioned_with`]).
    pub fn admitted(
        &self,
        terms: &mut Terms,
        scene: &Scene<'a>,
        variable: &'a str,
        beside: &BTreeSet<&'a str>,
    ) -> Result<Evidence, Refuted> {
        let (objects, seen) = self.seen(scene, beside.iter().copied());
        if !seen.some_is_alike() {
            return self.admit(terms, scene, variable);
        }
        let key = (variable, seen);
        if let Some(known) = self.decided.known.borrow().get(&key) {
            let outcome = known.outcome.as_ref().map_err(Clone::clone);
            return outcome.map(|evidence| evidence.about(&known.of, &objects));
        }
        let outcome = self.admit(terms, scene, variable);
        let known = Known { of: objects, outcome: outcome.clone() };
        self.decided.known.borrow_mut().insert(key, known);
        outcome
    }

    /// Finds names for new objects; those that were found beside objects that are alike will do.
    pub fn named(
        &self,
        terms: &mut Terms,
        scene: &Scene<'a>,
        fresh: &[&'a str],
        so_far: &Evidence,
    ) -> Result<(Scene<'a>, Evidence), Refuted> {
        let beside = scene.bound.keys().copied().filter(|v| !fresh.contains(v));
        let (objects, seen) = self.seen(scene, beside);
        if !seen.some_is_alike() {
            return self.name(terms, scene, fresh, so_far);
        }
        if let Some(found) = self.named_alike(terms, scene, fresh, (&objects, &seen)) {
            return found;
        }
        let outcome = self.name(terms, scene, fresh, so_far);
        let names = |scene: &Scene<'a>| fresh.iter().filter_map(|v| scene.object(v).cloned()).collect();
        let known = match &outcome {
            // What a service may do for a role hangs on the role's trust policy: only the caller's own calls are carried over.
            Ok((scene, evidence)) if self.asks_for_trust() && evidence.unknown.is_none() => {
                self.own_calls(terms, scene).ok().map(|own| Ok((names(scene), own)))
            }
            _ if self.asks_for_trust() => None,
            Ok((scene, evidence)) => Some(Ok((names(scene), evidence.clone()))),
            Err(refuted) => Some(Err(refuted.clone())),
        };
        if let Some(outcome) = known {
            self.decided.named.borrow_mut().insert(seen, Named { of: objects, outcome });
        }
        outcome
    }

    /// New objects under names that were found beside objects that are alike; `None`: none were, or the roles trust services otherwise.
    fn named_alike(
        &self,
        terms: &mut Terms,
        scene: &Scene<'a>,
        fresh: &[&'a str],
        (objects, seen): (&[Arc<Object>], &SeenTogether),
    ) -> Option<Result<(Scene<'a>, Evidence), Refuted>> {
        let (scene, own) = {
            let named = self.decided.named.borrow();
            let known = named.get(seen)?;
            let (names, evidence) = match &known.outcome {
                Ok(found) => found,
                Err(refuted) => return Some(Err(refuted.clone())),
            };
            let names = fresh.iter().zip(names);
            let scene = names.fold(scene.clone(), |scene, (v, name)| scene.with(v, name.clone()));
            (scene, evidence.about(&known.of, objects))
        };
        if !self.asks_for_trust() {
            return Some(Ok((scene, own)));
        }
        let trusted = self.all_trusted(terms, &scene).ok().filter(|trusted| trusted.unknown.is_none())?;
        Some(trusted.with(None, own).map(|evidence| (scene, evidence)))
    }

    /// Whether roles must trust services.
    fn asks_for_trust(&self) -> bool {
        self.primitive.bind.values().any(|binding| !binding.trusts.0.is_empty())
    }

    /// The variables, as far as they are bound, of the needs that mention one.
    pub fn mentioned_with(&self, scene: &Scene<'a>, variable: &str) -> BTreeSet<&'a str> {
        let needs = self.primitive.needs.iter().map(references);
        let concerned = needs.filter(|mentioned| mentioned.iter().any(|r| r.variable == variable));
        let mentioned = concerned.flatten().map(|r| r.variable.as_str());
        mentioned.filter(|v| *v != "me" && scene.object(v).is_some()).collect()
    }

    /// The needs that mention a variable: those that it leaves open must be possible at all.
    fn admit(&self, terms: &mut Terms, scene: &Scene<'a>, variable: &str) -> Result<Evidence, Refuted> {
        let mut evidence = Evidence::default();
        for need in &self.primitive.needs {
            let mentioned = references(need);
            if !mentioned.iter().any(|r| r.variable == variable) {
                continue;
            }
            match self.check(terms, scene, need) {
                guard if scene.binds(mentioned.into_iter()) => evidence.add(guard)?,
                Guard::Never(refuted) => return Err(refuted),
                Guard::Holds(_) | Guard::Unknown(_) => {}
            }
        }
        Ok(evidence)
    }

    /// The objects of some variables, and how the calls see them.
    fn seen(
        &self,
        scene: &Scene<'a>,
        variables: impl IntoIterator<Item = &'a str>,
    ) -> (Vec<Arc<Object>>, SeenTogether) {
        let bound = variables.into_iter().filter_map(|v| Some((v, scene.object(v)?.clone())));
        let (variables, objects): (Vec<&'a str>, Vec<Arc<Object>>) = bound.unzip();
        let first =
            |object: &Object| objects.iter().position(|one| one.arn == object.arn).unwrap_or_default();
        let seen = variables.iter().zip(&objects).map(|(v, object)| (self.seen_as(v, object), first(object)));
        let seen = SeenTogether(seen.collect());
        (objects, seen)
    }

    fn seen_as(&self, variable: &'a str, object: &Object) -> Seen {
        // Calls may mention the caller beside the step's objects.
        let is_caller = object.arn == self.finder.session.principal;
        let itself = object.fresh || object.is_unnamed() || is_caller;
        let may_be_carried = self.finder.asker.carries_over() && !itself;
        let mentioned = may_be_carried.then(|| self.how_mentioned(variable)).flatten();
        let mark = mentioned.and_then(|mentioned| self.mark(variable, object, &mentioned));
        mark.map_or_else(|| Seen::Itself(object.arn.clone()), Seen::Alike)
    }

    /// Whether what is decided of one object of the variable may be carried over to others.
    pub fn carries_over(&self, variable: &'a str) -> bool {
        self.finder.asker.carries_over() && self.how_mentioned(variable).is_some()
    }

    fn how_mentioned(&self, variable: &'a str) -> Option<Arc<Mentioned>> {
        let mut known = self.decided.mentioned.borrow_mut();
        known.entry(variable).or_insert_with(|| self.mentioned(variable).map(Arc::new)).clone()
    }

    /// How calls mention an object. What is decided of one object may be carried over to those that are alike if calls mention it
    /// by its ARN, first thing in their resource or as the value of keys of which all comparisons are known, and none of them
    /// assumes it; otherwise `None`.
    fn mentioned(&self, variable: &str) -> Option<Mentioned> {
        let names = |t: &Template| t.references().any(|r| is_named(r, variable));
        let is_arn = |t: &Template| tail_of(t, variable).is_some_and(|tail| tail.is_empty());
        let mut mentioned = Mentioned::default();
        for call in self.primitive.calls() {
            if is_assume_action(&call.action.to_ascii_lowercase()) {
                return None;
            }
            for (key, demand) in &call.context {
                let mut naming = demand.values.iter().filter(|t| names(t)).peekable();
                if naming.peek().is_none() {
                    continue;
                }
                let key = fold_text(key);
                if !naming.all(is_arn) || !self.compares(&key) {
                    return None;
                }
                mentioned.keys.insert(key);
            }
            if let Some(resource) = call.resource.as_ref().filter(|t| names(t)) {
                mentioned.tails.insert(tail_of(resource, variable)?);
            }
        }
        Some(mentioned)
    }

    /// Whether all that policies compare a key's value with is known: those of the caller; resources' have no say.
    fn compares(&self, key: &str) -> bool {
        let asker = self.finder.asker;
        self.telling().compares(key) && asker.signatures.ignore(asker.estate, key)
    }

    fn telling(&self) -> &Telling {
        let estate = self.finder.asker.estate;
        let called = || Called::of(estate, self.primitive);
        self.decided.telling.get_or_init(|| Telling::of(estate, &self.holder.entity, called()))
    }

    fn mark(&self, variable: &'a str, object: &Object, mentioned: &Mentioned) -> Option<Arc<Mark>> {
        let asker = self.finder.asker;
        let mut marks = self.decided.marks.borrow_mut();
        let mark = || self.telling().mark(asker.estate, &asker.signatures, object, mentioned).map(Arc::new);
        marks.entry((variable, object.arn.clone())).or_insert_with(mark).clone()
    }
}

/// Whether the reference tells a variable's objects apart: those that are alike are of one account.
fn is_named(reference: &Reference, variable: &str) -> bool {
    reference.variable == variable && reference.field != "account"
}

/// What follows the ARN of a variable's object, with which the template begins, up to a wildcard or another object.
fn tail_of(template: &Template, variable: &str) -> Option<String> {
    let (first, rest) = template.parts.split_first()?;
    let is_of = |r: &Reference| is_named(r, variable);
    let begins = matches!(first, TemplatePart::Field(r) if is_of(r) && r.field == "arn");
    if !begins || rest.iter().any(|part| matches!(part, TemplatePart::Field(r) if is_of(r))) {
        return None;
    }
    match rest.first() {
        None => Some(String::new()),
        Some(TemplatePart::Text(text)) => text.split(['*', '?']).next().map(str::to_owned),
        Some(TemplatePart::Field(_) | TemplatePart::Open(_)) => None,
    }
}
