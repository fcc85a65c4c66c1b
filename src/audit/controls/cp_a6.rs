//! CP-A6: only what makes artifacts writes them.

use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::AskError;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-A6",
    title: "only roles that make artifacts write to the artifact bucket",
    reason: "an approval binds no content: whoever overwrites an artifact behind the gate decides what is shipped",
    severity: Severity::High,
    reads: &[
        "s3api get-bucket-policy",
        "iam get-account-authorization-details",
        "organizations (SCPs, RCPs)",
        "gateproof.toml: [audit] platform (optional)",
    ],
    decides: "who can call `s3:PutObject` on the pipeline's folder: everybody, other accounts and the public included, exactly",
    remedy: "name the writing roles in the bucket's policy, and deny `s3:PutObject` to all others there; never an account's root",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let platform = case.platform()?.unwrap_or_default();
    for store in &case.pipeline.stores {
        let makers = case.makers(store);
        let folder = case.folder(store);
        let answers = case.who_can(&["s3:PutObject"], &[folder], Vec::new())?;
        let meant = |arn: &str| makers.contains(arn) || platform.contains(arn);
        let said = case.findings.len();
        case.only(&store.bucket, &answers, meant, "may write artifacts of the pipeline");
        case.may_be_of_untold_pipelines(said);
    }
    Ok(())
}
