//! Answers as text for people and as JSON for programs. The same answers give the same bytes.

pub mod audit;
pub mod chains;
pub mod check;
pub mod collection;
pub mod compare;
pub mod effective;
mod everybody;
pub mod fix;
pub mod invariants;
pub mod json;
pub mod junit;
pub mod pipelines;
pub mod policy_check;
pub mod prove;
pub mod report;
pub mod sarif;
pub mod table;
pub mod text;
pub mod verification;
