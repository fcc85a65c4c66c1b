//! Accounts as `aws iam get-account-authorization-details` prints them, and the resources in them.

use crate::organization;
use crate::random::Random;
use crate::statements::{statement, team};
use gateproof_model::catalogue::Catalogue;
use serde_json::{Value, json};
use std::fs;
use std::io;
use std::path::Path;

/// How many roles one account holds at most.
const ROLES_AN_ACCOUNT: usize = 1000;
const BOUNDARIES: [&str; 4] = ["developer", "pipeline", "reader", "workload"];

/// Writes a snapshot with so many roles; the same for the same seed.
///
/// # Errors
/// Where a file can't be written.
pub fn write_snapshot(directory: &Path, roles: usize, seed: u64) -> io::Result<()> {
    let mut random = Random::new(seed);
    let accounts: Vec<String> =
        (0..roles.div_ceil(ROLES_AN_ACCOUNT)).map(|i| format!("{:012}", 111_100_000_000 + i)).collect();
    organization::write(directory, &accounts, &mut random)?;
    let managed: Vec<(&str, Value)> = Catalogue::embedded()
        .managed_policies()
        .filter_map(|p| Some((p.arn(), serde_json::from_str(p.document()).ok()?)))
        .collect();
    let mut left = roles;
    for account in &accounts {
        let here = left.min(ROLES_AN_ACCOUNT);
        left -= here;
        write_account(directory, account, &accounts, here, &managed, &mut random)?;
        write_resources(directory, account, &accounts, &mut random)?;
    }
    Ok(())
}

/// Writes one file, its folders too.
pub(crate) fn write(directory: &Path, name: &str, value: &Value) -> io::Result<()> {
    let path = directory.join(name);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, serde_json::to_vec(value)?)
}

fn write_account(
    directory: &Path,
    account: &str,
    accounts: &[String],
    roles: usize,
    managed: &[(&str, Value)],
    random: &mut Random,
) -> io::Result<()> {
    let mut used = std::collections::BTreeSet::new();
    let mut list = Vec::with_capacity(roles);
    for number in 0..roles {
        list.push(role(account, accounts, number, managed, &mut used, random));
    }
    let mut policies: Vec<Value> = used
        .iter()
        .filter_map(|i| managed.get(*i))
        .map(|(arn, document)| managed_policy(arn, document.clone()))
        .collect();
    policies.extend(BOUNDARIES.iter().map(|b| boundary(account, b)));
    let details =
        json!({"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": list, "Policies": policies});
    write(
        directory,
        &format!("accounts/{account}/global/iam/get-account-authorization-details.json"),
        &details,
    )
}

fn managed_policy(arn: &str, document: Value) -> Value {
    let name = arn.rsplit('/').next().unwrap_or_default();
    json!({
        "PolicyName": name, "PolicyId": format!("ANPA{name}"), "Arn": arn, "Path": "/", "DefaultVersionId": "v1",
        "AttachmentCount": 1, "IsAttachable": true,
        "PolicyVersionList": [{"Document": document, "VersionId": "v1", "IsDefaultVersion": true}]
    })
}

fn boundary(account: &str, name: &str) -> Value {
    let allow = match name {
        "reader" => json!(["s3:Get*", "s3:List*", "logs:*", "dynamodb:*", "sqs:*"]),
        "pipeline" => {
            json!(["codebuild:*", "codepipeline:*", "s3:*", "kms:*", "iam:PassRole", "sts:AssumeRole"])
        }
        _ => json!("*"),
    };
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": allow, "Resource": "*"},
        {"Effect": "Deny", "Action": ["iam:Create*", "iam:Delete*", "organizations:*"], "Resource": "*",
         "Condition": {"ArnNotLike": {"aws:PrincipalArn": format!("arn:aws:iam::{account}:role/break-glass")}}}
    ]});
    managed_policy(&format!("arn:aws:iam::{account}:policy/boundary-{name}"), document)
}

fn role(
    account: &str,
    accounts: &[String],
    number: usize,
    managed: &[(&str, Value)],
    used: &mut std::collections::BTreeSet<usize>,
    random: &mut Random,
) -> Value {
    let team = team(random);
    let name =
        format!("{team}-{}-{number:05}", random.pick(&["build", "deploy", "app", "job"]).unwrap_or("app"));
    let attached: Vec<Value> = (0..2 + random.below(5))
        .filter_map(|_| {
            let index = random.below(managed.len());
            used.insert(index);
            let (arn, _) = managed.get(index)?;
            Some(json!({"PolicyName": arn.rsplit('/').next(), "PolicyArn": arn}))
        })
        .collect();
    let statements: Vec<Value> =
        (0..3 + random.below(4)).map(|sid| statement(random, account, sid)).collect();
    let mut role = json!({
        "Path": "/", "RoleName": name, "RoleId": format!("AROA{number:016}"),
        "Arn": format!("arn:aws:iam::{account}:role/{name}"), "CreateDate": "2024-05-06T07:08:09+00:00",
        "AssumeRolePolicyDocument": trust(account, accounts, random),
        "InstanceProfileList": [],
        "RolePolicyList": [{"PolicyName": "team", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}],
        "AttachedManagedPolicies": attached,
        "Tags": [{"Key": "team", "Value": team}, {"Key": "cost-center", "Value": random.below(90).to_string()}],
    });
    if random.percent(30)
        && let Some(object) = role.as_object_mut()
    {
        let boundary = random.pick(&BOUNDARIES).unwrap_or("workload");
        object.insert(
            "PermissionsBoundary".to_owned(),
            json!({"PermissionsBoundaryType": "Policy",
                   "PermissionsBoundaryArn": format!("arn:aws:iam::{account}:policy/boundary-{boundary}")}),
        );
    }
    role
}

fn trust(account: &str, accounts: &[String], random: &mut Random) -> Value {
    let other = accounts.get(random.below(accounts.len())).map_or(account, String::as_str);
    let services =
        ["lambda.amazonaws.com", "codebuild.amazonaws.com", "ec2.amazonaws.com", "ecs-tasks.amazonaws.com"];
    let statement = match random.below(10) {
        0..=5 => {
            json!({"Effect": "Allow", "Principal": {"Service": random.pick(&services)}, "Action": "sts:AssumeRole"})
        }
        6 => {
            json!({"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{account}:root")}, "Action": "sts:AssumeRole"})
        }
        7 => {
            json!({"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{other}:root")}, "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"sts:ExternalId": "shared"}}})
        }
        8 => {
            json!({"Effect": "Allow", "Principal": {"Federated": format!("arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com")},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
                                  "StringLike": {"token.actions.githubusercontent.com:sub": format!("repo:example/{}:*", team(random))}}})
        }
        _ => {
            json!({"Effect": "Allow", "Principal": {"Federated": format!("arn:aws:iam::{account}:saml-provider/corporate")},
                    "Action": "sts:AssumeRoleWithSAML", "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}})
        }
    };
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

/// Buckets, keys, topics, queues, secrets and functions with policies.
fn write_resources(
    directory: &Path,
    account: &str,
    accounts: &[String],
    random: &mut Random,
) -> io::Result<()> {
    for number in 0..12 {
        let team = team(random);
        let other = accounts.get(random.below(accounts.len())).map_or(account, String::as_str);
        let bucket = format!("{team}-{number}-{account}");
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")],
             "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{other}:root")}, "Action": ["s3:GetObject", "s3:ListBucket"],
             "Resource": [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")]}]});
        let folder = format!("accounts/{account}/us-east-1");
        write(
            directory,
            &format!("{folder}/s3api/get-bucket-policy/{bucket}.json"),
            &json!({"Policy": policy.to_string()}),
        )?;
        let key =
            format!("{:08x}-1111-2222-3333-{:012x}", random.bits() as u32, random.bits() & 0xffff_ffff_ffff);
        let arn = format!("arn:aws:kms:us-east-1:{account}:key/{key}");
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{account}:root")}, "Action": "kms:*", "Resource": "*"}]});
        write(
            directory,
            &format!("{folder}/kms/get-key-policy/{key}.json"),
            &json!({"Policy": policy.to_string()}),
        )?;
        write(
            directory,
            &format!("{folder}/kms/describe-key/{key}.json"),
            &json!({"KeyMetadata": {"AWSAccountId": account, "KeyId": key, "Arn": arn, "KeyManager": "CUSTOMER", "KeyState": "Enabled"}}),
        )?;
        let topic = format!("arn:aws:sns:us-east-1:{account}:{team}-{number}");
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["sns:Publish", "sns:Subscribe"], "Resource": topic,
             "Condition": {"StringEquals": {"aws:PrincipalOrgID": organization::ID}}}]});
        write(
            directory,
            &format!("{folder}/sns/get-topic-attributes/{}.json", topic.replace(':', "%3A")),
            &json!({"Attributes": {"TopicArn": topic, "Policy": policy.to_string()}}),
        )?;
    }
    Ok(())
}
