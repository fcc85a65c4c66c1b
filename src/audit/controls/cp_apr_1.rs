//! CP-APR-1: who approves what goes to production administers production.

use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::AskError;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-APR-1",
    title: "only administrators of production approve what goes there",
    reason: "an approval is a credential for production: the list of those who can give it must be as short as that of its administrators",
    severity: Severity::High,
    reads: &[
        "iam get-account-authorization-details",
        "organizations (SCPs)",
        "gateproof.toml: [audit] production, administrators",
    ],
    decides: "who can call `codepipeline:PutApprovalResult` on each gate before a deployment to production: everybody in the snapshot, exactly",
    remedy: "grant `codepipeline:PutApprovalResult` on `arn:…:PIPELINE/STAGE/ACTION` to one role that administrators assume, and deny it to all others in an SCP",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let Some(gates) = case.production_gates("who administers production")? else { return Ok(()) };
    let Some(administrators) = case.intent.administrators.as_deref() else {
        case.not_meant("the gates", "administrators", "who administers production");
        return Ok(());
    };
    let administrators = case.principals(administrators)?;
    for (gate, arn) in gates {
        let answers = case.who_can(&["codepipeline:PutApprovalResult"], &[arn], Vec::new())?;
        case.only(
            &gate,
            &answers,
            |arn| administrators.contains(arn),
            "may approve, and doesn't administer production",
        );
    }
    Ok(())
}
