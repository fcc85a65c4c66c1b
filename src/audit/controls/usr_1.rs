//! USR-1: nobody signs in to CodeCommit with a password or key that stays.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use crate::pipelines::MappedPipeline;
use gateproof_model::account::PrincipalEntityKind;
use gateproof_model::arn::Arn;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The control.
///
/// CodeCommit User Guide, "Setup for HTTPS users using Git credentials" and "Setup steps for SSH connections".
pub const CONTROL: Control = Control {
    id: "USR-1",
    title: "no user has a git password or SSH key for the repositories that are shipped",
    reason: "they stay until somebody deletes them, ask for no second factor, and push whatever the user may push",
    severity: Severity::Medium,
    reads: &["iam list-service-specific-credentials", "iam list-ssh-public-keys"],
    decides: "of each user of the account of a CodeCommit source: no service-specific credential of CodeCommit and no SSH key is `Active`, however old; said of the account's first such \
              pipeline",
    remedy: "delete them, and sign in with `git-remote-codecommit` and a role",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let mut accounts = repositories_of(case.pipeline);
    if accounts.is_empty() {
        case.holds("the users", "no source is of CodeCommit", Vec::new());
        return Ok(());
    }
    for before in case.map.pipelines.iter().take_while(|before| before.arn != case.pipeline.arn) {
        let theirs = repositories_of(before);
        accounts.retain(|account| !theirs.contains(account));
    }
    for account in accounts {
        if !case.estate.snapshot.accounts().iter().any(|known| *known.id == *account) {
            let command = format!("aws iam get-account-authorization-details (account {account})");
            case.unknown_by(&account, &format!("the users of account {account}"), Some(command));
        }
        let principals = case.estate.snapshot.principals().iter();
        let users = principals.filter(|p| p.account == account && p.kind == PrincipalEntityKind::User);
        for user in users {
            signs_in(case, &account, (&user.arn, &user.name));
        }
    }
    Ok(())
}

/// The accounts of a pipeline's repositories.
fn repositories_of(pipeline: &MappedPipeline) -> BTreeSet<Arc<str>> {
    let sources = pipeline.abilities.iter().filter(|ability| ability.ability == "write-source");
    let arns = sources.filter_map(|source| Arn::parse(&source.resource));
    arns.filter(|arn| arn.service == "codecommit").map(|arn| arn.account.into()).collect()
}

fn signs_in(case: &mut Case<'_>, account: &str, (arn, name): (&str, &str)) {
    let passwords = case.estate.snapshot.service_credentials(account, name);
    let keys = case.estate.snapshot.ssh_keys(account, name);
    let passwords =
        case.told(&format!("{arn}, passwords"), "the user's passwords for single services", passwords);
    let keys = case.told(&format!("{arn}, keys"), "the user's SSH keys", keys);
    let date =
        |date: Option<String>| vec![Evidence::Fields(vec![Field { name: "since".to_owned(), value: date }])];
    let mut sound = passwords.is_some() && keys.is_some();
    for password in passwords.flatten().into_iter().flatten() {
        if password.service_name == "codecommit.amazonaws.com" && password.status == "Active" {
            sound = false;
            let since = password.create_date.map(|date| date.to_string());
            let offender = format!("password {}", since.as_deref().unwrap_or_default());
            case.violated((arn, &offender), format!("{name} has a git password"), date(since));
        }
    }
    for key in keys.flatten().into_iter().flatten().filter(|key| key.status == "Active") {
        sound = false;
        let since = key.upload_date.map(|date| date.to_string());
        let offender = format!("key {}", since.as_deref().unwrap_or_default());
        case.violated((arn, &offender), format!("{name} has an SSH key for git"), date(since));
    }
    if sound {
        case.holds(arn, format!("{name} has no git password or SSH key"), Vec::new());
    }
}
