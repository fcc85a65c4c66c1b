//! CP-ROLE-1: the pipeline's role is the pipeline's alone.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-ROLE-1",
    title: "the pipeline's role does no action's work, and only CodePipeline assumes it",
    reason: "the role that moves artifacts between all stages is in every stage's reach once one of them runs with it",
    severity: Severity::High,
    reads: &[
        "codepipeline get-pipeline: roleArn, stages[].actions[].{roleArn,configuration}",
        "codebuild batch-get-projects: projects[].serviceRole",
        "lambda list-functions: Functions[].Role",
        "ecs describe-task-definition: taskDefinition.{taskRoleArn,executionRoleArn}",
        "cloudformation describe-stacks: Stacks[].RoleARN",
        "iam get-account-authorization-details: AssumeRolePolicyDocument",
    ],
    decides: "no action's work is done with the role; who can call `sts:AssumeRole` on it: CodePipeline and nobody else",
    remedy: "give each action a role of its own, and let the trust policy name `codepipeline.amazonaws.com` only",
    decide,
};

const SERVICE: &str = "codepipeline.amazonaws.com";

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let pipeline = case.pipeline;
    let role = pipeline.role.as_str();
    let (mut untold, mut shared) = (Vec::new(), false);
    for (place, action) in pipeline.actions() {
        untold.extend(action.untold.iter().cloned());
        if action.runs_as.iter().any(|runs| **runs == *role) {
            let fields = vec![Field::of("roleArn", role), Field::of("provider", &action.provider)];
            let message = format!("{} does its work with the pipeline's role {role}", action.provider);
            case.violated((&place, role), message, vec![Evidence::Fields(fields)]);
            shared = true;
        }
    }
    if !untold.is_empty() {
        case.unknown("the actions", "with which roles some actions do their work is not told", untold);
    } else if !shared {
        let fields = pipeline.actions().into_iter().flat_map(|(place, action)| {
            action.runs_as.iter().map(move |runs| Field::of(&place, &**runs)).collect::<Vec<_>>()
        });
        let evidence = vec![Evidence::Fields(fields.collect())];
        case.holds("the actions", "no action does its work with the pipeline's role", evidence);
    }
    if case.is_untold(role) {
        return Ok(());
    }
    let answers = case.who_can(&["sts:AssumeRole"], &[role.to_owned()], Vec::new())?;
    case.only("the role's trust", &answers, |arn| arn == SERVICE, "may assume the pipeline's role");
    Ok(())
}
