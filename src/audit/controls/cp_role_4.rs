//! CP-ROLE-4: the pipeline's role may do what the pipeline needs, and no more.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::{Judgement, Severity};
use super::super::template::Template;
use crate::ask::AskError;
use gateproof_encodings::authorize::FREE_ACTIONS;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-ROLE-4",
    title: "the pipeline's role may do what its pipeline needs, and no more",
    reason: "whoever has the role has all of it: each call beyond what the pipeline makes is an attacker's only",
    severity: Severity::High,
    reads: &["codepipeline get-pipeline", "iam get-account-authorization-details", "organizations (SCPs)"],
    decides: "whether the role can make some request that a template made from the pipeline doesn't allow: artifact bucket and key, the projects, stacks, functions and connections that it names, `iam:PassRole` of the stacks' roles to CloudFormation; calls that AWS lets everybody make are no matter",
    remedy: "replace the role's policies by the template; where the policy of a resource allows the request, name there who may make it",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let role = case.pipeline.role.clone();
    if case.is_untold(&role) {
        return Ok(());
    }
    let template = Template::of_role(case);
    let Some(left_out) = template.left_out() else { return Ok(()) };
    let free = |name: &str| FREE_ACTIONS.iter().any(|free| free.eq_ignore_ascii_case(name));
    let calls = case.estate.catalogue.actions_matching("*").map(|action| action.name());
    let calls: Vec<&str> = calls.filter(|name| !free(name)).collect();
    let answers = case.can(&role, &calls, &[], Some(left_out))?;
    case.only(&role, &answers, |_| false, "may do more than the pipeline needs");
    let document = template.document().to_string();
    for finding in case.findings.iter_mut().filter(|finding| finding.verdict == Judgement::Violated) {
        finding.evidence.push(Evidence::Fields(vec![Field::of("template", document.clone())]));
    }
    Ok(())
}
