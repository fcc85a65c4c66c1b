//! The command line as users' scripts see it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "tests"
)]

mod checks;
mod collection;
mod compare;
#[path = "../generate/copied.rs"]
mod copied;
mod documentation;
mod escalation;
mod export;
mod map;
mod outputs;
mod program;
mod refusals;
mod reports;
mod retreat;
mod sarif;
mod schema;
mod secrets;
mod selectors;
mod snapshots;
mod strict;
mod timeout;
mod uncollected;
mod waivers;
mod what_can;
