//! CP-ART-6: nobody makes artifacts public.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-ART-6",
    title: "the account blocks public access to its buckets, and only the platform team could lift that",
    reason: "a bucket is made public by accident: the account's block keeps it from being so whatever its policy says",
    severity: Severity::Medium,
    reads: &[
        "s3control get-public-access-block",
        "iam get-account-authorization-details",
        "organizations (SCPs)",
        "gateproof.toml: [audit] platform",
    ],
    decides: "all four settings of the account are on; who can call `s3:PutAccountPublicAccessBlock` there",
    remedy: "turn all four on, and deny the call to all others in an SCP",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let platform = case.platform()?;
    for store in &case.pipeline.stores {
        let account = case.owner(store);
        let told = case.estate.snapshot.account_public_access(&account);
        let Some(access) = case.told(&account, "the account's public access block", told) else { continue };
        let access = access.unwrap_or_default();
        let fields = [
            ("BlockPublicAcls", access.block_public_acls),
            ("IgnorePublicAcls", access.ignore_public_acls),
            ("BlockPublicPolicy", access.block_public_policy),
            ("RestrictPublicBuckets", access.restrict_public_buckets),
        ];
        let fields = fields.map(|(name, on)| Field::of(name, on.to_string())).to_vec();
        let evidence = vec![Evidence::Fields(fields)];
        if access.blocks_all() {
            case.holds(&account, "the account blocks public access", evidence);
        } else {
            case.violated((&account, ""), "the account doesn't block public access", evidence);
        }
        let subject = format!("{account}, who lifts it");
        let Some(platform) = &platform else {
            case.not_meant(&subject, "platform", "who may lift the account's block of public access");
            continue;
        };
        let answers = case.who_can_in(&account, &["s3:PutAccountPublicAccessBlock"])?;
        case.only(
            &subject,
            &answers,
            |arn| platform.contains(arn),
            "may lift the account's block of public access",
        );
    }
    Ok(())
}
