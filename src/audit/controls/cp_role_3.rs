//! CP-ROLE-3: no role of the pipeline administers IAM.

use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::AskError;
use gateproof_model::catalogue::AccessLevel;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-ROLE-3",
    title: "no role of the pipeline writes IAM",
    reason: "a role that was given everything to get the pipeline running gives it to whoever controls a stage",
    severity: Severity::Critical,
    reads: &["iam get-account-authorization-details", "organizations (SCPs)"],
    decides: "whether the pipeline's role, or one that does an action's work, can make some call of IAM of level write or permissions management but `iam:PassRole`, after boundaries and SCPs",
    remedy: "take the calls from the role's policies, or cap it with a permissions boundary",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    case.untold_roles(|_| true);
    let mut roles: BTreeSet<Arc<str>> = case.pipeline.roles_of(|_| true);
    roles.insert(case.pipeline.role.as_str().into());
    let calls = case.calls("changes of IAM", || {
        let calls = case.estate.catalogue.actions_matching("iam:*").filter(|action| {
            [AccessLevel::Write, AccessLevel::PermissionsManagement].contains(&action.access_level())
                && !action.name().eq_ignore_ascii_case("iam:PassRole")
        });
        calls.map(|action| action.name()).collect()
    });
    for role in roles {
        if case.is_untold(&role) {
            continue;
        }
        let answers = case.can_call(&role, &calls, None)?;
        case.only(&role, &answers, |_| false, "may write IAM");
    }
    Ok(())
}
