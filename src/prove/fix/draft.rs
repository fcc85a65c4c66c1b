//! Documents as a proposal would leave them.

use gateproof_model::json::Json;
use gateproof_model::overlay::{Change, Given, Holder, Overlay};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The file that proposed documents are said to come from.
const PROPOSED: &str = "(proposed)";

/// A document before and after.
#[derive(Debug, Clone)]
pub struct Edited {
    /// Where it stands.
    pub holder: Holder,
    /// As it is; `None`: there is none.
    pub before: Option<Value>,
    /// As it is proposed.
    pub after: Value,
}

/// Changes of a proposal so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    documents: BTreeMap<String, Edited>,
    /// Changes that are no documents, with a line for each.
    others: Vec<Change>,
    /// What is done, in words.
    pub(super) said: Vec<String>,
}

/// Reads a document of the snapshot; `None`: there is none.
pub type Read<'a> = dyn Fn(&Holder) -> Option<Json> + Sync + 'a;

impl Draft {
    /// Changes a document, or makes one.
    pub(super) fn edit(&mut self, holder: &Holder, read: &Read<'_>, change: impl FnOnce(&mut Value)) {
        let edited = self.documents.entry(format!("{holder:?}")).or_insert_with(|| {
            let before = read(holder).and_then(|json| serde_json::from_str(&json.to_string()).ok());
            let after = before.clone().unwrap_or_else(|| json!({"Version": "2012-10-17", "Statement": []}));
            Edited { holder: holder.clone(), before, after }
        });
        change(&mut edited.after);
    }

    /// Adds another change, once.
    pub(super) fn change(&mut self, change: Change) {
        if !self.others.contains(&change) {
            self.others.push(change);
        }
    }

    /// Says what is done, once.
    pub(super) fn say(&mut self, line: String) {
        if !self.said.contains(&line) {
            self.said.push(line);
        }
    }

    /// Whether nothing is changed.
    pub(super) fn is_empty(&self) -> bool {
        self.documents.is_empty() && self.others.is_empty()
    }

    /// The documents that are changed.
    pub(super) fn documents(&self) -> impl Iterator<Item = &Edited> {
        self.documents.values()
    }

    /// The changes.
    pub(super) fn overlay(&self) -> Overlay {
        let documents = self.documents.values().filter_map(|edited| {
            let empty = edited.after.get("Statement").and_then(Value::as_array).is_some_and(Vec::is_empty);
            // A policy without statements is none.
            let may_go = matches!(edited.holder, Holder::Inline { .. } | Holder::Resource(_));
            let document = match empty && may_go {
                true => None,
                false => {
                    let json = Json::parse(&edited.after.to_string()).ok()?;
                    Some(Given { json, file: PROPOSED.into() })
                }
            };
            Some(Change::Document { holder: edited.holder.clone(), document })
        });
        Overlay { changes: self.others.iter().cloned().chain(documents).collect(), ..Overlay::default() }
    }
}

/// Changes the statements of a document, be they a list or one alone.
pub(super) fn change_statements(document: &mut Value, change: impl FnOnce(&mut Vec<Value>)) {
    let mut statements = match document.get("Statement") {
        Some(Value::Array(list)) => list.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    };
    change(&mut statements);
    if let Some(members) = document.as_object_mut() {
        members.insert("Statement".to_owned(), Value::Array(statements));
    }
}
