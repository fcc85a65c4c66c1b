//! The golden questions and the organizations that they are about.

use gateproof::ask::{Estate, EstateOptions};
use serde_json::Value;
use std::path::Path;

/// The golden questions, with what is expected of them.
pub fn golden() -> Vec<Value> {
    serde_json::from_str(&std::fs::read_to_string("corpus/snapshots/golden.json").unwrap()).unwrap()
}

/// One of the example organizations.
pub fn example(twin: &str) -> Estate {
    Estate::load(&Path::new("corpus/snapshots").join(twin), EstateOptions::default()).unwrap()
}
