//! What kind of policy two documents are, and whose: what decides beside them.

use gateproof_encodings::scope::ResourceRule;
use gateproof_model::arn::Arn;
use gateproof_model::json::Json;
use gateproof_model::policy::{Document, Source};
use gateproof_model::policy_parse::{DocumentKind, parse_document};
use std::sync::Arc;

/// A kind of policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PolicyKind {
    /// Of users, groups and roles; boundaries and session policies too.
    Identity,
    /// Of a resource.
    Resource,
    /// Of a role: who may assume it.
    Trust,
    /// A service control policy.
    Scp,
    /// A resource control policy.
    Rcp,
}

impl PolicyKind {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Resource => "resource",
            Self::Trust => "trust",
            Self::Scp => "scp",
            Self::Rcp => "rcp",
        }
    }

    /// Reads a policy of the kind; `name` stands for it in evidence.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_policy(self, text: &str, name: &str) -> Result<Arc<Document>, String> {
        let kind = match self {
            Self::Identity | Self::Scp => DocumentKind::Identity,
            Self::Resource | Self::Trust | Self::Rcp => DocumentKind::Resource,
        };
        let json = Json::parse(text).map_err(|error| format!("{name}: {error}"))?;
        let source = Source { policy: name.into(), file: name.into(), pointer: "".into() };
        match parse_document(&json, kind, source) {
            Ok((document, _)) => Ok(Arc::new(document)),
            Err(problem) => Err(problem.to_string()),
        }
    }
}

/// Two policies' kind, and of what they are where that is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyOf {
    /// The kind.
    pub kind: PolicyKind,
    /// The account of the resource or role, where it is told: otherwise it may be any that the policies name, and one
    /// that they don't.
    pub owner: Option<Arc<str>>,
    /// Whether the resource is a KMS key, whose policy must allow whatever is allowed.
    pub key: bool,
}

impl PolicyOf {
    /// Policies of a kind, of anything.
    pub fn kind(kind: PolicyKind) -> Self {
        Self { kind, owner: None, key: false }
    }

    /// The policies of a resource by its ARN, or by its type as CloudFormation names it (`AWS::KMS::Key`).
    #[must_use]
    pub fn of_resource(mut self, arn: Option<&str>, resource_type: Option<&str>) -> Self {
        let parsed = arn.and_then(Arn::parse);
        self.owner = parsed.and_then(|a| a.account_id()).map(Arc::from);
        self.key = resource_type.is_some_and(|t| t.eq_ignore_ascii_case("AWS::KMS::Key"))
            || parsed.is_some_and(|a| a.service == "kms" && a.resource.starts_with("key/"));
        self
    }

    pub(super) fn rule(&self) -> ResourceRule {
        match self.kind {
            PolicyKind::Trust => ResourceRule::Trust,
            PolicyKind::Resource if self.key => ResourceRule::Key,
            _ => ResourceRule::Ordinary,
        }
    }
}
