//! CP-ART-3: reading the bucket alone reveals nothing.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::Evidence;
use super::super::finding::Severity;
use crate::ask::AskError;
use std::collections::BTreeMap;

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
        let mut reading = case.who_can(&["s3:GetObject"], &[folder], Vec::new())?;
        let mut witnesses = BTreeMap::new();
        if let Some(keys) = case.keys(store) {
            let decrypting = case.who_can(&["kms:Decrypt"], &keys, Vec::new())?;
            witnesses = decrypting.witnesses();
            reading = reading.and(decrypting);
        }
        let meant = |arn: &str| handlers.contains(arn) || platform.contains(arn);
        case.only(&store.bucket, &reading, meant, "may read and decrypt artifacts");
        for finding in case.findings.iter_mut() {
            if let Some(witness) = witnesses.get(finding.offender.as_str()) {
                finding.evidence.push(Evidence::Request(witness.clone()));
            }
        }
    }
    Ok(())
}
