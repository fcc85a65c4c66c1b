//! CP-ART-4: overwritten artifacts are kept.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-ART-4",
    title: "the artifact bucket keeps versions",
    reason: "without them an artifact that was overwritten is gone, and with it what it was",
    severity: Severity::Medium,
    reads: &["s3api get-bucket-versioning: Status"],
    decides: "`Status` is `Enabled`",
    remedy: "enable versioning of the bucket",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    for store in &case.pipeline.stores {
        let told = case.estate.snapshot.bucket_versioning(&case.owner(store), &store.bucket);
        let Some(versioning) = case.told(&store.bucket, "the bucket's versioning", told) else { continue };
        let status = versioning.as_ref().and_then(|versioning| versioning.status.clone());
        let enabled = versioning.is_some_and(|versioning| versioning.is_enabled());
        let evidence = vec![Evidence::Fields(vec![Field { name: "Status".to_owned(), value: status }])];
        if enabled {
            case.holds(&store.bucket, "the bucket keeps versions", evidence);
        } else {
            case.violated((&store.bucket, ""), "the bucket keeps no versions", evidence);
        }
    }
    Ok(())
}
