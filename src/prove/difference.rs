//! What the documents of two snapshots say differently, statement by statement.

use crate::ask::Estate;
use gateproof_model::account::PrincipalEntity;
use gateproof_model::policy::{Document, Effect, Statement};
use gateproof_model::snapshot::{Snapshot, StatementPlace};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What a document is to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// An identity policy.
    Identity,
    /// A permissions boundary.
    Boundary,
    /// A role's trust policy.
    Trust,
    /// The policy of a resource.
    Resource,
    /// A service control policy.
    Scp,
    /// A resource control policy.
    Rcp,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "identity policy",
            Self::Boundary => "permissions boundary",
            Self::Trust => "trust policy",
            Self::Resource => "resource policy",
            Self::Scp => "SCP",
            Self::Rcp => "RCP",
        })
    }
}

/// One statement that one of two snapshots has and the other hasn't.
#[derive(Debug, Clone)]
pub struct ChangedStatement {
    /// What its document is.
    pub part: Part,
    /// Whose: users, roles and groups, a resource, or accounts.
    pub of: Vec<Arc<str>>,
    /// The document, as evidence names it.
    pub document: Arc<Document>,
    /// The statement.
    pub statement: Statement,
}

impl ChangedStatement {
    /// Where it stands.
    pub fn place(&self) -> StatementPlace {
        let source = &self.document.source;
        StatementPlace {
            file: source.file.clone(),
            pointer: format!("{}{}", source.pointer, self.statement.pointer).into(),
        }
    }

    /// What its document is, in a word.
    pub fn part_word(&self) -> &'static str {
        match self.part {
            Part::Identity => "identity",
            Part::Boundary => "boundary",
            Part::Trust => "trust",
            Part::Resource => "resource",
            Part::Scp => "SCP",
            Part::Rcp => "RCP",
        }
    }

    /// Whether it denies.
    pub fn denies(&self) -> bool {
        self.statement.effect == Effect::Deny
    }
}

/// The statements that came and those that went.
#[derive(Debug, Clone, Default)]
pub struct Difference {
    /// Only the new snapshot has them.
    pub added: Vec<ChangedStatement>,
    /// Only the old one has them.
    pub removed: Vec<ChangedStatement>,
}

impl Difference {
    /// The difference between two snapshots.
    pub fn between(old: &Estate, new: &Estate) -> Self {
        let (before, after) = (Applied::of(&old.snapshot), Applied::of(&new.snapshot));
        Self { added: after.beyond(&before), removed: before.beyond(&after) }
    }

    /// Whether every document says what it said.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

/// All documents, by what they are and whose.
struct Applied(BTreeMap<(Part, Arc<str>), Vec<Arc<Document>>>);

impl Applied {
    fn of(snapshot: &Snapshot) -> Self {
        let mut applied = Self(BTreeMap::new());
        for principal in snapshot.principals() {
            applied.add_principal(principal);
        }
        for group in snapshot.groups() {
            applied.add(Part::Identity, &group.arn, group.identity.iter());
        }
        for resource in snapshot.resources() {
            applied.add(Part::Resource, &resource.arn, resource.policy.iter());
        }
        for (account, member) in &snapshot.organization().members {
            applied.add(Part::Scp, account, member.scps.iter().flatten());
            applied.add(Part::Rcp, account, member.rcps.iter().flatten());
        }
        applied
    }

    fn add_principal(&mut self, principal: &PrincipalEntity) {
        self.add(Part::Identity, &principal.arn, principal.identity.iter());
        self.add(Part::Boundary, &principal.arn, principal.boundary.iter().flatten());
        self.add(Part::Trust, &principal.arn, principal.trust.iter());
    }

    fn add<'d>(&mut self, part: Part, of: &Arc<str>, documents: impl Iterator<Item = &'d Arc<Document>>) {
        let mut documents = documents.peekable();
        if documents.peek().is_some() {
            self.0.entry((part, of.clone())).or_default().extend(documents.cloned());
        }
    }

    /// The statements that these owners have and, in the other snapshot, have not. Those of one document are said once.
    fn beyond(&self, other: &Self) -> Vec<ChangedStatement> {
        let mut found: BTreeMap<(Part, StatementPlace), ChangedStatement> = BTreeMap::new();
        for ((part, of), documents) in &self.0 {
            let known = other.0.get(&(*part, of.clone())).map(Vec::as_slice).unwrap_or_default();
            if same_documents(documents, known) {
                continue;
            }
            for document in documents {
                for statement in document.statements.iter().filter(|s| !says(known, document, s)) {
                    let one = ChangedStatement {
                        part: *part,
                        of: Vec::new(),
                        document: document.clone(),
                        statement: statement.clone(),
                    };
                    found.entry((*part, one.place())).or_insert(one).of.push(of.clone());
                }
            }
        }
        found.into_values().collect()
    }
}

fn same_documents(some: &[Arc<Document>], others: &[Arc<Document>]) -> bool {
    some.len() == others.len() && some.iter().zip(others).all(|(one, other)| Arc::ptr_eq(one, other))
}

/// Whether some document has the statement, wherever in it and whatever it is called.
fn says(documents: &[Arc<Document>], of: &Document, statement: &Statement) -> bool {
    documents.iter().any(|document| {
        document.version == of.version && document.statements.iter().any(|s| says_the_same(s, statement))
    })
}

fn says_the_same(one: &Statement, other: &Statement) -> bool {
    let meaning = |s: &Statement| {
        let conditions: Vec<_> =
            s.conditions.iter().map(|c| (&c.operator_text, &c.key, &c.operands)).collect();
        format!(
            "{:?} {:?} {:?} {:?} {conditions:?} {:?}",
            s.effect, s.principal, s.action, s.resource, s.assumption
        )
    };
    one.effect == other.effect && meaning(one) == meaning(other)
}
