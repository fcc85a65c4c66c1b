//! CP-ART-8: no artifact is written but under the store's key.

use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::AskError;
use crate::question::Constraint;
use crate::question::constraint::Demand;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-ART-8",
    title: "the artifact bucket refuses objects that aren't encrypted with the store's key",
    reason: "an object under another key can be read by whoever has that key, whatever the store's key says",
    severity: Severity::Medium,
    reads: &[
        "s3api get-bucket-policy",
        "kms list-aliases",
        "iam get-account-authorization-details",
        "organizations (SCPs, RCPs)",
    ],
    decides: "who can call `s3:PutObject` on the pipeline's folder without the encryption header, with `AES256`, or with `aws:kms` and another key or none: nobody",
    remedy: "deny `s3:PutObject` to everybody where `StringNotEquals` `s3:x-amz-server-side-encryption-aws-kms-key-id` the key's ARN",
    decide,
};

const ENCRYPTION: &str = "s3:x-amz-server-side-encryption";
const KEY: &str = "s3:x-amz-server-side-encryption-aws-kms-key-id";

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    for store in &case.pipeline.stores {
        let Some(keys) = case.keys(store) else {
            let message = format!("the store of {} names no key that writes could be held to", store.region);
            case.violated((&store.bucket, ""), message, Vec::new());
            continue;
        };
        let folder = case.folder(store);
        let demand = |key: &str, demand: Demand| Constraint { key: key.to_owned(), demand };
        let other = keys.iter().map(|key| demand(KEY, Demand::Differs(key.clone())));
        let kms = demand(ENCRYPTION, Demand::Equals("aws:kms".to_owned()));
        for (shape, when, does) in [
            (
                "no header",
                vec![demand(ENCRYPTION, Demand::Absent)],
                "may write artifacts without naming an encryption",
            ),
            (
                "AES256",
                vec![demand(ENCRYPTION, Demand::Equals("AES256".to_owned()))],
                "may write artifacts under a key of S3's",
            ),
            (
                "another key",
                std::iter::once(kms).chain(other).collect(),
                "may write artifacts under another key",
            ),
        ] {
            let answers = case.who_can(&["s3:PutObject"], std::slice::from_ref(&folder), when)?;
            case.nobody(&format!("{}, {shape}", store.bucket), &answers, does);
        }
    }
    Ok(())
}
