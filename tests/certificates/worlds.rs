//! Small accounts of which something can't be reached in any number of steps.

use gateproof::ask::{Estate, EstateOptions};
use serde_json::{Value, json};

/// A question about an account to which the answer is *impossible*.
pub struct World {
    pub name: &'static str,
    /// The words of `reach`: flag and value in turn.
    pub ask: Vec<&'static str>,
    /// The output of `aws iam get-account-authorization-details`.
    pub account: Value,
}

/// The world in which users of two sorts of name are made.
pub const NAMES_APART: &str = "two sorts of name";

pub const ACCOUNT: &str = "111111111111";

pub fn allow(actions: Value, resource: Value) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": resource})
}

fn allow_if(actions: Value, resource: Value, condition: Value) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": resource, "Condition": condition})
}

pub fn arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{name}")
}

fn document(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn inline(statements: &[Value]) -> Value {
    json!([{"PolicyName": "own", "PolicyDocument": document(statements)}])
}

pub fn user(name: &str, statements: &[Value]) -> Value {
    json!({
        "Path": "/", "UserName": name, "UserId": format!("AIDA{name:X<16}").to_uppercase(),
        "Arn": arn(&format!("user/{name}")), "CreateDate": "2024-01-01T00:00:00Z",
        "UserPolicyList": inline(statements), "GroupList": [], "AttachedManagedPolicies": [], "Tags": []
    })
}

pub fn role(name: &str, trusted: Value, statements: &[Value]) -> Value {
    let trust = json!({"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"});
    json!({
        "Path": "/", "RoleName": name, "RoleId": format!("AROA{name:X<16}").to_uppercase(),
        "Arn": arn(&format!("role/{name}")), "CreateDate": "2024-01-01T00:00:00Z",
        "AssumeRolePolicyDocument": document(&[trust]), "InstanceProfileList": [],
        "RolePolicyList": inline(statements), "AttachedManagedPolicies": [], "Tags": []
    })
}

pub fn group(name: &str, statements: &[Value]) -> Value {
    json!({
        "Path": "/", "GroupName": name, "GroupId": format!("AGPA{name:X<16}").to_uppercase(),
        "Arn": arn(&format!("group/{name}")), "CreateDate": "2024-01-01T00:00:00Z",
        "GroupPolicyList": inline(statements), "AttachedManagedPolicies": []
    })
}

/// A customer managed policy; the last version is in force.
pub fn policy(name: &str, versions: &[Value]) -> Value {
    let last = versions.len();
    let listed: Vec<Value> = versions
        .iter()
        .enumerate()
        .map(|(n, statement)| {
            json!({
                "VersionId": format!("v{}", n + 1), "IsDefaultVersion": n + 1 == last,
                "Document": document(std::slice::from_ref(statement)), "CreateDate": "2024-01-01T00:00:00Z"
            })
        })
        .collect();
    json!({
        "PolicyName": name, "PolicyId": format!("ANPA{name:X<16}").to_uppercase(),
        "Arn": arn(&format!("policy/{name}")), "Path": "/", "DefaultVersionId": format!("v{last}"),
        "AttachmentCount": 1, "IsAttachable": true, "PolicyVersionList": listed
    })
}

pub fn attached(mut principal: Value, name: &str) -> Value {
    principal["AttachedManagedPolicies"] =
        json!([{"PolicyName": name, "PolicyArn": arn(&format!("policy/{name}"))}]);
    principal
}

pub fn bounded(mut principal: Value, name: &str) -> Value {
    principal["PermissionsBoundary"] = json!({
        "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn(&format!("policy/{name}"))
    });
    principal
}

pub fn account(users: &[Value], roles: &[Value], groups: &[Value], policies: &[Value]) -> Value {
    json!({"UserDetailList": users, "RoleDetailList": roles, "GroupDetailList": groups, "Policies": policies})
}

fn own() -> Value {
    json!({"AWS": arn("root")})
}

fn service(name: &str) -> Value {
    json!({"Service": name})
}

/// New projects may be named `dev-…` and only `prod-…` may be built; and a Lambda role that can't be passed.
fn no_common_name() -> Value {
    let passed = json!({"StringEquals": {"iam:PassedToService": "codebuild.amazonaws.com"}});
    let project = |name: &str| json!(format!("arn:aws:codebuild:*:{ACCOUNT}:project/{name}-*"));
    let dev = [
        allow_if(json!("iam:PassRole"), json!(arn("role/job*")), passed),
        allow(json!("codebuild:CreateProject"), project("dev")),
        allow(json!("codebuild:StartBuild*"), project("prod")),
    ];
    let everything = [allow(json!("*"), json!("*"))];
    account(
        &[user("alice", &[allow(json!("sts:AssumeRole"), json!(arn("role/dev")))])],
        &[
            role("dev", own(), &dev),
            role("job1", service("codebuild.amazonaws.com"), &everything),
            role("job2", service("lambda.amazonaws.com"), &everything),
            role("admin", service("ec2.amazonaws.com"), &everything),
        ],
        &[],
        &[],
    )
}

/// The attacker writes the policies of a user and becomes it, whose boundary keeps it from buckets.
fn boundary_holds() -> Value {
    let bob = json!(arn("user/bob"));
    let alice = [allow(json!(["iam:PutUserPolicy", "iam:CreateAccessKey"]), bob)];
    account(
        &[user("alice", &alice), bounded(user("bob", &[]), "fence")],
        &[role("admin", service("ec2.amazonaws.com"), &[allow(json!("*"), json!("*"))])],
        &[],
        &[policy("fence", &[allow(json!(["sqs:*", "iam:Get*"]), json!("*"))])],
    )
}

/// One of AWS's policies may be attached, and groups joined; none of them is about buckets.
fn one_policy_only() -> Value {
    let condition = json!({"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AmazonSQS*"}});
    let alice = [
        allow_if(json!("iam:AttachUserPolicy"), json!(arn("user/alice")), condition),
        allow(json!("iam:AddUserToGroup"), json!(arn("group/*"))),
    ];
    account(&[user("alice", &alice)], &[], &[group("queues", &[allow(json!("sqs:*"), json!("*"))])], &[])
}

/// Any policy may be attached to another user, whom the attacker can't become.
fn nobody_becomes_bob() -> Value {
    let alice = [allow(json!(["iam:AttachUserPolicy", "iam:TagUser"]), json!(arn("user/bob")))];
    account(&[user("alice", &alice), user("bob", &[])], &[], &[], &[])
}

/// An older version of a policy may come back; it denies nothing, and allows no bucket.
fn older_version() -> Value {
    let versions = [
        allow(json!("sqs:*"), json!("*")),
        json!({"Effect": "Deny", "Action": "sqs:DeleteQueue", "Resource": "*"}),
    ];
    let alice = [allow(
        json!(["iam:SetDefaultPolicyVersion", "iam:DetachUserPolicy"]),
        json!([arn("policy/work"), arn("user/alice")]),
    )];
    account(&[attached(user("alice", &alice), "work")], &[], &[], &[policy("work", &versions)])
}

/// A role that trusts users with a device only.
fn device_needed() -> Value {
    let mut guarded = role("ops", own(), &[allow(json!("s3:*"), json!("*"))]);
    guarded["AssumeRolePolicyDocument"]["Statement"][0]["Condition"] =
        json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    account(&[user("alice", &[allow(json!("sts:AssumeRole"), json!("*"))])], &[guarded], &[], &[])
}

/// A role that may do everything, but with a device only.
fn everything_with_a_device() -> Value {
    let device = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let all = allow_if(json!("*"), json!("*"), device);
    let alice = [allow(json!("sts:AssumeRole"), json!("*")), allow(json!("s3:*"), json!("*"))];
    account(&[user("alice", &alice)], &[role("ops", own(), &[all])], &[], &[])
}

pub fn worlds() -> Vec<World> {
    let from = ["--from", "user/alice"];
    let buckets = [&from[..], &["--action", "s3:GetObject"]].concat();
    let admin = [&from[..], &["--controls", "role/admin"]].concat();
    let any_bucket_action = [&from[..], &["--action", "s3:*", "--resource", "arn:aws:s3:::a/*"]].concat();
    let bob = [&from[..], &["--controls", "user/bob"]].concat();
    let without = [&buckets[..], &["--when", "aws:MultiFactorAuthPresent!=true"]].concat();
    let world = |name, ask, account| World { name, ask, account };
    vec![
        world("no common name", buckets.clone(), no_common_name()),
        world("no common name, controls", admin.clone(), no_common_name()),
        world("a boundary holds", any_bucket_action, boundary_holds()),
        world("a boundary holds, controls", admin, boundary_holds()),
        world("one policy only", buckets.clone(), one_policy_only()),
        world("nobody becomes bob", bob, nobody_becomes_bob()),
        world("an older version", buckets, older_version()),
        world("a device is needed", without.clone(), device_needed()),
        world(
            "a name that can't be given",
            [&from[..], &["--controls", "role/admin"]].concat(),
            name_out_of_reach(),
        ),
        world(NAMES_APART, [&from[..], &["--action", "s3:GetObject"]].concat(), name_matters()),
        world(
            "no administrator",
            [
                &from[..],
                &["--when", "aws:MultiFactorAuthPresent!=true", "--administrator", "account:111111111111"],
            ]
            .concat(),
            everything_with_a_device(),
        ),
        world(
            "no object is read, and nobody is an administrator",
            [&from[..], &["--reads", "arn:aws:s3:::a/*", "--administrator", "account:111111111111"]].concat(),
            older_version(),
        ),
        world(
            "users of another account",
            vec!["--from", "external:999999999999", "--controls", "role/ops"],
            device_needed(),
        ),
    ]
}

/// Users may be made under a boundary only, by this condition; the attacker can't change itself. A role trusts whom
/// `trusted` says.
fn new_users(boundary: Value, trusted: Value, condition: Option<Value>) -> Value {
    let alice = [
        allow_if(json!("iam:CreateUser"), json!(arn("user/*")), boundary),
        allow(json!(["iam:CreateAccessKey", "iam:PutUserPolicy"]), json!(arn("user/*"))),
        json!({"Effect": "Deny", "Action": "iam:*", "Resource": arn("user/alice")}),
    ];
    let mut admin = role("admin", trusted, &[]);
    if let Some(condition) = condition {
        admin["AssumeRolePolicyDocument"]["Statement"][0]["Condition"] = condition;
    }
    account(
        &[user("alice", &alice)],
        &[admin],
        &[],
        &[policy("fence", &[allow(json!("sts:AssumeRole"), json!("*"))])],
    )
}

/// A boundary is demanded that some calls may leave out.
pub fn boundary_left_out() -> Value {
    let fence = json!({"StringEqualsIfExists": {"iam:PermissionsBoundary": arn("policy/fence")}});
    new_users(fence, service("ec2.amazonaws.com"), None)
}

/// Under the boundary, the role can be assumed by users of some names.
pub fn name_matters() -> Value {
    let fence = json!({"StringEquals": {"iam:PermissionsBoundary": arn("policy/fence")}});
    let named = json!({"ArnLike": {"aws:PrincipalArn": arn("user/ops-*")}});
    new_users(fence, own(), Some(named))
}

/// The same, but names of that sort can't be given.
fn name_out_of_reach() -> Value {
    let mut account = name_matters();
    let statements = &mut account["UserDetailList"][0]["UserPolicyList"][0]["PolicyDocument"]["Statement"];
    statements[0]["Resource"] = json!(arn("user/dev-*"));
    account
}

/// After writing its own policies the attacker may choose another boundary for new users.
pub fn boundary_chosen_later() -> Value {
    let mut account = new_users(
        json!({"StringEquals": {"iam:PermissionsBoundary": arn("policy/fence")}}),
        service("ec2.amazonaws.com"),
        None,
    );
    let calls = json!(["iam:CreateUser", "iam:CreateAccessKey", "iam:PutUserPolicy"]);
    account["Policies"].as_array_mut().unwrap().push(policy("own", &[allow(calls, json!("*"))]));
    let alice = &mut account["UserDetailList"][0];
    alice["UserPolicyList"][0]["PolicyDocument"]["Statement"].as_array_mut().unwrap().pop();
    *alice = bounded(alice.clone(), "own");
    account
}

/// A role of another account's users who have a device.
pub fn partner() -> Value {
    let mut ops = role("ops", json!({"AWS": "999999999999"}), &[]);
    let device = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    ops["RolePolicyList"] = inline(&[allow_if(json!("sqs:CreateQueue"), json!("*"), device)]);
    account(&[], &[ops], &[], &[])
}

pub fn load(account: &Value) -> Estate {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("account.json");
    std::fs::write(&file, account.to_string()).unwrap();
    Estate::load(&file, EstateOptions::default()).unwrap()
}
