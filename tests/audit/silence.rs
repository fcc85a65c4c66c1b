//! What was not collected, or nobody says, is unknown, and never counts as holding.

use crate::said::{audit, copied, example, of, without};
use gateproof::audit::Judgement;

const ACCOUNT: &str = "accounts/222222222222";
const PROD: &str = "accounts/222222222222/us-east-1/codepipeline/get-pipeline/prod-deploy.json";

#[test]
fn what_nobody_means_is_unknown() {
    let said = audit(&example("acme-fixed"), &["CP-A3", "CP-APR-1", "CP-APR-2", "CP-SRC-6"], None);
    assert!(!said.findings.is_empty());
    for finding in said.findings.iter().filter(|f| f.verdict != Judgement::Holds) {
        assert_eq!(finding.verdict, Judgement::Unknown, "{finding:?}");
        assert_eq!(finding.missing.len(), 1, "{finding:?}");
    }
    assert!(!of(&said, "CP-A3", "prod-deploy", Judgement::Unknown).is_empty());
    assert!(!of(&said, "CP-APR-1", "prod-deploy", Judgement::Unknown).is_empty());
    assert!(!of(&said, "CP-APR-2", "prod-deploy", Judgement::Unknown).is_empty());
    assert!(!of(&said, "CP-SRC-6", "staging-deploy", Judgement::Unknown).is_empty());
}

/// Without the bucket's policy nothing denies: what shows it are requests that the default lets pass; and what is impossible is not
/// known to be.
#[test]
fn a_bucket_policy_that_was_not_collected_is_missed() {
    let file =
        format!("{ACCOUNT}/us-east-1/s3api/get-bucket-policy/acme-pipeline-artifacts-222222222222.json");
    let said = audit(without(&file).path(), &["CP-ART-3", "CP-A6"], Some(&crate::said::intent()));
    for control in ["CP-ART-3", "CP-A6"] {
        assert!(
            of(&said, control, "prod-deploy", Judgement::Holds).is_empty(),
            "{control}: {:?}",
            said.findings
        );
    }
    let missing = said.findings.iter().filter(|f| f.verdict == Judgement::Unknown).flat_map(|f| &f.missing);
    let commands: Vec<&str> = missing.filter_map(|untold| untold.command.as_deref()).collect();
    let command = "aws s3api get-bucket-policy --bucket acme-pipeline-artifacts-222222222222";
    let violated = said.findings.iter().any(|f| f.verdict == Judgement::Violated);
    assert!(violated || commands.iter().any(|c| c.starts_with(command)), "{commands:?}");
}

/// What a project runs with is in no other file.
#[test]
fn a_project_that_was_not_collected_is_missed() {
    let file = format!("{ACCOUNT}/us-east-1/codebuild/batch-get-projects.json");
    let controls = ["CP-CFN-7", "CP-ROLE-1", "CP-ROLE-2", "CP-ROLE-3"];
    let said = audit(without(&file).path(), &controls, None);
    for control in controls {
        let unknown = of(&said, control, "prod-deploy", Judgement::Unknown);
        let mut missing =
            unknown.iter().flat_map(|f| &f.missing).filter_map(|untold| untold.command.as_deref());
        assert!(missing.any(|command| command.contains("codebuild batch-get-projects")), "{unknown:?}");
    }
}

/// A role in an account that the snapshot doesn't cover.
#[test]
fn a_role_of_another_account_is_unknown() {
    let copy = copied();
    std::fs::remove_dir_all(copy.path().join("accounts/444444444444")).unwrap();
    let said = audit(copy.path(), &["CP-CFN-4"], None);
    let unknown = of(&said, "CP-CFN-4", "prod-deploy", Judgement::Unknown);
    assert!(unknown.iter().any(|f| f.message.contains("is not in the snapshot")), "{:?}", said.findings);
    assert!(of(&said, "CP-CFN-4", "prod-deploy", Judgement::Holds).is_empty(), "{:?}", said.findings);
}

/// What each control of data reads, and the command that is named where it is missing.
#[test]
fn each_file_that_is_missing_is_named_with_its_command() {
    let region = format!("{ACCOUNT}/us-east-1");
    let bucket = "acme-pipeline-artifacts-222222222222";
    let stack = "accounts/444444444444/us-east-1/cloudformation";
    for (control, name, file, command) in [
        (
            "CP-ART-1",
            "prod-deploy",
            format!("{region}/s3api/get-bucket-encryption/{bucket}.json"),
            "get-bucket-encryption",
        ),
        (
            "CP-ART-4",
            "prod-deploy",
            format!("{region}/s3api/get-bucket-versioning/{bucket}.json"),
            "get-bucket-versioning",
        ),
        (
            "CP-ART-5",
            "prod-deploy",
            format!("{region}/s3api/get-bucket-lifecycle-configuration/{bucket}.json"),
            "get-bucket-lifecycle-configuration",
        ),
        (
            "CP-ART-6",
            "prod-deploy",
            format!("{ACCOUNT}/global/s3control/get-public-access-block.json"),
            "get-public-access-block",
        ),
        ("CB-1", "prod-deploy", format!("{region}/codebuild/batch-get-projects.json"), "batch-get-projects"),
        (
            "CP-SRC-5",
            "prod-deploy",
            format!("{region}/codebuild/batch-get-projects.json"),
            "batch-get-projects",
        ),
        (
            "CB-12",
            "prod-deploy",
            format!("{region}/codebuild/list-source-credentials.json"),
            "list-source-credentials",
        ),
        ("CP-OBS-1", "prod-deploy", format!("{region}/events/list-rules.json"), "list-rules"),
        (
            "CP-OBS-1",
            "prod-deploy",
            format!("{region}/events/list-targets-by-rule/pipeline-state-changes.json"),
            "list-targets-by-rule",
        ),
        ("ECR-1", "images", format!("{region}/ecr/describe-repositories.json"), "describe-repositories"),
        ("STK-1", "prod-deploy", format!("{stack}/describe-stacks.json"), "describe-stacks"),
    ] {
        let said = audit(without(&file).path(), &[control], Some(&crate::said::intent()));
        let unknown = of(&said, control, name, Judgement::Unknown);
        let commands: Vec<&str> =
            unknown.iter().flat_map(|f| &f.missing).filter_map(|untold| untold.command.as_deref()).collect();
        assert!(
            commands.iter().any(|c| c.contains(command)),
            "{control} without {file}: {:?}",
            said.findings
        );
    }
}

/// A stack has a role of its own, or the action names one: where neither is told, nothing is said to hold.
#[test]
fn a_stacks_role_that_is_not_told_is_missed() {
    let copy = crate::said::changed(PROD, |json| {
        let stages = json["pipeline"]["stages"].as_array_mut().unwrap().iter_mut();
        for action in stages.flat_map(|stage| stage["actions"].as_array_mut().unwrap()) {
            action["configuration"].as_object_mut().unwrap().remove("RoleArn");
        }
    });
    std::fs::remove_dir_all(copy.path().join("accounts/444444444444/us-east-1/cloudformation")).unwrap();
    let said = audit(copy.path(), &["CP-CFN-1", "CP-CFN-4"], None);
    for control in ["CP-CFN-1", "CP-CFN-4"] {
        assert!(of(&said, control, "prod-deploy", Judgement::Holds).is_empty(), "{:?}", said.findings);
        assert!(!of(&said, control, "prod-deploy", Judgement::Unknown).is_empty(), "{:?}", said.findings);
    }
}
