//! What the generated accounts hold, read from their files alone; and that the same seed gives the same bytes.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use gateproof_benches::SEED;
use gateproof_benches::account::write_snapshot;
use gateproof_benches::questions::{TEXT, parse_questions};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A generated snapshot, file by file.
struct Files {
    roles: usize,
    by_name: BTreeMap<String, Vec<u8>>,
}

impl Files {
    fn generate(roles: usize) -> Self {
        let directory = TempDir::new().unwrap();
        write_snapshot(directory.path(), roles, SEED).unwrap();
        let mut by_name = BTreeMap::new();
        for path in walk(directory.path()) {
            let name = path.strip_prefix(directory.path()).unwrap().to_str().unwrap().to_owned();
            by_name.insert(name, fs::read(&path).unwrap());
        }
        Self { roles, by_name }
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.by_name[name]).unwrap()
    }

    fn outputs<'a>(&'a self, call: &'a str) -> impl Iterator<Item = (&'a str, Value)> {
        self.by_name
            .iter()
            .filter(move |(name, _)| name.contains(call))
            .map(|(name, bytes)| (name.as_str(), serde_json::from_slice(bytes).unwrap()))
    }

    fn details(&self, list: &str) -> Vec<Value> {
        self.outputs("get-account-authorization-details")
            .flat_map(|(_, details)| details[list].as_array().unwrap().clone())
            .collect()
    }

    fn accounts(&self) -> BTreeSet<String> {
        let folders = self.by_name.keys().filter_map(|n| n.strip_prefix("accounts/"));
        folders.map(|n| n.split('/').next().unwrap().to_owned()).collect()
    }
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}

fn attached_by_aws(entity: &Value) -> BTreeSet<String> {
    let attached = entity["AttachedManagedPolicies"].as_array().unwrap();
    let arns = attached.iter().map(|p| p["PolicyArn"].as_str().unwrap());
    arns.filter(|arn| arn.starts_with("arn:aws:iam::aws:policy/")).map(str::to_owned).collect()
}

fn inline_statements(role: &Value) -> Vec<Value> {
    let policies = role["RolePolicyList"].as_array().unwrap();
    policies.iter().flat_map(|p| p["PolicyDocument"]["Statement"].as_array().unwrap().clone()).collect()
}

/// So many of a hundred.
fn share<T>(all: &[T], is: impl Fn(&T) -> bool) -> f64 {
    100.0 * all.iter().filter(|item| is(item)).count() as f64 / all.len() as f64
}

fn check_roles(files: &Files) {
    let roles = files.details("RoleDetailList");
    assert_eq!(roles.len(), files.roles);
    let listed: BTreeSet<String> =
        files.details("Policies").iter().map(|p| p["Arn"].as_str().unwrap().to_owned()).collect();
    for role in &roles {
        let attached = attached_by_aws(role);
        assert!((2..=6).contains(&attached.len()), "{}: {attached:?}", role["Arn"]);
        assert!(attached.is_subset(&listed), "{}: a policy without document", role["Arn"]);
        assert!(inline_statements(role).len() >= 3, "{}", role["Arn"]);
    }
    assert!((29.0..=31.0).contains(&share(&roles, |r| r.get("PermissionsBoundary").is_some())));
    let sets: BTreeSet<String> = roles
        .iter()
        .map(|r| {
            let inline = serde_json::to_string(&r["RolePolicyList"]).unwrap();
            format!("{} {inline} {}", r["AttachedManagedPolicies"], r["PermissionsBoundary"])
        })
        .collect();
    assert!(sets.len() * 100 >= roles.len() * 80, "{} policy sets", sets.len());
    let managed: BTreeSet<BTreeSet<String>> = roles.iter().map(attached_by_aws).collect();
    assert!(managed.len() * 100 >= roles.len() * 80, "{} sets of managed policies", managed.len());
    let statements: Vec<Value> = roles.iter().flat_map(inline_statements).collect();
    let conditioned: Vec<Value> =
        statements.iter().filter(|s| s.get("Condition").is_some()).cloned().collect();
    assert!(conditioned.len() * 2 >= statements.len(), "{} of {}", conditioned.len(), statements.len());
    assert!(share(&statements, |s| s["Effect"] == "Deny") >= 10.0);
    assert!(share(&statements, |s| s.to_string().contains("${aws:")) >= 15.0, "policy variables");
    assert!(
        share(&conditioned, |s| s["Condition"].to_string().contains("Tag")) >= 20.0,
        "tags in conditions"
    );
    assert!(share(&roles, |r| !r["Tags"].as_array().unwrap().is_empty()) >= 99.0);
}

fn check_users_and_groups(files: &Files) {
    let (users, groups) = (files.details("UserDetailList"), files.details("GroupDetailList"));
    assert!(users.len() * 10 >= files.roles && !groups.is_empty());
    assert!(users.iter().all(|u| !u["GroupList"].as_array().unwrap().is_empty()));
    assert!(groups.iter().all(|g| !g["GroupPolicyList"].as_array().unwrap().is_empty()));
}

/// Trust across accounts is in a tenth of the trust policies.
fn check_trust(files: &Files) {
    let roles = files.details("RoleDetailList");
    let crosses = |role: &Value| {
        let arn = role["Arn"].as_str().unwrap();
        let own = arn.split(':').nth(4).unwrap();
        let statements = role["AssumeRolePolicyDocument"]["Statement"].as_array().unwrap();
        let trusted = statements.iter().filter_map(|s| s["Principal"]["AWS"].as_str());
        trusted.filter_map(|p| p.split(':').nth(4)).any(|account| account != own)
    };
    let found = share(&roles, crosses);
    assert!(found >= 5.0, "{found} %");
    for kind in ["Service", "Federated", "AWS"] {
        let trusts =
            |r: &Value| r["AssumeRolePolicyDocument"]["Statement"][0]["Principal"].get(kind).is_some();
        assert!(share(&roles, trusts) >= 10.0, "{kind}");
    }
}

/// Each account's way to the root holds three different SCPs on each of three levels, beside the one that allows all.
fn check_guardrails(files: &Files) {
    for account in files.accounts() {
        let mut level = account.clone();
        let mut levels = 0;
        loop {
            let attached = files.json(&format!("organization/list-policies-for-target/{level}.json"));
            let mut documents = BTreeSet::new();
            for policy in attached["Policies"].as_array().unwrap() {
                let id = policy["Id"].as_str().unwrap();
                let described = files.json(&format!("organization/describe-policy/{id}.json"));
                documents.insert(described["Policy"]["Content"].as_str().unwrap().to_owned());
            }
            assert!(documents.iter().filter(|d| d.contains("Deny")).count() >= 3, "{level}");
            levels += 1;
            let parents = files.by_name.get(&format!("organization/list-parents/{level}.json"));
            let Some(parents) = parents else { break };
            let parents: Value = serde_json::from_slice(parents).unwrap();
            level = parents["Parents"][0]["Id"].as_str().unwrap().to_owned();
        }
        assert_eq!(levels, 3, "{account}");
    }
}

fn check_resources(files: &Files) {
    let services = [
        ("/s3api/get-bucket-policy/", "/Policy"),
        ("/kms/get-key-policy/", "/Policy"),
        ("/sns/get-topic-attributes/", "/Attributes/Policy"),
        ("/sqs/get-queue-attributes/", "/Attributes/Policy"),
        ("/secretsmanager/get-resource-policy/", "/ResourcePolicy"),
        ("/lambda/get-policy/", "/Policy"),
        ("/ecr/get-repository-policy/", "/policyText"),
    ];
    for (call, document) in services {
        let outputs: Vec<(&str, Value)> = files.outputs(call).collect();
        assert!(outputs.len() * 100 >= 2 * files.roles && outputs.len() >= 2, "{call}: {}", outputs.len());
        let mut different = BTreeSet::new();
        for (name, output) in outputs {
            let text = output.pointer(document).unwrap().as_str().unwrap();
            let policy: Value = serde_json::from_str(text).unwrap();
            assert!(!policy["Statement"].as_array().unwrap().is_empty(), "{name}");
            different.insert(text.to_owned());
        }
        assert!(different.len() >= 2, "{call}");
    }
}

#[test]
fn accounts_hold_what_the_measurements_say_they_hold() {
    for roles in [100, 1_000, 2_500] {
        let files = Files::generate(roles);
        assert_eq!(files.accounts().len(), roles.div_ceil(1_000));
        check_roles(&files);
        check_users_and_groups(&files);
        check_trust(&files);
        check_guardrails(&files);
        check_resources(&files);
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let (first, second) = (Files::generate(100), Files::generate(100));
    assert!(first.by_name == second.by_name);
    let directory = TempDir::new().unwrap();
    write_snapshot(directory.path(), 100, SEED + 1).unwrap();
    let name = "accounts/111100000000/global/iam/get-account-authorization-details.json";
    assert!(fs::read(directory.path().join(name)).unwrap() != first.by_name[name]);
}

#[test]
fn the_questions_are_fifty_of_all_kinds() {
    let questions = parse_questions(TEXT).unwrap();
    assert_eq!(questions.len(), 50);
    let texts: BTreeSet<&str> = questions.iter().map(|q| q.text.as_str()).collect();
    assert_eq!(texts.len(), 50);
    let count = |is: &dyn Fn(&gateproof_benches::questions::Question) -> bool| {
        questions.iter().filter(|q| is(q)).count()
    };
    assert!(count(&|q| q.requests.actions[0].contains('*')) >= 10);
    assert!(count(&|q| !q.requests.resources.is_empty()) >= 10);
    assert!(count(&|q| !q.requests.access.is_empty()) >= 5);
    assert!(count(&|q| !q.requests.when.is_empty()) >= 5);
    assert!(count(&|q| q.principals.is_some()) >= 5);
}
