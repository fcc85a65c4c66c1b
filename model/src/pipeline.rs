//! CodePipelines as AWS tells them.
//!
//! CodePipeline API Reference, PipelineDeclaration, StageDeclaration, ActionDeclaration; what else they hold is not kept, so that no secret
//! of a configuration is carried on by accident.

pub(crate) mod flow;
mod read;
mod runs;
mod stores;

pub use runs::{Ran, Runs};

use crate::arn::Arn;
use crate::problem::Problem;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A pipeline.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// Its ARN.
    pub arn: Arc<str>,
    /// The account that it is of.
    pub account: Arc<str>,
    /// Its region.
    pub region: Arc<str>,
    /// The file that tells it, relative to the snapshot.
    pub file: Arc<str>,
    /// What the file tells.
    pub declaration: Declaration,
}

/// The pipelines of a snapshot.
#[derive(Debug, Clone, Default)]
pub struct Pipelines {
    /// By account, region and name.
    pub all: Vec<Pipeline>,
    /// Those of which only the name is known, and what could not be read.
    pub unread: Vec<Unread>,
    /// Where pipelines were not collected.
    pub not_collected: Vec<NotCollected>,
    /// The accounts that the organization lists and the snapshot doesn't cover.
    pub elsewhere: Vec<Arc<str>>,
}

/// An account, or a region of one, of which pipelines were not collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCollected {
    /// The account.
    pub account: Arc<str>,
    /// The region; `None`: all of them.
    pub region: Option<Arc<str>>,
    /// The command that collects them.
    pub command: String,
}

/// A pipeline of which only this is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its name.
    pub name: Arc<str>,
    /// Its ARN.
    pub arn: Arc<str>,
    /// Its region.
    pub region: Arc<str>,
    /// The file that names it, relative to the snapshot.
    pub file: Arc<str>,
}

/// A pipeline, or a list of them, that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The account.
    pub account: Arc<str>,
    /// The pipeline, where its name is known.
    pub named: Option<Named>,
    /// What is wrong; `None`: it was not collected.
    pub problem: Option<Problem>,
    /// The command that would tell it.
    pub command: String,
}

/// The structure of a pipeline.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Declaration {
    /// Its name.
    pub name: String,
    /// The role that the pipeline acts with, unless an action has one of its own.
    pub role_arn: String,
    /// Where artifacts are kept, if in one region.
    #[serde(default)]
    pub artifact_store: Option<ArtifactStore>,
    /// The same by region, if in several.
    #[serde(default)]
    pub artifact_stores: BTreeMap<String, ArtifactStore>,
    /// The stages, in their order. Whoever leaves them out says nothing of the pipeline.
    pub stages: Vec<Stage>,
    /// The number of its last change.
    #[serde(default)]
    pub version: Option<u64>,
    /// `QUEUED`, `SUPERSEDED` or `PARALLEL`.
    #[serde(default)]
    pub execution_mode: Option<String>,
    /// `V1` or `V2`.
    #[serde(default)]
    pub pipeline_type: Option<String>,
    /// Variables that whoever starts the pipeline may set.
    #[serde(default)]
    pub variables: Vec<Variable>,
    /// What starts it, beside its source actions.
    #[serde(default)]
    pub triggers: Vec<Trigger>,
}

/// Where artifacts are kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactStore {
    /// The bucket's name.
    pub location: String,
    /// The key; `None`: the AWS-managed key of S3.
    #[serde(default)]
    pub encryption_key: Option<EncryptionKey>,
}

/// The key of an artifact store.
#[derive(Debug, Clone, Deserialize)]
pub struct EncryptionKey {
    /// A key id, key ARN or alias ARN.
    pub id: String,
}

/// A stage.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Its actions.
    pub actions: Vec<Action>,
    /// What must hold before the stage begins.
    #[serde(default)]
    pub before_entry: Option<Conditions>,
    /// What is checked when it succeeded.
    #[serde(default)]
    pub on_success: Option<Conditions>,
    /// What happens when it failed.
    #[serde(default)]
    pub on_failure: Option<Failure>,
}

/// Conditions of a stage.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Conditions {
    /// Each of them.
    #[serde(default)]
    pub conditions: Vec<Condition>,
}

/// One condition: rules, and what happens where they don't hold.
#[derive(Debug, Clone, Deserialize)]
pub struct Condition {
    /// `FAIL`, `ROLLBACK`, `RETRY` or `SKIP`.
    #[serde(default)]
    pub result: Option<String>,
    /// The rules.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// A rule of a condition.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// What checks it.
    pub rule_type_id: RuleType,
    /// The role with which it is checked; `None`: the pipeline's.
    #[serde(default)]
    pub role_arn: Option<String>,
}

/// What checks a rule.
#[derive(Debug, Clone, Deserialize)]
pub struct RuleType {
    /// The provider: `CloudWatchAlarm`, `LambdaInvoke`, `VariableCheck`, …
    pub provider: String,
}

/// What happens when a stage failed.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Failure {
    /// `ROLLBACK`, `RETRY` or `FAIL`.
    #[serde(default)]
    pub result: Option<String>,
    /// Conditions beside it.
    #[serde(default)]
    pub conditions: Vec<Condition>,
}

/// An action.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Action {
    /// Its name.
    pub name: String,
    /// What it is done by.
    pub action_type_id: ActionType,
    /// Its place among the stage's actions; those of one number run side by side.
    #[serde(default = "first")]
    pub run_order: u32,
    /// What its provider is told.
    #[serde(default)]
    pub configuration: BTreeMap<String, String>,
    /// The commands of a `Commands` action.
    #[serde(default)]
    pub commands: Vec<String>,
    /// The artifacts that it takes.
    #[serde(default)]
    pub input_artifacts: Vec<Artifact>,
    /// The artifacts that it makes.
    #[serde(default)]
    pub output_artifacts: Vec<Artifact>,
    /// The role with which the provider is called; `None`: the pipeline's.
    #[serde(default)]
    pub role_arn: Option<String>,
    /// Where it runs; `None`: in the pipeline's region.
    #[serde(default)]
    pub region: Option<String>,
}

fn first() -> u32 {
    1
}

/// What an action is done by.
///
/// CodePipeline API Reference, ActionTypeId.
#[derive(Debug, Clone, Deserialize)]
pub struct ActionType {
    /// `Source`, `Build`, `Test`, `Deploy`, `Invoke`, `Approval` or `Compute`.
    pub category: String,
    /// `AWS`, `ThirdParty` or `Custom`.
    pub owner: String,
    /// The provider, such as `CodeBuild`.
    pub provider: String,
    /// The version of an action of one's own.
    #[serde(default)]
    pub version: Option<String>,
}

/// An artifact by its name.
#[derive(Debug, Clone, Deserialize)]
pub struct Artifact {
    /// The name.
    pub name: String,
}

/// A variable of a pipeline.
#[derive(Debug, Clone, Deserialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
}

/// What starts a pipeline.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trigger {
    /// What happens in the source action's repository.
    #[serde(default)]
    pub git_configuration: Option<GitConfiguration>,
}

/// Events of a repository that start a pipeline.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GitConfiguration {
    /// The source action.
    pub source_action_name: String,
    /// Pushes; one of them is enough.
    #[serde(default)]
    pub push: Vec<GitEvent>,
    /// Pull requests; one of them is enough.
    #[serde(default)]
    pub pull_request: Vec<GitEvent>,
}

/// One kind of push or pull request.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GitEvent {
    /// Of pull requests: `OPEN`, `UPDATED`, `CLOSED`; none: all.
    #[serde(default)]
    pub events: Vec<String>,
    /// The branches; of a pull request the one that it is to be merged into.
    #[serde(default)]
    pub branches: Option<GitFilter>,
    /// The tags.
    #[serde(default)]
    pub tags: Option<GitFilter>,
    /// The files.
    #[serde(default)]
    pub file_paths: Option<GitFilter>,
}

/// Globs of a trigger.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct GitFilter {
    /// What counts; none: everything.
    #[serde(default)]
    pub includes: Vec<String>,
    /// What doesn't.
    #[serde(default)]
    pub excludes: Vec<String>,
}

impl fmt::Display for NotCollected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the pipelines of account {}", self.account)?;
        self.region.iter().try_for_each(|region| write!(f, " in {region}"))
    }
}

impl Unread {
    /// The pipeline's name, where it is known.
    pub fn name(&self) -> Option<&str> {
        self.named.as_ref().map(|named| &*named.name)
    }
}

impl Pipeline {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.declaration.name
    }

    /// The stores by region.
    pub fn stores(&self) -> impl Iterator<Item = (&str, &ArtifactStore)> {
        let one = self.declaration.artifact_store.iter().map(|store| (&*self.region, store));
        one.chain(self.declaration.artifact_stores.iter().map(|(region, store)| (region.as_str(), store)))
    }

    /// The role with which an action's provider is called.
    ///
    /// CodePipeline User Guide, "Pipeline structure reference", `roleArn` of an action.
    pub fn caller_of<'p>(&'p self, action: &'p Action) -> &'p str {
        action.role_arn.as_deref().unwrap_or(&self.declaration.role_arn)
    }

    /// The account in which an action's provider is called.
    pub fn account_of<'p>(&'p self, action: &'p Action) -> &'p str {
        Arn::parse(self.caller_of(action)).map_or(&*self.account, |role| role.account)
    }

    /// The partition that it is in.
    pub fn partition(&self) -> &str {
        Arn::parse(&self.arn).map_or("aws", |arn| arn.partition)
    }

    /// Its folder in its artifact stores, which has so many letters of its name.
    ///
    /// CodePipeline User Guide, "Input and output artifacts": names of the folders in the artifact bucket are truncated.
    pub fn folder(&self) -> String {
        folder_of(self.name())
    }

    /// The ARN of what a source action reads: a repository or an object of AWS's; `None`: something else.
    pub fn source_arn(&self, action: &Action) -> Option<String> {
        let named = |key: &str| action.configuration.get(key).map(String::as_str).unwrap_or_default();
        let region = self.region_of(action);
        let (partition, account) = (self.partition(), self.account_of(action));
        Some(match action.action_type_id.provider.as_str() {
            "CodeCommit" => {
                format!("arn:{partition}:codecommit:{region}:{account}:{}", named("RepositoryName"))
            }
            "S3" => format!("arn:{partition}:s3:::{}/{}", named("S3Bucket"), named("S3ObjectKey")),
            "ECR" => {
                format!("arn:{partition}:ecr:{region}:{account}:repository/{}", named("RepositoryName"))
            }
            _ => return None,
        })
    }

    /// The region in which an action's provider is called.
    pub fn region_of<'p>(&'p self, action: &'p Action) -> &'p str {
        action.region.as_deref().unwrap_or(&self.region)
    }
}

/// A pipeline's folder in its artifact stores, by its name.
pub fn folder_of(name: &str) -> String {
    name.chars().take(FOLDER).collect()
}

/// So many letters of a pipeline's name its folder has.
const FOLDER: usize = 20;

impl Action {
    /// Whether it brings in what is shipped.
    pub fn is_source(&self) -> bool {
        self.action_type_id.category == "Source"
    }

    /// Whether it waits for somebody's approval.
    pub fn is_gate(&self) -> bool {
        self.action_type_id.category == "Approval"
    }
}
