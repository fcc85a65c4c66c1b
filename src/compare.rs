//! Policies compared with each other, and snapshots.
//!
//! Two policy documents ([`Comparer`]): which requests does one allow that the other does not, as regions that cover the
//! difference exactly ([`DocumentComparison`])? The question is about the documents alone: nothing else limits or grants, and
//! every context key is open that the caller's identity doesn't fix. *Wider* comes with a request that the reference evaluator allows
//! under the one and refuses under the other; *not wider* with a proof that the checker has accepted. What no policy
//! decides is left out: `sts:GetCallerIdentity`, `sts:GetSessionToken`, and edits of what AWS keeps to itself.
//!
//! Two snapshots ([`compare_estates`]): the same for each principal under all its policies (`src/ask/between.rs`).

mod asking;
mod binding;
mod cells;
mod covering;
mod describe;
mod documents;
mod exhibit;
mod facts;
mod granting;
mod kind;
mod part;
mod read_back;
pub(crate) mod same;
mod seconded;
mod shape;
mod standing;
mod ties;

pub use crate::ask::{EstateComparison, Formulas, PrincipalComparison, Region, Relation, compare_estates};
pub use describe::{Described, DescribedCondition};
pub use documents::{DocumentComparison, DocumentRegion};
pub use exhibit::Exhibits;
pub use granting::{Access, Granting};
pub use kind::{PolicyKind, PolicyOf};
pub use read_back::PrintedRegion;

use crate::engine::{Limits, Memory};
use crate::solver::UnknownReason;
use asking::{Asked, Asking, Tools};
use gateproof_encodings::compiled::Compiler;
use gateproof_encodings::encoder::Encoder;
use gateproof_encodings::proof::Proof;
use gateproof_encodings::term::Term;
use gateproof_model::catalogue::{ActionId, Catalogue};
use gateproof_model::evaluator::Outcome;
use gateproof_model::policy::{Document, Source, Version};
use gateproof_model::request::Request;
use part::Stance;
use standing::{ACCOUNT, Standing, standings};
use std::sync::Arc;

/// Whether the first document allows what the second does not.
#[derive(Debug, Clone)]
pub enum Comparison {
    /// It does: this request.
    Wider(Arc<Request>),
    /// It doesn't: the proof.
    NotWider(Proof),
    /// Neither is shown.
    Undecided(UnknownReason),
}

/// Compares documents; what is prepared once is shared by all comparisons and threads.
pub struct Comparer {
    catalogue: &'static Catalogue,
    /// The catalogue's actions, by their place in a bit set.
    actions: Box<[ActionId]>,
    compiler: Compiler,
    memory: Memory,
    limits: Limits,
    /// The resource policy that leaves every decision to the account's identity policies.
    delegation: Arc<Document>,
    /// An identity policy that allows everything.
    permission: Arc<Document>,
    /// A user who has an identity policy.
    holder: Vec<Standing>,
}

impl Default for Comparer {
    fn default() -> Self {
        Self::within(Limits::default())
    }
}

impl Comparer {
    /// A comparer that gives up at these limits.
    pub fn within(limits: Limits) -> Self {
        let nothing = Arc::new(document("nothing", Vec::new()));
        Self {
            catalogue: Catalogue::embedded(),
            actions: Catalogue::embedded().actions().map(|action| action.id()).collect(),
            compiler: Compiler::default(),
            memory: Memory::default(),
            limits,
            delegation: delegation(),
            permission: permission(),
            holder: standings(&PolicyOf::kind(PolicyKind::Identity), [&nothing, &nothing]),
        }
    }

    fn tools(&self) -> Tools<'_> {
        Tools {
            catalogue: self.catalogue,
            compiler: &self.compiler,
            memory: &self.memory,
            limits: &self.limits,
            delegation: &self.delegation,
            permission: &self.permission,
        }
    }

    /// Whether `first` allows a request that `second` doesn't, both identity policies. `action`: only requests of this action.
    pub fn compare(&self, first: &Arc<Document>, second: &Arc<Document>, action: Option<&str>) -> Comparison {
        let accept = |request: &Request| self.allows(first, request) && !self.allows(second, request);
        self.find(first, Some(second), action, &accept)
    }

    /// Some request, of the action where one is given, that the document allows.
    pub fn exhibit(&self, document: &Arc<Document>, action: Option<&str>) -> Comparison {
        self.find(document, None, action, &|request| self.allows(document, request))
    }

    /// What the reference evaluator says of a request of somebody who has this identity policy alone.
    pub fn allows(&self, document: &Arc<Document>, request: &Request) -> bool {
        let decide = |user| self.tools().decide(document, user, request).outcome == Outcome::Allowed;
        self.holder.first().is_some_and(decide)
    }

    fn find(
        &self,
        first: &Arc<Document>,
        second: Option<&Arc<Document>>,
        action: Option<&str>,
        accept: &dyn Fn(&Request) -> bool,
    ) -> Comparison {
        let Some(user) = self.holder.first() else { return Comparison::Undecided(UnknownReason::Cancelled) };
        let documents: [&Document; 2] = [first, second.unwrap_or(first)];
        let asking = Asking { any_request_of: action, ..Asking::all(self.tools(), user, documents) };
        let goal = |encoder: &mut Encoder<'_>| {
            let allowed = encode_allowed(encoder, first);
            let Some(second) = second else { return allowed };
            let also = encode_allowed(encoder, second);
            let parts = [allowed, encoder.terms.not(also)];
            encoder.terms.and(parts)
        };
        match asking.search(&goal, accept) {
            Asked::Request(request) => Comparison::Wider(request),
            Asked::Nothing(proof) => Comparison::NotWider(proof),
            Asked::Unknown(reason) => Comparison::Undecided(reason),
        }
    }

    /// What decides of two documents for a caller.
    fn stances(&self, documents: [&Arc<Document>; 2], standing: &Standing) -> [Stance; 2] {
        let [first, second] = documents;
        let asking = Asking::all(self.tools(), standing, [first, second]);
        let mut terms = gateproof_encodings::term::Terms::default();
        let facts = asking.facts();
        let make = |encoder: &mut Encoder<'_>| documents.map(|d| Stance::of(d, standing, encoder));
        asking.encode(&mut terms, &facts, make).0
    }
}

/// The identity policy allows the request: some Allow applies, and no Deny.
fn encode_allowed(encoder: &mut Encoder<'_>, document: &Arc<Document>) -> Term {
    let compiled = [encoder.compiler.compile(document)];
    let allowed = encoder.identity_allows(&compiled);
    let denies = encoder.denies(&compiled);
    let denied = encoder.terms.or(denies);
    let not_denied = encoder.terms.not(denied);
    encoder.terms.and([allowed, not_denied])
}

/// What every resource has here: a policy that hands all decisions to the account's identity policies.
///
/// IAM User Guide, "AWS JSON policy elements: Principal", AWS account principals. CONFORMANCE 1.4.3.
fn delegation() -> Arc<Document> {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{ACCOUNT}"}},"Action":"*","Resource":"*"}}]}}"#
    );
    own(PolicyKind::Resource, &text, "delegation to the account")
}

fn permission() -> Arc<Document> {
    let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    own(PolicyKind::Identity, text, "permissions of its own")
}

/// A policy of this file; one that could not be read would allow nothing.
fn own(kind: PolicyKind, text: &str, name: &str) -> Arc<Document> {
    kind.parse_policy(text, name).unwrap_or_else(|_| Arc::new(document(name, Vec::new())))
}

fn document(name: &str, statements: Vec<gateproof_model::policy::Statement>) -> Document {
    let source = Source { policy: name.into(), file: "".into(), pointer: "".into() };
    Document { source, version: Version::V2012, statements }
}

/// An identity policy from its text; `None` where it is none.
pub fn parse_identity_policy(text: &str, name: &str) -> Option<Arc<Document>> {
    PolicyKind::Identity.parse_policy(text, name).ok()
}
