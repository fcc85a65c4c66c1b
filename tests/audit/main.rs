//! `audit`: what each control says of the example organization, of what is planted in it, and where something is missing.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "tests"
)]

mod accounts;
mod builds;
mod delivery;
mod documentation;
mod example;
mod mutants;
mod roles;
mod said;
mod silence;

// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
