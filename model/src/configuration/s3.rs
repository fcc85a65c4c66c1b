//! Buckets: encryption, versioning, lifecycle, Block Public Access, ownership, notifications, Object Lock.
//!
//! Amazon S3 API Reference; what is true of a bucket stands in the folder of any region or in `global`. An answer is also
//! [`Told::Absent`] where AWS says that there is no such bucket.

use super::Told;
use super::ask::{Call, Question};
use crate::snapshot::Snapshot;
use serde::Deserialize;

const ENCRYPTION: Call = Call::new("s3api", "get-bucket-encryption", "--bucket NAME");
const VERSIONING: Call = Call::new("s3api", "get-bucket-versioning", "--bucket NAME").may_print_nothing();
const LIFECYCLE: Call = Call::new("s3api", "get-bucket-lifecycle-configuration", "--bucket NAME");
const PUBLIC_ACCESS: Call = Call::new("s3api", "get-public-access-block", "--bucket NAME");
const ACCOUNT_ACCESS: Call = Call::new("s3control", "get-public-access-block", "--account-id NAME");
const OWNERSHIP: Call = Call::new("s3api", "get-bucket-ownership-controls", "--bucket NAME");
const NOTIFICATION: Call =
    Call::new("s3api", "get-bucket-notification-configuration", "--bucket NAME").may_print_nothing();
const OBJECT_LOCK: Call = Call::new("s3api", "get-object-lock-configuration", "--bucket NAME");
const LIST: Call = Call::new("s3api", "list-buckets", "");

/// The default encryption of a bucket.
///
/// Amazon S3 API Reference, ServerSideEncryptionConfiguration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Encryption {
    /// The rules; AWS allows one.
    pub rules: Vec<EncryptionRule>,
}

/// A rule of the default encryption.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct EncryptionRule {
    /// What objects are encrypted with whose request doesn't say.
    #[serde(rename = "ApplyServerSideEncryptionByDefault", default)]
    pub by_default: Option<DefaultEncryption>,
}

/// What objects are encrypted with whose request doesn't say.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DefaultEncryption {
    /// `AES256`, `aws:kms` or `aws:kms:dsse`.
    #[serde(rename = "SSEAlgorithm")]
    pub algorithm: String,
    /// A key id, key ARN or alias; `None` with `aws:kms`: the AWS-managed key of S3.
    #[serde(rename = "KMSMasterKeyID", default)]
    pub key: Option<String>,
}

/// Whether a bucket keeps the versions of its objects.
///
/// Amazon S3 API Reference, GetBucketVersioning: neither member is there where versioning was never enabled.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Versioning {
    /// `Enabled` or `Suspended`; `None`: never enabled.
    #[serde(rename = "Status", default)]
    pub status: Option<String>,
    /// `Enabled` or `Disabled`.
    #[serde(rename = "MFADelete", default)]
    pub mfa_delete: Option<String>,
}

impl Versioning {
    /// Whether each change of an object keeps the version before.
    pub fn is_enabled(&self) -> bool {
        self.status.as_deref() == Some("Enabled")
    }
}

/// When objects and their versions move or go.
///
/// Amazon S3 API Reference, GetBucketLifecycleConfiguration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Lifecycle {
    /// The rules.
    pub rules: Vec<LifecycleRule>,
}

/// A lifecycle rule.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LifecycleRule {
    /// Its name.
    #[serde(rename = "ID", default)]
    pub id: Option<String>,
    /// `Enabled` or `Disabled`.
    pub status: String,
    /// The objects that it is about, in the old form.
    #[serde(default)]
    pub prefix: Option<String>,
    /// The objects that it is about; an empty filter: all.
    #[serde(default)]
    pub filter: Option<LifecycleFilter>,
    /// When current versions expire.
    #[serde(default)]
    pub expiration: Option<Expiration>,
    /// When noncurrent versions move.
    #[serde(default)]
    pub noncurrent_version_transitions: Vec<NoncurrentTransition>,
    /// When noncurrent versions are deleted.
    #[serde(default)]
    pub noncurrent_version_expiration: Option<NoncurrentExpiration>,
}

impl LifecycleRule {
    /// How the keys begin of the objects that it is about, in whichever form it is written.
    pub fn key_prefix(&self) -> &str {
        let within = self.filter.as_ref().and_then(|filter| {
            filter.prefix.as_deref().or(filter.and.as_ref().and_then(|and| and.prefix.as_deref()))
        });
        within.or(self.prefix.as_deref()).unwrap_or_default()
    }
}

/// The objects that a lifecycle rule is about: all conditions hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LifecycleFilter {
    /// How their keys begin.
    #[serde(default)]
    pub prefix: Option<String>,
    /// A tag that they have.
    #[serde(default)]
    pub tag: Option<ObjectTag>,
    /// They are larger, in bytes.
    #[serde(default)]
    pub object_size_greater_than: Option<u64>,
    /// They are smaller, in bytes.
    #[serde(default)]
    pub object_size_less_than: Option<u64>,
    /// Several of these.
    #[serde(default)]
    pub and: Option<LifecycleConditions>,
}

/// Several conditions of a lifecycle rule's filter.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LifecycleConditions {
    /// How the keys begin.
    #[serde(default)]
    pub prefix: Option<String>,
    /// Tags that the objects have.
    #[serde(default)]
    pub tags: Vec<ObjectTag>,
    /// They are larger, in bytes.
    #[serde(default)]
    pub object_size_greater_than: Option<u64>,
    /// They are smaller, in bytes.
    #[serde(default)]
    pub object_size_less_than: Option<u64>,
}

/// A tag of an object.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ObjectTag {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// When current versions expire; with versioning, a delete marker takes their place.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Expiration {
    /// Days after creation.
    #[serde(default)]
    pub days: Option<u32>,
    /// Or a date.
    #[serde(default)]
    pub date: Option<String>,
    /// Whether delete markers without versions go.
    #[serde(default)]
    pub expired_object_delete_marker: bool,
}

/// When noncurrent versions move.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct NoncurrentTransition {
    /// Days after they became noncurrent.
    #[serde(default)]
    pub noncurrent_days: Option<u32>,
    /// Where to: `GLACIER`, `DEEP_ARCHIVE`, `GLACIER_IR`, `STANDARD_IA`, …
    #[serde(default)]
    pub storage_class: Option<String>,
    /// So many of the newest stay where they are.
    #[serde(default)]
    pub newer_noncurrent_versions: Option<u32>,
}

/// When noncurrent versions are deleted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct NoncurrentExpiration {
    /// Days after they became noncurrent.
    #[serde(default)]
    pub noncurrent_days: Option<u32>,
    /// So many of the newest are kept.
    #[serde(default)]
    pub newer_noncurrent_versions: Option<u32>,
}

/// Block Public Access of a bucket or an account. What is [`Told::Absent`] is off.
///
/// Amazon S3 API Reference, PublicAccessBlockConfiguration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PublicAccess {
    /// ACLs that would make public are refused.
    #[serde(default)]
    pub block_public_acls: bool,
    /// Public ACLs count for nothing.
    #[serde(default)]
    pub ignore_public_acls: bool,
    /// Policies that would make public are refused.
    #[serde(default)]
    pub block_public_policy: bool,
    /// Public policies let in AWS's services and the account only.
    #[serde(default)]
    pub restrict_public_buckets: bool,
}

impl PublicAccess {
    /// Whether all four are on.
    pub fn blocks_all(&self) -> bool {
        self.block_public_acls
            && self.ignore_public_acls
            && self.block_public_policy
            && self.restrict_public_buckets
    }
}

/// Who owns what others put into a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Ownership {
    /// The rules; AWS allows one.
    pub rules: Vec<OwnershipRule>,
}

/// A rule of ownership.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OwnershipRule {
    /// `BucketOwnerEnforced` (no ACLs), `BucketOwnerPreferred` or `ObjectWriter`.
    pub object_ownership: String,
}

/// Where events of a bucket go.
///
/// Amazon S3 API Reference, GetBucketNotificationConfiguration.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Notification {
    /// Topics.
    #[serde(rename = "TopicConfigurations", default)]
    pub topics: Vec<NotificationTarget>,
    /// Queues.
    #[serde(rename = "QueueConfigurations", default)]
    pub queues: Vec<NotificationTarget>,
    /// Functions.
    #[serde(rename = "LambdaFunctionConfigurations", default)]
    pub functions: Vec<NotificationTarget>,
    /// Set, without members, where all events go to EventBridge.
    #[serde(rename = "EventBridgeConfiguration", default)]
    pub event_bridge: Option<EventBridge>,
}

/// That events go to EventBridge.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct EventBridge {}

/// Where some events go.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct NotificationTarget {
    /// The ARN of the topic, queue or function.
    #[serde(alias = "TopicArn", alias = "QueueArn", alias = "LambdaFunctionArn")]
    pub arn: String,
    /// Which: `s3:ObjectCreated:*`, …
    pub events: Vec<String>,
}

/// Whether versions are kept from being deleted.
///
/// Amazon S3 API Reference, ObjectLockConfiguration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ObjectLock {
    /// What holds for objects whose request doesn't say.
    #[serde(default)]
    pub rule: Option<ObjectLockRule>,
}

/// The rule of Object Lock.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ObjectLockRule {
    /// How long, and how strictly.
    #[serde(default)]
    pub default_retention: Option<Retention>,
}

/// How long versions are kept from being deleted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Retention {
    /// `GOVERNANCE` (some may delete all the same) or `COMPLIANCE`.
    #[serde(default)]
    pub mode: Option<String>,
    /// Days.
    #[serde(default)]
    pub days: Option<u32>,
    /// Or years.
    #[serde(default)]
    pub years: Option<u32>,
}

/// A bucket as its owner's list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListedBucket {
    /// Its name.
    pub name: String,
    /// Its region, where the list tells.
    #[serde(default)]
    pub bucket_region: Option<String>,
}

#[derive(PartialEq, Deserialize)]
struct Encrypted {
    #[serde(rename = "ServerSideEncryptionConfiguration")]
    configuration: Encryption,
}

#[derive(PartialEq, Deserialize)]
struct Blocked {
    #[serde(rename = "PublicAccessBlockConfiguration")]
    configuration: PublicAccess,
}

#[derive(PartialEq, Deserialize)]
struct Owned {
    #[serde(rename = "OwnershipControls")]
    controls: Ownership,
}

#[derive(PartialEq, Deserialize)]
struct Locked {
    #[serde(rename = "ObjectLockConfiguration")]
    configuration: ObjectLock,
}

impl Snapshot {
    fn ask_bucket<T: serde::de::DeserializeOwned + PartialEq>(
        &self,
        call: Call,
        account: &str,
        bucket: &str,
    ) -> Told<T> {
        self.ask_one(&Question::new(call, account, None, &[bucket]), |_| false)
    }

    /// The default encryption of a bucket; absent: as with SSE-S3, AWS's default.
    pub fn bucket_encryption(&self, account: &str, bucket: &str) -> Told<Encryption> {
        self.ask_bucket(ENCRYPTION, account, bucket).map(|output: Encrypted| output.configuration)
    }

    /// Whether a bucket keeps versions.
    pub fn bucket_versioning(&self, account: &str, bucket: &str) -> Told<Versioning> {
        self.ask_bucket(VERSIONING, account, bucket)
    }

    /// The lifecycle of a bucket's objects; absent: nothing moves or goes by itself.
    pub fn bucket_lifecycle(&self, account: &str, bucket: &str) -> Told<Lifecycle> {
        self.ask_bucket(LIFECYCLE, account, bucket)
    }

    /// Block Public Access of a bucket; absent: off.
    pub fn bucket_public_access(&self, account: &str, bucket: &str) -> Told<PublicAccess> {
        self.ask_bucket(PUBLIC_ACCESS, account, bucket).map(|output: Blocked| output.configuration)
    }

    /// Block Public Access of an account; absent: off.
    pub fn account_public_access(&self, account: &str) -> Told<PublicAccess> {
        let question = Question::new(ACCOUNT_ACCESS, account, None, &[account]);
        self.ask_one(&question, |_| true).map(|output: Blocked| output.configuration)
    }

    /// Who owns what others put into a bucket; absent: whoever writes an object.
    pub fn bucket_ownership(&self, account: &str, bucket: &str) -> Told<Ownership> {
        self.ask_bucket(OWNERSHIP, account, bucket).map(|output: Owned| output.controls)
    }

    /// Where a bucket's events go.
    pub fn bucket_notification(&self, account: &str, bucket: &str) -> Told<Notification> {
        self.ask_bucket(NOTIFICATION, account, bucket)
    }

    /// Object Lock of a bucket; absent: off.
    pub fn bucket_object_lock(&self, account: &str, bucket: &str) -> Told<ObjectLock> {
        self.ask_bucket(OBJECT_LOCK, account, bucket).map(|output: Locked| output.configuration)
    }

    /// Whether an account owns a bucket: absent where its whole list doesn't have it.
    ///
    /// Amazon S3 API Reference, ListBuckets: "a list of all buckets owned by the authenticated sender of the request".
    pub fn bucket_of(&self, account: &str, bucket: &str) -> Told<ListedBucket> {
        let question = Question::new(LIST, account, None, &[]);
        self.ask_list(&question, "Buckets").and_then(|buckets: Vec<ListedBucket>, file| {
            match buckets.into_iter().find(|one| one.name == bucket) {
                Some(value) => Told::Known { value, file },
                None => Told::Absent { file },
            }
        })
    }
}
