//! Records: how long events are kept, who is told, what is on the map.

use crate::mutants::spoils;
use crate::said::{add, audit, change_in, changed, intent, of, without};
use gateproof::audit::Judgement::{self, Holds, Unknown, Violated};
use serde_json::{Value, json};
use std::fs;

const REGION: &str = "accounts/222222222222/us-east-1";
const KIND: &str = "CodePipeline Stage Execution State Change";

fn log_groups() -> String {
    format!("{REGION}/logs/describe-log-groups.json")
}

fn kept_for(days: u32) -> impl Fn(&mut Value) {
    move |json: &mut Value| json["logGroups"][0]["retentionInDays"] = days.into()
}

fn targets() -> String {
    format!("{REGION}/events/list-targets-by-rule/pipeline-state-changes.json")
}

fn sent_to(arn: &str) -> impl Fn(&mut Value) {
    move |json: &mut Value| json["Targets"] = json!([{"Id": "one", "Arn": arn}])
}

/// What is said of one kind of event.
fn kept(copy: &tempfile::TempDir) -> Judgement {
    let said = audit(copy.path(), &["CP-OBS-2"], None);
    said.findings.iter().find(|f| f.subject == KIND && f.pipeline.ends_with("prod-deploy")).unwrap().verdict
}

#[test]
fn events_that_are_kept_too_short_are_found() {
    spoils("CP-OBS-2", "prod-deploy", "kept nowhere for 366 days", &log_groups(), kept_for(365));
    let copy = changed(&log_groups(), |json| {
        drop(json["logGroups"][0].as_object_mut().unwrap().remove("retentionInDays"))
    });
    assert_eq!(kept(&copy), Holds, "for ever");
    assert_eq!(kept(&without(&log_groups())), Unknown);
}

#[test]
fn a_team_says_how_long() {
    let copy = changed(&log_groups(), kept_for(365));
    let config = copy.path().join("meant.toml");
    fs::write(&config, "[audit]\nretention_days = 300\n").unwrap();
    let said = audit(copy.path(), &["CP-OBS-2"], Some(&config));
    assert_eq!(of(&said, "CP-OBS-2", "prod-deploy", Holds).len(), 3, "{:?}", said.findings);
}

#[test]
fn events_are_followed_to_where_they_are_kept() {
    // What a function does with them, nobody tells.
    let function = "arn:aws:lambda:us-east-1:222222222222:function:staging-smoke-test";
    assert_eq!(kept(&changed(&targets(), sent_to(function))), Unknown);
    // A pipeline is started by them, and keeps nothing.
    let started = "arn:aws:codepipeline:us-east-1:222222222222:images";
    assert_eq!(kept(&changed(&targets(), sent_to(started))), Violated);
    let stream = "arn:aws:firehose:us-east-1:222222222222:deliverystream/events";
    let copy = changed(&targets(), sent_to(stream));
    assert_eq!(kept(&copy), Unknown, "the stream is not told");
    let bucket = "acme-pipeline-artifacts-222222222222";
    let destination =
        json!({"BucketARN": format!("arn:aws:s3:::{bucket}"), "Prefix": "events/!{timestamp:yyyy}/"});
    add(
        &copy,
        &format!("{REGION}/firehose/describe-delivery-stream/events.json"),
        &json!({"DeliveryStreamDescription": {
        "DeliveryStreamName": "events", "DeliveryStreamARN": stream, "DeliveryStreamStatus": "ACTIVE",
        "Destinations": [{"ExtendedS3DestinationDescription": destination}]}}),
    );
    assert_eq!(kept(&copy), Holds);
    change_in(&copy, &format!("{REGION}/s3api/get-bucket-lifecycle-configuration/{bucket}.json"), |json| {
        let rule = json!({"ID": "short", "Status": "Enabled", "Filter": {"Prefix": "events/"}, "Expiration": {"Days": 90}});
        json["Rules"].as_array_mut().unwrap().push(rule);
    });
    assert_eq!(kept(&copy), Violated);
}

#[test]
fn the_history_that_is_listed_is_told_with_what_keeps_the_rest() {
    let file = format!("{REGION}/codepipeline/list-pipeline-executions/prod-deploy.json");
    let execution =
        |start: &str| json!({"pipelineExecutionId": "e", "status": "Succeeded", "startTime": start});
    let copy = changed(&log_groups(), kept_for(400));
    add(
        &copy,
        &file,
        &json!({"pipelineExecutionSummaries": [execution("2025-11-01T00:00:00Z"), execution("2024-12-24T08:00:00Z")]}),
    );
    let said = |copy: &tempfile::TempDir| {
        let said = audit(copy.path(), &["CP-OBS-4"], None);
        let found = said.findings.iter().find(|f| f.pipeline.ends_with("prod-deploy")).unwrap();
        (found.verdict, found.message.clone())
    };
    let (verdict, message) = said(&copy);
    assert!(verdict == Holds && message.contains("begins 2024-12-24T08:00:00Z"), "{message}");
    change_in(&copy, &log_groups(), kept_for(30));
    let (verdict, message) = said(&copy);
    assert!(verdict == Violated && message.contains("is kept nowhere"), "{message}");
    let (verdict, _) = said(&without(&log_groups()));
    assert_eq!(verdict, Unknown);
}

const RULE: &str = "arn%3Aaws%3Acodestar-notifications%3Aus-east-1%3A222222222222%3Anotificationrule%2F0ab3e5d0801aea3f3758bcbd812e8f10";
const TOPIC: &str = "arn%3Aaws%3Asns%3Aus-east-1%3A222222222222%3Aacme-prod-approvals";

fn rule() -> String {
    format!("{REGION}/codestar-notifications/describe-notification-rule/{RULE}.json")
}

fn subscriptions() -> String {
    format!("{REGION}/sns/list-subscriptions-by-topic/{TOPIC}.json")
}

#[test]
fn a_rule_that_tells_nobody_is_found() {
    let none = "no enabled notification rule";
    spoils("CP-OBS-3", "prod-deploy", none, &rule(), |json| json["Status"] = "DISABLED".into());
    spoils("CP-OBS-3", "prod-deploy", none, &rule(), |json| {
        json["Resource"] = "arn:aws:codepipeline:us-east-1:222222222222:images".into();
    });
}

#[test]
fn a_topic_that_only_mail_gets_is_found_and_one_that_others_use() {
    let mail = |json: &mut Value| json["Subscriptions"][0]["Protocol"] = "email".into();
    spoils("CP-OBS-3", "prod-deploy", "only e-mail gets", &subscriptions(), mail);
    let copy = changed(&format!("{REGION}/codestar-notifications/list-notification-rules.json"), |json| {
        let other = "arn:aws:codestar-notifications:us-east-1:222222222222:notificationrule/other";
        let rules = json["NotificationRules"].as_array_mut().unwrap();
        rules.retain(|rule| RULE.ends_with(rule["Id"].as_str().unwrap()));
        rules.push(json!({"Id": "other", "Arn": other}));
    });
    let said = |copy: &tempfile::TempDir| audit(copy.path(), &["CP-OBS-3"], Some(&intent()));
    assert!(of(&said(&copy), "CP-OBS-3", "prod-deploy", Violated).is_empty());
    // Of a rule that isn't told it is not known for what it is.
    assert!(!of(&said(&copy), "CP-OBS-3", "staging-deploy", Unknown).is_empty());
    add(
        &copy,
        &format!("{REGION}/codestar-notifications/describe-notification-rule/other.json"),
        &json!({
        "Arn": "arn:aws:codestar-notifications:us-east-1:222222222222:notificationrule/other", "Name": "other",
        "Resource": "arn:aws:codebuild:us-east-1:222222222222:project/prod-build", "EventTypes": [], "DetailType": "FULL", "Status": "ENABLED",
        "Targets": [{"TargetType": "SNS", "TargetAddress": "arn:aws:sns:us-east-1:222222222222:acme-prod-approvals", "TargetStatus": "ACTIVE"}]}),
    );
    let said = said(&copy);
    let violated = of(&said, "CP-OBS-3", "prod-deploy", Violated);
    assert!(
        violated.iter().any(|f| f.message.contains("other things than pipelines")),
        "{:?}",
        said.findings
    );
}

#[test]
fn what_tells_of_notifications_is_missed() {
    for (file, command) in
        [(rule(), "describe-notification-rule"), (subscriptions(), "list-subscriptions-by-topic")]
    {
        let said = audit(without(&file).path(), &["CP-OBS-3"], None);
        let unknown = of(&said, "CP-OBS-3", "prod-deploy", Unknown);
        let mut commands =
            unknown.iter().flat_map(|f| &f.missing).filter_map(|untold| untold.command.as_deref());
        assert!(commands.any(|c| c.contains(command)), "{file}: {:?}", said.findings);
    }
}

#[test]
fn what_is_not_on_the_map_is_said() {
    let buckets = "accounts/222222222222/global/s3api/list-buckets.json";
    spoils(
        "CP-MAP-1",
        "prod-deploy",
        "has no bucket acme-pipeline-artifacts-222222222222",
        buckets,
        |json| {
            json["Buckets"]
                .as_array_mut()
                .unwrap()
                .retain(|bucket| bucket["Name"] != "acme-pipeline-artifacts-222222222222");
        },
    );
    for (file, command) in [
        (buckets.to_owned(), "list-buckets"),
        (format!("{REGION}/codebuild/batch-get-projects.json"), "batch-get-projects"),
    ] {
        let said = audit(without(&file).path(), &["CP-MAP-1"], None);
        let unknown = of(&said, "CP-MAP-1", "prod-deploy", Unknown);
        let mut commands =
            unknown.iter().flat_map(|f| &f.missing).filter_map(|untold| untold.command.as_deref());
        assert!(commands.any(|c| c.contains(command)), "{file}: {:?}", said.findings);
        assert!(of(&said, "CP-MAP-1", "prod-deploy", Holds).is_empty(), "{:?}", said.findings);
    }
}
