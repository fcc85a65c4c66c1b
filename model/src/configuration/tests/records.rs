//! What is recorded and who is told: trails, event rules, notification rules, topics, chat channels, log groups.

use super::*;

fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:eu-west-1:{ACCOUNT}:{resource}")
}

fn encoded(text: &str) -> String {
    text.replace(':', "%3A").replace('/', "%2F")
}

fn trail(name: &str, home: &str, is_everywhere: bool) -> Value {
    json!({"Name": name, "TrailARN": format!("arn:aws:cloudtrail:{home}:{ACCOUNT}:trail/{name}"), "HomeRegion": home,
        "S3BucketName": "logs", "IsMultiRegionTrail": is_everywhere, "IsOrganizationTrail": false, "LogFileValidationEnabled": true})
}

#[test]
fn trails_are_told_with_status_and_selectors() {
    let list = json!({"trailList": [trail("main", REGION, true)]});
    let call = Call::at("eu-west-1/cloudtrail/describe-trails.json", "aws cloudtrail describe-trails");
    let regional = "aws cloudtrail describe-trails --region eu-west-1";
    match Small::of(&[(call.path, list.clone())]).trails(ACCOUNT) {
        Told::Known { value, .. } => {
            assert!(value.is_whole(REGION) && !value.is_whole("us-east-1"));
            let one = &value.all[0];
            assert_eq!(
                one.is_logging.command(),
                Some("aws cloudtrail get-trail-status --name main --region eu-west-1")
            );
            assert_eq!(
                one.selectors.command(),
                Some("aws cloudtrail get-event-selectors --trail-name main --region eu-west-1")
            );
        }
        told => panic!("{told:?}"),
    }
    assert_eq!(problem_of(Small::of(&[]).trails(ACCOUNT), &call), None);
    assert!(problem_of(Small::with_error(&call, "AccessDenied").trails(ACCOUNT), &call).is_some());
    let broken = Small::of_texts(&[(call.path, "{")], &json!([]));
    assert_eq!(broken.trails(ACCOUNT).command(), Some(regional));

    let arn = arn("cloudtrail", "trail/main");
    let selectors = json!({"TrailARN": arn, "AdvancedEventSelectors": [
        {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}, {"Field": "readOnly", "Equals": ["false"]}]}]});
    let by_arn = format!("eu-west-1/cloudtrail/get-event-selectors/{}.json", encoded(&arn));
    for file in [
        "eu-west-1/cloudtrail/get-event-selectors/main.json",
        "eu-west-1/cloudtrail/get-event-selectors.json",
        &by_arn,
    ] {
        let status = "eu-west-1/cloudtrail/get-trail-status/main.json";
        let small = Small::of(&[
            (call.path, list.clone()),
            (file, selectors.clone()),
            (status, json!({"IsLogging": false})),
        ]);
        let trails = small.trails(ACCOUNT);
        let one = &trails.known().unwrap().all[0];
        assert_eq!(one.is_logging.known(), Some(&false));
        let fields = &one.selectors.known().unwrap().advanced_event_selectors[0].field_selectors;
        assert_eq!(
            (fields[1].field.as_str(), fields[1].equals.as_slice()),
            ("readOnly", ["false".to_owned()].as_slice())
        );
    }
}

#[test]
fn trails_of_which_two_regions_say_different_things_are_not_told() {
    let mut other = trail("all", "us-east-1", true);
    other["S3BucketName"] = json!("elsewhere");
    let here = trail("here", REGION, false);
    let small = Small::of(&[
        (
            "eu-west-1/cloudtrail/describe-trails.json",
            json!({"trailList": [here, trail("all", "us-east-1", true)]}),
        ),
        ("us-east-1/cloudtrail/describe-trails.json", json!({"trailList": [other]})),
    ]);
    let trails = small.trails(ACCOUNT);
    let trails = trails.known().unwrap();
    assert_eq!(trails.all.iter().map(|t| t.facts.name.as_str()).collect::<Vec<_>>(), ["here"]);
    assert!(!trails.is_whole(REGION) && trails.unread[0].problem.is_some());
}

#[test]
fn what_changes_from_call_to_call_contradicts_nothing() {
    let far = format!("arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/far");
    let [one, two] = ["eu-west-1", "eu-west-2"]
        .map(|region| format!("{region}/cloudtrail/get-trail-status/{}.json", encoded(&far)));
    let list = json!({"trailList": [trail("far", "us-east-1", true)]});
    let status = |is_logging: bool, time: &str| json!({"IsLogging": is_logging, "LatestDeliveryTime": time});
    for (second, expected) in [(status(true, "later"), Some(&true)), (status(false, "later"), None)] {
        let files = [
            ("eu-west-1/cloudtrail/describe-trails.json", list.clone()),
            (&one, status(true, "now")),
            (&two, second),
        ];
        assert_eq!(Small::of(&files).trails(ACCOUNT).known().unwrap().all[0].is_logging.known(), expected);
    }
}

#[test]
fn a_trail_logs_its_region_or_all_and_a_broken_list_hides_only_its_region() {
    let here = json!({"trailList": [trail("here", REGION, false), trail("all", "us-east-1", true)]});
    let small = Small::of_texts(
        &[
            ("eu-west-1/cloudtrail/describe-trails.json", &here.to_string()),
            ("us-east-1/cloudtrail/describe-trails.json", "{\"trailList\": 3}"),
        ],
        &json!([]),
    );
    let trails = small.trails(ACCOUNT);
    let trails = trails.known().unwrap();
    let of = |region| trails.of_region(region).map(|t| t.facts.name.as_str()).collect::<Vec<_>>();
    assert_eq!((of(REGION), of("us-east-1")), (vec!["here", "all"], vec!["all"]));
    assert!(trails.is_whole(REGION) && !trails.is_whole("us-east-1"));
    assert_eq!(trails.unread[0].problem.as_ref().unwrap().pointer, "/trailList");
}

fn rule(name: &str, bus: &str) -> Value {
    json!({"Name": name, "Arn": arn("events", &format!("rule/{bus}{name}")), "State": "ENABLED",
        "EventPattern": "{\"source\":[\"aws.codepipeline\"]}"})
}

#[test]
fn event_rules_are_told_with_their_targets() {
    let call = Call::at("eu-west-1/events/list-rules.json", "aws events list-rules --region eu-west-1");
    let list = json!({"Rules": [rule("keep", "")]});
    let ask = |s: &Snapshot| s.event_rules(ACCOUNT, REGION);
    in_every_way(&call, &list, ask, |rules| {
        let keep = &rules.all[0];
        assert!(keep.facts.is_enabled() && &*keep.bus == "default");
        let command = "aws events list-targets-by-rule --rule keep --region eu-west-1";
        assert_eq!(keep.targets.command(), Some(command));
        assert_eq!(rules.unread[0].command, "aws events list-event-buses --region eu-west-1");
    });
    let target = |arn: &str| json!({"Targets": [{"Id": "1", "Arn": arn, "Input": "canary"}]});
    let small = Small::of(&[
        (call.path, list),
        (
            "eu-west-1/events/list-event-buses.json",
            json!({"EventBuses": [{"Name": "default"}, {"Name": "shop"}, {"Name": "far"}]}),
        ),
        (
            "eu-west-1/events/list-rules/shop.json",
            json!({"Rules": [rule("keep", "shop/"), rule("alone", "shop/")]}),
        ),
        ("eu-west-1/events/list-targets-by-rule/keep.json", target("arn:one")),
        ("eu-west-1/events/list-targets-by-rule/default%2Fkeep.json", target("arn:one")),
        ("eu-west-1/events/list-targets-by-rule/shop%2Fkeep.json", target("arn:two")),
        ("eu-west-1/events/list-targets-by-rule/alone.json", target("arn:three")),
    ]);
    let rules = ask(&small);
    let rules = rules.known().unwrap();
    let targets = rules.all.iter().flat_map(|rule| {
        rule.targets.known().unwrap().iter().map(|target| (&*rule.bus, target.arn.as_str()))
    });
    let expected = [("default", "arn:one"), ("shop", "arn:two"), ("shop", "arn:three")];
    assert_eq!(targets.collect::<Vec<_>>(), expected);
    assert_eq!(rules.unread[0].command, "aws events list-rules --event-bus-name far --region eu-west-1");
    assert!(!format!("{rules:?}").contains("canary"));
    let archives =
        json!({"Archives": [{"ArchiveName": "all", "EventSourceArn": "arn:bus", "RetentionDays": 400}]});
    let command = "aws events list-archives --region eu-west-1";
    let call = Call::at("eu-west-1/events/list-archives.json", command);
    let ask = |s: &Snapshot| s.event_archives(ACCOUNT, REGION);
    in_every_way(&call, &archives, ask, |all| assert_eq!(all[0].retention_days, Some(400)));
    not_when_cut_short(&call, &archives, ask);
}

#[test]
fn a_rule_of_another_bus_does_not_take_the_default_buses_targets() {
    let target = json!({"Targets": [{"Id": "1", "Arn": "arn:one"}]});
    let small = Small::of(&[
        ("eu-west-1/events/list-rules.json", json!({"Rules": [rule("keep", "")]})),
        ("eu-west-1/events/list-rules/shop.json", json!({"Rules": [rule("keep", "shop/")]})),
        ("eu-west-1/events/list-targets-by-rule/keep.json", target),
    ]);
    let rules = small.event_rules(ACCOUNT, REGION);
    let command = "aws events list-targets-by-rule --rule keep --event-bus-name shop --region eu-west-1";
    assert_eq!(rules.known().unwrap().all[1].targets.command(), Some(command));
}

#[test]
fn notification_rules_are_listed_and_described() {
    let arn = arn("codestar-notifications", "notificationrule/0ab3");
    let list = json!({"NotificationRules": [{"Id": "0ab3", "Arn": arn}]});
    let command = "aws codestar-notifications list-notification-rules --region eu-west-1";
    let call = Call::at("eu-west-1/codestar-notifications/list-notification-rules.json", command);
    let ask = |s: &Snapshot| s.notification_rules(ACCOUNT, REGION);
    let describe =
        format!("aws codestar-notifications describe-notification-rule --arn {arn} --region eu-west-1");
    in_every_way(&call, &list, ask, |rules| assert_eq!(rules[0].rule.command(), Some(describe.as_str())));
    not_when_cut_short(&call, &list, ask);
    let described = json!({"Arn": arn, "Name": "tell", "Status": "ENABLED", "DetailType": "FULL", "Resource": "arn:pipeline",
        "EventTypes": [{"EventTypeId": "codepipeline-pipeline-manual-approval-needed"}],
        "Targets": [{"TargetType": "SNS", "TargetAddress": "arn:topic", "TargetStatus": "ACTIVE"}]});
    let path = format!("eu-west-1/codestar-notifications/describe-notification-rule/{}.json", encoded(&arn));
    let id = "eu-west-1/codestar-notifications/describe-notification-rule/0ab3.json";
    for file in [path.as_str(), id, "eu-west-1/codestar-notifications/describe-notification-rule.json"] {
        let rules = ask(&Small::of(&[(call.path, list.clone()), (file, described.clone())]));
        let rule = rules.known().unwrap()[0].rule.known().unwrap();
        assert_eq!(rule.targets[0].target_address.as_deref(), Some("arn:topic"), "{file}");
    }
}

#[test]
fn subscriptions_tell_protocols_and_servers() {
    use crate::configuration::sns::Endpoint;
    let topic = arn("sns", "approvals");
    let one = |protocol: &str, endpoint: &str| json!({"SubscriptionArn": "PendingConfirmation", "Protocol": protocol, "Endpoint": endpoint, "TopicArn": topic});
    let list = json!({"Subscriptions": [
        one("https", "https://u:canary@global.sns-api.chatbot.amazonaws.com:443/canary?x=canary"),
        one("email", "canary@acme.example"), one("sqs", "arn:aws:sqs:eu-west-1:111122223333:q"), one("https", "https://canary")]});
    let path = format!("eu-west-1/sns/list-subscriptions-by-topic/{}.json", encoded(&topic));
    let command = format!("aws sns list-subscriptions-by-topic --topic-arn {topic} --region eu-west-1");
    let call = Call::at(&path, &command);
    let ask = |s: &Snapshot| s.topic_subscriptions(&topic);
    in_every_way(&call, &list, ask, |all| {
        assert_eq!(all[0].endpoint, Endpoint::Server("global.sns-api.chatbot.amazonaws.com".to_owned()));
        assert_eq!((&all[1].endpoint, &all[3].endpoint), (&Endpoint::Other, &Endpoint::Other));
        assert_eq!(all[2].endpoint, Endpoint::Resource("arn:aws:sqs:eu-west-1:111122223333:q".to_owned()));
        assert!(!format!("{all:?}").contains("canary"));
    });
    not_when_cut_short(&call, &list, ask);
    let mut other = one("email", "x");
    other["TopicArn"] = json!("arn:other");
    let all = Small::of(&[(
        "eu-west-1/sns/list-subscriptions.json",
        json!({"Subscriptions": [other, one("sms", "+1")]}),
    )]);
    assert_eq!(ask(&all).known().unwrap().len(), 1);
}

#[test]
fn log_groups_are_found_by_name_and_arn() {
    let own = json!({"logGroupName": "/shop/events", "retentionInDays": 400, "arn": arn("logs", "log-group:/shop/events:*")});
    let mut watched = own.clone();
    watched["arn"] = json!("arn:aws:logs:eu-west-1:999999999999:log-group:/shop/events:*");
    watched["retentionInDays"] = json!(1);
    let list = json!({"logGroups": [watched, own, {"logGroupName": "/shop/events/more"}]});
    let command = "aws logs describe-log-groups --log-group-name-prefix /shop/events --region eu-west-1";
    let call = Call::at("eu-west-1/logs/describe-log-groups.json", command);
    for name in
        ["/shop/events", &arn("logs", "log-group:/shop/events"), &arn("logs", "log-group:/shop/events:*")]
    {
        in_every_way(
            &call,
            &list,
            |s| s.log_group(name, ACCOUNT, REGION),
            |group| {
                assert_eq!(group.retention_in_days, Some(400));
            },
        );
    }
    assert!(Small::of(&[(call.path, list)]).log_group("/shop", ACCOUNT, REGION).command().is_some());
}

#[test]
fn chat_channels_of_every_kind_count_and_missing_kinds_are_named() {
    let channel = json!({"ChatConfigurationArn": "arn:c", "SnsTopicArns": ["arn:topic"], "IamRoleArn": "arn:r", "SlackChannelId": "C1"});
    let slack = json!({"SlackChannelConfigurations": [channel]});
    let small = Small::of(&[("us-east-2/chatbot/describe-slack-channel-configurations.json", slack)]);
    let channels = small.chatbot_topics(ACCOUNT);
    assert!(channels.tell("arn:topic") && !channels.tell("arn:other"));
    let commands: Vec<&str> = channels.unread.iter().map(|gap| gap.command.as_str()).collect();
    let expected = [
        "aws chatbot list-microsoft-teams-channel-configurations",
        "aws chatbot describe-chime-webhook-configurations",
    ];
    assert_eq!(commands, expected);
    let teams = "us-east-2/chatbot/list-microsoft-teams-channel-configurations.json";
    let broken = Small::of(&[(teams, json!({"TeamChannelConfigurations": [{}]}))]);
    assert!(broken.chatbot_topics(ACCOUNT).unread[1].problem.is_some());
}

#[test]
fn streams_tell_the_buckets_that_they_deliver_to() {
    let stream = arn("firehose", "deliverystream/keep");
    let bucket = json!({"BucketARN": "arn:aws:s3:::keep", "Prefix": "x/"});
    let output = json!({"DeliveryStreamDescription": {"DeliveryStreamARN": stream, "DeliveryStreamStatus": "ACTIVE",
        "Destinations": [{"DestinationId": "1", "ExtendedS3DestinationDescription": bucket}, {"DestinationId": "2"}]}});
    let command = "aws firehose describe-delivery-stream --delivery-stream-name keep --region eu-west-1";
    let call = Call::at("eu-west-1/firehose/describe-delivery-stream/keep.json", command);
    in_every_way(
        &call,
        &output,
        |s| s.delivery_stream(&stream),
        |stream| {
            assert_eq!(stream.buckets().collect::<Vec<_>>(), ["arn:aws:s3:::keep"]);
        },
    );
}
