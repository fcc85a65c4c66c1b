//! Short forms of ARNs, statements and requests.
//!
//! `role/x`, `user/x`, `group/x`, `policy/x` and `instance-profile/x` are IAM's of account 111111111111, `:lambda:function:x` is
//! `arn:aws:lambda:us-east-1:111111111111:function:x`; with `B:` before it the account is 222222222222, with `M:`
//! 999999999999, the management account. A statement is `[Deny ]ACTIONS[ on RESOURCES][ if OPERATOR KEY VALUE]`.

use super::format::Statement;
use serde_json::{Map, Value, json};

pub const ACCOUNT: &str = "111111111111";
pub const OTHER: &str = "222222222222";
pub const MANAGEMENT: &str = "999999999999";

/// The account that a letter before a name stands for, and the rest.
pub fn account_of(text: &str) -> (&'static str, &str) {
    match text.split_once(':') {
        Some(("B", rest)) => (OTHER, rest),
        Some(("M", rest)) => (MANAGEMENT, rest),
        _ => (ACCOUNT, text),
    }
}

/// The ARN that a short form stands for; other texts stay.
pub fn expand(text: &str) -> String {
    let (account, rest) = account_of(text);
    if let Some((service, resource)) = rest.strip_prefix(':').and_then(|r| r.split_once(':')) {
        return format!("arn:aws:{service}:us-east-1:{account}:{resource}");
    }
    let kinds = ["role/", "user/", "group/", "policy/", "instance-profile/"];
    if rest == "root" {
        return format!("arn:aws:iam::{account}:root");
    }
    if kinds.iter().any(|kind| rest.starts_with(kind)) {
        return format!("arn:aws:iam::{account}:{rest}");
    }
    text.to_owned()
}

/// All texts of a value in full; what the members of objects are called stays.
pub fn expand_value(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(expand(text)),
        Value::Array(items) => items.iter().map(expand_value).collect(),
        Value::Object(members) => members.iter().map(|(k, v)| (k.clone(), expand_value(v))).collect(),
        other => other.clone(),
    }
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(|part| expand(part.trim())).collect()
}

/// The parts of a statement in short: effect, what stands first, resources, condition.
fn parts(text: &str) -> (&str, &str, Option<&str>, Option<Value>) {
    let (effect, text) = text.strip_prefix("Deny ").map_or(("Allow", text), |rest| ("Deny", rest));
    let (text, condition) = text.split_once(" if ").map_or((text, None), |(t, c)| (t, Some(c)));
    let condition = condition.map(|c| {
        let mut words = c.splitn(3, ' ');
        let mut word =
            || words.next().unwrap_or_else(|| panic!("condition: OPERATOR KEY VALUE: {c}")).to_owned();
        let (operator, key, value) = (word(), word(), word());
        json!({operator: {key: expand(&value)}})
    });
    let (first, resources) = text.split_once(" on ").map_or((text, None), |(a, r)| (a, Some(r)));
    (effect, first, resources, condition)
}

/// A statement of an identity policy, a control or a resource policy, as AWS writes it.
pub fn statement(statement: &Statement) -> Value {
    match statement {
        Statement::Whole(members) => expand_value(&Value::Object(members.clone())),
        Statement::Short(text) => {
            let (effect, actions, resources, condition) = parts(text);
            let mut whole = Map::new();
            whole.insert("Effect".to_owned(), json!(effect));
            whole.insert("Action".to_owned(), json!(list(actions)));
            whole.insert("Resource".to_owned(), json!(list(resources.unwrap_or("*"))));
            if let Some(condition) = condition {
                whole.insert("Condition".to_owned(), condition);
            }
            Value::Object(whole)
        }
    }
}

/// A statement of a trust policy: a service, or principals, that may assume the role.
pub fn trust(statement: &Statement) -> Value {
    match statement {
        Statement::Whole(members) => expand_value(&Value::Object(members.clone())),
        Statement::Short(text) => {
            let (effect, trusted, _, condition) = parts(text);
            let kind = if trusted.ends_with(".amazonaws.com") { "Service" } else { "AWS" };
            let mut whole = Map::new();
            whole.insert("Effect".to_owned(), json!(effect));
            whole.insert("Principal".to_owned(), json!({kind: list(trusted)}));
            whole.insert("Action".to_owned(), json!("sts:AssumeRole"));
            if let Some(condition) = condition {
                whole.insert("Condition".to_owned(), condition);
            }
            Value::Object(whole)
        }
    }
}

/// The actions that a statement lists.
pub fn actions(given: &Statement) -> Vec<String> {
    let whole = statement(given);
    match whole.get("Action") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(several)) => several.iter().filter_map(|a| a.as_str().map(str::to_owned)).collect(),
        _ => panic!("no actions in {whole}"),
    }
}

/// The action and resources of `ACTION on RESOURCES`.
pub fn request(text: &str) -> (Vec<String>, Vec<String>) {
    let (action, resources) = text.split_once(" on ").map_or((text, None), |(a, r)| (a, Some(r)));
    (list(action), resources.map(list).unwrap_or_default())
}
