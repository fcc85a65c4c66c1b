//! What flows through pipelines, as objects of the inventory: which actions execute what, as whom, behind which gates.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use gateproof_model::inventory::Thing;
use gateproof_model::snapshot::{LoadOptions, Snapshot};
use serde_json::{Value, json};

const ACCOUNT: &str = "111111111111";
const PIPELINE: &str = "arn:aws:codepipeline:us-east-1:111111111111:ship";

fn load(files: &[(&str, Value)]) -> Snapshot {
    let folder = tempfile::tempdir().unwrap();
    for (path, value) in files {
        let file = folder.path().join(format!("accounts/{ACCOUNT}/us-east-1/{path}.json"));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, value.to_string()).unwrap();
    }
    let snapshot = Snapshot::load(folder.path(), &LoadOptions::default()).unwrap();
    // The folder goes with the function: what is read later must be read now.
    snapshot.inventory();
    snapshot
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// An action: stage, name, category, provider, order, inputs, outputs, configuration.
fn action(words: &str, configuration: Value) -> (String, Value) {
    let words: Vec<&str> = words.split(' ').collect();
    let artifacts = |text: &str| -> Vec<Value> {
        text.split(',').filter(|name| *name != "-").map(|name| json!({ "name": name })).collect()
    };
    let order: u32 = words[4].parse().unwrap();
    let value = json!({
        "name": words[1], "runOrder": order, "configuration": configuration,
        "actionTypeId": {"category": words[2], "owner": "AWS", "provider": words[3], "version": "1"},
        "inputArtifacts": artifacts(words[5]), "outputArtifacts": artifacts(words[6])
    });
    (words[0].to_owned(), value)
}

fn pipeline(actions: Vec<(String, Value)>) -> Value {
    let mut stages: Vec<Value> = Vec::new();
    for (stage, action) in actions {
        match stages.last_mut().filter(|known| known["name"] == *stage) {
            Some(known) => known["actions"].as_array_mut().unwrap().push(action),
            None => stages.push(json!({"name": stage, "actions": [action]})),
        }
    }
    json!({"metadata": {"pipelineArn": PIPELINE}, "pipeline": {
        "name": "ship", "version": 1, "roleArn": role("pipe"), "stages": stages,
        "artifactStore": {"type": "S3", "location": "artifacts", "encryptionKey": {"type": "KMS", "id": "alias/store"}}
    }})
}

fn with(actions: Vec<(String, Value)>, more: &[(&str, Value)]) -> Snapshot {
    let mut files = vec![("codepipeline/get-pipeline/ship", pipeline(actions))];
    files.push(("codepipeline/list-pipelines", json!({"pipelines": [{"name": "ship"}]})));
    files.extend(more.iter().cloned());
    load(&files)
}

fn things(snapshot: &Snapshot, kind: &str) -> Vec<Thing> {
    snapshot.inventory().of_kind(kind).to_vec()
}

/// The values of a field, each without the pipeline's ARN.
fn field(thing: &Thing, name: &str) -> Vec<String> {
    thing.field(name).iter().map(|value| value.replace(&format!("{PIPELINE}/"), "")).collect()
}

fn source() -> (String, Value) {
    action("Source Code Source CodeCommit 1 - src", json!({"RepositoryName": "shop", "BranchName": "main"}))
}

#[test]
fn gates_are_those_of_earlier_stages_and_of_earlier_actions_of_the_stage() {
    let snapshot = with(
        vec![
            source(),
            action("One Early Compute Commands 1 src early", json!({})),
            action("One Gate Approval Manual 2 - -", json!({})),
            action("One Beside Compute Commands 2 early beside", json!({})),
            action("Two Late Compute Commands 1 beside -", json!({})),
        ],
        &[],
    );
    let actions = things(&snapshot, "codepipeline.action");
    let shown: Vec<(String, Vec<String>)> =
        actions.iter().map(|a| (a.name.to_string(), field(a, "gates"))).collect();
    let gate = vec!["One/Gate".to_owned()];
    let expected = [("Beside", vec![]), ("Early", vec![]), ("Late", gate)];
    assert_eq!(shown, expected.map(|(name, gates)| (name.to_owned(), gates)));
    assert!(actions.iter().all(|a| *a.field("role")[0] == *role("pipe") && field(a, "mode") == ["code"]));
    let sources = things(&snapshot, "codepipeline.source");
    assert_eq!(field(&sources[0], "action"), ["One/Beside", "One/Early", "Two/Late"]);
    assert_eq!(field(&sources[0], "ref"), ["refs/heads/main"]);
    assert_eq!(things(&snapshot, "codepipeline.gate").len(), 1);
}

#[test]
fn a_change_set_is_executed_by_a_later_action() {
    let set = |mode: &str| json!({"ActionMode": mode, "StackName": "s", "ChangeSetName": "c", "RoleArn": role("stack")});
    let snapshot = with(
        vec![
            source(),
            action("Deploy Propose Deploy CloudFormation 1 src -", set("CHANGE_SET_REPLACE")),
            action("Deploy Gate Approval Manual 2 - -", json!({})),
            action("Deploy Execute Deploy CloudFormation 3 - -", set("CHANGE_SET_EXECUTE")),
        ],
        &[],
    );
    let actions = things(&snapshot, "codepipeline.action");
    let [execute] = actions.as_slice() else { panic!("{actions:?}") };
    assert_eq!(field(execute, "arn"), ["Deploy/Execute"]);
    assert_eq!(field(execute, "gates"), ["Deploy/Gate"]);
    assert_eq!(field(execute, "later-gates"), ["Deploy/Gate"]);
    assert_eq!(field(execute, "role"), [role("stack")]);
    assert_eq!(field(execute, "mode"), ["api"]);
}

#[test]
fn a_role_that_no_file_tells_is_no_known_field() {
    let snapshot = with(
        vec![
            source(),
            action("Build Compile Build CodeBuild 1 src -", json!({"ProjectName": "p"})),
            action(
                "Build Ship Deploy CodeDeploy 1 src -",
                json!({"ApplicationName": "a", "DeploymentGroupName": "g"}),
            ),
            action("Build Copy Deploy S3 1 src -", json!({"BucketName": "b"})),
            action("Build Bean Deploy ElasticBeanstalk 1 src -", json!({})),
        ],
        &[],
    );
    let actions = things(&snapshot, "codepipeline.action");
    let names: Vec<&str> = actions.iter().map(|a| &*a.name).collect();
    assert_eq!(names, ["Bean", "Compile", "Ship"], "what is only copied runs as nobody");
    assert!(actions.iter().all(|a| !a.tells("role") && a.tells("gates")));
}

#[test]
fn a_stack_without_a_role_is_made_as_the_action() {
    let deploy = json!({"ActionMode": "CREATE_UPDATE", "StackName": "s"});
    let stack = json!({"Stacks": [{
        "StackId": format!("arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/s/1"),
        "StackName": "s", "StackStatus": "CREATE_COMPLETE", "CreationTime": "2026-01-01T00:00:00Z"
    }]});
    let snapshot = with(
        vec![source(), action("Deploy Stack Deploy CloudFormation 1 src -", deploy)],
        &[("cloudformation/describe-stacks", stack)],
    );
    let actions = things(&snapshot, "codepipeline.action");
    assert_eq!(actions.iter().map(|a| field(a, "role")).collect::<Vec<_>>(), [[role("pipe")]]);
}

#[test]
fn a_store_has_the_pipelines_key_and_that_of_the_bucket() {
    let aliases = json!({"Aliases": [{
        "AliasName": "alias/store", "TargetKeyId": "k1",
        "AliasArn": format!("arn:aws:kms:us-east-1:{ACCOUNT}:alias/store")
    }]});
    let default = json!({"ServerSideEncryptionConfiguration": {"Rules": [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k2"}}
    ]}});
    let build = || action("Build Run Compute Commands 1 src -", json!({}));
    let key = |id: &str| format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/{id}");
    let files = [("kms/list-aliases", aliases), ("s3api/get-bucket-encryption/artifacts", default)];
    let snapshot = with(vec![source(), build()], &files);
    let stores = things(&snapshot, "codepipeline.store");
    let [store] = stores.as_slice() else { panic!("{stores:?}") };
    assert_eq!(*store.arn, *"arn:aws:s3:::artifacts/ship");
    assert_eq!(field(store, "key"), [key("k1")]);
    assert_eq!(field(store, "default-key"), [key("k2")]);
    assert!(store.field("plain").is_empty());
    let snapshot = with(vec![source(), build()], &[]);
    let store = &things(&snapshot, "codepipeline.store")[0];
    assert!(store.field("default-key").is_empty() && store.field("key").is_empty());
    assert_eq!(field(store, "plain"), ["arn:aws:s3:::artifacts/ship/*"]);
}

#[test]
fn a_pipeline_that_is_only_listed_may_hold_anything() {
    let snapshot = load(&[("codepipeline/list-pipelines", json!({"pipelines": [{"name": "ship"}]}))]);
    let unread = snapshot.inventory().unread("codepipeline.action", ACCOUNT);
    assert!(unread[0].found.contains("the pipeline ship"), "{unread:?}");
}
