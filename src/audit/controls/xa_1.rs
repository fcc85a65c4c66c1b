//! XA-1: the role that deploys in another account is the pipeline's alone.

use super::super::accounts::all_but;
use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::AskError;
use gateproof_model::arn::Arn;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The control.
pub const CONTROL: Control = Control {
    id: "XA-1",
    title: "a role of another account is assumed by the pipeline's role only, and that assumes no others",
    reason: "a role that trusts an account's root trusts whoever that account's policies let assume roles",
    severity: Severity::High,
    reads: &[
        "codepipeline get-pipeline: stages[].actions[].roleArn",
        "iam get-account-authorization-details",
        "organizations (SCPs, RCPs)",
    ],
    decides: "of each action with a role of another account: who can call `sts:AssumeRole` on it, everybody, exactly: only the roles of pipelines that use it; \
              and whether the pipeline's role can assume any role but those of its actions",
    remedy: "name the pipeline's role in the trust policy, not the account's root, and the action's role in the pipeline's policy",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let pipeline = case.pipeline;
    let actions: BTreeSet<&str> =
        pipeline.actions().into_iter().map(|(_, action)| action.role.as_str()).collect();
    let far = |role: &&str| Arn::parse(role).is_some_and(|arn| *arn.account != *pipeline.account);
    let others: Vec<&str> = actions.iter().copied().filter(far).collect();
    if others.is_empty() {
        case.holds("the actions", "no action has a role of another account", Vec::new());
        return Ok(());
    }
    for role in others {
        if case.is_untold(role) {
            continue;
        }
        let users = users_of(case, role);
        let answers = case.who_can(&["sts:AssumeRole"], &[role.to_owned()], Vec::new())?;
        let said = case.findings.len();
        case.only(role, &answers, |arn| users.contains(arn), "may assume the role of a deployment");
        case.may_be_of_untold_pipelines(said);
    }
    if !case.is_untold(&pipeline.role) {
        let needed = json!({"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": actions});
        let session = all_but("(all but the actions' roles)", vec![needed]);
        let mut answers = case.can(&pipeline.role, &["sts:AssumeRole"], &[], session)?;
        answers.question = format!("sts:AssumeRole by {} on other roles than its actions'", pipeline.role);
        case.only(
            "the pipeline's role",
            &answers,
            |_| false,
            "may assume other roles than those of its actions",
        );
    }
    Ok(())
}

/// The roles of the pipelines that call providers with a role.
fn users_of(case: &Case<'_>, role: &str) -> BTreeSet<Arc<str>> {
    let uses = |pipeline: &&crate::pipelines::MappedPipeline| {
        pipeline.each_action().any(|action| action.role == role)
    };
    case.map.pipelines.iter().filter(uses).map(|pipeline| pipeline.role.as_str().into()).collect()
}
