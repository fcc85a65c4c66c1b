//! CB-13: who gets a shell with a project's role.

use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::AskError;

/// The control.
pub const CONTROL: Control = Control {
    id: "CB-13",
    title: "only the platform team opens sandboxes of build projects",
    reason: "a sandbox is a shell in the project's surroundings, with its role and its secrets",
    severity: Severity::High,
    reads: &[
        "iam get-account-authorization-details",
        "organizations (SCPs)",
        "gateproof.toml: [audit] platform",
    ],
    decides: "who can call `codebuild:StartSandbox` on the project: everybody in the snapshot, exactly",
    remedy: "take `codebuild:StartSandbox` from all others, and deny it to them in an SCP",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let projects = case.projects();
    if projects.is_empty() {
        return Ok(());
    }
    let Some(platform) = case.platform()? else {
        case.not_meant("the builds", "platform", "who is meant to open sandboxes");
        return Ok(());
    };
    for (arn, _) in projects {
        let answers = case.who_can(&["codebuild:StartSandbox"], &[arn.to_string()], Vec::new())?;
        case.only(&arn, &answers, |who| platform.contains(who), "may open a sandbox of the project");
    }
    Ok(())
}
