//! Certificates of `reach`: that no chain of steps, however long, leads to the target.
//!
//! The certificate holds an inductive invariant: a set of facts (sessions, powers over policies) that contains the start,
//! and proofs of the guards that keep every step inside of it. [`verify_invariants()`] looks at every session, step and
//! binding anew ([`walk`]), by code that the search has no part in: for each, all that the step gives is in the
//! set, or something that it needs is refuted on the policies as the set leaves them.

mod covers;
mod document;
mod export;
mod folded;
mod given;
mod ground;
mod objects;
mod question;
mod settled;
mod verify;
mod walk;

pub use document::{
    Formula, Guard, GuardProof, InvariantCaller, InvariantCertificate, InvariantClaim, Steps,
};
pub use export::export_invariants;
pub use question::ReachQuestion;
pub use verify::{VerifiedInvariant, verify_invariants, verify_invariants_loaded};
