//! CP-SRC-1: no source by a person's token.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-SRC-1",
    title: "the source is read by a connection of the organization, not by a person's token",
    reason: "a token is one person's: it breaks with their account, and whoever takes their account has every pipeline that they authorized",
    severity: Severity::High,
    reads: &["codepipeline get-pipeline: stages[].actions[].actionTypeId"],
    decides: "no source action is of owner `ThirdParty` and provider `GitHub`, which keeps an OAuth token",
    remedy: "move to a connection (`CodeStarSourceConnection`), which is a GitHub App of the organization",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let declared = case.declared;
    for stage in &declared.declaration.stages {
        for action in stage.actions.iter().filter(|action| action.action_type_id.category == "Source") {
            let kind = &action.action_type_id;
            let fields = vec![Field::of("owner", &kind.owner), Field::of("provider", &kind.provider)];
            let evidence = vec![Evidence::Fields(fields)];
            let place = format!("{}/{}", stage.name, action.name);
            if kind.owner == "ThirdParty" && kind.provider == "GitHub" {
                case.violated((&place, ""), "the source is read with a person's OAuth token", evidence);
            } else {
                case.holds(&place, "the source is read without a person's token", evidence);
            }
        }
    }
    Ok(())
}
