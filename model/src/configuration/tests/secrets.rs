//! No secret of a file is carried on.

use super::*;
use proptest::prelude::*;

/// A project with a secret in every place that can hold one.
fn project(secret: &str, user: &str) -> Value {
    let source = json!({"type": "GITHUB", "location": format!("https://{user}@git.example/shop.git?token={secret}"),
        "buildspec": format!("version: 0.2\nenv:\n  variables:\n    TOKEN: {secret}\n"),
        "auth": {"type": "OAUTH", "resource": secret}});
    json!({"projects": [{"name": "shop", "source": source, "secondarySources": [source],
        "description": secret, "tags": [{"key": "x", "value": secret}],
        "environment": {"type": "LINUX_CONTAINER", "image": "i",
            "environmentVariables": [{"name": "TOKEN", "value": secret}, {"name": "OTHER", "value": secret, "type": "PARAMETER_STORE"}],
            "registryCredential": {"credential": secret, "credentialProvider": "SECRETS_MANAGER"}},
        "webhook": {"secret": secret, "url": format!("https://h/{secret}"), "payloadUrl": format!("https://h/?t={secret}"),
            "statusMessage": secret, "filterGroups": []},
        "badge": {"badgeEnabled": true, "badgeRequestUrl": secret}}]})
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn of_projects_and_credentials(tail in r"[A-Za-z0-9._~!$&'()*+,;=%:/?#@ -]{0,12}", user in r"[A-Za-z0-9._~!$&'()*+,;=%:@-]{0,12}") {
        let (secret, user) = (format!("canary4711{tail}"), format!("{user}canary4711"));
        let credentials = json!({"sourceCredentialsInfos": [{"authType": "OAUTH", "resource": secret, "token": secret}]});
        let small = Small::of(&[
            ("eu-west-1/codebuild/batch-get-projects.json", project(&secret, &user)),
            ("eu-west-1/codebuild/list-source-credentials.json", credentials),
        ]);
        let project = small.build_project(ACCOUNT, REGION, "shop");
        prop_assert!(project.known().is_some_and(|p| p.source.location.as_ref().is_some_and(|l| l.had_user_info)));
        let credentials = small.source_credentials(ACCOUNT, REGION);
        prop_assert!(credentials.known().is_some());
        let shown = format!("{project:?} {credentials:?} {:?}", *small);
        prop_assert!(!shown.contains("canary4711"), "{shown}");
    }

    #[test]
    fn of_webhooks_targets_subscriptions_and_stacks(tail in r"[A-Za-z0-9._~!$&'()*+,;=%:/?#@ -]{0,12}") {
        let secret = format!("canary4711{tail}");
        let webhook = json!({"name": "push", "targetPipeline": "shop", "targetAction": "Source", "filters": [],
            "authentication": "GITHUB_HMAC", "authenticationConfiguration": {"SecretToken": secret}});
        let target = json!({"Id": "1", "Arn": "arn:x", "Input": secret, "InputTransformer": {"InputTemplate": secret},
            "HttpParameters": {"HeaderParameters": {"Authorization": secret}}});
        let hook = format!("https://hooks.example/services/{secret}");
        let stack = json!({"StackName": "shop", "StackId": "arn:s", "StackStatus": "CREATE_COMPLETE", "Description": secret,
            "Parameters": [{"ParameterKey": "x", "ParameterValue": secret}], "Outputs": [{"OutputKey": "x", "OutputValue": secret}]});
        let topic = "arn:aws:sns:eu-west-1:111122223333:t";
        let small = Small::of(&[
            ("eu-west-1/codepipeline/list-webhooks.json", json!({"webhooks": [{"definition": webhook, "url": hook}]})),
            ("eu-west-1/events/list-rules.json", json!({"Rules": [{"Name": "keep", "Arn": "arn:r", "Description": secret}]})),
            ("eu-west-1/events/list-targets-by-rule/keep.json", json!({"Targets": [target]})),
            ("eu-west-1/sns/list-subscriptions-by-topic/t.json", json!({"Subscriptions": [
                {"Protocol": "https", "Endpoint": hook}, {"Protocol": "https", "Endpoint": format!("https://u:{secret}@h.example/")},
                {"Protocol": "email", "Endpoint": secret}]})),
            ("eu-west-1/cloudformation/describe-stacks.json", json!({"Stacks": [stack]})),
        ]);
        let (webhooks, rules) = (small.pipeline_webhooks(ACCOUNT, REGION), small.event_rules(ACCOUNT, REGION));
        let (subscriptions, stack) = (small.topic_subscriptions(topic), small.stack("shop", ACCOUNT, REGION));
        prop_assert!(webhooks.known().is_some() && subscriptions.known().is_some() && stack.known().is_some());
        prop_assert!(rules.known().is_some_and(|rules| rules.all.iter().all(|rule| rule.targets.known().is_some())));
        let shown = format!("{webhooks:?} {rules:?} {subscriptions:?} {stack:?}");
        prop_assert!(!shown.contains("canary4711"), "{shown}");
    }
}

#[test]
fn a_secret_in_the_wrong_type_is_not_quoted_in_the_problem() {
    let mut faulty = project("canary4711", "x");
    faulty["projects"][0]["environment"]["privilegedMode"] = json!("canary4711");
    let small = Small::of(&[("eu-west-1/codebuild/batch-get-projects.json", faulty)]);
    let Told::Untold { problem: Some(problem), .. } = small.build_project(ACCOUNT, REGION, "shop") else {
        panic!()
    };
    assert_eq!(problem.pointer, "/projects/0/environment/privilegedMode");
    assert_eq!(problem.found, "a string");
}
