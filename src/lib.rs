//! gateproof: answers questions about AWS permissions with a witness or a proof.

pub mod solver;
