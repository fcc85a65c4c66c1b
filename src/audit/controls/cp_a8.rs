//! CP-A8: nobody starts the pipeline unasked from outside.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use gateproof_model::configuration::codepipeline::PipelineWebhook;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-A8",
    title: "webhooks of the pipeline ask who calls",
    reason: "a webhook that asks nobody starts the pipeline for whoever knows its address",
    severity: Severity::Medium,
    reads: &[
        "codepipeline list-webhooks: webhooks[].definition.{authentication,authenticationConfiguration.AllowedIPRange}",
    ],
    decides: "no webhook of the pipeline is `UNAUTHENTICATED`, or of type `IP` with a range of all addresses",
    remedy: "use a connection, or a webhook of type `GITHUB_HMAC`",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let pipeline = case.pipeline;
    let told = case.estate.snapshot.pipeline_webhooks(&pipeline.account, &pipeline.region);
    let Some(webhooks) = case.told("the webhooks", "the webhooks of pipelines", told) else { return Ok(()) };
    let webhooks = webhooks.unwrap_or_default();
    let own: Vec<&PipelineWebhook> =
        webhooks.iter().filter(|webhook| webhook.target_pipeline == pipeline.name).collect();
    if own.is_empty() {
        case.holds("the webhooks", "the pipeline has no webhook", Vec::new());
    }
    for webhook in own {
        let range = webhook.configuration.allowed_ip_range.clone();
        let fields = vec![
            Field::of("authentication", &webhook.authentication),
            Field { name: "AllowedIPRange".to_owned(), value: range.clone() },
        ];
        let evidence = vec![Evidence::Fields(fields)];
        let is_all = range.as_deref().is_none_or(|range| range.trim().ends_with("/0"));
        match webhook.authentication.as_str() {
            "GITHUB_HMAC" => case.holds(&webhook.name, "the webhook's calls are signed", evidence),
            "IP" if !is_all => {
                case.holds(&webhook.name, "the webhook is called from a range of addresses", evidence)
            }
            "IP" => case.violated((&webhook.name, ""), "the webhook is called from any address", evidence),
            _ => case.violated(
                (&webhook.name, ""),
                "the webhook starts the pipeline for whoever calls it",
                evidence,
            ),
        }
    }
    Ok(())
}
