//! One statement as a formula: action, resource and conditions. Who it names is another matter
//! ([`crate::principal`]).
//!
//! IAM User Guide, "IAM JSON policy elements: Action", "…: Resource", "…: NotAction", "…: NotResource".
//! CONFORMANCE 2.1 to 2.3, 2.6.

use crate::compiled::{Clause, CompiledStatement};
use crate::encoder::{Encoder, Subject};
use crate::field::Field;
use crate::term::{Term, Terms};

impl Encoder<'_> {
    /// The statement applies to the request, whoever it names.
    pub fn statement(&mut self, statement: &CompiledStatement) -> Term {
        let action = self.action(&statement.action);
        if action == Terms::FALSE {
            return action;
        }
        let resource = match &statement.resource {
            Some(clause) => self.resource(clause),
            None => Terms::TRUE,
        };
        if resource == Terms::FALSE {
            return resource;
        }
        let conditions = self.conditions(&statement.conditions);
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
