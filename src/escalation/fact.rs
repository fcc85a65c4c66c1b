//! What the attacker has: the facts that make up the state of an attack.

use super::among::Among;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// One thing that the attacker has. Names are ARNs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, expecting = "a fact (an object)")]
pub enum Fact {
    /// A session.
    Session(Session),
    /// Whatever there is in an account but its service-linked roles: sessions, policies, tags, the policies of its resources
    /// ([`Fact::is_included`]).
    Anything(Arc<str>),
    /// A user or role that it made, a role with a trust policy of its own wording.
    NewPrincipal(Arc<str>),
    /// Identity policies of its own wording on a user, role or group.
    WritesIdentity(Arc<str>),
    /// One more identity policy of its own wording on a user, role or group.
    AddsIdentity(Arc<str>),
    /// A managed policy attached to a user, role or group: one of these.
    Attached {
        /// The policies that can be.
        policies: Among,
        /// The user, role or group.
        to: Arc<str>,
    },
    /// A user made a member of a group.
    Member {
        /// The user.
        user: Arc<str>,
        /// The group.
        group: Arc<str>,
    },
    /// The text of a customer managed policy.
    WritesPolicy(Arc<str>),
    /// Another version of a customer managed policy in force.
    Version {
        /// The policy.
        policy: Arc<str>,
        /// The version's id.
        version: Arc<str>,
    },
    /// A policy of a user, role or group gone.
    Dropped {
        /// The user, role or group.
        of: Arc<str>,
        /// A managed policy by ARN, or the inline policy as evidence names it.
        policy: Arc<str>,
    },
    /// A user no longer in a group.
    Left {
        /// The user.
        user: Arc<str>,
        /// The group.
        group: Arc<str>,
    },
    /// A user or role without permissions boundary.
    Unbounded(Arc<str>),
    /// A user or role with another permissions boundary: one of these.
    Bounded {
        /// The user or role.
        of: Arc<str>,
        /// The policies that can be it.
        policies: Among,
    },
    /// The trust policy of a role.
    WritesTrust(Arc<str>),
    /// The policy of a resource.
    WritesResourcePolicy {
        /// The resource.
        of: Arc<str>,
        /// Its account.
        account: Arc<str>,
    },
    /// A KMS grant.
    Granted {
        /// The key.
        key: Arc<str>,
        /// The key's account.
        account: Arc<str>,
        /// The grantee.
        to: Arc<str>,
        /// What it is for.
        operations: Among,
    },
    /// The tags of a user or role.
    Tagged(Arc<str>),
    /// The tags of a role's sessions that it opened.
    TaggedSession(Arc<str>),
    /// An MFA device on a user.
    Device(Arc<str>),
    /// An account that service and resource control policies no longer bind.
    Uncontrolled(Arc<str>),
    /// The content of a secret, parameter or object known.
    Reads(Arc<str>),
    /// The content of an object, image or repository chosen.
    Writes(Arc<str>),
    /// A gate passed.
    Passes(Arc<str>),
}

/// A session that the attacker holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a session (an object)")]
pub struct Session {
    /// The principal: an ARN, or the name of a service, or `*`.
    pub principal: Arc<str>,
    /// How it is held; this decides which keys its requests carry.
    pub held: Held,
}

/// How a session is held.
///
/// IAM User Guide, "AWS global condition context keys": a role session says at its start whether a device was used, and
/// "chained role sessions" carry nothing of the first caller's device. CONFORMANCE 3.4.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, expecting = "how a session is held")]
pub enum Held {
    /// From the beginning: the `n`th starting caller, under the question's conditions.
    Start(usize),
    /// However: whoever is in an account, with all that its organization leaves. The principal is the account's root user, and stands for
    /// everybody there.
    Anyone,
    /// By a key of a user that the attacker made: without a device, unless it enrolled one.
    Credentials,
    /// By a password of a user that the attacker made. The console works with temporary credentials.
    Console,
    /// By `sts:AssumeRole`.
    Assumed {
        /// Whether the caller proved a device.
        device: bool,
    },
    /// By `sts:AssumeRoot`, for this task.
    Root(Arc<str>),
    /// By a token of an identity provider.
    Federated,
    /// Handed out by a service to code of the attacker's.
    Code(Arc<str>),
    /// Used by a service for calls of the attacker's choice, whose credentials it never sees.
    Api(Arc<str>),
}

impl Fact {
    /// The session, where it is one.
    pub fn session(&self) -> Option<&Session> {
        if let Self::Session(session) = self { Some(session) } else { None }
    }

    /// The account of which it says that there is whatever there is.
    pub fn whole_account(&self) -> Option<&Arc<str>> {
        if let Self::Anything(account) = self { Some(account) } else { None }
    }

    /// The user or role that it says was made.
    pub fn made(&self) -> Option<&Arc<str>> {
        if let Self::NewPrincipal(arn) = self { Some(arn) } else { None }
    }

    /// Whether of several such facts about the same the last one counts; otherwise it makes no difference in which order facts came about.
    pub fn is_replaced_by_later(&self) -> bool {
        matches!(self, Self::Unbounded(_) | Self::Bounded { .. } | Self::Version { .. })
    }

    /// The fact, whichever boundary was set.
    pub fn whichever_boundary(&self) -> Self {
        match self {
            Self::Bounded { of, .. } => Self::Bounded { of: of.clone(), policies: Among::default() },
            other => other.clone(),
        }
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let principal = &self.principal;
        match &self.held {
            Held::Start(_) => write!(f, "{principal}, from the beginning"),
            Held::Anyone => write!(f, "{principal}, or whoever else is in its account"),
            Held::Credentials => write!(f, "{principal}, by new credentials"),
            Held::Console => write!(f, "{principal}, by a new password"),
            Held::Assumed { device: false } => write!(f, "{principal}, assumed"),
            Held::Assumed { device: true } => write!(f, "{principal}, assumed with a device"),
            Held::Root(task) => write!(f, "{principal}, for the task {task}"),
            Held::Federated => write!(f, "{principal}, by a provider's token"),
            Held::Code(service) => write!(f, "{principal}, by code in {service}"),
            Held::Api(service) => write!(f, "{principal}, by calls of {service}"),
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(session) => write!(f, "a session of {session}"),
            Self::Anything(account) => write!(f, "whatever there is in account {account}"),
            Self::NewPrincipal(of) => write!(f, "{of}, newly made"),
            Self::AddsIdentity(of) => write!(f, "one more identity policy of its own wording on {of}"),
            Self::WritesIdentity(of) => write!(f, "identity policies of its own wording on {of}"),
            Self::Attached { policies, to } => write!(f, "{} attached to {to}", one_of(policies)),
            Self::Member { user, group } => write!(f, "{user} in {group}"),
            Self::WritesPolicy(policy) => write!(f, "the text of {policy}"),
            Self::Version { policy, version } => write!(f, "version {version} of {policy} in force"),
            Self::Dropped { of, policy } => write!(f, "{of} without {policy}"),
            Self::Left { user, group } => write!(f, "{user} no longer in {group}"),
            Self::Unbounded(of) => write!(f, "{of} without permissions boundary"),
            Self::Bounded { of, policies } => {
                write!(f, "{of} with {} as permissions boundary", one_of(policies))
            }
            Self::WritesTrust(role) => write!(f, "the trust policy of {role}"),
            Self::WritesResourcePolicy { of, .. } => write!(f, "the policy of {of}"),
            Self::Granted { key, to, operations, .. } => match &**operations {
                [one] => write!(f, "a grant of {key} to {to} for {one}"),
                _ => write!(f, "a grant of {key} to {to}"),
            },
            Self::Tagged(of) => write!(f, "the tags of {of}"),
            Self::TaggedSession(role) => write!(f, "the tags of sessions of {role}"),
            Self::Device(user) => write!(f, "an MFA device of its own on {user}"),
            Self::Uncontrolled(account) => write!(f, "account {account} without control policies"),
            Self::Reads(of) => write!(f, "the content of {of}"),
            Self::Writes(of) => write!(f, "the writing of {of}"),
            Self::Passes(of) => write!(f, "the passing of {of}"),
        }
    }
}

fn one_of(policies: &[Arc<str>]) -> String {
    match policies {
        [one] => one.to_string(),
        several => format!("one of {} managed policies", several.len()),
    }
}
