//! `map`: what each action runs with which role, and who can do what with a pipeline.

use crate::program::{ask, run, stderr, stdout};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

const ACME: &str = "corpus/snapshots/acme";
const ACCOUNT: &str = "111122223333";

fn pipeline(name: &str) -> Value {
    let (code, map) = ask(&["map", ACME, "--pipeline", name]);
    assert_eq!(code, 0);
    let unknown = map["unknown"].as_array().unwrap().iter().map(|one| one["what"].as_str().unwrap());
    let elsewhere =
        ["111111111111", "333333333333", "444444444444"].map(|a| format!("the pipelines of account {a}"));
    assert_eq!(unknown.collect::<Vec<_>>(), elsewhere, "of the tooling account all is collected");
    let pipelines = map["pipelines"].as_array().unwrap();
    assert_eq!(pipelines.len(), 1);
    pipelines[0].clone()
}

fn action(pipeline: &Value, name: &str) -> Value {
    let stages = pipeline["stages"].as_array().unwrap().iter();
    let mut actions = stages.flat_map(|stage| stage["actions"].as_array().unwrap());
    actions.find(|action| action["name"] == name).unwrap().clone()
}

#[test]
fn each_action_runs_with_the_role_that_its_provider_gives_it() {
    let (images, prod, staging) = (pipeline("images"), pipeline("prod-deploy"), pipeline("staging-deploy"));
    let own = "arn:aws:iam::222222222222:role/service-role/acme-pipeline-images";
    for (pipeline, name, kind, roles) in [
        (&images, "PortalImage", None, vec![]),
        (&images, "ScanAndRender", None, vec![own]),
        (
            &images,
            "Portal",
            Some("ecs.service"),
            vec![
                "arn:aws:iam::222222222222:role/acme-portal-task",
                "arn:aws:iam::222222222222:role/acme-portal-execution",
            ],
        ),
        (&prod, "Compile", Some("codebuild.project"), vec!["arn:aws:iam::222222222222:role/acme-build-prod"]),
        (&prod, "ReleaseManager", None, vec![]),
        (
            &prod,
            "DataStack",
            Some("cloudformation.stack"),
            vec!["arn:aws:iam::444444444444:role/CloudFormationDeployRole"],
        ),
        // The action names no role: the stack has one already.
        (
            &prod,
            "ServiceExecute",
            Some("cloudformation.stack"),
            vec!["arn:aws:iam::444444444444:role/CloudFormationDeployRole"],
        ),
        (
            &staging,
            "SmokeTest",
            Some("lambda.function"),
            vec!["arn:aws:iam::222222222222:role/acme-smoke-test"],
        ),
    ] {
        let action = action(pipeline, name);
        assert_eq!(action["runs_as"], json!(roles), "{name}");
        assert_eq!(action["by"]["kind"], kind.map_or(Value::Null, |kind| json!(kind)), "{name}");
    }
    assert_eq!(action(&prod, "DataStack")["role"], "arn:aws:iam::444444444444:role/acme-deploy");
    assert_eq!(action(&prod, "DataStack")["by"]["account"], "444444444444");
    assert_eq!(action(&prod, "ReleaseManager")["gate"], true);
    assert_eq!(images["stores"][0]["key"], "aws-managed");
}

#[test]
fn who_can_do_what_is_what_the_questions_answer() {
    let prod = pipeline("prod-deploy");
    let of = |name: &str| {
        let abilities = prod["abilities"].as_array().unwrap();
        abilities.iter().find(|ability| ability["ability"] == name).unwrap().clone()
    };
    for name in ["write-artifacts", "change", "start", "approve", "go-round"] {
        let ability = of(name);
        let actions: Vec<&str> =
            ability["actions"].as_array().unwrap().iter().map(|a| a.as_str().unwrap()).collect();
        let resource = ability["resource"].as_str().unwrap();
        let (_, answer) = ask(&["who-can", ACME, "--action", &actions.join(","), "--resource", resource]);
        let able = answer["principals"].as_array().unwrap().iter().filter(|p| p["verdict"] != "impossible");
        let able: BTreeSet<&str> = able.map(|p| p["arn"].as_str().unwrap()).collect();
        let listed = ability["principals"].as_array().unwrap().iter().map(|p| p["arn"].as_str().unwrap());
        assert_eq!(listed.collect::<BTreeSet<_>>(), able, "{name}");
        assert!(able.len() > 2, "{name}: {able:?}");
    }
    let source = of("write-source");
    assert!(source["outside"].as_str().unwrap().contains("acme-corp/payments"), "{source}");
}

/// A snapshot of one account with some files of CodePipeline.
fn snapshot(files: &[(&str, Value)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let nobody = json!({"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []});
    let details = format!("accounts/{ACCOUNT}/global/iam/get-account-authorization-details.json");
    for (path, content) in files
        .iter()
        .map(|(p, c)| (format!("accounts/{ACCOUNT}/us-east-1/{p}"), c))
        .chain([(details, &nobody)])
    {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap_or(Path::new("."))).unwrap();
        std::fs::write(file, content.to_string()).unwrap();
    }
    folder
}

fn unknown_of(folder: &tempfile::TempDir) -> Vec<(String, Option<String>)> {
    let (code, map) = ask(&["map", folder.path().to_str().unwrap(), "--quiet"]);
    assert_eq!(code, 0);
    let told =
        |one: &Value| (one["what"].as_str().unwrap().to_owned(), one["command"].as_str().map(str::to_owned));
    map["unknown"].as_array().unwrap().iter().map(told).collect()
}

#[test]
fn what_is_not_told_is_named_with_the_command_that_tells_it() {
    let nothing = snapshot(&[]);
    let command = Some("aws codepipeline list-pipelines".to_owned());
    assert_eq!(unknown_of(&nothing), [(format!("the pipelines of account {ACCOUNT}"), command)]);

    let listed = snapshot(&[(
        "codepipeline/list-pipelines.json",
        json!({"pipelines": [{"name": "ship", "version": 1}]}),
    )]);
    let command = Some("aws codepipeline get-pipeline --name ship".to_owned());
    assert_eq!(unknown_of(&listed), [(format!("the pipeline ship of account {ACCOUNT}"), command)]);

    let broken = json!({"pipeline": {"name": "ship", "roleArn": "r", "stages": [{"name": "Build", "actions": [{"name": "x"}]}]}});
    let broken = snapshot(&[("codepipeline/get-pipeline/ship.json", broken)]);
    let unknown = unknown_of(&broken);
    assert_eq!(unknown.len(), 1, "{unknown:?}");
    assert!(unknown[0].0.contains("get-pipeline/ship.json at /pipeline/stages/0/actions/0"), "{unknown:?}");
}

#[test]
fn objects_that_were_not_collected_stay_on_the_map_and_secrets_stay_off_it() {
    let role = format!("arn:aws:iam::{ACCOUNT}:role/pipeline");
    let act = |name: &str, category: &str, owner: &str, provider: &str, configuration: Value| {
        json!({"name": name, "actionTypeId": {"category": category, "owner": owner, "provider": provider, "version": "1"},
            "configuration": configuration})
    };
    let stages = json!([
        {"name": "Source", "actions": [act("Old", "Source", "ThirdParty", "GitHub",
            json!({"Owner": "o", "Repo": "shop", "Branch": "main", "OAuthToken": "canary-4711"}))]},
        {"name": "Work", "actions": [
            act("Build", "Build", "AWS", "CodeBuild", json!({"ProjectName": "shop-build"})),
            act("Beanstalk", "Deploy", "AWS", "ElasticBeanstalk", json!({"ApplicationName": "shop"})),
            act("Other", "Test", "Custom", "Ours", json!({})),
        ]},
    ]);
    let declaration = json!({"pipeline": {"name": "shop", "roleArn": role, "stages": stages,
        "artifactStores": {"us-east-1": {"type": "S3", "location": "one"}, "eu-west-1": {"type": "S3", "location": "two"}}}});
    let folder = snapshot(&[("codepipeline/get-pipeline/shop.json", declaration)]);
    let path = folder.path().to_str().unwrap();
    let unknown = unknown_of(&folder);
    for what in ["the role of project shop-build", "ElasticBeanstalk runs Beanstalk", "the workers of Ours"] {
        assert!(unknown.iter().any(|(told, _)| told.contains(what)), "{what}: {unknown:?}");
    }
    let (_, map) = ask(&["map", path]);
    assert_eq!(map["pipelines"][0]["stores"].as_array().unwrap().len(), 2);
    assert_eq!(map["pipelines"][0]["stages"][1]["actions"][0]["by"]["name"], "shop-build");
    let text = run(&["map", path]);
    for output in [map.to_string(), stdout(&text), stderr(&text)] {
        assert!(!output.contains("canary-4711"), "{output}");
    }
    let other = run(&["map", path, "--pipeline", "none"]);
    assert_eq!(other.status.code(), Some(1));
    assert!(stderr(&other).contains("no pipeline of that name"), "{}", stderr(&other));
}
