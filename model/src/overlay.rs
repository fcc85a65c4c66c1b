//! Overlays: what a snapshot would say after changes that are not made yet.
//!
//! Changes are made to the JSON as AWS prints it, before it is read, so that whatever reads a snapshot reads what it
//! would read if the snapshot had been collected after them.

pub mod cloudformation;
pub mod terraform;
pub mod unknown;
pub mod yaml;

use crate::assumption::{Assumption, BlindSpot};
use crate::json::Json;
use crate::problem::Problem;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What changes: files are given anew or patched, then stacks are deployed in their order, then changes are made one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overlay {
    /// Files of the snapshot that are others, one after the other.
    pub files: Vec<FileChange>,
    /// CloudFormation stacks.
    pub stacks: Vec<Stack>,
    /// Terraform plans, applied after the stacks are deployed.
    pub plans: Vec<Plan>,
    /// The changes.
    pub changes: Vec<Change>,
}

/// A CloudFormation stack to be deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// Its name.
    pub name: String,
    /// What it is called in notes: `stack NAME`.
    pub label: String,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// The template.
    pub template: Json,
    /// The file that the template was given in.
    pub file: Arc<str>,
    /// Values of parameters.
    pub parameters: BTreeMap<String, String>,
}

/// A Terraform plan to be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// What `terraform show -json` prints of it.
    pub json: Json,
    /// The file that it was given in.
    pub file: Arc<str>,
}

/// What something to be deployed comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Translation {
    /// The changes.
    pub changes: Vec<Change>,
    /// What is not read of it, and what is taken for what.
    pub notes: Vec<String>,
    /// What is assumed.
    pub assumptions: Vec<Assumption>,
    /// What can't be told.
    pub blind_spots: Vec<BlindSpot>,
}

impl Overlay {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.stacks.is_empty() && self.plans.is_empty() && self.changes.is_empty()
    }
}

/// A change to a file of the snapshot as it stands, before anything is read of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// The file, from the snapshot's root; of a snapshot that is one file, its name.
    pub path: String,
    /// What it becomes.
    pub edit: FileEdit,
}

/// What becomes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileEdit {
    /// This is its content. In a directory of the outputs of calls it may be a new file.
    Whole(Given),
    /// These operations are made on it, in their order (RFC 6902, "JavaScript Object Notation (JSON) Patch").
    Patch(Given),
}

/// JSON that somebody gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// What it says.
    pub json: Json,
    /// The file that it was given in.
    pub file: Arc<str>,
}

/// One change. Principals and policies are named by ARN or, where the snapshot has one of that name alone, as
/// `role/NAME`, `user/NAME`, `group/NAME` or `policy/NAME`; buckets also by their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A document is put in a place, or taken away from it.
    Document {
        /// The place.
        holder: Holder,
        /// The document; `None`: there is none any more.
        document: Option<Given>,
    },
    /// A statement is taken out of a document.
    WithoutStatement {
        /// Where the document is.
        holder: Holder,
        /// The statement's `Sid`, or its JSON pointer in the document.
        statement: String,
    },
    /// A statement is put into the policy of a resource that the snapshot needn't know of, in the place of one with its `Sid`.
    WithStatement {
        /// The resource.
        arn: String,
        /// Its account.
        account: String,
        /// The statement.
        statement: Json,
    },
    /// A permissions boundary is set, or taken away.
    Boundary {
        /// The user or role.
        principal: String,
        /// The managed policy.
        policy: Option<String>,
    },
    /// A managed policy is attached or detached.
    Attached {
        /// The user, role or group.
        principal: String,
        /// The managed policy.
        policy: String,
        /// Whether it is attached.
        attached: bool,
    },
    /// A user becomes a member of a group, or is one no longer.
    Member {
        /// The user.
        user: String,
        /// The group.
        group: String,
        /// Whether the user is a member.
        member: bool,
    },
    /// A service or resource control policy is attached to a root, unit or account, or detached.
    ControlTarget {
        /// The policy's id or name.
        policy: String,
        /// The root, unit or account.
        target: String,
        /// Whether it is attached.
        attached: bool,
    },
    /// A user, role, group, managed policy or resource is gone.
    Gone {
        /// Which.
        what: String,
    },
    /// A user, role, group or managed policy as `get-account-authorization-details` lists it: added, or put in the place of
    /// the one with its ARN.
    Entity {
        /// The object, with its `Arn`.
        json: Json,
    },
    /// What a call prints about one thing: added, or put in the place of what it printed before.
    Output {
        /// Which call.
        call: OutputOf,
        /// The argument of the call.
        name: String,
        /// What it prints.
        json: Json,
    },
    /// An item of a list that a call prints: added, or put in the place of the one with the same key.
    Listed {
        /// Which call.
        call: OutputOf,
        /// The list in its output.
        list: String,
        /// The member that tells items apart; empty where the item is a text.
        key: String,
        /// The item.
        item: Json,
        /// Whether the call describes what it is asked for. Where one that lists all was never made, nothing changes: the list
        /// would look complete.
        describes: bool,
    },
}

/// Where a policy document stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A customer managed policy: its default version.
    Managed(String),
    /// An inline policy of a user, role or group.
    Inline {
        /// The user, role or group.
        principal: String,
        /// The policy's name.
        name: String,
    },
    /// A role's trust policy.
    Trust(String),
    /// A resource's policy.
    Resource(String),
    /// The policy of a resource that the snapshot needn't know of.
    NewResource {
        /// Its ARN.
        arn: String,
        /// Its account.
        account: String,
    },
    /// A service or resource control policy, by id or name.
    Control(String),
}

/// A call in an account and region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutputOf {
    /// The account.
    pub account: String,
    /// The region, or `global`.
    pub region: String,
    /// The CLI's name of the service.
    pub service: String,
    /// The operation.
    pub operation: String,
}

/// Why changes can't be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OverlayError {
    /// What is to be changed is not there.
    #[error("{what}: found nothing of that name, expected {expected}")]
    Missing {
        /// What was named.
        what: String,
        /// What it should be.
        expected: String,
    },
    /// A short name means several.
    #[error("{what}: found {found}, expected a name that one has alone; give the ARN")]
    Ambiguous {
        /// What was named.
        what: String,
        /// Those that have the name.
        found: String,
    },
    /// The change can't be made to what is there.
    #[error("{what}: {why}")]
    Unfit {
        /// What was named.
        what: String,
        /// Why not.
        why: String,
    },
    /// A file of the snapshot, or one that was given, can't be used.
    #[error(transparent)]
    Problem(#[from] Box<Problem>),
}

impl OverlayError {
    pub(crate) fn missing(what: &str, expected: &str) -> Self {
        Self::Missing { what: what.to_owned(), expected: expected.to_owned() }
    }

    pub(crate) fn unfit(what: &str, why: impl Into<String>) -> Self {
        Self::Unfit { what: what.to_owned(), why: why.into() }
    }
}
