//! What belongs to AWS: its managed policies, service-linked roles and reserved roles.
//!
//! IAM User Guide, "Managed policies and inline policies" and "Service-linked roles"; IAM API Reference,
//! error `UnmodifiableEntity`. CONFORMANCE 1.8.

use crate::encoder::{Encoder, Subject};
use crate::field::Field;
use crate::term::{Term, Terms};
use gateproof_model::pattern::{PatternText, Wildcards};
use gateproof_model::policy::Version;

impl Encoder<'_> {
    /// The request is no edit of what AWS keeps to itself, nor passes a role of its.
    pub(crate) fn editable(&mut self) -> Term {
        let kept: &[&str] = match self.scope.action.as_deref() {
            Some(
                "iam:createpolicyversion"
                | "iam:deletepolicy"
                | "iam:deletepolicyversion"
                | "iam:setdefaultpolicyversion",
            ) => &["arn:*:iam::aws:policy/*"],
            Some("iam:passrole") if self.rules.reserved_roles_can_be_passed => &[],
            Some(
                "iam:attachrolepolicy"
                | "iam:deleterole"
                | "iam:deleterolepermissionsboundary"
                | "iam:deleterolepolicy"
                | "iam:detachrolepolicy"
                | "iam:putrolepermissionsboundary"
                | "iam:putrolepolicy"
                | "iam:updateassumerolepolicy"
                | "iam:passrole",
            ) => &["arn:*:iam::*:role/aws-reserved/*", "arn:*:iam::*:role/aws-service-role/*"],
            _ => &[],
        };
        if kept.is_empty() {
            return Terms::TRUE;
        }
        let patterns = kept
            .iter()
            .filter_map(|text| PatternText::parse(text, Version::V2008, Wildcards::Segments, false).ground())
            .collect();
        let set = self.compiler.languages.set(patterns, false);
        let subject = match &self.scope.resource {
            Some(resource) => Subject::Known(resource.clone()),
            None => Subject::Open(Field::Resource),
        };
        let kept = self.in_set(&subject, &set);
        self.terms.not(kept)
    }
}
