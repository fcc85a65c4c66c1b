//! The independent proof checker: nothing is *impossible* before [`check()`] has accepted its proof.
//!
//! Small on purpose, and it shares no algorithm with the search: of `encodings` it knows the data
//! types only. It errs to one side: what it cannot follow it refuses.

mod check;
mod derivative;
mod interval;
mod lemma;
mod propagation;

pub use check::{Checked, Refusal, check};
pub use lemma::Flaw;
