//! What starts a project from outside.

use serde::Deserialize;

/// What starts a project from outside. Neither its secret nor its addresses are read.
///
/// AWS CodeBuild API Reference, Webhook.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// One of these groups must fit, in which every filter must; no group: every event fits.
    #[serde(default)]
    pub filter_groups: Vec<Vec<WebhookFilter>>,
    /// The old form: a regular expression of branches.
    #[serde(default)]
    pub branch_filter: Option<String>,
    /// `BUILD`, `BUILD_BATCH` or `RUNNER_BUILDKITE_BUILD`.
    #[serde(default)]
    pub build_type: Option<String>,
    /// `ACTIVE`, `CREATING`, …
    #[serde(default)]
    pub status: Option<String>,
    /// The organization or group whose repositories it is for.
    #[serde(default)]
    pub scope_configuration: Option<WebhookScope>,
    /// Whether pull requests wait for a comment.
    #[serde(default)]
    pub pull_request_build_policy: Option<PullRequestPolicy>,
}

/// A filter of a webhook.
///
/// AWS CodeBuild API Reference, WebhookFilter.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookFilter {
    /// `EVENT`, `ACTOR_ACCOUNT_ID`, `HEAD_REF`, `BASE_REF`, `FILE_PATH`, `COMMIT_MESSAGE`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Of `EVENT`: a list parted by commas; of others a regular expression.
    pub pattern: String,
    /// Whether what matches does not fit.
    #[serde(default)]
    pub exclude_matched_pattern: bool,
}

/// The organization or group whose repositories a webhook is for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct WebhookScope {
    /// Its name.
    pub name: String,
    /// `GITHUB_ORGANIZATION`, `GITHUB_GLOBAL` or `GITLAB_GROUP`.
    pub scope: String,
}

/// Which pull requests wait for a comment of somebody who may write.
///
/// AWS CodeBuild API Reference, PullRequestBuildPolicy.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PullRequestPolicy {
    /// `DISABLED`, `ALL_PULL_REQUESTS` or `FORK_PULL_REQUESTS`.
    pub requires_comment_approval: String,
    /// Whose comment counts: `GITHUB_WRITE`, `GITHUB_MAINTAIN`, …
    #[serde(default)]
    pub approver_roles: Vec<String>,
}
