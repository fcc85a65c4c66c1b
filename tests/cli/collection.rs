//! `map --print-commands`: a script that collects a snapshot, run with a small AWS of our own.

use crate::program::{run, stderr, stdout};
use gateproof_model::configuration::{Told, collection};
use gateproof_model::inventory::Inventory;
use gateproof_model::snapshot::{LoadOptions, Snapshot};
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

const ACCOUNT: &str = "111122223333";

/// Answers a few calls; everything else is refused.
const AWS: &str = r#"#!/bin/sh
printf '%s\n' "$*" >>"$CALLS"
listed() { case "$*" in *--query*) return 0 ;; *) return 1 ;; esac; }
fail() { printf '\nAn error occurred (%s) when calling the %s operation: no\n' "$1" "$2" >&2; exit 254; }
case "$1 $2" in
  "sts get-caller-identity") printf '111122223333\tarn:aws:iam::111122223333:user/collector\n' ;;
  "iam get-account-authorization-details")
    echo '{"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}' ;;
  "organizations describe-organization")
    listed "$@" && { echo 111122223333; exit; }
    echo '{"Organization": {"Id": "o-1", "MasterAccountId": "111122223333", "FeatureSet": "ALL"}}' ;;
  "organizations list-roots") listed "$@" && echo r-1 || echo '{"Roots": [{"Id": "r-1"}]}' ;;
  "organizations list-organizational-units-for-parent")
    case "$*" in
      *"--parent-id r-1 "*) id=ou-1 ;;
      *"--parent-id ou-1 "*) id=ou-2 ;;
      *) id= ;;
    esac
    if listed "$@"; then echo "${id:-None}"; elif [ -n "$id" ]; then
      echo "{\"OrganizationalUnits\": [{\"Id\": \"$id\"}]}"
    else echo '{"OrganizationalUnits": []}'; fi ;;
  "s3api list-buckets") listed "$@" && printf 'one\ttwo\n' || echo '{"Buckets": [{"Name": "one"}, {"Name": "two"}]}' ;;
  "s3api get-bucket-versioning") case "$*" in *"--bucket one "*) echo '{"Status": "Enabled"}' ;; esac ;;
  "s3api get-bucket-policy") fail NoSuchBucketPolicy GetBucketPolicy ;;
  "s3control get-public-access-block") fail NoSuchPublicAccessBlockConfiguration GetPublicAccessBlock ;;
  "events list-event-buses") listed "$@" && echo default || echo '{"EventBuses": [{"Name": "default", "Arn": "arn:aws:events:eu-west-1:111122223333:event-bus/default"}]}' ;;
  "events list-rules")
    listed "$@" && echo keep || echo '{"Rules": [{"Name": "keep", "Arn": "arn:aws:events:eu-west-1:111122223333:rule/keep", "State": "ENABLED"}]}' ;;
  "events list-targets-by-rule") echo '{"Targets": [{"Id": "1", "Arn": "arn:aws:logs:x"}]}' ;;
  "ecs list-clusters") listed "$@" && echo arn:aws:ecs:eu-west-1:111122223333:cluster/c || echo '{"clusterArns": []}' ;;
  "ecs describe-clusters") listed "$@" && echo arn:aws:ecs:eu-west-1:111122223333:cluster/c || echo '{"clusters": []}' ;;
  "ecs list-container-instances") listed "$@" && printf 'i-1\ti-2\n' || echo '{"containerInstanceArns": []}' ;;
  "codebuild list-projects") listed "$@" && echo 'it"s' || echo '{"projects": ["it\"s"]}' ;;
  *) fail AccessDenied Other ;;
esac
"#;

fn script() -> String {
    let output = run(&["map", "--print-commands"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stdout(&output)
}

struct Run {
    folder: tempfile::TempDir,
    output: Output,
}

impl Run {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("aws");
        std::fs::write(&program, AWS).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::write(folder.path().join("collect.sh"), script()).unwrap();
        let output = Self::collect(folder.path());
        Self { folder, output }
    }

    fn collect(folder: &Path) -> Output {
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
        let mut shell = Command::new("sh");
        shell.args(["collect.sh", "snap", "eu-west-1"]).current_dir(folder);
        shell.env("PATH", path).env("CALLS", folder.join("calls")).output().unwrap()
    }

    fn calls(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("calls")).unwrap()
    }
}

#[test]
fn the_script_is_one_that_sh_understands() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("collect.sh");
    std::fs::write(&file, script()).unwrap();
    let output = Command::new("sh").arg("-n").arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    for arguments in
        [&["map", "snap", "--print-commands"][..], &["map", "--print-commands", "--format", "json"], &["map"]]
    {
        assert_eq!(run(arguments).status.code(), Some(64), "{arguments:?}");
    }
}

#[test]
fn every_operation_that_is_read_is_in_the_script() {
    let script = script();
    let saved: BTreeSet<String> = script
        .lines()
        .filter_map(|line| line.trim().strip_prefix("save ")?.split_once(' '))
        .map(|(_, call)| call.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .collect();
    let all = collection().unwrap();
    assert_eq!(saved, all.operations().into_iter().collect());
    for command in Inventory::kinds().flat_map(|kind| &kind.commands) {
        let call = command.split(' ').skip(1).take(2).collect::<Vec<_>>().join(" ");
        let same = all.instead.get(&call).unwrap_or(&call);
        assert!(saved.contains(same), "{command}");
    }
    for placeholder in ["NAME", "OUTER", "LISTED", "PARTITION", "REGION", "ACCOUNT"] {
        let left = script.lines().filter(|line| line.contains("save ") && line.contains(placeholder));
        assert_eq!(left.collect::<Vec<_>>(), Vec::<&str>::new());
    }
}

#[test]
fn what_the_script_collects_is_a_snapshot() {
    let run = Run::new();
    assert!(run.output.status.success(), "{}", stderr(&run.output));
    let snapshot = Snapshot::load(&run.folder.path().join("snap"), &LoadOptions::default()).unwrap();
    assert_eq!(snapshot.problems(), &[]);
    assert_eq!(snapshot.accounts().len(), 1);
    assert_eq!(
        snapshot.bucket_versioning(ACCOUNT, "one").known().unwrap().status.as_deref(),
        Some("Enabled")
    );
    assert_eq!(snapshot.bucket_versioning(ACCOUNT, "two").known().unwrap().status, None);
    assert!(snapshot.account_public_access(ACCOUNT).is_absent());
    let Told::Untold { problem: Some(_), .. } = snapshot.bucket_encryption(ACCOUNT, "one") else { panic!() };
    let rules = snapshot.event_rules(ACCOUNT, "eu-west-1");
    assert_eq!(rules.known().unwrap().all[0].targets.known().unwrap().len(), 1);
    assert!(snapshot.resource("arn:aws:s3:::two").is_some());
    // A name that JSON has to escape is refused like any other.
    let Told::Untold { problem, command } = snapshot.build_project(ACCOUNT, "eu-west-1", "it\"s") else {
        panic!()
    };
    assert!(problem.is_some() && command.ends_with("--names 'it\"s' --region eu-west-1"), "{command}");
}

#[test]
fn the_script_goes_down_the_organization_and_asks_of_clusters_at_once() {
    let run = Run::new();
    let calls = run.calls();
    for unit in ["ou-1", "ou-2"] {
        let call = format!("organizations list-parents --child-id {unit} --region eu-west-1");
        assert_eq!(calls.matches(&call).count(), 1, "{calls}");
    }
    let cluster = "arn:aws:ecs:eu-west-1:111122223333:cluster/c";
    let call = format!(
        "ecs describe-container-instances --cluster {cluster} --container-instances i-1 i-2 --region eu-west-1"
    );
    assert!(calls.contains(&call), "{calls}");
    let us = "chatbot describe-slack-channel-configurations --region us-east-2 --output";
    assert!(calls.contains(us));
    let file = "snap/organization/list-organizational-units-for-parent/ou-1.json";
    assert!(run.folder.path().join(file).exists());
}

#[test]
fn a_second_run_forgets_the_errors_of_the_first() {
    let run = Run::new();
    let file = run.folder.path().join("snap/errors.json");
    let first = std::fs::read_to_string(&file).unwrap();
    let stale =
        run.folder.path().join(format!("snap/accounts/{ACCOUNT}/global/s3api/get-bucket-policy/one.json"));
    std::fs::write(&stale, "{}").unwrap();
    assert!(Run::collect(run.folder.path()).status.success());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), first);
    assert!(!stale.exists(), "a call that fails leaves no older output behind");
}
