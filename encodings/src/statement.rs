//! One statement as a formula: action, resource and conditions. Who it names is another matter
//! ([`crate::principal`]).
//!
//! IAM User Guide, "IAM JSON policy elements: Action", "…: Resource", "…: NotAction", "…: NotResource".
//! CONFORMANCE 2.1 to 2.3, 2.6.

use crate::actions::ActionRanges;
use crate::compiled::{Clause, CompiledDocument};
use crate::encoder::{Encoder, Subject};
use crate::field::Field;
use crate::term::{Term, Terms};
use gateproof_model::catalogue::ActionId;
use gateproof_model::policy::{Effect, Statement};
use std::sync::Arc;

/// The actions that may be meant, where they are told.
struct Asked {
    id: Option<ActionId>,
    among: Option<Arc<ActionRanges>>,
}

impl Asked {
    fn is_told(&self) -> bool {
        self.id.is_some() || self.among.is_some()
    }

    fn meets(&self, actions: &ActionRanges) -> bool {
        match (self.id, &self.among) {
            (Some(id), _) => actions.contains(id),
            (None, Some(among)) => actions.meets(among),
            (None, None) => true,
        }
    }
}

impl Encoder<'_> {
    /// The statements of this effect, with their places, that can be about the request's action.
    pub(crate) fn concerned<'d>(
        &self,
        document: &'d CompiledDocument,
        effect: Effect,
    ) -> impl Iterator<Item = (usize, &'d Statement)> + use<'d> {
        let asked = Asked { id: self.scope.action_id, among: self.scope.among.clone() };
        let known = asked.is_told().then(|| document.actions(&self.compiler.actions));
        let some = known.is_none_or(|actions| asked.meets(actions.of_effect(effect)));
        let listed = if some { document.document.statements.as_slice() } else { &[] };
        listed.iter().enumerate().filter(move |(n, statement)| {
            statement.effect == effect
                && known.is_none_or(|all| all.statements().get(*n).is_some_and(|a| asked.meets(a)))
        })
    }

    /// The statement is about every action that may be meant, as its ranges say.
    fn is_about_all(&self, document: &CompiledDocument, n: usize) -> bool {
        if self.scope.action_id.is_some() {
            return true;
        }
        let Some(among) = &self.scope.among else { return false };
        document.actions(&self.compiler.actions).statements().get(n).is_some_and(|a| among.is_within(a))
    }

    /// The n-th statement, one of those [`Encoder::concerned`], applies to the request, whoever it names.
    pub fn statement(&mut self, document: &CompiledDocument, n: usize, statement: &Statement) -> Term {
        let Some(body) = document.body(n, &self.compiler.languages) else { return Terms::FALSE };
        let all = self.is_about_all(document, n);
        let action = match all {
            true => Terms::TRUE,
            false => self.action(body.action(statement, &self.compiler.languages)),
        };
        if action == Terms::FALSE {
            return action;
        }
        let resource = match &body.resource {
            Some(clause) => self.resource(clause),
            None => Terms::TRUE,
        };
        if resource == Terms::FALSE {
            return resource;
        }
        let conditions = self.conditions(&body.conditions);
        let mut parts = vec![action, resource, conditions];
        if let Some(name) = &statement.assumption {
            parts.push(self.assumed(name));
        }
        self.terms.and(parts)
    }

    fn action(&mut self, clause: &Clause) -> Term {
        let subject = match &self.scope.action {
            Some(action) => Subject::Known(action.clone()),
            None => Subject::Open(Field::Action),
        };
        let listed = self.in_set(&subject, &clause.ground);
        if clause.negated { self.terms.not(listed) } else { listed }
    }

    fn resource(&mut self, clause: &Clause) -> Term {
        let subject = match &self.scope.resource {
            Some(resource) => Subject::Known(resource.clone()),
            None => Subject::Open(Field::Resource),
        };
        let listed = self.in_patterns(&subject, &clause.ground, &clause.templates);
        if !clause.negated {
            return listed;
        }
        // `NotResource` with a variable that has no value applies to nothing (CONFORMANCE 2.3).
        let mut parts = vec![self.terms.not(listed)];
        for template in &clause.templates {
            parts.push(self.resolved(template));
        }
        self.terms.and(parts)
    }
}
