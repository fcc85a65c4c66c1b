//! Random users with identity policies, boundaries, SCP levels and Denies: documents against the real policies.

use super::by_documents;
use super::conditions::{Key, conditions};
use super::random::Random;
use gateproof::ask::{Agreement, CrossCheck, Differs, Effective, Estate, EstateOptions, Extent, Settings};
use gateproof::question::Selector;
use gateproof_model::evaluator::Outcome;
use gateproof_model::request::ContextValue;
use rayon::prelude::*;
use serde_json::{Map, Value, json};
use std::path::Path;

const ACCOUNT: &str = "111122223333";
const ACTIONS: [&str; 11] = [
    "s3:GetObject",
    "s3:Get*",
    "s3:*",
    "*",
    "s3:PutObject",
    "S3:getobject",
    "sqs:SendMessage",
    "sqs:*",
    "s3:*Object",
    "sqs:Receive*",
    "s3:List?ucket",
];
const RESOURCES: [&str; 12] = [
    "*",
    "arn:aws:s3:::bucket/*",
    "arn:aws:s3:::bucket/a*",
    "arn:aws:s3:::b*/*c",
    "arn:aws:s3:::bucket/a?c",
    "arn:aws:s3:::bucket/${aws:username}/*",
    "arn:aws:s3:::bucket/${aws:PrincipalTag/team, 'none'}/x",
    "arn:aws:s3:::*",
    "arn:aws:sqs:us-east-1:111122223333:q*",
    "arn:aws:sqs:*:111122223333:*-dead",
    "arn:aws:s3:::other/abc",
    "arn:aws:s3:::bucket",
];
const KEYS: [Key; 7] = [
    ("aws:PrincipalTag/team", &["red", "r*", "${aws:username}", "RED"], &[]),
    ("aws:SourceIp", &["10.0.0.0/8", "10.1.0.0/16", "203.0.113.7"], &["10.1.2.3", "10.9.9.9", "203.0.113.7"]),
    ("aws:SecureTransport", &["true", "false"], &["true", "false"]),
    (
        "aws:CurrentTime",
        &["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"],
        &["2026-06-01T00:00:00Z", "2025-12-31"],
    ),
    ("aws:RequestedRegion", &["us-east-1", "eu-*", "eu-west-1"], &["us-east-1", "eu-west-1", "eu-north-1"]),
    ("s3:x-amz-acl", &["private", "p*", "public-read"], &["private", "public-read"]),
    ("aws:ResourceAccount", &["111122223333", "444455556666"], &[]),
];
const TEXT: [&str; 5] =
    ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"];

fn operator(random: &mut Random, key: &str) -> String {
    if random.percent(10) {
        return "Null".to_owned();
    }
    let base = match key {
        "aws:SourceIp" => random.word(&["IpAddress", "NotIpAddress"]),
        "aws:SecureTransport" => "Bool",
        "aws:CurrentTime" => random.word(&["DateLessThan", "DateGreaterThanEquals", "DateNotEquals"]),
        _ => random.word(&TEXT),
    };
    let set = if random.percent(15) { random.word(&["ForAllValues:", "ForAnyValue:"]) } else { "" };
    let tail = if random.percent(25) { "IfExists" } else { "" };
    format!("{set}{base}{tail}")
}

fn statement(random: &mut Random, deny: usize) -> Value {
    let mut s = Map::new();
    s.insert("Effect".into(), json!(if random.percent(deny) { "Deny" } else { "Allow" }));
    let action = if random.percent(12) { "NotAction" } else { "Action" };
    s.insert(action.into(), json!([random.word(&ACTIONS), random.word(&ACTIONS)]));
    let resource = if random.percent(10) { "NotResource" } else { "Resource" };
    s.insert(resource.into(), json!([random.word(&RESOURCES), random.word(&RESOURCES)]));
    let conditions = conditions(random, &KEYS, operator);
    if !conditions.is_empty() {
        s.insert("Condition".into(), Value::Object(conditions));
    }
    Value::Object(s)
}

fn document(random: &mut Random, deny: usize, broad: usize) -> Value {
    let version = if random.percent(85) { "2012-10-17" } else { "2008-10-17" };
    let mut statements: Vec<Value> = (0..1 + random.below(3)).map(|_| statement(random, deny)).collect();
    if random.percent(broad) {
        statements.push(json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
    }
    json!({"Version": version, "Statement": statements})
}

fn user(random: &mut Random, n: usize) -> (Value, Option<Value>) {
    let policies: Vec<Value> = (0..1 + random.below(2))
        .map(|p| json!({"PolicyName": format!("p{p}"), "PolicyDocument": document(random, 20, 25)}))
        .collect();
    let mut user = json!({
        "Path": "/", "UserName": format!("u{n}"), "UserId": format!("AIDAEXAMPLE{n:05}"),
        "Arn": format!("arn:aws:iam::{ACCOUNT}:user/u{n}"), "GroupList": [], "AttachedManagedPolicies": [],
        "UserPolicyList": policies, "Tags": [{"Key": "team", "Value": random.word(&["red", "blue"])}],
    });
    if !random.percent(40) {
        return (user, None);
    }
    let arn = format!("arn:aws:iam::{ACCOUNT}:policy/b{n}");
    user["PermissionsBoundary"] = json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn});
    let version = json!({"Document": document(random, 15, 35), "VersionId": "v1", "IsDefaultVersion": true});
    let boundary = json!({
        "PolicyName": format!("b{n}"), "PolicyId": format!("ANPAEXAMPLE{n:05}"), "Arn": arn, "Path": "/",
        "DefaultVersionId": "v1", "AttachmentCount": 0, "PermissionsBoundaryUsageCount": 1,
        "IsAttachable": true, "PolicyVersionList": [version],
    });
    (user, Some(boundary))
}

fn write(folder: &Path, path: &str, value: &Value) {
    let file = folder.join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, value.to_string()).unwrap();
}

/// A member account of so many users, under two levels of SCPs.
fn organization(folder: &Path, random: &mut Random, users: usize) {
    let (users, boundaries): (Vec<Value>, Vec<Option<Value>>) = (0..users).map(|n| user(random, n)).unzip();
    let boundaries: Vec<Value> = boundaries.into_iter().flatten().collect();
    let details =
        json!({"UserDetailList": users, "GroupDetailList": [], "RoleDetailList": [], "Policies": boundaries});
    write(folder, &format!("accounts/{ACCOUNT}/global/iam/get-account-authorization-details.json"), &details);
    let organization = json!({"Organization": {
        "Id": "o-example", "Arn": "arn:aws:organizations::999988887777:organization/o-example",
        "FeatureSet": "ALL", "MasterAccountId": "999988887777",
        "MasterAccountArn": "arn:aws:organizations::999988887777:account/o-example/999988887777",
    }});
    write(folder, "organization/describe-organization.json", &organization);
    let kinds = json!([{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]);
    let root = json!({"Roots": [{"Id": "r-ex", "Arn": "arn:aws:organizations::999988887777:root/o-example/r-ex", "Name": "Root", "PolicyTypes": kinds}]});
    write(folder, "organization/list-roots.json", &root);
    let parents = json!({"Parents": [{"Id": "r-ex", "Type": "ROOT"}]});
    write(folder, &format!("organization/list-parents/{ACCOUNT}.json"), &parents);
    for (target, id) in [("r-ex", "p-root"), (ACCOUNT, "p-account")] {
        let summary = json!({
            "Id": id, "Arn": format!("arn:aws:organizations::999988887777:policy/o-example/service_control_policy/{id}"),
            "Name": id, "Description": "", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": false,
        });
        let listed = json!({"Policies": [summary]});
        write(folder, &format!("organization/list-policies-for-target/{target}.json"), &listed);
        let broad = if id == "p-root" { 100 } else { 50 };
        let policy =
            json!({"Policy": {"PolicySummary": summary, "Content": document(random, 25, broad).to_string()}});
        write(folder, &format!("organization/describe-policy/{id}.json"), &policy);
    }
}

fn request(random: &mut Random) -> (&'static str, String, Vec<(String, ContextValue)>) {
    let (action, resource) = match random.below(8) {
        0..=4 => {
            let key = random.word(&["abc", "a", "xc", "u1/x", "none/x", "red/x", "a?c", "x"]);
            let action = random.word(&["s3:GetObject", "s3:PutObject", "s3:GetObjectAcl", "s3:DeleteObject"]);
            (
                action,
                format!("arn:aws:s3:::{}/{key}", random.word(&["bucket", "bucket", "bucket", "other", "bc"])),
            )
        }
        5 => ("s3:ListBucket", "arn:aws:s3:::bucket".to_owned()),
        _ => {
            let name = random.word(&["q1", "x-dead", "q-dead", "z"]);
            let action = random.word(&["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteQueue"]);
            (action, format!("arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"))
        }
    };
    let mut context = Vec::new();
    for (key, _, values) in KEYS.into_iter().filter(|(_, _, values)| !values.is_empty()) {
        let always = ["aws:SecureTransport", "aws:CurrentTime", "aws:RequestedRegion", "aws:SourceIp"];
        let fits = key.starts_with("aws:") || action == "s3:PutObject";
        if fits && (always.contains(&key) || random.percent(50)) {
            // A queue is asked for in its own region.
            let regional = key == "aws:RequestedRegion" && action.starts_with("sqs:");
            let value = if regional { "us-east-1" } else { random.word(values) };
            context.push((key.to_owned(), ContextValue::Single(value.to_owned())));
        }
    }
    (action, resource, context)
}

#[derive(Debug, Default)]
struct Tally {
    users: usize,
    exact: usize,
    apart: usize,
    allowed: usize,
    denied: usize,
}

/// One user: what the labels promise holds of every request.
fn check(estate: &Estate, answer: &Effective, random: &mut Random) -> Tally {
    let mut tally = Tally { users: 1, ..Tally::default() };
    let wider = answer.differences.iter().any(|d| d.differs == Differs::Wider);
    let narrower = answer.differences.iter().any(|d| d.differs == Differs::Narrower);
    match answer.agreement {
        Agreement::Exact => tally.exact += 1,
        Agreement::Undecided => {}
        _ => tally.apart += 1,
    }
    assert!(!(wider || narrower) || answer.agreement != Agreement::Exact);
    for _ in 0..20 {
        let (action, resource, context) = request(random);
        let explained = estate.explain(&answer.id, action, &resource, &context).unwrap();
        let truth = explained.decision.outcome == Outcome::Allowed;
        let derived = by_documents(estate, answer, &explained.request);
        let label =
            answer.actions.iter().find(|a| a.name == action).map_or(answer.agreement, |a| a.agreement);
        let fine = match label {
            Agreement::Exact => truth == derived,
            Agreement::Wider => derived || !truth,
            Agreement::Narrower => truth || !derived,
            Agreement::Incomparable | Agreement::Undecided => true,
        };
        assert!(
            fine,
            "{label:?}: the policies {:?}, the documents {derived}: {:#?}\n{}\n{:#?}",
            explained.decision,
            explained.request,
            answer.policy,
            estate.callers().find(|c| c.id == answer.id).map(|c| &c.policies)
        );
        if truth { tally.allowed += 1 } else { tally.denied += 1 }
    }
    tally
}

/// So many sets of policies in so many organizations.
const ORGANIZATIONS: u64 = 20;
const USERS: usize = 100;

#[test]
fn documents_keep_what_their_labels_promise() {
    let settings = Settings { cross_check: CrossCheck::Never, ..Settings::default() };
    let extent = Extent { services: vec!["s3".to_owned(), "sqs".to_owned()], ..Extent::default() };
    let tallies: Vec<Tally> = (0..ORGANIZATIONS)
        .into_par_iter()
        .flat_map_iter(|seed| {
            let mut random = Random(0xA11_0C8 ^ seed << 32);
            let folder = tempfile::tempdir().unwrap();
            organization(folder.path(), &mut random, USERS);
            let estate = Estate::load(folder.path(), EstateOptions::default()).unwrap();
            let serious: Vec<_> = estate.snapshot.problems().iter().filter(|p| !p.warning).collect();
            assert!(serious.is_empty(), "{serious:?}");
            let everyone = [Selector::User("*".to_owned())];
            let answers = estate.what_can(&everyone, &extent, &settings).unwrap();
            answers.iter().map(|a| check(&estate, a, &mut random)).collect::<Vec<_>>()
        })
        .collect();
    let sum = |of: fn(&Tally) -> usize| tallies.iter().map(of).sum::<usize>();
    let (users, exact, apart) = (sum(|t| t.users), sum(|t| t.exact), sum(|t| t.apart));
    let (allowed, denied) = (sum(|t| t.allowed), sum(|t| t.denied));
    assert!(users >= 2_000, "{users} sets of policies");
    assert!(exact * 100 >= users * 70, "{exact} of {users} exact, {apart} apart");
    assert!(allowed * 10 >= users * 20 && denied * 10 >= users * 20, "{allowed} allowed, {denied} denied");
}
