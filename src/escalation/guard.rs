//! Whether the calls of a step are allowed: each a question of its own; calls about one new object together.

use super::alike::Signatures;
use super::aside::Aside;
use super::needs::Call;
use super::session::Holder;
use crate::ask::{
    AskError, Bond, CallerEntity, Estate, OneCall, OneName, PieceProof, Prepared, Second, Settings, Tied,
    Unlike, Within, passes_role,
};
use crate::question::{Answer, Constraint, Quantifier, Requests, Step, Undecided, Verdict};
use gateproof_encodings::term::Terms;
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

/// What a guard comes to.
#[derive(Debug, Clone)]
pub(super) enum Guard {
    /// Requests that are all allowed.
    Holds(Arc<Allowed>),
    /// Some call of it is never allowed.
    Never(Refuted),
    /// Neither is shown.
    Unknown(Undecided),
}

/// Requests that are allowed, with what they take for granted.
#[derive(Debug, Clone, Default)]
pub(super) struct Allowed {
    pub steps: Vec<Step>,
    pub assumptions: Vec<String>,
}

/// What was refuted on the way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Refuted {
    pub formulas: usize,
    /// Those that were false as they stood.
    pub folded: usize,
    pub seconded: usize,
    pub second_unknown: usize,
}

/// Asks about calls in one state of the policies.
pub(super) struct Asker<'w> {
    pub estate: &'w Estate,
    settings: Cow<'w, Settings>,
    prepared: Mutex<FxHashMap<Key, Arc<Prepared<'w>>>>,
    /// So many are kept.
    most: usize,
    /// What services can do, which is the same for every session.
    services: Mutex<Aside<FxHashMap<Key, Guard>>>,
    /// The roles that may let a service in, by partition and by service and call.
    trusting: Mutex<FxHashMap<(Arc<str>, String), Roles>>,
    /// Whether all names are like some, by these.
    like: Mutex<FxHashMap<Unlike, bool>>,
    /// What resources' policies say.
    pub signatures: Signatures,
}

/// What the calls on one new object come to together.
#[derive(Debug, Clone)]
pub(super) enum Together {
    /// No name for it makes them all allowed.
    Never(Refuted),
    /// One that may.
    Name(String),
    /// Neither is shown.
    Unknown(String),
}

/// What authorizations that hang together come to.
pub(super) enum Joined {
    /// They are not had together.
    Never(Refuted),
    /// What a call that may have them all has; then each is to be asked about with it.
    Seen(Vec<Constraint>),
    Unknown,
}

type Key = (String, Vec<String>, String);

/// Roles by their ARNs.
type Roles = Arc<FxHashSet<Arc<str>>>;

impl<'w> Asker<'w> {
    pub fn new(estate: &'w Estate, settings: impl Into<Cow<'w, Settings>>) -> Self {
        Self {
            estate,
            settings: settings.into(),
            prepared: Mutex::default(),
            most: usize::MAX,
            services: Mutex::default(),
            trusting: Mutex::default(),
            like: Mutex::default(),
            signatures: Signatures::default(),
        }
    }

    /// Whether what is decided of one object may be carried over to those that are alike.
    pub fn carries_over(&self) -> bool {
        !self.settings.exhaustive
    }

    /// Whether the holder can make the call.
    pub fn ask(&self, terms: &mut Terms, holder: &Holder, call: &Call) -> Guard {
        let caller;
        let (entity, when) = match &call.service {
            Some(name) => {
                caller = CallerEntity::behind(name, &call.action, &holder.entity.partition);
                (&caller, [].as_slice())
            }
            None => (&holder.entity, holder.when.as_slice()),
        };
        match self.prepared(call, when) {
            Ok(prepared) => guard_of(self.estate.ask(terms, entity, &prepared)),
            Err(error) => Guard::Unknown(Undecided { reason: error.to_string(), place: call.action.clone() }),
        }
    }

    /// The roles that may let the holder in by a call of `sts`; the others don't.
    pub fn may_admit(&self, holder: &Holder, action: &str) -> Option<FxHashSet<Arc<str>>> {
        let call =
            Call { action: action.to_owned(), resources: Vec::new(), context: Vec::new(), service: None };
        let prepared = self.prepared(&call, &holder.when).ok()?;
        Some(self.estate.may_admit(&holder.entity, &prepared))
    }

    /// On which resources the holder may be allowed the action of a call.
    pub fn within(&self, holder: &Holder, call: &Call) -> Option<Within> {
        let prepared = self.prepared(call, &[]).ok()?;
        self.estate.within(&holder.entity, &prepared)
    }

    /// The roles that may let a service in by a call of `sts`; the others don't.
    pub fn may_trust(&self, partition: &Arc<str>, service: &str, action: &str) -> Option<Roles> {
        let key = (partition.clone(), format!("{service} {action}"));
        if let Some(known) = self.trusting.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Some(known.clone());
        }
        let call = Call {
            action: action.to_owned(),
            resources: Vec::new(),
            context: Vec::new(),
            service: Some(service.to_owned()),
        };
        let caller = crate::ask::CallerEntity::service(service, partition);
        let prepared = self.prepared(&call, &[]).ok()?;
        let roles = Arc::new(self.estate.may_admit(&caller, &prepared));
        let mut trusting = self.trusting.lock().unwrap_or_else(PoisonError::into_inner);
        Some(trusting.entry(key).or_insert(roles).clone())
    }

    /// The same of a call that a service makes, remembered.
    pub fn ask_service(&self, terms: &mut Terms, holder: &Holder, call: &Call) -> Guard {
        let key = (
            format!("{} {}", call.service.as_deref().unwrap_or_default(), call.action),
            call.resources.clone(),
            call.context.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        );
        let known = self.services.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(guard) = known {
            return guard;
        }
        let guard = self.ask(terms, holder, call);
        self.services.lock().unwrap_or_else(PoisonError::into_inner).insert(key, guard.clone());
        guard
    }

    /// Whether a caller can make some request of a question.
    pub fn question(&self, terms: &mut Terms, entity: &CallerEntity, requests: &Requests) -> Guard {
        match self.ready(requests) {
            Ok(prepared) => guard_of(self.estate.ask(terms, entity, &prepared)),
            Err(error) => Guard::Unknown(Undecided { reason: error.to_string(), place: String::new() }),
        }
    }

    fn ready(&self, requests: &Requests) -> Result<Arc<Prepared<'w>>, AskError> {
        let key = (
            format!("{:?}", (&requests.actions, &requests.access, &requests.within)),
            requests.resources.clone(),
            format!("{:?}", requests.when),
        );
        let known = self.prepared.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        match known {
            Some(prepared) => Ok(prepared),
            None => {
                let prepared = self.estate.prepare(requests.clone(), Quantifier::Some, &self.settings)?;
                Ok(self.keep(key, Arc::new(prepared)))
            }
        }
    }

    /// Whether one name of a new object suits the calls on it.
    pub fn together(&self, holder: &Holder, calls: &Tied<Call>) -> Together {
        let prepared = match calls.try_map(&mut |call| self.prepared(call, &holder.when)) {
            Ok(prepared) => prepared,
            Err(error) => return Together::Unknown(error.to_string()),
        };
        match self.estate.one_name(&holder.entity, &prepared) {
            OneName::Never(proof) => Together::Never(refuted_by(&proof)),
            OneName::Name(name) => Together::Name(name),
            OneName::Unknown(reason) => Together::Unknown(reason.to_string()),
        }
    }

    /// Whether one call may have all of some authorizations.
    pub fn one_call(&self, holder: &Holder, calls: &[Call]) -> Joined {
        let prepared =
            calls.iter().map(|call| self.prepared(call, &holder.when)).collect::<Result<Vec<_>, _>>();
        let Ok(prepared) = prepared else { return Joined::Unknown };
        self.joined(&holder.entity, &prepared, Bond::OneCall)
    }

    /// Whether a caller can make some request of each question, so that they hang together.
    pub fn questions(&self, entity: &CallerEntity, all: &[Requests], bond: Bond) -> Joined {
        let ready = all.iter().map(|requests| self.ready(requests)).collect::<Result<Vec<_>, _>>();
        ready.map_or(Joined::Unknown, |prepared| self.joined(entity, &prepared, bond))
    }

    fn joined(&self, entity: &CallerEntity, all: &[Arc<Prepared<'w>>], bond: Bond) -> Joined {
        match self.estate.one_call(entity, all, bond) {
            OneCall::Never(proof) => Joined::Never(refuted_by(&proof)),
            OneCall::Seen(seen) => Joined::Seen(seen),
            OneCall::Unknown => Joined::Unknown,
        }
    }

    /// Whether each name that an object could have is like one of some, whoever makes it.
    pub fn is_like_one(&self, names: &Unlike) -> bool {
        if let Some(known) = self.like.lock().unwrap_or_else(PoisonError::into_inner).get(names) {
            return *known;
        }
        let like = self.estate.is_like_one(names, &self.settings.effort.limits);
        self.like.lock().unwrap_or_else(PoisonError::into_inner).insert(names.clone(), like);
        like
    }

    fn prepared(&self, call: &Call, when: &[Constraint]) -> Result<Arc<Prepared<'w>>, AskError> {
        let mut all = when.to_vec();
        all.extend(call.context.iter().cloned());
        let text: Vec<String> = all.iter().map(ToString::to_string).collect();
        let key = (call.action.clone(), call.resources.clone(), text.join(" "));
        let known = self.prepared.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(prepared) = known {
            return Ok(prepared);
        }
        let requests = Requests {
            actions: vec![call.action.clone()],
            resources: call.resources.clone(),
            when: all,
            ..Requests::default()
        };
        let prepared = Arc::new(self.estate.prepare(requests, Quantifier::Some, &self.settings)?);
        Ok(self.keep(key, prepared))
    }

    /// Keeps a question that was made ready, unless another thread did. Where there are very many, all are made anew: this bounds memory.
    fn keep(&self, key: Key, prepared: Arc<Prepared<'w>>) -> Arc<Prepared<'w>> {
        let mut memory = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.len() >= self.most {
            memory.clear();
        }
        memory.entry(key).or_insert(prepared).clone()
    }

    /// The same, keeping so many questions ready at most.
    pub fn keeping(self, most: usize) -> Self {
        Self { most, ..self }
    }
}

fn refuted_by(proof: &PieceProof) -> Refuted {
    Refuted {
        formulas: 1,
        folded: usize::from(proof.folded),
        seconded: usize::from(proof.second == Second::Refuted),
        second_unknown: usize::from(proof.second == Second::Unknown),
    }
}

fn guard_of(answer: Answer) -> Guard {
    match answer.verdict {
        Verdict::Reachable => {
            let steps = answer.witness.map(|w| w.steps).unwrap_or_default();
            // Which role a call passes is said, and asked about, by the step.
            let passed: Vec<String> = steps.iter().filter_map(|s| passes_role(&s.action)).collect();
            let assumptions = answer.assumptions.iter().filter(|a| !passed.contains(a)).cloned().collect();
            Guard::Holds(Arc::new(Allowed { steps, assumptions }))
        }
        Verdict::Impossible => {
            let proof = answer.proof;
            Guard::Never(proof.map_or_else(Refuted::default, |p| Refuted {
                formulas: p.formulas,
                folded: p.folded,
                seconded: p.seconded,
                second_unknown: p.second_unknown,
            }))
        }
        Verdict::Undecided => {
            Guard::Unknown(answer.undecided.unwrap_or_else(|| Undecided {
                reason: "no reason was given".to_owned(),
                place: String::new(),
            }))
        }
    }
}
