//! Keys: who manages them, whether they can be used.
//!
//! AWS KMS API Reference, DescribeKey, ListAliases.

use super::Told;
use super::ask::{Call, Question};
use crate::arn::Arn;
use crate::json::Json;
use crate::snapshot::Snapshot;
use serde::Deserialize;

const DESCRIBE: Call = Call::new("kms", "describe-key", "--key-id NAME");
const ALIASES: Call = Call::new("kms", "list-aliases", "");

/// A key.
///
/// AWS KMS API Reference, KeyMetadata.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyDescription {
    /// Its ARN.
    pub arn: String,
    /// Its id.
    pub key_id: String,
    /// `CUSTOMER` or `AWS`.
    #[serde(default)]
    pub key_manager: Option<String>,
    /// `Enabled`, `Disabled`, `PendingDeletion`, …
    #[serde(default)]
    pub key_state: Option<String>,
    /// Whether it can be used now.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// Where its material is from: `AWS_KMS`, `EXTERNAL`, `AWS_CLOUDHSM`, `EXTERNAL_KEY_STORE`.
    #[serde(default)]
    pub origin: Option<String>,
    /// Whether it has, or is, a replica in other regions, or may be.
    #[serde(default)]
    pub multi_region: Option<bool>,
    /// `ENCRYPT_DECRYPT`, `SIGN_VERIFY`, …
    #[serde(default)]
    pub key_usage: Option<String>,
}

impl KeyDescription {
    /// Whether a customer manages it, and it can be used.
    pub fn is_usable_customer_key(&self) -> bool {
        self.key_manager.as_deref() == Some("CUSTOMER") && self.key_state.as_deref() == Some("Enabled")
    }
}

/// An alias and its key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Alias {
    /// `alias/NAME`.
    pub alias_name: String,
    /// Its ARN.
    pub alias_arn: String,
    /// The id of its key; `None`: AWS keeps the name for a key that was never made.
    #[serde(default)]
    pub target_key_id: Option<String>,
}

#[derive(PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    key_metadata: KeyDescription,
}

impl Snapshot {
    /// The aliases of a region.
    pub fn key_aliases(&self, account: &str, region: &str) -> Told<Vec<Alias>> {
        self.ask_list(&Question::new(ALIASES, account, Some(region), &[]), "Aliases")
    }

    /// A key by its id, its ARN, an alias or an alias's ARN. An ARN tells account and region itself.
    pub fn key_description(&self, key: &str, account: &str, region: &str) -> Told<KeyDescription> {
        let arn = Arn::parse(key).filter(|arn| arn.service == "kms");
        let (partition, account, region) = match &arn {
            Some(arn) => (arn.partition, arn.account, arn.region),
            None => (self.partition_of(account), account, region),
        };
        let named = arn.map_or(key, |arn| arn.resource);
        let aliases = self.key_aliases(account, region);
        let aliases = aliases.known().map(Vec::as_slice).unwrap_or_default();
        let id = match named.strip_prefix("alias/") {
            Some(_) => {
                aliases.iter().find(|a| a.alias_name == named).and_then(|a| a.target_key_id.as_deref())
            }
            None => Some(named.strip_prefix("key/").unwrap_or(named)),
        };
        let key_arn = id.map(|id| format!("arn:{partition}:kms:{region}:{account}:key/{id}"));
        let mut names = vec![key, named];
        names.extend(id);
        names.extend(key_arn.as_deref());
        let of_key = aliases.iter().filter(|alias| id.is_some() && alias.target_key_id.as_deref() == id);
        names.extend(of_key.flat_map(|alias| [alias.alias_name.as_str(), &alias.alias_arn]));
        let is_it = |json: &Json| {
            let told = |key| json.get("KeyMetadata").and_then(|m| m.get(key)).and_then(Json::as_str);
            id.is_some() && (told("KeyId") == id || told("Arn") == key_arn.as_deref())
        };
        let question = Question::new(DESCRIBE, account, Some(region), &names);
        self.ask_one(&question, is_it).map(|output: Described| output.key_metadata)
    }

    /// The partition that an account is in.
    pub(super) fn partition_of(&self, account: &str) -> &str {
        self.accounts().iter().find(|a| *a.id == *account).map_or("aws", |a| &a.partition)
    }
}
