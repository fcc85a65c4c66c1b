//! CP-SRC-1: no source by a person's token.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use gateproof_model::configuration::codepipeline::PipelineWebhook;
use gateproof_model::pipeline::Action;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-SRC-1",
    title: "the source is read by a connection of the organization, not by a person's token",
    reason: "a token is one person's: it breaks with their account, and whoever takes their account has every pipeline that they authorized",
    severity: Severity::High,
    reads: &[
        "codepipeline get-pipeline: stages[].actions[].{actionTypeId,configuration.ConnectionArn}",
        "codepipeline list-webhooks: webhooks[].definition.{targetPipeline,authentication}",
        "codeconnections get-connection: Connection.ConnectionStatus",
        "codebuild batch-get-projects: projects[].{source,secondarySources}.{type,auth}",
        "codebuild list-source-credentials: sourceCredentialsInfos[].{serverType,authType}",
    ],
    decides: "no source action is of owner `ThirdParty` and provider `GitHub`, which keeps an OAuth token; no webhook of that integration (`GITHUB_HMAC`) starts the pipeline; each connection is `AVAILABLE`; no build project of the pipeline reads a repository itself with a token or password",
    remedy: "move to a connection (`CodeStarSourceConnection`), which is a GitHub App of the organization, and finish it in the console where it is pending",
    decide,
};

/// Kinds of credentials that are a person's.
///
/// AWS CodeBuild API Reference, SourceCredentialsInfo, `authType`.
const TOKENS: [&str; 3] = ["BASIC_AUTH", "OAUTH", "PERSONAL_ACCESS_TOKEN"];

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    for (place, action, said) in case.declared_actions() {
        if action.category == "Source" {
            of_source(case, &place, said);
        }
    }
    of_webhooks(case);
    of_builds(case);
    Ok(())
}

fn of_source(case: &mut Case<'_>, place: &str, action: &Action) {
    let kind = &action.action_type_id;
    let mut fields = vec![Field::of("owner", &kind.owner), Field::of("provider", &kind.provider)];
    if kind.owner == "ThirdParty" && kind.provider == "GitHub" {
        let evidence = vec![Evidence::Fields(fields)];
        return case.violated((place, ""), "the source is read with a person's OAuth token", evidence);
    }
    if let Some(arn) = action.configuration.get("ConnectionArn") {
        let told = case.estate.snapshot.connection(arn);
        let Some(connection) = case.told(place, "the connection", told) else { return };
        let status = connection.and_then(|connection| connection.connection_status);
        let is_available = status.as_deref() == Some("AVAILABLE");
        fields.push(Field { name: "ConnectionStatus".to_owned(), value: status });
        if !is_available {
            let evidence = vec![Evidence::Fields(fields)];
            return case.violated((place, arn), "the source's connection can't be used", evidence);
        }
    }
    case.holds(place, "the source is read without a person's token", vec![Evidence::Fields(fields)]);
}

fn of_webhooks(case: &mut Case<'_>) {
    let (account, region) = (case.pipeline.account.clone(), case.pipeline.region.clone());
    let told = case.estate.snapshot.pipeline_webhooks(&account, &region);
    let Some(webhooks) = case.told("the webhooks", "the list of webhooks", told) else { return };
    let name = case.pipeline.name.clone();
    let of_tokens = |webhook: &PipelineWebhook| {
        webhook.target_pipeline == name && webhook.authentication == "GITHUB_HMAC"
    };
    let found: Vec<PipelineWebhook> = webhooks.unwrap_or_default().into_iter().filter(of_tokens).collect();
    if found.is_empty() {
        case.holds("the webhooks", "no webhook of the token integration starts the pipeline", Vec::new());
    }
    for webhook in found {
        let fields = vec![
            Field::of("name", &webhook.name),
            Field::of("targetAction", &webhook.target_action),
            Field::of("authentication", &webhook.authentication),
        ];
        let message = "a webhook that was registered with a person's token starts the pipeline";
        case.violated(("the webhooks", &webhook.name), message, vec![Evidence::Fields(fields)]);
    }
}

/// A project of a pipeline is handed its source; one that reads another itself does so with the account's credentials for the server.
fn of_builds(case: &mut Case<'_>) {
    for (arn, told) in case.projects() {
        let Some(Some(project)) = case.told(&arn, "the build project", told) else { continue };
        let outside = |kind: &str| {
            ["BITBUCKET", "GITHUB", "GITHUB_ENTERPRISE", "GITLAB", "GITLAB_SELF_MANAGED"].contains(&kind)
        };
        let kinds: Vec<String> =
            project.sources().filter(|s| outside(&s.kind)).map(|source| source.kind.clone()).collect();
        if kinds.is_empty() {
            case.holds(&arn, "the project reads no repository outside AWS itself", Vec::new());
            continue;
        }
        let told = case.estate.snapshot.source_credentials(&case.pipeline.account, &case.pipeline.region);
        let Some(credentials) = case.told(&arn, "the source credentials of builds", told) else { continue };
        let mut sound = true;
        for credential in credentials.unwrap_or_default() {
            let (server, kind) =
                (credential.server_type.unwrap_or_default(), credential.auth_type.unwrap_or_default());
            if kinds.contains(&server) && TOKENS.contains(&&*kind) {
                let fields = vec![Field::of("serverType", &server), Field::of("authType", &kind)];
                let message = "the project reads a repository with a token or password";
                case.violated((&arn, &server), message, vec![Evidence::Fields(fields)]);
                sound = false;
            }
        }
        if sound {
            case.holds(&arn, "the project reads repositories without a token or password", Vec::new());
        }
    }
}
