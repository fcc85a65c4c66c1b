//! What the roles of pipelines may do, and need.

use crate::mutants::{PROD, PRODUCTION, TOOLING, action, role};
use crate::said::{audit, change_in, changed, of};
use gateproof::audit::{Audit, Judgement};
use serde_json::{Value, json};

const NEEDS: &str = "CP-ROLE-4";

/// What is said of the first role of a pipeline.
fn verdict<'a>(said: &'a Audit, control: &str, name: &str) -> (Judgement, &'a str) {
    let all = [Judgement::Violated, Judgement::Unknown, Judgement::Holds];
    let found = all.into_iter().flat_map(|verdict| of(said, control, name, verdict)).next().unwrap();
    (found.verdict, &found.message)
}

/// Two stages may have actions of the same name: each has a configuration of its own.
#[test]
fn an_action_has_the_configuration_of_its_own_stage() {
    let copy = changed(PROD, |json| action(json, "ReleaseManager")["name"] = "Compile".into());
    let said = audit(copy.path(), &[NEEDS], None);
    assert_eq!(verdict(&said, NEEDS, "prod-deploy").0, Judgement::Holds, "{:?}", said.findings);
}

fn by_beanstalk(pipeline: &mut Value) {
    let compile = action(pipeline, "Compile");
    compile["actionTypeId"] =
        json!({"category": "Deploy", "owner": "AWS", "provider": "ElasticBeanstalk", "version": "1"});
}

#[test]
fn what_a_provider_needs_that_the_template_does_not_know_is_unknown() {
    let copy = changed(PROD, by_beanstalk);
    let said = audit(copy.path(), &[NEEDS], None);
    let (judgement, message) = verdict(&said, NEEDS, "prod-deploy");
    assert_eq!(judgement, Judgement::Unknown, "{message}");
    assert!(message.contains("whether ElasticBeanstalk needs that is not known"), "{message}");
    let unknown = of(&said, NEEDS, "prod-deploy", Judgement::Unknown);
    assert!(unknown[0].missing[0].what.contains("Build/Compile"), "{unknown:?}");
}

#[test]
fn what_no_provider_needs_is_an_excess_all_the_same() {
    let copy = changed(PROD, by_beanstalk);
    let more = json!([{"PolicyName": "more", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["elasticbeanstalk:*", "codepipeline:DeletePipeline"], "Resource": "*"}]}}]);
    change_in(&copy, TOOLING, |json| role(json, "acme-pipeline-prod")["RolePolicyList"] = more.clone());
    let said = audit(copy.path(), &[NEEDS], None);
    let violated = of(&said, NEEDS, "prod-deploy", Judgement::Violated);
    assert_eq!(violated.len(), 1, "{:?}", said.findings);
    let shown = format!("{:?}", violated[0].evidence);
    assert!(shown.contains("codepipeline:DeletePipeline"), "{shown}");
}

/// Workers of custom actions and of third parties have credentials of their own.
#[test]
fn actions_of_others_need_nothing_of_the_role() {
    let copy = changed(PROD, |json| {
        let compile = action(json, "Compile");
        compile["actionTypeId"] =
            json!({"category": "Build", "owner": "Custom", "provider": "Jenkins", "version": "1"});
    });
    let said = audit(copy.path(), &[NEEDS], None);
    assert_eq!(verdict(&said, NEEDS, "prod-deploy").0, Judgement::Violated, "{:?}", said.findings);
}

/// One more inline policy of a role.
fn grant(details: &mut Value, name: &str, call: &str, resource: &str) {
    let statement = json!({"Effect": "Allow", "Action": call, "Resource": resource});
    let document = json!({"Version": "2012-10-17", "Statement": [statement]});
    let more = json!({"PolicyName": "more", "PolicyDocument": document});
    role(details, name)["RolePolicyList"].as_array_mut().unwrap().push(more);
}

/// One more principal that may assume a role.
fn trust(details: &mut Value, name: &str, principal: &str) {
    let statement = json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"});
    role(details, name)["AssumeRolePolicyDocument"]["Statement"].as_array_mut().unwrap().push(statement);
}

fn violated(copy: &tempfile::TempDir, control: &str, name: &str) -> Vec<String> {
    let said = audit(copy.path(), &[control], Some(&crate::said::intent()));
    crate::said::messages(&said, control, name, Judgement::Violated).into_iter().map(str::to_owned).collect()
}

#[test]
fn a_pipelines_role_that_changes_production_by_itself_is_found() {
    let pipeline = "arn:aws:iam::222222222222:role/service-role/acme-pipeline-prod";
    let copy = changed(TOOLING, |json| grant(json, "acme-pipeline-prod", "sts:AssumeRole", "*"));
    assert_eq!(violated(&copy, "CP-ROLE-5", "prod-deploy"), Vec::<String>::new(), "no other role lets it in");
    change_in(&copy, PRODUCTION, |json| trust(json, "acme-prod-operator", pipeline));
    let said = violated(&copy, "CP-ROLE-5", "prod-deploy");
    assert!(said.iter().any(|m| m.contains("may change production by itself")), "{said:?}");
}

const BUILD: &str = "arn:aws:iam::222222222222:role/acme-build-prod";

#[test]
fn a_build_that_comes_to_the_role_of_a_deployment_is_found() {
    let copy = changed(TOOLING, |json| {
        grant(json, "acme-build-prod", "sts:AssumeRole", "arn:aws:iam::444444444444:role/*")
    });
    change_in(&copy, PRODUCTION, |json| trust(json, "acme-deploy", BUILD));
    let said = violated(&copy, "CP-ROLE-6", "prod-deploy");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].contains("comes to arn:aws:iam::444444444444:role/acme-deploy, the role of Deploy/DataStack"),
        "{said:?}"
    );
}

/// What a build hands on, the stack's role runs by design: that it could be had otherwise, too, makes it no worse.
#[test]
fn roles_that_run_what_is_handed_on_are_no_violation() {
    let copy = changed(TOOLING, |json| {
        grant(json, "acme-build-prod", "sts:AssumeRole", "arn:aws:iam::444444444444:role/*")
    });
    change_in(&copy, PRODUCTION, |json| trust(json, "acme-cfn-payments-data", BUILD));
    let said = violated(&copy, "CP-ROLE-6", "prod-deploy");
    assert!(!said.iter().any(|m| m.contains("acme-cfn-payments-data,")), "{said:?}");
}

/// A function is handed an artifact and runs its own code: whoever writes that code has its role.
#[test]
fn functions_are_not_handed_their_code() {
    let copy = changed(TOOLING, |json| {
        grant(
            json,
            "acme-build-staging",
            "lambda:UpdateFunctionCode",
            "arn:aws:lambda:us-east-1:222222222222:function:staging-smoke-test",
        );
    });
    // The function is called by the pipeline; what signs its code is not what is tested.
    let signing =
        "accounts/222222222222/us-east-1/lambda/get-function-code-signing-config/staging-smoke-test.json";
    if copy.path().join(signing).exists() {
        std::fs::remove_file(copy.path().join(signing)).unwrap();
    }
    let said = violated(&copy, "CP-ROLE-6", "staging-deploy");
    assert!(
        said.iter().any(|m| m.contains("comes to arn:aws:iam::222222222222:role/acme-smoke-test")),
        "{said:?}"
    );
}

#[test]
fn production_that_was_not_collected_is_missed() {
    let copy = crate::said::copied();
    std::fs::remove_dir_all(copy.path().join("accounts/444444444444")).unwrap();
    let said = audit(copy.path(), &["CP-ROLE-5"], Some(&crate::said::intent()));
    let unknown = of(&said, "CP-ROLE-5", "prod-deploy", Judgement::Unknown);
    assert!(unknown.iter().any(|f| f.subject.ends_with("in 444444444444")), "{:?}", said.findings);
}

#[test]
fn a_role_of_a_stage_that_is_not_told_is_missed() {
    let file = "accounts/222222222222/us-east-1/codebuild/batch-get-projects.json";
    let said = audit(crate::said::without(file).path(), &["CP-ROLE-6"], None);
    assert!(!of(&said, "CP-ROLE-6", "prod-deploy", Judgement::Unknown).is_empty(), "{:?}", said.findings);
}
