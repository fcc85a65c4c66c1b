//! The needs of a step that one more object makes decidable; what is decided of some objects is carried over to those that are
//! alike.

use super::alike::{Called, Mark, Telling};
use super::bind::{Object, Scene};
use super::guard::Refuted;
use super::needs::{calls_of, references};
use super::step::Evidence;
use super::ways::Search;
use gateproof_encodings::primitive::{Authorization, Template};
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
    shareable: RefCell<FxHashMap<String, bool>>,
    marks: RefCell<FxHashMap<Arc<str>, Option<Arc<Mark>>>>,
    known: RefCell<FxHashMap<(&'p str, Vec<Seen>), Known>>,
}

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

impl<'a> Search<'_, 'a, '_> {
    /// The needs that a variable's object makes decidable.
    pub fn admitted(
        &self,
        terms: &mut Terms,
        scene: &Scene<'a>,
        variable: &'a str,
    ) -> Result<Evidence, Refuted> {
        let mentioned = self.mentioned_with(scene, variable);
        let objects: Vec<Arc<Object>> = mentioned.iter().filter_map(|v| scene.object(v).cloned()).collect();
        let seen: Vec<Seen> = mentioned.iter().zip(&objects).map(|(v, o)| self.seen(v, o)).collect();
        if !seen.iter().any(|s| matches!(s, Seen::Alike(_))) {
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

    /// The variables of the needs that the object of one makes decidable.
    fn mentioned_with(&self, scene: &Scene<'a>, variable: &str) -> BTreeSet<&'a str> {
        let mut mentioned = BTreeSet::new();
        for need in &self.primitive.needs {
            let references = references(need);
            if references.iter().any(|r| r.variable == variable) && scene.binds(references.iter().copied()) {
                mentioned.extend(references.iter().map(|r| r.variable.as_str()).filter(|v| *v != "me"));
            }
        }
        mentioned
    }

    fn admit(&self, terms: &mut Terms, scene: &Scene<'a>, variable: &str) -> Result<Evidence, Refuted> {
        let mut evidence = Evidence::default();
        for need in &self.primitive.needs {
            let mentioned = references(need);
            let concerned = mentioned.iter().any(|r| r.variable == variable);
            if concerned && scene.binds(mentioned.into_iter()) {
                evidence.add(self.check(terms, scene, need))?;
            }
        }
        Ok(evidence)
    }

    fn seen(&self, variable: &str, object: &Object) -> Seen {
        let may_be_carried = self.finder.asker.carries_over() && !object.fresh;
        let mut known = self.decided.shareable.borrow_mut();
        let shareable = may_be_carried
            && *known.entry(variable.to_owned()).or_insert_with(|| self.is_shareable(variable));
        match shareable.then(|| self.mark(object)).flatten() {
            Some(mark) => Seen::Alike(mark),
            None => Seen::Itself(object.arn.clone()),
        }
    }

    /// Whether what is decided of one object of the variable may be carried over to those that are alike: calls
    /// mention it by its ARN as their resource, or in keys that no policy asks for, and none of them assumes it.
    fn is_shareable(&self, variable: &str) -> bool {
        let is_arn = |t: &Template| t.parts.len() == 1 && t.references().all(|r| r.field == "arn");
        let names = |t: &Template| t.references().any(|r| r.variable == variable);
        let plain = |call: &Authorization| {
            let resource = call.resource.as_ref().is_none_or(|t| !names(t) || is_arn(t));
            let context = call.context.iter().all(|(key, demand)| {
                let mut naming = demand.0.iter().filter(|t| names(t)).peekable();
                naming.peek().is_none() || naming.all(is_arn) && self.is_ignored(&fold_text(key))
            });
            resource && context && !is_assume_action(&call.action.to_ascii_lowercase())
        };
        self.primitive.needs.iter().flat_map(calls_of).all(plain)
    }

    /// Whether no policy that may have a say compares anything with a key's value.
    fn is_ignored(&self, key: &str) -> bool {
        let asker = self.finder.asker;
        self.telling().ignores(key) && asker.signatures.ignore(asker.estate, key)
    }

    fn telling(&self) -> &Telling {
        let estate = self.finder.asker.estate;
        let called = || Called::of(estate, self.n, self.primitive);
        self.decided.telling.get_or_init(|| Telling::of(estate, &self.holder.entity, called()))
    }

    fn mark(&self, object: &Object) -> Option<Arc<Mark>> {
        let asker = self.finder.asker;
        let mut marks = self.decided.marks.borrow_mut();
        let mark = || self.telling().mark(asker.estate, &asker.signatures, object).map(Arc::new);
        marks.entry(object.arn.clone()).or_insert_with(mark).clone()
    }
}
