//! Requests: who calls what on what, with which context.

use crate::arn::{Arn, is_account_id};
use crate::text::fold_text;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One concrete request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Who calls.
    pub principal: Principal,
    /// `service:Action`.
    pub action: String,
    /// The resource's ARN, or `*` for actions without a resource level.
    pub resource: String,
    /// The account that owns the resource.
    pub resource_account: Option<String>,
    /// The request context, complete: a key that isn't here is absent.
    pub context: Context,
}

/// Who calls.
///
/// IAM User Guide, "AWS JSON policy elements: Principal".
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Principal {
    /// What kind of caller it is.
    pub kind: PrincipalKind,
    /// Its account, where it has one.
    pub account: Option<Arc<str>>,
}

/// The kinds of caller.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PrincipalKind {
    /// The root user of an account.
    Root,
    /// An IAM user, by ARN.
    User(Arc<str>),
    /// A role, by role ARN, where the session is not told.
    Role(Arc<str>),
    /// A role session: `arn:aws:sts::ACCOUNT:assumed-role/ROLE-NAME/SESSION-NAME`.
    RoleSession(Arc<str>),
    /// A federated-user session: `arn:aws:sts::ACCOUNT:federated-user/NAME`.
    FederatedUser(Arc<str>),
    /// An AWS service, by service principal.
    Service(Arc<str>),
    /// The holder of an identity provider's token, by provider.
    Federated(Arc<str>),
    /// Nobody in particular: an unsigned request.
    Anonymous,
    /// An ARN of none of these forms.
    Other(Arc<str>),
}

impl Principal {
    /// The principal of an ARN; `account` overrides the ARN's own.
    pub fn from_arn(text: &str, account: Option<&str>) -> Self {
        let parsed = Arn::parse(text);
        let account = account.or_else(|| parsed.and_then(|a| a.account_id())).map(Arc::from);
        let arc: Arc<str> = text.into();
        let kind = match parsed {
            Some(arn) if arn.service == "iam" && arn.resource == "root" => PrincipalKind::Root,
            Some(arn) if arn.service == "iam" && arn.resource.starts_with("user/") => {
                PrincipalKind::User(arc)
            }
            Some(arn) if arn.service == "iam" && arn.resource.starts_with("role/") => {
                PrincipalKind::Role(arc)
            }
            Some(arn) if arn.service == "sts" && arn.resource.starts_with("assumed-role/") => {
                PrincipalKind::RoleSession(arc)
            }
            Some(arn) if arn.service == "sts" && arn.resource.starts_with("federated-user/") => {
                PrincipalKind::FederatedUser(arc)
            }
            _ if is_account_id(text) => {
                return Self { kind: PrincipalKind::Root, account: Some(arc) };
            }
            _ => PrincipalKind::Other(arc),
        };
        Self { kind, account }
    }

    /// An AWS service.
    pub fn service(name: &str) -> Self {
        Self { kind: PrincipalKind::Service(name.into()), account: None }
    }

    /// The holder of a provider's token.
    pub fn federated(provider: &str) -> Self {
        Self { kind: PrincipalKind::Federated(provider.into()), account: None }
    }

    /// An unsigned caller.
    pub fn anonymous() -> Self {
        Self { kind: PrincipalKind::Anonymous, account: None }
    }

    /// The ARN or name, as text.
    pub fn id(&self) -> String {
        match &self.kind {
            PrincipalKind::Root => {
                format!("arn:aws:iam::{}:root", self.account.as_deref().unwrap_or_default())
            }
            PrincipalKind::User(t)
            | PrincipalKind::Role(t)
            | PrincipalKind::RoleSession(t)
            | PrincipalKind::FederatedUser(t)
            | PrincipalKind::Service(t)
            | PrincipalKind::Federated(t)
            | PrincipalKind::Other(t) => t.to_string(),
            PrincipalKind::Anonymous => "*".to_owned(),
        }
    }

    /// The name of the role, for roles and role sessions.
    pub fn role_name(&self) -> Option<&str> {
        match &self.kind {
            PrincipalKind::Role(arn) => arn.rsplit('/').next(),
            PrincipalKind::RoleSession(arn) => Arn::parse(arn)?.resource.split('/').nth(1),
            _ => None,
        }
    }

    /// Whether this is a service-linked role or a session of one.
    ///
    /// IAM User Guide, "Service-linked roles": path `/aws-service-role/`, names start `AWSServiceRoleFor`.
    pub fn is_service_linked_role(&self) -> bool {
        match &self.kind {
            PrincipalKind::Role(arn) => arn.contains(":role/aws-service-role/"),
            PrincipalKind::RoleSession(_) => {
                self.role_name().is_some_and(|n| n.starts_with("AWSServiceRoleFor"))
            }
            _ => false,
        }
    }
}

/// The value or values of one context key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContextValue {
    /// One value.
    Single(String),
    /// A list, perhaps empty.
    List(Vec<String>),
}

impl ContextValue {
    /// The values, however many.
    pub fn values(&self) -> &[String] {
        match self {
            Self::Single(v) => std::slice::from_ref(v),
            Self::List(vs) => vs,
        }
    }
}

/// The request context. Key names are compared without regard to case, tag keys in them included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    entries: BTreeMap<String, (String, ContextValue)>,
}

impl Context {
    /// The value of a key, looked up by its lower-case name.
    pub fn get(&self, lower_case_key: &str) -> Option<&ContextValue> {
        self.entries.get(lower_case_key).map(|(_, v)| v)
    }

    /// Sets a key, in the spelling given; returns the value it had under any spelling.
    pub fn insert(&mut self, key: &str, value: ContextValue) -> Option<ContextValue> {
        self.entries.insert(fold_text(key), (key.to_owned(), value)).map(|(_, v)| v)
    }

    /// Removes a key by its lower-case name.
    pub fn remove(&mut self, lower_case_key: &str) {
        self.entries.remove(lower_case_key);
    }

    /// Spelling and value of each key, ordered by lower-case name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ContextValue)> {
        self.entries.values().map(|(k, v)| (k.as_str(), v))
    }
}
