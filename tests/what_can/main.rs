//! `what-can`: the derived documents, read back and decided by the reference evaluator as the only policies, agree
//! with the real policies.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

#[path = "../generate/conditions.rs"]
mod conditions;
mod examples;
mod labels;
#[path = "../generate/random.rs"]
#[allow(dead_code, reason = "only some of it is used")]
mod random;
mod text;

use gateproof::ask::{Effective, Estate};
use gateproof_model::evaluator::{Outcome, World, evaluate};
use gateproof_model::request::{Principal, PrincipalKind, Request};

/// What the documents alone make of a request.
fn by_documents(estate: &Estate, answer: &Effective, request: &Request) -> bool {
    let account = answer.account.as_deref().unwrap();
    let mut request = request.clone();
    request.resource_account = Some(account.to_owned());
    if request.principal.kind == PrincipalKind::Root {
        // No policy can be attached to a root user.
        request.principal = Principal::from_arn(&format!("arn:aws:iam::{account}:user/holder"), None);
    }
    let world = World { rules: estate.rules, catalogue: estate.catalogue, assume: &|_| false };
    let policies = Estate::only_policies(&answer.documents, account);
    evaluate(&policies, &request, &world).outcome == Outcome::Allowed
}
