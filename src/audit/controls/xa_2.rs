//! XA-2: of other accounts, named roles use the key.

use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::AskError;
use gateproof_model::arn::Arn;

/// The control.
pub const CONTROL: Control = Control {
    id: "XA-2",
    title: "of other accounts only roles of the pipeline's actions use the key of its artifacts",
    reason: "a key policy that names another account's root leaves to that account who decrypts",
    severity: Severity::High,
    reads: &[
        "kms get-key-policy",
        "kms list-grants",
        "iam get-account-authorization-details",
        "organizations (SCPs, RCPs)",
    ],
    decides: "who of other accounts than the key's can call `kms:Decrypt`, `kms:GenerateDataKey`, `kms:ReEncryptFrom`, `kms:ReEncryptTo` or `kms:CreateGrant` on the store's key: \
              everybody, exactly; only roles that read or make artifacts",
    remedy: "name the roles in the key's policy, not the account's root",
    decide,
};

const USES: [&str; 5] =
    ["kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:CreateGrant"];

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let pipeline = case.pipeline;
    for store in &pipeline.stores {
        let Some(keys) = case.keys(store) else {
            case.holds(&store.bucket, "the key is S3's own, which no other account uses", Vec::new());
            continue;
        };
        let account = keys.first().and_then(|key| Arn::parse(key)).map_or("", |arn| arn.account).to_owned();
        let handlers = case.handlers(store);
        let answers = case.who_can(&USES, &keys, Vec::new())?;
        // A service is of no account; whoever signs nothing is of none that is known.
        let elsewhere = |who: &str| who == "*" || Arn::parse(who).is_some_and(|arn| arn.account != account);
        let meant = |who: &str| handlers.contains(who) || !elsewhere(who);
        let said = case.findings.len();
        case.only(&store.bucket, &answers, meant, "may use the key from another account");
        case.may_be_of_untold_pipelines(said);
    }
    Ok(())
}
