//! The needs of a step as far as its objects are bound; what is decided of some objects is carried over to those that are
//! alike.

use super::alike::{Called, Mark, Telling};
use super::bind::{Object, Scene};
use super::guard::{Guard, Refuted};
use super::needs::{calls_of, references};
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
    /// By variable, what follows its object's ARN in the calls' resources; `None`: nothing is carried over.
    tails: RefCell<FxHashMap<&'p str, Option<Arc<BTreeSet<String>>>>>,
    marks: RefCell<Marks<'p>>,
    known: RefCell<FxHashMap<(&'p str, Vec<Seen>), Known>>,
    named: RefCell<FxHashMap<Vec<Seen>, Named>>,
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

impl Seen {
    fn is_alike(&self) -> bool {
        matches!(self, Self::Alike(_))
    }
}

impl<'a> Search<'_, 'a, '_> {
    /// The needs that a variable's object makes decidable.
    pub fn admitted(
        &self,
        terms: &mut Terms,
        scene: &Scene<'a>,
        variable: &'a str,
    ) -> Result<Evidence, Refuted> {
        let (objects, seen) = self.seen(scene, self.mentioned_with(scene, variable));
        if !seen.iter().any(Seen::is_alike) {
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
        // What a service may do for a role hangs on the role's trust policy.
        let trusts = self.primitive.bind.values().any(|binding| !binding.trusts.0.is_empty());
        if trusts || !seen.iter().any(Seen::is_alike) {
            return self.name(terms, scene, fresh, so_far);
        }
        if let Some(known) = self.decided.named.borrow().get(&seen) {
            let (names, evidence) = known.outcome.as_ref().map_err(Clone::clone)?;
            let named = fresh.iter().zip(names);
            let scene = named.fold(scene.clone(), |scene, (v, name)| scene.with(v, name.clone()));
            return Ok((scene, evidence.about(&known.of, &objects)));
        }
        let outcome = self.name(terms, scene, fresh, so_far);
        let names = |scene: &Scene<'a>| fresh.iter().filter_map(|v| scene.object(v).cloned()).collect();
        let known = outcome.as_ref().map(|(scene, evidence)| (names(scene), evidence.clone()));
        let known = Named { of: objects, outcome: known.map_err(Clone::clone) };
        self.decided.named.borrow_mut().insert(seen, known);
        outcome
    }

    /// The variables, as far as they are bound, of the needs that mention one.
    fn mentioned_with(&self, scene: &Scene<'a>, variable: &str) -> BTreeSet<&'a str> {
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
    ) -> (Vec<Arc<Object>>, Vec<Seen>) {
        let bound = variables.into_iter().filter_map(|v| Some((v, scene.object(v)?.clone())));
        bound.map(|(v, object)| (object.clone(), self.seen_as(v, &object))).unzip()
    }

    fn seen_as(&self, variable: &'a str, object: &Object) -> Seen {
        let itself = object.fresh || object.is_unnamed();
        let may_be_carried = self.finder.asker.carries_over() && !itself;
        let tails = || {
            let mut known = self.decided.tails.borrow_mut();
            known.entry(variable).or_insert_with(|| self.tails(variable).map(Arc::new)).clone()
        };
        let mark = may_be_carried.then(tails).flatten().and_then(|tails| self.mark(variable, object, &tails));
        mark.map_or_else(|| Seen::Itself(object.arn.clone()), Seen::Alike)
    }

    /// What follows the object's ARN in the resources of calls, up to a wildcard. What is decided of one object may be carried
    /// over to those that are alike if calls mention it by its ARN, first thing in their resource or in keys that no policy asks
    /// for, and none of them assumes it; otherwise `None`.
    fn tails(&self, variable: &str) -> Option<BTreeSet<String>> {
        let names = |t: &Template| t.references().any(|r| r.variable == variable);
        let is_arn = |t: &Template| tail_of(t, variable).is_some_and(|tail| tail.is_empty());
        let mut tails = BTreeSet::new();
        for call in self.primitive.needs.iter().flat_map(calls_of) {
            let context = call.context.iter().all(|(key, demand)| {
                let mut naming = demand.values.iter().filter(|t| names(t)).peekable();
                naming.peek().is_none() || naming.all(is_arn) && self.is_ignored(&fold_text(key))
            });
            if !context || is_assume_action(&call.action.to_ascii_lowercase()) {
                return None;
            }
            if let Some(resource) = call.resource.as_ref().filter(|t| names(t)) {
                tails.insert(tail_of(resource, variable)?);
            }
        }
        Some(tails)
    }

    /// Whether no policy that may have a say compares anything with a key's value.
    fn is_ignored(&self, key: &str) -> bool {
        let asker = self.finder.asker;
        self.telling().ignores(key) && asker.signatures.ignore(asker.estate, key)
    }

    fn telling(&self) -> &Telling {
        let estate = self.finder.asker.estate;
        let called = || Called::of(estate, self.primitive);
        self.decided.telling.get_or_init(|| Telling::of(estate, &self.holder.entity, called()))
    }

    fn mark(&self, variable: &'a str, object: &Object, tails: &BTreeSet<String>) -> Option<Arc<Mark>> {
        let asker = self.finder.asker;
        let mut marks = self.decided.marks.borrow_mut();
        let mark = || self.telling().mark(asker.estate, &asker.signatures, object, tails).map(Arc::new);
        marks.entry((variable, object.arn.clone())).or_insert_with(mark).clone()
    }
}

/// What follows the ARN of a variable's object, with which the template begins, up to a wildcard or another object.
fn tail_of(template: &Template, variable: &str) -> Option<String> {
    let (first, rest) = template.parts.split_first()?;
    let is_of = |r: &Reference| r.variable == variable;
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
