//! Random policies and near-miss requests.

mod conditions;
mod random;

use conditions::{Key, conditions};
pub use random::Random;
use serde_json::{Map, Value, json};

const ACTIONS: [&str; 10] = [
    "s3:GetObject",
    "s3:Get*",
    "s3:*",
    "*",
    "s3:PutObject",
    "S3:getobject",
    "kms:Decrypt",
    "sts:AssumeRole",
    "?3:Get*t",
    "kms:*",
];
const RESOURCES: [&str; 9] = [
    "*",
    "arn:aws:s3:::bucket/*",
    "arn:aws:s3:::bucket/a?c",
    "arn:aws:s3:::bucket/${aws:username}/*",
    "arn:aws:s3:::bucket/${aws:PrincipalTag/team, 'none'}/x",
    "arn:aws:s3:::*",
    "arn:aws:kms:us-east-1:111122223333:key/*",
    "arn:aws:iam::111122223333:role/*",
    "arn:aws:s3:::other/abc",
];
const KEYS: [Key; 9] = [
    ("aws:PrincipalTag/team", &["red", "r*", "${aws:username}", "RED"], &["red", "blue", "alice"]),
    (
        "aws:SourceIp",
        &["10.0.0.0/8", "203.0.113.7", "2001:db8::/32"],
        &["10.1.2.3", "203.0.113.7", "2001:db8::1"],
    ),
    ("aws:MultiFactorAuthPresent", &["true", "false"], &["true", "false"]),
    ("aws:MultiFactorAuthAge", &["60", "3600"], &["59", "60", "3601"]),
    (
        "aws:CurrentTime",
        &["2026-01-01T00:00:00Z", "1767225600"],
        &["2026-01-01T00:00:00Z", "1767225601", "2025-12-31"],
    ),
    ("aws:TagKeys", &["a", "b*"], &["a", "bb", "c"]),
    (
        "aws:PrincipalArn",
        &["arn:aws:iam::*:user/*", "arn:aws:iam::111122223333:user/alice"],
        &["arn:aws:iam::111122223333:user/alice", "arn:aws:iam::444455556666:role/x"],
    ),
    ("custom:list", &["x", "y?"], &["x", "yz", "w"]),
    ("aws:username", &["alice", "a*"], &["alice", "bob"]),
];
const TEXT: [&str; 7] = [
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLike",
    "StringEqualsIgnoreCase",
    "ArnLike",
    "ArnNotEquals",
];
const PRINCIPALS: [&str; 9] = [
    r#""*""#,
    r#"{"AWS":"111122223333"}"#,
    r#"{"AWS":"arn:aws:iam::111122223333:user/alice"}"#,
    r#"{"AWS":["arn:aws:iam::111122223333:role/app","arn:aws:iam::444455556666:root"]}"#,
    r#"{"AWS":"arn:aws:sts::111122223333:assumed-role/app/s1"}"#,
    r#"{"Service":"lambda.amazonaws.com"}"#,
    r#"{"AWS":"*"}"#,
    r#"{"AWS":["arn:aws:iam::111122223333:user/alice","111122223333"]}"#,
    r#"{"AWS":["arn:aws:sts::111122223333:assumed-role/app/s1","arn:aws:iam::111122223333:role/app","111122223333"]}"#,
];

fn operator(random: &mut Random, key: &str) -> String {
    let base = match key {
        "aws:SourceIp" => random.word(&["IpAddress", "NotIpAddress"]),
        "aws:MultiFactorAuthPresent" => "Bool",
        "aws:MultiFactorAuthAge" => {
            random.word(&["NumericLessThan", "NumericGreaterThanEquals", "NumericNotEquals"])
        }
        "aws:CurrentTime" => {
            random.word(&["DateLessThan", "DateEquals", "DateGreaterThanEquals", "DateNotEquals"])
        }
        _ => random.word(&TEXT),
    };
    if random.percent(10) {
        return "Null".to_owned();
    }
    let set = if random.percent(30) { random.word(&["ForAllValues:", "ForAnyValue:"]) } else { "" };
    let tail = if random.percent(25) { "IfExists" } else { "" };
    format!("{set}{base}{tail}")
}

/// A random statement.
pub fn statement(random: &mut Random, resource_side: bool, deny: usize) -> Value {
    let mut s = Map::new();
    s.insert("Effect".into(), json!(if random.percent(deny) { "Deny" } else { "Allow" }));
    let action = if random.percent(12) { "NotAction" } else { "Action" };
    s.insert(action.into(), json!([random.word(&ACTIONS), random.word(&ACTIONS)]));
    let resource = if random.percent(12) { "NotResource" } else { "Resource" };
    s.insert(resource.into(), json!(random.word(&RESOURCES)));
    if resource_side && random.percent(95) {
        let element = if random.percent(15) { "NotPrincipal" } else { "Principal" };
        s.insert(element.into(), serde_json::from_str(random.word(&PRINCIPALS)).unwrap());
    }
    let conditions = conditions(random, &KEYS, operator);
    if !conditions.is_empty() {
        s.insert("Condition".into(), Value::Object(conditions));
    }
    Value::Object(s)
}

/// A random document; so many percent of its statements are Denies.
pub fn document(random: &mut Random, resource_side: bool, deny: usize) -> Value {
    let version = if random.percent(85) { "2012-10-17" } else { "2008-10-17" };
    let mut statements: Vec<Value> =
        (0..1 + random.below(3)).map(|_| statement(random, resource_side, deny)).collect();
    if random.percent(45) {
        // Broad grants, so that enough requests pass all layers.
        let mut broad = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        if resource_side {
            broad["Principal"] = json!("*");
        }
        statements.push(broad);
    }
    json!({"Version": version, "Statement": statements})
}

fn documents(random: &mut Random, deny: usize) -> Value {
    Value::Array((0..1 + random.below(2)).map(|_| document(random, false, deny)).collect())
}

fn levels(random: &mut Random, resource_side: bool) -> Value {
    Value::Array((0..1 + random.below(3)).map(|_| json!([document(random, resource_side, 15)])).collect())
}

fn request(random: &mut Random) -> Value {
    let callers = [
        ("AWS", "arn:aws:iam::111122223333:user/alice", Some("111122223333")),
        ("AWS", "arn:aws:sts::111122223333:assumed-role/app/s1", Some("111122223333")),
        ("AWS", "arn:aws:sts::111122223333:assumed-role/app/s2", Some("111122223333")),
        ("AWS", "arn:aws:iam::111122223333:role/app", Some("111122223333")),
        ("AWS", "arn:aws:iam::111122223333:root", Some("111122223333")),
        ("AWS", "arn:aws:sts::111122223333:federated-user/alice", Some("111122223333")),
        ("AWS", "arn:aws:iam::444455556666:user/eve", Some("444455556666")),
        ("AWS", "arn:aws:iam::111122223333:role/aws-service-role/x/AWSServiceRoleForX", Some("111122223333")),
        ("Service", "lambda.amazonaws.com", None),
        ("Anonymous", "*", None),
    ];
    let (kind, id, account) = callers[random.below(callers.len())];
    let (action, resource) = match random.below(10) {
        0..=6 => {
            let key = random.word(&["abc", "alice/x", "none/x", "red/x", "a?c", "x"]);
            (
                random.word(&["s3:GetObject", "s3:PutObject", "S3:GETOBJECT"]),
                format!("arn:aws:s3:::bucket/{key}"),
            )
        }
        7 | 8 => ("kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/k1".to_owned()),
        _ => ("sts:AssumeRole", "arn:aws:iam::111122223333:role/target".to_owned()),
    };
    let mut context = Map::new();
    for (key, _, values) in KEYS {
        if random.percent(45) {
            let many = key == "aws:TagKeys" || key == "custom:list";
            let value = match (many, random.below(3)) {
                (true, 0) => json!([]),
                (true, _) => json!([random.word(values), random.word(values)]),
                (false, _) => json!(random.word(values)),
            };
            context.insert(key.into(), value);
        }
    }
    json!({"principal": {"type": kind, "id": id}, "principal_account": account, "action": action, "resource": resource,
           "resource_account": "111122223333", "context": context})
}

/// The line of a seed, as `decide` reads it.
pub fn line(seed: u64) -> Value {
    let mut random = Random::new(seed);
    let r = &mut random;
    let on =
        |r: &mut Random, percent: usize, value: Value| if r.percent(percent) { value } else { Value::Null };
    let mut policies = Map::new();
    policies.insert("identity".into(), documents(r, 18));
    for layer in ["boundary", "session"] {
        let value = documents(r, 15);
        policies.insert(layer.into(), on(r, 20, value));
    }
    let resource = document(r, true, 18);
    policies.insert("resource".into(), on(r, 65, resource));
    let scps = levels(r, false);
    policies.insert("scps".into(), on(r, 30, scps));
    let rcps = levels(r, true);
    policies.insert("rcps".into(), on(r, 20, rcps));
    let endpoint = json!([document(r, true, 15)]);
    policies.insert("endpoint".into(), on(r, 8, endpoint));
    let restrict = r.percent(20);
    let blocked = json!({"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": restrict});
    policies.insert("block_public_access".into(), blocked);
    if r.percent(20) {
        let grant = json!([{"GrantId": "g", "GranteePrincipal": "arn:aws:iam::111122223333:role/app", "Operations": ["Decrypt"]}]);
        policies.insert("grants".into(), grant);
    }
    json!({"id": seed, "request": request(r), "policies": policies})
}
