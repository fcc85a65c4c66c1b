//! Build projects and pipelines, as their services print them.
//!
//! AWS CloudFormation User Guide, "AWS CodeBuild" and "AWS CodePipeline resource type reference".

use super::{Phase, Resource, Writer, object, string};
use crate::json::Json;

impl Writer<'_, '_> {
    /// Writes what a project or pipeline changes; whether it is one.
    pub(super) fn build(&mut self, resource: &Resource<'_>, phase: Phase) -> bool {
        match resource.kind {
            "AWS::CodeBuild::Project" if phase == Phase::Things => self.project(resource),
            "AWS::CodePipeline::Pipeline" if phase == Phase::Things => self.pipeline(resource),
            "AWS::CodeBuild::Project" | "AWS::CodePipeline::Pipeline" => {}
            _ => return false,
        }
        true
    }

    fn project(&mut self, resource: &Resource<'_>) {
        let Some(identity) = self.scope.identity(resource.logical) else { return };
        self.doubt_name(resource);
        let mut project = in_lower_camel(&resource.properties);
        project.set("name", string(&identity.name));
        project.set("arn", string(&identity.arn));
        if let Some(source) = project.get_mut("source")
            && let Some(buildspec) = source.remove("buildSpec")
        {
            source.set("buildspec", buildspec);
        }
        if let Some(triggers) = project.remove("triggers") {
            project.set("webhook", triggers);
        }
        self.listed(("codebuild", "batch-get-projects"), ("projects", "name"), project, true);
        self.listed(("codebuild", "list-projects"), ("projects", ""), string(&identity.name), false);
    }

    fn pipeline(&mut self, resource: &Resource<'_>) {
        let Some(identity) = self.scope.identity(resource.logical) else { return };
        self.doubt_name(resource);
        let mut pipeline = in_lower_camel(&resource.properties);
        pipeline.remove("tags");
        pipeline.remove("restartExecutionOnUpdate");
        pipeline.set("name", string(&identity.name));
        if let Some(Json::Array(stores)) = pipeline.remove("artifactStores") {
            let mut by_region = Json::Object(Vec::new());
            for mut store in stores {
                let region = store.get("region").and_then(Json::as_str).unwrap_or_default().to_owned();
                if let Some(one) = store.remove("artifactStore") {
                    by_region.set(&region, one);
                }
            }
            pipeline.set("artifactStores", by_region);
        }
        pipeline.set("version", Json::Number("1".to_owned()));
        let metadata = object([("pipelineArn", string(&identity.arn))]);
        let told = object([("pipeline", pipeline), ("metadata", metadata)]);
        self.output(("codepipeline", "get-pipeline"), &identity.name, told);
        let item = object([("name", string(&identity.name)), ("version", Json::Number("1".to_owned()))]);
        self.listed(("codepipeline", "list-pipelines"), ("pipelines", "name"), item, false);
    }
}

/// Members spelt as the services spell them: `ServiceRole` as `serviceRole`. The configuration of a pipeline's action has names
/// of its own, and values that are texts.
fn in_lower_camel(json: &Json) -> Json {
    match json {
        Json::Object(members) => Json::Object(
            members
                .iter()
                .map(|(key, value)| {
                    let mut letters = key.chars();
                    let first = letters.next().map(|c| c.to_ascii_lowercase()).into_iter();
                    let value = if key == "Configuration" { as_texts(value) } else { in_lower_camel(value) };
                    (first.chain(letters).collect(), value)
                })
                .collect(),
        ),
        Json::Array(items) => Json::Array(items.iter().map(in_lower_camel).collect()),
        other => other.clone(),
    }
}

fn as_texts(json: &Json) -> Json {
    match json {
        Json::Object(members) => {
            Json::Object(members.iter().map(|(key, value)| (key.clone(), as_texts(value))).collect())
        }
        Json::Bool(_) | Json::Number(_) => Json::String(super::evaluate::as_text(json)),
        Json::Array(_) => Json::String(json.to_string()),
        other => other.clone(),
    }
}
