//! Sources: by what they are read, with which role, and on which conditions.

use crate::mutants::{TOOLING, action, role, spoils};
use crate::said::{audit, change_in, changed, intent, messages, of, without};
use gateproof::audit::Judgement::{Holds, Unknown, Violated};
use serde_json::{Value, json};

const REGION: &str = "accounts/222222222222/us-east-1";
const STAGING: &str = "accounts/222222222222/us-east-1/codepipeline/get-pipeline/staging-deploy.json";
const SOURCE: &str = "acme-source-codecommit";

fn connection() -> String {
    let name = "arn%3Aaws%3Acodeconnections%3Aus-east-1%3A222222222222%3Aconnection%2F5f0c7a8e-3b1d-4e6f-a2c4-9d8e7f6a5b4c";
    format!("{REGION}/codeconnections/get-connection/{name}.json")
}

#[test]
fn a_connection_that_nobody_finished_is_found() {
    spoils("CP-SRC-1", "prod-deploy", "connection can't be used", &connection(), |json| {
        json["Connection"]["ConnectionStatus"] = "PENDING".into();
    });
}

#[test]
fn a_webhook_of_the_token_integration_is_found() {
    let webhook = |pipeline: &str, authentication: &str| {
        let definition = json!({"name": "push", "targetPipeline": pipeline, "targetAction": "GitHub", "filters": [],
            "authentication": authentication, "authenticationConfiguration": {}});
        json!([{"definition": definition, "url": "https://example.com", "arn": "arn:aws:codepipeline:us-east-1:222222222222:webhook:push"}])
    };
    let file = format!("{REGION}/codepipeline/list-webhooks.json");
    let says = "registered with a person's token";
    spoils("CP-SRC-1", "prod-deploy", says, &file, |json| {
        json["webhooks"] = webhook("prod-deploy", "GITHUB_HMAC")
    });
    let copy = changed(&file, |json| json["webhooks"] = webhook("another", "GITHUB_HMAC"));
    let said = audit(copy.path(), &["CP-SRC-1"], None);
    assert!(of(&said, "CP-SRC-1", "prod-deploy", Violated).is_empty(), "{:?}", said.findings);
}

#[test]
fn a_build_that_reads_a_repository_with_a_token_is_found() {
    let copy = changed(&format!("{REGION}/codebuild/batch-get-projects.json"), |json| {
        let mut projects = json["projects"].as_array_mut().unwrap().iter_mut();
        let project = projects.find(|project| project["name"] == "prod-build").unwrap();
        project["secondarySources"] =
            json!([{"type": "GITHUB", "location": "https://github.com/acme-corp/tools.git"}]);
    });
    let said = |copy: &tempfile::TempDir| audit(copy.path(), &["CP-SRC-1"], None);
    assert!(of(&said(&copy), "CP-SRC-1", "prod-deploy", Violated).is_empty(), "by a connection");
    change_in(&copy, &format!("{REGION}/codebuild/list-source-credentials.json"), |json| {
        json["sourceCredentialsInfos"][0]["authType"] = "PERSONAL_ACCESS_TOKEN".into();
    });
    let said = said(&copy);
    let violated = of(&said, "CP-SRC-1", "prod-deploy", Violated);
    assert!(violated.iter().any(|f| f.message.contains("with a token or password")), "{:?}", said.findings);
}

/// The list of connections tells their status, too.
#[test]
fn a_connection_that_nothing_tells_of_is_missed() {
    let copy = without(&connection());
    std::fs::remove_file(copy.path().join(format!("{REGION}/codeconnections/list-connections.json")))
        .unwrap();
    let said = audit(copy.path(), &["CP-SRC-1"], None);
    let unknown = of(&said, "CP-SRC-1", "prod-deploy", Unknown);
    let mut commands = unknown.iter().flat_map(|f| &f.missing).filter_map(|untold| untold.command.as_deref());
    assert!(commands.any(|c| c.contains("get-connection")), "{:?}", said.findings);
}

#[test]
fn what_tells_how_sources_are_read_is_missed() {
    for (file, command) in [
        (format!("{REGION}/codepipeline/list-webhooks.json"), "list-webhooks"),
        (format!("{REGION}/codebuild/batch-get-projects.json"), "batch-get-projects"),
    ] {
        let said = audit(without(&file).path(), &["CP-SRC-1"], None);
        let unknown = of(&said, "CP-SRC-1", "prod-deploy", Unknown);
        let mut commands =
            unknown.iter().flat_map(|f| &f.missing).filter_map(|untold| untold.command.as_deref());
        assert!(commands.any(|c| c.contains(command)), "{file}: {:?}", said.findings);
    }
}

#[test]
fn a_source_that_is_read_with_the_pipelines_role_is_found() {
    spoils("CP-SRC-2", "staging-deploy", "with the pipeline's own role", STAGING, |json| {
        action(json, "CodeCommit").as_object_mut().unwrap().remove("roleArn");
    });
}

fn grant(call: &str, resource: &str, condition: Value) -> impl Fn(&mut Value) {
    let statement = json!({"Sid": "More", "Effect": "Allow", "Action": call, "Resource": resource, "Condition": condition});
    move |details: &mut Value| {
        let document = json!({"Version": "2012-10-17", "Statement": [statement.clone()]});
        let more = json!({"PolicyName": "more", "PolicyDocument": document});
        role(details, SOURCE)["RolePolicyList"].as_array_mut().unwrap().push(more);
    }
}

const REPOSITORY: &str = "arn:aws:codecommit:us-east-1:222222222222:payments-config";

#[test]
fn a_source_s_role_that_reads_other_repositories_or_writes_is_found() {
    let says = "may do more in CodeCommit";
    spoils("CP-SRC-2", "staging-deploy", says, TOOLING, grant("codecommit:GitPull", "*", json!({})));
    spoils("CP-SRC-2", "staging-deploy", says, TOOLING, grant("codecommit:GitPush", REPOSITORY, json!({})));
    // What a full clone needs is no more than that.
    let copy = changed(TOOLING, grant("codecommit:GitPull", REPOSITORY, json!({})));
    let said = audit(copy.path(), &["CP-SRC-2"], None);
    assert!(of(&said, "CP-SRC-2", "staging-deploy", Violated).is_empty(), "{:?}", said.findings);
}

/// The branch is a key of calls that write: no call that reads has it.
#[test]
fn a_condition_that_no_reading_call_meets_is_found() {
    let branch = json!({"StringEquals": {"codecommit:References": "refs/heads/main"}});
    let says = "can't be met by a call that reads";
    spoils("CP-SRC-3", "staging-deploy", says, TOOLING, grant("codecommit:GitPull", REPOSITORY, branch));
    // Absent keys meet this one, and a region is known of every call.
    for condition in [
        json!({"StringEqualsIfExists": {"codecommit:References": "refs/heads/main"}}),
        json!({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}),
    ] {
        let copy = changed(TOOLING, grant("codecommit:GitPull", REPOSITORY, condition));
        let said = audit(copy.path(), &["CP-SRC-3"], None);
        assert!(of(&said, "CP-SRC-3", "staging-deploy", Violated).is_empty(), "{:?}", said.findings);
        assert_eq!(of(&said, "CP-SRC-3", "staging-deploy", Holds).len(), 1, "{:?}", said.findings);
    }
}

#[test]
fn a_source_s_role_that_was_not_collected_is_unknown() {
    let copy = changed(STAGING, |json| {
        action(json, "CodeCommit")["roleArn"] = "arn:aws:iam::555555555555:role/source".into();
    });
    let said = audit(copy.path(), &["CP-SRC-2", "CP-SRC-3"], Some(&intent()));
    for control in ["CP-SRC-2", "CP-SRC-3"] {
        let unknown = of(&said, control, "staging-deploy", Unknown);
        assert!(
            unknown.iter().any(|f| f.message.contains("is not in the snapshot")),
            "{control}: {:?}",
            said.findings
        );
    }
}

/// Who is meant may be named by a pipeline: what runs in it.
#[test]
fn the_roles_of_a_pipeline_can_be_meant() {
    let config = |committers: &str| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gateproof.toml");
        std::fs::write(&file, format!("[audit.committers]\nimages = [{committers}]\n")).unwrap();
        let said = audit(&crate::said::example("acme"), &["CP-SRC-6"], Some(&file));
        let violated = messages(&said, "CP-SRC-6", "images", Violated);
        violated.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let (role, other) = ("role/service-role/acme-pipeline-images ", "role/github-actions-ci ");
    let told = |said: &[String], who: &str| said.iter().any(|message| message.contains(who));
    let nobody = config("\"role/nobody\"");
    assert!(told(&nobody, role) && told(&nobody, other), "{nobody:?}");
    let meant = config("\"pipeline:images\"");
    assert!(!told(&meant, role) && told(&meant, other), "{meant:?}");
}
