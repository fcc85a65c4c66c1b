//! The symbolic request: what a question leaves open, and what it fixes.

use crate::actions::ActionRanges;
use crate::language::PatternSet;
use gateproof_model::catalogue::ActionId;
use gateproof_model::request::{ContextValue, Principal};
use std::sync::Arc;

/// What is known of a context key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyFact {
    /// It is in the request, with this value.
    Fixed(ContextValue),
    /// It isn't in the request.
    Absent,
    /// It may be there or not, with any value.
    Open {
        /// Whether it holds a set of values.
        multivalued: bool,
    },
}

/// What is known of the context keys, by lower-case name.
pub trait KeyFacts {
    /// What is known of one key.
    fn fact(&self, key: &str) -> KeyFact;

    /// The keys beginning with `prefix` that the request may carry and that matter: those fixed, and
    /// those that the policies mention. A key that nothing mentions can be taken to be absent.
    fn mentioned(&self, prefix: &str) -> Vec<Arc<str>>;

    /// How the request spells the name of a key, where that is known; keys are asked for in lower case.
    fn spelling(&self, _key: &str) -> Option<&str> {
        None
    }
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// This principal; a role by its role ARN where the session isn't told.
    Known(Principal),
    /// A session of this role whose name is open: `aws:userid` is `UNIQUE-ID:SESSION-NAME`.
    RoleSession {
        /// The role's ARN.
        role: Arc<str>,
        /// Its account.
        account: Arc<str>,
        /// Its unique id (`AROA…`).
        unique_id: Arc<str>,
    },
    /// Some user or role of an account that isn't ours to know: its own policies allow everything.
    /// Which one it is, `aws:PrincipalArn` says.
    Outsider {
        /// The account.
        account: Arc<str>,
    },
}

impl Caller {
    /// The account, where there is one.
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Known(principal) => principal.account.as_deref(),
            Self::RoleSession { account, .. } | Self::Outsider { account } => Some(account),
        }
    }
}

/// How the resource's own policy takes part.
///
/// IAM User Guide, "Policy evaluation logic"; AWS KMS Developer Guide, "Key policies in AWS KMS".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResourceRule {
    /// Its policy grants beside the identity policies.
    Ordinary,
    /// A KMS key in an action of AWS KMS: its policy must allow, or a grant.
    Key,
    /// A role being assumed: its trust policy must allow.
    Trust,
    /// A role in any other action, or a KMS key in an action of another service: its policy has no say.
    Ungoverned,
}

/// The symbolic request, but for the context keys.
#[derive(Debug, Clone)]
pub struct Scope {
    /// Who calls.
    pub caller: Caller,
    /// The action in lower case; open where `None`.
    pub action: Option<Arc<str>>,
    /// What the action begins with in lower case, whichever it is: an open one is constrained to that beside the
    /// policies, so that statements about others fold away.
    pub action_beginning: Option<Arc<str>>,
    /// The same action in the compiler's catalogue, where statements are to be looked up by it.
    pub action_id: Option<ActionId>,
    /// The actions of which an open one is one: statements about none of them, or about all, fold away.
    pub among: Option<Arc<ActionRanges>>,
    /// The resource; open where `None`.
    pub resource: Option<Arc<str>>,
    /// What the resource begins with, whichever it is: an open one is constrained to that beside the policies,
    /// so that statements about others fold away.
    pub resource_beginning: Option<Arc<str>>,
    /// The account that owns the resource.
    pub resource_account: Option<Arc<str>>,
    /// How the resource's policy counts.
    pub rule: ResourceRule,
    /// Whether resource control policies can bind the action's service.
    pub rcp_support: RcpSupport,
}

/// Whether resource control policies can bind a request, by the service of its action.
///
/// AWS Organizations User Guide, "List of AWS services that support RCPs". CONFORMANCE 1.3.
#[derive(Debug, Clone)]
pub enum RcpSupport {
    /// They can.
    Yes,
    /// They can't.
    No,
    /// They can where an action that is open lies in the set.
    Within(Arc<PatternSet>),
}

impl From<bool> for RcpSupport {
    fn from(supported: bool) -> Self {
        if supported { Self::Yes } else { Self::No }
    }
}

/// The rule for a concrete action and resource.
pub fn resource_rule(lower_action: &str, resource: &str) -> ResourceRule {
    let arn = gateproof_model::arn::Arn::parse(resource);
    match arn {
        Some(arn) if arn.service == "kms" && arn.resource.starts_with("key/") => {
            if is_kms_action(lower_action) { ResourceRule::Key } else { ResourceRule::Ungoverned }
        }
        Some(arn) if arn.service == "iam" && arn.resource.starts_with("role/") => {
            if is_assume_action(lower_action) { ResourceRule::Trust } else { ResourceRule::Ungoverned }
        }
        _ => ResourceRule::Ordinary,
    }
}

/// The actions that a key policy governs: those of AWS KMS, whichever services call them.
///
/// AWS KMS Developer Guide, "AWS KMS permissions": key policies are about AWS KMS API operations. An action of
/// another service on a key (`kinesis:StartStreamEncryption`) is authorized by that service. CONFORMANCE 1.4.6.
pub fn is_kms_action(lower_action: &str) -> bool {
    lower_action.starts_with("kms:")
}

/// The actions that a trust policy governs.
///
/// IAM User Guide, "Methods to assume a role"; `sts:TagSession` and `sts:SetSourceIdentity` are checked
/// against the trust policy in the same call ("Pass session tags in AWS STS").
pub fn is_assume_action(lower_action: &str) -> bool {
    ASSUME_ACTIONS.contains(&lower_action)
}

/// [`is_assume_action`]: those actions, in lower case.
pub const ASSUME_ACTIONS: [&str; 5] = [
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:tagsession",
    "sts:setsourceidentity",
];
