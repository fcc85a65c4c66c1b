//! The policies that apply to one request, layer by layer.

use crate::policy::Document;
use std::sync::Arc;

/// All layers. `None` where a layer does not apply.
///
/// IAM User Guide, "Policy evaluation logic".
#[derive(Debug, Clone, Default)]
pub struct PolicySet {
    /// Identity policies: the principal's own and its groups'.
    pub identity: Vec<Arc<Document>>,
    /// The permissions boundary; an empty list allows nothing.
    pub boundary: Option<Vec<Arc<Document>>>,
    /// Session policies; an empty list allows nothing.
    pub session: Option<Vec<Arc<Document>>>,
    /// The policy of the resource; for a role its trust policy, for a KMS key its key policy.
    pub resource: Option<Arc<Document>>,
    /// Service control policies, a list a level, root first; a level without policies denies.
    pub scps: Vec<Vec<Arc<Document>>>,
    /// Resource control policies, a list a level, root first; `RCPFullAWSAccess` is implied at each.
    pub rcps: Vec<Vec<Arc<Document>>>,
    /// The policy of the VPC endpoint that the request comes through.
    pub endpoint: Option<Vec<Arc<Document>>>,
    /// S3 Block Public Access as it applies to the bucket (bucket and account settings ORed).
    pub block_public_access: BlockPublicAccess,
    /// Grants of the KMS key.
    pub grants: Vec<Grant>,
}

/// S3 Block Public Access.
///
/// Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BlockPublicAccess {
    /// `BlockPublicAcls`.
    pub block_public_acls: bool,
    /// `IgnorePublicAcls`.
    pub ignore_public_acls: bool,
    /// `BlockPublicPolicy`.
    pub block_public_policy: bool,
    /// `RestrictPublicBuckets`: cuts anonymous and cross-account use of a bucket whose policy is public.
    pub restrict_public_buckets: bool,
}

/// A grant of a KMS key.
///
/// AWS KMS Developer Guide, "Grants in AWS KMS".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// `GranteePrincipal`: an ARN, or a service principal.
    pub grantee: Arc<str>,
    /// `RetiringPrincipal`.
    pub retiring: Option<Arc<str>>,
    /// `Operations`, such as `Decrypt`.
    pub operations: Vec<Arc<str>>,
    /// `Constraints.EncryptionContextSubset`: pairs that the request's encryption context must hold.
    pub encryption_context_subset: Vec<(Arc<str>, Arc<str>)>,
    /// `Constraints.EncryptionContextEquals`: the request's encryption context must be exactly this.
    pub encryption_context_equals: Option<Vec<(Arc<str>, Arc<str>)>>,
    /// A name for evidence: the grant's id and file.
    pub label: Arc<str>,
}
