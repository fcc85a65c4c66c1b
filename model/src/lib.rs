//! What the files say: the policy language, ARNs, conditions, requests, accounts, the
//! organization, the catalogue of actions, and the reference evaluator.
//!
//! No solver is known here, and nothing but [`snapshot`] reads files.

pub mod account;
pub mod arn;
pub mod assumption;
pub mod catalogue;
pub mod configuration;
pub mod decide;
pub mod evaluator;
pub mod inventory;
pub mod json;
pub mod operand;
pub mod operator;
pub mod organization;
pub mod overlay;
pub mod pattern;
pub mod pipeline;
pub mod policy;
pub mod policy_parse;
pub mod policy_set;
pub mod problem;
pub mod request;
pub mod resource;
pub mod rules;
pub mod snapshot;
pub mod text;
pub mod untold;
