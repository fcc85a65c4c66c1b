//! CP-A10: who does the work of actions that aren't AWS's.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use crate::pipelines::Untold;
use gateproof_model::pipeline::Action;

/// The control.
///
/// CodePipeline User Guide, "Create and add a custom action": a job worker polls for jobs, and is handed the artifacts and credentials for them.
pub const CONTROL: Control = Control {
    id: "CP-A10",
    title: "actions that aren't AWS's are known, and only the platform team's workers poll for their jobs",
    reason: "whoever polls for an action's jobs is handed its artifacts and credentials for them, and says how it went",
    severity: Severity::Medium,
    reads: &[
        "codepipeline get-pipeline: stages[].actions[].actionTypeId",
        "iam get-account-authorization-details",
        "organizations (SCPs)",
        "gateproof.toml: [audit] platform",
    ],
    decides: "which actions are of owner `Custom` or `ThirdParty`; who can call `codepipeline:PollForJobs` on the type of a custom one",
    remedy: "grant `codepipeline:PollForJobs` on the action's type to its worker only",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let mut others = 0;
    for stage in &case.declared.declaration.stages {
        for action in stage.actions.iter().filter(|action| action.action_type_id.owner != "AWS") {
            others += 1;
            let place = format!("{}/{}", stage.name, action.name);
            worked_by(case, &place, action)?;
        }
    }
    if others == 0 {
        case.holds("the actions", "all actions are AWS's", Vec::new());
    }
    Ok(())
}

fn worked_by(case: &mut Case<'_>, place: &str, action: &Action) -> Result<(), AskError> {
    let kind = &action.action_type_id;
    let fields = vec![Field::of("owner", &kind.owner), Field::of("provider", &kind.provider)];
    if kind.owner != "Custom" {
        // GitHub's own action is worked by CodePipeline (CP-SRC-1).
        if kind.provider == "GitHub" {
            case.holds(place, "the action is worked by CodePipeline", vec![Evidence::Fields(fields)]);
            return Ok(());
        }
        let what = format!("who works for {}, which is not of AWS", kind.provider);
        case.unknown(place, format!("{what}: AWS doesn't tell"), vec![Untold { what, command: None }]);
        return Ok(());
    }
    let Some(platform) = case.platform()? else {
        case.not_meant(place, "platform", "who is meant to poll for jobs");
        return Ok(());
    };
    let pipeline = case.pipeline;
    let arn = format!(
        "arn:{}:codepipeline:{}:{}:actiontype:Custom/{}/{}/{}",
        pipeline.partition(),
        pipeline.region,
        pipeline.account,
        kind.category,
        kind.provider,
        kind.version.as_deref().unwrap_or("*"),
    );
    let answers = case.who_can(&["codepipeline:PollForJobs"], &[arn], Vec::new())?;
    case.only(place, &answers, |who| platform.contains(who), "may poll for the action's jobs");
    Ok(())
}
