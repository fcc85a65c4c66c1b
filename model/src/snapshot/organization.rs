//! The organization from `organization/OPERATION[/TARGET].json`.
//!
//! AWS Organizations API Reference. An account's own `organizations` folder is read as well.

mod administrators;
mod attachments;
mod tree;

use super::collected::{Collected, Output};
use super::errors::Verdict;
use super::index::ORGANIZATIONS;
use super::notes::{Notes, touches};
use crate::account::Account;
use crate::assumption::Touches;
use crate::organization::{Levels, Membership, NodeKind, Organization, Standing};
use attachments::{Attachments, ControlKind};
use std::collections::BTreeMap;
use std::sync::Arc;
use tree::Tree;

/// Reads the organization and gives every account its levels and, where collected, its name.
pub(super) fn read_organization(
    collected: &Collected<'_>,
    accounts: &mut [Account],
    notes: &mut Notes,
) -> Organization {
    let tree = Tree::read(collected, notes);
    let attachments = Attachments::read(collected, &tree, notes);
    let mut organization = Organization {
        id: tree.id.clone(),
        management_account: tree.management_account.clone(),
        nodes: tree.nodes.clone(),
        accounts_listed: tree.accounts_listed,
        iam_administrators: administrators::read_administrators(collected, &tree, notes),
        members: BTreeMap::new(),
    };
    for account in accounts.iter_mut() {
        account.name = tree.nodes.get(&account.id).and_then(|n| n.name.clone());
    }
    let listed = tree.nodes.values().filter(|n| n.kind == NodeKind::Account).map(|n| n.id.clone());
    let covered: Vec<Arc<str>> = accounts.iter().map(|a| a.id.clone()).collect();
    for id in listed.chain(covered.iter().cloned()) {
        if organization.members.contains_key(&id) {
            continue;
        }
        let mut own = Notes::default();
        let member =
            Reader { collected, tree: &tree, attachments: &attachments, account: &id, notes: &mut own };
        let membership = member.membership();
        organization.members.insert(id.clone(), membership);
        // What is not known of the policies over other accounts can only restrict callers that the
        // snapshot doesn't hold.
        if covered.contains(&id) {
            notes.assumptions.append(&mut own.assumptions);
        }
    }
    organization
}

/// The outputs of an organization operation, wherever they were collected.
fn outputs(collected: &Collected<'_>, operation: &str, notes: &mut Notes) -> Vec<Output> {
    let folders = std::iter::once("").chain(collected.index.accounts());
    folders.flat_map(|a| collected.outputs(a, ORGANIZATIONS, operation, notes)).collect()
}

/// What `errors.json` says of an organization call.
fn refusal(collected: &Collected<'_>, operation: &str, name: &str) -> Option<Verdict> {
    let accounts = std::iter::once("").chain(collected.index.accounts());
    accounts
        .filter_map(|a| collected.errors.about(a, ORGANIZATIONS, operation, name))
        .map(|r| r.verdict)
        .next()
}

/// Works out one account's membership.
struct Reader<'a> {
    collected: &'a Collected<'a>,
    tree: &'a Tree,
    attachments: &'a Attachments,
    account: &'a Arc<str>,
    notes: &'a mut Notes,
}

impl Reader<'_> {
    fn membership(mut self) -> Membership {
        let standing = self.tree.standing(self.account);
        let mut membership =
            Membership { standing, org_path: None, scps: Levels::new(), rcps: Levels::new() };
        match standing {
            Standing::Outside => return membership,
            Standing::Unknown => {
                self.never_collected(&mut membership);
                return membership;
            }
            Standing::Management | Standing::Member => {}
        }
        let (path, complete) = self.tree.path(self.account);
        if complete && let Some(id) = &self.tree.id {
            let units = path.iter().filter(|n| n.as_ref() != self.account.as_ref());
            let joined: String = units.map(|n| format!("{n}/")).collect();
            membership.org_path = Some(format!("{id}/{joined}").into());
        }
        if standing == Standing::Management {
            return membership;
        }
        for kind in [ControlKind::Service, ControlKind::Resource] {
            if self.attachments.enabled(kind) == Some(false) {
                continue;
            }
            let mut levels = Levels::new();
            for (i, target) in path.iter().enumerate() {
                levels.extend(self.level(kind, target));
                if i == 0 && !complete {
                    levels.extend(self.missing_parents(kind));
                }
            }
            match kind {
                ControlKind::Service => membership.scps = levels,
                ControlKind::Resource => membership.rcps = levels,
            }
        }
        membership
    }

    /// The policies of one level; `None` where the level restricts nothing.
    fn level(&mut self, kind: ControlKind, target: &Arc<str>) -> Option<Vec<Arc<crate::policy::Document>>> {
        if let Some(attached) = self.attachments.of(kind, target) {
            return Some(attached.clone());
        }
        let what = format!("policies of type {} attached to {target}", kind.type_name());
        if self.collected.unknown_if_missing() {
            return Some(vec![attachments::unknown(kind, &what)]);
        }
        let command = format!(
            "aws organizations list-policies-for-target --target-id {target} --filter {}",
            kind.type_name()
        );
        self.assume(format!("no {what} restrict account {}", self.account), command);
        None
    }

    /// The levels between the root and an account whose parents are not known.
    fn missing_parents(&mut self, kind: ControlKind) -> Option<Vec<Arc<crate::policy::Document>>> {
        let what = format!("policies of type {} of the units above {}", kind.type_name(), self.account);
        let refused = refusal(self.collected, "list-parents", self.account) == Some(Verdict::Refused);
        if refused || self.collected.unknown_if_missing() {
            return Some(vec![attachments::unknown(kind, &what)]);
        }
        let command = format!("aws organizations list-parents --child-id {}", self.account);
        self.assume(format!("no {what} restrict it"), command);
        None
    }

    fn never_collected(&mut self, membership: &mut Membership) {
        let refused = refusal(self.collected, "describe-organization", "") == Some(Verdict::Refused);
        if refused || self.collected.unknown_if_missing() {
            let what =
                |kind: ControlKind| format!("policies of type {} of the organization", kind.type_name());
            let one = |kind| vec![vec![attachments::unknown(kind, &what(kind))]];
            membership.scps = one(ControlKind::Service);
            membership.rcps = one(ControlKind::Resource);
            return;
        }
        self.assume(
            format!("account {} is in no organization whose policies restrict it", self.account),
            "aws organizations describe-organization".to_owned(),
        );
    }

    fn assume(&mut self, text: String, command: String) {
        let touched = Touches { service: None, ..touches(self.account, "", None) };
        self.notes.assume(text, command, touched);
    }
}
