//! Templates and plans that are meant to harm, or are none at all, end: as a snapshot or as an error.

use crate::example;
use gateproof_model::json::Json;
use gateproof_model::overlay::{Overlay, Plan, Stack};
use gateproof_model::snapshot::{LoadOptions, Snapshot};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn deploy(template: &Value) -> Result<Snapshot, String> {
    let stack = Stack {
        name: "s".to_owned(),
        label: "stack s".to_owned(),
        account: "222222222222".to_owned(),
        region: "us-east-1".to_owned(),
        template: Json::parse(&template.to_string()).unwrap(),
        file: "t.json".into(),
        parameters: BTreeMap::new(),
    };
    let overlay = Overlay { stacks: vec![stack], ..Overlay::default() };
    Snapshot::load_with(&example(), &overlay, &LoadOptions::default()).map_err(|e| e.to_string())
}

fn apply(plan: &Value) -> Result<Snapshot, String> {
    let plan = Plan {
        account: "222222222222".to_owned(),
        region: "us-east-1".to_owned(),
        json: Json::parse(&plan.to_string()).unwrap(),
        file: "p.json".into(),
    };
    let overlay = Overlay { plans: vec![plan], ..Overlay::default() };
    Snapshot::load_with(&example(), &overlay, &LoadOptions::default()).map_err(|e| e.to_string())
}

#[test]
fn names_that_double_and_branches_within_branches() {
    let mut resources = serde_json::Map::new();
    resources.insert(
        "R0".into(),
        json!({"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "aaaaaaaaaaaaaaaa"}}),
    );
    for n in 1..60 {
        let twice = format!("${{R{0}.TopicName}}${{R{0}.TopicName}}", n - 1);
        resources.insert(
            format!("R{n}"),
            json!({"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::Sub": twice}}}),
        );
    }
    let mut branch = json!("x");
    for n in 0..20 {
        branch = json!({"Fn::If": ["C", n.to_string(), {"Fn::Join": ["", [n.to_string(), branch]]}]});
    }
    resources.insert("B".into(), json!({"Type": "AWS::SNS::Topic", "Properties": {"TopicName": branch}}));
    let template = json!({"Parameters": {"P": {"Type": "String"}},
        "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "y"]}}, "Resources": resources});
    assert!(deploy(&template).is_ok());
}

#[test]
fn circles_end() {
    let template = json!({
        "Conditions": {"A": {"Condition": "B"}, "B": {"Fn::Not": [{"Condition": "A"}]}},
        "Resources": {
            "X": {"Type": "AWS::SNS::Topic", "Condition": "A", "Properties": {"TopicName": {"Ref": "Y"}}},
            "Y": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::GetAtt": ["X", "TopicName"]}}},
        },
        "Outputs": {"O": {"Value": {"Fn::ImportValue": "e"}, "Export": {"Name": "e"}}}});
    assert!(deploy(&template).is_ok());
}

#[test]
fn what_is_no_template_or_plan() {
    let odd =
        [json!(null), json!([]), json!("x"), json!(1), json!({}), json!({"Ref": 1}), json!({"Fn::Sub": []})];
    let kinds = [
        "AWS::IAM::Role",
        "AWS::IAM::Policy",
        "AWS::IAM::ManagedPolicy",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
        "AWS::KMS::Key",
        "AWS::KMS::Alias",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::Lambda::Permission",
        "AWS::CodeBuild::Project",
        "AWS::CodePipeline::Pipeline",
        "AWS::IAM::OIDCProvider",
        "AWS::IAM::UserToGroupAddition",
    ];
    let mut resources = serde_json::Map::new();
    for (k, kind) in kinds.iter().enumerate() {
        for (n, odd) in odd.iter().enumerate() {
            resources.insert(format!("P{k}x{n}"), json!({"Type": kind, "Properties": odd}));
            let properties = json!({"PolicyDocument": odd, "Roles": odd, "Users": odd, "PolicyName": odd, "Bucket": odd,
                "AssumeRolePolicyDocument": odd, "Policies": odd, "Tags": odd, "Stages": odd, "Topics": odd, "Queues": odd,
                "KeyPolicy": odd, "FunctionName": odd, "Principal": odd, "ManagedPolicyArns": odd, "ArtifactStores": odd});
            resources.insert(
                format!("Q{k}x{n}"),
                json!({"Type": kind, "Properties": properties, "Condition": odd}),
            );
        }
    }
    // What can't be put anywhere is an error; nothing panics.
    for (id, resource) in &resources {
        let mut one = serde_json::Map::new();
        one.insert(id.clone(), resource.clone());
        if id.ends_with("x3") || id.ends_with("x4") {
            let _ = deploy(&json!({"Resources": one}));
        }
    }
    let _ = deploy(&json!({"Resources": resources}));
    for odd in &odd {
        assert!(
            deploy(&json!({"Resources": odd, "Conditions": odd, "Parameters": odd, "Outputs": odd})).is_ok()
        );
        assert!(apply(&json!({"resource_changes": odd, "configuration": odd})).is_ok());
        let change = json!({"address": "aws_iam_role.x", "mode": "managed", "type": "aws_iam_role",
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": {"actions": ["create"], "before": odd, "after": odd, "after_unknown": odd}});
        let _ = apply(&json!({"resource_changes": [change], "configuration": {"root_module": odd}}));
    }
}

#[test]
fn names_that_are_not_known_are_not_the_same() {
    let role = json!({"Type": "AWS::IAM::Role", "Properties": {"RoleName": {"Ref": "P"}, "AssumeRolePolicyDocument":
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}}});
    let template =
        json!({"Parameters": {"P": {"Type": "String"}}, "Resources": {"A": role.clone(), "B": role}});
    let before = crate::load(&example(), &[]).principals().len();
    let after = deploy(&template).unwrap();
    assert_eq!(after.principals().len(), before + 2);
    assert!(
        after
            .assumptions()
            .iter()
            .any(|a| a.text.contains("no policy tells arn:aws:iam::222222222222:role/unknown-GEN"))
    );
}
