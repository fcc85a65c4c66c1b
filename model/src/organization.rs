//! The organization: who is a member, under which units, with which service and resource control
//! policies at each level.
//!
//! AWS Organizations User Guide, "SCP evaluation" and "RCP evaluation". CONFORMANCE 1.2, 1.3.

use crate::policy::Document;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Policies a level, root first.
pub type Levels = Vec<Vec<Arc<Document>>>;

/// Whether an account is in an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is the organization's management account, which SCPs and RCPs don't bind.
    Management,
    /// It is a member account.
    Member,
    /// It is not in the organization.
    Outside,
    /// Nothing collected tells.
    Unknown,
}

/// What kind of node of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NodeKind {
    /// `r-…`.
    Root,
    /// An organizational unit, `ou-…`.
    Unit,
    /// An account.
    Account,
}

/// A root, unit or account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// `r-…`, `ou-…` or twelve digits.
    pub id: Arc<str>,
    /// Its name, where that was collected.
    pub name: Option<Arc<str>>,
    /// Which kind it is.
    pub kind: NodeKind,
    /// Its parent; `None` for roots and where it was not collected.
    pub parent: Option<Arc<str>>,
}

/// One account's place in the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Whether it is in the organization.
    pub standing: Standing,
    /// `o-…/r-…/ou-…/`, as `aws:PrincipalOrgPaths` has it; `None` where the way to the root is not known.
    pub org_path: Option<Arc<str>>,
    /// Service control policies; a level whose policies restrict nothing may be left out.
    pub scps: Levels,
    /// Resource control policies; `RCPFullAWSAccess` is implied at each level.
    pub rcps: Levels,
}

/// The organization that the snapshot tells of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Organization {
    /// `o-…`, where it was collected.
    pub id: Option<Arc<str>>,
    /// The management account.
    pub management_account: Option<Arc<str>>,
    /// The tree's nodes by id.
    pub nodes: BTreeMap<Arc<str>, Node>,
    /// Whether all accounts of the organization were listed, so that others are outside.
    pub accounts_listed: bool,
    /// The accounts that administer IAM beside the management account, where they were collected.
    pub iam_administrators: BTreeSet<Arc<str>>,
    /// The accounts, those of the snapshot and those that only the organization lists.
    pub members: BTreeMap<Arc<str>, Membership>,
}

impl Organization {
    /// The service control policies that bind an account's principals; none for the management
    /// account and for accounts that are not known.
    pub fn scp_levels(&self, account: &str) -> &[Vec<Arc<Document>>] {
        self.members.get(account).map(|m| m.scps.as_slice()).unwrap_or_default()
    }

    /// The resource control policies that bind requests to an account's resources.
    pub fn rcp_levels(&self, account: &str) -> &[Vec<Arc<Document>>] {
        self.members.get(account).map(|m| m.rcps.as_slice()).unwrap_or_default()
    }

    /// Whether an account is in the organization. An account that nothing tells of is outside
    /// where the organization's accounts are known.
    pub fn standing(&self, account: &str) -> Standing {
        match self.members.get(account) {
            Some(member) => member.standing,
            None if self.accounts_listed => Standing::Outside,
            // Who is in no organization has no fellow members.
            None if self.members.values().any(|m| m.standing == Standing::Outside) => Standing::Outside,
            None => Standing::Unknown,
        }
    }

    /// The value of `aws:PrincipalOrgID` and `aws:ResourceOrgID` for an account.
    pub fn org_id(&self, account: &str) -> Option<&Arc<str>> {
        match self.standing(account) {
            Standing::Management | Standing::Member => self.id.as_ref(),
            Standing::Outside | Standing::Unknown => None,
        }
    }

    /// The value of `aws:PrincipalOrgPaths` and `aws:ResourceOrgPaths` for an account.
    pub fn org_path(&self, account: &str) -> Option<&Arc<str>> {
        self.members.get(account)?.org_path.as_ref()
    }

    /// The accounts from which sessions of member accounts' root users can be opened.
    ///
    /// IAM User Guide, "Centrally manage root access for member accounts".
    pub fn root_session_openers(&self) -> BTreeSet<&Arc<str>> {
        self.management_account.iter().chain(&self.iam_administrators).collect()
    }

    /// The accounts whose root users' sessions can be opened from an account.
    pub fn root_sessions_from(&self, account: &str) -> impl Iterator<Item = &Arc<str>> {
        let opens = self.root_session_openers().iter().any(|opener| ***opener == *account);
        let members = self.members.iter().filter(move |(_, m)| opens && m.standing == Standing::Member);
        members.map(|(id, _)| id)
    }

    /// The nodes from the root to an account, as far as they are known.
    pub fn path(&self, account: &str) -> Vec<&Node> {
        let mut path = Vec::new();
        let mut next = self.nodes.get(account);
        while let Some(node) = next {
            path.push(node);
            // A tree of AWS is at most seven deep; files may say anything.
            next = node.parent.as_ref().filter(|_| path.len() < 16).and_then(|p| self.nodes.get(p));
        }
        path.reverse();
        path
    }
}
