//! CP-ROLE-4: the pipeline's role may do what the pipeline needs, and no more.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::{Judgement, Severity};
use super::super::template::Template;
use crate::ask::AskError;
use crate::pipelines::Untold;
use gateproof_encodings::authorize::FREE_ACTIONS;
use gateproof_model::catalogue::{AccessLevel, ActionInfo};
use gateproof_model::policy::Document;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-ROLE-4",
    title: "the pipeline's role may do what its pipeline needs, and no more",
    reason: "whoever has the role has all of it: each call beyond what the pipeline makes is an attacker's only",
    severity: Severity::High,
    reads: &["codepipeline get-pipeline", "iam get-account-authorization-details", "organizations (SCPs)"],
    decides: "whether the role can make some request that a template made from the pipeline doesn't allow: artifact bucket and key, the projects, stacks, functions and connections that it names, `iam:PassRole` of the stacks' roles to CloudFormation; calls that AWS lets everybody make are no matter. Where it isn't known what a provider needs of the role: whether it can change IAM (but `iam:PassRole`, `iam:CreateServiceLinkedRole`) or a pipeline",
    remedy: "replace the role's policies by the template; where the policy of a resource allows the request, name there who may make it",
    decide,
};

const MORE: &str = "may do more than the pipeline needs";

/// Changes to IAM that providers need of the role that calls them.
///
/// CodePipeline User Guide, "Action structure reference", by provider: service role policy permissions.
const NEEDED: [&str; 2] = ["iam:createservicelinkedrole", "iam:passrole"];

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let role = case.pipeline.role.clone();
    if case.is_untold(&role) {
        return Ok(());
    }
    let template = Template::of_role(case);
    let Some(left_out) = template.left_out() else { return Ok(()) };
    let free = |name: &str| FREE_ACTIONS.iter().any(|free| free.eq_ignore_ascii_case(name));
    let calls = case.calls("all", || {
        let calls = case.estate.catalogue.actions_matching("*").map(|action| action.name());
        calls.filter(|name| !free(name)).collect()
    });
    let answers = case.can_call(&role, &calls, Some(left_out.clone()))?;
    match answers.who_can().find_map(|(_, witness)| witness?.steps.first()) {
        Some(step) if !template.unknown.is_empty() => {
            beyond_doubt(case, &role, (&template, left_out), (&step.action, &step.resource))?
        }
        _ => case.only(&role, &answers, |_| false, MORE),
    }
    let document = template.document().to_string();
    for finding in case.findings.iter_mut().filter(|finding| finding.verdict == Judgement::Violated) {
        finding.evidence.push(Evidence::Fields(vec![Field::of("template", document.clone())]));
    }
    Ok(())
}

/// The role may make a request that the template doesn't allow, and it isn't known what some provider needs: violated only where the
/// role may do what no action's provider needs.
fn beyond_doubt(
    case: &mut Case<'_>,
    role: &str,
    (template, left_out): (&Template, Arc<Document>),
    (call, resource): (&str, &str),
) -> Result<(), AskError> {
    let is_a_change = |action: &ActionInfo<'_>| {
        [AccessLevel::Write, AccessLevel::PermissionsManagement].contains(&action.access_level())
    };
    let calls = case.calls("of no action", || {
        let globs = ["iam:*", "codepipeline:*"].into_iter();
        let calls = globs.flat_map(|glob| case.estate.catalogue.actions_matching(glob)).filter(is_a_change);
        calls
            .map(|action| action.name())
            .filter(|name| !NEEDED.contains(&&*name.to_ascii_lowercase()))
            .collect()
    });
    let answers = case.can_call(role, &calls, Some(left_out))?;
    if answers.who_can().next().is_some() {
        case.only(role, &answers, |_| false, MORE);
        return Ok(());
    }
    let needs = |(place, provider): &(String, String)| Untold {
        what: format!("what {provider} ({place}) needs of the role that calls it"),
        command: None,
    };
    let providers: BTreeSet<&str> = template.unknown.iter().map(|(_, provider)| provider.as_str()).collect();
    let providers: Vec<&str> = providers.into_iter().collect();
    let message = format!(
        "{role} may call {call} on {resource}: whether {} needs that is not known",
        providers.join(" or ")
    );
    case.unknown(role, message, template.unknown.iter().map(needs).collect());
    Ok(())
}
