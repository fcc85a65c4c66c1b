//! ECR-1: the image that is deployed is the image that was built.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use crate::ask::glob_matches;

/// The control.
pub const CONTROL: Control = Control {
    id: "ECR-1",
    title: "the tag that the pipeline deploys can't be moved to another image",
    reason: "a tag that can be moved stands for whatever was pushed last, whoever pushed it",
    severity: Severity::Medium,
    reads: &[
        "ecr describe-repositories: repositories[].{imageTagMutability,imageTagMutabilityExclusionFilters}",
    ],
    decides: "the repository of each ECR source is `IMMUTABLE`, or its exclusions don't match the tag",
    remedy: "make the repository's tags immutable, and start the pipeline by digest",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let declared = case.declared;
    let actions = declared.declaration.stages.iter().flat_map(|stage| &stage.actions);
    for action in actions.filter(|action| action.is_source()) {
        if action.action_type_id.provider != "ECR" {
            continue;
        }
        let Some(arn) = declared.source_arn(action) else { continue };
        let tag = action.configuration.get("ImageTag").map_or("latest", String::as_str);
        let told = case.estate.snapshot.image_repository(&arn);
        let Some(Some(repository)) = case.told(&arn, "the image repository", told) else { continue };
        let mutability = repository.image_tag_mutability.clone().unwrap_or_else(|| "MUTABLE".to_owned());
        let filters = &repository.image_tag_mutability_exclusion_filters;
        let excluded = filters.iter().any(|filter| glob_matches(&filter.filter, tag));
        let fixed = match mutability.as_str() {
            "IMMUTABLE" => true,
            "IMMUTABLE_WITH_EXCLUSION" => !excluded,
            "MUTABLE_WITH_EXCLUSION" => excluded,
            _ => false,
        };
        let fields = vec![Field::of("imageTagMutability", mutability), Field::of("ImageTag", tag)];
        let evidence = vec![Evidence::Fields(fields)];
        if fixed {
            case.holds(&arn, format!("the tag `{tag}` can't be moved"), evidence);
        } else {
            case.violated((&arn, tag), format!("the tag `{tag}` can be moved to another image"), evidence);
        }
    }
    Ok(())
}
