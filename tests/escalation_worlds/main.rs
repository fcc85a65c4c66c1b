//! `reach` against brute force: small random worlds, every state of which is made and looked at, call by call, with the
//! reference evaluator alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod brute;
mod compare;
mod generate;
mod moves;
mod random;
mod reference;
mod shrink;
mod snapshot;
mod state;
mod world;

use compare::{Outcome, compare, settings};
use rayon::prelude::*;
use std::collections::BTreeMap;

#[test]
fn explore() {
    let count: u64 = std::env::var("BRUTE_COUNT").ok().and_then(|v| v.parse().ok()).unwrap_or(200);
    let from: u64 = std::env::var("BRUTE_FROM").ok().and_then(|v| v.parse().ok()).unwrap_or(0);
    let settings = settings();
    let outcomes: Vec<(u64, Outcome, u128)> = (from..from + count)
        .into_par_iter()
        .map(|seed| {
            let start = std::time::Instant::now();
            let outcome = compare(&generate::world(seed), &settings);
            (seed, outcome, start.elapsed().as_millis())
        })
        .collect();
    let mut tally: BTreeMap<String, usize> = BTreeMap::new();
    let mut shrunk = 0;
    for (seed, outcome, millis) in &outcomes {
        if *millis > 3000 {
            eprintln!("slow: {seed}: {millis} ms");
        }
        let name = match outcome {
            Outcome::Reachable { chain, settled } => {
                for id in chain {
                    *tally.entry(format!("  {id}")).or_default() += 1;
                }
                format!("reachable {} {settled}", chain.len())
            }
            Outcome::Undecided { reaches } => format!("undecided {reaches:?}"),
            Outcome::Wrong(_) => "wrong".to_owned(),
            other => format!("{other:?}"),
        };
        *tally.entry(name).or_default() += 1;
        if let Outcome::Wrong(what) = outcome {
            eprintln!("seed {seed}: {what}");
            if shrunk < 4 && std::env::var("BRUTE_SHRINK").is_ok() {
                shrunk += 1;
                let kind = what.split_whitespace().last().unwrap().to_owned();
                let small = shrink::shrink(
                    &generate::world(*seed),
                    &|w| matches!(compare(w, &settings), Outcome::Wrong(w) if w.split_whitespace().last() == Some(&kind)),
                );
                eprintln!("{:?}\n{}", compare(&small, &settings), text(&small));
            }
        }
    }
    eprintln!("{tally:#?}");
}

fn text(world: &world::World) -> String {
    let mut out =
        format!("start {} device {:?} target {:?}\n", world.arn(world.start), world.device, world.target);
    for (n, p) in world.principals.iter().enumerate() {
        out += &format!(
            "{} tag {:?} groups {:?} boundary {:?} attached {:?}\n",
            world.arn(n),
            p.tag,
            p.groups,
            p.boundary,
            p.attached
        );
        for s in &p.inline {
            out += &format!("   {}\n", serde_json::to_string(s).unwrap());
        }
        out += &format!("   trust {}\n", serde_json::to_string(&p.trust).unwrap());
    }
    for g in &world.groups {
        out += &format!("group {:?} {}\n", g.attached, serde_json::to_string(&g.inline).unwrap());
    }
    for g in &world.policies {
        out += &format!("policy {}\n", serde_json::to_string(&g.versions).unwrap());
    }
    out += &format!(
        "function {:?} project {:?} scp {:?} key {:?} bucket {:?}",
        world.function,
        world.project,
        world.scp.as_ref().map(|s| serde_json::to_string(s).unwrap()),
        world.key_policy.as_ref().map(|s| serde_json::to_string(s).unwrap()),
        world.bucket_policy
    );
    out
}
