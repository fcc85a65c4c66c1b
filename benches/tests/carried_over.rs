//! Steps whose requests were carried over from an object to those that are alike name the same objects as steps that were asked about
//! object by object.

#![expect(clippy::unwrap_used, reason = "tests")]

use gateproof::ask::{CrossCheck, Estate, EstateOptions, Settings};
use gateproof::escalation::{Edge, EscalationSettings};
use gateproof_benches::extended::write_extended_snapshot;
use gateproof_encodings::primitive::embedded;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use tempfile::TempDir;

fn edges(estate: &Estate, exhaustive: bool) -> Vec<Edge> {
    let ask = Settings { exhaustive, cross_check: CrossCheck::Never, ..Settings::default() };
    let primitives = embedded().unwrap().to_vec();
    estate.edges(&EscalationSettings { ask, primitives, chains: 1, all_paths: false, for_anyone: false })
}

/// Who calls what on which known object, by step; new objects and what lies under an object may be named anyhow.
fn told(estate: &Estate, edges: &[Edge]) -> BTreeMap<String, BTreeSet<String>> {
    let is_known = |arn: &str| {
        let snapshot = &estate.snapshot;
        snapshot.principal(arn).is_some() || snapshot.resource(arn).is_some()
    };
    let each = edges.iter().map(|edge| {
        let step = format!("{} {} {:?} {}", edge.from, edge.technique, edge.to, edge.gains);
        let on_known = edge.requests.iter().filter(|request| is_known(&request.resource));
        let requests = on_known.map(|r| format!("{} {} {}", r.caller, r.action, r.resource));
        (step, requests.collect())
    });
    each.collect()
}

#[test]
fn steps_that_were_carried_over_name_their_own_objects() {
    (1..=6u64).into_par_iter().for_each(|seed| {
        let directory = TempDir::new().unwrap();
        write_extended_snapshot(directory.path(), 40, seed).unwrap();
        let estate = Estate::load(directory.path(), EstateOptions::default()).unwrap();
        let carried = edges(&estate, false);
        assert!(carried.len() > 100, "{} steps", carried.len());
        let asked = edges(&estate, true);
        assert_eq!(told(&estate, &carried), told(&estate, &asked), "seed {seed}");
        for edge in carried.iter().chain(&asked) {
            let requests = serde_json::to_string(&edge.requests).unwrap();
            let named =
                edge.assumptions.iter().filter_map(|text| text.strip_suffix("` exists, or can be created"));
            for arn in named.filter_map(|text| text.strip_prefix('`')) {
                let is_asked_about = requests.contains(&format!("{arn:?}"));
                assert!(is_asked_about, "seed {seed}: {} {}: {arn}", edge.from, edge.technique);
            }
        }
    });
}
