//! CP-A11: what others set is no part of a command.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use gateproof_model::pipeline::Action;

/// The control.
///
/// CodePipeline User Guide, "Working with variables": `#{NAMESPACE.NAME}` is replaced by the value as it is.
pub const CONTROL: Control = Control {
    id: "CP-A11",
    title: "no variable becomes part of a command, or chooses a role or what does the work",
    reason: "whoever starts the pipeline sets its variables, whoever commits those of the source: a value with `;` in it is a command",
    severity: Severity::High,
    reads: &["codepipeline get-pipeline: stages[].actions[].{commands,configuration,roleArn}"],
    decides: "no `#{…}` stands in `commands`, in the action's `roleArn`, or in a field of the configuration that names a role, project, function, stack \
              or steps",
    remedy: "hand the value over in an environment variable, and quote that in the command",
    decide,
};

/// Fields of configurations that choose a role, what does the work, or what is done.
///
/// CodePipeline User Guide, "Action structure reference", by provider.
const CHOICES: [&str; 14] = [
    "AdministrationRoleArn",
    "ApplicationName",
    "BuildspecOverride",
    "ClusterName",
    "Commands",
    "DeploymentGroupName",
    "FunctionName",
    "ProjectName",
    "RoleArn",
    "ServiceName",
    "StackName",
    "StackSetName",
    "StateMachineArn",
    "TemplatePath",
];

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let mut sound = true;
    for stage in &case.declared.declaration.stages {
        for action in &stage.actions {
            let place = format!("{}/{}", stage.name, action.name);
            for (field, text) in chosen(action).filter(|(_, text)| text.contains("#{")) {
                sound = false;
                let variable = variable_in(text);
                let message = format!("the variable `{variable}` becomes part of `{field}`");
                let evidence = vec![Evidence::Fields(vec![Field::of(field, variable)])];
                case.violated((&place, &format!("{field} {variable}")), message, evidence);
            }
        }
    }
    if sound {
        case.holds(
            "the actions",
            "no variable becomes part of a command or chooses what is done",
            Vec::new(),
        );
    }
    Ok(())
}

/// What chooses what an action does.
fn chosen(action: &Action) -> impl Iterator<Item = (&str, &str)> {
    let commands = action.commands.iter().map(|command| ("commands", command.as_str()));
    let fields = action.configuration.iter().filter(|(name, _)| CHOICES.contains(&name.as_str()));
    let role = action.role_arn.iter().map(|role| ("roleArn", role.as_str()));
    commands.chain(fields.map(|(name, text)| (name.as_str(), text.as_str()))).chain(role)
}

/// The first variable of a text.
fn variable_in(text: &str) -> &str {
    let after = text.split_once("#{").map_or("", |(_, rest)| rest);
    after.split('}').next().unwrap_or_default()
}
