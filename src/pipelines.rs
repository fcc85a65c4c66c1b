//! Pipelines: what each action runs and with which role, where artifacts go, and who can change, start and approve it.
//!
//! The structure is AWS's own ([`gateproof_model::pipeline`]); roles are looked up in the inventory; who can do what is a question to the
//! estate, answered exactly. What is missing is named with the command that tells it.

mod map;
mod people;
mod selectors;

pub use crate::question::Untold;
pub use gateproof_model::pipeline::{Ran, Runs};
pub use map::{Map, MappedAction, MappedPipeline, MappedStage, Store, StoreKey};
pub use people::{Ability, Person};
