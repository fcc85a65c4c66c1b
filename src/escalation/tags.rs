//! Tags that a chain sets or takes away: which, so that the calls may set those, and what comes after is replayed with them.
//!
//! The search takes the tags of a principal that can be tagged for open. A chain says which it makes of them: the tags that its
//! later requests carry.

use super::bind::Objects;
use super::chain::Chain;
use super::fact::Fact;
use super::guard::Asker;
use super::needs::Call;
use super::session::Holder;
use super::step::{Evidence, Finder, Instance, Shared};
use crate::question::answer::ContextText;
use crate::question::constraint::Demand;
use crate::question::{Constraint, Step};
use gateproof_encodings::primitive::Primitive;
use gateproof_encodings::term::Terms;
use gateproof_model::account::Tags;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The value of a tag that only must be another one.
const ANOTHER: &str = "gateproof";

/// What a step makes of a principal's tags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TagChange {
    pub set: Vec<(Arc<str>, Arc<str>)>,
    pub gone: Vec<Arc<str>>,
}

/// Whose tags a step leaves open.
pub(super) fn open_tags(instance: &Instance) -> Option<Arc<str>> {
    instance.facts.iter().find_map(|f| if let Fact::Tagged(of) = f { Some(of.clone()) } else { None })
}

/// The same step with the tags settled.
pub(super) fn with_tags(instance: &Instance, change: &TagChange) -> Instance {
    let mut settled = instance.clone();
    for fact in &mut settled.facts {
        if let Fact::Tagged(of) = fact {
            let (set, gone) = (change.set.clone().into(), change.gone.clone().into());
            *fact = Fact::Tags { of: of.clone(), set, gone };
        }
    }
    settled
}

/// What the `n`th step may make of the tags, likeliest first: the tags that later requests carry, or tags fewer than there are,
/// or other values.
pub(super) fn likely_changes(chain: &Chain, n: usize, of: &Arc<str>, base: &Tags) -> Vec<TagChange> {
    let carried = carried_after(chain, n, of);
    let same =
        |key: &str, value: &str| base.iter().any(|(k, v)| k.eq_ignore_ascii_case(key) && **v == *value);
    let set: Vec<(Arc<str>, Arc<str>)> = carried.values().filter(|(k, v)| !same(k, v)).cloned().collect();
    let missing: Vec<Arc<str>> = base
        .iter()
        .map(|(k, _)| k.clone())
        .filter(|k| !carried.contains_key(&k.to_ascii_lowercase()))
        .collect();
    let setting = |set| TagChange { set, ..TagChange::default() };
    let taking = |gone| TagChange { gone, ..TagChange::default() };
    let mut changes = Vec::new();
    if !set.is_empty() {
        changes.push(setting(set));
    }
    if missing.len() > 1 {
        changes.push(taking(missing.clone()));
    }
    changes.extend(missing.iter().map(|key| taking(vec![key.clone()])));
    changes.extend(missing.into_iter().map(|key| setting(vec![(key, ANOTHER.into())])));
    changes
}

/// Tags by their keys in lower case.
type Carried = BTreeMap<String, (Arc<str>, Arc<str>)>;

/// The tags that requests after the step carry of the principal, as the one who calls and as the resource.
fn carried_after(chain: &Chain, n: usize, of: &Arc<str>) -> Carried {
    let mut carried = BTreeMap::new();
    for (instance, evidence) in chain.steps.iter().skip(n + 1) {
        collect(&evidence.steps, instance.session.principal == *of, of, &mut carried);
    }
    let (session, last, _) = &chain.end;
    let calls = session.session().is_some_and(|s| s.principal == *of);
    collect(last, calls, of, &mut carried);
    carried
}

fn collect(steps: &[Step], calls: bool, of: &Arc<str>, carried: &mut Carried) {
    for step in steps {
        let context = step.context.iter().filter_map(|(key, value)| match value {
            ContextText::One(value) => Some((key, value)),
            ContextText::Many(_) => None,
        });
        let session = step.session.iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
        for (key, value) in context.chain(session) {
            let Some((family, tag)) = key.split_once('/') else { continue };
            let family = family.to_ascii_lowercase();
            let told = calls && family == "aws:principaltag"
                || step.resource == **of && family.ends_with(":resourcetag");
            if told {
                carried.insert(tag.to_ascii_lowercase(), (tag.into(), value.as_str().into()));
            }
        }
        collect(&step.also_needs, calls, of, carried);
    }
}

/// Asks for the calls of a step that settles tags.
pub(super) struct Tagging<'t, 'w> {
    pub asker: &'t Asker<'w>,
    pub objects: &'t Objects<'t>,
    pub holder: &'t Holder,
}

impl<'t> Tagging<'t, '_> {
    /// The requests of the step; `None` where it doesn't settle any tags.
    pub fn made(&self, instance: &Instance, primitive: &'t Primitive) -> Option<Option<Evidence>> {
        let (of, set, gone) = instance.facts.iter().find_map(|fact| match fact {
            Fact::Tags { of, set, gone } => Some((of, set, gone)),
            _ => None,
        })?;
        let set: Vec<Constraint> = set
            .iter()
            .map(|(key, value)| Constraint {
                key: format!("aws:RequestTag/{key}"),
                demand: Demand::Equals(value.to_string()),
            })
            .collect();
        let gone: Vec<Constraint> = gone
            .iter()
            .map(|key| Constraint { key: "aws:TagKeys".to_owned(), demand: Demand::Matches(key.to_string()) })
            .collect();
        if instance.facts.iter().any(|fact| fact.session().is_some()) {
            return Some(self.with_session(instance, primitive, set).filter(|_| gone.is_empty()));
        }
        let kind = if of.contains(":user/") { "User" } else { "Role" };
        let calls = [("Tag", set), ("Untag", gone)].into_iter().filter(|(_, context)| !context.is_empty());
        let mut evidence = Evidence::default();
        for (verb, context) in calls {
            let action = format!("iam:{verb}{kind}");
            let call = Call { action, resources: vec![of.to_string()], context, service: None };
            if evidence.add(self.asker.ask(&mut Terms::default(), self.holder, &call)).is_err() {
                return Some(None);
            }
        }
        Some(Some(evidence).filter(|e| e.unknown.is_none() && !e.steps.is_empty()))
    }

    /// A step that opens a session with tags: all its calls carry them.
    fn with_session(
        &self,
        instance: &Instance,
        primitive: &'t Primitive,
        tags: Vec<Constraint>,
    ) -> Option<Evidence> {
        let mut holder = self.holder.clone();
        holder.when.extend(tags);
        let shared = Shared::default();
        let finder = Finder {
            asker: self.asker,
            objects: self.objects,
            session: &instance.session,
            holder: &holder,
            shared: &shared,
        };
        let evidence = finder.again(&mut Terms::default(), instance, primitive).ok()?;
        evidence.unknown.is_none().then_some(evidence)
    }
}
