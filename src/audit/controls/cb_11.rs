//! CB-11: what a build runs in, and what it takes from earlier builds, is what it was.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use gateproof_model::configuration::codebuild::BuildProject;

/// The control.
pub const CONTROL: Control = Control {
    id: "CB-11",
    title: "builds run in an image that is named by its digest, and nobody else writes their cache",
    reason: "a tag stands for whatever was pushed last; what lies in a cache is taken into the next build unseen",
    severity: Severity::Medium,
    reads: &[
        "codebuild batch-get-projects: projects[].{environment.image,cache}",
        "s3api get-bucket-policy",
        "iam get-account-authorization-details",
        "organizations (SCPs, RCPs)",
        "gateproof.toml: [audit] platform (optional)",
    ],
    decides: "`image` names a digest (`@sha256:`); who can call `s3:PutObject` below the cache's location: only the project's role",
    remedy: "name the image by its digest; keep each project's cache in a place of its own",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    for (arn, told) in case.projects() {
        let Some(Some(project)) = case.told(&arn, "the build project", told) else { continue };
        let image = project.environment.image.as_str();
        let evidence = vec![Evidence::Fields(vec![Field::of("environment.image", image)])];
        if image.contains("@sha256:") {
            case.holds(&arn, "the image is named by its digest", evidence);
        } else {
            case.violated(
                (&arn, "image"),
                format!("the image `{image}` is not named by its digest"),
                evidence,
            );
        }
        cache(case, &arn, &project)?;
    }
    Ok(())
}

fn cache(case: &mut Case<'_>, arn: &str, project: &BuildProject) -> Result<(), AskError> {
    let kept = project.cache.as_ref().filter(|cache| cache.kind == "S3");
    let Some(location) = kept.and_then(|cache| cache.location.as_deref()) else { return Ok(()) };
    let subject = format!("{arn}, cache");
    let platform = case.platform()?.unwrap_or_default();
    let objects = format!("arn:{}:s3:::{}/*", case.pipeline.partition(), location.trim_end_matches('/'));
    let answers = case.who_can(&["s3:PutObject"], &[objects], Vec::new())?;
    let meant = |who: &str| project.service_role.as_deref() == Some(who) || platform.contains(who);
    case.only(&subject, &answers, meant, "may write the project's cache");
    Ok(())
}
