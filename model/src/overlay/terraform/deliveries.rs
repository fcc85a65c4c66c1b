//! Build projects and pipelines of a plan, as a template spells them.

use super::forms::block;
use super::values::Planned;
use crate::json::Json;

/// Blocks that come as lists of one.
const SINGLE: [&str; 12] = [
    "source",
    "environment",
    "artifacts",
    "vpc_config",
    "logs_config",
    "cache",
    "build_batch_config",
    "artifact_store",
    "encryption_key",
    "cloudwatch_logs",
    "s3_logs",
    "registry_credential",
];

fn member(name: &str, value: Option<Json>) -> Option<(String, Json)> {
    Some((name.to_owned(), value.filter(|value| *value != Json::Null)?))
}

/// A name with its words run together: `service_role` as `ServiceRole`.
fn camel(key: &str) -> String {
    match key {
        "buildspec" => return "BuildSpec".to_owned(),
        "environment_variable" => return "EnvironmentVariables".to_owned(),
        _ => {}
    }
    let words = key.split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    words.collect()
}

/// Names run together and lists of one taken out of their lists.
fn respelt(json: Json) -> Json {
    match json {
        Json::Object(members) => match members.as_slice() {
            [(function, _)] if function.starts_with("Fn::") || function == "Ref" => Json::Object(members),
            _ => Json::Object(
                members
                    .into_iter()
                    .filter(|(_, value)| *value != Json::Null && value.as_str() != Some(""))
                    .filter_map(|(key, value)| {
                        let value = match value {
                            Json::Array(items) if SINGLE.contains(&key.as_str()) => {
                                items.into_iter().next()?
                            }
                            other => other,
                        };
                        Some((camel(&key), respelt(value)))
                    })
                    .collect(),
            ),
        },
        Json::Array(items) => Json::Array(items.into_iter().map(respelt).collect()),
        other => other,
    }
}

/// The properties of a build project.
pub(super) fn project(planned: &Planned<'_>) -> Vec<(String, Json)> {
    let mut properties: Vec<(String, Json)> = Vec::new();
    properties.extend(member("Name", planned.get("name")));
    properties.extend(member("ServiceRole", planned.get("service_role")));
    properties.extend(member("EncryptionKey", planned.get("encryption_key")));
    for key in
        ["source", "artifacts", "environment", "vpc_config", "logs_config", "cache", "build_batch_config"]
    {
        properties.extend(member(&camel(key), block(planned, key).map(respelt)));
    }
    properties
}

/// The properties of a pipeline.
pub(super) fn pipeline(planned: &Planned<'_>) -> Vec<(String, Json)> {
    let mut properties: Vec<(String, Json)> = Vec::new();
    properties.extend(member("Name", planned.get("name")));
    properties.extend(member("RoleArn", planned.get("role_arn")));
    properties.extend(member("PipelineType", planned.get("pipeline_type")));
    properties.extend(member("ExecutionMode", planned.get("execution_mode")));
    properties.extend(member("ArtifactStore", block(planned, "artifact_store").map(respelt)));
    let stages = match planned.get("stage") {
        Some(Json::Array(stages)) => Json::Array(stages.into_iter().map(stage).collect()),
        Some(other) => other,
        None => Json::Array(Vec::new()),
    };
    properties.push(("Stages".to_owned(), stages));
    properties
}

fn stage(mut json: Json) -> Json {
    let name = json.remove("name").unwrap_or(Json::Null);
    let actions = match json.remove("action") {
        Some(Json::Array(actions)) => Json::Array(actions.into_iter().map(action).collect()),
        Some(other) => other,
        None => Json::Array(Vec::new()),
    };
    Json::Object(vec![("Name".to_owned(), name), ("Actions".to_owned(), actions)])
}

fn action(mut json: Json) -> Json {
    let mut kind = Vec::new();
    for (name, key) in
        [("Category", "category"), ("Owner", "owner"), ("Provider", "provider"), ("Version", "version")]
    {
        kind.extend(member(name, json.remove(key)));
    }
    let mut members = vec![("ActionTypeId".to_owned(), Json::Object(kind))];
    for (name, key) in [("InputArtifacts", "input_artifacts"), ("OutputArtifacts", "output_artifacts")] {
        if let Some(Json::Array(items)) = json.remove(key) {
            let named = items.into_iter().map(|item| Json::Object(vec![("Name".to_owned(), item)]));
            members.push((name.to_owned(), Json::Array(named.collect())));
        }
    }
    for (name, key) in [
        ("Name", "name"),
        ("Configuration", "configuration"),
        ("RoleArn", "role_arn"),
        ("RunOrder", "run_order"),
        ("Region", "region"),
        ("Namespace", "namespace"),
    ] {
        members.extend(member(name, json.remove(key)).filter(|(_, value)| value.as_str() != Some("")));
    }
    Json::Object(members)
}
