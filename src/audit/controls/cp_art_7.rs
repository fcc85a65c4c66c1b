//! CP-ART-7: nothing of the artifact bucket without TLS.

use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::AskError;
use crate::question::Constraint;
use crate::question::constraint::Demand;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-ART-7",
    title: "the artifact bucket refuses requests without TLS",
    reason: "a Deny on the objects alone, or on one action, or with the wrong operator, looks right and leaves requests out",
    severity: Severity::Medium,
    reads: &[
        "s3api get-bucket-policy",
        "iam get-account-authorization-details",
        "organizations (SCPs, RCPs)",
    ],
    decides: "who can make any request of S3 on the bucket or its objects with `aws:SecureTransport` `false`: nobody, root users included",
    remedy: "deny `s3:*` to everybody on the bucket and on its objects where `Bool` `aws:SecureTransport` is `false`",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    for store in &case.pipeline.stores {
        let bucket = case.bucket(store);
        let when = vec![Constraint {
            key: "aws:SecureTransport".to_owned(),
            demand: Demand::Equals("false".to_owned()),
        }];
        for (what, resource) in [("", bucket.clone()), ("/*", format!("{bucket}/*"))] {
            let answers = case.who_can(&["s3:*"], &[resource], when.clone())?;
            case.nobody(&format!("{}{what}", store.bucket), &answers, "may make requests without TLS");
        }
    }
    Ok(())
}
