//! The checker against brute force: requests tried one by one, truth tables, proofs made worse.
#![allow(clippy::unwrap_used, reason = "tests")]

mod lemmas;
mod mutants;
mod requests;
mod steps;
