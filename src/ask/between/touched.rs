//! Which actions a change can matter to: those of the statements that are there on one side only.
//!
//! Errs towards touching: what is touched is asked about, what isn't is decided by the same statements on the same facts.

use crate::ask::caller::CallerEntity;
use crate::ask::effective::action_set::ActionSet;
use crate::compare::same::said;
use gateproof_encodings::scope::KeyFact;
use gateproof_model::catalogue::{ActionInfo, Catalogue};
use gateproof_model::pattern::PatternText;
use gateproof_model::policy::{Document, Operand, Statement};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Some actions.
#[derive(Debug, Clone)]
pub(super) struct Touched {
    catalogue: &'static Catalogue,
    /// Those of the catalogue.
    pub actions: ActionSet,
    /// Globs that names match which the catalogue doesn't know.
    pub globs: BTreeSet<String>,
}

impl Touched {
    pub fn nothing(catalogue: &'static Catalogue) -> Self {
        Self { catalogue, actions: ActionSet::none(catalogue), globs: BTreeSet::new() }
    }

    pub fn everything(catalogue: &'static Catalogue) -> Self {
        let globs = BTreeSet::from(["*".to_owned()]);
        Self { catalogue, actions: ActionSet::all(catalogue), globs }
    }

    pub fn is_nothing(&self) -> bool {
        self.actions.is_empty() && self.globs.is_empty()
    }

    /// Whether an action (`None`: one that the catalogue doesn't know) may be among them.
    pub fn holds(&self, action: Option<ActionInfo<'_>>) -> bool {
        action.map_or(!self.globs.is_empty(), |action| self.actions.contains(action))
    }

    pub fn add(&mut self, other: &Self) {
        self.actions = self.actions.or(&other.actions);
        self.globs.extend(other.globs.iter().cloned());
    }

    /// The actions of a statement.
    pub fn add_statement(&mut self, statement: &Statement) {
        let clause = &statement.action;
        self.actions = self.actions.or(&ActionSet::of_clause(self.catalogue, clause));
        if clause.negated {
            self.globs.insert("*".to_owned());
            return;
        }
        let open = clause.patterns.iter().map(|p| &*p.text);
        let open = open.filter(|text| text.contains(['*', '?']) || self.catalogue.action(text).is_none());
        self.globs.extend(open.map(str::to_owned));
    }

    /// All actions that can be about resources of a service.
    pub fn add_service(&mut self, service: &str) {
        let about = |a: &ActionInfo<'_>| {
            a.service() == service || a.resource_types().any(|row| row.resource_type.service() == service)
        };
        let found = ActionSet::of(self.catalogue, self.catalogue.actions().filter(about));
        self.actions = self.actions.or(&found);
        self.globs.insert(format!("{service}:*"));
    }

    /// The statements that only one of two lists of documents holds.
    pub fn add_documents(&mut self, old: &[Arc<Document>], new: &[Arc<Document>]) {
        if old == new {
            return;
        }
        let (before, after) = (statements_of(old), statements_of(new));
        let only_before = before.iter().filter(|(text, _)| !after.contains_key(*text));
        let only_after = after.iter().filter(|(text, _)| !before.contains_key(*text));
        for (_, statement) in only_before.chain(only_after) {
            self.add_statement(statement);
        }
    }

    /// The same of a layer that may be absent.
    pub fn add_layer(&mut self, old: Option<&[Arc<Document>]>, new: Option<&[Arc<Document>]>) {
        match (old, new) {
            (Some(old), Some(new)) => self.add_documents(old, new),
            (None, None) => {}
            _ => self.add(&Self::everything(self.catalogue)),
        }
    }

    /// The same of levels of policies.
    pub fn add_levels(&mut self, old: &[Vec<Arc<Document>>], new: &[Vec<Arc<Document>>]) {
        if old.len() != new.len() {
            return self.add(&Self::everything(self.catalogue));
        }
        for (old, new) in old.iter().zip(new) {
            self.add_documents(old, new);
        }
    }

    /// The statements that turn on some of the keys.
    pub fn add_mentioning(&mut self, documents: &[Arc<Document>], keys: &BTreeSet<String>) {
        for statement in documents.iter().flat_map(|d| &d.statements) {
            if mentions(statement, keys) {
                self.add_statement(statement);
            }
        }
    }
}

fn statements_of(documents: &[Arc<Document>]) -> BTreeMap<String, &Statement> {
    documents.iter().flat_map(|d| d.statements.iter().map(|s| (said(d, s), s))).collect()
}

/// Whether a statement turns on one of the keys; a key that ends in `/` stands for all that begin so.
fn mentions(statement: &Statement, keys: &BTreeSet<String>) -> bool {
    let is_meant = |key: &str| {
        keys.iter().any(|k| if k.ends_with('/') { key.starts_with(k.as_str()) } else { k == key })
    };
    let varies = |pattern: &PatternText| pattern.variables().any(|v| is_meant(&v.key));
    let resource = statement.resource.iter().flat_map(|clause| &clause.patterns);
    let operands = statement.conditions.iter().flat_map(|c| &c.operands);
    let texts = operands.filter_map(|o| if let Operand::Text(text) = o { Some(text) } else { None });
    statement.conditions.iter().any(|c| is_meant(&c.key)) || resource.chain(texts).any(varies)
}

/// What of a caller's own differs between two snapshots.
pub(super) struct OwnChange {
    /// The actions of its own policies that this touches.
    pub touched: Touched,
    /// The keys whose values its identity fixes differently, in lower case.
    pub keys: BTreeSet<String>,
}

impl OwnChange {
    /// What differs of a caller; everything, where only one has it.
    pub fn of(catalogue: &'static Catalogue, old: Option<&CallerEntity>, new: Option<&CallerEntity>) -> Self {
        let (Some(old), Some(new)) = (old, new) else {
            return Self { touched: Touched::everything(catalogue), keys: BTreeSet::new() };
        };
        let mut touched = Touched::nothing(catalogue);
        let (a, b) = (&old.policies, &new.policies);
        touched.add_documents(&a.identity, &b.identity);
        touched.add_layer(a.boundary.as_deref(), b.boundary.as_deref());
        touched.add_levels(&a.scps, &b.scps);
        let keys = changed_keys(old, new);
        if !keys.is_empty() {
            for policies in [a, b] {
                let own = policies.identity.iter().chain(policies.boundary.iter().flatten());
                let own: Vec<Arc<Document>> = own.chain(policies.scps.iter().flatten()).cloned().collect();
                touched.add_mentioning(&own, &keys);
            }
        }
        if old.account != new.account || old.caller != new.caller {
            touched.add(&Touched::everything(catalogue));
        }
        Self { touched, keys }
    }
}

/// The keys that the identities of two callers fix differently.
fn changed_keys(old: &CallerEntity, new: &CallerEntity) -> BTreeSet<String> {
    let fact = |caller: &CallerEntity, key: &String| -> Option<KeyFact> { caller.facts.get(key).cloned() };
    let all: BTreeSet<&String> = old.facts.keys().chain(new.facts.keys()).collect();
    let mut keys: BTreeSet<String> =
        all.into_iter().filter(|key| fact(old, key) != fact(new, key)).cloned().collect();
    if old.overridable != new.overridable || old.takes_session_tags != new.takes_session_tags {
        keys.insert("aws:principaltag/".to_owned());
    }
    if old.sessions != new.sessions {
        keys.extend(["aws:multifactorauthpresent", "aws:multifactorauthage"].map(str::to_owned));
    }
    keys
}
