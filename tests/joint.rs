//! Calls that need several authorizations: all of them, in one session, one region and one call.
//!
//! CONFORMANCE 1.9.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use gateproof::ask::{CrossCheck, Estate, EstateOptions, Settings};
use gateproof::question::{Answer, Quantifier, Requests, Verdict};
use serde_json::{Value, json};

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d";

/// The answer about user `ann` with these statements.
fn ask(action: &str, resource: &str, when: &[&str], statements: Value) -> Answer {
    let folder = tempfile::tempdir().unwrap();
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    let gaad = json!({"UserDetailList": [{"Path": "/", "UserName": "ann", "UserId": "AIDAEXAMPLE",
        "Arn": "arn:aws:iam::111122223333:user/ann", "GroupList": [], "AttachedManagedPolicies": [], "Tags": [],
        "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": policy}]}],
        "RoleDetailList": [], "GroupDetailList": [], "Policies": []});
    let file = folder.path().join("gaad.json");
    std::fs::write(&file, gaad.to_string()).unwrap();
    let estate = Estate::load(&file, EstateOptions::default()).unwrap();
    let requests = Requests {
        actions: vec![action.to_owned()],
        resources: vec![resource.to_owned()],
        when: when.iter().map(|w| w.parse().unwrap()).collect(),
        ..Requests::default()
    };
    let settings = Settings { cross_check: CrossCheck::Never, ..Settings::default() };
    estate.can(&["user/ann".parse().unwrap()], &requests, Quantifier::Some, &settings).unwrap().overall
}

fn arns(types: &[&str]) -> Vec<String> {
    types.iter().map(|t| format!("arn:aws:ec2:*:*:{t}/*")).collect()
}

fn allow(resources: impl serde::Serialize, condition: Value) -> Value {
    json!({"Effect": "Allow", "Action": "ec2:*", "Resource": resources, "Condition": condition})
}

const REST: [&str; 4] = ["network-interface", "security-group", "subnet", "volume"];

fn rest() -> Value {
    allow(arns(&REST), json!({}))
}

fn run(statements: Value) -> Answer {
    ask("ec2:RunInstances", "*", &[], statements)
}

#[track_caller]
fn is(answer: &Answer, verdict: Verdict) {
    assert_eq!(answer.verdict, verdict, "{answer:#?}");
}

#[test]
fn a_launch_needs_every_resource_it_names() {
    let all = run(json!([rest(), allow(arns(&["image", "instance"]), json!({}))]));
    is(&all, Verdict::Reachable);
    let step = &all.witness.as_ref().unwrap().steps[0];
    let mut resources: Vec<&str> = step.also_needs.iter().map(|s| s.resource.as_str()).collect();
    resources.push(&step.resource);
    for kind in ["image/", "instance/", "network-interface/", "security-group/", "subnet/"] {
        assert!(resources.iter().any(|r| r.contains(kind)), "{kind} {resources:?}");
    }
    let region = |r: &str| r.split(':').nth(3).unwrap().to_owned();
    assert!(resources.iter().all(|r| region(r) == region(&step.resource)), "{resources:?}");
    let without_image = run(json!([rest(), allow(arns(&["instance"]), json!({}))]));
    is(&without_image, Verdict::Impossible);
    assert!(without_image.proof.unwrap().formulas > 0);
    is(
        &ask(
            "ec2:RunInstances",
            "arn:aws:ec2:*:*:instance/*",
            &[],
            json!([rest(), allow(arns(&["instance"]), json!({}))]),
        ),
        Verdict::Impossible,
    );
}

#[test]
fn what_only_some_launches_need_is_said() {
    let types = ["image", "instance", "network-interface", "security-group"];
    let answer = run(json!([allow(arns(&types), json!({}))]));
    is(&answer, Verdict::Reachable);
    assert!(answer.assumptions.iter().any(|a| a.contains("`subnet`")), "{:?}", answer.assumptions);
    assert!(answer.assumptions.iter().any(|a| a.contains("iam:PassRole")), "{:?}", answer.assumptions);
}

#[test]
fn each_resource_has_its_own_keys() {
    let small = json!({"StringEquals": {"ec2:InstanceType": "t3.micro"}});
    is(&run(json!([allow("*", small.clone())])), Verdict::Impossible);
    let split = json!([rest(), allow(arns(&["image"]), json!({})), allow(arns(&["instance"]), small)]);
    is(&run(split.clone()), Verdict::Reachable);
    is(&ask("ec2:RunInstances", "*", &["ec2:InstanceType=t3.micro"], split.clone()), Verdict::Reachable);
    is(&ask("ec2:RunInstances", "*", &["ec2:InstanceType=t3.large"], split), Verdict::Impossible);
    // Each may have a tag of its own.
    let tagged = |value: &str| json!({"StringEquals": {"aws:ResourceTag/use": value}});
    let apart = json!([rest(), allow(arns(&["instance"]), json!({})), allow(arns(&["image"]), tagged("a"))]);
    is(&run(apart), Verdict::Reachable);
    let volume = |value: &str| json!({"StringEquals": {"aws:ResourceTag/use": value}});
    let attached = json!([allow(arns(&["instance"]), volume("a")), allow(arns(&["volume"]), volume("b"))]);
    is(&ask("ec2:AttachVolume", "*", &[], attached), Verdict::Reachable);
}

#[test]
fn the_session_and_the_network_are_one() {
    let from = |ip: &str| json!({"IpAddress": {"aws:SourceIp": ip}});
    let launch = |image: &str, instance: &str| {
        run(json!([rest(), allow(arns(&["image"]), from(image)), allow(arns(&["instance"]), from(instance))]))
    };
    is(&launch("203.0.113.0/24", "203.0.113.9"), Verdict::Reachable);
    is(&launch("203.0.113.0/24", "198.51.100.9"), Verdict::Impossible);
}

#[test]
fn the_region_is_one() {
    let launch = |image: &str, instance: &str| {
        let at = |region: &str, kind: &str| allow(format!("arn:aws:ec2:{region}:*:{kind}/*"), json!({}));
        run(json!([rest(), at(image, "image"), at(instance, "instance")]))
    };
    is(&launch("eu-west-1", "eu-west-1"), Verdict::Reachable);
    is(&launch("eu-*", "eu-west-1"), Verdict::Reachable);
    is(&launch("us-east-1", "eu-west-1"), Verdict::Impossible);
    let there = json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}});
    let apart = json!([
        rest(),
        allow(arns(&["image"]), there),
        allow("arn:aws:ec2:us-east-1:*:instance/*", json!({}))
    ]);
    is(&run(apart), Verdict::Impossible);
}

#[test]
fn images_of_others_may_be_launched() {
    let owned = json!({"StringEquals": {"aws:ResourceAccount": "137112412989"}});
    let statements =
        json!([rest(), allow(arns(&["instance"]), json!({})), allow(arns(&["image"]), owned.clone())]);
    is(&run(statements), Verdict::Reachable);
    let instance = json!([rest(), allow(arns(&["image"]), json!({})), allow(arns(&["instance"]), owned)]);
    is(&run(instance), Verdict::Impossible);
}

#[test]
fn an_alias_needs_its_key() {
    let on = |resource: &str| json!([{"Effect": "Allow", "Action": "kms:*", "Resource": resource}]);
    is(&ask("kms:CreateAlias", "*", &[], on("arn:aws:kms:*:*:alias/*")), Verdict::Impossible);
    is(&ask("kms:CreateAlias", KEY, &[], on(KEY)), Verdict::Impossible);
    is(&ask("kms:CreateAlias", "*", &[], on("*")), Verdict::Reachable);
}

#[test]
fn marks_that_may_be_alternatives_only_make_a_remark() {
    let on = json!([{"Effect": "Allow", "Action": "athena:TagResource", "Resource": "arn:aws:athena:us-east-1:111122223333:workgroup/main"}]);
    let answer = ask("athena:TagResource", "*", &[], on);
    is(&answer, Verdict::Reachable);
    assert!(answer.assumptions.iter().any(|a| a.contains("`datacatalog`")), "{:?}", answer.assumptions);
}

#[test]
fn passing_a_role_is_never_silent() {
    let on = json!([{"Effect": "Allow", "Action": "lambda:CreateFunction", "Resource": "*"}]);
    let answer = ask("lambda:CreateFunction", "*", &[], on);
    is(&answer, Verdict::Reachable);
    assert!(answer.assumptions.iter().any(|a| a.contains("iam:PassRole")), "{:?}", answer.assumptions);
}
