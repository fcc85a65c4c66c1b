//! CP-CFN-3: a stack's role is capped, and the cap stays on.

use super::super::case::Case;
use super::super::control::Control;
use super::super::envelope::refused_by;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use crate::pipelines::Untold;
use crate::question::constraint::Demand;
use crate::question::{Constraint, Verdict};
use gateproof_encodings::authorize::FREE_ACTIONS;
use gateproof_model::arn::Arn;
use gateproof_model::catalogue::AccessLevel;
use std::collections::BTreeSet;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-CFN-3",
    title: "the execution role of a stack has a permissions boundary within the control policies, and can't get rid of it",
    reason: "the role has to be broad; the boundary is what it never may, whoever writes its policies or the template",
    severity: Severity::Medium,
    reads: &[
        "iam get-account-authorization-details: RoleDetailList[].PermissionsBoundary, Policies[]",
        "organizations (SCPs)",
    ],
    decides: "a boundary is set; the role can't write its text, take boundaries away, set others, or write policies of users and roles without it (`iam:PermissionsBoundary`); no request that policies and boundary allow is refused by a service control policy only",
    remedy: "set a boundary that holds what the service control policies hold, and deny in it, or in one of them, changes of boundaries and their documents",
    decide,
};

const TEXT: [&str; 2] = ["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"];

const TAKEN_AWAY: [&str; 2] = ["iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary"];

/// Calls that make or empower a user or role, with the key that tells its boundary.
///
/// Service Authorization Reference, "Actions, resources, and condition keys for AWS Identity and Access Management (IAM)".
const WITHOUT: [&str; 8] = [
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateRole",
    "iam:CreateUser",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:PutUserPermissionsBoundary",
    "iam:PutUserPolicy",
];

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    for role in case.stack_roles() {
        let named =
            case.estate.snapshot.principal(&role).and_then(|role| role.named_boundary().map(|b| b.cloned()));
        match named {
            None => {
                let account = Arn::parse(&role).map_or("", |arn| arn.account);
                let command = format!("aws iam get-account-authorization-details (account {account})");
                let missing =
                    vec![Untold { what: format!("the boundary of {role}"), command: Some(command) }];
                case.unknown(&role, "the role's permissions boundary is not told", missing);
            }
            Some(None) => case.violated((&role, ""), "the role has no permissions boundary", Vec::new()),
            Some(Some(boundary)) => {
                let fields = vec![Field::of("PermissionsBoundaryArn", &*boundary)];
                case.holds(&role, "the role has a permissions boundary", vec![Evidence::Fields(fields)]);
                of_escapes(case, &role, &boundary)?;
                of_envelope(case, &role)?;
            }
        }
    }
    Ok(())
}

fn of_escapes(case: &mut Case<'_>, role: &str, boundary: &str) -> Result<(), AskError> {
    let text = case.can_when(role, &TEXT, &[boundary.to_owned()], Vec::new())?;
    case.only(&format!("{role}, the text"), &text, |_| false, "may write the text of its boundary");
    let gone = case.can_when(role, &TAKEN_AWAY, &[], Vec::new())?;
    case.only(&format!("{role}, taken away"), &gone, |_| false, "may take boundaries away");
    let other = vec![Constraint {
        key: "iam:PermissionsBoundary".to_owned(),
        demand: Demand::Differs(boundary.to_owned()),
    }];
    let without = case.can_when(role, &WITHOUT, &[], other)?;
    let does = "may give rights to users and roles that don't have its boundary";
    case.only(&format!("{role}, others"), &without, |_| false, does);
    Ok(())
}

/// Whether the control policies refuse something that nothing else does.
fn of_envelope(case: &mut Case<'_>, role: &str) -> Result<(), AskError> {
    let account = Arn::parse(role).map_or("", |arn| arn.account).to_owned();
    let subject = format!("{role}, the envelope");
    let levels = case.estate.snapshot.organization().scp_levels(&account).to_vec();
    let refused: Vec<_> = levels.iter().flat_map(|level| refused_by(level)).collect();
    // Calls that need no permission are refused by control policies only, whatever a boundary says.
    let free = |name: &str| FREE_ACTIONS.iter().any(|free| free.eq_ignore_ascii_case(name));
    let calls = || case.calls_of("*", &AccessLevel::ALL).into_iter().filter(|name| !free(name)).collect();
    let calls = case.calls("all", calls);
    let mut last = None;
    for refusing in refused {
        let answers = case.can_by_itself(role, &calls, Some(refusing))?;
        let does = "may by its boundary what only a service control policy refuses";
        for (_, answer) in answers.each.iter() {
            if answer.verdict == Verdict::Reachable && answer.unknowns().next().is_some() {
                case.doubtful(&subject, role, answer, does);
                return Ok(());
            }
        }
        if !answers.is_settled(&BTreeSet::new()) {
            case.only(&subject, &answers, |_| false, does);
            return Ok(());
        }
        last = Some(answers.proof());
    }
    let message = "the service control policies refuse nothing that the role's policies and boundary allow";
    case.holds(&subject, message, last.into_iter().collect());
    Ok(())
}
