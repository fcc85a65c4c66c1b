//! SCP-1: nobody takes the guard-rails down.

use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::AskError;
use gateproof_model::account::is_service_linked_role;
use gateproof_model::arn::Arn;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The control.
pub const CONTROL: Control = Control {
    id: "SCP-1",
    title: "nobody leaves the organization, stops its trails, takes boundaries away or passes roles of production but those who are meant to",
    reason: "whoever can take a guard-rail down has what it kept from them",
    severity: Severity::High,
    reads: &[
        "organizations (SCPs)",
        "iam get-account-authorization-details",
        "gateproof.toml: [audit] guards, platform, administrators, production",
    ],
    decides: "in each of the pipeline's accounts, who can call `organizations:LeaveOrganization`; `cloudtrail:StopLogging`, `DeleteTrail`, `UpdateTrail` or `PutEventSelectors`; \
              `iam:DeleteRolePermissionsBoundary` or `iam:DeleteUserPermissionsBoundary`; and `iam:PassRole` of the roles with which stacks of production are deployed: \
              everybody, exactly, root users included; only `guards`, `platform`, `administrators`, roles linked to services (no SCP binds them) and those that deploy",
    remedy: "deny the calls in an SCP to all but named roles",
    decide,
};

const RAILS: [(&str, &[&str], &str); 3] = [
    (
        "the organization",
        &["organizations:LeaveOrganization"],
        "may take the account out of the organization",
    ),
    (
        "trails",
        &[
            "cloudtrail:StopLogging",
            "cloudtrail:DeleteTrail",
            "cloudtrail:UpdateTrail",
            "cloudtrail:PutEventSelectors",
        ],
        "may stop or change trails",
    ),
    (
        "boundaries",
        &["iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary"],
        "may take permissions boundaries away",
    ),
];

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let Some(meant) = guards(case)? else {
        case.not_meant("the accounts", "guards", "who is meant to take guard-rails down");
        return Ok(());
    };
    for account in case.own_accounts().0 {
        for (rail, actions, does) in RAILS {
            let answers = case.who_can_in(&account, actions)?;
            let fits = |arn: &str| meant.contains(arn) || is_service_linked_role(arn);
            case.only(&format!("{account}, {rail}"), &answers, fits, does);
        }
    }
    passing(case, &meant)
}

/// Who is meant to take guard-rails down; `None`: nobody says.
fn guards(case: &Case<'_>) -> Result<Option<BTreeSet<Arc<str>>>, AskError> {
    let named = [&case.intent.guards, &case.intent.administrators, &case.intent.platform];
    let mut guards = None;
    for selectors in named.into_iter().flatten() {
        guards.get_or_insert_with(BTreeSet::new).extend(case.principals(selectors)?);
    }
    Ok(guards)
}

/// Who passes the roles of production's stacks.
fn passing(case: &mut Case<'_>, meant: &BTreeSet<Arc<str>>) -> Result<(), AskError> {
    let Some(production) = case.production_accounts()? else {
        case.not_meant("roles of production", "production", "what is production");
        return Ok(());
    };
    let pipelines = case.map.pipelines.iter();
    let passes: Vec<(Arc<str>, Arc<str>)> = pipelines
        .flat_map(|pipeline| pipeline.each_action())
        .filter(|action| action.by.as_ref().is_some_and(|by| by.kind.starts_with("cloudformation.")))
        .flat_map(|action| action.runs_as.iter().map(|role| (role.clone(), action.role.as_str().into())))
        .collect();
    let own: BTreeSet<Arc<str>> = case.pipeline.roles_of(|action| action.category == "Deploy");
    let account = |role: &str| Arn::parse(role).map_or("", |arn| arn.account).to_owned();
    for role in own.into_iter().filter(|role| production.contains(&account(role))) {
        let callers: BTreeSet<&Arc<str>> =
            passes.iter().filter(|(passed, _)| *passed == role).map(|(_, caller)| caller).collect();
        let answers = case.who_can(&["iam:PassRole"], &[role.to_string()], Vec::new())?;
        let fits = |arn: &str| meant.contains(arn) || callers.iter().any(|caller| ***caller == *arn);
        let said = case.findings.len();
        case.only(&role, &answers, fits, "may pass a role of production");
        case.may_be_of_untold_pipelines(said);
    }
    Ok(())
}
