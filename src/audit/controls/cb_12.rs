//! CB-12: builds read their sources by connections, over TLS.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;

/// The control.
pub const CONTROL: Control = Control {
    id: "CB-12",
    title: "no token or password is kept for the sources of builds, and none is read without TLS",
    reason: "a token is a person's, and good for every repository of theirs",
    severity: Severity::Medium,
    reads: &[
        "codebuild list-source-credentials: sourceCredentialsInfos[].authType",
        "codebuild batch-get-projects: projects[].source.insecureSsl",
    ],
    decides: "no credential of the account and region is of type `OAUTH`, `BASIC_AUTH` or `PERSONAL_ACCESS_TOKEN`; no source of the pipeline's projects has `insecureSsl`",
    remedy: "import a connection (`CODECONNECTIONS`) instead, and delete the token",
    decide,
};

const TOKENS: [&str; 3] = ["OAUTH", "BASIC_AUTH", "PERSONAL_ACCESS_TOKEN"];

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let projects = case.projects();
    if projects.is_empty() {
        return Ok(());
    }
    let (account, region) = (case.pipeline.account.clone(), case.pipeline.region.clone());
    let told = case.estate.snapshot.source_credentials(&account, &region);
    let subject = format!("{account}, {region}");
    if let Some(credentials) = case.told(&subject, "the source credentials of builds", told) {
        let credentials = credentials.unwrap_or_default();
        let mut sound = true;
        for credential in &credentials {
            let kind = credential.auth_type.clone().unwrap_or_default();
            if TOKENS.contains(&&*kind) {
                let arn = credential.arn.clone().unwrap_or_default();
                let evidence =
                    vec![Evidence::Fields(vec![Field::of("arn", arn.clone()), Field::of("authType", kind)])];
                case.violated(
                    (&subject, &arn),
                    "builds read their sources with a token or password",
                    evidence,
                );
                sound = false;
            }
        }
        if sound {
            case.holds(&subject, "no token or password is kept for the sources of builds", Vec::new());
        }
    }
    for (arn, told) in projects {
        let Some(Some(project)) = case.told(&arn, "the build project", told) else { continue };
        if project.sources().any(|source| source.insecure_ssl) {
            case.violated((&arn, "tls"), "the project reads a source without checking TLS", Vec::new());
        }
    }
    Ok(())
}
