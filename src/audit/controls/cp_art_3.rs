//! CP-ART-3: reading the bucket alone reveals nothing.

use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::AskError;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-ART-3",
    title: "nobody else reads artifacts: what may read the bucket may not use the key",
    reason: "artifacts are unreleased source and binaries before they are signed",
    severity: Severity::High,
    reads: &[
        "s3api get-bucket-policy",
        "kms get-key-policy",
        "kms list-grants",
        "iam get-account-authorization-details",
        "organizations (SCPs, RCPs)",
        "gateproof.toml: [audit] platform (optional)",
    ],
    decides: "who can call both `s3:GetObject` on the pipeline's folder and `kms:Decrypt` on the store's key",
    remedy: "name the reading roles in the policies of bucket and key, and nobody else",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let platform = case.platform()?.unwrap_or_default();
    for store in &case.pipeline.stores {
        let handlers = case.handlers(store);
        let folder = case.folder(store);
        let reading = case.who_can(&["s3:GetObject"], &[folder], Vec::new())?;
        let meant = |arn: &str| handlers.contains(arn) || platform.contains(arn);
        let does = "may read and decrypt artifacts";
        let said = case.findings.len();
        match case.keys(store) {
            Some(keys) => {
                let decrypting = case.who_can(&["kms:Decrypt"], &keys, Vec::new())?;
                case.only_both(&store.bucket, (&reading, &decrypting), meant, does);
            }
            None => case.only(&store.bucket, &reading, meant, does),
        }
        case.may_be_of_untold_pipelines(said);
    }
    Ok(())
}
