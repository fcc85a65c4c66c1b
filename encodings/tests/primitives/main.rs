//! The attack steps that come with gateproof, and what a file of one may not say.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "tests"
)]

mod documentation;
mod refusals;
mod schema;

use gateproof_encodings::primitive::{Effect, Primitive, embedded};
use std::path::Path;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn all() -> &'static [Primitive] {
    embedded().unwrap()
}

#[test]
fn every_file_is_read_once_and_in_order() {
    let ids: Vec<&str> = all().iter().map(|p| p.id.as_str()).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    let folder = std::fs::read_dir(root().join("encodings/primitives")).unwrap();
    let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(ids.len(), names.filter(|name| name.ends_with(".yaml")).count());
}

#[test]
fn every_step_says_where_it_is_described_and_which_calls_it_takes() {
    for step in all() {
        assert!(!step.refs.is_empty(), "{}", step.id);
        assert!(
            step.refs.iter().all(|r| r.split_once(':').is_some_and(|(c, i)| !c.is_empty() && !i.is_empty()))
        );
        assert!(step.witness.iter().any(|call| !call.optional), "{}", step.id);
        assert!(step.state.iter().chain(&step.external).all(|s| s.ends_with('.')), "{}", step.id);
    }
}

/// A role that a service hands out must be one that the service may assume.
#[test]
fn code_and_calls_run_under_roles_that_trust_the_service() {
    for step in all() {
        for effect in &step.effects {
            let Effect::Control(control) = effect else { continue };
            let Some(service) = &control.service else { continue };
            let role = &step.bind[&control.principal.variable];
            let by_pool = service == "cognito-identity.amazonaws.com";
            // Whether a pipeline's action may use its role is a state: some are handed out by the pipeline's own role.
            let by_pipeline = step.state.iter().any(|s| s.starts_with("The pipeline works, "));
            let same = |t: &String| t.contains(service.as_str()) || t.starts_with("cloudformation.sync.");
            assert!(
                by_pool || by_pipeline || role.trusts.0.iter().any(same),
                "{}: {service}, {:?}",
                step.id,
                role.trusts
            );
        }
    }
}
