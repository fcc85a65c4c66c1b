//! Two snapshots compared: who gains and loses what.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use gateproof::ask::{Estate, EstateOptions, Settings};
use gateproof::compare::compare_estates;
use std::path::Path;

fn load(path: &str) -> Estate {
    Estate::load(Path::new(path), EstateOptions::default()).unwrap()
}

#[test]
fn look() {
    let (old, new) = (load("corpus/snapshots/acme"), load("corpus/snapshots/acme-fixed"));
    for (a, b) in [(&old, &old), (&old, &new)] {
        let start = std::time::Instant::now();
        let all = compare_estates(a, b, &[], &Settings::default()).unwrap();
        println!("{:?} {} {} {:?} {:?}", all.relation, all.compared, all.principals.len(), all.formulas, start.elapsed());
        println!("{:#?} {:#?}", all.assumptions, all.undecided);
        for p in &all.principals {
            println!("{} {:?} {} {} ", p.id, p.relation, p.in_old, p.in_new);
            for (w, rs) in [("gained", &p.gained), ("lost", &p.lost)] {
                for r in rs {
                    let many: String = r.actions.join(" ").chars().take(300).collect();
                    println!("  {w} {many} ON {} | {} {} | {:?}", r.resources.join(" "), r.witness.steps[0].action, r.witness.steps[0].resource, r.assumptions);
                }
            }
            println!("   {:?}", p.undecided.iter().take(3).collect::<Vec<_>>());
        }
    }
}
