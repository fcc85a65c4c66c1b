//! CP-A3: only the platform team changes the pipeline.

use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::AskError;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-A3",
    title: "only the platform team changes the pipeline",
    reason: "whoever changes a pipeline can take its gates out and run anything with its roles",
    severity: Severity::High,
    reads: &[
        "iam get-account-authorization-details",
        "organizations (SCPs)",
        "gateproof.toml: [audit] platform",
    ],
    decides: "who can call `codepipeline:UpdatePipeline` on it: everybody in the snapshot, exactly",
    remedy: "take `codepipeline:UpdatePipeline` from all others, and deny it to them in an SCP",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let Some(platform) = case.platform()? else {
        case.not_meant("the pipeline", "platform", "who is meant to change pipelines");
        return Ok(());
    };
    let arn = case.pipeline.arn.to_string();
    let answers = case.who_can(&["codepipeline:UpdatePipeline"], &[arn], Vec::new())?;
    case.only("the pipeline", &answers, |arn| platform.contains(arn), "may change the pipeline");
    Ok(())
}
