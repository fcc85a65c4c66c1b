//! `edges`: what each principal can come to in one step.

use super::fact::Fact;
use super::reach::{EscalationSettings, gains};
use super::search::Search;
use super::session::Start;
use crate::ask::Estate;
use crate::question::{Step, Undecided};
use std::sync::Arc;

/// One step that one principal can make.
#[derive(Debug, Clone)]
pub struct Edge {
    /// The ARN of the principal that makes it.
    pub from: Arc<str>,
    /// The principal whose sessions it gives; `None`: it changes policies or content.
    pub to: Option<Arc<str>>,
    /// The primitive's id.
    pub technique: String,
    /// What it gives, in words.
    pub gains: String,
    /// The requests, each confirmed by the reference evaluator; none where it is not known whether they are allowed.
    pub requests: Vec<Step>,
    /// What the step takes for granted.
    pub assumptions: Vec<String>,
    /// Why it is not known whether the step can be made.
    pub undecided: Option<Undecided>,
}

impl Estate {
    /// Every step that a user or role of the snapshot can make with the policies as they are. Steps are in the order of
    /// principals and techniques.
    pub fn edges(&self, settings: &EscalationSettings) -> Vec<Edge> {
        let callers = self.callers().iter().filter(|c| !c.id.ends_with(":root")).cloned().collect();
        let start = Start { callers, when: Vec::new() };
        let search = Search {
            estate: self,
            primitives: &settings.primitives,
            settings: &settings.ask,
            start: &start,
            goal: None,
            every_way: true,
        };
        let mut edges = Vec::new();
        for instance in search.once_replayed() {
            let Some(primitive) = settings.primitives.get(instance.primitive) else { continue };
            let held: Vec<Option<Arc<str>>> = instance
                .facts
                .iter()
                .filter_map(Fact::session)
                .map(|session| Some(session.principal.clone()))
                .collect();
            let mut assumptions: Vec<String> = instance.evidence.assumptions().cloned().collect();
            assumptions.extend(primitive.state.iter().chain(&primitive.external).cloned());
            for to in if held.is_empty() { vec![None] } else { held } {
                edges.push(Edge {
                    from: instance.session.principal.clone(),
                    to,
                    technique: primitive.id.clone(),
                    gains: gains(&instance),
                    requests: instance.evidence.steps().cloned().collect(),
                    assumptions: assumptions.clone(),
                    undecided: instance.evidence.unknown.clone(),
                });
            }
        }
        edges
    }
}
