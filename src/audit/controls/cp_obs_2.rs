//! CP-OBS-2: what happens to the pipeline is kept.

use super::super::case::Case;
use super::super::control::Control;
use super::super::events::KINDS;
use super::super::evidence::Evidence;
use super::super::finding::Severity;
use crate::ask::AskError;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-OBS-2",
    title: "state changes are kept for longer than CodePipeline keeps them",
    reason: "an incident is found months later: who ran what when has to be there still",
    severity: Severity::Medium,
    reads: &[
        "what CP-OBS-1 reads, of the accounts that buses forward to as well",
        "logs describe-log-groups: logGroups[].retentionInDays",
        "firehose describe-delivery-stream: DeliveryStreamDescription.Destinations[]",
        "s3api get-bucket-lifecycle-configuration: Rules[].Expiration",
        "events list-archives: Archives[].RetentionDays",
        "gateproof.toml: [audit] retention_days (366 where not given)",
    ],
    decides: "for each kind of state change, some log group, or bucket behind a delivery stream, that a rule's events come to keeps them for so many days",
    remedy: "raise the log group's retention, or deliver the events to a bucket whose lifecycle doesn't delete them",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let days = case.retention_days();
    for kind in KINDS {
        let kept = case.kept(kind);
        let evidence = vec![Evidence::Fields(kept.fields())];
        if let Some((place, _)) = kept.for_days(days) {
            case.holds(kind, format!("such events are kept for {days} days or more in {place}"), evidence);
        } else if !kept.missing.is_empty() {
            case.unknown(
                kind,
                format!("whether such events are kept for {days} days is not told"),
                kept.missing,
            );
        } else {
            case.violated((kind, ""), format!("such events are kept nowhere for {days} days"), evidence);
        }
    }
    Ok(())
}
