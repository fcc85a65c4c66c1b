//! Build projects and the credentials that they fetch sources with.
//!
//! AWS CodeBuild API Reference, Project, ListSourceCredentials.

mod source;
mod variable;
mod webhook;

pub use source::{BuildSpec, ProjectSource, SourceAuth, SourceLocation};
pub use variable::{EnvironmentVariable, Telltale};
pub use webhook::{PullRequestPolicy, Webhook, WebhookFilter, WebhookScope};

use super::Told;
use super::ask::{Call, Part, Question};
use crate::arn::Arn;
use crate::json::Json;
use crate::snapshot::Snapshot;
use serde::{Deserialize, Deserializer};

const PROJECTS: Call = Call::new("codebuild", "batch-get-projects", "--names NAME");
const CREDENTIALS: Call = Call::new("codebuild", "list-source-credentials", "");

/// A build project.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuildProject {
    /// Its name.
    pub name: String,
    /// Its ARN.
    #[serde(default)]
    pub arn: Option<String>,
    /// The role that builds act with.
    #[serde(default)]
    pub service_role: Option<String>,
    /// Where its source is.
    pub source: ProjectSource,
    /// Where more of it is.
    #[serde(default)]
    pub secondary_sources: Vec<ProjectSource>,
    /// Where what it makes goes.
    #[serde(default)]
    pub artifacts: Option<Artifacts>,
    /// Where more of it goes.
    #[serde(default)]
    pub secondary_artifacts: Vec<Artifacts>,
    /// Where it keeps things for the next build.
    #[serde(default)]
    pub cache: Option<Cache>,
    /// What it runs in.
    pub environment: Environment,
    /// The key of its artifacts.
    #[serde(default)]
    pub encryption_key: Option<String>,
    /// What starts it from outside.
    #[serde(default)]
    pub webhook: Option<Webhook>,
    /// The network that it runs in; `None`: AWS's own.
    #[serde(default)]
    pub vpc_config: Option<VpcConfig>,
    /// Whether its last result can be seen by everybody.
    #[serde(default)]
    pub badge: Option<Badge>,
    /// Where its logs go.
    #[serde(default)]
    pub logs_config: Option<LogsConfig>,
    /// `PUBLIC_READ` or `PRIVATE`.
    #[serde(default)]
    pub project_visibility: Option<String>,
    /// How batches of builds run.
    #[serde(default)]
    pub build_batch_config: Option<BatchConfig>,
}

impl BuildProject {
    /// All sources.
    pub fn sources(&self) -> impl Iterator<Item = &ProjectSource> {
        std::iter::once(&self.source).chain(&self.secondary_sources)
    }

    /// Whether everybody may read its builds.
    pub fn is_public(&self) -> bool {
        self.project_visibility.as_deref() == Some("PUBLIC_READ")
    }

    /// Whether everybody who knows the address of its badge sees its last result.
    pub fn has_badge(&self) -> bool {
        self.badge.as_ref().is_some_and(|badge| badge.badge_enabled)
    }
}

/// Where what a project makes goes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Artifacts {
    /// `CODEPIPELINE`, `S3` or `NO_ARTIFACTS`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The bucket.
    #[serde(default)]
    pub location: Option<String>,
    /// Whether they are not encrypted.
    #[serde(default)]
    pub encryption_disabled: bool,
    /// What the bucket's owner may do with them: `NONE`, `READ_ONLY` or `FULL`.
    #[serde(default)]
    pub bucket_owner_access: Option<String>,
}

/// Where a project keeps things for the next build.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Cache {
    /// `NO_CACHE`, `S3` or `LOCAL`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Of `S3`: bucket and prefix.
    #[serde(default)]
    pub location: Option<String>,
    /// Of `LOCAL`: what is kept.
    #[serde(default)]
    pub modes: Vec<String>,
}

/// What a build runs in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Environment {
    /// `LINUX_CONTAINER`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The image.
    pub image: String,
    /// Whether the container may do what its host may.
    #[serde(default)]
    pub privileged_mode: bool,
    /// Whose credentials fetch the image: `CODEBUILD` or `SERVICE_ROLE`.
    #[serde(default)]
    pub image_pull_credentials_type: Option<String>,
    /// The variables.
    #[serde(default)]
    pub environment_variables: Vec<EnvironmentVariable>,
}

/// The network that builds run in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VpcConfig {
    /// The VPC.
    #[serde(default)]
    pub vpc_id: Option<String>,
    /// Its subnets.
    #[serde(default)]
    pub subnets: Vec<String>,
    /// What limits the traffic.
    #[serde(default)]
    pub security_group_ids: Vec<String>,
}

impl VpcConfig {
    /// Whether it names a network; an empty configuration doesn't.
    pub fn is_set(&self) -> bool {
        self.vpc_id.as_deref().is_some_and(|id| !id.is_empty())
    }
}

/// Whether the last result can be seen by everybody.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Badge {
    /// Whether there is a badge.
    #[serde(default)]
    pub badge_enabled: bool,
}

/// Where logs go.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogsConfig {
    /// To CloudWatch Logs, which is AWS's default.
    #[serde(default)]
    pub cloud_watch_logs: Option<CloudWatchLogs>,
    /// To a bucket.
    #[serde(default)]
    pub s3_logs: Option<S3Logs>,
}

/// Logs in CloudWatch Logs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CloudWatchLogs {
    /// `ENABLED` or `DISABLED`.
    pub status: String,
    /// The log group; `None`: `/aws/codebuild/PROJECT`.
    #[serde(default)]
    pub group_name: Option<String>,
}

/// Logs in a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct S3Logs {
    /// `ENABLED` or `DISABLED`.
    pub status: String,
    /// Bucket and prefix.
    #[serde(default)]
    pub location: Option<String>,
    /// Whether they are not encrypted.
    #[serde(default)]
    pub encryption_disabled: bool,
}

/// How batches of builds run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchConfig {
    /// The role with which the batch is orchestrated.
    #[serde(default)]
    pub service_role: Option<String>,
}

/// Credentials that the projects of a region fetch sources with. The token is nothing that AWS prints.
///
/// AWS CodeBuild API Reference, SourceCredentialsInfo.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceCredential {
    /// Its ARN.
    #[serde(default)]
    pub arn: Option<String>,
    /// `GITHUB`, `GITHUB_ENTERPRISE`, `BITBUCKET`, `GITLAB`, `GITLAB_SELF_MANAGED`.
    #[serde(default)]
    pub server_type: Option<String>,
    /// `OAUTH`, `BASIC_AUTH`, `PERSONAL_ACCESS_TOKEN`, `CODECONNECTIONS` or `SECRETS_MANAGER`.
    #[serde(default)]
    pub auth_type: Option<String>,
    /// The connection or secret, where it is an ARN.
    #[serde(default, deserialize_with = "arn_only")]
    pub resource: Option<String>,
}

/// A text that is an ARN; any other is dropped, as it may be a token.
fn arn_only<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.filter(|text| Arn::parse(text).is_some_and(|arn| !arn.service.is_empty())))
}

impl Snapshot {
    /// A build project by its name or ARN. One call may tell of many projects, and of names that there are none of.
    pub fn build_project(&self, account: &str, region: &str, name: &str) -> Told<BuildProject> {
        let arn = Arn::parse(name);
        let (account, region) = arn.map_or((account, region), |arn| (arn.account, arn.region));
        let short = arn.and_then(|arn| arn.resource.strip_prefix("project/")).unwrap_or(name);
        let full = format!("arn:{}:codebuild:{region}:{account}:project/{short}", self.partition_of(account));
        let question = Question::new(PROJECTS, account, Some(region), &[short, name, &full]);
        let found: Told<Option<BuildProject>> = self.ask_part(&question, |_, json| {
            let items = json.get("projects").and_then(Json::as_array).unwrap_or_default().iter().enumerate();
            let mut known = items.map(|(i, json)| Part { json, pointer: format!("/projects/{i}") });
            let named = |part: &Part<'_>| part.json.get("name").and_then(Json::as_str) == Some(short);
            known.find(named).or_else(|| {
                let none = json.get("projectsNotFound")?.as_array()?;
                let is_none = |json: &Json| json.as_str().is_some_and(|n| n == short || n == full);
                let json = &Json::Null;
                none.iter().any(is_none).then(|| Part { json, pointer: "/projectsNotFound".to_owned() })
            })
        });
        found.and_then(|project, file| match project {
            Some(value) => Told::Known { value, file },
            None => Told::Absent { file },
        })
    }

    /// The credentials that the projects of a region fetch sources with.
    pub fn source_credentials(&self, account: &str, region: &str) -> Told<Vec<SourceCredential>> {
        let question = Question::new(CREDENTIALS, account, Some(region), &[]);
        self.ask_list(&question, "sourceCredentialsInfos")
    }
}
