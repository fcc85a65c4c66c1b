//! gateproof: answers questions about AWS permissions with a witness or a proof.

pub mod ask;
pub mod decide;
pub mod engine;
pub mod question;
pub mod solver;
