//! Build projects: what starts them, with which steps, variables, images, logs.

use crate::mutants::spoils;
use crate::said::{audit, changed, copied, example, intent, intent_with, of, says, without};
use gateproof::audit::Judgement;
use serde_json::{Value, json};

const PROJECTS: &str = "accounts/222222222222/us-east-1/codebuild/batch-get-projects.json";
const TOOLING: &str = "accounts/222222222222/global/iam/get-account-authorization-details.json";
const PROD: &str = "accounts/222222222222/us-east-1/codepipeline/get-pipeline/prod-deploy.json";

fn project<'j>(projects: &'j mut Value, name: &str) -> &'j mut Value {
    projects["projects"].as_array_mut().unwrap().iter_mut().find(|project| project["name"] == name).unwrap()
}

/// The project of pull requests, which belongs to no pipeline and is said of the account's first, with other filters.
fn webhook(filters: &Value, approval: &str) -> impl Fn(&mut Value) {
    move |json: &mut Value| {
        let webhook = &mut project(json, "portal-pr")["webhook"];
        webhook["filterGroups"] = filters.clone();
        webhook["pullRequestBuildPolicy"]["requiresCommentApproval"] = approval.into();
    }
}

fn filter(kind: &str, pattern: &str) -> Value {
    json!({"type": kind, "pattern": pattern})
}

fn unless(kind: &str, pattern: &str) -> Value {
    json!({"type": kind, "pattern": pattern, "excludeMatchedPattern": true})
}

const ACTOR: &str = "ACTOR_ACCOUNT_ID";
const ACTORS: &str = r#"actors = ["1048576", "2097152"]"#;

/// A person has two numbers, all else is said of texts that hold them.
#[test]
fn the_language_of_actors_decides() {
    use Judgement::{Holds, Unknown, Violated};
    let pulls = filter("EVENT", "PULL_REQUEST_CREATED, PULL_REQUEST_UPDATED");
    for (actors, patterns, verdict, words) in [
        (ACTORS, vec![filter(ACTOR, "^(1048576|2097152)$")], Holds, "only accounts that are meant"),
        (ACTORS, vec![filter(ACTOR, "^1048576$|^2097152$")], Holds, "only accounts that are meant"),
        (ACTORS, vec![filter(ACTOR, "1"), filter(ACTOR, "^1048576$")], Holds, "only accounts that are meant"),
        (ACTORS, vec![filter(ACTOR, "^1048576|2097152$")], Violated, "events of account `"),
        (ACTORS, vec![filter(ACTOR, "1048576")], Violated, "events of account `11048576`"),
        (ACTORS, vec![filter(ACTOR, "^1048576$|^2$")], Violated, "events of account `2`"),
        (ACTORS, vec![unless(ACTOR, "^666$")], Violated, "events of account `"),
        (ACTORS, vec![filter(ACTOR, "^(?!666)1048576$")], Unknown, "is not read"),
        ("", vec![filter(ACTOR, "^(1048576|2097152)$")], Unknown, "`actors` in [audit]"),
        ("", vec![filter(ACTOR, "^1048576")], Violated, "events of account `"),
        ("", vec![filter(ACTOR, r"^\d{1,3}$"), unless(ACTOR, "^7$")], Unknown, "`actors` in [audit]"),
        // Whoever opens a pull request names its head; into which branch it would go says nothing of them.
        (ACTORS, vec![filter("HEAD_REF", "^refs/heads/main$")], Violated, "whoever opens a pull request"),
        (ACTORS, vec![filter("BASE_REF", "^refs/heads/main$")], Violated, "whoever opens a pull request"),
        (ACTORS, vec![filter("FILE_PATH", "^docs/")], Violated, "whoever opens a pull request"),
    ] {
        let group: Vec<Value> = [pulls.clone()].into_iter().chain(patterns.clone()).collect();
        let copy = changed(PROJECTS, webhook(&json!([group]), "DISABLED"));
        let config = intent_with(actors);
        let said = audit(copy.path(), &["CB-2"], Some(config.path()));
        says(&said, "CB-2", "images", verdict, words);
        assert_eq!(said.findings.len(), 1, "{patterns:?}");
    }
}

#[test]
fn the_language_of_references_decides() {
    use Judgement::{Holds, Unknown, Violated};
    let push = filter("EVENT", "PUSH");
    let head = |pattern: &str| vec![push.clone(), filter("HEAD_REF", pattern)];
    for (groups, verdict, words) in [
        (vec![head("^refs/heads/main$")], Holds, "only branches that are meant"),
        (vec![head("^refs/heads/(main)$")], Holds, "only branches that are meant"),
        (vec![head("^refs/heads/main")], Violated, "`refs/heads/maina`"),
        (vec![head("refs/heads/main$")], Violated, "the filters let in `refs/"),
        (vec![head("^refs/heads/ma.n$")], Violated, "`refs/heads/maan`"),
        (vec![head("^refs/heads/.*$")], Violated, "the filters let in `refs/heads/"),
        (vec![head("^refs/(heads/main|tags/v[0-9]+)$")], Violated, "`refs/tags/v0`"),
        (vec![head(r"^refs/heads/(a)\1$")], Unknown, "is not read"),
        (
            vec![vec![push.clone(), unless("HEAD_REF", "^refs/heads/dev$")]],
            Violated,
            "the filters let in `refs/",
        ),
        (vec![vec![push.clone()]], Violated, "neither accounts nor branches"),
        (vec![vec![filter("HEAD_REF", "^refs/heads/main$")]], Violated, "name no event"),
        (vec![vec![]], Violated, "name no event"),
        (vec![], Violated, "name no event"),
    ] {
        let copy = changed(PROJECTS, webhook(&json!(groups), "ALL_PULL_REQUESTS"));
        let said = audit(copy.path(), &["CB-2"], Some(&intent()));
        says(&said, "CB-2", "images", verdict, words);
    }
    // Jobs of workflows wait for no comment: those of pull requests are among them.
    let jobs = vec![filter("EVENT", "WORKFLOW_JOB_QUEUED"), filter("HEAD_REF", "^refs/heads/main$")];
    let copy = changed(PROJECTS, webhook(&json!([jobs]), "ALL_PULL_REQUESTS"));
    let said = audit(copy.path(), &["CB-2"], Some(&intent()));
    says(&said, "CB-2", "images", Violated, "whoever opens a pull request");
    // One group that is open is enough.
    let copy =
        changed(PROJECTS, webhook(&json!([head("^refs/heads/main$"), head("main")]), "ALL_PULL_REQUESTS"));
    let said = audit(copy.path(), &["CB-2"], Some(&intent()));
    assert_eq!(of(&said, "CB-2", "images", Holds).len(), 1, "{:?}", said.findings);
    assert_eq!(of(&said, "CB-2", "images", Violated).len(), 1, "{:?}", said.findings);
}

#[test]
fn who_comments_decides() {
    use Judgement::{Holds, Unknown, Violated};
    let policy = |policy: Value| {
        move |json: &mut Value| {
            project(json, "portal-pr")["webhook"]["pullRequestBuildPolicy"] = policy.clone()
        }
    };
    for (given, verdict, words) in [
        (
            json!({"requiresCommentApproval": "FORK_PULL_REQUESTS", "approverRoles": ["GITHUB_WRITE"]}),
            Holds,
            "wait for",
        ),
        (json!({"requiresCommentApproval": "DISABLED"}), Violated, "without anybody's comment"),
        (
            json!({"requiresCommentApproval": "ALL_PULL_REQUESTS", "approverRoles": ["GITHUB_WRITE", "GITHUB_READ"]}),
            Violated,
            "GITHUB_READ may make",
        ),
        (
            json!({"requiresCommentApproval": "ALL_PULL_REQUESTS", "approverRoles": []}),
            Unknown,
            "batch-get-projects",
        ),
        (Value::Null, Unknown, "batch-get-projects"),
    ] {
        let copy = changed(PROJECTS, policy(given));
        let said = audit(copy.path(), &["CB-3"], None);
        says(&said, "CB-3", "images", verdict, words);
    }
    let copy = changed(PROJECTS, webhook(&json!([[filter("EVENT", "PUSH")]]), "DISABLED"));
    says(&audit(copy.path(), &["CB-3"], None), "CB-3", "images", Holds, "no pull request");
}

/// The role of pull requests may nothing; that of the production build does nothing in production either; the one that deploys does.
#[test]
fn what_strangers_start_is_followed_to_production() {
    use Judgement::{Holds, Unknown, Violated};
    let open = |role: &'static str, pattern: &'static str| {
        move |json: &mut Value| {
            let group = json!([[filter("EVENT", "PULL_REQUEST_CREATED"), filter(ACTOR, pattern)]]);
            webhook(&group, "DISABLED")(json);
            project(json, "portal-pr")["serviceRole"] =
                format!("arn:aws:iam::222222222222:role/{role}").into();
        }
    };
    for (role, pattern, name, verdict, words) in [
        ("acme-build-pr", "1048576", "images", Holds, "impossible"),
        (
            "service-role/acme-pipeline-prod",
            "1048576",
            "prod-deploy",
            Violated,
            "comes to account 444444444444",
        ),
        ("service-role/acme-pipeline-prod", "^1048576$", "prod-deploy", Unknown, "`actors` in [audit]"),
        ("nobody", "1048576", "images", Unknown, "is not in the snapshot"),
    ] {
        let copy = changed(PROJECTS, open(role, pattern));
        let said = audit(copy.path(), &["CB-4"], Some(&intent()));
        says(&said, "CB-4", name, verdict, words);
    }
    let copy = changed(PROJECTS, open("service-role/acme-pipeline-prod", "1048576"));
    says(&audit(copy.path(), &["CB-4"], None), "CB-4", "prod-deploy", Unknown, "`production` in [audit]");
}

#[test]
fn steps_in_the_repository_are_found() {
    let spec = |spec: &'static str| {
        move |json: &mut Value| project(json, "prod-build")["source"]["buildspec"] = spec.into()
    };
    spoils(
        "CB-5",
        "prod-deploy",
        "whoever may push to acme-corp/payments",
        PROJECTS,
        spec("ci/buildspec.yml"),
    );
    spoils("CB-5", "prod-deploy", "whoever may push to acme-corp/payments", PROJECTS, spec(""));
    let object = "arn:aws:s3:::acme-jenkins-222222222222/steps.yml";
    spoils(
        "CB-5",
        "prod-deploy",
        "acme-legacy-jenkins may write the project's steps",
        PROJECTS,
        spec(object),
    );
    let said = audit(&example("acme-fixed"), &["CB-5"], None);
    says(&said, "CB-5", "staging-deploy", Judgement::Unknown, "`committers` in [audit]");
}

#[test]
fn each_override_is_found_and_starting_alone_is_not() {
    let says_so = "dave.okafor may start builds and override what they do";
    let keys = |but: &'static str| {
        move |json: &mut Value| {
            let mut all = json["Policies"].as_array_mut().unwrap().iter_mut();
            let policy = all.find(|policy| policy["PolicyName"] == "developer-access").unwrap();
            let mut versions = policy["PolicyVersionList"].as_array_mut().unwrap().iter_mut();
            let version = versions.find(|version| version["IsDefaultVersion"] == true).unwrap();
            let mut statements = version["Document"]["Statement"].as_array_mut().unwrap().iter_mut();
            let run = statements.find(|statement| statement["Sid"] == "RunPortalChecks").unwrap();
            run["Resource"] = "arn:aws:codebuild:us-east-1:222222222222:project/prod-build".into();
            run["Condition"]["Null"].as_object_mut().unwrap().remove(but);
        }
    };
    for key in ["codebuild:source.buildspec", "codebuild:environment.image", "codebuild:secondarySources"] {
        spoils("CB-6", "prod-deploy", says_so, TOOLING, keys(key));
    }
    // All keys must be absent: who may start it and nothing else is no matter.
    let copy = changed(TOOLING, keys("codebuild:none"));
    let said = audit(copy.path(), &["CB-6"], Some(&intent()));
    assert_eq!(of(&said, "CB-6", "prod-deploy", Judgement::Holds).len(), 1, "{:?}", said.findings);
    says(
        &audit(&example("acme-fixed"), &["CB-6"], None),
        "CB-6",
        "prod-deploy",
        Judgement::Unknown,
        "`platform`",
    );
}

#[test]
fn secrets_are_found_and_not_shown() {
    let variable = |name: &'static str, value: &'static str, kind: &'static str| {
        move |json: &mut Value| {
            let variables = json!([{"name": name, "value": value, "type": kind}]);
            project(json, "prod-build")["environment"]["environmentVariables"] = variables;
        }
    };
    let key = "AKIAIOSFODNN7EXAMPLE";
    spoils(
        "CB-7",
        "prod-deploy",
        "`DB_PASSWORD` holds in plain text",
        PROJECTS,
        variable("DB_PASSWORD", "hunter2", "PLAINTEXT"),
    );
    spoils(
        "CB-7",
        "prod-deploy",
        "`X` holds in plain text what has the form",
        PROJECTS,
        variable("X", key, "PLAINTEXT"),
    );
    let copy = changed(PROJECTS, variable("X", key, "PLAINTEXT"));
    let said = audit(copy.path(), &["CB-7"], None);
    assert!(!format!("{said:?}").contains(key), "{said:?}");
    let copy = changed(PROJECTS, variable("DB_PASSWORD", "/prod/db", "PARAMETER_STORE"));
    says(&audit(copy.path(), &["CB-7"], None), "CB-7", "prod-deploy", Judgement::Holds, "nothing");
    spoils("CB-7", "prod-deploy", "https://git.example/shop holds a user or password", PROJECTS, |json| {
        project(json, "prod-build")["source"]["location"] = "https://x:token@git.example/shop".into();
    });
}

#[test]
fn logs_artifacts_networks_images_and_sharing_are_looked_at() {
    let with = |change: fn(&mut Value)| move |json: &mut Value| change(project(json, "prod-build"));
    for (control, words, change) in [
        (
            "CB-8",
            "builds are not logged",
            (|p| p["logsConfig"]["cloudWatchLogs"]["status"] = "DISABLED".into()) as fn(&mut Value),
        ),
        ("CB-8", "logs in the bucket are not encrypted", |p| {
            p["logsConfig"]["s3Logs"] =
                json!({"status": "ENABLED", "location": "logs/x", "encryptionDisabled": true});
        }),
        ("CB-8", "artifacts of the project are not encrypted", |p| {
            p["artifacts"]["encryptionDisabled"] = true.into()
        }),
        ("CB-8", "artifacts of the project are not encrypted", |p| {
            p["secondaryArtifacts"] = json!([{"type": "S3", "location": "b", "encryptionDisabled": true}]);
        }),
        ("CB-9", "everybody may read", |p| p["projectVisibility"] = "PUBLIC_READ".into()),
        ("CB-9", "badge shows everybody", |p| p["badge"]["badgeEnabled"] = true.into()),
        ("CB-10", "in AWS's own network", |p| p["vpcConfig"] = json!({})),
        ("CB-11", "is not named by its digest", |p| {
            p["environment"]["image"] =
                "222222222222.dkr.ecr.us-east-1.amazonaws.com/build-base:latest".into();
        }),
        ("CB-11", "acme-legacy-jenkins may write the project's cache", |p| {
            p["cache"] = json!({"type": "S3", "location": "acme-jenkins-222222222222/cache"});
        }),
    ] {
        spoils(control, "prod-deploy", words, PROJECTS, with(change));
    }
    // Where nothing is said of logs they go to CloudWatch Logs; a log in a bucket is one, too.
    for change in [(|p| p["logsConfig"] = Value::Null) as fn(&mut Value), |p| {
        p["logsConfig"] = json!({"cloudWatchLogs": {"status": "DISABLED"}, "s3Logs": {"status": "ENABLED", "location": "logs/x"}});
    }] {
        let copy = changed(PROJECTS, with(change));
        says(&audit(copy.path(), &["CB-8"], None), "CB-8", "prod-deploy", Judgement::Holds, "logged");
    }
}

/// The policy of a project lets another account read its builds.
#[test]
fn a_shared_project_is_found() {
    let copy = copied();
    let folder = copy.path().join("accounts/222222222222/us-east-1/codebuild/get-resource-policy");
    std::fs::create_dir_all(&folder).unwrap();
    let arn = "arn:aws:codebuild:us-east-1:222222222222:project/prod-build";
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": arn,
        "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": ["codebuild:BatchGetProjects", "codebuild:BatchGetBuilds"]}]});
    std::fs::write(folder.join("prod-build.json"), json!({"policy": policy.to_string()}).to_string())
        .unwrap();
    let said = audit(copy.path(), &["CB-9"], None);
    says(&said, "CB-9", "prod-deploy", Judgement::Violated, "999999999999");
}

#[test]
fn who_opens_sandboxes_is_found() {
    spoils("CB-13", "prod-deploy", "dave.okafor may open a sandbox", TOOLING, |json| {
        let mut users = json["UserDetailList"].as_array_mut().unwrap().iter_mut();
        let user = users.find(|user| user["UserName"] == "dave.okafor").unwrap();
        user["UserPolicyList"] = json!([{"PolicyName": "more", "PolicyDocument": {"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "codebuild:Start*", "Resource": "*"}]}}]);
    });
}

/// The file that tells of projects is missed by each control that reads it.
#[test]
fn projects_that_were_not_collected_are_missed() {
    let controls = ["CB-2", "CB-3", "CB-4", "CB-5", "CB-7", "CB-8", "CB-9", "CB-10", "CB-11"];
    let said = audit(without(PROJECTS).path(), &controls, Some(&intent()));
    for control in controls {
        let name = if ["CB-2", "CB-3", "CB-4"].contains(&control) { "images" } else { "prod-deploy" };
        let unknown = of(&said, control, name, Judgement::Unknown);
        let mut missing = unknown.iter().flat_map(|f| &f.missing).filter_map(|m| m.command.as_deref());
        assert!(missing.any(|command| command.contains("aws codebuild")), "{control}: {:?}", said.findings);
    }
}

/// A pipeline that deploys nothing builds nothing that is deployed.
#[test]
fn a_pipeline_without_a_deployment_is_let_be() {
    let copy = changed(PROD, |json| {
        let stages = json["pipeline"]["stages"].as_array_mut().unwrap();
        stages.retain(|stage| stage["name"] != "Deploy");
    });
    let said = audit(copy.path(), &["CB-5", "CB-10"], Some(&intent()));
    for control in ["CB-5", "CB-10"] {
        says(&said, control, "prod-deploy", Judgement::Holds, "deploys nothing");
    }
}
