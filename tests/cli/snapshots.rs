//! Small snapshots made for a test.

use serde_json::{Value, json};
use tempfile::TempDir;

/// The account of the snapshots.
pub const ACCOUNT: &str = "111122223333";

/// A snapshot of one user with inline policies.
pub struct OneUser {
    folder: TempDir,
}

impl OneUser {
    /// A user `ana` with these policy documents.
    pub fn with(documents: &[Value]) -> Self {
        let inline: Vec<Value> = documents
            .iter()
            .enumerate()
            .map(|(i, document)| json!({"PolicyName": format!("inline-{i}"), "PolicyDocument": document}))
            .collect();
        let user = json!({
            "Path": "/", "UserName": "ana", "UserId": "AIDAEXAMPLEANA",
            "Arn": format!("arn:aws:iam::{ACCOUNT}:user/ana"), "CreateDate": "2026-01-01T00:00:00Z",
            "GroupList": [], "AttachedManagedPolicies": [], "UserPolicyList": inline,
        });
        let details = json!({
            "UserDetailList": [user], "GroupDetailList": [], "RoleDetailList": [], "Policies": [],
        });
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("gaad.json"), details.to_string()).unwrap();
        Self { folder }
    }

    /// The path of the snapshot.
    pub fn path(&self) -> String {
        self.folder.path().join("gaad.json").display().to_string()
    }
}

/// A document of one statement.
pub fn statement(effect: &str, action: &str, resource: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": {"Effect": effect, "Action": action, "Resource": resource}})
}
