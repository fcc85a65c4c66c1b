//! Changes to the example organization, and what is proved of each: gaps closed and not, needs kept and lost, things opened, statements
//! without effect, and proposals.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod changes;
mod controls;
#[path = "../generate/copied.rs"]
mod copied;
mod fixes;
mod remedies;
mod triples;
mod world;
