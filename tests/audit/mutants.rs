//! The fixed twin with one thing spoilt: the control that is about it says so, and of what.

use crate::said::{audit, change_too, changed, example, intent, of};
use gateproof::audit::{Audit, Judgement};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

pub const PROD: &str = "accounts/222222222222/us-east-1/codepipeline/get-pipeline/prod-deploy.json";
pub const IMAGES: &str = "accounts/222222222222/us-east-1/codepipeline/get-pipeline/images.json";
const BUCKET: &str =
    "accounts/222222222222/us-east-1/s3api/get-bucket-policy/acme-pipeline-artifacts-222222222222.json";
pub const TOOLING: &str = "accounts/222222222222/global/iam/get-account-authorization-details.json";
pub const PRODUCTION: &str = "accounts/444444444444/global/iam/get-account-authorization-details.json";

/// Whether a control is violated in some copy of the fixed twin, by something that the message says; it wasn't before.
pub fn spoils(control: &str, name: &str, says: &str, file: &str, change: impl Fn(&mut Value)) {
    let copy = changed(file, change);
    let said = audit(copy.path(), &[control], Some(&intent()));
    let violated = of(&said, control, name, Judgement::Violated);
    assert!(violated.iter().any(|f| f.message.contains(says)), "{control}: {:?}", said.findings);
    let unspoilt = unspoilt(control);
    let before = of(&unspoilt, control, name, Judgement::Violated);
    assert!(!before.iter().any(|f| f.message.contains(says)), "{control}: {before:?}");
}

/// What a control says of the fixed twin. A test has a process of its own: the other controls would be decided again in each.
fn unspoilt(control: &str) -> Arc<Audit> {
    static SAID: Mutex<BTreeMap<String, Arc<Audit>>> = Mutex::new(BTreeMap::new());
    let mut said = SAID.lock().unwrap();
    let fresh = || Arc::new(audit(&example("acme-fixed"), &[control], Some(&intent())));
    said.entry(control.to_owned()).or_insert_with(fresh).clone()
}

pub fn action<'j>(pipeline: &'j mut Value, name: &str) -> &'j mut Value {
    let stages = pipeline["pipeline"]["stages"].as_array_mut().unwrap().iter_mut();
    let mut actions = stages.flat_map(|stage| stage["actions"].as_array_mut().unwrap());
    actions.find(|action| action["name"] == name).unwrap()
}

/// The policy of the artifact bucket, which is text in JSON.
pub fn policy(json: &mut Value, change: impl Fn(&mut Vec<Value>)) {
    let mut document: Value = serde_json::from_str(json["Policy"].as_str().unwrap()).unwrap();
    change(document["Statement"].as_array_mut().unwrap());
    json["Policy"] = document.to_string().into();
}

pub fn statement<'s>(statements: &'s mut [Value], sid: &str) -> &'s mut Value {
    statements.iter_mut().find(|statement| statement["Sid"] == sid).unwrap()
}

pub fn role<'j>(details: &'j mut Value, name: &str) -> &'j mut Value {
    let mut roles = details["RoleDetailList"].as_array_mut().unwrap().iter_mut();
    roles.find(|role| role["RoleName"] == name).unwrap()
}

#[test]
fn a_personal_token_is_found() {
    spoils("CP-SRC-1", "prod-deploy", "OAuth token", PROD, |json| {
        let kind = &mut action(json, "GitHub")["actionTypeId"];
        kind["owner"] = "ThirdParty".into();
        kind["provider"] = "GitHub".into();
    });
}

#[test]
fn triggers_that_take_in_other_branches_are_found() {
    let trigger = |push: Value| {
        move |json: &mut Value| {
            json["pipeline"]["triggers"] = json!([{"providerType": "CodeStarSourceConnection",
                "gitConfiguration": {"sourceActionName": "GitHub", "push": [push]}}]);
        }
    };
    let open = "isn't meant to be shipped";
    spoils("CP-SRC-4", "prod-deploy", open, PROD, trigger(json!({"branches": {"includes": ["main*"]}})));
    spoils(
        "CP-SRC-4",
        "prod-deploy",
        open,
        PROD,
        trigger(json!({"branches": {"includes": ["main", "dev"]}})),
    );
    spoils(
        "CP-SRC-4",
        "prod-deploy",
        "names no branches",
        PROD,
        trigger(json!({"filePaths": {"includes": ["a"]}})),
    );
}

#[test]
fn commands_with_the_pipelines_own_role_are_found() {
    spoils("CP-A1", "images", "Commands runs with the pipeline's role", IMAGES, |json| {
        action(json, "ScanAndRender").as_object_mut().unwrap().remove("roleArn");
    });
}

#[test]
fn a_store_without_a_key_is_found() {
    spoils("CP-ART-2", "prod-deploy", "names no key", PROD, |json| {
        json["pipeline"]["artifactStore"].as_object_mut().unwrap().remove("encryptionKey");
    });
}

#[test]
fn a_deny_that_leaves_out_the_bucket_or_asks_the_wrong_way_is_found() {
    let tls = "may make requests without TLS";
    spoils("CP-ART-7", "prod-deploy", tls, BUCKET, |json| {
        policy(json, |statements| {
            let deny = statement(statements, "DenyInsecureTransport");
            deny["Resource"] = json!(["arn:aws:s3:::acme-pipeline-artifacts-222222222222/*"]);
        });
    });
    spoils("CP-ART-7", "prod-deploy", tls, BUCKET, |json| {
        policy(json, |statements| {
            statement(statements, "DenyInsecureTransport")["Action"] = "s3:PutObject".into()
        });
    });
    spoils("CP-ART-7", "prod-deploy", tls, BUCKET, |json| {
        policy(json, |statements| {
            let condition = &mut statement(statements, "DenyInsecureTransport")["Condition"];
            *condition = json!({"StringEquals": {"aws:SecureTransport": "False"}});
        });
    });
}

#[test]
fn writes_under_other_keys_are_found() {
    spoils("CP-ART-8", "prod-deploy", "under another key", BUCKET, |json| {
        policy(json, |statements| statements.retain(|s| s["Sid"] != "DenyUploadsWithOtherKey"));
    });
    // A request that names the encryption and no key passes a condition that asks only where there is one.
    spoils("CP-ART-8", "prod-deploy", "under another key", BUCKET, |json| {
        policy(json, |statements| {
            let condition = &mut statement(statements, "DenyUploadsWithOtherKey")["Condition"];
            let asked = condition["StringNotEquals"].take();
            *condition = json!({"StringNotEqualsIfExists": asked, "Null": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "false"}});
        });
    });
}

#[test]
fn a_writer_too_many_is_found() {
    let says = "acme-smoke-test may write artifacts";
    spoils("CP-A6", "prod-deploy", says, BUCKET, |json| {
        policy(json, |statements| {
            let deny = statement(statements, "OnlyPipelineRolesTouchArtifacts");
            let arns = deny["Condition"]["ArnNotEquals"]["aws:PrincipalArn"].as_array_mut().unwrap();
            arns.push("arn:aws:iam::222222222222:role/acme-smoke-test".into());
            statements.push(json!({"Sid": "More", "Effect": "Allow", "Action": "s3:PutObject",
                "Principal": {"AWS": "arn:aws:iam::222222222222:role/acme-smoke-test"},
                "Resource": "arn:aws:s3:::acme-pipeline-artifacts-222222222222/*"}));
        });
    });
}

#[test]
fn one_role_for_two_stacks_is_found() {
    spoils("CP-CFN-1", "prod-deploy", "executes 2 stacks", PROD, |json| {
        let shared = action(json, "DataStack")["configuration"]["RoleArn"].clone();
        action(json, "ServiceChangeSet")["configuration"]["RoleArn"] = shared;
    });
}

#[test]
fn a_stacks_role_that_somebody_else_assumes_is_found() {
    spoils("CP-CFN-4", "prod-deploy", "may assume the role of a stack", PRODUCTION, |json| {
        let trust = &mut role(json, "acme-cfn-payments-data")["AssumeRolePolicyDocument"]["Statement"];
        let principal = json!({"AWS": "arn:aws:iam::444444444444:root"});
        trust
            .as_array_mut()
            .unwrap()
            .push(json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}));
    });
}

#[test]
fn the_ways_in_which_mfa_is_asked_for_in_vain_are_found() {
    let says = "may approve with a long-term key";
    let grant = |condition: Value| {
        move |json: &mut Value| {
            let mut users = json["UserDetailList"].as_array_mut().unwrap().iter_mut();
            let user = users.find(|user| user["UserName"] == "dave.okafor").unwrap();
            user.as_object_mut().unwrap().remove("PermissionsBoundary");
            user["GroupList"] = json!([]);
            user["UserPolicyList"] = json!([{"PolicyName": "approve", "PolicyDocument": {"Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "codepipeline:PutApproval*",
                    "Resource": "arn:aws:codepipeline:*:*:staging-deploy/*", "Condition": condition}]}}]);
        }
    };
    let key = "aws:MultiFactorAuthPresent";
    for (operator, in_vain) in [("BoolIfExists", true), ("ForAllValues:Bool", true), ("Bool", false)] {
        let copy = changed(TOOLING, grant(json!({operator: {key: "true"}})));
        // The service control policy would make up for it.
        change_too(&copy, "organization/describe-policy/p-approvals1.json", |json| {
            let text = json["Policy"]["Content"].as_str().unwrap();
            let mut content: Value = serde_json::from_str(text).unwrap();
            content["Statement"][0]["Resource"].as_array_mut().unwrap().truncate(1);
            json["Policy"]["Content"] = content.to_string().into();
        });
        let said = audit(copy.path(), &["CP-APR-3"], Some(&intent()));
        let violated = of(&said, "CP-APR-3", "staging-deploy", Judgement::Violated);
        let found = violated.iter().any(|f| f.message.contains(&format!("dave.okafor {says}")));
        assert_eq!(found, in_vain, "{operator}: {violated:?}");
    }
}
