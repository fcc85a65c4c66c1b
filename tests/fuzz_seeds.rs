//! The properties of the fuzz targets over seeds and pinned mutations of them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "tests")]

#[path = "generate/requests.rs"]
#[allow(dead_code, reason = "only some of it is used")]
mod generate;
#[path = "../fuzz/src/lib.rs"]
mod properties;

use generate::{Random, line};
use rayon::prelude::*;

/// Mutations of each seed and target.
const MUTATIONS: u64 = 100;

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = (0..12).map(|n| line(n).to_string().into_bytes()).collect();
    let policies: Vec<Vec<u8>> =
        (20..30).map(|n| line(n)["policies"]["identity"][0].to_string().into_bytes()).collect();
    seeds.extend(policies);
    let details =
        "corpus/snapshots/acme/accounts/111111111111/global/iam/get-account-authorization-details.json";
    seeds.push(std::fs::read(details).unwrap());
    let texts = [
        "aws:MultiFactorAuthPresent!=true",
        "aws:TagKeys=[a,b]",
        "aws:PrincipalTag/team~red-*",
        "oidc:token.actions.githubusercontent.com?sub=repo%3Aacme%2Fx",
        "tag:team=red*",
        "arn:aws:iam::111122223333:role/x",
        "(set-logic ALL)\n(declare-const |text action| String)\n(assert (str.in_re |text action| re.all))\n(check-sat)\n(get-model)\n",
    ];
    seeds.extend(texts.map(|t| t.as_bytes().to_vec()));
    seeds.extend((0..40u64).map(|n| {
        let mut random = Random::new(n);
        (0..48).map(|_| u8::try_from(random.below(256)).unwrap()).collect()
    }));
    seeds
}

/// A byte changed, dropped or doubled, a stretch dropped or repeated.
fn mutate(random: &mut Random, bytes: &mut Vec<u8>) {
    if bytes.is_empty() {
        return;
    }
    let at = random.below(bytes.len());
    let to = (at + 1 + random.below(9)).min(bytes.len());
    match random.below(5) {
        0 => bytes[at] = u8::try_from(random.below(256)).unwrap(),
        1 => bytes[at] = *b"\"{}[]:,*?$\\\0("[..].get(random.below(13)).unwrap(),
        2 => drop(bytes.drain(at..to)),
        3 => {
            let again = bytes[at..to].to_vec();
            bytes.splice(at..at, again);
        }
        _ => bytes.truncate(at),
    }
}

#[test]
fn properties_hold_of_seeds_and_mutations() {
    let seeds = seeds();
    let count = u64::try_from(seeds.len()).unwrap();
    (0..count * MUTATIONS).into_par_iter().for_each(|n| {
        let mut random = Random::new(n);
        let mut bytes = seeds[usize::try_from(n % count).unwrap()].clone();
        // The first round are the seeds themselves.
        for _ in 0..(n / count).min(8) {
            mutate(&mut random, &mut bytes);
        }
        for (_, property) in properties::TARGETS {
            property(&bytes);
        }
    });
}
