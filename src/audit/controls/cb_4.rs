//! CB-4: what strangers start doesn't come to production.

use super::super::builds::{Admitted, groups};
use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::AskError;
use crate::escalation::Target;
use crate::question::{Selector, Verdict};
use gateproof_model::configuration::codebuild::Webhook;

/// The control.
pub const CONTROL: Control = Control {
    id: "CB-4",
    title: "no build that a stranger's pull request starts comes to production",
    reason: "the code of a pull request acts with the role of the build: what that comes to, whoever opened it does",
    severity: Severity::Critical,
    reads: &[
        "codebuild batch-get-projects: projects[].{webhook,serviceRole}",
        "the whole snapshot",
        "gateproof.toml: [audit] production, actors",
    ],
    decides: "whether the role of a project that pull requests start, which neither wait for a comment nor come from `actors` only, reaches a \
              principal of production, or administrative access to it, in any number of steps",
    remedy: "give the project a role that may do nothing but log, or let pull requests wait for a comment",
    decide,
};

/// Who starts a build by a pull request.
enum Starter {
    Known,
    Stranger,
    /// So many accounts, and nobody says whether they are meant.
    Unsaid,
}

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    for (arn, project) in case.started_from_outside() {
        let Some(webhook) = &project.webhook else { continue };
        let starter = starter(case, webhook);
        if let Starter::Known = starter {
            case.holds(&arn, "no stranger starts a build", Vec::new());
            continue;
        }
        let roles = [
            &project.service_role,
            &project.build_batch_config.as_ref().and_then(|b| b.service_role.clone()),
        ];
        let Some(accounts) = case.production_accounts()? else {
            case.not_meant(&arn, "production", "what is production");
            continue;
        };
        for role in roles.into_iter().flatten() {
            if case.is_untold(role) {
                continue;
            }
            for account in accounts {
                reach(case, &arn, (role, account), &starter)?;
            }
        }
    }
    Ok(())
}

fn reach(
    case: &mut Case<'_>,
    arn: &str,
    (role, account): (&str, &str),
    starter: &Starter,
) -> Result<(), AskError> {
    let subject = format!("{arn}, {role} to account {account}");
    let within = || vec![Selector::Account(account.to_owned())];
    if !case.estate.callers().any(|caller| caller.account.as_deref() == Some(account)) {
        let command = format!("aws iam get-account-authorization-details (account {account})");
        case.unknown_by(&subject, &format!("who is in account {account}"), Some(command));
        return Ok(());
    }
    let target = Target::AnyOf(vec![Target::Controls(within()), Target::Administers(within())]);
    let found = case.reach(&[Selector::Arn(role.to_owned())], &target)?;
    if let (Verdict::Reachable, Starter::Unsaid) = (found.overall.verdict, starter) {
        case.not_meant(&subject, "actors", "whose events are meant to start builds");
    } else {
        let question = format!("a principal of account {account} from {role}, in any number of steps");
        case.never((&subject, role), &found, &question, &format!("comes to account {account}"));
    }
    Ok(())
}

fn starter(case: &Case<'_>, webhook: &Webhook) -> Starter {
    let theirs = groups(webhook).into_iter().filter(|group| group.is_anybodys(webhook));
    let actors: Vec<Admitted> = theirs.map(|group| group.actors(case.intent.actors.as_deref())).collect();
    if actors.iter().all(|actors| *actors == Admitted::Meant) {
        return Starter::Known;
    }
    let unsaid = |actors: &Admitted| matches!(actors, Admitted::Meant | Admitted::Few | Admitted::Unread(_));
    if actors.iter().all(unsaid) { Starter::Unsaid } else { Starter::Stranger }
}
