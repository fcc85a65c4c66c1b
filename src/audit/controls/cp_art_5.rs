//! CP-ART-5: old artifacts go to Glacier, and are deleted in time, not before.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use gateproof_model::configuration::s3::{Lifecycle, LifecycleRule};

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-ART-5",
    title: "noncurrent artifacts go to Glacier after 30 days at the latest, and are deleted after 90 at the earliest",
    reason: "versions that are deleted too soon can't be recovered; versions that never are cost and leak",
    severity: Severity::Low,
    reads: &["s3api get-bucket-lifecycle-configuration: Rules[]"],
    decides: "an enabled rule, without other filters than a prefix of the pipeline's folder, moves noncurrent versions to Glacier within 30 days and deletes them after 90 or more; no enabled rule deletes any of the folder sooner",
    remedy: "add such a rule, and take out those that delete sooner",
    decide,
};

/// Days until noncurrent versions must have moved, and until which nothing may be deleted.
const MOVED: u32 = 30;
const KEPT: u32 = 90;

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    for store in &case.pipeline.stores {
        let told = case.estate.snapshot.bucket_lifecycle(&case.owner(store), &store.bucket);
        let Some(lifecycle) = case.told(&store.bucket, "the bucket's lifecycle", told) else { continue };
        let lifecycle = lifecycle.unwrap_or(Lifecycle { rules: Vec::new() });
        let folder = format!("{}/", gateproof_model::pipeline::folder_of(&case.pipeline.name));
        let rules: Vec<&LifecycleRule> =
            lifecycle.rules.iter().filter(|rule| rule.status == "Enabled").collect();
        let mut sound = true;
        for rule in rules.iter().filter(|rule| overlaps(rule, &folder) && deletes_within(rule, KEPT)) {
            let id = rule.id.clone().unwrap_or_default();
            let message = format!("the rule `{id}` deletes artifacts before {KEPT} days");
            case.violated((&store.bucket, &id), message, vec![Evidence::Fields(fields_of(&lifecycle))]);
            sound = false;
        }
        let covered = rules.iter().any(|rule| covers(rule, &folder) && moves(rule) && deletes(rule));
        let evidence = vec![Evidence::Fields(fields_of(&lifecycle))];
        if !covered {
            let message = format!(
                "no rule moves noncurrent artifacts within {MOVED} days and deletes them after {KEPT}"
            );
            case.violated((&store.bucket, "none"), message, evidence);
        } else if sound {
            case.holds(
                &store.bucket,
                "noncurrent artifacts move to Glacier, and are deleted in time",
                evidence,
            );
        }
    }
    Ok(())
}

/// Whether it is about some objects of a folder.
fn overlaps(rule: &LifecycleRule, folder: &str) -> bool {
    let prefix = rule.key_prefix();
    folder.starts_with(prefix) || prefix.starts_with(folder)
}

/// Whether it is about all objects of a folder.
fn covers(rule: &LifecycleRule, folder: &str) -> bool {
    let narrower = rule.filter.as_ref().is_some_and(|filter| {
        let more = filter.and.as_ref().is_some_and(|and| {
            !and.tags.is_empty()
                || and.object_size_greater_than.is_some()
                || and.object_size_less_than.is_some()
        });
        more || filter.tag.is_some()
            || filter.object_size_greater_than.is_some()
            || filter.object_size_less_than.is_some()
    });
    folder.starts_with(rule.key_prefix()) && !narrower
}

fn moves(rule: &LifecycleRule) -> bool {
    rule.noncurrent_version_transitions.iter().any(|transition| {
        let glacier = transition.storage_class.as_deref().is_some_and(|class| class.starts_with("GLACIER"));
        glacier && transition.noncurrent_days.is_some_and(|days| days <= MOVED)
    })
}

fn deletes(rule: &LifecycleRule) -> bool {
    rule.noncurrent_version_expiration
        .as_ref()
        .is_some_and(|e| e.noncurrent_days.is_some_and(|days| days >= KEPT))
}

fn deletes_within(rule: &LifecycleRule, days: u32) -> bool {
    let current = rule.expiration.as_ref().and_then(|expiration| expiration.days);
    let noncurrent = rule.noncurrent_version_expiration.as_ref().and_then(|e| e.noncurrent_days);
    let dated = rule.expiration.as_ref().is_some_and(|expiration| expiration.date.is_some());
    dated || current.into_iter().chain(noncurrent).any(|after| after < days)
}

fn fields_of(lifecycle: &Lifecycle) -> Vec<Field> {
    let days = |days: Option<u32>| days.map(|days| days.to_string());
    let of_rule = |rule: &LifecycleRule| {
        let id = rule.id.clone().unwrap_or_default();
        let expiration = rule.expiration.as_ref().and_then(|e| e.days);
        let noncurrent = rule.noncurrent_version_expiration.as_ref().and_then(|e| e.noncurrent_days);
        [
            Field { name: format!("{id}: Expiration.Days"), value: days(expiration) },
            Field {
                name: format!("{id}: NoncurrentVersionExpiration.NoncurrentDays"),
                value: days(noncurrent),
            },
        ]
    };
    lifecycle.rules.iter().flat_map(of_rule).collect()
}
