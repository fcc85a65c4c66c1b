//! The organization around the accounts: SCPs on three levels.

use crate::account::write as write_file;
use serde_json::{Value, json};
use std::io;
use std::path::Path;

/// The organization's id.
pub const ID: &str = "o-benchmark01";
const MANAGEMENT: &str = "999000000001";
const ROOT: &str = "r-bnch";
const UNITS: [&str; 3] = ["ou-bnch-prod0001", "ou-bnch-test0001", "ou-bnch-tool0001"];

/// How many policies there are for a level, and how many of them each of its places has.
const POLICIES: usize = 4;
const ATTACHED: usize = 3;

/// Writes root, three units, the accounts and the policies of the three levels.
pub(crate) fn write(directory: &Path, accounts: &[String]) -> io::Result<()> {
    let put = |name: &str, value: &Value| write_file(directory, &format!("organization/{name}.json"), value);
    put(
        "describe-organization",
        &json!({"Organization": {"Id": ID, "MasterAccountId": MANAGEMENT,
        "Arn": format!("arn:aws:organizations::{MANAGEMENT}:organization/{ID}"), "FeatureSet": "ALL"}}),
    )?;
    put(
        "list-roots",
        &json!({"Roots": [{"Id": ROOT, "Name": "Root",
        "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}]}),
    )?;
    let mut listed = vec![json!({"Id": MANAGEMENT, "Name": "management", "Status": "ACTIVE"})];
    listed.extend(
        accounts.iter().map(|a| json!({"Id": a, "Name": format!("account-{a}"), "Status": "ACTIVE"})),
    );
    put("list-accounts", &json!({"Accounts": listed}))?;
    put(&format!("list-parents/{MANAGEMENT}"), &json!({"Parents": [{"Id": ROOT, "Type": "ROOT"}]}))?;
    for unit in UNITS {
        put(&format!("list-parents/{unit}"), &json!({"Parents": [{"Id": ROOT, "Type": "ROOT"}]}))?;
    }
    let attach = |target: &str, level: &str, place: usize| -> io::Result<()> {
        let own = (0..ATTACHED).map(|i| format!("p-{level}{}", (place + i) % POLICIES));
        let policies: Vec<Value> =
            std::iter::once("p-full".to_owned()).chain(own).map(|id| summary(&id)).collect();
        put(&format!("list-policies-for-target/{target}"), &json!({"Policies": policies}))
    };
    attach(ROOT, "root", 0)?;
    for (i, unit) in UNITS.iter().enumerate() {
        attach(unit, "unit", i)?;
    }
    for (i, account) in accounts.iter().enumerate() {
        attach(account, "account", i)?;
        let unit = UNITS.get(i % UNITS.len()).copied().unwrap_or(ROOT);
        put(
            &format!("list-parents/{account}"),
            &json!({"Parents": [{"Id": unit, "Type": "ORGANIZATIONAL_UNIT"}]}),
        )?;
    }
    put("list-policies-for-target/999000000001", &json!({"Policies": [summary("p-full")]}))?;
    for (id, document) in policies() {
        let content = json!({"Version": "2012-10-17", "Statement": document}).to_string();
        write_file(
            directory,
            &format!("organization/describe-policy/{id}.json"),
            &json!({"Policy": {"PolicySummary": summary(&id), "Content": content}}),
        )?;
    }
    Ok(())
}

fn summary(id: &str) -> Value {
    json!({"Id": id, "Arn": format!("arn:aws:organizations::{MANAGEMENT}:policy/{ID}/service_control_policy/{id}"),
           "Name": id, "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": id == "p-full"})
}

fn policies() -> Vec<(String, Value)> {
    let deny = |action: Value, condition: Value| json!({"Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition});
    vec![
        ("p-full".to_owned(), json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}])),
        (
            "p-root0".to_owned(),
            json!([{"Effect": "Deny", "Action": ["organizations:LeaveOrganization", "account:*"], "Resource": "*"}]),
        ),
        (
            "p-root1".to_owned(),
            json!([deny(
                json!(["iam:CreateUser", "iam:CreateAccessKey"]),
                json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/break-glass"}})
            )]),
        ),
        (
            "p-root2".to_owned(),
            json!([{"Effect": "Deny", "Action": ["cloudtrail:StopLogging", "cloudtrail:DeleteTrail"], "Resource": "*"}]),
        ),
        (
            "p-root3".to_owned(),
            json!([deny(
                json!(["ec2:Create*", "ec2:Run*"]),
                json!({"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1", "eu-central-1"]}})
            )]),
        ),
        (
            "p-unit0".to_owned(),
            json!([{"Effect": "Deny", "NotAction": ["iam:*", "sts:*", "s3:*", "organizations:*", "kms:*"], "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1", "eu-central-1"]}}}]),
        ),
        (
            "p-unit1".to_owned(),
            json!([deny(
                json!("s3:PutBucketPolicy"),
                json!({"StringNotLike": {"aws:PrincipalTag/team": "platform*"}})
            )]),
        ),
        (
            "p-unit2".to_owned(),
            json!([deny(
                json!("codepipeline:PutApprovalResult"),
                json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})
            )]),
        ),
        (
            "p-unit3".to_owned(),
            json!([deny(
                json!(["lambda:CreateFunctionUrlConfig", "lambda:AddPermission"]),
                json!({"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}})
            )]),
        ),
        (
            "p-account0".to_owned(),
            json!([{"Effect": "Deny", "Action": "kms:ScheduleKeyDeletion", "Resource": "*"}]),
        ),
        (
            "p-account1".to_owned(),
            json!([deny(
                json!(["iam:*"]),
                json!({"StringNotEquals": {"aws:PrincipalTag/team": ["platform", "identity", "data", "risk"]}})
            )]),
        ),
        (
            "p-account2".to_owned(),
            json!([{"Effect": "Deny", "Action": "secretsmanager:DeleteSecret", "Resource": "*"}]),
        ),
        (
            "p-account3".to_owned(),
            json!([deny(json!("sqs:DeleteQueue"), json!({"Null": {"aws:PrincipalTag/team": "true"}}))]),
        ),
    ]
}
