//! Webhooks, executions, connections, image repositories, functions, stacks.

use super::*;

#[test]
fn webhooks_of_pipelines_tell_how_callers_are_known() {
    let list = json!({"webhooks": [{"url": "https://canary", "definition": {"name": "push", "targetPipeline": "shop", "targetAction": "Source",
        "filters": [{"jsonPath": "$.ref", "matchEquals": "refs/heads/{Branch}"}], "authentication": "UNAUTHENTICATED",
        "authenticationConfiguration": {"SecretToken": "canary"}}}]});
    let command = "aws codepipeline list-webhooks --region eu-west-1";
    let call = Call::at("eu-west-1/codepipeline/list-webhooks.json", command);
    let ask = |s: &Snapshot| s.pipeline_webhooks(ACCOUNT, REGION);
    in_every_way(&call, &list, ask, |webhooks| {
        assert_eq!(
            (webhooks[0].target_pipeline.as_str(), webhooks[0].authentication.as_str()),
            ("shop", "UNAUTHENTICATED")
        );
        assert!(!format!("{webhooks:?}").contains("canary"));
    });
    not_when_cut_short(&call, &list, ask);
}

#[test]
fn the_oldest_execution_is_told_in_either_way_of_printing_time() {
    let list = json!({"pipelineExecutionSummaries": [
        {"startTime": "2026-03-01T09:00:00.500000+01:00"}, {"startTime": 1_767_225_600.25}, {"status": "InProgress"}]});
    let command = "aws codepipeline list-pipeline-executions --pipeline-name shop --region eu-west-1";
    let call = Call::at("eu-west-1/codepipeline/list-pipeline-executions/shop.json", command);
    let ask = |s: &Snapshot| s.pipeline_executions(ACCOUNT, REGION, "shop");
    in_every_way(&call, &list, ask, |executions| {
        assert_eq!(executions.count, 3);
        assert_eq!(executions.oldest_start.unwrap().to_string(), "2026-01-01T00:00:00.25Z");
    });
    not_when_cut_short(&call, &list, ask);
    let none = Small::of(&[(call.path, json!({"pipelineExecutionSummaries": []}))]);
    assert_eq!(ask(&none).known().unwrap().oldest_start, None);
    let odd = Small::of(&[(call.path, json!({"pipelineExecutionSummaries": [{"startTime": "canary"}]}))]);
    let Told::Untold { problem: Some(problem), .. } = ask(&odd) else { panic!() };
    assert_eq!(
        (problem.pointer.as_str(), problem.found.as_str()),
        ("/pipelineExecutionSummaries/0/startTime", "a string")
    );
}

#[test]
fn connections_are_found_in_either_name_of_the_service() {
    let arn = |service: &str| format!("arn:aws:{service}:eu-west-1:{ACCOUNT}:connection/5f0c");
    let (new, old) = (arn("codeconnections"), arn("codestar-connections"));
    let connection = json!({"ConnectionArn": new, "ConnectionName": "acme", "ProviderType": "GitHub", "ConnectionStatus": "PENDING"});
    let encoded = new.replace(':', "%3A").replace('/', "%2F");
    let path = format!("eu-west-1/codeconnections/get-connection/{encoded}.json");
    let command = format!("aws codeconnections get-connection --connection-arn {new} --region eu-west-1");
    let call = Call::at(&path, &command);
    in_every_way(
        &call,
        &json!({"Connection": connection}),
        |s| s.connection(&new),
        |connection| {
            assert_eq!(connection.connection_status.as_deref(), Some("PENDING"));
        },
    );
    for service in ["codeconnections", "codestar-connections"] {
        let got = format!("eu-west-1/{service}/get-connection.json");
        let listed = format!("eu-west-1/{service}/list-connections.json");
        for (file, output) in
            [(got, json!({"Connection": connection})), (listed, json!({"Connections": [connection]}))]
        {
            let small = Small::of(&[(&file, output)]);
            assert!(
                small.connection(&new).known().is_some() && small.connection(&old).known().is_some(),
                "{file}"
            );
            let other = new.replace("5f0c", "0000");
            assert!(small.connection(&other).command().is_some());
        }
    }
}

#[test]
fn image_repositories_tell_whether_tags_move() {
    let arn = format!("arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/shop/web");
    let list = json!({"repositories": [{"repositoryArn": arn, "repositoryName": "shop/web", "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "latest*"}]}]});
    let command = "aws ecr describe-repositories --repository-names shop/web --region eu-west-1";
    for path in
        ["eu-west-1/ecr/describe-repositories.json", "eu-west-1/ecr/describe-repositories/shop%2Fweb.json"]
    {
        in_every_way(
            &Call::at(path, command),
            &list,
            |s| s.image_repository(&arn),
            |repository| {
                assert_eq!(repository.image_tag_mutability.as_deref(), Some("IMMUTABLE_WITH_EXCLUSION"));
                assert_eq!(repository.image_tag_mutability_exclusion_filters[0].filter, "latest*");
            },
        );
    }
}

#[test]
fn functions_tell_who_must_have_signed_their_code() {
    let arn = format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:function:deploy");
    let output = json!({"FunctionName": "deploy", "CodeSigningConfigArn": "arn:csc"});
    let command = "aws lambda get-function-code-signing-config --function-name deploy --region eu-west-1";
    let call = Call::at("eu-west-1/lambda/get-function-code-signing-config/deploy.json", command);
    let ask = |s: &Snapshot| s.function_code_signing(&arn);
    in_every_way(&call, &output, ask, |signing| {
        let command =
            "aws lambda get-code-signing-config --code-signing-config-arn arn:csc --region eu-west-1";
        assert_eq!((signing.arn.as_str(), signing.config.command()), ("arn:csc", Some(command)));
    });
    for nothing in ["", "{\"FunctionName\": \"deploy\"}"] {
        assert!(ask(&Small::of_texts(&[(call.path, nothing)], &json!([]))).is_absent());
    }
    let config = json!({"CodeSigningConfig": {"CodeSigningConfigArn": "arn:csc", "AllowedPublishers": {"SigningProfileVersionArns": ["arn:p"]},
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Warn"}}});
    let small = Small::of(&[(call.path, output), ("eu-west-1/lambda/get-code-signing-config.json", config)]);
    let signing = ask(&small);
    let policies = &signing.known().unwrap().config.known().unwrap().code_signing_policies;
    assert_eq!(policies.untrusted_artifact_on_deployment.as_deref(), Some("Warn"));
}

#[test]
fn stacks_tell_their_protection_and_policy_and_no_parameter() {
    let arn = format!("arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/shop/1");
    let stack = |id: &str, status: &str| {
        json!({"StackName": "shop", "StackId": id, "StackStatus": status, "RoleARN": "arn:r", "EnableTerminationProtection": true,
            "Parameters": [{"ParameterKey": "Password", "ParameterValue": "canary"}], "Outputs": [{"OutputKey": "x", "OutputValue": "canary"}]})
    };
    let list = json!({"Stacks": [stack("arn:gone", "DELETE_COMPLETE"), stack(&arn, "UPDATE_COMPLETE")]});
    for (name, shown) in [("shop", "shop"), (arn.as_str(), arn.as_str())] {
        let command = format!("aws cloudformation describe-stacks --stack-name {shown} --region eu-west-1");
        let call = Call::at("eu-west-1/cloudformation/describe-stacks.json", &command);
        in_every_way(
            &call,
            &list,
            |s| s.stack(name, ACCOUNT, REGION),
            |stack| {
                assert_eq!(
                    (stack.stack_id.as_ref(), stack.enable_termination_protection),
                    (Some(&arn), Some(true))
                );
                assert!(!format!("{stack:?}").contains("canary"));
            },
        );
        let command = "aws cloudformation get-stack-policy --stack-name shop --region eu-west-1";
        let call = Call::at("eu-west-1/cloudformation/get-stack-policy/shop.json", command);
        let ask = |s: &Snapshot| s.stack_policy(name, ACCOUNT, REGION);
        in_every_way(&call, &json!({"StackPolicyBody": "{}"}), ask, |policy| assert_eq!(policy, "{}"));
        for nothing in ["", "{}"] {
            assert!(ask(&Small::of_texts(&[(call.path, nothing)], &json!([]))).is_absent());
        }
    }
}
