//! A small world: six principals, two groups, three policies, a function, a project, a key and a bucket.

use serde_json::{Value, json};

pub const HOME: &str = "111122223333";
pub const ABROAD: &str = "444455556666";
pub const MANAGEMENT: &str = "999988887777";
pub const KEY_ID: &str = "1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d";
pub const USERS: usize = 3;
pub const PRINCIPALS: usize = 6;
pub const GROUPS: usize = 2;
pub const POLICIES: usize = 3;
pub const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
/// The names of the function and the project.
pub const FUNCTION: &str = "f0";
pub const PROJECT: &str = "c0";
/// Services that roles are passed to.
pub const SERVICES: [&str; 2] = ["lambda.amazonaws.com", "codebuild.amazonaws.com"];

/// The statements of a policy.
pub type Statements = Vec<Value>;

/// A user or role. The first are users, the others roles.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Principal {
    pub inline: Vec<Statements>,
    pub attached: Vec<usize>,
    pub groups: Vec<usize>,
    pub boundary: Option<usize>,
    pub trust: Statements,
    pub tag: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Group {
    pub inline: Vec<Statements>,
    pub attached: Vec<usize>,
}

/// A customer managed policy; its first version is in force.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Policy {
    pub versions: Vec<Statements>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    Access { action: &'static str, resource: String },
    Controls(usize),
}

#[derive(Debug, Clone, PartialEq)]
pub struct World {
    pub principals: Vec<Principal>,
    pub groups: Vec<Group>,
    pub policies: Vec<Policy>,
    /// The role of the function, and of the project, where they are there.
    pub function: Option<usize>,
    pub project: Option<usize>,
    pub key_policy: Option<Statements>,
    pub bucket_policy: Option<Statements>,
    /// The service control policy of the home account, where it is of an organization.
    pub scp: Option<Statements>,
    /// Whether the last role is of another account.
    pub last_abroad: bool,
    pub start: usize,
    /// What `aws:MultiFactorAuthPresent` is in the first session; `None`: anything.
    pub device: Option<bool>,
    pub target: Target,
}

impl World {
    pub fn account(&self, principal: usize) -> &'static str {
        if self.last_abroad && principal == PRINCIPALS - 1 { ABROAD } else { HOME }
    }

    pub fn arn(&self, principal: usize) -> String {
        format!("arn:aws:iam::{}:{}", self.account(principal), name_of(principal))
    }

    /// Every policy's statements, to be changed.
    pub fn statements(&mut self) -> Vec<&mut Statements> {
        let mut all: Vec<&mut Statements> = Vec::new();
        for principal in &mut self.principals {
            all.extend(&mut principal.inline);
            all.push(&mut principal.trust);
        }
        all.extend(self.groups.iter_mut().flat_map(|g| &mut g.inline));
        all.extend(self.policies.iter_mut().flat_map(|p| &mut p.versions));
        all.extend(&mut self.key_policy);
        all.extend(&mut self.bucket_policy);
        all.extend(&mut self.scp);
        all
    }
}

pub fn is_user(principal: usize) -> bool {
    principal < USERS
}

/// `user/u0`, `role/r3`.
pub fn name_of(principal: usize) -> String {
    if is_user(principal) { format!("user/u{principal}") } else { format!("role/r{principal}") }
}

pub fn group_arn(group: usize) -> String {
    format!("arn:aws:iam::{HOME}:group/g{group}")
}

pub fn policy_arn(policy: usize) -> String {
    format!("arn:aws:iam::{HOME}:policy/p{policy}")
}

pub fn key_arn() -> String {
    format!("arn:aws:kms:us-east-1:{HOME}:key/{KEY_ID}")
}

pub fn function_arn(name: &str) -> String {
    format!("arn:aws:lambda:us-east-1:{HOME}:function:{name}")
}

pub fn project_arn(name: &str) -> String {
    format!("arn:aws:codebuild:us-east-1:{HOME}:project/{name}")
}

pub fn document(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

pub fn allow_everything() -> Value {
    json!({"Effect": "Allow", "Action": "*", "Resource": "*"})
}
