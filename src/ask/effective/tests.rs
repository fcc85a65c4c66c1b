//! Documents that are made wrong are found out.

use super::*;
use crate::ask::{CrossCheck, EstateOptions};
use std::path::Path;

fn differences(principal: &str, spoil: impl Fn(&mut Value)) -> Effective {
    let estate = Estate::load(Path::new("corpus/snapshots/acme"), EstateOptions::default()).unwrap();
    let settings = Settings { cross_check: CrossCheck::Never, ..Settings::default() };
    let extent = Extent { services: vec!["codepipeline".to_owned(), "kms".to_owned()], ..Extent::default() };
    let caller = estate.select(&[principal.parse().unwrap()], &settings.environments).unwrap().remove(0);
    let within = estate.extent_of(&extent).unwrap();
    let derived = estate.derive(&caller, &within, &extent.requests.when, None);
    let mut effective = estate.effective(&caller, &within, &extent, &settings).unwrap();
    assert_eq!(effective.agreement, Agreement::Exact, "{}", effective.policy);
    let mut policy = effective.policy.clone();
    spoil(&mut policy);
    assert_ne!(policy, effective.policy);
    effective.documents = [(&policy, "spoilt"), (&effective.beyond, "beyond")]
        .iter()
        .filter_map(|(d, n)| read_back(d, n))
        .collect();
    estate.compare_all(&caller, &derived, &extent, &settings, &mut effective);
    effective
}

fn statements(policy: &mut Value) -> &mut Vec<Value> {
    policy["Statement"].as_array_mut().unwrap()
}

#[test]
fn a_missing_deny_is_found() {
    let found = differences("user/carol.schmidt", |p| statements(p).retain(|s| s["Effect"] == "Allow"));
    assert!(found.differences.iter().any(|d| d.differs == Differs::Wider));
    assert!(!found.differences.iter().any(|d| d.differs == Differs::Narrower));
}

#[test]
fn a_missing_allow_is_found() {
    let found = differences("user/carol.schmidt", |p| {
        statements(p).remove(0);
    });
    assert!(found.differences.iter().any(|d| d.differs == Differs::Narrower));
    assert!(!found.differences.iter().any(|d| d.differs == Differs::Wider));
}

#[test]
fn another_account_is_found() {
    let found = differences("role/acme-pipeline-prod", |p| {
        for statement in statements(p) {
            if let Some(conditions) = statement["Condition"].as_object_mut() {
                conditions.remove("StringEqualsIfExists");
            }
        }
    });
    let wider = found.differences.iter().filter(|d| d.differs == Differs::Wider);
    assert!(wider.map(|d| &d.step.resource).any(|r| r.contains(":444444444444:")));
}
