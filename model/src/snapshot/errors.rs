//! `errors.json`: what the collector could not read, and why.

use super::files::{Files, problem};
use super::notes::Notes;
use crate::json::Json;
use crate::policy_parse::percent_decode;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The file's name.
pub(super) const ERRORS_FILE: &str = "errors.json";

/// What an error says of the thing asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It does not exist (`NoSuch…`, `…NotFound`).
    Absent,
    /// It may exist; the caller was not allowed to see it, or the call failed.
    Refused,
}

/// One entry.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) region: Option<Arc<str>>,
    pub(super) name: Option<Arc<str>>,
    pub(super) verdict: Verdict,
    /// JSON pointer of the entry.
    pub(super) pointer: String,
}

/// The entries by account (empty for the organization), service and operation.
#[derive(Debug, Clone, Default)]
pub(super) struct Errors {
    entries: FxHashMap<(String, String, String), Vec<Refusal>>,
}

impl Errors {
    /// Reads the file, where there is one.
    pub(super) fn read(files: &Files, notes: &mut Notes) -> Self {
        let mut errors = Self::default();
        if !files.exists(ERRORS_FILE) {
            return errors;
        }
        let json = match files.read_json(ERRORS_FILE) {
            Ok(json) => json,
            Err(one) => {
                notes.problem(*one);
                notes.blind(None, &[], "which calls failed", ERRORS_FILE);
                return errors;
            }
        };
        let Some(items) = json.as_array() else {
            notes.problem(*problem(ERRORS_FILE, "", json.kind(), "a list"));
            notes.blind(None, &[], "which calls failed", ERRORS_FILE);
            return errors;
        };
        for (i, item) in items.iter().enumerate() {
            errors.read_entry(item, format!("/{i}"), notes);
        }
        errors
    }

    fn read_entry(&mut self, item: &Json, pointer: String, notes: &mut Notes) {
        let text = |key: &str| item.get(key).and_then(Json::as_str);
        let odd = |key: &str| !matches!(item.get(key), None | Some(Json::Null | Json::String(_)));
        let organization = matches!(text("service"), Some("organizations" | "organization"));
        let account = if organization { Some("") } else { text("account") };
        let found = (text("service"), text("operation"), text("error"), account);
        let (Some(service), Some(operation), Some(error), Some(account)) = found else {
            return bad_entry(item, &pointer, notes);
        };
        if odd("region") || odd("name") || odd("account") {
            return bad_entry(item, &pointer, notes);
        }
        let service = if organization { super::index::ORGANIZATIONS } else { service };
        let key = (account.to_owned(), service.to_owned(), operation.to_owned());
        self.entries.entry(key).or_default().push(Refusal {
            region: text("region").filter(|r| *r != "global").map(Arc::from),
            name: text("name").map(|n| percent_decode(n).unwrap_or_else(|| n.to_owned()).into()),
            verdict: parse_verdict(error),
            pointer,
        });
    }

    /// All entries of an operation.
    pub(super) fn of(&self, account: &str, service: &str, operation: &str) -> &[Refusal] {
        let key = (account.to_owned(), service.to_owned(), operation.to_owned());
        self.entries.get(&key).map(Vec::as_slice).unwrap_or_default()
    }

    /// The entry about a call with this argument, or about every call of the operation.
    pub(super) fn about(
        &self,
        account: &str,
        service: &str,
        operation: &str,
        name: &str,
    ) -> Option<&Refusal> {
        let entries = self.of(account, service, operation);
        let named = entries.iter().find(|e| e.name.as_deref() == Some(name));
        named.or_else(|| entries.iter().find(|e| e.name.is_none()))
    }
}

fn bad_entry(item: &Json, pointer: &str, notes: &mut Notes) {
    let expected = "an object with account, region, service, operation, name and error";
    notes.problem(*problem(ERRORS_FILE, pointer, item.kind(), expected));
    let account = item.get("account").and_then(Json::as_str);
    notes.blind(account, &[], "which calls failed", ERRORS_FILE);
}

/// Whether an error tells that the thing does not exist.
fn parse_verdict(error: &str) -> Verdict {
    let absent = ["NoSuch", "NotFound", "AWSOrganizationsNotInUse"];
    if absent.iter().any(|word| error.contains(word)) { Verdict::Absent } else { Verdict::Refused }
}
