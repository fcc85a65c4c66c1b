//! Webhooks and past executions of pipelines; the pipelines themselves are read in [`crate::pipeline`].
//!
//! AWS CodePipeline API Reference, ListWebhooks, ListPipelineExecutions.

use super::Told;
use super::ask::{Call, Question};
use super::moment::parse_moment;
use crate::snapshot::Snapshot;
use jiff::Timestamp;
use serde::Deserialize;

const WEBHOOKS: Call = Call::new("codepipeline", "list-webhooks", "");
const EXECUTIONS: Call = Call::new("codepipeline", "list-pipeline-executions", "--pipeline-name NAME");

/// A webhook that starts a pipeline. Neither its address, which lets in whoever knows it, nor its token is read.
///
/// AWS CodePipeline API Reference, WebhookDefinition.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PipelineWebhook {
    /// Its name.
    pub name: String,
    /// The pipeline that it starts.
    pub target_pipeline: String,
    /// The source action.
    pub target_action: String,
    /// `GITHUB_HMAC`, `IP` or `UNAUTHENTICATED`.
    pub authentication: String,
    /// What its calls must say; all of it.
    #[serde(default)]
    pub filters: Vec<PipelineWebhookFilter>,
    /// What its callers must show.
    #[serde(rename = "authenticationConfiguration", default)]
    pub configuration: WebhookAuthentication,
}

/// What a call of a webhook must say.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PipelineWebhookFilter {
    /// Where in its JSON.
    pub json_path: String,
    /// What must stand there.
    #[serde(default)]
    pub match_equals: Option<String>,
}

/// What callers of a webhook must show.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct WebhookAuthentication {
    /// Of `IP`: the addresses that they call from.
    #[serde(rename = "AllowedIPRange", default)]
    pub allowed_ip_range: Option<String>,
}

#[derive(PartialEq, Deserialize)]
struct Listed {
    definition: PipelineWebhook,
}

/// The past executions of a pipeline; AWS keeps them for twelve months.
///
/// AWS CodePipeline User Guide, "Quotas in AWS CodePipeline".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executions {
    /// How many there are.
    pub count: usize,
    /// When the first of them began.
    pub oldest_start: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Execution {
    #[serde(default, deserialize_with = "parse_moment")]
    start_time: Option<Timestamp>,
}

impl Snapshot {
    /// The webhooks of a region's pipelines.
    pub fn pipeline_webhooks(&self, account: &str, region: &str) -> Told<Vec<PipelineWebhook>> {
        let webhooks = self.ask_list(&Question::new(WEBHOOKS, account, Some(region), &[]), "webhooks");
        webhooks.map(|all: Vec<Listed>| all.into_iter().map(|one| one.definition).collect())
    }

    /// The past executions of a pipeline.
    pub fn pipeline_executions(&self, account: &str, region: &str, name: &str) -> Told<Executions> {
        let question = Question::new(EXECUTIONS, account, Some(region), &[name]);
        self.ask_list(&question, "pipelineExecutionSummaries").map(|all: Vec<Execution>| Executions {
            count: all.len(),
            oldest_start: all.iter().filter_map(|one| one.start_time).min(),
        })
    }
}
