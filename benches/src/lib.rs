//! Generated accounts and the measurements on them.

pub mod account;
pub mod escalation;
pub mod extended;
pub mod measure;
pub mod organization;
pub mod pages;
pub mod pipelines;
mod principals;
pub mod questions;
pub mod random;
mod resources;
pub mod spread;
mod statements;
mod trust;
pub mod versions;

// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The seed of the measured accounts.
pub const SEED: u64 = 20_261_122;
