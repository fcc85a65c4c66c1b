//! Tags in a chain: a call that changes tags sets certain ones, and what comes after it goes by those.
//!
//! While steps are looked for, tags that the attacker can change may be any. In a chain each request shows the tags that it
//! is made with, so the call is asked about with those, and the rest of the chain is made with what the call leaves.

use super::fact::{Fact, Session};
use super::replay::Chain;
use super::step::{Evidence, Instance};
use crate::question::Step;
use crate::question::answer::ContextText;
use gateproof_encodings::primitive::{
    AllOf, AnyOf, Authorization, ContextDemand, Need, Primitive, Template, TemplatePart,
};
use gateproof_model::account::Tags;
use gateproof_model::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What later requests show of a principal's tags: a value, or that there is none.
pub(super) type Shown = BTreeMap<String, Option<String>>;

/// What is shown after each step that changes tags, by the step's place.
pub(super) type Wanted = BTreeMap<usize, Shown>;

/// The value of a tag that only must be another one.
const ANOTHER: &str = "gateproof";

/// Whose tags a step changes: a principal's, or those of a session of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tagging<'i> {
    Principal(&'i Arc<str>),
    Session(&'i Session),
}

impl<'i> Tagging<'i> {
    /// The principal.
    pub fn of(&self) -> &'i Arc<str> {
        match self {
            Self::Principal(of) => of,
            Self::Session(session) => &session.principal,
        }
    }
}

pub(super) fn tagging(instance: &Instance) -> Option<Tagging<'_>> {
    instance.facts.iter().find_map(|fact| match fact {
        Fact::Tagged(of) => Some(Tagging::Principal(of)),
        Fact::TaggedSession(_) => instance.facts.iter().find_map(Fact::session).map(Tagging::Session),
        _ => None,
    })
}

/// The tags that later requests of a chain show.
pub(super) fn wanted(chain: &Chain) -> Wanted {
    let tagging_at = |n: usize| chain.steps.get(n).and_then(tagging);
    let each = (0..chain.steps.len()).filter_map(|n| Some((n, shown_after(chain, n, &tagging_at(n)?))));
    each.collect()
}

/// The same with every tag taken away that principals have: where none is shown, or another value, none may do as well.
pub(super) fn all_gone(chain: &Chain, wanted: &Wanted, snapshot: &Snapshot) -> Wanted {
    let tags_of = |n: usize| snapshot.principal(tagging(chain.steps.get(n)?)?.of())?.tags.as_ref();
    let none = |n: usize, shown: &Shown| {
        let own = tags_of(n).into_iter().flatten().map(|(tag, _)| tag.to_string());
        shown.keys().cloned().chain(own).map(|tag| (tag, None)).collect()
    };
    wanted.iter().map(|(n, shown)| (*n, none(*n, shown))).collect()
}

/// The same with another value of each tag that is not to be there: where it only must not be that one.
pub(super) fn all_other(wanted: &Wanted) -> Wanted {
    let other = |shown: &Shown| {
        shown.iter().map(|(tag, value)| (tag.clone(), value.clone().or(Some(ANOTHER.to_owned())))).collect()
    };
    wanted.iter().map(|(n, shown)| (*n, other(shown))).collect()
}

/// The tags shown after a step, until they are changed again; of several values of a key the first.
fn shown_after(chain: &Chain, n: usize, tagging_at: &Tagging<'_>) -> Shown {
    let mut shown = Shown::new();
    for later in n + 1..=chain.steps.len() {
        for (key, value) in shown_at(chain, later, tagging_at) {
            shown.entry(key).or_insert(value);
        }
        if chain.steps.get(later).and_then(tagging).as_ref() == Some(tagging_at) {
            break;
        }
    }
    shown
}

/// What the requests at a place of a chain show of the tags that a step changes; the last place is that of the target.
pub(super) fn shown_at(chain: &Chain, place: usize, tagging: &Tagging<'_>) -> Vec<(String, Option<String>)> {
    let (session, requests): (&Session, Vec<&Step>) = match (chain.steps.get(place), chain.by.session()) {
        (Some(instance), _) => (&instance.session, instance.evidence.steps().collect()),
        (None, Some(session)) => (session, chain.end.steps.iter().collect()),
        (None, None) => return Vec::new(),
    };
    let of = tagging.of();
    // Tags of a session hide the role's.
    let has_its_own = || {
        let opened = Some(Tagging::Session(session));
        chain.steps.iter().take(place).any(|earlier| self::tagging(earlier) == opened)
    };
    let concerned = match tagging {
        Tagging::Principal(of) => session.principal == **of && !has_its_own(),
        Tagging::Session(tagged) => session == *tagged,
    };
    let requests = requests.into_iter().flat_map(|step| std::iter::once(step).chain(&step.also_needs));
    let shown = requests.flat_map(|request| {
        let on = matches!(tagging, Tagging::Principal(_)) && *request.resource == **of;
        tags_in(request, concerned, on)
    });
    shown.collect()
}

/// The tags that a request shows of its caller, or of the user or role that it is on.
fn tags_in(request: &Step, of_caller: bool, of_resource: bool) -> Vec<(String, Option<String>)> {
    let tag_of = |key: &str, family: &str| -> Option<String> {
        let (before, tag) = key.split_once('/')?;
        before.to_ascii_lowercase().ends_with(family).then(|| tag.to_owned())
    };
    let of_session = request.session.iter().filter(|_| of_caller);
    let own = of_session.filter_map(|(key, value)| Some((tag_of(key, "aws:principaltag")?, value.clone())));
    let context = request.context.iter().filter(|_| of_resource);
    let on = context.filter_map(|(key, value)| match value {
        ContextText::One(value) => Some((tag_of(key, ":resourcetag")?, Some(value.clone()))),
        ContextText::Many(_) => None,
    });
    own.chain(on).collect()
}

/// What one call is to do about tags.
#[derive(Default)]
pub(super) struct TagChange {
    set: BTreeMap<String, String>,
    gone: BTreeSet<String>,
}

impl TagChange {
    /// What it takes to come from some tags to those shown; `None`: more than one call.
    pub fn between(before: &Tags, shown: &Shown) -> Option<Self> {
        let mut change = Self::default();
        for (tag, value) in shown {
            let present = before.iter().find(|(key, _)| key.eq_ignore_ascii_case(tag)).map(|(_, v)| &**v);
            match value {
                Some(value) if present != Some(value) => {
                    change.set.insert(tag.clone(), value.clone());
                }
                None if present.is_some() => {
                    change.gone.insert(tag.clone());
                }
                _ => {}
            }
        }
        (change.set.is_empty() || change.gone.is_empty()).then_some(change)
    }

    /// The step by a call that does it; `None`: by none of the step's.
    pub fn made_by(&self, primitive: &Primitive) -> Option<Primitive> {
        let mut setting = primitive.clone();
        setting.needs = primitive.needs.iter().map(|need| self.narrowed(need)).collect::<Option<_>>()?;
        Some(setting)
    }

    /// The need without the calls that do the other of setting and taking away.
    fn narrowed(&self, need: &Need) -> Option<Need> {
        let all = |needs: &[Need]| needs.iter().map(|one| self.narrowed(one)).collect::<Option<Vec<_>>>();
        match need {
            Need::Call(call) if untags(call) && !self.set.is_empty() => None,
            Need::Call(call) if !untags(call) && !self.gone.is_empty() => None,
            Need::Call(call) => {
                let mut call = call.clone();
                if let Some(tag) = self.gone.first().filter(|_| untags(&call)) {
                    let text = Template { parts: vec![TemplatePart::Text(tag.clone())] };
                    call.context.insert("aws:TagKeys".to_owned(), ContextDemand::one_of(vec![text]));
                }
                for (tag, value) in &self.set {
                    let text = Template { parts: vec![TemplatePart::Text(value.clone())] };
                    call.context.insert(format!("aws:RequestTag/{tag}"), ContextDemand::one_of(vec![text]));
                }
                Some(Need::Call(call))
            }
            Need::Any(any) => {
                let any: Vec<Need> = any.any.iter().filter_map(|one| self.narrowed(one)).collect();
                (!any.is_empty()).then_some(Need::Any(AnyOf { any }))
            }
            Need::All(needs) => Some(Need::All(AllOf { all: all(&needs.all)? })),
        }
    }

    /// The tags after the call.
    pub fn after(&self, before: &Tags, evidence: &Evidence) -> Tags {
        let mut after = before.clone();
        let mut put = |tag: &str, value: &str| {
            after.retain(|(key, _)| !key.eq_ignore_ascii_case(tag));
            after.push((tag.into(), value.into()));
        };
        self.set.iter().for_each(|(tag, value)| put(tag, value));
        let contexts = || evidence.steps().flat_map(|step| &step.context);
        for (key, value) in contexts() {
            let named =
                key.split_once('/').filter(|(family, _)| family.eq_ignore_ascii_case("aws:RequestTag"));
            if let (Some((_, tag)), ContextText::One(value)) = (named, value) {
                put(tag, value);
            }
        }
        if evidence.steps().any(|step| step.action.contains(":Untag")) {
            let listed = contexts().find(|(key, _)| key.eq_ignore_ascii_case("aws:TagKeys"));
            let gone = |tag: &str| match listed {
                Some((_, ContextText::Many(keys))) => keys.iter().any(|key| key.eq_ignore_ascii_case(tag)),
                Some((_, ContextText::One(key))) => key.eq_ignore_ascii_case(tag),
                None => self.gone.iter().any(|key| key.eq_ignore_ascii_case(tag)),
            };
            after.retain(|(key, _)| !gone(key));
        }
        after
    }
}

fn untags(call: &Authorization) -> bool {
    call.action.split_once(':').is_some_and(|(_, name)| name.starts_with("Untag"))
}
