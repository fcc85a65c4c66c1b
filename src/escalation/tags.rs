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
use std::collections::BTreeMap;
use std::sync::Arc;

/// Tags that calls are to set: of the steps, by place.
pub(super) type Wanted = BTreeMap<usize, BTreeMap<String, String>>;

/// Whose tags a step changes: a principal's, or those of a session of it.
pub(super) enum Tagging<'i> {
    Principal(&'i Arc<str>),
    Session(&'i Session),
}

pub(super) fn tagging(instance: &Instance) -> Option<Tagging<'_>> {
    let of = instance.facts.iter().find_map(|f| if let Fact::Tagged(of) = f { Some(of) } else { None })?;
    let session = instance.facts.iter().find_map(Fact::session);
    Some(session.map_or(Tagging::Principal(of), Tagging::Session))
}

/// The tags that later requests of a chain show.
pub(super) fn wanted(chain: &Chain) -> Wanted {
    let tagging_at = |n: usize| chain.steps.get(n).and_then(|(instance, _)| tagging(instance));
    let each = (0..chain.steps.len()).filter_map(|n| Some((n, shown_after(chain, n, &tagging_at(n)?))));
    each.collect()
}

/// The tags shown after a step, up to the next one that changes them; of several values of a key the first.
fn shown_after(chain: &Chain, n: usize, tagging: &Tagging<'_>) -> BTreeMap<String, String> {
    let mut shown = BTreeMap::new();
    let of = match tagging {
        Tagging::Principal(of) => *of,
        Tagging::Session(session) => &session.principal,
    };
    let last = chain.end.0.session().map(|session| (session, &chain.end.1));
    let steps = chain.steps.iter().skip(n + 1);
    for (session, requests) in steps.map(|(i, evidence)| (&i.session, &evidence.steps)).chain(last) {
        let concerned = match tagging {
            Tagging::Principal(of) => session.principal == **of,
            Tagging::Session(tagged) => session == *tagged,
        };
        for request in requests.iter().flat_map(|step| std::iter::once(step).chain(&step.also_needs)) {
            let on = matches!(tagging, Tagging::Principal(_)) && *request.resource == **of;
            for (key, value) in tags_in(request, concerned, on) {
                shown.entry(key).or_insert(value);
            }
        }
    }
    shown
}

/// The tags that a request shows of its caller, or of the user or role that it is on.
fn tags_in(request: &Step, of_caller: bool, of_resource: bool) -> Vec<(String, String)> {
    let tag = |key: &str| -> Option<String> {
        let (family, tag) = key.split_once('/')?;
        let family = family.to_ascii_lowercase();
        let shows = of_caller && family == "aws:principaltag" || of_resource && family.ends_with(":resourcetag");
        shows.then(|| tag.to_owned())
    };
    let shown = request.context.iter().filter_map(|(key, value)| match value {
        ContextText::One(value) => Some((tag(key)?, value.clone())),
        ContextText::Many(_) => None,
    });
    shown.collect()
}

/// The step by a call that sets the tags; where there are none to set, by one that takes tags away, if it has such.
pub(super) fn setting(primitive: &Primitive, tags: &BTreeMap<String, String>) -> Primitive {
    let untags = primitive.needs.iter().any(|need| calls_to_untag(need));
    let mut setting = primitive.clone();
    setting.needs = primitive.needs.iter().filter_map(|need| narrowed(need, tags, untags)).collect();
    setting
}

fn untags(call: &Authorization) -> bool {
    call.action.split_once(':').is_some_and(|(_, name)| name.starts_with("Untag"))
}

fn calls_to_untag(need: &Need) -> bool {
    match need {
        Need::Call(call) => untags(call),
        Need::Any(any) => any.any.iter().any(calls_to_untag),
        Need::All(all) => all.all.iter().any(calls_to_untag),
    }
}

/// The need without the calls that do the other of setting and taking away.
fn narrowed(need: &Need, tags: &BTreeMap<String, String>, may_untag: bool) -> Option<Need> {
    let each = |needs: &[Need]| needs.iter().filter_map(|one| narrowed(one, tags, may_untag)).collect();
    match need {
        Need::Call(call) if untags(call) != (may_untag && tags.is_empty()) => None,
        Need::Call(call) => {
            let mut call = call.clone();
            for (tag, value) in tags {
                let text = Template { parts: vec![TemplatePart::Text(value.clone())] };
                call.context.insert(format!("aws:RequestTag/{tag}"), ContextDemand(vec![text]));
            }
            Some(Need::Call(call))
        }
        Need::Any(any) => Some(Need::Any(AnyOf { any: each(&any.any) })),
        Need::All(all) => Some(Need::All(AllOf { all: each(&all.all) })),
    }
}

/// The tags after a call.
pub(super) fn tags_after(before: &Tags, evidence: &Evidence, set: &BTreeMap<String, String>) -> Tags {
    let mut after = before.clone();
    let mut put = |tag: &str, value: &str| {
        after.retain(|(key, _)| !key.eq_ignore_ascii_case(tag));
        after.push((tag.into(), value.into()));
    };
    set.iter().for_each(|(tag, value)| put(tag, value));
    let contexts = || evidence.steps.iter().flat_map(|step| &step.context);
    for (key, value) in contexts() {
        let named = key.split_once('/').filter(|(family, _)| family.eq_ignore_ascii_case("aws:RequestTag"));
        if let (Some((_, tag)), ContextText::One(value)) = (named, value) {
            put(tag, value);
        }
    }
    let untagged = evidence.steps.iter().any(|step| step.action.contains(":Untag"));
    if untagged {
        let listed = contexts().find(|(key, _)| key.eq_ignore_ascii_case("aws:TagKeys"));
        let gone = |tag: &str| match listed {
            Some((_, ContextText::Many(keys))) => keys.iter().any(|key| key.eq_ignore_ascii_case(tag)),
            Some((_, ContextText::One(key))) => key.eq_ignore_ascii_case(tag),
            None => true,
        };
        after.retain(|(key, _)| !gone(key));
    }
    after
}
