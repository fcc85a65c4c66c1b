//! The accounts that administer IAM for the organization: from there sessions of member accounts' root users are opened.
//!
//! IAM User Guide, "Centrally manage root access for member accounts"; AWS Organizations API Reference,
//! ListDelegatedAdministrators.

use super::tree::{Tree, entries};
use super::{outputs, refusal};
use crate::assumption::Touches;
use crate::snapshot::collected::{Collected, Output};
use crate::snapshot::errors::Verdict;
use crate::snapshot::notes::Notes;
use std::collections::BTreeSet;
use std::sync::Arc;

const CALL: &str = "list-delegated-administrators";
const IAM: &str = "iam.amazonaws.com";
const WHAT: &str = "the delegated administrators for IAM";

/// The delegated administrators for IAM; those of all services, where the call was made without a service.
pub(super) fn read_administrators(
    collected: &Collected<'_>,
    tree: &Tree,
    notes: &mut Notes,
) -> BTreeSet<Arc<str>> {
    let about_iam = |output: &Output| output.name.as_deref().is_none_or(|name| name == IAM);
    let told: Vec<Output> = outputs(collected, CALL, notes).into_iter().filter(about_iam).collect();
    if told.is_empty() && tree.management_account.is_some() {
        not_told(collected, notes);
    }
    let mut found = BTreeSet::new();
    for output in told {
        match &output.json {
            Some(json) => {
                let listed = entries(json, "DelegatedAdministrators", &output.file, notes);
                found.extend(listed.into_iter().map(|(_, _, id)| Arc::from(id)));
            }
            None => notes.blind(None, &["sts"], WHAT, &output.file),
        }
    }
    found
}

fn not_told(collected: &Collected<'_>, notes: &mut Notes) {
    let refused = [IAM, ""].into_iter().any(|name| refusal(collected, CALL, name) == Some(Verdict::Refused));
    if refused || collected.unknown_if_missing() {
        notes.blind(None, &["sts"], WHAT, "organization/list-delegated-administrators.json");
        return;
    }
    let command = format!("aws organizations {CALL} --service-principal {IAM}");
    let touches =
        Touches { service: Some("sts".into()), actions: vec!["sts:AssumeRoot".into()], ..Touches::default() };
    notes.assume(
        "no account but the management account administers IAM for the organization",
        command,
        touches,
    );
}
