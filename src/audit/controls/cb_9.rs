//! CB-9: a project is its account's own.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use gateproof_model::arn::Arn;

/// The control.
pub const CONTROL: Control = Control {
    id: "CB-9",
    title: "no build project is public, has a badge or is shared with other accounts",
    reason: "logs and artifacts of builds hold what was built, and often more than was meant",
    severity: Severity::Medium,
    reads: &[
        "codebuild batch-get-projects: projects[].{projectVisibility,badge.badgeEnabled}",
        "codebuild get-resource-policy",
        "iam get-account-authorization-details",
        "organizations (SCPs)",
    ],
    decides: "`projectVisibility` isn't `PUBLIC_READ`, `badgeEnabled` is false; and who can read or start builds of the project: nobody of another account",
    remedy: "make the project private, turn the badge off, and delete the project's resource policy",
    decide,
};

/// What a project can be shared for.
///
/// AWS CodeBuild User Guide, "Shared project resources".
const SHARED: [&str; 4] = [
    "codebuild:BatchGetBuilds",
    "codebuild:BatchGetProjects",
    "codebuild:ListBuildsForProject",
    "codebuild:StartBuild",
];

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    for (arn, told) in case.projects() {
        let Some(Some(project)) = case.told(&arn, "the build project", told) else { continue };
        let fields = vec![
            Field::of(
                "projectVisibility",
                project.project_visibility.clone().unwrap_or_else(|| "PRIVATE".to_owned()),
            ),
            Field::of("badge.badgeEnabled", project.has_badge().to_string()),
        ];
        let evidence = vec![Evidence::Fields(fields)];
        if project.is_public() {
            case.violated((&arn, "public"), "everybody may read the project's builds", evidence.clone());
        }
        if project.has_badge() {
            case.violated(
                (&arn, "badge"),
                "the project's badge shows everybody its last result",
                evidence.clone(),
            );
        }
        if !project.is_public() && !project.has_badge() {
            case.holds(&arn, "the project is private, and has no badge", evidence);
        }
        let account = Arn::parse(&arn).map_or("", |arn| arn.account).to_owned();
        let answers = case.who_can(&SHARED, &[arn.to_string()], Vec::new())?;
        let own = |who: &str| Arn::parse(who).is_some_and(|who| who.account == account);
        case.only(
            &format!("{arn}, sharing"),
            &answers,
            own,
            "may read or start its builds from another account",
        );
    }
    Ok(())
}
