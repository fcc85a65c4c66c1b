//! CP-A9: the connection is used for what the pipeline reads.

use super::super::answers::Answers;
use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::{AskError, Limits};
use crate::question::Requests;
use crate::question::constraint::{Constraint, Demand};
use gateproof_model::arn::Arn;
use gateproof_model::pipeline::Action;

/// The control.
///
/// Service Authorization Reference, "Condition keys for AWS CodeConnections"; Developer Tools console User Guide, "Permissions and examples
/// for AWS CodeConnections": `UseConnection`.
pub const CONTROL: Control = Control {
    id: "CP-A9",
    title: "the role that reads the source uses the connection for this repository and branch only, and to read",
    reason: "a connection is good for every repository that its app was installed for: whoever has the role has them all",
    severity: Severity::Medium,
    reads: &[
        "codepipeline get-pipeline: stages[].actions[].configuration.{ConnectionArn,FullRepositoryId,BranchName}",
        "iam get-account-authorization-details",
        "organizations (SCPs)",
    ],
    decides: "whether the role that calls the source action can call `UseConnection` on the connection with another `FullRepositoryId`, with this one and \
              another `BranchName`, or with `ProviderPermissionsRequired` `read_write`",
    remedy: "allow `UseConnection` under `StringEquals` of `FullRepositoryId`, `BranchName` and `ProviderPermissionsRequired` `read_only`",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let declared = case.declared;
    for stage in &declared.declaration.stages {
        for action in &stage.actions {
            if let Some(connection) = action.configuration.get("ConnectionArn") {
                let place = format!("{}/{}", stage.name, action.name);
                let role = declared.caller_of(action).to_owned();
                if !case.is_untold(&role) {
                    limited(case, &place, action, (connection, &role))?;
                }
            }
        }
    }
    Ok(())
}

fn limited(
    case: &mut Case<'_>,
    place: &str,
    action: &Action,
    (connection, role): (&str, &str),
) -> Result<(), AskError> {
    let service = Arn::parse(connection).map_or("codeconnections", |arn| arn.service).to_owned();
    let key = |name: &str, demand: Demand| Constraint { key: format!("{service}:{name}"), demand };
    let named = |name: &str| action.configuration.get(name).cloned().unwrap_or_default();
    let (repository, branch) = (named("FullRepositoryId"), named("BranchName"));
    let this = || key("FullRepositoryId", Demand::Equals(repository.clone()));
    for (what, when, does) in [
        (
            "other repositories",
            vec![key("FullRepositoryId", Demand::Differs(repository.clone()))],
            "may use the connection for other repositories",
        ),
        (
            "other branches",
            vec![this(), key("BranchName", Demand::Differs(branch))],
            "may use the connection for other branches",
        ),
        (
            "writing",
            vec![this(), key("ProviderPermissionsRequired", Demand::Equals("read_write".to_owned()))],
            "may use the connection to write",
        ),
    ] {
        let actions = vec![format!("{service}:UseConnection")];
        let words: Vec<String> = when.iter().map(ToString::to_string).collect();
        let question = format!("{} on {connection} when {}", actions.join(", "), words.join(" and "));
        let requests =
            Requests { actions, resources: vec![connection.to_owned()], when, ..Requests::default() };
        let answer = case.asked.answered.can_within(role, &Limits::None, &requests)?;
        let answers = Answers { question, each: [(role.into(), answer)].into() };
        case.only(&format!("{place}, {what}"), &answers, |_| false, does);
    }
    Ok(())
}
