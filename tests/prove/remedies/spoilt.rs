//! The fixed twin with much spoilt: what the vulnerable one doesn't violate, and the ways of violating a control that it hasn't.

use super::World;
use crate::copied::copy_folder;
use crate::world::acme;
use gateproof::ask::{Estate, EstateOptions};
use gateproof::config::Config;
use serde_json::{Value, json};
use std::path::Path;

const REGION: &str = "accounts/222222222222/us-east-1";
const TOOLING: &str = "accounts/222222222222/global/iam/get-account-authorization-details.json";
const STAGING: &str = "accounts/333333333333/global/iam/get-account-authorization-details.json";
const PRODUCTION: &str = "accounts/444444444444/global/iam/get-account-authorization-details.json";
const REPOSITORY: &str = "arn:aws:codecommit:us-east-1:222222222222:payments-config";
const APPROVER: &str = "arn:aws:iam::222222222222:role/acme-release-approver";
const BUILD: &str = "arn:aws:iam::222222222222:role/acme-build-prod";
const RUNNER: &str = "arn:aws:iam::222222222222:role/acme-legacy-jenkins";
const PENDING: &str =
    "arn:aws:codeconnections:us-east-1:222222222222:connection/00000000-0000-4000-8000-000000000000";
const LOG: &str = "acme-org-trail-111111111111";
/// Where Terraform keeps its state, and who works with it.
const TERRAFORM: &str = r#"
[audit.terraform]
state = ["arn:aws:s3:::acme-team-data-222222222222/*"]
locks = ["arn:aws:dynamodb:us-east-1:222222222222:table/locks"]
runners = ["role/acme-images-deploy", "role/acme-legacy-jenkins"]
planners = ["role/acme-build-pr"]
"#;

/// The spoilt twin, with what its organization means to have.
pub fn spoilt(folder: &Path) -> World {
    copy_folder(&acme().with_file_name("acme-fixed"), folder);
    let config = folder.join("gateproof.toml");
    let text = std::fs::read_to_string(acme().with_file_name("gateproof.toml")).unwrap();
    let (text, _) = text.split_once("[audit.terraform]").unwrap();
    // Somebody who is meant to approve, and can't.
    let approvers = "staging-deploy = [\n";
    assert!(text.contains(approvers));
    let text = text.replacen(approvers, &format!("{approvers}    \"{APPROVER}\",\n"), 1);
    std::fs::write(&config, format!("{text}{TERRAFORM}")).unwrap();
    configuration(folder);
    principals(folder);
    let estate = Estate::load(folder, EstateOptions::default()).unwrap();
    let config = Config::beside(folder, Some(&config)).unwrap();
    World { snapshot: folder.to_owned(), estate, config }
}

fn configuration(folder: &Path) {
    let change =
        |file: &str, change: &dyn Fn(&mut Value)| change_in(folder, &format!("{REGION}/{file}.json"), change);
    change("codebuild/batch-get-projects", &|json| {
        let project = named(&mut json["projects"], "name", "prod-build");
        project["projectVisibility"] = "PUBLIC_READ".into();
        project["badge"]["badgeEnabled"] = true.into();
        project["cache"] = json!({"type": "S3", "location": "acme-jenkins-222222222222/cache"});
        project["source"]["insecureSsl"] = true.into();
        project["logsConfig"]["cloudWatchLogs"]["status"] = "DISABLED".into();
        project["secondarySources"] = json!([{"type": "GITHUB", "location": "https://github.com/acme-corp/tools.git",
            "sourceIdentifier": "tools"}]);
        let role = project["serviceRole"].clone();
        named(&mut json["projects"], "name", "staging-build")["serviceRole"] = role;
        named(&mut json["projects"], "name", "portal-pr")["serviceRole"] = RUNNER.into();
    });
    let shared = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "arn:aws:codebuild:us-east-1:222222222222:project/prod-build",
        "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": ["codebuild:BatchGetProjects", "codebuild:BatchGetBuilds"]}]});
    add(
        folder,
        &format!("{REGION}/codebuild/get-resource-policy/prod-build.json"),
        &json!({"policy": shared.to_string()}),
    );
    change("codepipeline/get-pipeline/images", &|json| {
        action(json, "ScanAndRender")["actionTypeId"] =
            json!({"category": "Build", "owner": "Custom", "provider": "Jenkins", "version": "1"});
        let build = json!({"name": "Plan", "runOrder": 1, "configuration": {"ProjectName": "portal-pr"},
            "actionTypeId": {"category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"}});
        json["pipeline"]["stages"][1]["actions"].as_array_mut().unwrap().push(build);
        let source = json!({"name": "Config", "runOrder": 1, "outputArtifacts": [{"name": "Config"}],
            "configuration": {"BranchName": "main", "RepositoryName": "payments-config", "PollForSourceChanges": "false"},
            "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "CodeCommit", "version": "1"}});
        json["pipeline"]["stages"][0]["actions"].as_array_mut().unwrap().push(source);
    });
    change("codepipeline/get-pipeline/prod-deploy", &|json| {
        action(json, "DataStack")["configuration"]["RoleArn"] =
            json!("arn:aws:iam::333333333333:role/acme-cfn-payments-config");
        let stages = json["pipeline"]["stages"].as_array_mut().unwrap();
        stages.retain(|stage| stage["name"] != "Approve");
        let sources = stages[0]["actions"].as_array_mut().unwrap();
        let mut other = sources[0].clone();
        other["name"] = "Pending".into();
        other["outputArtifacts"] = json!([{"name": "Other"}]);
        other["configuration"]["ConnectionArn"] = PENDING.into();
        sources[0]["actionTypeId"] =
            json!({"category": "Source", "owner": "ThirdParty", "provider": "GitHub", "version": "1"});
        sources.push(other);
    });
    let pending = json!({"Connection": {"ConnectionName": "pending", "ConnectionArn": PENDING, "ProviderType": "GitHub",
        "OwnerAccountId": "222222222222", "ConnectionStatus": "PENDING"}});
    let place = PENDING.replace(':', "%3A").replace('/', "%2F");
    add(folder, &format!("{REGION}/codeconnections/get-connection/{place}.json"), &pending);
    // The log's bucket is no longer the log's alone.
    change("codepipeline/get-pipeline/staging-deploy", &|json| {
        json["pipeline"]["artifactStore"]["location"] = LOG.into();
    });
    let policy = format!("accounts/111111111111/us-east-1/s3api/get-bucket-policy/{LOG}.json");
    change_in(folder, &policy, |json| {
        let mut document: Value = serde_json::from_str(json["Policy"].as_str().unwrap()).unwrap();
        let writer = json!({"Sid": "More", "Effect": "Allow", "Principal": {"Service": "config.amazonaws.com"},
            "Action": "s3:PutObject", "Resource": format!("arn:aws:s3:::{LOG}/*")});
        document["Statement"].as_array_mut().unwrap().push(writer);
        json["Policy"] = document.to_string().into();
    });
    change("codebuild/list-source-credentials", &|json| {
        json["sourceCredentialsInfos"][0]["authType"] = "PERSONAL_ACCESS_TOKEN".into();
    });
    let machine = json!({"InstanceId": "i-1", "State": {"Name": "running"}, "MetadataOptions": {"HttpTokens": "optional", "HttpEndpoint": "enabled"},
        "IamInstanceProfile": {"Arn": "arn:aws:iam::222222222222:instance-profile/acme-legacy-jenkins"}});
    change("ec2/describe-instances", &|json| json["Reservations"] = json!([{"Instances": [machine]}]));
    change_in(folder, "accounts/222222222222/global/iam/list-ssh-public-keys/alice.nguyen.json", |json| {
        json["SSHPublicKeys"] = json!([{"UserName": "alice.nguyen", "SSHPublicKeyId": "APKAEXAMPLE", "Status": "Active",
            "UploadDate": "2023-01-02T03:04:05+00:00"}]);
    });
    let hook = |name: &str, authentication: &str| {
        json!({"definition": {"name": name, "targetPipeline": "prod-deploy", "targetAction": "GitHub", "filters": [],
            "authentication": authentication, "authenticationConfiguration": {}}, "url": "https://example.com",
            "arn": format!("arn:aws:codepipeline:us-east-1:222222222222:webhook:{name}")})
    };
    change("codepipeline/list-webhooks", &|json| {
        json["webhooks"] = json!([hook("push", "UNAUTHENTICATED"), hook("token", "GITHUB_HMAC")]);
    });
    change("logs/describe-log-groups", &|json| {
        for group in json["logGroups"].as_array_mut().unwrap() {
            group["retentionInDays"] = 30.into();
        }
    });
    change("kms/get-key-policy/1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d", &|json| {
        let mut policy: Value = serde_json::from_str(json["Policy"].as_str().unwrap()).unwrap();
        let pipelines = named(&mut policy["Statement"], "Sid", "Pipelines");
        pipelines["Principal"]["AWS"].as_array_mut().unwrap().retain(|role| role != BUILD);
        json["Policy"] = policy.to_string().into();
    });
    change("s3api/get-bucket-encryption/acme-pipeline-artifacts-222222222222", &|json| {
        json["ServerSideEncryptionConfiguration"]["Rules"] =
            json!([{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]);
    });
    change("lambda/get-function-code-signing-config/staging-smoke-test", &|json| {
        drop(json.as_object_mut().unwrap().remove("CodeSigningConfigArn"));
    });
    change_in(folder, "accounts/222222222222/global/s3api/list-buckets.json", |json| {
        let buckets = json["Buckets"].as_array_mut().unwrap();
        buckets.retain(|bucket| bucket["Name"] != "acme-pipeline-artifacts-222222222222");
    });
}

fn principals(folder: &Path) {
    let allow = |name: &str, actions: Value, resource: &str, condition: Option<Value>| {
        let mut statement =
            json!({"Sid": "More", "Effect": "Allow", "Action": actions, "Resource": resource});
        if let Some(condition) = condition {
            statement["Condition"] = condition;
        }
        json!({"PolicyName": name, "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}})
    };
    change_in(folder, TOOLING, |json| {
        let user = named(&mut json["UserDetailList"], "UserName", "dave.okafor");
        user.as_object_mut().unwrap().remove("PermissionsBoundary");
        user["GroupList"] = json!([]);
        user["UserPolicyList"] = json!([allow(
            "more",
            json!([
                "codepipeline:PollForJobs",
                "codepipeline:PutApprovalResult",
                "codecommit:MergeBranchesByFastForward"
            ]),
            "*",
            None
        )]);
        let roles = &mut json["RoleDetailList"];
        let branch = json!({"StringEquals": {"codecommit:References": "refs/heads/main"}});
        let source =
            named(roles, "RoleName", "acme-source-codecommit")["RolePolicyList"].as_array_mut().unwrap();
        source.push(allow("narrow", json!("codecommit:GitPull"), REPOSITORY, Some(branch)));
        source.push(allow("more", json!("codecommit:GitPush"), REPOSITORY, None));
        let all = json!(["s3:GetObject", "s3:PutObject", "dynamodb:PutItem"]);
        named(roles, "RoleName", "acme-smoke-test")["RolePolicyList"] =
            json!([allow("state", all, "*", None)]);
        let plans = json!(["s3:GetObject", "sqs:CreateQueue"]);
        named(roles, "RoleName", "acme-build-pr")["RolePolicyList"] =
            json!([allow("plans", plans, "*", None)]);
        let runner = named(roles, "RoleName", "acme-images-deploy");
        let trust = json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::222222222222:user/people/dave.okafor"}, "Action": "sts:AssumeRole"});
        runner["AssumeRolePolicyDocument"]["Statement"].as_array_mut().unwrap().push(trust);
    });
    change_in(folder, PRODUCTION, |json| {
        let role = named(&mut json["RoleDetailList"], "RoleName", "acme-cfn-payments-service");
        let trust = json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444444444444:root"}, "Action": "sts:AssumeRole"});
        role["AssumeRolePolicyDocument"]["Statement"].as_array_mut().unwrap().push(trust);
        // A boundary that bounds nothing, which the role can leave behind.
        role["PermissionsBoundary"]["PermissionsBoundaryArn"] =
            "arn:aws:iam::aws:policy/AdministratorAccess".into();
        role["RolePolicyList"].as_array_mut().unwrap().push(allow("more", json!("iam:*"), "*", None));
    });
    change_in(folder, "organization/describe-policy/p-prodguard.json", |json| {
        let mut document: Value = serde_json::from_str(json["Policy"]["Content"].as_str().unwrap()).unwrap();
        let guards = ["ProtectBoundaries", "IamIsForAdministrators"];
        let statements = document["Statement"].as_array_mut().unwrap();
        statements.retain(|statement| !guards.iter().any(|sid| statement["Sid"] == *sid));
        json["Policy"]["Content"] = document.to_string().into();
    });
    change_in(folder, STAGING, |json| {
        let role = named(&mut json["RoleDetailList"], "RoleName", "acme-cfn-payments-config");
        role.as_object_mut().unwrap().remove("PermissionsBoundary");
        role["RolePolicyList"] = json!([allow("all", json!("*"), "*", None)]);
    });
}

fn named<'j>(list: &'j mut Value, key: &str, name: &str) -> &'j mut Value {
    let mut items = list.as_array_mut().unwrap().iter_mut();
    items.find(|item| item[key] == name).unwrap_or_else(|| panic!("no {name}"))
}

fn action<'j>(pipeline: &'j mut Value, name: &str) -> &'j mut Value {
    let stages = pipeline["pipeline"]["stages"].as_array_mut().unwrap().iter_mut();
    let mut actions = stages.flat_map(|stage| stage["actions"].as_array_mut().unwrap());
    actions.find(|action| action["name"] == name).unwrap()
}

fn change_in(folder: &Path, file: &str, change: impl Fn(&mut Value)) {
    let place = folder.join(file);
    let mut json: Value = serde_json::from_str(&std::fs::read_to_string(&place).unwrap()).unwrap();
    let before = json.clone();
    change(&mut json);
    assert_ne!(json, before, "{file}: nothing was changed");
    std::fs::write(&place, json.to_string()).unwrap();
}

fn add(folder: &Path, file: &str, json: &Value) {
    let place = folder.join(file);
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::fs::write(place, json.to_string()).unwrap();
}
