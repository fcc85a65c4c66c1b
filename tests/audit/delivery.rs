//! What is delivered: who starts it, whose eyes see it, which gates it passes, whose bucket, webhooks, connections and workers it uses.

use crate::mutants::{action, role, spoils};
use crate::said::{audit, change_too, changed, copied, example, intent, of, says, without};
use gateproof::audit::Judgement;
use serde_json::{Value, json};

const REGION: &str = "accounts/222222222222/us-east-1";
const PROD: &str = "accounts/222222222222/us-east-1/codepipeline/get-pipeline/prod-deploy.json";
const IMAGES: &str = "accounts/222222222222/us-east-1/codepipeline/get-pipeline/images.json";
const TOOLING: &str = "accounts/222222222222/global/iam/get-account-authorization-details.json";

/// One of the developers, with more than they have.
fn granted(actions: &[&str]) -> impl Fn(&mut Value) + use<> {
    let actions = json!(actions);
    move |json: &mut Value| {
        let mut users = json["UserDetailList"].as_array_mut().unwrap().iter_mut();
        let user = users.find(|user| user["UserName"] == "dave.okafor").unwrap();
        user.as_object_mut().unwrap().remove("PermissionsBoundary");
        user["UserPolicyList"] = json!([{"PolicyName": "more", "PolicyDocument": {"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}}]);
    }
}

#[test]
fn who_starts_what_they_wrote_elsewhere_is_found() {
    let start = "codepipeline:StartPipelineExecution";
    // Developers write every branch but main.
    spoils(
        "CP-A2",
        "staging-deploy",
        "dave.okafor may start the pipeline with what they may write",
        TOOLING,
        granted(&[start]),
    );
    spoils(
        "CP-A2",
        "images",
        "dave.okafor may start the pipeline with what they may write",
        TOOLING,
        granted(&[start, "s3:PutObject"]),
    );
    spoils(
        "CP-A2",
        "images",
        "dave.okafor may start the pipeline with what they may write",
        TOOLING,
        granted(&[start, "ecr:PutImage"]),
    );
    let copy = changed(TOOLING, granted(&[start]));
    let said = audit(copy.path(), &["CP-A2"], Some(&intent()));
    assert!(of(&said, "CP-A2", "images", Judgement::Violated).is_empty(), "{:?}", said.findings);
    // Of a repository outside AWS nobody tells who writes it.
    says(&said, "CP-A2", "prod-deploy", Judgement::Unknown, "dave.okafor may start the pipeline");
    says(
        &audit(&example("acme-fixed"), &["CP-A2"], None),
        "CP-A2",
        "images",
        Judgement::Unknown,
        "`platform`",
    );
}

#[test]
fn four_eyes_of_one_person_are_found() {
    spoils(
        "CP-A4",
        "staging-deploy",
        "dave.okafor may write what is shipped, and approve it",
        TOOLING,
        |json| {
            granted(&["codepipeline:PutApprovalResult", "codecommit:MergeBranchesByFastForward"])(json);
            // The group denies it.
            let mut users = json["UserDetailList"].as_array_mut().unwrap().iter_mut();
            users.find(|user| user["UserName"] == "dave.okafor").unwrap()["GroupList"] = json!([]);
        },
    );
    let said = audit(&example("acme-fixed"), &["CP-A4"], Some(&intent()));
    let violated = of(&said, "CP-A4", "staging-deploy", Judgement::Violated);
    // Developers write feature branches, and approve: neither is the branch that is shipped.
    assert!(violated.is_empty(), "{violated:?}");
    says(&said, "CP-A4", "staging-deploy", Judgement::Holds, "nobody else may write what is shipped");
    says(&said, "CP-A4", "prod-deploy", Judgement::Unknown, "whoever may push");
    says(&said, "CP-A4", "images", Judgement::Holds, "there is no gate");
}

/// Somebody who writes and may assume a role that approves.
#[test]
fn four_eyes_by_steps_are_found() {
    let approver = "arn:aws:iam::222222222222:role/acme-portal-task";
    let copy = changed(TOOLING, |json| {
        granted(&["codecommit:MergeBranchesByFastForward", "sts:AssumeRole"])(json);
        let mut users = json["UserDetailList"].as_array_mut().unwrap().iter_mut();
        users.find(|user| user["UserName"] == "dave.okafor").unwrap()["GroupList"] = json!([]);
        let task = role(json, "acme-portal-task");
        task["RolePolicyList"] = json!([{"PolicyName": "approve", "PolicyDocument": {"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "codepipeline:PutApprovalResult", "Resource": "arn:aws:codepipeline:*:*:staging-deploy/*"}]}}]);
        let trust = json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::222222222222:root"}, "Action": "sts:AssumeRole"});
        task["AssumeRolePolicyDocument"]["Statement"].as_array_mut().unwrap().push(trust);
    });
    let said = audit(copy.path(), &["CP-A4"], Some(&intent()));
    says(
        &said,
        "CP-A4",
        "staging-deploy",
        Judgement::Violated,
        "dave.okafor comes to approve what they may write by 2 requests",
    );
    assert!(!said.findings.iter().any(|f| f.message.contains(&format!("{approver} may write"))));
}

#[test]
fn gates_that_stop_nothing_are_found() {
    let no_gate = "no gate stands before it";
    spoils("CP-A5", "prod-deploy", no_gate, PROD, |json| {
        json["pipeline"]["stages"].as_array_mut().unwrap().retain(|stage| stage["name"] != "Approve");
    });
    // Behind the deployment.
    spoils("CP-A5", "prod-deploy", no_gate, PROD, |json| {
        json["pipeline"]["stages"].as_array_mut().unwrap().swap(2, 3);
    });
    // Beside it: actions of one number run side by side.
    let beside = |order: u32| {
        move |json: &mut Value| {
            let mut gate = action(json, "ReleaseManager").clone();
            gate["runOrder"] = order.into();
            let stages = json["pipeline"]["stages"].as_array_mut().unwrap();
            stages.retain(|stage| stage["name"] != "Approve");
            stages[2]["actions"].as_array_mut().unwrap().push(gate);
        }
    };
    spoils("CP-A5", "prod-deploy", no_gate, PROD, beside(1));
    let copy = changed(PROD, beside(2));
    let said = audit(copy.path(), &["CP-A5"], Some(&intent()));
    let open = of(&said, "CP-A5", "prod-deploy", Judgement::Violated);
    let subjects: Vec<&str> = open.iter().map(|f| f.subject.as_str()).collect();
    assert_eq!(subjects, ["Deploy/DataStack", "Deploy/ServiceChangeSet"]);
    for skip in [
        json!({"beforeEntry": {"conditions": [{"result": "SKIP", "rules": []}]}}),
        json!({"onFailure": {"result": "SKIP"}}),
    ] {
        spoils("CP-A5", "prod-deploy", "a stage that a condition skips", PROD, |json| {
            let stage = json["pipeline"]["stages"][2].as_object_mut().unwrap();
            stage.extend(skip.as_object().unwrap().clone());
        });
    }
    // One that fails the stage skips nothing.
    let copy = changed(PROD, |json| {
        json["pipeline"]["stages"][2]["beforeEntry"] =
            json!({"conditions": [{"result": "FAIL", "rules": []}]});
    });
    let said = audit(copy.path(), &["CP-A5"], Some(&intent()));
    assert!(of(&said, "CP-A5", "prod-deploy", Judgement::Violated).is_empty(), "{:?}", said.findings);
}

#[test]
fn who_goes_round_the_gates_is_found() {
    for call in ["OverrideStageCondition", "EnableStageTransition", "RollbackStage", "RetryStageExecution"] {
        let call = format!("codepipeline:{call}");
        let grant = granted(&[&call]);
        spoils(
            "CP-A5",
            "prod-deploy",
            "dave.okafor may take the pipeline on without its gates",
            TOOLING,
            grant,
        );
    }
    let said = audit(&example("acme-fixed"), &["CP-A5"], None);
    says(&said, "CP-A5", "prod-deploy", Judgement::Unknown, "`production`");
}

#[test]
fn a_bucket_of_somebody_else_is_found() {
    let list = "accounts/222222222222/global/s3api/list-buckets.json";
    spoils("CP-A7", "prod-deploy", "belongs to no account of the snapshot", list, |json| {
        let buckets = json["Buckets"].as_array_mut().unwrap();
        buckets.retain(|bucket| bucket["Name"] != "acme-pipeline-artifacts-222222222222");
    });
    let said = audit(without(list).path(), &["CP-A7"], None);
    says(&said, "CP-A7", "prod-deploy", Judgement::Unknown, "aws s3api list-buckets");
    says(
        &audit(&example("acme-fixed"), &["CP-A7"], None),
        "CP-A7",
        "prod-deploy",
        Judgement::Holds,
        "222222222222",
    );
}

#[test]
fn webhooks_that_ask_nobody_are_found() {
    let file = format!("{REGION}/codepipeline/list-webhooks.json");
    let webhook = |authentication: &'static str, configuration: Value, target: &'static str| {
        move |json: &mut Value| {
            json["webhooks"] = json!([{"definition": {"name": "push", "targetPipeline": target, "targetAction": "GitHub",
                "filters": [], "authentication": authentication, "authenticationConfiguration": configuration}, "url": "https://x"}]);
        }
    };
    spoils(
        "CP-A8",
        "prod-deploy",
        "for whoever calls it",
        &file,
        webhook("UNAUTHENTICATED", json!({}), "prod-deploy"),
    );
    let all = json!({"AllowedIPRange": "0.0.0.0/0"});
    spoils("CP-A8", "prod-deploy", "from any address", &file, webhook("IP", all, "prod-deploy"));
    for (authentication, configuration, target, words) in [
        ("GITHUB_HMAC", json!({}), "prod-deploy", "signed"),
        ("IP", json!({"AllowedIPRange": "203.0.113.0/24"}), "prod-deploy", "range of addresses"),
        ("UNAUTHENTICATED", json!({}), "another", "no webhook"),
    ] {
        let copy = changed(&file, webhook(authentication, configuration, target));
        says(&audit(copy.path(), &["CP-A8"], None), "CP-A8", "prod-deploy", Judgement::Holds, words);
    }
    let said = audit(without(&file).path(), &["CP-A8"], None);
    says(&said, "CP-A8", "prod-deploy", Judgement::Unknown, "list-webhooks");
}

#[test]
fn connections_that_are_good_for_more_are_found() {
    for (key, words) in [
        ("codeconnections:FullRepositoryId", "for other repositories"),
        ("codeconnections:BranchName", "for other branches"),
        ("codeconnections:ProviderPermissionsRequired", "to write"),
    ] {
        spoils("CP-A9", "prod-deploy", words, TOOLING, |json| {
            let mut statements =
                role(json, "acme-pipeline-prod")["RolePolicyList"][0]["PolicyDocument"]["Statement"]
                    .as_array_mut()
                    .unwrap()
                    .iter_mut();
            let source = statements.find(|statement| statement["Sid"] == "Source").unwrap();
            source["Condition"]["StringEquals"].as_object_mut().unwrap().remove(key);
        });
    }
    let said = audit(&example("acme-fixed"), &["CP-A9"], None);
    assert_eq!(of(&said, "CP-A9", "prod-deploy", Judgement::Holds).len(), 3, "{:?}", said.findings);
    let copy = changed(PROD, |json| {
        action(json, "GitHub")["roleArn"] = "arn:aws:iam::222222222222:role/nobody".into();
    });
    says(
        &audit(copy.path(), &["CP-A9"], None),
        "CP-A9",
        "prod-deploy",
        Judgement::Unknown,
        "is not in the snapshot",
    );
}

#[test]
fn workers_of_others_are_found() {
    let kind = |owner: &'static str| {
        move |json: &mut Value| {
            action(json, "ScanAndRender")["actionTypeId"] =
                json!({"category": "Build", "owner": owner, "provider": "Jenkins", "version": "1"});
        }
    };
    let copy = changed(IMAGES, kind("Custom"));
    says(
        &audit(copy.path(), &["CP-A10"], Some(&intent())),
        "CP-A10",
        "images",
        Judgement::Holds,
        "nobody else may poll",
    );
    says(&audit(copy.path(), &["CP-A10"], None), "CP-A10", "images", Judgement::Unknown, "`platform`");
    change_too(&copy, TOOLING, granted(&["codepipeline:PollForJobs"]));
    let said = audit(copy.path(), &["CP-A10"], Some(&intent()));
    says(&said, "CP-A10", "images", Judgement::Violated, "dave.okafor may poll for the action's jobs");
    let copy = changed(IMAGES, kind("ThirdParty"));
    says(
        &audit(copy.path(), &["CP-A10"], None),
        "CP-A10",
        "images",
        Judgement::Unknown,
        "who works for Jenkins",
    );
    says(
        &audit(copied().path(), &["CP-A10"], None),
        "CP-A10",
        "images",
        Judgement::Holds,
        "all actions are AWS's",
    );
}

#[test]
fn variables_in_commands_are_found() {
    let found = "becomes part of `commands`";
    spoils("CP-A11", "images", found, IMAGES, |json| {
        action(json, "ScanAndRender")["commands"] = json!(["echo #{variables.release_note}"]);
    });
    spoils("CP-A11", "images", found, IMAGES, |json| {
        action(json, "ScanAndRender")["commands"] =
            json!(["echo $X", "git log #{SourceVariables.CommitMessage}"]);
    });
    spoils("CP-A11", "prod-deploy", "becomes part of `RoleArn`", PROD, |json| {
        action(json, "DataStack")["configuration"]["RoleArn"] =
            "arn:aws:iam::444444444444:role/#{variables.role}".into();
    });
    // What is shown to an approver, and what is handed over in the environment, is none.
    let said = audit(&example("acme-fixed"), &["CP-A11"], None);
    says(&said, "CP-A11", "prod-deploy", Judgement::Holds, "no variable");
    says(&said, "CP-A11", "images", Judgement::Holds, "no variable");
}
