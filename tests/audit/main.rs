//! `audit`: what each control says of the example organization, of what is planted in it, and where something is missing.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "tests"
)]

mod accounts;
mod approvals;
mod builds;
#[path = "../generate/copied.rs"]
mod copied;
mod delivery;
mod documentation;
mod example;
mod missing;
mod mutants;
mod records;
mod roles;
mod said;
mod silence;
mod sources;
mod stacks;

// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
