//! `Principal` and `NotPrincipal`: whether a statement means the caller, and how directly.
//!
//! IAM User Guide, "AWS JSON policy elements: Principal" and "NotPrincipal". CONFORMANCE 2.4, 2.5.

use super::Evaluation;
use crate::arn::Arn;
use crate::assumption::name_canonical_user;
use crate::policy::{Document, Effect, PrincipalClause, PrincipalEntry, Statement};
use crate::request::{Principal, PrincipalKind};

/// How a resource policy names the caller; a later one is the stronger grant.
///
/// IAM User Guide, "Permissions boundaries for IAM entities", section "Evaluating effective
/// permissions with boundaries". CONFORMANCE 1.4, 1.5, 1.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Naming {
    /// By its account, which delegates to the account's own policies.
    Account,
    /// A role, by role ARN: boundary and session policies still limit the grant.
    Role,
    /// A user, session or service by itself, or everyone: nothing but a Deny limits the grant.
    Direct,
}

impl Evaluation<'_> {
    /// How the statement names the caller. A statement without a principal names nobody.
    pub fn naming(&self, document: &Document, statement: &Statement) -> Option<Naming> {
        let clause = statement.principal.as_ref()?;
        if !clause.negated {
            let namings = clause.entries.iter().filter_map(|e| self.entry_names(document, statement, e));
            return namings.max();
        }
        let hit = match statement.effect {
            Effect::Deny => !self.is_spared(document, statement, clause),
            Effect::Allow => {
                !clause.entries.iter().any(|e| self.entry_names(document, statement, e).is_some())
            }
        };
        hit.then_some(Naming::Direct)
    }

    fn entry_names(
        &self,
        document: &Document,
        statement: &Statement,
        entry: &PrincipalEntry,
    ) -> Option<Naming> {
        let caller = self.principal();
        match entry {
            PrincipalEntry::Everyone => Some(Naming::Direct),
            PrincipalEntry::Account(account) => is_of_account(caller, account).then_some(Naming::Account),
            PrincipalEntry::Arn(arn) => arn_names(caller, arn),
            PrincipalEntry::Service(name) => {
                matches!(&caller.kind, PrincipalKind::Service(n) if n == name).then_some(Naming::Direct)
            }
            PrincipalEntry::Federated(provider) => {
                matches!(&caller.kind, PrincipalKind::Federated(p) if p == provider).then_some(Naming::Direct)
            }
            PrincipalEntry::CanonicalUser(id) => {
                let could = !self.resource_side_alone() && caller.account.is_some();
                (could && self.assume(name_canonical_user(&document.source, statement, id)))
                    .then_some(Naming::Account)
            }
            PrincipalEntry::Nobody(_) => None,
        }
    }

    /// Whether a Deny with `NotPrincipal` spares the caller: every form of it must be listed, the
    /// session, the role and the account. Whoever has a permissions boundary is never spared.
    fn is_spared(&self, document: &Document, statement: &Statement, clause: &PrincipalClause) -> bool {
        let caller = self.principal();
        let bounded = self.policies.boundary.is_some() && super::layers::can_have_boundary(&caller.kind);
        if bounded {
            return false;
        }
        let names = |e: &PrincipalEntry| self.entry_names(document, statement, e);
        if clause.entries.iter().any(|e| matches!(e, PrincipalEntry::Everyone)) {
            return true;
        }
        let listed = |naming| clause.entries.iter().any(|e| names(e) == Some(naming));
        match &caller.kind {
            PrincipalKind::Root => listed(Naming::Account),
            PrincipalKind::Role(_) => listed(Naming::Role) && listed(Naming::Account),
            PrincipalKind::RoleSession(_) => {
                listed(Naming::Direct) && listed(Naming::Role) && listed(Naming::Account)
            }
            PrincipalKind::User(_) | PrincipalKind::FederatedUser(_) | PrincipalKind::Other(_) => {
                listed(Naming::Direct) && listed(Naming::Account)
            }
            PrincipalKind::Service(_) | PrincipalKind::Federated(_) | PrincipalKind::Anonymous => {
                listed(Naming::Direct)
            }
        }
    }
}

/// Whether the caller is a principal of this account.
fn is_of_account(caller: &Principal, account: &str) -> bool {
    let has_account = !matches!(
        caller.kind,
        PrincipalKind::Service(_) | PrincipalKind::Federated(_) | PrincipalKind::Anonymous
    );
    has_account && caller.account.as_deref() == Some(account)
}

/// How a user, role or session ARN names the caller. Also used for the grantees of KMS grants.
pub fn arn_names(caller: &Principal, arn: &str) -> Option<Naming> {
    match &caller.kind {
        PrincipalKind::User(own) | PrincipalKind::FederatedUser(own) | PrincipalKind::Other(own) => {
            (**own == *arn).then_some(Naming::Direct)
        }
        PrincipalKind::Role(own) => (**own == *arn).then_some(Naming::Role),
        PrincipalKind::RoleSession(own) if **own == *arn => Some(Naming::Direct),
        PrincipalKind::RoleSession(own) => is_session_of(own, arn).then_some(Naming::Role),
        PrincipalKind::Root
        | PrincipalKind::Service(_)
        | PrincipalKind::Federated(_)
        | PrincipalKind::Anonymous => None,
    }
}

/// Whether a session is one of a role: same account, same name. A session's ARN carries no path.
fn is_session_of(session: &str, role: &str) -> bool {
    let (Some(session), Some(role)) = (Arn::parse(session), Arn::parse(role)) else { return false };
    let session_role = session.resource.strip_prefix("assumed-role/").and_then(|r| r.split('/').next());
    let role_name = role.resource.strip_prefix("role/").and_then(|r| r.rsplit('/').next());
    role.service == "iam"
        && role.account == session.account
        && session_role.is_some()
        && session_role == role_name
}
