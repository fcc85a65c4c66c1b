//! CB-6: who starts a build can't say otherwise what it does.

use super::super::accounts::all_but;
use super::super::answers::Answers;
use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::AskError;
use crate::question::Verdict;
use gateproof_model::policy::Document;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The control.
pub const CONTROL: Control = Control {
    id: "CB-6",
    title: "who may start a build can't override what it does",
    reason: "an override of the steps, the image, the source or the variables runs anything with the project's role; to refuse one leaves the others",
    severity: Severity::High,
    reads: &[
        "iam get-account-authorization-details",
        "organizations (SCPs)",
        "gateproof.toml: [audit] platform",
    ],
    decides: "who can call `codebuild:StartBuild` or `codebuild:StartBuildBatch` on the project with at least one of the keys of overrides \
              (`codebuild:source.buildspec`, `codebuild:environment.image`, …) present: everybody, exactly",
    remedy: "allow `codebuild:StartBuild` under `Null` `true` for each of these keys, or not at all",
    decide,
};

const STARTS: [&str; 2] = ["codebuild:StartBuild", "codebuild:StartBuildBatch"];

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let projects = case.projects();
    if projects.is_empty() {
        return Ok(());
    }
    let Some(platform) = case.platform()? else {
        case.not_meant("the builds", "platform", "who is meant to say what builds do");
        return Ok(());
    };
    let session = overriding(case);
    for (project, _) in projects {
        let calls = callers_of(case, &project);
        let meant = |arn: &str| platform.contains(arn) || calls.contains(arn);
        let resource = [project.to_string()];
        let starts = case.who_can(&STARTS, &resource, Vec::new())?;
        let mut each = Vec::with_capacity(starts.each.len());
        for (arn, answer) in starts.each.iter() {
            let may_start = answer.verdict != Verdict::Impossible && !meant(arn);
            // Whoever isn't of the snapshot has no session under a policy: that they start builds is bad enough.
            let within = match may_start && case.estate.snapshot.principal(arn).is_some() {
                true => case.can(arn, &STARTS, &resource, session.clone())?.each.first().cloned(),
                false => None,
            };
            each.push(within.unwrap_or_else(|| (arn.clone(), answer.clone())));
        }
        let question = format!("{} on {project} with an override", STARTS.join(", "));
        let answers = Answers { question, each: each.into() };
        let said = case.findings.len();
        case.only(&project, &answers, meant, "may start builds and override what they do");
        case.may_be_of_untold_pipelines(said);
    }
    Ok(())
}

/// The roles with which pipelines call the project.
fn callers_of(case: &Case<'_>, project: &str) -> BTreeSet<Arc<str>> {
    let actions = case.map.pipelines.iter().flat_map(|pipeline| pipeline.each_action());
    let calls = actions.filter(|action| action.by.as_ref().is_some_and(|by| *by.name == *project));
    calls.map(|action| action.role.as_str().into()).collect()
}

/// A session policy that leaves only starts with an override. Keys of single variables and sources aren't listed: where one of them is
/// there, so is that of all.
///
/// AWS CodeBuild User Guide, "Using CodeBuild condition keys as IAM service variables".
fn overriding(case: &Case<'_>) -> Option<Arc<Document>> {
    let mut statements = Vec::new();
    for action in case.estate.catalogue.actions_matching("codebuild:StartBuild*") {
        let keys = action.condition_keys().filter(|key| key.starts_with("codebuild:") && !key.contains('$'));
        let absent: Map<String, Value> = keys.map(|key| (key.to_owned(), json!("true"))).collect();
        if STARTS.contains(&action.name()) {
            statements.push(json!({"Effect": "Deny", "Action": action.name(), "Resource": "*",
                "Condition": {"Null": absent}}));
        }
    }
    all_but("(only with an override)", statements)
}
