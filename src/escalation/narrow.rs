//! The objects of a variable that a caller may be allowed the step's calls on, as far as statements list resources: the others
//! need no question.

use super::bind::Object;
use super::by_arn::{Index, Placed};
use super::needs::Call;
use super::ways::Search;
use crate::ask::Within;
use gateproof_encodings::primitive::{Authorization, Need, Template, TemplatePart};
use gateproof_encodings::scope::is_assume_action;
use gateproof_model::arn::Arn;
use rustc_hash::FxHashSet;
use std::sync::{Arc, PoisonError};

/// A need of a variable's object, as far as statements tell that it can't be met.
pub(super) enum Wants<'p> {
    /// A call on what a field of the object names, and what follows it.
    Call(Arc<Within>, &'p str, &'p [TemplatePart]),
    /// One of these.
    Any(Vec<Wants<'p>>),
    /// All of these.
    All(Vec<Wants<'p>>),
}

impl Wants<'_> {
    /// Whether the object may meet it.
    fn may_be_met(&self, object: &Object) -> bool {
        match self {
            Self::Call(within, field, rest) => {
                let may_be = |named: &Arc<str>| may_include(within, object, field, named, rest);
                object.lacks(field) || object.field(field).iter().any(may_be)
            }
            Self::Any(any) => any.iter().any(|one| one.may_be_met(object)),
            Self::All(all) => all.iter().all(|one| one.may_be_met(object)),
        }
    }

    /// Objects among which those that may meet it are, but for such as go by other ARNs; `None`: it tells nothing.
    pub fn find(&self, index: &Index) -> Option<Vec<Placed>> {
        match self {
            Self::Call(within, "arn", rest) => find_within(within, !rest.is_empty(), index),
            Self::Call(..) => None,
            Self::Any(any) => {
                let each = any.iter().map(|one| one.find(index));
                each.collect::<Option<Vec<_>>>().map(|found| found.into_iter().flatten().collect())
            }
            Self::All(all) => all.iter().filter_map(|one| one.find(index)).min_by_key(Vec::len),
        }
    }
}

/// Whether resources may include what a field of an object names, with what follows it.
fn may_include(within: &Within, object: &Object, field: &str, named: &str, rest: &[TemplatePart]) -> bool {
    let owner = match field {
        "arn" => &object.account,
        _ => Arn::parse(named).map_or("", |arn| arn.account),
    };
    let (head, is_glob) = named.split_once(['*', '?']).map_or((named, false), |(head, _)| (head, true));
    let tail = match rest.first() {
        _ if is_glob => Some(""),
        None => None,
        Some(TemplatePart::Text(text)) => text.split(['*', '?']).next(),
        Some(_) => Some(""),
    };
    within.may_include(owner, head, tail)
}

/// The objects that resources are; `more`: or that resources begin with.
fn find_within(within: &Within, more: bool, index: &Index) -> Option<Vec<Placed>> {
    let account = within.account.as_ref()?;
    let mut found = Vec::new();
    let heads: FxHashSet<&str> = match &within.own {
        Some(own) => own.iter().map(|(head, _)| head.as_str()).collect(),
        None => [""].into_iter().collect(),
    };
    for (objects, head) in index.owned_by(account).flat_map(|o| heads.iter().map(move |head| (o, *head))) {
        found.extend_from_slice(objects.beginning_with(head));
        if more {
            found.extend(objects.that_begin(head));
        }
    }
    for arn in within.shared.iter().chain(&within.granted) {
        found.extend_from_slice(index.all.beginning_with(arn));
        found.extend(index.all.that_begin(arn));
    }
    Some(found)
}

impl<'a> Search<'_, 'a, '_> {
    /// What the needs want of a variable's object.
    pub fn wants(&self, variable: &str) -> Wants<'a> {
        let exhaustive = !self.finder.asker.carries_over();
        let needs = self.primitive.needs.iter().filter(|_| !exhaustive);
        Wants::All(needs.filter_map(|need| self.wanted_by(variable, need)).collect())
    }

    /// Whether the object may be one on which the calls are allowed.
    pub fn may_suit(&self, wants: &Wants<'_>, object: &Object) -> bool {
        object.fresh || wants.may_be_met(object) || object.is_unnamed()
    }

    /// The objects of a kind that are worth a look, in their order: what the needs want tells them, and the roles that admit
    /// the caller. `None`: all.
    pub fn near(
        &self,
        wants: &Wants<'_>,
        admitting: Option<&FxHashSet<Arc<str>>>,
        kind: &str,
    ) -> Option<Vec<Arc<Object>>> {
        let index = self.finder.objects.by_arn(kind);
        match admitting {
            Some(roles) => Some(index.named(roles)),
            None => wants.find(&index).map(|found| index.in_order(found)),
        }
    }

    /// `None`: nothing that statements tell.
    fn wanted_by(&self, variable: &str, need: &'a Need) -> Option<Wants<'a>> {
        match need {
            Need::Call(call) => self.wanted_by_call(variable, call),
            Need::Any(any) => {
                let each = any.any.iter().map(|one| self.wanted_by(variable, one));
                each.collect::<Option<Vec<_>>>().map(Wants::Any)
            }
            Need::All(all) => {
                let each = all.all.iter().filter_map(|one| self.wanted_by(variable, one));
                Some(Wants::All(each.collect()))
            }
        }
    }

    fn wanted_by_call(&self, variable: &str, call: &'a Authorization) -> Option<Wants<'a>> {
        let by_service = call.caller.as_deref().is_some_and(|caller| caller != "$me");
        // Who may assume a role is narrowed down by its trust policy.
        if by_service || is_assume_action(&call.action.to_ascii_lowercase()) {
            return None;
        }
        let (field, rest) = after_field(call.resource.as_ref()?, variable)?;
        let within = self.within(&call.action)?;
        (!within.is_everything()).then_some(Wants::Call(within, field, rest))
    }

    /// On which resources the session may be allowed an action.
    fn within(&self, action: &str) -> Option<Arc<Within>> {
        let shared = &self.finder.shared.within;
        if let Some(known) = shared.lock().unwrap_or_else(PoisonError::into_inner).get(action) {
            return known.clone();
        }
        let call =
            Call { action: action.to_owned(), resources: Vec::new(), context: Vec::new(), service: None };
        let within = self.finder.asker.within(self.holder, &call).map(Arc::new);
        shared.lock().unwrap_or_else(PoisonError::into_inner).insert(action.to_owned(), within.clone());
        within
    }
}

/// A field of a variable's object and what follows it, where the template begins with it.
fn after_field<'p>(template: &'p Template, variable: &str) -> Option<(&'p str, &'p [TemplatePart])> {
    let (first, rest) = template.parts.split_first()?;
    match first {
        TemplatePart::Field(r) if r.variable == variable => Some((&r.field, rest)),
        _ => None,
    }
}
