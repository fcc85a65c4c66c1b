//! What the accounts with compute hold, read from their files and by the program.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use gateproof::ask::{Estate, EstateOptions};
use gateproof_benches::SEED;
use gateproof_benches::escalation::{TEXT, measure_escalation, parse_reach_questions};
use gateproof_benches::extended::write_extended_snapshot;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

fn generate(roles: usize) -> TempDir {
    let directory = TempDir::new().unwrap();
    write_extended_snapshot(directory.path(), roles, SEED).unwrap();
    directory
}

fn accounts(directory: &Path) -> Vec<String> {
    let folders = std::fs::read_dir(directory.join("accounts")).unwrap();
    folders.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The items of a call's list in all accounts.
fn items(directory: &Path, call: &str, list: &str) -> Vec<Value> {
    let of = |account: &String| -> Vec<Value> {
        let file = directory.join(format!("accounts/{account}/{call}.json"));
        let output: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        output[list].as_array().unwrap().clone()
    };
    accounts(directory).iter().flat_map(of).collect()
}

fn roles(directory: &Path) -> Vec<Value> {
    items(directory, "global/iam/get-account-authorization-details", "RoleDetailList")
}

fn tagged(role: &Value, prefix: &str) -> bool {
    let tags = role["Tags"].as_array().unwrap();
    tags.iter().any(|t| t["Key"] == "bench" && t["Value"].as_str().unwrap().starts_with(prefix))
}

#[test]
fn some_three_objects_for_ten_roles_run_with_roles_that_trust_their_service() {
    for count in [100, 1_000] {
        let directory = generate(count);
        let directory = directory.path();
        let roles = roles(directory);
        assert_eq!(roles.len(), count);
        let trusting = |service: &str| -> BTreeSet<String> {
            let trusts = |r: &&Value| r["AssumeRolePolicyDocument"].to_string().contains(service);
            roles.iter().filter(trusts).map(|r| r["Arn"].as_str().unwrap().to_owned()).collect()
        };
        let mut all = 0;
        for (call, list, role, service, least) in [
            ("codebuild/batch-get-projects", "projects", "serviceRole", "codebuild.amazonaws.com", 5),
            ("cloudformation/describe-stacks", "Stacks", "RoleARN", "cloudformation.amazonaws.com", 4),
        ] {
            let found = items(directory, &format!("us-east-1/{call}"), list);
            assert!(found.len() * 100 >= least * count, "{call}: {}", found.len());
            let trusting = trusting(service);
            assert!(found.iter().all(|item| trusting.contains(item[role].as_str().unwrap())), "{call}");
            all += found.len();
        }
        for (call, list, least) in [
            ("lambda/list-functions", "Functions", 13),
            ("ec2/describe-instances", "Reservations", 4),
            ("ecs/list-task-definitions", "taskDefinitionArns", 4),
            ("ecs/list-services/main", "serviceArns", 3),
            ("codepipeline/list-pipelines", "pipelines", 2),
        ] {
            let found = items(directory, &format!("us-east-1/{call}"), list);
            assert!(found.len() * 100 >= least * count, "{call}: {}", found.len());
            all += found.len();
        }
        assert!((30 * count..=45 * count).contains(&(all * 100)), "{all} objects");
        let profiles = roles.iter().filter(|r| !r["InstanceProfileList"].as_array().unwrap().is_empty());
        assert_eq!(profiles.count(), trusting("\"ec2.amazonaws.com\"").len());
    }
}

#[test]
fn few_administer_and_roles_trust_each_other_in_two_accounts() {
    let directory = generate(1_000);
    let roles = roles(directory.path());
    assert_eq!(accounts(directory.path()).len(), 2);
    assert_eq!(roles.iter().filter(|r| tagged(r, "administrator-")).count(), 2);
    for name in ["relay-0", "relay-1", "relay-2", "relay-3", "relay-4", "gate", "bystander"] {
        assert_eq!(roles.iter().filter(|r| tagged(r, name)).count(), 1, "{name}");
    }
    let attached = |r: &&Value, names: &[&str]| {
        let attached = r["AttachedManagedPolicies"].as_array().unwrap();
        attached.iter().any(|p| names.contains(&p["PolicyName"].as_str().unwrap()))
    };
    let broad = |r: &&Value| attached(r, &["AdministratorAccess", "IAMFullAccess"]);
    assert_eq!(roles.iter().filter(broad).count(), 2);
    let operators = roles.iter().filter(|r| attached(r, &["PowerUserAccess", "AWSLambda_FullAccess"]));
    assert!(operators.count() <= 20);
    let trusted = roles.iter().filter_map(|r| {
        let principal = r["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"].as_str()?;
        principal.contains(":role/").then(|| (r["Arn"].as_str().unwrap(), principal.to_owned()))
    });
    let account = |arn: &str| arn.split(':').nth(4).unwrap().to_owned();
    let (own, other): (Vec<_>, Vec<_>) = trusted.partition(|(role, by)| account(role) == account(by));
    assert!(own.len() >= 90 && other.len() >= 4, "{} and {}", own.len(), other.len());
}

#[test]
fn the_program_reads_all_of_it_and_answers_as_expected() {
    let directory = generate(100);
    let estate = Estate::load(directory.path(), EstateOptions::default()).unwrap();
    assert!(estate.snapshot.problems().is_empty(), "{:?}", estate.snapshot.problems());
    let questions = parse_reach_questions(TEXT).unwrap();
    assert_eq!(questions.len(), 12);
    let measured = measure_escalation(directory.path(), 100, Duration::from_secs(120)).unwrap();
    assert!(measured.all_edges && measured.found > 0 && measured.of_administrators < measured.found);
    for one in &measured.questions {
        assert!(one.as_expected || one.verdict == "undecided", "{}: {}", one.text, one.verdict);
    }
    // What an administrator can't come to either hangs on names that new principals might have, which is not decided.
    let open: Vec<&str> =
        measured.questions.iter().filter(|one| !one.as_expected).map(|one| one.text.as_str()).collect();
    assert!(open.iter().all(|text| text.contains("organizations:LeaveOrganization")), "{open:?}");
}

#[test]
fn a_line_that_is_no_question_is_refused() {
    for line in ["reachable", "reachable role/a controls", "reachable role/a wants=b"] {
        assert!(parse_reach_questions(line).is_err(), "{line}");
    }
}
