//! What to do where a control is violated, as something to paste: data (`src/audit/remedies/CONTROL.yaml`), filled from a finding.
//!
//! A snippet is a piece of a policy, or what an AWS call prints afterwards. That it closes the finding is checked for every control
//! (`tests/prove/remedies.rs`). The format is described in `docs/remedies.md`.

mod fill;
mod load;
mod pointer;
mod shown;
mod words;

pub use load::{RemedyError, parse_remedy, remedies, remedy_of};
pub use pointer::{place_values, take_away};
pub use words::{PLACEHOLDERS, Values, Words};

use super::finding::Finding;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What closes the findings of one control.
#[derive(Debug, Clone)]
pub struct Remedy {
    /// The control's id, which is the file's name.
    pub control: String,
    /// What to paste: the first that is meant for a finding.
    pub snippets: Vec<Snippet>,
}

/// Something to paste.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snippet {
    /// What it does, in a line.
    pub says: String,
    /// The findings that it is for, by a glob over their messages; without it, all.
    #[serde(rename = "for")]
    pub message: Option<String>,
    /// Whether the team has to put in values of its own.
    #[serde(default)]
    pub placeholder: bool,
    /// What is changed, as it is written: with placeholders.
    pub change: Value,
}

/// What is changed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Paste {
    /// A service control policy.
    ServiceControlPolicy {
        /// The account (or a unit above it) that it is attached to.
        account: String,
        /// Its statements.
        statements: Vec<Value>,
    },
    /// Statements that are added to the policy of a bucket.
    BucketPolicy {
        /// The bucket's name.
        bucket: String,
        /// The statements.
        statements: Vec<Value>,
    },
    /// Statements that are added to the policy of a key.
    KeyPolicy {
        /// The key's ARN.
        key: String,
        /// The statements.
        statements: Vec<Value>,
    },
    /// The whole trust policy of a role.
    TrustPolicy {
        /// The role's ARN.
        role: String,
        /// Its statements.
        statements: Vec<Value>,
    },
    /// An inline policy of a user or role, beside what it has.
    RolePolicy {
        /// The ARN of the user or role.
        role: String,
        /// The policy's name; what has that name is replaced.
        name: String,
        /// The statements.
        statements: Vec<Value>,
    },
    /// A managed policy that becomes the permissions boundary of a user or role.
    Boundary {
        /// The ARN of the user or role.
        role: String,
        /// The policy's name.
        name: String,
        /// The statements.
        statements: Vec<Value>,
    },
    /// What AWS's calls print afterwards.
    Configuration(Vec<Configuration>),
    /// Calls to be made, of what no policy or configuration of the snapshot could say.
    Commands(Vec<String>),
}

/// What one call of AWS's prints afterwards.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// `SERVICE OPERATION`.
    pub output: String,
    /// The account of the call; that of the subject where not given.
    pub account: Option<String>,
    /// The argument of the call.
    pub name: Option<String>,
    /// The list in the output that holds the item.
    pub list: Option<String>,
    /// The item's member that tells it from others, and its value.
    pub key: Option<String>,
    /// See `key`.
    pub is: Option<String>,
    /// Values by pointer: a JSON pointer, in which `*` is every item of a list, `NAME=VALUE` the item with that member and `-` a new one.
    #[serde(default)]
    pub set: BTreeMap<String, Value>,
    /// What is taken away, by pointer.
    #[serde(default)]
    pub drop: Vec<String>,
    /// Rules of EventBridge that take in more kinds of events.
    pub patterns: Option<Patterns>,
    /// What is shown where `set` doesn't say all.
    pub shown: Option<Value>,
}

/// The rules of a list that take in events of one source, and the kinds of events that they are to take in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patterns {
    /// The pointer of the list.
    pub list: String,
    /// The source.
    pub source: String,
    /// The kinds.
    pub kinds: Vec<String>,
}

/// A snippet whose placeholders are filled as far as they are known.
#[derive(Debug, Clone)]
pub struct Filled<'r> {
    /// What it was made from.
    pub snippet: &'r Snippet,
    /// What is changed.
    pub paste: Paste,
    /// The placeholders that nothing fills, without `${…}`.
    pub open: BTreeSet<String>,
}

impl Remedy {
    /// What to paste for a finding.
    pub fn snippet(&self, finding: &Finding) -> Option<&Snippet> {
        self.snippets.iter().find(|snippet| snippet.is_for(finding))
    }
}

impl Snippet {
    /// Whether it is for a finding.
    pub fn is_for(&self, finding: &Finding) -> bool {
        self.is_for_message(&finding.message)
    }

    /// The same of a finding's message.
    pub fn is_for_message(&self, message: &str) -> bool {
        self.message.as_deref().is_none_or(|glob| crate::ask::glob_matches(glob, message))
    }

    /// With values in the place of placeholders; `None` where several stand where there is room for one.
    pub fn filled(&self, values: &Values) -> Option<Filled<'_>> {
        let mut open = BTreeSet::new();
        let change = fill::filled(&self.change, values, &mut open);
        let paste = serde_json::from_value(change).ok()?;
        Some(Filled { snippet: self, paste, open })
    }
}
