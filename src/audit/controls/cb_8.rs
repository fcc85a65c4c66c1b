//! CB-8: builds are logged, and what they log and make is encrypted.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use gateproof_model::configuration::codebuild::BuildProject;

/// The control.
pub const CONTROL: Control = Control {
    id: "CB-8",
    title: "builds are logged, and logs and artifacts are encrypted",
    reason: "without a log nobody can tell what a build did; what isn't encrypted is kept apart by the bucket's policy alone",
    severity: Severity::Medium,
    reads: &["codebuild batch-get-projects: projects[].{logsConfig,artifacts,secondaryArtifacts}"],
    decides: "logs go to CloudWatch Logs (where nothing else is said they do) or to a bucket; `encryptionDisabled` is false of the logs' bucket and of \
              all artifacts",
    remedy: "turn logging on, and `encryptionDisabled` off",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    for (arn, told) in case.projects() {
        let Some(Some(project)) = case.told(&arn, "the build project", told) else { continue };
        let (faults, fields) = faults_of(&project);
        let evidence = vec![Evidence::Fields(fields)];
        if faults.is_empty() {
            case.holds(&arn, "builds are logged, and logs and artifacts are encrypted", evidence.clone());
        }
        for (offender, message) in faults {
            case.violated((&arn, offender), message, evidence.clone());
        }
    }
    Ok(())
}

fn faults_of(project: &BuildProject) -> (Vec<(&'static str, &'static str)>, Vec<Field>) {
    let logs = project.logs_config.as_ref();
    let stream = logs.and_then(|logs| logs.cloud_watch_logs.as_ref()).map_or("ENABLED", |logs| &logs.status);
    let bucket = logs.and_then(|logs| logs.s3_logs.as_ref()).filter(|logs| logs.status == "ENABLED");
    let mut artifacts = project.artifacts.iter().chain(&project.secondary_artifacts);
    let open = artifacts.any(|artifacts| artifacts.encryption_disabled);
    let bare = bucket.is_some_and(|logs| logs.encryption_disabled);
    let mut faults = Vec::new();
    if stream != "ENABLED" && bucket.is_none() {
        faults.push(("logs", "the project's builds are not logged"));
    }
    if bare {
        faults.push(("logs in a bucket", "the logs in the bucket are not encrypted"));
    }
    if open {
        faults.push(("artifacts", "artifacts of the project are not encrypted"));
    }
    let fields = vec![
        Field::of("logsConfig.cloudWatchLogs.status", stream),
        Field::of("logsConfig.s3Logs.status", if bucket.is_some() { "ENABLED" } else { "DISABLED" }),
        Field::of("logsConfig.s3Logs.encryptionDisabled", bare.to_string()),
        Field::of("artifacts.encryptionDisabled", open.to_string()),
    ];
    (faults, fields)
}
