//! Random policies in which statements meet often, and requests to try them with.

use crate::random::Random;
use gateproof_model::request::{Context, ContextValue, Principal, Request};
use serde_json::{Value, json};

const ACTIONS: [&str; 12] = [
    "s3:GetObject",
    "s3:PutObject",
    "s3:Get*",
    "s3:*Object",
    "s3:*",
    "iam:PassRole",
    "iam:*",
    "*",
    "s3:GetObjectAcl",
    "s3:?etObject",
    "S3:getobject",
    "iam:Pass*",
];
const RESOURCES: [&str; 10] = [
    "*",
    "arn:aws:s3:::a*",
    "arn:aws:s3:::ab*",
    "arn:aws:s3:::*b",
    "arn:aws:s3:::a/x",
    "arn:aws:s3:::a/*",
    "arn:aws:iam::111122223333:role/r*",
    "arn:aws:s3:::home/${aws:username}",
    "arn:aws:s3:::*${aws:username}",
    "arn:aws:s3:::home/*",
];
const TRIED_ACTIONS: [&str; 7] = [
    "s3:GetObject",
    "s3:PutObject",
    "s3:GetObjectAcl",
    "s3:DeleteObject",
    "iam:PassRole",
    "iam:CreateUser",
    "s3:Unknown",
];
const TRIED_RESOURCES: [&str; 9] = [
    "arn:aws:s3:::a",
    "arn:aws:s3:::ab",
    "arn:aws:s3:::a/x",
    "arn:aws:s3:::a/b",
    "arn:aws:s3:::b",
    "*",
    "arn:aws:iam::111122223333:role/r1",
    "arn:aws:s3:::home/ann",
    "arn:aws:s3:::home/bob",
];

/// A policy as statements.
#[derive(Debug, Clone)]
pub struct Written(Vec<Value>);

fn some(random: &mut Random, from: &[&'static str]) -> Vec<&'static str> {
    (0..1 + random.below(2)).map(|_| random.word(from)).collect()
}

fn condition(random: &mut Random) -> Value {
    match random.below(10) {
        0 => json!({"StringEquals": {"aws:PrincipalTag/team": ["a", "b"]}}),
        1 => json!({"StringEquals": {"aws:PrincipalTag/team": "a"}}),
        2 => json!({"StringNotEquals": {"aws:PrincipalTag/team": "a"}}),
        3 => json!({"StringLikeIfExists": {"aws:PrincipalTag/team": "a*"}}),
        4 => json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        5 => json!({"IpAddress": {"aws:SourceIp": "203.0.113.7"}, "Bool": {"aws:SecureTransport": "true"}}),
        6 => json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}),
        7 => json!({"ForAnyValue:StringLike": {"aws:TagKeys": "a*"}}),
        8 => json!({"Null": {"aws:PrincipalTag/team": "true"}}),
        _ => json!({"NumericLessThan": {"s3:max-keys": "10"}}),
    }
}

fn statement(random: &mut Random) -> Value {
    let effect = if random.percent(25) { "Deny" } else { "Allow" };
    let not = |random: &mut Random, name: &str| {
        if random.percent(12) { format!("Not{name}") } else { name.to_owned() }
    };
    let (action, resource) = (not(random, "Action"), not(random, "Resource"));
    let mut statement =
        json!({"Effect": effect, action: some(random, &ACTIONS), resource: some(random, &RESOURCES)});
    if random.percent(33) {
        statement["Condition"] = condition(random);
    }
    statement
}

impl Written {
    /// A policy of one to three statements.
    pub fn any(random: &mut Random) -> Self {
        Self((0..1 + random.below(3)).map(|_| statement(random)).collect())
    }

    pub fn text(&self) -> String {
        json!({"Version": "2012-10-17", "Statement": self.0}).to_string()
    }

    /// With the statements of another.
    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().chain(&other.0).cloned().collect())
    }

    /// The Allow statements.
    pub fn allows(&self) -> Self {
        Self(self.0.iter().filter(|s| s["Effect"] == "Allow").cloned().collect())
    }

    /// The statements, denying.
    pub fn as_denies(&self) -> Self {
        let deny = |statement: &Value| {
            let mut statement = statement.clone();
            statement["Effect"] = "Deny".into();
            statement
        };
        Self(self.0.iter().map(deny).collect())
    }

    /// The same in another order.
    pub fn shuffled(&self, random: &mut Random) -> Self {
        let mut statements = self.0.clone();
        for at in (1..statements.len()).rev() {
            statements.swap(at, random.below(at + 1));
        }
        Self(statements)
    }
}

/// Requests of a user.
pub fn requests(random: &mut Random, many: usize) -> Vec<Request> {
    let one = |random: &mut Random| {
        let mut context = Context::default();
        let mut put = |key: &str, values: &[&str], random: &mut Random| {
            let at = random.below(values.len() + 1);
            if let Some(value) = values.get(at) {
                context.insert(key, ContextValue::Single((*value).to_owned()));
            }
        };
        put("aws:PrincipalTag/team", &["a", "b", "ab", "c"], random);
        put("aws:SourceIp", &["203.0.113.7", "203.0.113.9", "198.51.100.1"], random);
        put("aws:SecureTransport", &["true", "false"], random);
        put("aws:username", &["ann", "bob"], random);
        put("s3:max-keys", &["5", "10"], random);
        let tags: &[&[&str]] = &[&[], &["a"], &["a", "c"], &["b"], &["ab", "c"]];
        if let Some(tags) = tags.get(random.below(tags.len() + 1)) {
            let tags = tags.iter().map(|t| (*t).to_owned()).collect();
            context.insert("aws:TagKeys", ContextValue::List(tags));
        }
        Request {
            principal: Principal::from_arn("arn:aws:iam::111122223333:user/example", None),
            action: random.word(&TRIED_ACTIONS).to_owned(),
            resource: (*random.pick(&TRIED_RESOURCES)).to_owned(),
            resource_account: Some("111122223333".to_owned()),
            context,
        }
    };
    (0..many).map(|_| one(random)).collect()
}
