//! Consecutive versions of real AWS-managed policies: some of them, kept in `benches/data` (`scripts/policy_versions.py OUT 15`).
#![allow(clippy::unwrap_used, reason = "tests")]

use gateproof_benches::versions::{Pair, Tally};
use rayon::prelude::*;
use std::io::Read;

const PAIRS: &[u8] = include_bytes!("../data/policy-versions.jsonl.zst");

#[test]
fn every_pair_is_decided_and_its_regions_are_the_difference() {
    let mut text = String::new();
    ruzstd::decoding::StreamingDecoder::new(PAIRS).unwrap().read_to_string(&mut text).unwrap();
    let pairs = Pair::read_all(&text).unwrap();
    assert!(pairs.len() >= 300);
    let tallies: Vec<Tally> = pairs.par_chunks(40).map(|some| Tally::of(some, &[])).collect();
    let wrong: Vec<&String> = tallies.iter().flat_map(|tally| &tally.wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let (held, outside) = tallies.iter().map(Tally::tried).fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
    assert!(held >= 200 && outside >= 2_000, "{held} in regions, {outside} outside");
}
