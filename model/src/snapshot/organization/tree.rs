//! Roots, units and accounts, and which is under which.

use super::{outputs, refusal};
use crate::arn::is_account_id;
use crate::json::Json;
use crate::organization::{Node, NodeKind, Standing};
use crate::snapshot::collected::{Collected, Output};
use crate::snapshot::errors::Verdict;
use crate::snapshot::files::problem;
use crate::snapshot::notes::Notes;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the organization's describing and listing calls say.
#[derive(Default)]
pub(super) struct Tree {
    pub(super) id: Option<Arc<str>>,
    pub(super) management_account: Option<Arc<str>>,
    pub(super) nodes: BTreeMap<Arc<str>, Node>,
    /// Whether only consolidated billing is on, so that no policies apply.
    pub(super) billing_only: bool,
    /// Policy types by whether they are enabled, where the roots were listed.
    pub(super) policy_types: Option<BTreeMap<String, bool>>,
    /// Whether `list-accounts` was collected, so that other accounts are outside.
    pub(super) accounts_listed: bool,
    /// Whether a call told that there is no organization.
    none: bool,
}

impl Tree {
    pub(super) fn read(collected: &Collected<'_>, notes: &mut Notes) -> Self {
        let none = refusal(collected, "describe-organization", "") == Some(Verdict::Absent);
        let mut tree = Self { none, ..Self::default() };
        tree.describe(collected, notes);
        tree.roots(collected, notes);
        tree.accounts(collected, notes);
        tree.parents(collected, notes);
        tree
    }

    fn describe(&mut self, collected: &Collected<'_>, notes: &mut Notes) {
        for output in tree_outputs(collected, "describe-organization", notes) {
            let Some(json) = output.json else { continue };
            let organization = json.get("Organization");
            let text = |key| organization.and_then(|o| o.get(key)).and_then(Json::as_str);
            match text("Id") {
                Some(id) => self.id = Some(id.into()),
                None => {
                    let at = "/Organization/Id";
                    notes.problem(*problem(&output.file, at, "nothing", "the organization's id"));
                    notes.blind(None, &[], "the organization", &output.file);
                }
            }
            match text("MasterAccountId").filter(|id| is_account_id(id)) {
                Some(id) => self.management_account = Some(id.into()),
                None => {
                    let at = "/Organization/MasterAccountId";
                    notes.problem(*problem(&output.file, at, "no account id", "the management account's id"));
                    notes.blind(None, &[], "the management account", &output.file);
                }
            }
            self.billing_only = text("FeatureSet") == Some("CONSOLIDATED_BILLING");
        }
    }

    fn roots(&mut self, collected: &Collected<'_>, notes: &mut Notes) {
        let mut types = Some(BTreeMap::new());
        for output in tree_outputs(collected, "list-roots", notes) {
            let Some(json) = output.json else { continue };
            for (at, root, id) in entries(&json, "Roots", &output.file, notes) {
                self.add(id, NodeKind::Root, name(root));
                match (&mut types, read_policy_types(root, &output.file, &at, notes)) {
                    (Some(all), Some(of_root)) => all.extend(of_root),
                    (all, _) => *all = None,
                }
            }
        }
        let any_root = self.nodes.values().any(|n| n.kind == NodeKind::Root);
        self.policy_types = types.filter(|_| any_root);
    }

    fn accounts(&mut self, collected: &Collected<'_>, notes: &mut Notes) {
        for output in tree_outputs(collected, "list-accounts", notes) {
            let Some(json) = output.json else { continue };
            self.accounts_listed = true;
            for (_, account, id) in entries(&json, "Accounts", &output.file, notes) {
                self.add(id, NodeKind::Account, name(account));
            }
        }
        for output in tree_outputs(collected, "describe-account", notes) {
            let account = output.json.as_ref().and_then(|j| j.get("Account"));
            if let Some((account, id)) = account.and_then(|a| Some((a, a.get("Id")?.as_str()?))) {
                self.add(id, NodeKind::Account, name(account));
            }
        }
    }

    fn parents(&mut self, collected: &Collected<'_>, notes: &mut Notes) {
        for output in tree_outputs(collected, "list-parents", notes) {
            let (Some(json), Some(child)) = (&output.json, &output.name) else { continue };
            for (at, _, parent) in entries(json, "Parents", &output.file, notes) {
                self.link(child, parent, &output.file, &at, notes);
            }
        }
        let listings = [
            ("list-organizational-units-for-parent", "OrganizationalUnits"),
            ("list-accounts-for-parent", "Accounts"),
            ("list-children", "Children"),
        ];
        for (operation, list) in listings {
            for output in tree_outputs(collected, operation, notes) {
                let (Some(json), Some(parent)) = (&output.json, &output.name) else { continue };
                for (at, child, id) in entries(json, list, &output.file, notes) {
                    self.add(id, kind_of(id), name(child));
                    self.link(id, parent, &output.file, &at, notes);
                }
            }
        }
        for output in tree_outputs(collected, "describe-organizational-unit", notes) {
            let unit = output.json.as_ref().and_then(|j| j.get("OrganizationalUnit"));
            if let Some((unit, id)) = unit.and_then(|u| Some((u, u.get("Id")?.as_str()?))) {
                self.add(id, NodeKind::Unit, name(unit));
            }
        }
    }

    fn add(&mut self, id: &str, kind: NodeKind, name: Option<Arc<str>>) {
        let id: Arc<str> = id.into();
        let node = self.nodes.entry(id.clone()).or_insert(Node { id, name: None, kind, parent: None });
        node.name = name.or(node.name.take());
    }

    fn link(&mut self, child: &str, parent: &str, file: &str, pointer: &str, notes: &mut Notes) {
        self.add(parent, kind_of(parent), None);
        self.add(child, kind_of(child), None);
        let Some(node) = self.nodes.get_mut(child) else { return };
        match &node.parent {
            Some(known) if known.as_ref() != parent => {
                let found = format!("{parent} as the parent of {child}");
                notes.problem(*problem(file, pointer, found, &format!("{known}, as another file says")));
            }
            _ => node.parent = Some(parent.into()),
        }
    }

    /// Whether an account is in the organization.
    pub(super) fn standing(&self, account: &str) -> Standing {
        if self.management_account.as_deref() == Some(account) {
            Standing::Management
        } else if self.nodes.contains_key(account) || (self.id.is_some() && !self.accounts_listed) {
            Standing::Member
        } else if self.accounts_listed || self.none {
            Standing::Outside
        } else {
            Standing::Unknown
        }
    }

    /// The ids from the root to an account, and whether none between them is missing.
    pub(super) fn path(&self, account: &Arc<str>) -> (Vec<Arc<str>>, bool) {
        let mut path = vec![account.clone()];
        while let Some(parent) = path.last().and_then(|id| self.nodes.get(id)).and_then(|n| n.parent.clone())
        {
            if path.contains(&parent) {
                break;
            }
            path.push(parent);
        }
        let complete = path.last().is_some_and(|top| kind_of(top) == NodeKind::Root);
        if !complete {
            let mut roots = self.nodes.values().filter(|n| n.kind == NodeKind::Root);
            if let (Some(root), None) = (roots.next(), roots.next()) {
                path.push(root.id.clone());
            }
        }
        path.reverse();
        (path, complete)
    }
}

/// The outputs of a call that tells of the tree; without one of them the tree is not known.
fn tree_outputs(collected: &Collected<'_>, operation: &str, notes: &mut Notes) -> Vec<Output> {
    let outputs = outputs(collected, operation, notes);
    for output in outputs.iter().filter(|o| o.json.is_none()) {
        notes.blind(None, &[], "the organization", &output.file);
    }
    outputs
}

/// Policy types of a root by whether they are enabled; `None` where they can't be read.
fn read_policy_types(root: &Json, file: &str, at: &str, notes: &mut Notes) -> Option<BTreeMap<String, bool>> {
    let at = format!("{at}/PolicyTypes");
    let items = match root.get("PolicyTypes") {
        None => &[],
        Some(Json::Array(items)) => items.as_slice(),
        Some(other) => {
            notes.problem(*problem(file, &at, other.kind(), "a list"));
            return None;
        }
    };
    let mut types = BTreeMap::new();
    for (i, item) in items.iter().enumerate() {
        let text = |key| item.get(key).and_then(Json::as_str);
        let (Some(kind), Some(status)) = (text("Type"), text("Status")) else {
            notes.problem(*problem(
                file,
                &format!("{at}/{i}"),
                item.kind(),
                "an object with Type and Status",
            ));
            return None;
        };
        types.insert(kind.to_owned(), status == "ENABLED");
    }
    Some(types)
}

fn kind_of(id: &str) -> NodeKind {
    match id {
        _ if is_account_id(id) => NodeKind::Account,
        _ if id.starts_with("r-") => NodeKind::Root,
        _ => NodeKind::Unit,
    }
}

fn name(json: &Json) -> Option<Arc<str>> {
    json.get("Name").and_then(Json::as_str).map(Arc::from)
}

/// The elements of a list with their pointers and `Id`s; those without are problems.
pub(super) fn entries<'j>(
    json: &'j Json,
    key: &str,
    file: &str,
    notes: &mut Notes,
) -> Vec<(String, &'j Json, &'j str)> {
    let Some(items) = json.get(key).and_then(Json::as_array) else {
        let found = json.get(key).map_or("nothing", Json::kind);
        notes.problem(*problem(file, &format!("/{key}"), found, "a list"));
        return Vec::new();
    };
    let mut entries = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        let at = format!("/{key}/{i}");
        match item.get("Id").and_then(Json::as_str) {
            Some(id) => entries.push((at, item, id)),
            None => notes.problem(*problem(file, &at, item.kind(), "an object with Id")),
        }
    }
    entries
}
