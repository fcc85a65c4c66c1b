//! Small accounts as snapshots: users, roles, and one bucket.

use crate::random::Random;
use gateproof::ask::{Estate, EstateOptions};
use serde_json::{Value, json};
use tempfile::TempDir;

const ACCOUNT: &str = "111122223333";
/// An account that the snapshot doesn't cover.
pub const OTHER: &str = "444455556666";

/// A statement on resources.
pub fn statement(effect: &str, action: &str, resource: &str) -> Value {
    json!({"Effect": effect, "Action": action, "Resource": resource})
}

fn document(statements: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// An account.
#[derive(Debug, Clone, Default)]
pub struct Account {
    users: Vec<Value>,
    roles: Vec<Value>,
    bucket_policy: Option<Value>,
    /// Of its one key, if it has one: none, if it was not collected.
    key_policy: Option<Option<Value>>,
}

impl Account {
    fn any_user(mut self, name: &str, tags: &Value, policies: &Value) -> Self {
        self.users.push(json!({"Path": "/", "UserName": name, "UserId": format!("AIDA{name}"),
            "Arn": format!("arn:aws:iam::{ACCOUNT}:user/{name}"), "GroupList": [], "AttachedManagedPolicies": [],
            "Tags": tags, "UserPolicyList": policies}));
        self
    }

    fn own(statements: &[Value]) -> Value {
        json!([{"PolicyName": "own", "PolicyDocument": document(&json!(statements))}])
    }

    pub fn user(self, name: &str, statements: &[Value]) -> Self {
        self.any_user(name, &json!([]), &Self::own(statements))
    }

    pub fn tagged_user(self, name: &str, team: &str, statements: &[Value]) -> Self {
        self.any_user(name, &json!([{"Key": "team", "Value": team}]), &Self::own(statements))
    }

    /// A user one of whose policies is malformed.
    pub fn torn_user(self, name: &str, statements: &[Value]) -> Self {
        let mut policies = Self::own(statements);
        let torn = json!({"PolicyName": "torn", "PolicyDocument": "{"});
        policies.as_array_mut().unwrap().push(torn);
        self.any_user(name, &json!([]), &policies)
    }

    pub fn role(mut self, name: &str, trust: &Value, statements: &[Value]) -> Self {
        self.roles.push(json!({"Path": "/", "RoleName": name, "RoleId": format!("AROA{name}"),
            "Arn": format!("arn:aws:iam::{ACCOUNT}:role/{name}"), "AssumeRolePolicyDocument": document(trust),
            "AttachedManagedPolicies": [], "Tags": [], "RolePolicyList": Self::own(statements)}));
        self
    }

    pub fn bucket_policy(mut self, statements: &Value) -> Self {
        self.bucket_policy = Some(document(statements));
        self
    }

    pub fn key(mut self, statements: Option<&Value>) -> Self {
        self.key_policy = Some(statements.map(document));
        self
    }

    /// The snapshot, loaded.
    pub fn estate(&self) -> (TempDir, Estate) {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, value: &Value| {
            let file = folder.path().join(format!("accounts/{ACCOUNT}/{path}"));
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, value.to_string()).unwrap();
        };
        let details = json!({"UserDetailList": self.users, "RoleDetailList": self.roles, "GroupDetailList": [],
            "Policies": []});
        write("global/iam/get-account-authorization-details.json", &details);
        write("us-east-1/s3api/list-buckets.json", &json!({"Buckets": [{"Name": "reports"}]}));
        if let Some(policy) = &self.bucket_policy {
            let policy = json!({"Policy": policy.to_string()});
            write("us-east-1/s3api/get-bucket-policy/reports.json", &policy);
        }
        if let Some(policy) = &self.key_policy {
            let id = "0a1b2c3d-0000-4000-8000-000000000000";
            let arn = format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/{id}");
            write("us-east-1/kms/list-keys.json", &json!({"Keys": [{"KeyId": id, "KeyArn": arn}]}));
            if let Some(policy) = policy {
                let policy = json!({"Policy": policy.to_string(), "PolicyName": "default"});
                write(&format!("us-east-1/kms/get-key-policy/{id}.json"), &policy);
            }
        }
        let estate = Estate::load(folder.path(), EstateOptions::default()).unwrap();
        (folder, estate)
    }

    /// Any account of two users and a role.
    pub fn random(random: &mut Random) -> Self {
        let any = |random: &mut Random| {
            let effect = if random.percent(25) { "Deny" } else { "Allow" };
            let action = random.word(&[
                "s3:GetObject",
                "s3:*",
                "sqs:SendMessage",
                "sqs:*",
                "sts:AssumeRole",
                "s3:PutObject",
            ]);
            let resource = random.word(&[
                "*",
                "arn:aws:s3:::reports/*",
                "arn:aws:s3:::*",
                "arn:aws:iam::111122223333:role/app",
            ]);
            let mut statement = statement(effect, action, resource);
            if random.percent(25) {
                statement["Condition"] = json!({"StringEquals": {"aws:RequestedRegion": "us-east-1"}});
            }
            statement
        };
        let some =
            |random: &mut Random| -> Vec<Value> { (0..random.below(3)).map(|_| any(random)).collect() };
        let principal = |random: &mut Random| match random.below(4) {
            0 => json!("*"),
            1 => json!({"AWS": ACCOUNT}),
            2 => json!({"AWS": OTHER}),
            _ => json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:user/ann")}),
        };
        let (ann, bob, app) = (some(random), some(random), some(random));
        let trust = json!([{"Effect": "Allow", "Principal": principal(random), "Action": "sts:AssumeRole"}]);
        let mut account = Self::default().user("ann", &ann).user("bob", &bob).role("app", &trust, &app);
        if random.percent(70) {
            let effect = if random.percent(30) { "Deny" } else { "Allow" };
            let action = *random.pick(&["s3:GetObject", "s3:*", "s3:PutObject"]);
            account = account
                .bucket_policy(&json!([{"Effect": effect, "Principal": principal(random), "Action": action,
                "Resource": ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]}]));
        }
        account
    }
}
