//! The layers that apply to a request, and what each of them says.
//!
//! IAM User Guide, "Policy evaluation logic"; AWS Organizations User Guide, "Service control
//! policies" and "Resource control policies". CONFORMANCE 1.1, 1.2, 1.3, 1.5, 1.6, 1.7.

use super::Evaluation;
use super::explanation::{Layer, Reason};
use super::principal::Naming;
use super::resource::ResourceKind;
use super::special;
use crate::policy::{Document, Effect, Statement};
use crate::request::PrincipalKind;
use std::sync::Arc;

/// A statement and its document.
pub type Found<'a> = (&'a Document, &'a Statement);

/// What a limiting layer says.
#[derive(Debug, Clone, Copy)]
pub enum Limit<'a> {
    /// The layer does not apply.
    Absent,
    /// It allows, by this statement.
    Allows(Found<'a>),
    /// It applies and nothing in it allows.
    Lacks,
}

impl<'a> Limit<'a> {
    fn of(found: Option<Found<'a>>) -> Self {
        found.map_or(Self::Lacks, Self::Allows)
    }

    /// Whether the layer leaves the request be.
    pub fn passes(self) -> bool {
        !matches!(self, Self::Lacks)
    }

    /// Adds what the layer says to what is given or to what is lacking.
    pub fn explain(self, layer: Layer, given: &mut Vec<Reason>, lacking: &mut Vec<Reason>) {
        match self {
            Self::Absent => {}
            Self::Allows((document, statement)) => given.push(Reason::of(layer, document, statement)),
            Self::Lacks => lacking.push(Reason::NoAllow(layer)),
        }
    }
}

/// The Allows of a resource policy, the first of each way of naming the caller.
#[derive(Debug, Clone, Copy, Default)]
pub struct ResourceAllows<'a> {
    /// By account.
    pub account: Option<Found<'a>>,
    /// By role ARN.
    pub role: Option<Found<'a>>,
    /// By itself.
    pub direct: Option<Found<'a>>,
}

impl<'a> ResourceAllows<'a> {
    /// Any of them, the strongest first.
    pub fn any(&self) -> Option<Found<'a>> {
        self.direct.or(self.role).or(self.account)
    }
}

/// What all layers say.
pub struct Findings<'a> {
    /// Every Deny that matches.
    pub denies: Vec<Reason>,
    /// The identity policies' first Allow.
    pub identity: Option<Found<'a>>,
    /// The permissions boundary.
    pub boundary: Limit<'a>,
    /// The session policies.
    pub session: Limit<'a>,
    /// The resource policy.
    pub resource: ResourceAllows<'a>,
    /// The levels of service control policies.
    scps: Vec<Limit<'a>>,
    /// The VPC endpoint's policy.
    endpoint: Limit<'a>,
}

impl<'a> Findings<'a> {
    /// The layers that must allow whatever else does.
    pub fn guardrails(&self) -> impl Iterator<Item = (Layer, Limit<'a>)> {
        let scps = self.scps.iter().enumerate().map(|(level, limit)| (Layer::Scp(level), *limit));
        scps.chain(std::iter::once((Layer::Endpoint, self.endpoint)))
    }
}

/// Whether permissions boundaries can limit callers of this kind.
///
/// IAM User Guide, "Permissions boundaries for IAM entities": users and roles have them.
pub fn can_have_boundary(kind: &PrincipalKind) -> bool {
    match kind {
        PrincipalKind::User(_)
        | PrincipalKind::Role(_)
        | PrincipalKind::RoleSession(_)
        | PrincipalKind::FederatedUser(_)
        | PrincipalKind::Other(_) => true,
        PrincipalKind::Root
        | PrincipalKind::Service(_)
        | PrincipalKind::Federated(_)
        | PrincipalKind::Anonymous => false,
    }
}

/// Looks through every layer that applies.
pub fn inspect<'a>(evaluation: &Evaluation<'a>) -> Findings<'a> {
    let policies = evaluation.policies;
    let caller = evaluation.principal();
    let mut denies = Vec::new();
    let resource_side_alone = evaluation.resource_side_alone();

    let identity = if resource_side_alone || caller.kind == PrincipalKind::Root {
        None
    } else {
        evaluation.scan_own(&policies.identity, Layer::Identity, &mut denies)
    };
    let boundary = match &policies.boundary {
        Some(documents) if can_have_boundary(&caller.kind) => {
            Limit::of(evaluation.scan_own(documents, Layer::Boundary, &mut denies))
        }
        _ => Limit::Absent,
    };
    let session = match &policies.session {
        _ if resource_side_alone => Limit::Absent,
        Some(documents) => Limit::of(evaluation.scan_own(documents, Layer::Session, &mut denies)),
        // "If you do not pass a policy, the resulting federated user session has no permissions"
        // (AWS STS API Reference, GetFederationToken).
        None if matches!(caller.kind, PrincipalKind::FederatedUser(_)) => Limit::Lacks,
        None => Limit::Absent,
    };
    let mut resource = ResourceAllows::default();
    if let Some(document) = &policies.resource
        && ResourceKind::of(evaluation) != ResourceKind::Ungoverned
        && !special::owner_keeps_bucket_policy(evaluation)
    {
        resource = evaluation.scan_resource(std::slice::from_ref(document), Layer::Resource, &mut denies);
    }
    // SCPs don't bind service-linked roles, nor callers that no account holds.
    let mut scps = Vec::new();
    if !resource_side_alone && !caller.is_service_linked_role() {
        for (level, documents) in policies.scps.iter().enumerate() {
            scps.push(Limit::of(evaluation.scan_own(documents, Layer::Scp(level), &mut denies)));
        }
    }
    // Each level of RCPs allows by RCPFullAWSAccess, so only what they deny counts.
    if rcps_apply(evaluation) {
        for (level, documents) in policies.rcps.iter().enumerate() {
            evaluation.scan_resource(documents, Layer::Rcp(level), &mut denies);
        }
    }
    let endpoint = match &policies.endpoint {
        None => Limit::Absent,
        Some(documents) => Limit::of(evaluation.scan_resource(documents, Layer::Endpoint, &mut denies).any()),
    };
    Findings { denies, identity, boundary, session, resource, scps, endpoint }
}

/// AWS Organizations User Guide, "Resource control policies", section "Resources and entities not
/// restricted by RCPs". CONFORMANCE 1.3.
fn rcps_apply(evaluation: &Evaluation<'_>) -> bool {
    !evaluation.principal().is_service_linked_role()
        && evaluation.action != "kms:retiregrant"
        && evaluation.world.catalogue.rcp_supported(evaluation.service())
}

impl<'a> Evaluation<'a> {
    /// Scans policies of the caller's side: no statement has a principal. The first Allow counts,
    /// and every Deny.
    fn scan_own(
        &self,
        documents: &'a [Arc<Document>],
        layer: Layer,
        denies: &mut Vec<Reason>,
    ) -> Option<Found<'a>> {
        let mut allow = None;
        for (document, statement) in statements(documents) {
            if statement.effect == Effect::Allow && allow.is_some() {
                continue;
            }
            let matches = self.action_fits(&statement.action)
                && self.resource_fits(statement.resource.as_ref())
                && self.conditions_hold(document, statement);
            match statement.effect {
                _ if !matches => {}
                Effect::Deny => denies.push(Reason::of(layer, document, statement)),
                Effect::Allow => allow = Some((document, statement)),
            }
        }
        allow
    }

    /// Scans policies whose statements name principals.
    fn scan_resource(
        &self,
        documents: &'a [Arc<Document>],
        layer: Layer,
        denies: &mut Vec<Reason>,
    ) -> ResourceAllows<'a> {
        let mut allows = ResourceAllows::default();
        for (document, statement) in statements(documents) {
            if !self.action_fits(&statement.action) || !self.resource_fits(statement.resource.as_ref()) {
                continue;
            }
            let Some(naming) = self.naming(document, statement) else { continue };
            if !self.conditions_hold(document, statement) {
                continue;
            }
            let place = match (statement.effect, naming) {
                (Effect::Deny, _) => {
                    denies.push(Reason::of(layer, document, statement));
                    continue;
                }
                (Effect::Allow, Naming::Account) => &mut allows.account,
                (Effect::Allow, Naming::Role) => &mut allows.role,
                (Effect::Allow, Naming::Direct) => &mut allows.direct,
            };
            place.get_or_insert((document, statement));
        }
        allows
    }
}

fn statements(documents: &[Arc<Document>]) -> impl Iterator<Item = Found<'_>> {
    documents.iter().flat_map(|d| d.statements.iter().map(move |s| (&**d, s)))
}
