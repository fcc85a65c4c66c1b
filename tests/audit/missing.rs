//! For each control, what it reads is taken away: then it is unknown, and what is unknown doesn't hold.

use crate::said::{audit, audit_with, copied, intent, of};
use gateproof::ask::EstateOptions;
use gateproof::audit::{CONTROLS, Control, Judgement};
use gateproof::config::Config;
use gateproof_model::snapshot::Missing;
use rayon::prelude::*;
use std::fs;
use std::path::Path;

/// Without this there is no pipeline.
const KEPT: &str = "codepipeline get-pipeline";

/// The calls that a control says it reads, as `SERVICE OPERATION`.
fn calls(control: &Control) -> Vec<String> {
    let mut calls = Vec::new();
    for read in control.reads {
        let words = read.split(':').next().unwrap().replace(',', "");
        let mut words = words.split(' ');
        let Some(service) = words.next() else { continue };
        calls.extend(
            words.filter(|word| word.contains('-')).map(|operation| format!("{service} {operation}")),
        );
    }
    calls.retain(|call| call != KEPT);
    calls
}

/// Takes the outputs of a call away, of all accounts and regions.
fn take_away(snapshot: &Path, call: &str) {
    let (service, operation) = call.split_once(' ').unwrap();
    for account in fs::read_dir(snapshot.join("accounts")).unwrap() {
        for region in fs::read_dir(account.unwrap().path()).unwrap() {
            let at = region.unwrap().path().join(service).join(operation);
            if at.is_dir() {
                fs::remove_dir_all(&at).unwrap();
            }
            let file = at.with_extension("json");
            if file.is_file() {
                fs::remove_file(file).unwrap();
            }
        }
    }
}

fn unknown_without_what_it_reads(control: &'static Control) -> bool {
    let copy = copied();
    calls(control).iter().for_each(|call| take_away(copy.path(), call));
    // Policies of resources, whatever call they are from.
    if calls(control).iter().any(|call| call.ends_with("-policy")) {
        fs::remove_file(copy.path().join("resource-policies.json")).unwrap();
    }
    if control.reads.iter().any(|read| read.starts_with("organizations") || *read == "the organization") {
        fs::remove_dir_all(copy.path().join("organization")).unwrap();
    }
    let means = control.reads.iter().any(|read| read.starts_with("gateproof.toml"));
    let config =
        if means { Config::default() } else { Config::beside(copy.path(), Some(&intent())).unwrap() };
    let options = EstateOptions { missing: Missing::Unknown };
    let said = audit_with(copy.path(), &[control.id], &config, options);
    said.findings.iter().any(|f| f.control == control.id && f.verdict == Judgement::Unknown)
}

/// What these ask is answered by the pipelines themselves, and in the fixed twin by nothing else: without them there is nothing to ask.
const BY_PIPELINES: [&str; 5] = ["CP-A1", "CP-A10", "CP-A11", "CP-ROLE-2", "CP-SRC-4"];
/// The whole snapshot is what these read; in the fixed twin nobody has anything to do with what they ask where the rest is gone.
const BY_ALL: [&str; 4] = ["CP-CFN-7", "CP-ROLE-6", "OIDC-1", "OIDC-2"];

/// Where nobody of some account was collected, nothing holds that is said of everybody.
#[test]
fn whoever_was_not_collected_may_be_somebody() {
    let copy = copied();
    take_away(copy.path(), "iam get-account-authorization-details");
    let said = audit(copy.path(), &["CP-A3", "MP-1", "CDK-1", "CP-APR-3"], Some(&intent()));
    for control in ["CP-A3", "MP-1", "CDK-1", "CP-APR-3"] {
        let of_it = || of(&said, control, "prod-deploy", Judgement::Holds);
        assert!(of_it().is_empty(), "{control}: {:?}", of_it());
        let unknown = of(&said, control, "prod-deploy", Judgement::Unknown);
        let named = |f: &&gateproof::audit::Finding| {
            f.missing.iter().any(|untold| untold.what.contains("has no users and roles"))
        };
        assert!(unknown.iter().any(named), "{control}: {:?}", said.findings);
    }
}

#[test]
fn every_control_is_unknown_without_what_it_reads() {
    let known: Vec<&str> =
        CONTROLS.par_iter().filter(|control| !unknown_without_what_it_reads(control)).map(|c| c.id).collect();
    let mut expected = [BY_PIPELINES.as_slice(), BY_ALL.as_slice()].concat();
    expected.sort_by_key(|id| CONTROLS.iter().position(|control| control.id == *id));
    assert_eq!(known, expected);
}
