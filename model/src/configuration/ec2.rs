//! Machines: with which profile they run, and how their metadata is asked for.
//!
//! Amazon EC2 API Reference, DescribeInstances. User data is not printed by it.

use super::Told;
use super::ask::{Call, Question};
use crate::snapshot::Snapshot;
use serde::Deserialize;

const DESCRIBE: Call = Call::new("ec2", "describe-instances", "");

/// A machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Instance {
    /// Its id.
    pub instance_id: String,
    /// The profile that gives it a role.
    #[serde(default)]
    pub iam_instance_profile: Option<InstanceProfile>,
    /// How its metadata is asked for.
    #[serde(default)]
    pub metadata_options: Option<MetadataOptions>,
    /// Whether it is there.
    #[serde(default)]
    pub state: Option<InstanceState>,
}

/// A profile that gives a role.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InstanceProfile {
    /// Its ARN.
    pub arn: String,
}

/// How a machine's metadata, the credentials of its role with it, is asked for.
///
/// Amazon EC2 API Reference, InstanceMetadataOptionsResponse.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MetadataOptions {
    /// `required` (version 2 only) or `optional`.
    #[serde(default)]
    pub http_tokens: Option<String>,
    /// `enabled` or `disabled`.
    #[serde(default)]
    pub http_endpoint: Option<String>,
}

/// Whether a machine is there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InstanceState {
    /// `running`, `stopped`, `terminated`, …
    #[serde(default)]
    pub name: Option<String>,
}

#[derive(PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reservation {
    #[serde(default)]
    instances: Vec<Instance>,
}

impl Snapshot {
    /// The machines of an account, in whatever regions were collected.
    pub fn instances(&self, account: &str) -> Told<Vec<Instance>> {
        let reservations = self.ask_list(&Question::new(DESCRIBE, account, None, &[]), "Reservations");
        reservations.map(|all: Vec<Reservation>| all.into_iter().flat_map(|one| one.instances).collect())
    }
}
