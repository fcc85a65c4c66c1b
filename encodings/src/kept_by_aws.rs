//! What belongs to AWS: its managed policies, service-linked roles and reserved roles.
//!
//! IAM User Guide, "Managed policies and inline policies" and "Service-linked roles"; IAM API Reference,
//! error `UnmodifiableEntity`. CONFORMANCE 1.8.

use crate::encoder::{Encoder, Subject};
use crate::field::Field;
use crate::language::PatternSet;
use crate::term::{Term, Terms};
use gateproof_model::pattern::{PatternText, Wildcards};
use gateproof_model::policy::Version;
use std::sync::Arc;

const POLICY_EDITS: &[&str] = &[
    "iam:createpolicyversion",
    "iam:deletepolicy",
    "iam:deletepolicyversion",
    "iam:setdefaultpolicyversion",
];
const ROLE_EDITS: &[&str] = &[
    "iam:attachrolepolicy",
    "iam:deleterole",
    "iam:deleterolepermissionsboundary",
    "iam:deleterolepolicy",
    "iam:detachrolepolicy",
    "iam:putrolepermissionsboundary",
    "iam:putrolepolicy",
    "iam:updateassumerolepolicy",
];
const KEPT_POLICIES: &[&str] = &["arn:*:iam::aws:policy/*"];
const KEPT_ROLES: &[&str] = &["arn:*:iam::*:role/aws-reserved/*", "arn:*:iam::*:role/aws-service-role/*"];

impl Encoder<'_> {
    /// The request is no edit of what AWS keeps to itself, nor passes a role of its.
    pub fn editable(&mut self) -> Term {
        let kept: &[&str] = match self.scope.action.as_deref() {
            Some(action) if POLICY_EDITS.contains(&action) => KEPT_POLICIES,
            Some("iam:passrole") if self.rules.reserved_roles_can_be_passed => &[],
            Some(action) if action == "iam:passrole" || ROLE_EDITS.contains(&action) => KEPT_ROLES,
            _ => &[],
        };
        if kept.is_empty() {
            return Terms::TRUE;
        }
        let kept = self.resource_among(kept);
        self.terms.not(kept)
    }

    /// The same where the action is open.
    pub fn editable_by_open_action(&mut self) -> Term {
        let mut parts = Vec::new();
        let passing: &[&str] = if self.rules.reserved_roles_can_be_passed { &[] } else { &["iam:passrole"] };
        let role_edits = [ROLE_EDITS, passing].concat();
        for (actions, kept) in [(POLICY_EDITS, KEPT_POLICIES), (&role_edits, KEPT_ROLES)] {
            let actions = self.languages_set(actions, Wildcards::Literal, true);
            let edits = self.in_set(&Subject::Open(Field::Action), &actions);
            let resource = self.resource_among(kept);
            let kept = self.terms.and([edits, resource]);
            parts.push(self.terms.not(kept));
        }
        self.terms.and(parts)
    }

    fn resource_among(&mut self, kept: &[&str]) -> Term {
        let set = self.languages_set(kept, Wildcards::Segments, false);
        let subject = match &self.scope.resource {
            Some(resource) => Subject::Known(resource.clone()),
            None => Subject::Open(Field::Resource),
        };
        self.in_set(&subject, &set)
    }

    fn languages_set(&self, texts: &[&str], wildcards: Wildcards, fold_case: bool) -> Arc<PatternSet> {
        let parse = |text: &&str| PatternText::parse(text, Version::V2008, wildcards, false).ground();
        self.compiler.languages.set(texts.iter().filter_map(parse).collect(), fold_case)
    }
}
