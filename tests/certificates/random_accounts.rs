//! Random accounts: whatever `reach` calls impossible, the walk of the verifier finds closed, which the search has no part
//! in; and its certificate is accepted.

use crate::invariant_mutants::steps;
use crate::invariants::Asked;
use crate::random::Random;
use crate::worlds::{account, allow, arn, attached, bounded, group, load, policy, role, user};
use gateproof::certificate::verify_invariants_loaded;
use serde_json::{Value, json};

const ACTIONS: [&str; 38] = [
    "sts:AssumeRole",
    "sts:AssumeRole",
    "sts:TagSession",
    "iam:PassRole",
    "iam:PassRole",
    "iam:PutUserPolicy",
    "iam:PutRolePolicy",
    "iam:PutGroupPolicy",
    "iam:AttachUserPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachGroupPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:AddUserToGroup",
    "iam:RemoveUserFromGroup",
    "iam:CreatePolicy",
    "iam:CreatePolicyVersion",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:DeleteUserPermissionsBoundary",
    "iam:PutUserPermissionsBoundary",
    "iam:PutRolePermissionsBoundary",
    "iam:DetachUserPolicy",
    "iam:DetachRolePolicy",
    "iam:DeleteUserPolicy",
    "iam:TagUser",
    "iam:TagRole",
    "iam:EnableMFADevice",
    "iam:CreateVirtualMFADevice",
    "lambda:CreateFunction",
    "lambda:InvokeFunction",
    "codebuild:CreateProject",
    "codebuild:StartBuild",
    "cloudformation:CreateStack",
    "cloudformation:DescribeStacks",
    "glue:CreateDevEndpoint",
    "sqs:*",
    "s3:GetObject",
];

const KEYS: [(&str, &str, &[&str]); 9] = [
    (
        "ArnLike",
        "iam:PolicyARN",
        &["arn:aws:iam::aws:policy/AmazonS3*", "arn:aws:iam::aws:policy/AmazonSQS*"],
    ),
    (
        "ArnNotLike",
        "iam:PolicyARN",
        &["arn:aws:iam::aws:policy/Admin*", "arn:aws:iam::111111111111:policy/*"],
    ),
    ("StringLike", "iam:PermissionsBoundary", &["*policy/p0", "arn:aws:iam::aws:policy/*"]),
    ("StringEquals", "iam:PassedToService", &["lambda.amazonaws.com", "codebuild.amazonaws.com"]),
    ("Bool", "aws:MultiFactorAuthPresent", &["true", "false"]),
    ("StringEquals", "aws:PrincipalTag/team", &["red", "blue"]),
    ("StringEquals", "aws:ResourceTag/team", &["red", "${aws:PrincipalTag/team}"]),
    ("StringEquals", "aws:username", &["u0", "u1"]),
    ("Null", "aws:PrincipalTag/team", &["true", "false"]),
];

fn statement(random: &mut Random) -> Value {
    let actions: Vec<&str> = (0..=random.below(3)).map(|_| *random.pick(&ACTIONS)).collect();
    let some = |prefix: &str, count: usize, random: &mut Random| {
        json!(arn(&format!("{prefix}{}", ["0", "1", "2", "*"][random.below(count)])))
    };
    let resource = match random.below(8) {
        0 => some("user/u", 4, random),
        1 | 2 => some("role/r", 4, random),
        3 => some("policy/p", 2, random),
        4 => {
            json!(["arn:aws:lambda:*:*:function:dev-*", "arn:aws:codebuild:*:*:project/dev-*", arn("role/*")])
        }
        5 => json!(["arn:aws:codebuild:*:*:project/prod-*", "arn:aws:s3:::a/*", arn("group/*")]),
        _ => json!("*"),
    };
    let effect = if random.percent(20) { "Deny" } else { "Allow" };
    let mut statement = json!({"Effect": effect, "Action": actions, "Resource": resource});
    if random.percent(35) {
        let (operator, key, values) = random.pick(&KEYS);
        statement["Condition"] = json!({*operator: {*key: random.word(values)}});
    }
    statement
}

fn statements(random: &mut Random) -> Vec<Value> {
    (0..random.below(4)).map(|_| statement(random)).collect()
}

fn trusted(random: &mut Random) -> Value {
    match random.below(6) {
        0 | 1 => json!({"AWS": arn("root")}),
        2 => json!({"AWS": arn(["user/u0", "user/u1", "role/r0", "role/r1"][random.below(4)])}),
        3 => json!({"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]}),
        4 => json!({"Service": "codebuild.amazonaws.com"}),
        _ => json!({"Service": "cloudformation.amazonaws.com"}),
    }
}

fn dressed(random: &mut Random, mut principal: Value) -> Value {
    if random.percent(80) {
        let name = random.word(&["p0", "p0", "p1"]);
        principal = bounded(principal, name);
    }
    if random.percent(30) {
        let name = random.word(&["p0", "p1"]);
        principal = attached(principal, name);
    }
    if random.percent(40) {
        principal["Tags"] = json!([{"Key": "team", "Value": random.word(&["red", "blue"])}]);
    }
    principal
}

/// An account of three users, three roles, a group and two managed policies.
fn random_account(seed: u64) -> Value {
    let random = &mut Random::new(seed);
    let users: Vec<Value> = (0..3)
        .map(|n| {
            let own = statements(random);
            let mut made = user(&format!("u{n}"), &own);
            if random.percent(30) {
                made["GroupList"] = json!(["g0"]);
            }
            dressed(random, made)
        })
        .collect();
    let roles: Vec<Value> = (0..3)
        .map(|n| {
            let (trusted, own) = (trusted(random), statements(random));
            let mut made = role(&format!("r{n}"), trusted, &own);
            if random.percent(25) {
                let device = random.word(&["true", "false"]);
                made["AssumeRolePolicyDocument"]["Statement"][0]["Condition"] =
                    json!({"Bool": {"aws:MultiFactorAuthPresent": device}});
            }
            dressed(random, made)
        })
        .collect();
    let versions = |random: &mut Random| (0..=random.below(2)).map(|_| statement(random)).collect::<Vec<_>>();
    // Under this boundary all can be done but what is asked about.
    let fence = allow(json!(["iam:*", "sts:*", "lambda:*", "codebuild:*", "sqs:*"]), json!("*"));
    let policies = [("p0", vec![statement(random), fence]), ("p1", versions(random))];
    let policies = policies.map(|(name, versions)| policy(name, &versions));
    account(&users, &roles, &[group("g0", &statements(random))], &policies)
}

#[test]
fn whatever_is_impossible_of_random_accounts_is_certified() {
    let full = std::env::var("GATEPROOF_SOAK").is_ok_and(|v| v == "1");
    let primitives = &steps();
    let asks: [&[&str]; 2] = [
        &["--from", "user/u0", "--action", "s3:GetObject", "--when", "aws:MultiFactorAuthPresent!=true"],
        &["--from", "user/u0", "--controls", "role/r2"],
    ];
    let (mut certified, mut facts) = (0, 0);
    for seed in 0..if full { 300 } else { 40 } {
        let given = random_account(seed);
        let estate = load(&given);
        for ask in asks {
            let outcome = std::panic::catch_unwind(|| Asked::of(ask).certify(&estate, primitives));
            let certificate = outcome.unwrap_or_else(|_| panic!("seed {seed}, {ask:?}: {given}"));
            let Some(certificate) = certificate else { continue };
            let verified = verify_invariants_loaded(&certificate, primitives, &estate)
                .unwrap_or_else(|error| panic!("seed {seed}, {ask:?}: {error}"));
            certified += 1;
            facts += verified.iter().map(|v| v.facts).sum::<usize>();
        }
    }
    assert!(certified >= 40 && facts >= 80, "only {certified} certificates of {facts} facts");
}
