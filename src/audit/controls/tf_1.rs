//! TF-1: Terraform's state is written by what applies it, and read by what plans it.

use super::super::accounts::all_but;
use super::super::answers::Answers;
use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use super::super::intent::Terraform;
use crate::ask::{AskError, Limits};
use crate::question::Requests;
use gateproof_model::catalogue::AccessLevel;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The control.
///
/// Terraform documentation, "Backend Type: s3": what the state and its lock need.
pub const CONTROL: Control = Control {
    id: "TF-1",
    title: "Terraform's state and locks are written by its runners only, read by these and by planners, and planners write nothing else",
    reason: "the state holds every secret that Terraform made; whoever writes it says what is destroyed at the next apply",
    severity: Severity::High,
    reads: &[
        "s3api get-bucket-policy",
        "iam get-account-authorization-details",
        "organizations (SCPs, RCPs)",
        "gateproof.toml: [audit.terraform] state, locks, runners, planners; [audit] platform (optional)",
    ],
    decides: "who can call `s3:PutObject`, `s3:DeleteObject` or `s3:DeleteObjectVersion` on `state`: only `runners`; `dynamodb:PutItem`, `UpdateItem` or `DeleteItem` on `locks`: only \
              `runners` and `planners`; `s3:GetObject` or `s3:GetObjectVersion` on `state`: only these; and whether a planner can make any call of level write, tagging or permissions \
              management but on locks: nobody. `platform` aside. Said of the first pipeline",
    remedy: "name the roles in the bucket's policy, deny all others there, and give planners `ReadOnlyAccess`",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    if case.map.pipelines.first().is_none_or(|first| first.arn != case.pipeline.arn) {
        return Ok(());
    }
    let Some(terraform) = &case.intent.terraform else {
        case.not_meant("the state", "terraform", "where Terraform keeps its state (`state = []`: nowhere)");
        return Ok(());
    };
    if terraform.state.is_empty() {
        case.holds("the state", "Terraform keeps no state", Vec::new());
        return Ok(());
    }
    let platform = case.platform()?.unwrap_or_default();
    let runners: BTreeSet<Arc<str>> = &case.principals(&terraform.runners)? | &platform;
    let planners = case.principals(&terraform.planners)?;
    let both = &runners | &planners;
    let Terraform { state, locks, .. } = terraform;
    let write = ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"];
    let answers = case.who_can(&write, state, Vec::new())?;
    case.only("the state", &answers, |arn| runners.contains(arn), "may write Terraform's state");
    let answers = case.who_can(&["s3:GetObject", "s3:GetObjectVersion"], state, Vec::new())?;
    case.only("the state, who reads it", &answers, |arn| both.contains(arn), "may read Terraform's state");
    if !locks.is_empty() {
        let lock = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"];
        let answers = case.who_can(&lock, locks, Vec::new())?;
        case.only("the locks", &answers, |arn| both.contains(arn), "may write Terraform's locks");
    }
    for planner in planners.difference(&runners) {
        if !case.is_untold(planner) {
            reads_only(case, planner, terraform)?;
        }
    }
    Ok(())
}

/// A planner makes no call that changes anything but locks, in a table or beside the state.
fn reads_only(case: &mut Case<'_>, planner: &str, terraform: &Terraform) -> Result<(), AskError> {
    let beside = terraform.state.iter().map(|state| format!("{}.tflock", state.trim_end_matches('*')));
    let locks: Vec<String> = terraform.locks.iter().cloned().chain(beside).collect();
    let needed = json!({"Effect": "Deny", "Resource": locks,
        "Action": ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "s3:PutObject", "s3:DeleteObject"]});
    let session = all_but("(all but locks)", vec![needed]);
    let access = vec![AccessLevel::Write, AccessLevel::Tagging, AccessLevel::PermissionsManagement];
    let requests = Requests { actions: vec!["*".to_owned()], access, ..Requests::default() };
    let limits = session.map_or(Limits::None, Limits::Session);
    let answer = case.asked.answered.can_within(planner, &limits, &requests)?;
    let question = format!("calls by {planner} that change something");
    let answers = Answers { question, each: [(planner.into(), answer)].into() };
    case.only(planner, &answers, |_| false, "plans, and may change something");
    Ok(())
}
