//! CP-A5: nothing goes to production but through a gate.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use gateproof_model::arn::Arn;
use gateproof_model::pipeline::Stage;
use std::collections::BTreeSet;

/// The control.
///
/// CodePipeline User Guide, "Stage conditions": of the result `SKIP` the stage is left out; "Manual approval" is an action like others, so it
/// waits for actions of its stage of a lower `runOrder` only.
pub const CONTROL: Control = Control {
    id: "CP-A5",
    title: "a gate that can't be skipped stands before each deployment to production, and only the platform team goes round it",
    reason: "a gate behind a deployment, beside it, or in a stage that a condition skips, is passed by everything",
    severity: Severity::High,
    reads: &[
        "codepipeline get-pipeline: stages[].{actions[].{actionTypeId,runOrder},beforeEntry,onFailure}",
        "iam get-account-authorization-details",
        "organizations (SCPs)",
        "gateproof.toml: [audit] production, platform",
    ],
    decides: "before each action that deploys to production, or works there, an approval stands in an earlier stage, or in the same with a lower \
              `runOrder`; its stage isn't skipped by a condition; and who can call `OverrideStageCondition`, `EnableStageTransition`, \
              `RetryStageExecution` or `RollbackStage` on the pipeline's stages: only `platform`",
    remedy: "put the approval into a stage of its own before the deployment, without conditions that skip it, and deny these calls to all others",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let Some(production) = case.production_accounts()? else {
        case.not_meant("the deployments", "production", "what is production");
        return Ok(());
    };
    let places = working_in(case, production);
    if places.is_empty() {
        case.holds("the deployments", "nothing of the pipeline works in production", Vec::new());
        return Ok(());
    }
    for (place, account) in &places {
        gated(case, place, account);
    }
    let Some(platform) = case.platform()? else {
        case.not_meant("the stages", "platform", "who is meant to take the pipeline on without its gates");
        return Ok(());
    };
    let pipeline = case.pipeline;
    for round in pipeline.abilities.iter().filter(|ability| ability.ability == "go-round") {
        let actions: Vec<&str> = round.actions.iter().map(String::as_str).collect();
        let answers = case.who_can(&actions, std::slice::from_ref(&round.resource), Vec::new())?;
        case.only(
            "the stages",
            &answers,
            |arn| platform.contains(arn),
            "may take the pipeline on without its gates",
        );
    }
    Ok(())
}

/// The places that deploy to production, or work there, each with the account.
fn working_in(case: &Case<'_>, production: &BTreeSet<String>) -> Vec<(String, String)> {
    let mut places = Vec::new();
    for (place, action) in case.pipeline.actions() {
        if ["Source", "Approval"].contains(&&*action.category) {
            continue;
        }
        let by = action.by.iter().map(|by| by.account.to_string());
        let roles = action.runs_as.iter().map(|role| &**role).chain([action.role.as_str()]);
        let accounts = by.chain(roles.filter_map(|role| Some(Arn::parse(role)?.account.to_owned())));
        let inside: BTreeSet<String> = accounts.filter(|account| production.contains(account)).collect();
        places.extend(inside.into_iter().next().map(|account| (place, account)));
    }
    places
}

fn gated(case: &mut Case<'_>, place: &str, account: &str) {
    let stages = &case.declared.declaration.stages;
    let (stage, name) = place.split_once('/').unwrap_or((place, ""));
    let own = stages.iter().position(|one| one.name == stage).unwrap_or_default();
    let order = stages.get(own).and_then(|one| one.actions.iter().find(|action| action.name == name));
    let order = order.map_or(0, |action| action.run_order);
    let (mut gates, mut skipped) = (Vec::new(), Vec::new());
    for (n, stage) in stages.iter().enumerate().take(own + 1) {
        let approvals = stage.actions.iter().filter(|action| action.is_gate());
        for gate in approvals.filter(|gate| n < own || gate.run_order < order) {
            let list = if is_skipped(stage) { &mut skipped } else { &mut gates };
            list.push(format!("{}/{}", stage.name, gate.name));
        }
    }
    let fields = |gates: &[String]| vec![Evidence::Fields(vec![Field::of("gates", gates.join(", "))])];
    if !gates.is_empty() {
        case.holds(place, format!("a gate stands before it in account {account}"), fields(&gates));
    } else if skipped.is_empty() {
        case.violated((place, ""), format!("no gate stands before it in account {account}"), fields(&[]));
    } else {
        let message = format!("the gate before it in account {account} is in a stage that a condition skips");
        case.violated((place, "skipped"), message, fields(&skipped));
    }
}

/// Whether a condition leaves the stage out, or its failure, that of a refused approval too, is passed over.
fn is_skipped(stage: &Stage) -> bool {
    let is_skip = |result: &Option<String>| result.as_deref() == Some("SKIP");
    let entry = stage.before_entry.iter().flat_map(|entry| &entry.conditions);
    let failure = stage.on_failure.iter().flat_map(|failure| &failure.conditions);
    stage.on_failure.as_ref().is_some_and(|failure| is_skip(&failure.result))
        || entry.chain(failure).any(|condition| is_skip(&condition.result))
}
