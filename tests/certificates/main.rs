//! Certificates: whatever is impossible can be written down and is accepted; what was changed is refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

#[path = "../golden/asked.rs"]
mod asked;
mod calls;
mod claims;
#[path = "../generate/copied.rs"]
mod copied;
mod examples;
mod files;
#[path = "../golden/examples.rs"]
mod golden;
mod invariant_mutants;
mod invariants;
mod pipelines;
mod proofs;
mod questions;
#[path = "../generate/random.rs"]
mod random;
mod random_accounts;
mod reference;
mod snapshots;
mod worlds;
