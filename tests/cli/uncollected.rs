//! What was not collected and may touch an answer is said, wherever it is of; what can't is not.

use crate::copied::copy_folder;
use crate::program::ask;
use std::fs;
use std::path::Path;

const BUCKET: &str = "acme-staging-masked-333333333333";
const CAROL: &str = "arn:aws:iam::222222222222:user/people/carol.schmidt";
const TASK: &str = "arn:aws:iam::444444444444:role/payments-task";

/// One of the twins but for a file.
fn without(twin: &str, file: &str) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    copy_folder(&Path::new("corpus/snapshots").join(twin), &copy.path().join(twin));
    fs::remove_file(copy.path().join(twin).join(file)).unwrap();
    copy
}

/// The example organization but for the policy of a bucket.
fn without_the_policy() -> tempfile::TempDir {
    without("acme", &format!("accounts/333333333333/us-east-1/s3api/get-bucket-policy/{BUCKET}.json"))
}

fn assumptions(snapshot: &Path, principal: &str, action: &str, resource: &str) -> Vec<String> {
    let snapshot = snapshot.to_str().unwrap();
    let (_, answer) =
        ask(&["can", snapshot, "--principal", principal, "--action", action, "--resource", resource]);
    let texts = answer["assumptions"].as_array().unwrap().iter();
    texts.map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Its policy might let her in: whether she is refused hangs on it, though she is of another account.
#[test]
fn the_policy_of_another_accounts_resource_is_missed() {
    let copy = without_the_policy();
    let snapshot = copy.path().join("acme");
    let missing = format!("aws s3api get-bucket-policy --bucket {BUCKET}");
    let told = |action: &str, resource: &str| {
        let texts = assumptions(&snapshot, CAROL, action, resource);
        texts.iter().filter(|text| text.contains(&missing)).count()
    };
    assert_eq!(told("s3:GetObject", &format!("arn:aws:s3:::{BUCKET}/*")), 1);
    assert_eq!(told("s3:*", &format!("arn:aws:s3:::{BUCKET}")), 1);
    assert_eq!(told("s3:GetObject", "arn:aws:s3:::acme-team-data-222222222222/*"), 0, "another bucket");
    assert_eq!(told("kms:Decrypt", "*"), 0, "another service");
}

/// An action that the catalogue doesn't know is still of the service that its glob names.
#[test]
fn what_is_of_another_service_or_action_is_not_missed() {
    let copy = without_the_policy();
    let acme = copy.path().join("acme");
    let missing = [
        "organization/list-delegated-administrators/iam.amazonaws.com.json",
        "accounts/444444444444/global/iam/list-saml-providers.json",
        "errors.json",
    ];
    missing.iter().for_each(|file| fs::remove_file(acme.join(file)).unwrap());
    let project = |action: &str, resource: &str| {
        assumptions(&acme, TASK, action, resource)
            .iter()
            .any(|text| text.contains("aws codebuild get-resource-policy"))
    };
    assert!(project("codebuild:*", "arn:aws:codebuild:us-east-1:222222222222:project/*"));
    assert!(!project("s3:*", "arn:aws:s3:::acme-jenkins-222222222222"));
    let role = "arn:aws:iam::444444444444:role/acme-deploy";
    let outsider = "external:999999999999";
    let said = |action: &str, call: &str| {
        assumptions(&acme, outsider, action, role).iter().any(|text| text.contains(call))
    };
    assert!(said("sts:AssumeRoleWithSAML", "list-saml-providers"));
    assert!(!said("sts:AssumeRole", "list-saml-providers"));
    assert!(!said("sts:AssumeRole", "list-delegated-administrators"));
}

/// Whatever no listing tells of may be there, if what is missing is to be unknown.
#[test]
fn no_chain_is_ruled_out_over_an_inventory_that_is_unknown() {
    let copy = without("acme-fixed", "accounts/444444444444/us-east-1/ecs/list-clusters.json");
    let fixed = copy.path().join("acme-fixed");
    let asked = [
        "reach",
        fixed.to_str().unwrap(),
        "--from",
        "role/acme-build-prod",
        "--administrator",
        "account:444444444444",
    ];
    let (code, assumed) = ask(&asked);
    assert_eq!((code, assumed["verdict"].as_str()), (0, Some("impossible")));
    assert!(!assumed["assumptions"].as_array().unwrap().is_empty());
    let (code, unknown) = ask(&[&asked[..], &["--missing", "unknown"]].concat());
    assert_eq!((code, unknown["verdict"].as_str()), (3, Some("undecided")));
    let reason = unknown["undecided"]["reason"].as_str().unwrap();
    assert!(reason.starts_with("not known: whether account "), "{reason}");
}
