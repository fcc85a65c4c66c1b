//! The authorization details of one account, read again so that they can be changed.

use crate::account::Surroundings;
use serde_json::{Value, json};
use std::{fs, io};

const CALL: &str = "global/iam/get-account-authorization-details";

/// One account's users, roles, groups and policies.
pub(super) struct Details<'a> {
    pub around: Surroundings<'a>,
    whole: Value,
}

impl<'a> Details<'a> {
    pub fn read(around: Surroundings<'a>) -> io::Result<Self> {
        Ok(Self { around, whole: read(around, CALL)? })
    }

    pub fn write(&self) -> io::Result<()> {
        self.around.write(CALL, &self.whole)
    }

    /// `RoleDetailList`, `UserDetailList`, `GroupDetailList` or `Policies`.
    pub fn list(&self, key: &str) -> &[Value] {
        self.whole.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    pub fn list_mut(&mut self, key: &str) -> &mut [Value] {
        self.whole.get_mut(key).and_then(Value::as_array_mut).map(Vec::as_mut_slice).unwrap_or_default()
    }

    pub fn role_mut(&mut self, number: usize) -> Option<&mut Value> {
        self.list_mut("RoleDetailList").get_mut(number)
    }

    pub fn role_arns(&self) -> Vec<String> {
        self.list("RoleDetailList").iter().map(|role| text(role, "Arn").to_owned()).collect()
    }

    /// The ARNs of the roles that a service may assume.
    pub fn roles_of(&self, service: &str) -> Vec<&str> {
        let trusting = |role: &&Value| trusts(role, service);
        self.list("RoleDetailList").iter().filter(trusting).map(|role| text(role, "Arn")).collect()
    }

    /// Lists an AWS-managed policy that no role of the account had before.
    pub fn list_policy(&mut self, arn: &str, document: &Value) {
        if self.list("Policies").iter().any(|policy| text(policy, "Arn") == arn) {
            return;
        }
        let name = arn.rsplit('/').next().unwrap_or_default();
        let listed = json!({
            "PolicyName": name, "PolicyId": format!("ANPA{name}"), "Arn": arn, "Path": "/", "DefaultVersionId": "v1",
            "AttachmentCount": 1, "IsAttachable": true,
            "PolicyVersionList": [{"Document": document, "VersionId": "v1", "IsDefaultVersion": true}]
        });
        if let Some(policies) = self.whole.get_mut("Policies").and_then(Value::as_array_mut) {
            policies.push(listed);
        }
    }
}

/// What a call printed in this account.
pub(super) fn read(around: Surroundings<'_>, call: &str) -> io::Result<Value> {
    let path = around.directory.join(format!("accounts/{}/{call}.json", around.account));
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

/// A member that is a text.
pub(super) fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Sets a member.
pub(super) fn set(value: &mut Value, key: &str, member: Value) {
    if let Some(object) = value.as_object_mut() {
        object.insert(key.to_owned(), member);
    }
}

/// A policy document of some statements.
pub(super) fn document(statements: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// A trust policy for one service.
pub(super) fn trust_of_service(service: &str) -> Value {
    document(&json!([{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]))
}

/// Whether the first statement of a role's trust policy names a service.
pub(super) fn trusts(role: &Value, service: &str) -> bool {
    let named = role.pointer("/AssumeRolePolicyDocument/Statement/0/Principal/Service");
    named.and_then(Value::as_str) == Some(service)
}
