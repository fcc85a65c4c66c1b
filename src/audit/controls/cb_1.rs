//! CB-1: builds are not root of their host's container engine.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;

/// The control.
pub const CONTROL: Control = Control {
    id: "CB-1",
    title: "no build project of the pipeline is privileged",
    reason: "a privileged build controls the container engine that it runs in, and what that holds",
    severity: Severity::Medium,
    reads: &["codebuild batch-get-projects: projects[].environment.privilegedMode"],
    decides: "`privilegedMode` is false",
    remedy: "turn it off, or build images in a project of their own without a way to production",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    for (arn, told) in case.projects() {
        let Some(Some(project)) = case.told(&arn, "the build project", told) else { continue };
        let privileged = project.environment.privileged_mode;
        let evidence =
            vec![Evidence::Fields(vec![Field::of("environment.privilegedMode", privileged.to_string())])];
        if privileged {
            case.violated((&arn, ""), "the project's builds are privileged", evidence);
        } else {
            case.holds(&arn, "the project's builds are not privileged", evidence);
        }
    }
    Ok(())
}
