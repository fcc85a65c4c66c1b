//! CP-CFN-4: only CloudFormation assumes a stack's role.

use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::AskError;

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
    for role in case.stack_roles() {
        let answers = case.who_can(&["sts:AssumeRole"], &[role.to_string()], Vec::new())?;
        case.only(&role, &answers, |arn| arn == SERVICE, "may assume the role of a stack");
    }
    Ok(())
}
