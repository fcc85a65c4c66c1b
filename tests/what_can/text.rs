//! What people read.

use gateproof::ask::{CrossCheck, Estate, EstateOptions, Extent, Settings};
use gateproof::question::Selector;
use gateproof::render::effective::text;
use std::path::Path;

fn printed(principal: &str) -> String {
    let estate = Estate::load(Path::new("corpus/snapshots/acme"), EstateOptions::default()).unwrap();
    let selector: Selector = principal.parse().unwrap();
    let settings = Settings { cross_check: CrossCheck::Never, ..Settings::default() };
    let printed = text(&estate.what_can(&[selector], &Extent::default(), &settings).unwrap(), &[]);
    // How many formulas it takes is the engine's business.
    let lines =
        printed.lines().filter(|l| !l.starts_with("  compared  ") && !l.contains(" comparisons of single "));
    lines.map(|l| format!("{l}\n")).collect()
}

#[test]
fn a_user_within_a_boundary() {
    insta::assert_snapshot!(printed("user/dave.okafor"));
}

#[test]
fn a_role_under_an_allow_list_of_services() {
    insta::assert_snapshot!(printed("role/payments-task"));
}

#[test]
fn an_administrator_is_a_short_answer() {
    let printed = printed("arn:aws:iam::222222222222:role/acme-breakglass");
    assert!(printed.lines().count() < 200, "{} lines", printed.lines().count());
    insta::assert_snapshot!(printed);
}
