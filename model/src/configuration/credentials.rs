//! Credentials of users beside passwords and access keys: those that git signs in to CodeCommit with.
//!
//! IAM API Reference, ListServiceSpecificCredentials, ListSSHPublicKeys. Neither a password nor a key is in what they print.

use super::Told;
use super::ask::{Call, Question};
use super::moment::parse_moment;
use crate::snapshot::Snapshot;
use jiff::Timestamp;
use serde::Deserialize;

const PASSWORDS: Call = Call::new("iam", "list-service-specific-credentials", "--user-name NAME");
const KEYS: Call = Call::new("iam", "list-ssh-public-keys", "--user-name NAME");

/// A user name and password for one service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServiceCredential {
    /// `codecommit.amazonaws.com`, …
    pub service_name: String,
    /// `Active`, `Inactive` or `Expired`.
    pub status: String,
    /// Since when there is one.
    #[serde(default, deserialize_with = "parse_moment")]
    pub create_date: Option<Timestamp>,
}

/// A key with which git signs in by SSH.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SshKey {
    /// `Active` or `Inactive`.
    pub status: String,
    /// Since when it is there.
    #[serde(default, deserialize_with = "parse_moment")]
    pub upload_date: Option<Timestamp>,
}

impl Snapshot {
    /// A user's passwords for single services.
    pub fn service_credentials(&self, account: &str, user: &str) -> Told<Vec<ServiceCredential>> {
        self.ask_list(&Question::new(PASSWORDS, account, None, &[user]), "ServiceSpecificCredentials")
    }

    /// A user's keys for git by SSH.
    pub fn ssh_keys(&self, account: &str, user: &str) -> Told<Vec<SshKey>> {
        self.ask_list(&Question::new(KEYS, account, None, &[user]), "SSHPublicKeys")
    }
}
