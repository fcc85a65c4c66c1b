//! The command line as users' scripts see it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod outputs;
mod program;
mod retreat;
mod snapshots;
mod strict;
mod timeout;
