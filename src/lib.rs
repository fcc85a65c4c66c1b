//! gateproof: answers questions about AWS permissions with a witness or a proof.

pub mod ask;
pub mod audit;
pub mod certificate;
pub mod check;
pub mod cli;
pub mod compare;
pub mod config;
pub mod decide;
pub mod engine;
pub mod escalation;
pub mod pipelines;
pub mod prove;
pub mod question;
pub mod render;
pub mod solver;
pub mod watchdog;
