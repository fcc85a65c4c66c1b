//! What AWS says of the example organization's pipelines is told, all of it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use gateproof_model::snapshot::{LoadOptions, Snapshot};
use std::path::Path;

const TOOLING: &str = "222222222222";
const REGION: &str = "us-east-1";

fn acme() -> Snapshot {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/snapshots/acme");
    Snapshot::load(&path, &LoadOptions::default()).unwrap()
}

#[test]
fn stores_and_keys_of_the_pipelines_are_told() {
    let acme = acme();
    let mut stores = 0;
    for pipeline in acme.pipelines().all {
        for (region, store) in pipeline.stores() {
            stores += 1;
            let bucket = &store.location;
            assert!(acme.bucket_of(TOOLING, bucket).known().is_some(), "{bucket}");
            assert!(acme.bucket_encryption(TOOLING, bucket).known().is_some(), "{bucket}");
            assert!(acme.bucket_versioning(TOOLING, bucket).known().is_some(), "{bucket}");
            assert!(acme.bucket_ownership(TOOLING, bucket).known().is_some(), "{bucket}");
            assert!(acme.bucket_public_access(TOOLING, bucket).known().is_some(), "{bucket}");
            assert!(acme.bucket_lifecycle(TOOLING, bucket).command().is_none(), "{bucket}");
            if let Some(key) = &store.encryption_key {
                let told = acme.key_description(&key.id, TOOLING, region);
                assert!(told.known().unwrap().is_usable_customer_key());
            }
        }
    }
    assert_eq!(stores, 3);
    assert!(acme.account_public_access(TOOLING).file().is_some());
}

#[test]
fn projects_trails_and_rules_are_told() {
    let acme = acme();
    let project = acme.build_project(TOOLING, REGION, "portal-pr");
    let project = project.known().unwrap();
    assert!(project.environment.privileged_mode && project.has_badge());
    assert_eq!(project.webhook.as_ref().unwrap().filter_groups[0][1].pattern, "1048576|2097152");
    let trails = acme.trails(TOOLING);
    let trails = trails.known().unwrap();
    assert!(trails.is_whole(REGION));
    let trail = trails.of_region("eu-west-1").next().unwrap();
    assert_eq!(trail.is_logging.known(), Some(&true));
    assert!(trail.selectors.known().unwrap().event_selectors[0].include_management_events);
    let rules = acme.event_rules(TOOLING, REGION);
    let rules = &rules.known().unwrap().all;
    assert_eq!(rules.len(), 4);
    assert!(rules.iter().all(|rule| rule.targets.known().is_some_and(|targets| targets.len() == 1)));
    let notifications = acme.notification_rules(TOOLING, REGION);
    let rule = notifications.known().unwrap()[0].rule.known().unwrap();
    let topic = rule.targets[0].target_address.as_deref().unwrap();
    assert_eq!(acme.topic_subscriptions(topic).known().unwrap()[0].protocol, "email");
    let group = acme.log_group("/acme/pipeline-events", TOOLING, REGION);
    assert_eq!(group.known().unwrap().retention_in_days, Some(30));
    let stack = acme.stack("payments-service", "444444444444", REGION);
    assert_eq!(stack.known().unwrap().enable_termination_protection, Some(false));
    assert!(acme.stack_policy("payments-service", "444444444444", REGION).is_absent());
    assert!(acme.source_credentials(TOOLING, REGION).known().is_some());
    assert!(acme.pipeline_webhooks(TOOLING, REGION).known().unwrap().is_empty());
    let images = acme.image_repository("arn:aws:ecr:us-east-1:222222222222:repository/portal");
    assert_eq!(images.known().unwrap().image_tag_mutability.as_deref(), Some("MUTABLE"));
}
