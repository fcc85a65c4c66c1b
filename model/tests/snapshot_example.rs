//! The example organization reads without a problem, and every principal is there.
#![allow(clippy::unwrap_used, reason = "tests")]

use gateproof_model::snapshot::{LoadOptions, Snapshot};
use std::path::Path;

const ACCOUNTS: [&str; 4] = ["111111111111", "222222222222", "333333333333", "444444444444"];

/// Principals of one account, its root user included, from its lone account details.
fn principals(twin: &str, account: &str) -> usize {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../corpus/snapshots")
        .join(twin)
        .join("accounts")
        .join(account)
        .join("global/iam/get-account-authorization-details.json");
    let snapshot = Snapshot::load(&path, &LoadOptions::default()).unwrap();
    assert_eq!(snapshot.problems(), &[], "{twin}, {account}");
    assert_eq!(snapshot.blind_spots(), &[], "{twin}, {account}");
    snapshot.principals().len()
}

#[test]
fn the_vulnerable_twin_has_62_users_and_roles() {
    assert_eq!(ACCOUNTS.map(|account| principals("acme", account)), [8, 30, 13, 15]);
}

#[test]
fn the_fixed_twin_has_68_users_and_roles() {
    assert_eq!(ACCOUNTS.map(|account| principals("acme-fixed", account)), [8, 35, 13, 16]);
}
