//! Accounts and who lives in them: users, roles, groups, managed policies, identity providers.

use crate::policy::Document;
use crate::request::{Principal, PrincipalKind};
use std::sync::Arc;

/// Tag keys and values, in the file's order.
pub type Tags = Vec<(Arc<str>, Arc<str>)>;

/// Where something stands in the snapshot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, relative to the snapshot.
    pub file: Arc<str>,
    /// JSON pointer within the file.
    pub pointer: Arc<str>,
}

/// An account that the snapshot covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Twelve digits.
    pub id: Arc<str>,
    /// Its name in the organization, where that was collected.
    pub name: Option<Arc<str>>,
    /// `aws`, `aws-cn`, `aws-us-gov`, ….
    pub partition: Arc<str>,
}

/// What kind of principal an account holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PrincipalEntityKind {
    /// The root user. It has every permission on the identity side.
    Root,
    /// An IAM user.
    User,
    /// An IAM role.
    Role,
}

/// A policy written into a user, role or group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlinePolicy {
    /// `PolicyName`.
    pub name: Arc<str>,
    /// Its document.
    pub document: Arc<Document>,
}

/// The tags of a role's sessions, where who assumes it may pass some.
///
/// IAM User Guide, "Pass session tags in AWS STS": a session tag overrides the role's tag of the same key in the session; the role's own tags
/// stay what they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SessionTags {
    /// Those of the role.
    #[default]
    Own,
    /// These, those of the role among them.
    These(Tags),
    /// Those of the role, and whatever the caller passes.
    Any,
}

/// A root user, user or role, with all that decides its permissions.
///
/// IAM User Guide, "Policies and permissions in AWS Identity and Access Management".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalEntity {
    /// Its ARN.
    pub arn: Arc<str>,
    /// Root, user or role.
    pub kind: PrincipalEntityKind,
    /// Its account.
    pub account: Arc<str>,
    /// Its name without path, the last part of the ARN.
    pub name: Arc<str>,
    /// Its path, `/` for most.
    pub path: Arc<str>,
    /// Its unique id (`AIDA…`, `AROA…`).
    pub unique_id: Option<Arc<str>>,
    /// Its tags; `None` where they could not be read.
    pub tags: Option<Tags>,
    /// The tags of a role's sessions that `sts:AssumeRole` opens.
    pub session_tags: SessionTags,
    /// Every identity policy that applies to it: its inline policies, its attached policies, then those of its groups.
    pub identity: Arc<[Arc<Document>]>,
    /// The permissions boundary's document, where one is set.
    pub boundary: Option<Vec<Arc<Document>>>,
    /// The ARN of the permissions boundary.
    pub boundary_arn: Option<Arc<str>>,
    /// Whether it is not known which policy is its boundary, or whether one is.
    pub boundary_open: bool,
    /// A role's trust policy.
    pub trust: Option<Arc<Document>>,
    /// Its inline policies.
    pub inline: Vec<InlinePolicy>,
    /// The ARNs of the managed policies attached to it directly.
    pub attached: Vec<Arc<str>>,
    /// The ARNs of a user's groups.
    pub groups: Vec<Arc<str>>,
    /// A role's longest session in seconds, where that was collected.
    pub max_session_seconds: Option<u64>,
    /// The ARNs of a role's instance profiles.
    pub instance_profiles: Vec<Arc<str>>,
    /// Where it stands.
    pub place: Place,
}

impl PrincipalEntity {
    /// The principal as a request names it; a role without telling the session.
    pub fn to_principal(&self) -> Principal {
        let kind = match self.kind {
            PrincipalEntityKind::Root => PrincipalKind::Root,
            PrincipalEntityKind::User => PrincipalKind::User(self.arn.clone()),
            PrincipalEntityKind::Role => PrincipalKind::Role(self.arn.clone()),
        };
        Principal { kind, account: Some(self.account.clone()) }
    }

    /// The ARN of its permissions boundary, where it has one; `None` where that is not known.
    pub fn named_boundary(&self) -> Option<Option<&Arc<str>>> {
        match (&self.boundary, &self.boundary_arn) {
            _ if self.boundary_open => None,
            (Some(_), None) => None,
            (_, named) => Some(named.as_ref()),
        }
    }

    /// The value of a tag; tag keys of principals are compared without regard to case
    /// (IAM User Guide, "Tags for AWS Identity and Access Management resources").
    pub fn tag(&self, key: &str) -> Option<&Arc<str>> {
        find_tag(self.tags.as_deref()?, key)
    }
}

/// The value of a tag by its key, in any letter case.
pub fn find_tag<'a>(tags: &'a [(Arc<str>, Arc<str>)], key: &str) -> Option<&'a Arc<str>> {
    let wanted = crate::text::fold_text(key);
    tags.iter().find(|(k, _)| crate::text::fold_text(k) == wanted).map(|(_, v)| v)
}

/// An IAM group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its ARN.
    pub arn: Arc<str>,
    /// Its account.
    pub account: Arc<str>,
    /// Its name without path.
    pub name: Arc<str>,
    /// Its path.
    pub path: Arc<str>,
    /// Its unique id (`AGPA…`).
    pub unique_id: Option<Arc<str>>,
    /// Its policies: inline, then attached.
    pub identity: Arc<[Arc<Document>]>,
    /// Its inline policies.
    pub inline: Vec<InlinePolicy>,
    /// The ARNs of the managed policies attached to it.
    pub attached: Vec<Arc<str>>,
    /// Where it stands.
    pub place: Place,
}

/// One version of a managed policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersion {
    /// `v1`, `v2`, ….
    pub id: Arc<str>,
    /// Its document.
    pub document: Arc<Document>,
}

/// A managed policy as one account sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedPolicy {
    /// Its ARN.
    pub arn: Arc<str>,
    /// The account whose files told of it.
    pub account: Arc<str>,
    /// Its name without path.
    pub name: Arc<str>,
    /// Its path.
    pub path: Arc<str>,
    /// The id of the version in force.
    pub default_version: Arc<str>,
    /// The document in force.
    pub document: Arc<Document>,
    /// Every version that is known, in the file's order.
    pub versions: Vec<PolicyVersion>,
    /// Whether its text comes from the embedded catalogue and not from the snapshot.
    pub from_catalogue: bool,
    /// Where it stands.
    pub place: Place,
}

impl ManagedPolicy {
    /// Whether AWS owns it, so that nobody in the account can edit it.
    pub fn is_aws_managed(&self) -> bool {
        is_aws_managed(&self.arn)
    }
}

/// Whether an ARN is that of an AWS-managed policy: `arn:PARTITION:iam::aws:policy/…`.
pub fn is_aws_managed(arn: &str) -> bool {
    crate::arn::Arn::parse(arn).is_some_and(|a| a.service == "iam" && a.account == "aws")
}

/// The path of service-linked roles.
const SERVICE_LINKED: &str = "role/aws-service-role/";

/// The paths of reserved roles and of service-linked ones.
const KEPT_ROLES: [&str; 2] = ["role/aws-reserved/", SERVICE_LINKED];

/// Whether an ARN is that of a service-linked role, which service control policies don't bind.
///
/// IAM User Guide, "Service-linked roles"; AWS Organizations User Guide, "Service control policies (SCPs)", "Tasks and entities not restricted
/// by SCPs".
pub fn is_service_linked_role(arn: &str) -> bool {
    crate::arn::Arn::parse(arn).is_some_and(|a| a.service == "iam" && a.resource.starts_with(SERVICE_LINKED))
}

/// Whether an ARN is that of a role which AWS keeps to itself: a reserved or a service-linked one.
///
/// IAM User Guide, "Service-linked roles"; IAM Identity Center User Guide, "Referencing permission sets in resource
/// policies". CONFORMANCE 1.8.
pub fn is_role_kept_by_aws(arn: &str) -> bool {
    let kept = |resource: &str| KEPT_ROLES.iter().any(|path| resource.starts_with(path));
    crate::arn::Arn::parse(arn).is_some_and(|a| a.service == "iam" && kept(a.resource))
}

/// An identity provider in an account.
///
/// IAM User Guide, "Identity providers and federation into AWS".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityProvider {
    /// Its ARN.
    pub arn: Arc<str>,
    /// Its account.
    pub account: Arc<str>,
    /// OIDC or SAML.
    pub kind: ProviderKind,
    /// Where it stands.
    pub place: Place,
}

/// The kinds of identity provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderKind {
    /// OpenID Connect.
    Oidc {
        /// The issuer without `https://`.
        issuer: Arc<str>,
        /// The audiences it admits; `None` where they were not collected.
        client_ids: Option<Vec<Arc<str>>>,
    },
    /// SAML 2.0.
    Saml,
}
