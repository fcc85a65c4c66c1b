//! CP-ROLE-5: the pipeline's role changes nothing in production.

use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use super::super::template::Template;
use crate::ask::AskError;
use crate::pipelines::Untold;
use gateproof_encodings::authorize::FREE_ACTIONS;
use gateproof_model::arn::Arn;
use gateproof_model::catalogue::AccessLevel;
use std::collections::BTreeSet;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-ROLE-5",
    title: "the pipeline's role changes nothing in production but by the actions' roles",
    reason: "the role that moves artifacts is in reach of every stage: what it may do in production, each of them may",
    severity: Severity::High,
    reads: &[
        "codepipeline get-pipeline",
        "iam get-account-authorization-details",
        "organizations (SCPs, RCPs)",
        "gateproof.toml: [audit] production",
    ],
    decides: "whether the role can make some call of level write, tagging or permissions management on a resource of production's accounts that the template of CP-ROLE-4 doesn't allow; `sts:AssumeRole` it allows of the roles that actions name",
    remedy: "give the deployment to the role of its action (`roleArn`), and let the pipeline's role assume that and nothing else",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let Some(accounts) = case.production_accounts()? else {
        case.not_meant("the role", "production", "what is production");
        return Ok(());
    };
    let role = case.pipeline.role.clone();
    if case.is_untold(&role) {
        return Ok(());
    }
    let covered: BTreeSet<&str> =
        case.estate.snapshot.accounts().iter().map(|account| &*account.id).collect();
    for account in accounts.iter().filter(|account| !covered.contains(account.as_str())) {
        let command = format!("aws iam get-account-authorization-details (account {account})");
        let missing = vec![Untold { what: format!("account {account}"), command: Some(command) }];
        case.unknown(
            &format!("{role} in {account}"),
            "what the account lets the role do is not told",
            missing,
        );
    }
    let told: BTreeSet<String> =
        accounts.iter().filter(|account| covered.contains(account.as_str())).cloned().collect();
    if told.is_empty() {
        return Ok(());
    }
    let template = Template::of_role(case);
    let Some(left_out) = template.left_out() else { return Ok(()) };
    let free = |name: &str| FREE_ACTIONS.iter().any(|free| free.eq_ignore_ascii_case(name));
    let changes = [AccessLevel::Write, AccessLevel::Tagging, AccessLevel::PermissionsManagement];
    let calls = || case.calls_of("*", &changes).into_iter().filter(|name| !free(name)).collect();
    let calls = case.calls_in(&told, "changes", calls);
    let answers = case.can_in(&role, &told, &calls, left_out)?;
    // What isn't known of the needs of actions that the role calls concerns its own account.
    let is_in_production = Arn::parse(&role).is_some_and(|role| accounts.contains(role.account));
    let step = answers.who_can().find_map(|(_, witness)| witness?.steps.first());
    match step {
        Some(step) if is_in_production && !template.unknown.is_empty() => {
            let needs = |(place, provider): &(String, String)| Untold {
                what: format!("what {provider} ({place}) needs of the role that calls it"),
                command: None,
            };
            let message = format!(
                "{role} may call {} on {}: whether an action needs that is not known",
                step.action, step.resource
            );
            case.unknown(&role, message, template.unknown.iter().map(needs).collect());
        }
        _ => case.only(&role, &answers, |_| false, "may change production by itself"),
    }
    Ok(())
}
