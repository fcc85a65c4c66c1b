//! What the roles of pipelines may do, and need.

use crate::mutants::{PROD, TOOLING, action, role};
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
