//! Which keys requests carry, and how AWS ties them together: small accounts, one question each.
//!
//! IAM User Guide, "AWS global condition context keys". CONFORMANCE 3.4, 3.5, 3.7, 3.9.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use gateproof::ask::{CrossCheck, Estate, EstateOptions, Settings};
use gateproof::question::{Answer, Quantifier, Requests, Verdict};
use serde_json::{Value, json};

const BUCKET: &str = "arn:aws:s3:::data";
const OBJECT: &str = "arn:aws:s3:::data/report";
const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d";
const QUEUE: &str = "arn:aws:sqs:us-east-1:111122223333:jobs";

fn document(statements: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn trusting(principal: Value, actions: Value) -> Value {
    document(json!([{"Effect": "Allow", "Principal": principal, "Action": actions}]))
}

/// A role with the tag `team` = `a`.
fn role(name: &str, trust: Value, policy: &Value) -> Value {
    json!({"Path": "/", "RoleName": name, "RoleId": "AROAEXAMPLE", "Arn": format!("arn:aws:iam::111122223333:role/{name}"),
        "AssumeRolePolicyDocument": trust, "AttachedManagedPolicies": [], "Tags": [{"Key": "team", "Value": "a"}],
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": policy}]})
}

/// An account whose principals all have one policy: user `ann`, role `plain` for AWS principals, role
/// `tagged` whose sessions take tags and a source identity, role `worker` for EC2.
fn account(policy: &Value) -> Value {
    let account = json!({"AWS": "arn:aws:iam::111122223333:root"});
    let worker = trusting(json!({"Service": "ec2.amazonaws.com"}), json!("sts:AssumeRole"));
    let tagged =
        trusting(account.clone(), json!(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]));
    json!({
        "UserDetailList": [{"Path": "/", "UserName": "ann", "UserId": "AIDAEXAMPLE",
            "Arn": "arn:aws:iam::111122223333:user/ann", "GroupList": [], "AttachedManagedPolicies": [], "Tags": [],
            "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": policy}]}],
        "RoleDetailList": [role("plain", trusting(account, json!("sts:AssumeRole")), policy),
            role("tagged", tagged, policy), role("worker", worker, policy)],
        "GroupDetailList": [], "Policies": []})
}

/// The answer to `can WHO ACTION RESOURCE`, everybody in the account having the statements, the resource
/// having the policy.
fn ask(who: &str, action: &str, resource: &str, statements: Value, resource_policy: Option<Value>) -> Answer {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, value: &Value| {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, value.to_string()).unwrap();
    };
    let at = |file: &str| format!("accounts/111122223333/{file}");
    write(&at("global/iam/get-account-authorization-details.json"), &account(&document(statements)));
    let tags = json!({"ResourceTagMappingList": [
        {"ResourceARN": BUCKET, "Tags": [{"Key": "class", "Value": "secret"}]},
        {"ResourceARN": QUEUE, "Tags": [{"Key": "class", "Value": "secret"}]}]});
    write(&at("us-east-1/resourcegroupstaggingapi/get-resources.json"), &tags);
    write(
        "organization/describe-organization.json",
        &json!({"Organization": {"Id": "o-ours", "MasterAccountId": "777788889999"}}),
    );
    write(
        "organization/list-accounts.json",
        &json!({"Accounts": [{"Id": "777788889999"}, {"Id": "111122223333"}, {"Id": "444455556666"}]}),
    );
    if let Some(policy) = resource_policy {
        let governed = resource.split_once("/report").map_or(resource, |(bucket, _)| bucket);
        write(
            "resource-policies.json",
            &json!([{"Resource": governed, "Account": "111122223333", "Policy": policy}]),
        );
    }
    let estate = Estate::load(folder.path(), EstateOptions::default()).unwrap();
    let requests = Requests {
        actions: vec![action.to_owned()],
        resources: vec![resource.to_owned()],
        ..Requests::default()
    };
    let settings = Settings { cross_check: CrossCheck::Never, ..Settings::default() };
    let who = who.parse().unwrap();
    estate.can(&[who], &requests, Quantifier::Some, &settings).unwrap().overall
}

fn allowed_if(action: &str, conditions: Value) -> Value {
    json!([{"Effect": "Allow", "Action": action, "Resource": "*", "Condition": conditions}])
}

/// Whether the caller can make the request under conditions on an Allow.
fn can(who: &str, action: &str, resource: &str, conditions: Value) -> bool {
    settled(&ask(who, action, resource, allowed_if(action, conditions), None))
}

fn can_read(who: &str, conditions: Value) -> bool {
    can(who, "s3:GetObject", OBJECT, conditions)
}

/// Whether the caller can make the request under a resource policy alone.
fn can_by(who: &str, action: &str, resource: &str, statements: Value) -> bool {
    settled(&ask(who, action, resource, json!([]), Some(document(statements))))
}

fn settled(answer: &Answer) -> bool {
    assert_ne!(answer.verdict, Verdict::Undecided, "{:?}", answer.undecided);
    answer.verdict == Verdict::Reachable
}

#[test]
fn keys_that_only_services_set() {
    for key in ["aws:PrincipalServiceName", "aws:SourceArn", "aws:SourceAccount"] {
        for who in ["user/ann", "role/plain"] {
            assert!(!can_read(who, json!({"StringLike": {key: "*"}})), "{who} {key}");
        }
    }
    let listed = json!({"ForAnyValue:StringLike": {"aws:PrincipalServiceNamesList": "*"}});
    assert!(!can_read("role/plain", listed));
    // With the caller's own credentials a service says more of itself.
    assert!(can_read("user/ann", json!({"Bool": {"aws:ViaAWSService": "true"}})));
    assert!(can_read("user/ann", json!({"Bool": {"aws:ViaAWSMCPService": "true"}})));
    assert!(can("user/ann", "kms:CreateGrant", KEY, json!({"Bool": {"kms:GrantIsForAWSResource": "true"}})));
}

#[test]
fn keys_that_only_role_sessions_carry() {
    let has = |key: &str| json!({"Null": {key: "false"}});
    for key in ["aws:FederatedProvider", "aws:SourceIdentity", "ec2:SourceInstanceArn", "saml:sub"] {
        assert!(!can_read("user/ann", has(key)), "{key}");
    }
    assert!(can_read("role/worker", has("ec2:SourceInstanceArn")));
    assert!(!can_read("role/plain", has("ec2:SourceInstanceArn")), "no service opens its sessions");
    assert!(can_read("role/tagged", has("aws:SourceIdentity")));
    assert!(!can_read("role/plain", has("aws:SourceIdentity")), "its trust policy lets nobody set one");
    assert!(!can_read("role/plain", has("aws:AssumedRoot")));
}

#[test]
fn times_of_issue_go_with_temporary_credentials() {
    let issued = |absent: bool, more: Value| {
        let mut conditions = json!({"Null": {"aws:TokenIssueTime": absent.to_string()}});
        conditions.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        conditions
    };
    assert!(!can_read("role/plain", issued(true, json!({}))));
    assert!(can_read("role/plain", issued(false, json!({}))));
    assert!(can_read("user/ann", issued(true, json!({}))));
    assert!(can_read("user/ann", issued(false, json!({}))));
    assert!(!can_read("user/ann", issued(true, json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}))));
    let unflagged = json!({"Null": {"aws:TokenIssueTime": "false", "aws:MultiFactorAuthPresent": "true"}});
    assert!(!can_read("user/ann", unflagged));
}

#[test]
fn chains_of_calls() {
    let via = |said: &str, chain: Value| {
        let mut conditions = json!({"Bool": {"aws:ViaAWSService": said}});
        conditions.as_object_mut().unwrap().extend(chain.as_object().unwrap().clone());
        conditions
    };
    let named = json!({"ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}});
    assert!(can_read("user/ann", via("true", named.clone())));
    assert!(!can_read("user/ann", via("false", named)));
    // Not every service that calls for somebody supports the chain.
    assert!(can_read("user/ann", via("true", json!({"Null": {"aws:CalledVia": "true"}}))));
    let split = |member: &str| {
        json!({"StringEquals": {"aws:CalledViaFirst": "athena.amazonaws.com"},
            "ForAllValues:StringEquals": {"aws:CalledVia": member}})
    };
    assert!(can_read("user/ann", split("athena.amazonaws.com")));
    assert!(!can_read("user/ann", split("dynamodb.amazonaws.com")));
    let silent = json!({"Null": {"aws:ViaAWSService": "true"}});
    assert!(!can_read("user/ann", silent.clone()));
    let instance = "arn:aws:ec2:us-east-1:111122223333:instance/i-0abc";
    assert!(can("user/ann", "ec2:StopInstances", instance, silent));
}

#[test]
fn networks() {
    let key = |key: &str| json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}, "StringLike": {key: "*"}});
    for of_endpoint in ["aws:SourceVpce", "aws:VpceAccount", "aws:VpceOrgID"] {
        assert!(!can_read("user/ann", key(of_endpoint)), "{of_endpoint}");
        assert!(can_read("user/ann", json!({"StringLike": {of_endpoint: "*"}})), "{of_endpoint}");
    }
}

#[test]
fn one_time() {
    let at = |current: &str, epoch: &str| json!({"DateLessThan": {"aws:CurrentTime": current}, "DateGreaterThan": {"aws:EpochTime": epoch}});
    assert!(!can_read("user/ann", at("2026-01-01T00:00:00Z", "1893456000")));
    assert!(can_read("user/ann", at("2031-01-01T00:00:00Z", "1893456000")));
}

#[test]
fn tags_of_the_request() {
    let instance = "arn:aws:ec2:us-east-1:111122223333:instance/i-0abc";
    let tagged = |keys: Value| json!({"StringEquals": {"aws:RequestTag/env": "prod"}, "ForAllValues:StringEquals": {"aws:TagKeys": keys}});
    assert!(!can("user/ann", "ec2:CreateTags", instance, tagged(json!(["owner"]))));
    assert!(can("user/ann", "ec2:CreateTags", instance, tagged(json!(["owner", "Env"]))));
}

#[test]
fn session_tags_override_and_never_remove() {
    let team = |value: &str| json!({"StringEquals": {"aws:PrincipalTag/team": value}});
    assert!(can_read("role/plain", team("a")));
    assert!(!can_read("role/plain", team("b")));
    assert!(can_read("role/tagged", team("b")));
    assert!(!can_read("role/tagged", json!({"Null": {"aws:PrincipalTag/team": "true"}})));
    let answer = ask("role/tagged", "s3:GetObject", OBJECT, allowed_if("s3:GetObject", team("b")), None);
    assert!(answer.assumptions.iter().any(|a| a.contains("`team` = `b`")), "{:?}", answer.assumptions);
}

#[test]
fn tags_of_resources_count_where_the_service_shows_them() {
    let class = |value: &str| json!({"StringEquals": {"aws:ResourceTag/class": value}});
    assert!(!can("user/ann", "s3:GetObject", OBJECT, class("public")));
    assert!(can("user/ann", "sqs:SendMessage", QUEUE, class("secret")));
    assert!(!can("user/ann", "sqs:SendMessage", QUEUE, class("public")));
    let denied = |action: &str| {
        json!([{"Effect": "Allow", "Action": action, "Resource": "*"},
            {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": class("secret")}])
    };
    assert!(!settled(&ask("user/ann", "sqs:SendMessage", QUEUE, denied("sqs:SendMessage"), None)));
    // A bucket shows its tags only where that was switched on.
    let own = json!([{"Effect": "Allow", "Principal": {"Service": "x.amazonaws.com"}, "Action": "s3:PutObject", "Resource": OBJECT}]);
    let read = ask("user/ann", "s3:GetObject", OBJECT, denied("s3:GetObject"), Some(document(own)));
    assert!(settled(&read));
}

#[test]
fn names_of_sessions() {
    assert!(can_read("role/plain", json!({"StringLike": {"aws:userid": "*:deploy"}})));
    assert!(!can_read("role/plain", json!({"StringLike": {"aws:userid": "*:a/b"}})));
    assert!(!can_read("role/plain", json!({"StringLike": {"aws:userid": "AROAOTHER:*"}})));
}

#[test]
fn owners_of_resources() {
    let unknown = json!({"Null": {"aws:ResourceAccount": "true"}});
    assert!(can(
        "user/ann",
        "events:PutEvents",
        "arn:aws:events:us-east-1:111122223333:event-bus/default",
        unknown.clone()
    ));
    assert!(!can_read("user/ann", unknown));
}

#[test]
fn unsigned_requests_and_services() {
    let mut statements = json!([
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECT},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECT,
            "Condition": {"Bool": {"aws:PrincipalIsAWSService": "false"}}}]);
    assert!(can_by("anyone", "s3:GetObject", OBJECT, statements.clone()), "the key is absent");
    statements[1]["Condition"] = json!({"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}});
    assert!(!can_by("anyone", "s3:GetObject", OBJECT, statements));
    let own_account = json!([{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*",
        "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333"}}}]);
    assert!(!can_by("anyone", "kms:Decrypt", KEY, own_account));
}

#[test]
fn members_that_were_not_collected_are_of_the_organization() {
    let ours = json!([{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECT,
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-ours"}}}]);
    assert!(can_by("external:444455556666", "s3:GetObject", OBJECT, ours.clone()));
    assert!(!can_by("external:999900001111", "s3:GetObject", OBJECT, ours));
    let named = json!([{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECT,
        "Condition": {"StringEquals": {"aws:username": "bob"}, "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}}]);
    assert!(!can_by("external:999900001111", "s3:GetObject", OBJECT, named));
}

/// A policy can name one session of a role elsewhere: the role has others.
#[test]
fn sessions_of_roles_elsewhere_have_names() {
    let stranger = "external:999900001111";
    let read = |effect: &str, principal: &str| json!({"Effect": effect, "Principal": {"AWS": principal}, "Action": "s3:GetObject", "Resource": OBJECT});
    let (role, session) =
        ("arn:aws:iam::999900001111:role/work", "arn:aws:sts::999900001111:assumed-role/work/night");
    assert!(can_by(stranger, "s3:GetObject", OBJECT, json!([read("Allow", session)])));
    let but_for = |denied: &str| json!([read("Allow", role), read("Deny", denied)]);
    assert!(can_by(stranger, "s3:GetObject", OBJECT, but_for(session)));
    assert!(!can_by(stranger, "s3:GetObject", OBJECT, but_for(role)));
    assert!(!can_by(
        stranger,
        "s3:GetObject",
        OBJECT,
        json!([read("Allow", session), read("Deny", session)])
    ));
}

#[test]
fn regions() {
    let region = |name: &str| json!({"StringEquals": {"aws:RequestedRegion": name}});
    let start = "codepipeline:StartPipelineExecution";
    let pipeline = |region: &str| format!("arn:aws:codepipeline:{region}:111122223333:release");
    assert!(!can("user/ann", start, &pipeline("us-east-1"), region("eu-west-1")));
    assert!(can("user/ann", start, &pipeline("eu-west-1"), region("eu-west-1")));
    assert!(can(
        "user/ann",
        start,
        &pipeline("eu-west-1"),
        json!({"StringLike": {"aws:RequestedRegion": "eu-*"}})
    ));
    assert!(!can("user/ann", start, &pipeline("*"), json!({"StringNotLike": {"aws:RequestedRegion": "*"}})));
    let apart = |resource: &str| json!([{"Effect": "Allow", "Action": start, "Resource": pipeline(resource), "Condition": region("eu-west-1")}]);
    assert!(settled(&ask("user/ann", start, &pipeline("*"), apart("eu-*"), None)));
    assert!(!settled(&ask("user/ann", start, &pipeline("*"), apart("us-*"), None)));
    // One endpoint for the whole world; passing a role is part of a call elsewhere.
    let user = "arn:aws:iam::111122223333:user/new";
    assert!(!can("user/ann", "iam:CreateUser", user, region("eu-west-1")));
    assert!(can("user/ann", "iam:CreateUser", user, region("us-east-1")));
    assert!(can("user/ann", "iam:PassRole", "arn:aws:iam::111122223333:role/worker", region("eu-west-1")));
    // Bucket ARNs tell no region; a copy reads from another region than the called one.
    assert!(can("user/ann", "s3:GetObject", OBJECT, region("eu-west-1")));
    let snapshot = "arn:aws:ec2:us-east-1::snapshot/snap-0abc";
    let copied = ask(
        "user/ann",
        "ec2:CopySnapshot",
        snapshot,
        allowed_if("ec2:CopySnapshot", region("eu-west-1")),
        None,
    );
    assert!(settled(&copied));
    assert!(copied.assumptions.iter().any(|a| a.contains("eu-west-1")), "{:?}", copied.assumptions);
}

#[test]
fn key_policies_are_about_the_operations_of_kms() {
    let all = |action: &str| json!([{"Effect": "Allow", "Action": action, "Resource": "*"}]);
    let others = document(json!([
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/plain"}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::111122223333:user/ann"}, "Action": "*", "Resource": "*"}]));
    let on_key = |action: &str| settled(&ask("user/ann", action, KEY, all(action), Some(others.clone())));
    assert!(!on_key("kms:Decrypt"));
    assert!(on_key("kinesis:StartStreamEncryption"));
    // So it is with names that the catalogue doesn't know.
    assert!(!on_key("kms:NotYetThere"));
    assert!(on_key("kinesis:NotYetThere"));
    assert!(on_key("k*:NotYetThere"));
    assert!(!settled(&ask("user/ann", "kinesis:NotYetThere", KEY, all("kms:*"), Some(others.clone()))));
}
