//! CP-SRC-5: builds show nothing to the world.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-SRC-5",
    title: "no build project of the pipeline is public or shows a badge",
    reason: "a public project shows its logs and artifacts, a badge the state of every branch",
    severity: Severity::Medium,
    reads: &["codebuild batch-get-projects: projects[].{badge,projectVisibility}"],
    decides: "`badge.badgeEnabled` is false, and `projectVisibility` isn't `PUBLIC_READ`",
    remedy: "make the project private, and turn the badge off",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    for (arn, told) in case.projects() {
        let Some(Some(project)) = case.told(&arn, "the build project", told) else { continue };
        let visibility = project.project_visibility.clone();
        let fields = vec![
            Field::of("badge.badgeEnabled", project.has_badge().to_string()),
            Field { name: "projectVisibility".to_owned(), value: visibility },
        ];
        let evidence = vec![Evidence::Fields(fields)];
        match (project.is_public(), project.has_badge()) {
            (true, _) => case.violated((&arn, "public"), "the project's builds are public", evidence),
            (false, true) => {
                case.violated((&arn, "badge"), "the project shows a badge of its builds", evidence)
            }
            (false, false) => case.holds(&arn, "the project is private, without badge", evidence),
        }
    }
    Ok(())
}
