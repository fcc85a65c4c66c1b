//! The command line.

use std::process::ExitCode;

// Formulas are many small allocations, from several threads at once: a third of the time with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(gateproof::cli::run())
}
