//! CP-ART-2: only what reads artifacts decrypts them.

use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::AskError;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-ART-2",
    title: "only the pipeline's role and roles that read or make artifacts may decrypt them",
    reason: "the key is what keeps a role that can read the bucket from reading the artifacts",
    severity: Severity::High,
    reads: &[
        "kms get-key-policy",
        "kms list-grants",
        "kms list-aliases",
        "iam get-account-authorization-details",
        "organizations (SCPs, RCPs)",
        "gateproof.toml: [audit] platform (optional)",
    ],
    decides: "who can call `kms:Decrypt` on the store's key, compared both ways with the roles of all pipelines that keep artifacts under it",
    remedy: "name those roles in the key's policy instead of delegating to accounts, and retire grants of others",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let platform = case.platform()?.unwrap_or_default();
    for store in &case.pipeline.stores {
        let Some(keys) = case.keys(store) else {
            let message = format!(
                "the store of {} names no key: everybody in the account who may read it may decrypt it",
                store.region
            );
            case.violated((&store.bucket, ""), message, Vec::new());
            continue;
        };
        let (readers, handlers) = (case.readers(store), case.handlers(store));
        let answers = case.who_can(&["kms:Decrypt"], &keys, Vec::new())?;
        let meant = |arn: &str| handlers.contains(arn) || platform.contains(arn);
        let said = case.findings.len();
        case.only(&store.bucket, &answers, meant, "may decrypt artifacts");
        case.may_be_of_untold_pipelines(said);
        case.all_of(&store.bucket, &answers, &readers, "reads artifacts, and can't decrypt them");
    }
    Ok(())
}
