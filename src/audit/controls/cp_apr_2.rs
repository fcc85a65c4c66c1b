//! CP-APR-2: who can approve is who is meant to.

use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use super::super::intent::Intent;
use crate::ask::AskError;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-APR-2",
    title: "those who can approve are those who are meant to",
    reason: "lists of approvers drift: nobody notices a policy that adds one, nor one that locks the last one out",
    severity: Severity::Medium,
    reads: &[
        "iam get-account-authorization-details",
        "organizations (SCPs)",
        "gateproof.toml: [audit.approvers]",
    ],
    decides: "who can call `codepipeline:PutApprovalResult` on each gate, compared with the list, both ways",
    remedy: "correct the policies or the list, whichever is wrong",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let gates = case.pipeline.gates();
    if gates.is_empty() {
        case.holds("the pipeline", "there is no gate", Vec::new());
        return Ok(());
    }
    let Some(meant) = Intent::meant(&case.intent.approvers, &case.pipeline.name) else {
        case.not_meant("the gates", "approvers", "who is meant to approve");
        return Ok(());
    };
    let meant = case.principals(meant)?;
    for (gate, arn) in gates {
        let answers = case.who_can(&["codepipeline:PutApprovalResult"], &[arn], Vec::new())?;
        case.only(&gate, &answers, |arn| meant.contains(arn), "may approve, and isn't meant to");
        case.all_of(&gate, &answers, &meant, "is meant to approve, and can't");
    }
    Ok(())
}
