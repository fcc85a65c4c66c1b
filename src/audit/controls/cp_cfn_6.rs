//! CP-CFN-6: no role for everything that all pipelines use.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use gateproof_model::catalogue::AccessLevel;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-CFN-6",
    title: "no role that may administer the account executes the stacks of several pipelines",
    reason: "any pipeline that is compromised has the account then, and every account where the role is made by the same template",
    severity: Severity::Critical,
    reads: &[
        "codepipeline get-pipeline: stages[].actions[].configuration.RoleArn, of all pipelines",
        "cloudformation describe-stacks: Stacks[].RoleARN",
        "iam get-account-authorization-details",
        "organizations (SCPs)",
    ],
    decides: "of each role that executes stacks of two pipelines or more: whether it can make some call of IAM of level write or permissions management but `iam:PassRole`",
    remedy: "make a role for each stack, scoped to the resources that it holds",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let by_role = case.pipelines_by_stack_role();
    let calls = case.calls("changes of IAM", || {
        let calls = case.calls_of("iam", &[AccessLevel::Write, AccessLevel::PermissionsManagement]);
        calls.into_iter().filter(|call| !call.eq_ignore_ascii_case("iam:PassRole")).collect()
    });
    for role in case.stack_roles() {
        let pipelines = by_role.get(&role).cloned().unwrap_or_default();
        let fields = pipelines.iter().map(|pipeline| Field::of("pipeline", &**pipeline)).collect();
        if pipelines.len() < 2 {
            let message = format!("{role} executes stacks of one pipeline");
            case.holds_of_all_pipelines(&role, &message, vec![Evidence::Fields(fields)]);
            continue;
        }
        let said = case.findings.len();
        let answers = case.can_call(&role, &calls, None)?;
        let does = format!("executes stacks of {} pipelines, and may write IAM", pipelines.len());
        case.only(&role, &answers, |_| false, &does);
        for finding in case.findings.iter_mut().skip(said) {
            finding.evidence.push(Evidence::Fields(fields.clone()));
        }
    }
    Ok(())
}
