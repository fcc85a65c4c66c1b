//! The reference evaluator: one concrete request, one decision, with its explanation.
//!
//! Written straight from AWS's documentation (IAM User Guide, "Policy evaluation logic") and meant
//! to be obvious rather than clever. It shares no code with the encodings, which answer the same
//! questions by other means and are compared with it. CONFORMANCE sections 1, 2 and 3.

mod block_public_access;
mod condition;
mod context_value;
mod core_grant;
mod explanation;
pub mod glob;
mod kms;
mod layers;
mod principal;
mod resource;
mod special;
mod statement;

pub use block_public_access::{CONFINING_KEYS, is_narrow, is_public};
pub use explanation::{Decision, Layer, Outcome, Reason};

use crate::catalogue::Catalogue;
use crate::policy_set::PolicySet;
use crate::request::{Principal, PrincipalKind, Request};
use crate::rules::Rules;
use crate::text::fold_text;
use std::cell::RefCell;
use std::sync::Arc;

/// What the evaluator must know beside the policies and the request.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// How to read what the documentation leaves open.
    pub rules: Rules,
    /// Which keys are multivalued, and which services resource control policies cover.
    pub catalogue: &'a Catalogue,
    /// Whether a named assumption is taken to hold; see [`crate::assumption`].
    pub assume: &'a (dyn Fn(&str) -> bool + Sync),
}

impl<'a> World<'a> {
    /// The rules as the program takes them, no assumption taken to hold.
    pub fn new(catalogue: &'a Catalogue) -> Self {
        Self { rules: Rules::default(), catalogue, assume: &|_| false }
    }
}

/// Decides one request.
///
/// `Allowed` exactly if no Deny matches in any layer that applies, every service control policy
/// level and the endpoint policy allow, and the core grant holds (CONFORMANCE 1.1 to 1.8). The
/// request's context is taken as complete: nothing is derived from the principal.
pub fn evaluate(policies: &PolicySet, request: &Request, world: &World<'_>) -> Decision {
    let evaluation = Evaluation::new(policies, request, world);
    let (outcome, because) = decide(&evaluation);
    Decision { outcome, because, assumed: evaluation.assumed.into_inner() }
}

fn decide(evaluation: &Evaluation<'_>) -> (Outcome, Vec<Reason>) {
    if let Some(reason) = special::needs_no_permission(evaluation) {
        return (Outcome::Allowed, vec![reason]);
    }
    let findings = layers::inspect(evaluation);
    if !findings.denies.is_empty() {
        return (Outcome::ExplicitlyDenied, findings.denies);
    }
    let (mut given, mut lacking) = (Vec::new(), Vec::new());
    for (layer, limit) in findings.guardrails() {
        limit.explain(layer, &mut given, &mut lacking);
    }
    match core_grant::grant(evaluation, &findings) {
        Ok(reasons) => given.extend(reasons),
        Err(reasons) => lacking.extend(reasons),
    }
    lacking.extend(special::root_cannot_assume(evaluation));
    lacking.extend(special::session_cannot_call(evaluation));
    lacking.extend(special::kept_by_aws(evaluation));
    lacking.extend(block_public_access::cut(evaluation));
    if lacking.is_empty() { (Outcome::Allowed, given) } else { (Outcome::ImplicitlyDenied, lacking) }
}

/// One evaluation: what is asked, and which assumptions it came upon.
struct Evaluation<'a> {
    policies: &'a PolicySet,
    request: &'a Request,
    world: &'a World<'a>,
    /// The action, folded as the patterns are.
    action: String,
    assumed: RefCell<Vec<(Arc<str>, bool)>>,
}

impl<'a> Evaluation<'a> {
    fn new(policies: &'a PolicySet, request: &'a Request, world: &'a World<'a>) -> Self {
        let action = fold_text(&request.action);
        Self { policies, request, world, action, assumed: RefCell::new(Vec::new()) }
    }

    fn principal(&self) -> &'a Principal {
        &self.request.principal
    }

    /// The service prefix of the action, folded.
    fn service(&self) -> &str {
        self.action.split_once(':').map_or("", |(service, _)| service)
    }

    /// Whether the assumption holds; notes that it was asked for.
    fn assume(&self, name: Arc<str>) -> bool {
        let mut assumed = self.assumed.borrow_mut();
        if let Some((_, holds)) = assumed.iter().find(|(known, _)| *known == name) {
            return *holds;
        }
        let holds = (self.world.assume)(&name);
        assumed.push((name, holds));
        holds
    }

    /// Whether the caller has no identity policies at all: only the resource's side decides.
    ///
    /// IAM User Guide, "Policy evaluation logic"; CONFORMANCE 1.4.4, 1.4.5.
    fn resource_side_alone(&self) -> bool {
        matches!(
            self.principal().kind,
            PrincipalKind::Service(_) | PrincipalKind::Federated(_) | PrincipalKind::Anonymous
        )
    }

    /// Whether caller and resource belong to the same account.
    ///
    /// The resource's account is the one given, else the one its ARN names, else the caller's.
    /// Root sessions are opened by administrators of the organization: the member account is not asked.
    fn same_account(&self) -> bool {
        if special::opens_root_session(self) {
            return true;
        }
        let caller = self.principal().account.as_deref();
        let owner = self
            .request
            .resource_account
            .as_deref()
            .or_else(|| crate::arn::Arn::parse(&self.request.resource)?.account_id())
            .or(caller);
        caller == owner
    }
}
