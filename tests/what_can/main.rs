//! `what-can`: the derived documents, read back and decided by the reference evaluator as the only policies, agree
//! with the real policies.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod examples;
mod random;
mod text;

use gateproof::ask::{Effective, Estate};
use gateproof_model::evaluator::{Outcome, World, evaluate};
use gateproof_model::request::{Principal, PrincipalKind, Request};

/// SplitMix64: a seed means the same for ever.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(bound).unwrap()).unwrap()
    }

    fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }
}

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
