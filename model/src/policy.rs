//! Policy documents, as AWS's policy language defines them.
//!
//! IAM User Guide, "Grammar of the IAM JSON policy language".

use crate::operand::Point;
use crate::operator::Operator;
use crate::pattern::PatternText;
use std::sync::Arc;

/// The policy language's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// `2008-10-17`, also where a document names none: no policy variables.
    V2008,
    /// `2012-10-17`.
    V2012,
}

/// Where a document stands, for evidence and messages.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source {
    /// The policy's ARN or name, as a person would call it.
    pub policy: Arc<str>,
    /// The file, relative to the snapshot.
    pub file: Arc<str>,
    /// The JSON pointer of the document in the file.
    pub pointer: Arc<str>,
}

/// A policy document.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Document {
    /// Where it comes from.
    pub source: Source,
    /// Its version.
    pub version: Version,
    /// Its statements, in order.
    pub statements: Vec<Statement>,
}

/// Allow or Deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// The statement allows.
    Allow,
    /// The statement denies, over any Allow.
    Deny,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Statement {
    /// `Sid`.
    pub sid: Option<Arc<str>>,
    /// `Effect`.
    pub effect: Effect,
    /// `Principal` or `NotPrincipal`; identity-side policies have none.
    pub principal: Option<PrincipalClause>,
    /// `Action` or `NotAction`; patterns are in lower case.
    pub action: PatternClause,
    /// `Resource` or `NotResource`; trust policies have none.
    pub resource: Option<PatternClause>,
    /// All of `Condition`, each key of each operator one entry; they are ANDed.
    pub conditions: Vec<Condition>,
    /// JSON pointer from the document's root.
    pub pointer: Arc<str>,
    /// For a statement that stands for a document which could not be read: it applies only if this
    /// named assumption is true.
    pub assumption: Option<Arc<str>>,
}

/// A list of patterns, perhaps complemented (`NotAction`, `NotResource`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PatternClause {
    /// Whether the clause applies where *none* of the patterns matches.
    pub negated: bool,
    /// The patterns.
    pub patterns: Vec<PatternText>,
}

/// `Principal` or `NotPrincipal`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PrincipalClause {
    /// Whether it is `NotPrincipal`.
    pub negated: bool,
    /// The entries.
    pub entries: Vec<PrincipalEntry>,
}

/// One entry of a `Principal` element.
///
/// IAM User Guide, "AWS JSON policy elements: Principal".
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PrincipalEntry {
    /// `*` or `{"AWS": "*"}`.
    Everyone,
    /// An account: `123456789012` or `arn:aws:iam::123456789012:root`.
    Account(Arc<str>),
    /// A user, role, assumed-role session or federated-user session.
    Arn(Arc<str>),
    /// A service principal.
    Service(Arc<str>),
    /// An identity provider: `cognito-identity.amazonaws.com`, a SAML or OIDC provider's ARN.
    Federated(Arc<str>),
    /// An S3 canonical user id; which account it belongs to is not known.
    CanonicalUser(Arc<str>),
    /// Text that matches nobody: the unique id of a deleted principal, a partial wildcard, a group.
    Nobody(Arc<str>),
}

/// One condition: an operator, a key, and the values to compare with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Condition {
    /// The operator.
    pub operator: Operator,
    /// The operator as written.
    pub operator_text: Arc<str>,
    /// The condition key in lower case.
    pub key: Arc<str>,
    /// The condition key as written.
    pub key_text: Arc<str>,
    /// The values; they are ORed (negated operators: none may match).
    pub operands: Vec<Operand>,
    /// JSON pointer from the document's root.
    pub pointer: Arc<str>,
}

/// A value in a condition.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Operand {
    /// For string, ARN and binary operators.
    Text(PatternText),
    /// For numeric and date operators.
    Point(Point),
    /// For address operators: the first and last address.
    Network(Point, Point),
    /// For `Bool` and `Null`.
    Flag(bool),
    /// Text that is not of the operator's type. What AWS does with it is not documented, so whether
    /// it matches is left open.
    Unparsable(Arc<str>),
}

impl Operand {
    /// The text, of string, ARN and binary operators.
    pub fn text(&self) -> Option<&PatternText> {
        match self {
            Self::Text(text) => Some(text),
            Self::Point(_) | Self::Network(..) | Self::Flag(_) | Self::Unparsable(_) => None,
        }
    }
}

impl Statement {
    /// A name for people: the `Sid`, or the pointer.
    pub fn label(&self) -> &str {
        self.sid.as_deref().unwrap_or(&self.pointer)
    }
}
