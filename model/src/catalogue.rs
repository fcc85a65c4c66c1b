//! The catalogue: which actions, resource types and condition keys AWS has, who fixes a key, which services resource
//! control policies cover, and the AWS managed policies.
//!
//! The facts are those of the Service Authorization Reference and of the IAM User Guide, embedded as data files
//! (`model/data`, with sources and dates). They are read at first use; the managed policies apart from the rest.

mod action;
mod arn_format;
mod by_name;
mod custom;
mod error;
mod glob;
mod key;
mod load;
mod managed;
mod owner;
mod resource;
mod root_user;
mod template;

pub use action::{AccessLevel, ActionId, ActionInfo, ActionResourceInfo, is_of_request_tags};
pub use arn_format::ArnLanguage;
pub use error::CatalogueError;
pub use key::{KeyType, Support, ValueType, is_identity_provider_key};
pub use managed::ManagedPolicy;
pub use owner::KeyOwner;
pub use resource::{ResourceTypeId, ResourceTypeInfo};

use action::{ActionRecord, ActionResource};
use by_name::ByName;
use key::{KeyId, Keys};
use resource::{NO_RESOURCE_TYPE, ResourceTypeRecord};
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;
use std::sync::{LazyLock, OnceLock};

/// A list of condition keys that several entries may share; 0 is the empty one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ListId(usize);

#[derive(Debug, Clone)]
struct ServiceRecord {
    prefix: Cow<'static, str>,
    /// Keys that the service declares and that no action and no resource type lists.
    loose: ListId,
}

/// A package that the catalogue was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceVersion {
    /// What was taken from it: `catalogue` or `managed-policies`.
    pub part: &'static str,
    /// The package's name.
    pub package: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The date of the newest fact in it.
    pub date: &'static str,
}

/// Everything known of AWS that doesn't stand in a snapshot.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    actions: Vec<ActionRecord>,
    action_resources: Vec<ActionResource>,
    resource_types: Vec<ResourceTypeRecord>,
    services: Vec<ServiceRecord>,
    keys: Keys,
    lists: Vec<Box<[KeyId]>>,
    rcp_services: Vec<Cow<'static, str>>,
    /// Owners of custom keys, by lower-case name.
    owners: FxHashMap<String, KeyOwner>,
    /// Custom policies, sorted by ARN.
    managed_policies: Vec<ManagedPolicy>,
    /// The services that say of some action that its requests carry tags, found when first asked for.
    tagging: OnceLock<FxHashSet<String>>,
    /// The actions by name, made when one is first asked for.
    by_name: OnceLock<ByName>,
}

static EMBEDDED: LazyLock<Result<Catalogue, load::LoadError>> = LazyLock::new(load::catalogue);

impl Catalogue {
    /// The catalogue that comes with the program.
    #[expect(
        clippy::expect_used,
        reason = "the files are part of the program, and a test reads every line of them"
    )]
    pub fn embedded() -> &'static Self {
        EMBEDDED.as_ref().expect("the embedded catalogue is readable")
    }

    /// The packages that the embedded catalogue was made from, for `gateproof version`.
    pub fn versions() -> impl Iterator<Item = SourceVersion> {
        load::table_rows(include_str!("../data/sources.txt")).filter_map(|line| {
            let mut fields = line.split('\t');
            Some(SourceVersion {
                part: fields.next()?,
                package: fields.next()?,
                version: fields.next()?,
                date: fields.next()?,
            })
        })
    }

    /// The type of a condition key's values, letter case aside; none for a key that the catalogue doesn't know.
    ///
    /// A key with a variable part (`aws:RequestTag/…`, `kms:EncryptionContext:…`) is known by its pattern.
    /// CONFORMANCE 3.1, 3.3.
    pub fn key_type(&self, key: &str) -> Option<KeyType> {
        self.keys.kind(key)
    }

    /// The spelling that AWS gives a key, variable parts as `${Name}`; none for an unknown key.
    pub fn key_name(&self, key: &str) -> Option<&str> {
        let id = *self.keys.resolve(key).first()?;
        self.keys.get(id).map(|key| key.name.as_ref())
    }

    /// Whether every request may carry the key, whatever its action.
    pub fn is_global_key(&self, key: &str) -> bool {
        self.keys.resolve(key).iter().filter_map(|id| self.keys.get(*id)).any(|key| key.global)
    }

    /// The keys that every request may carry: names as AWS spells them, and types.
    pub fn global_keys(&self) -> impl Iterator<Item = (&str, KeyType)> {
        self.keys.iter().filter(|key| key.global).map(|key| (key.name.as_ref(), key.kind))
    }

    /// Whether a request of an action may carry a key. What the catalogue can't tell counts as yes:
    /// [`ActionInfo::support`] says which it is. CONFORMANCE 3.8.
    pub fn supports(&self, action: ActionId, key: &str) -> bool {
        self.action_info(action).is_none_or(|info| info.support(key).is_possible())
    }

    /// Who fixes the value of a key. CONFORMANCE 3.7.
    pub fn who_fixes(&self, key: &str) -> KeyOwner {
        if self.owners.is_empty() {
            return owner::who_fixes(key);
        }
        let custom = self.keys.resolve(key).iter().find_map(|id| self.custom_owner(*id));
        custom.unwrap_or_else(|| owner::who_fixes(key))
    }

    /// Whether resource control policies bind requests to resources of a service, letter case aside.
    ///
    /// AWS Organizations User Guide, "Resource control policies (RCPs)", "List of AWS services that support RCPs".
    /// CONFORMANCE 1.3.
    pub fn rcp_supported(&self, service_prefix: &str) -> bool {
        self.rcp_services.iter().any(|service| service.eq_ignore_ascii_case(service_prefix))
    }

    /// The services that resource control policies cover.
    pub fn rcp_services(&self) -> impl ExactSizeIterator<Item = &str> {
        self.rcp_services.iter().map(AsRef::as_ref)
    }

    fn custom_owner(&self, id: KeyId) -> Option<KeyOwner> {
        let name = &self.keys.get(id)?.name;
        self.owners.get(&crate::text::fold_text(name)).copied()
    }

    fn list(&self, id: ListId) -> &[KeyId] {
        self.lists.get(id.0).map(AsRef::as_ref).unwrap_or_default()
    }

    fn service(&self, prefix: &str) -> Option<&ServiceRecord> {
        self.services.iter().find(|service| service.prefix.eq_ignore_ascii_case(prefix))
    }

    fn resource_type_view(&self, id: ResourceTypeId) -> ResourceTypeInfo<'_> {
        let record = self.resource_type_record(id).unwrap_or(&NO_RESOURCE_TYPE);
        ResourceTypeInfo { catalogue: self, id, record }
    }
}
