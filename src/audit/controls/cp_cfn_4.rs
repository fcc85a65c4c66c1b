//! CP-CFN-4: only CloudFormation assumes a stack's role.

use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::AskError;
use crate::pipelines::MappedAction;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-CFN-4",
    title: "only CloudFormation assumes the execution role of a stack",
    reason: "whoever else assumes it has, without a pipeline, all that the stack may do",
    severity: Severity::High,
    reads: &["iam get-account-authorization-details: AssumeRolePolicyDocument", "organizations (SCPs, RCPs)"],
    decides: "who can call `sts:AssumeRole` on it: everybody, services and other accounts included, exactly",
    remedy: "let the trust policy name `cloudformation.amazonaws.com` and nobody else",
    decide,
};

const SERVICE: &str = "cloudformation.amazonaws.com";

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let is_stack = |action: &MappedAction| action.provider.starts_with("CloudFormation");
    let roles = case.pipeline.roles_of(is_stack);
    if !case.untold_roles(is_stack) && roles.is_empty() {
        case.holds("the pipeline", "no stack is deployed with a role of its own", Vec::new());
    }
    for role in roles {
        if case.is_untold(&role) {
            continue;
        }
        let answers = case.who_can(&["sts:AssumeRole"], &[role.to_string()], Vec::new())?;
        case.only(&role, &answers, |arn| arn == SERVICE, "may assume the role of a stack");
    }
    Ok(())
}
