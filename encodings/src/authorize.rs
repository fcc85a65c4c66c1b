//! All layers of one request as a formula.
//!
//! IAM User Guide, "Policy evaluation logic" and "Cross-account policy evaluation logic"; AWS Organizations
//! User Guide, "SCP evaluation" and "Resource control policies"; AWS KMS Developer Guide, "Key policies in
//! AWS KMS" and "Grants in AWS KMS". CONFORMANCE 1.1 to 1.8.

use crate::compiled::CompiledDocument;
use crate::encoder::{Encoder, Subject};
use crate::field::Field;
use crate::layers::Layers;
use crate::scope::{Caller, RcpSupport, ResourceRule};
use crate::term::{Term, Terms};
use gateproof_model::account::is_service_linked_role;
use gateproof_model::policy::Effect;
use gateproof_model::request::PrincipalKind;
use std::sync::Arc;

/// The actions that succeed without any policy, the second for users and root users only.
///
/// AWS STS API Reference, GetCallerIdentity and GetSessionToken: "no permissions are required".
pub const FREE_ACTIONS: [&str; 2] = ["sts:GetCallerIdentity", "sts:GetSessionToken"];

/// The action that opens a session of a member account's root user, in lower case.
pub const ROOT_SESSION: &str = "sts:assumeroot";

/// Whether the action, in lower case, reads or changes the policy of a bucket.
pub fn concerns_bucket_policy(action: &str) -> bool {
    matches!(
        action.split_once(':'),
        Some(("s3" | "s3express", "deletebucketpolicy" | "getbucketpolicy" | "putbucketpolicy"))
    )
}

/// The two halves of a decision: a request is allowed iff `granted` and not `denied`; it is denied
/// explicitly iff `denied`.
#[derive(Debug, Clone, Copy)]
pub struct Authorization {
    /// Some Deny statement that binds the request matches.
    pub denied: Term,
    /// Every layer that must allow does.
    pub granted: Term,
}

impl Authorization {
    /// The request is allowed.
    pub fn allowed(self, terms: &mut Terms) -> Term {
        let not_denied = terms.not(self.denied);
        terms.and([not_denied, self.granted])
    }
}

/// What the resource's policy grants the caller, by the way it names it.
struct ResourceGrant {
    directly: Term,
    by_role: Term,
    by_account: Term,
}

impl Encoder<'_> {
    /// Encodes the decision on the request under the policies.
    pub fn authorize(&mut self, policies: &Layers<'_>) -> Authorization {
        if let Some(granted) = self.without_permission() {
            return Authorization { denied: Terms::FALSE, granted };
        }
        let granted = self.granted(policies);
        if granted == Terms::FALSE {
            // Nothing can be allowed; whether a Deny matches too only matters to its name.
            return Authorization { denied: self.denied(policies), granted };
        }
        Authorization { denied: self.denied(policies), granted }
    }

    /// `sts:GetCallerIdentity` and, for users and root, `sts:GetSessionToken`.
    ///
    /// AWS STS API Reference: "no permissions are required to perform this operation" and cannot be denied.
    fn without_permission(&mut self) -> Option<Term> {
        match self.scope.action.as_deref()? {
            "sts:getcalleridentity" => Some(Terms::TRUE),
            "sts:getsessiontoken" => match &self.scope.caller {
                Caller::Known(p) if matches!(p.kind, PrincipalKind::User(_) | PrincipalKind::Root) => {
                    Some(Terms::TRUE)
                }
                Caller::Outsider { account } => {
                    let account = account.clone();
                    Some(self.is_user_of(&account))
                }
                Caller::Known(_) | Caller::RoleSession { .. } => None,
            },
            _ => None,
        }
    }

    fn kind(&self) -> Option<&PrincipalKind> {
        match &self.scope.caller {
            Caller::Known(p) => Some(&p.kind),
            _ => None,
        }
    }

    fn is_root(&self) -> bool {
        matches!(self.kind(), Some(PrincipalKind::Root))
    }

    /// Callers without identity policies: services, token holders, anonymous.
    fn has_no_identity_side(&self) -> bool {
        matches!(
            self.kind(),
            Some(PrincipalKind::Service(_) | PrincipalKind::Federated(_) | PrincipalKind::Anonymous)
        )
    }

    fn is_service_linked(&self) -> bool {
        match &self.scope.caller {
            Caller::Known(p) => p.is_service_linked_role(),
            Caller::RoleSession { role, .. } => is_service_linked_role(role),
            Caller::Outsider { .. } => false,
        }
    }

    fn scps_bind(&self) -> bool {
        !self.has_no_identity_side() && !self.is_service_linked()
    }

    fn rcps_bind(&mut self) -> Term {
        if self.is_service_linked() || self.scope.action.as_deref() == Some("kms:retiregrant") {
            return Terms::FALSE;
        }
        match &self.scope.rcp_support {
            RcpSupport::Yes => Terms::TRUE,
            RcpSupport::No => Terms::FALSE,
            RcpSupport::Within(actions) => self.in_set(&Subject::Open(Field::Action), &actions.clone()),
        }
    }

    /// IAM User Guide, "Compare AWS STS credentials": what federated users and role sessions can't call.
    fn session_cannot_call(&self) -> bool {
        let action = self.scope.action.as_deref().unwrap_or_default();
        let role = ["sts:getfederationtoken", "sts:getsessiontoken"].contains(&action);
        match (&self.scope.caller, self.kind()) {
            (Caller::RoleSession { .. }, _)
            | (_, Some(PrincipalKind::Role(_) | PrincipalKind::RoleSession(_))) => role,
            (_, Some(PrincipalKind::FederatedUser(_))) => action.starts_with("sts:"),
            _ => false,
        }
    }

    /// Root sessions of member accounts are the organization's to give: the other account has no say.
    ///
    /// AWS STS API Reference, AssumeRoot. CONFORMANCE 1.4.8.
    fn opens_root_session(&self) -> bool {
        self.scope.action.as_deref() == Some(ROOT_SESSION)
    }

    fn resource_policy_counts(&self) -> bool {
        self.scope.rule != ResourceRule::Ungoverned && !self.owner_keeps_bucket_policy()
    }

    /// A bucket's policy doesn't lock out the root user of the bucket's account.
    ///
    /// Amazon S3 API Reference, PutBucketPolicy, GetBucketPolicy, DeleteBucketPolicy. CONFORMANCE 1.1.
    fn owner_keeps_bucket_policy(&self) -> bool {
        let action = self.scope.action.as_deref().unwrap_or_default();
        let own = self.scope.caller.account() == self.scope.resource_account.as_deref();
        own && self.is_root() && concerns_bucket_policy(action)
    }

    fn granted(&mut self, policies: &Layers<'_>) -> Term {
        if self.session_cannot_call() {
            return Terms::FALSE;
        }
        // AWS STS API Reference, AssumeRole, AssumeRoot: a root user cannot call it.
        let assuming = self.scope.action.as_deref() == Some("sts:assumerole") || self.opens_root_session();
        let root = if assuming { self.is_root_user() } else { Terms::FALSE };
        if root == Terms::TRUE {
            return Terms::FALSE;
        }
        let core = self.core_grant(policies);
        if core == Terms::FALSE {
            return core;
        }
        let mut parts = vec![core, self.terms.not(root), self.editable()];
        if self.scps_bind() {
            for level in policies.scps {
                let level = self.identity_allows(level);
                parts.push(level);
            }
        }
        if let Some(endpoint) = policies.endpoint {
            let mut allows = Vec::new();
            for document in endpoint {
                let grant = self.resource_grant(document);
                allows.extend([grant.directly, grant.by_role, grant.by_account]);
            }
            let endpoint = self.terms.or(allows);
            parts.push(endpoint);
        }
        self.terms.and(parts)
    }

    /// The grant itself, before the guardrails of the organization and the network.
    fn core_grant(&mut self, policies: &Layers<'_>) -> Term {
        let resource = match policies.resource {
            Some(document) if self.resource_policy_counts() => self.resource_grant(document),
            _ => ResourceGrant { directly: Terms::FALSE, by_role: Terms::FALSE, by_account: Terms::FALSE },
        };
        let any = self.terms.or([resource.directly, resource.by_role, resource.by_account]);
        let grants = self.kms_grants(policies.grants);
        let public_cut = self.public_access_cut(policies);
        if self.has_no_identity_side() {
            let open = self.terms.and([any, public_cut]);
            return self.terms.or([open, grants.to_caller]);
        }
        let capped = self.capped(policies);
        let allows = self.identity_side(policies);
        let own = self.terms.and([allows, capped]);
        let account = self.scope.caller.account();
        let same_account = account.is_some()
            && (account == self.scope.resource_account.as_deref() || self.opens_root_session());
        let policy = if same_account {
            let by_role = self.terms.and([resource.by_role, capped]);
            let identity = match self.scope.rule {
                ResourceRule::Ordinary | ResourceRule::Ungoverned => own,
                ResourceRule::Key | ResourceRule::Trust => self.terms.and([own, any]),
            };
            self.terms.or([identity, resource.directly, by_role])
        } else {
            self.terms.and([own, any, public_cut])
        };
        let to_caller = if same_account || self.rules.grant_suffices_across_accounts {
            grants.to_caller
        } else {
            self.terms.and([grants.to_caller, own])
        };
        let to_account = self.terms.and([grants.to_account, own]);
        self.terms.or([policy, to_caller, to_account])
    }

    /// What boundary and session policy leave of the identity side.
    fn capped(&mut self, policies: &Layers<'_>) -> Term {
        let boundary = match policies.boundary {
            Some(documents) if !self.is_root() => self.identity_allows(documents),
            _ => Terms::TRUE,
        };
        let session = match policies.session {
            Some(documents) => self.identity_allows(documents),
            // IAM User Guide, "Session policies": a federated user without one can do nothing by itself.
            None => Terms::constant(!matches!(self.kind(), Some(PrincipalKind::FederatedUser(_)))),
        };
        self.terms.and([boundary, session])
    }

    /// S3 Block Public Access leaves a public policy to the account's own principals and to services.
    fn public_access_cut(&self, policies: &Layers<'_>) -> Term {
        let s3 = self.scope.action.as_deref().is_none_or(|a| a.starts_with("s3:"));
        let service = matches!(self.kind(), Some(PrincipalKind::Service(_)));
        let public = || policies.resource.is_some_and(|document| document.is_public());
        Terms::constant(!(policies.block_public_access.restrict_public_buckets && s3 && !service && public()))
    }

    fn identity_side(&mut self, policies: &Layers<'_>) -> Term {
        if self.is_root() || matches!(self.scope.caller, Caller::Outsider { .. }) {
            return Terms::TRUE;
        }
        self.identity_allows(policies.identity)
    }

    /// Some Allow statement of these documents, which name no principal, applies.
    pub fn identity_allows(&mut self, documents: &[Arc<CompiledDocument>]) -> Term {
        let mut parts = Vec::new();
        for document in documents {
            for (n, statement) in self.concerned(document, Effect::Allow) {
                let part = self.statement(document, n, statement);
                if part == Terms::TRUE {
                    return part;
                }
                parts.push(part);
            }
        }
        self.terms.or(parts)
    }

    fn resource_grant(&mut self, document: &CompiledDocument) -> ResourceGrant {
        let (mut direct, mut role, mut account) = (Vec::new(), Vec::new(), Vec::new());
        for (n, statement) in self.concerned(document, Effect::Allow) {
            let Some(clause) = &statement.principal else { continue };
            let named = self.named(clause, &document.document, statement);
            if [named.directly.0, named.by_role.0, named.by_account.0] == [Terms::FALSE; 3] {
                continue;
            }
            let applies = self.statement(document, n, statement);
            direct.push(self.terms.and([named.directly.0, applies]));
            role.push(self.terms.and([named.by_role.0, applies]));
            account.push(self.terms.and([named.by_account.0, applies]));
        }
        ResourceGrant {
            directly: self.terms.or(direct),
            by_role: self.terms.or(role),
            by_account: self.terms.or(account),
        }
    }

    /// Some Deny statement that binds the request applies, in whatever layer.
    fn denied(&mut self, policies: &Layers<'_>) -> Term {
        let mut parts = Vec::new();
        if !self.has_no_identity_side() {
            parts.extend(self.denies(policies.session.unwrap_or_default()));
            // Identity policies and boundaries can't be attached to the root user.
            if !self.is_root() {
                parts.extend(self.denies(policies.identity));
                parts.extend(self.denies(policies.boundary.unwrap_or_default()));
            }
        }
        if self.scps_bind() {
            for level in policies.scps {
                parts.extend(self.denies(level));
            }
        }
        let bounded = policies.boundary.is_some();
        parts.extend(self.resource_side_denies(policies.endpoint.unwrap_or_default(), bounded));
        if self.resource_policy_counts()
            && let Some(policy) = policies.resource
        {
            parts.extend(self.resource_side_denies(std::slice::from_ref(policy), bounded));
        }
        let bound = self.rcps_bind();
        if bound != Terms::FALSE {
            for level in policies.rcps {
                let denies = self.resource_side_denies(level, bounded);
                let denied = self.terms.or(denies);
                parts.push(self.terms.and([bound, denied]));
            }
        }
        self.terms.or(parts)
    }

    /// The Deny statements of documents that name no principal, as far as they concern the action.
    pub fn denies(&mut self, documents: &[Arc<CompiledDocument>]) -> Vec<Term> {
        let mut parts = Vec::new();
        for document in documents {
            for (n, statement) in self.concerned(document, Effect::Deny) {
                parts.push(self.statement(document, n, statement));
            }
        }
        parts
    }

    fn resource_side_denies(&mut self, documents: &[Arc<CompiledDocument>], bounded: bool) -> Vec<Term> {
        let mut parts = Vec::new();
        for document in documents {
            for (n, statement) in self.concerned(document, Effect::Deny) {
                let Some(clause) = &statement.principal else { continue };
                let hit = self.hit(clause, &document.document, statement, bounded);
                if hit == Terms::FALSE {
                    continue;
                }
                let applies = self.statement(document, n, statement);
                parts.push(self.terms.and([hit, applies]));
            }
        }
        parts
    }
}
