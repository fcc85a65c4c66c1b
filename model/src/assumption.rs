//! What a verdict rests on that the snapshot doesn't say.

mod name;

pub use name::{name_canonical_user, name_open, name_unparsable};

use name::DEPLOYED;

use crate::pattern::{PatternText, Wildcards};
use crate::policy::{
    Document, Effect, PatternClause, PrincipalClause, PrincipalEntry, Source, Statement, Version,
};
use crate::policy_parse::DocumentKind;
use std::sync::Arc;

/// What an assumption or a gap can touch; `None` means any.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Touches {
    /// The account.
    pub account: Option<Arc<str>>,
    /// The service, by its prefix in actions (`s3`, `kms`).
    pub service: Option<Arc<str>>,
    /// The ARN of the principal, policy or resource.
    pub resource: Option<Arc<str>>,
    /// The actions; none: any of the service.
    pub actions: Vec<Arc<str>>,
}

/// An input that was never collected, with the neutral value that stands in for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Assumption {
    /// What is assumed.
    pub text: Arc<str>,
    /// The AWS CLI command whose output would replace the assumption.
    pub cli_command: Arc<str>,
    /// What it can touch.
    pub touches: Touches,
    /// Whether it is that there are no users or roles but those that the snapshot lists.
    pub hides_callers: bool,
}

/// A part of an account that could not be read: nothing can be said about who or what is in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlindSpot {
    /// The account, where it is known; otherwise any may be touched.
    pub account: Option<Arc<str>>,
    /// The services, by their prefixes in actions, whose requests it can touch; empty means all.
    pub services: Vec<Arc<str>>,
    /// Whether users or roles may exist that the snapshot doesn't list.
    pub hides_callers: bool,
    /// What is not known.
    pub what: Arc<str>,
    /// The file that should have told; where none was there to, the AWS CLI command whose output it is.
    pub file: Arc<str>,
}

impl BlindSpot {
    /// Whether it can change what becomes of a request to a service that touches an account.
    pub fn touches(&self, account: &str, service: &str) -> bool {
        self.account.as_deref().is_none_or(|a| a == account)
            && (self.services.is_empty() || self.services.iter().any(|s| **s == *service))
    }
}

/// What stands in the name of an assumption about an unreadable policy, between its place and its name.
const UNREADABLE: &str = ": unreadable policy ";

/// Whether the name of an assumption says what an unreadable policy allows or denies, or one that is known only after deployment.
pub fn is_of_unreadable(assumption: &str) -> bool {
    assumption.contains(UNREADABLE) || assumption.contains(DEPLOYED)
}

/// The document that stands for one that could not be read: it may allow everything, and it may
/// deny everything, each under a named assumption.
pub fn unknown_document(source: Source, kind: DocumentKind) -> Document {
    let name = format!("{}#{}{UNREADABLE}{}", source.file, source.pointer, source.policy);
    let statements = vec![
        unknown_statement(Effect::Allow, kind, format!("{name} allows").into()),
        unknown_statement(Effect::Deny, kind, format!("{name} denies").into()),
    ];
    Document { source, version: Version::V2012, statements }
}

/// A statement on everything and everyone that applies only if the named assumption is true.
pub fn unknown_statement(effect: Effect, kind: DocumentKind, assumption: Arc<str>) -> Statement {
    let everything = || PatternClause {
        negated: false,
        patterns: vec![PatternText::parse("*", Version::V2008, Wildcards::Flat, false)],
    };
    Statement {
        sid: None,
        effect,
        principal: (kind == DocumentKind::Resource)
            .then(|| PrincipalClause { negated: false, entries: vec![PrincipalEntry::Everyone] }),
        action: everything(),
        resource: Some(everything()),
        conditions: Vec::new(),
        pointer: "".into(),
        assumption: Some(assumption),
    }
}
