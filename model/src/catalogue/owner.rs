//! Who fixes the value of a condition key.

use super::key::{is_identity_provider_key, template_glob};
use super::template::Templates;
use crate::text::{fold_text, folded};
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// Who fixes the value of a condition key; the table is `model/data/key-owners.txt`. CONFORMANCE 3.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyOwner {
    /// Follows from who calls.
    Principal,
    /// Follows from the resource that is asked for.
    Resource,
    /// Follows from where an account stands in the organization.
    Organization,
    /// Written into the session when it was made, absent where it was not.
    Session,
    /// Chosen freely with each request.
    Caller,
    /// Set by an AWS service that calls, absent when a user calls directly.
    CallingService,
    /// The network and the clock.
    Free,
}

impl KeyOwner {
    /// The name, in the words of the table and of reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Principal => "principal",
            Self::Resource => "resource",
            Self::Organization => "organization",
            Self::Session => "session",
            Self::Caller => "caller",
            Self::CallingService => "calling service",
            Self::Free => "free",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "Principal" => Self::Principal,
            "Resource" => Self::Resource,
            "Organization" => Self::Organization,
            "Session" => Self::Session,
            "Caller" => Self::Caller,
            "CallingService" => Self::CallingService,
            "Free" => Self::Free,
            _ => return None,
        })
    }
}

const TABLE: &str = include_str!("../../data/key-owners.txt");

#[derive(Default)]
struct Owners {
    exact: FxHashMap<String, KeyOwner>,
    templates: Templates<KeyOwner>,
}

static OWNERS: LazyLock<Owners> = LazyLock::new(|| {
    let mut owners = Owners::default();
    for (name, owner) in rows(TABLE).filter_map(|row| row.ok()) {
        let lower = fold_text(name);
        match template_glob(&lower) {
            Some(glob) => owners.templates.add(glob, owner),
            None => {
                owners.exact.entry(lower).or_insert(owner);
            }
        }
    }
    owners
});

/// The rows of a table; a line that is neither one nor a comment is the error.
fn rows(table: &str) -> impl Iterator<Item = Result<(&str, KeyOwner), &str>> {
    super::load::table_rows(table).map(|line| {
        let mut fields = line.split_whitespace();
        let row = fields.next().zip(fields.next().and_then(KeyOwner::parse));
        row.filter(|_| fields.next().is_none()).ok_or(line)
    })
}

pub(super) fn who_fixes(name: &str) -> KeyOwner {
    if is_identity_provider_key(name) {
        return KeyOwner::Session;
    }
    let lower = folded(name);
    if let Some(owner) = OWNERS.exact.get(&*lower) {
        return *owner;
    }
    OWNERS.templates.fitting(&lower).next().map_or(KeyOwner::Caller, |(_, owner)| *owner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        let rows: Result<Vec<_>, _> = rows(TABLE).collect();
        assert!(rows.unwrap().len() > 80);
    }
}
