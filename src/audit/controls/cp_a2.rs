//! CP-A2: who starts the pipeline can't ship what they wrote elsewhere.

use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use super::super::intent::Intent;
use crate::ask::AskError;
use crate::pipelines::{Ability, Untold};
use crate::question::Verdict;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The control.
///
/// CodePipeline API Reference, SourceRevisionOverride: `COMMIT_ID` and `IMAGE_DIGEST` of all content of the repository, across all
/// branches; `S3_OBJECT_KEY`. CodePipeline has no condition keys that would forbid it.
pub const CONTROL: Control = Control {
    id: "CP-A2",
    title: "nobody who starts the pipeline can also write any branch, tag or object that it could be started with",
    reason: "a start may name a revision of any branch: who starts the pipeline and pushes a branch of their own ships it past the protected one",
    severity: Severity::High,
    reads: &[
        "iam get-account-authorization-details",
        "organizations (SCPs, RCPs)",
        "gateproof.toml: [audit] platform, [audit.committers]",
    ],
    decides: "who can call both `codepipeline:StartPipelineExecution` and any call that writes the repository of a source, whatever the branch (any \
              object of its bucket): everybody, exactly; but for `platform` and `committers`",
    remedy: "grant `codepipeline:StartPipelineExecution` to the platform team only: no condition can forbid to name a revision",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let pipeline = case.pipeline;
    let committers = Intent::meant(&case.intent.committers, &pipeline.name);
    let committers = committers.map(|committers| case.principals(committers)).transpose()?;
    let meant: BTreeSet<Arc<str>> = match (case.platform()?, committers) {
        (None, None) => {
            case.not_meant(
                "the pipeline",
                "platform",
                "who is meant to start the pipeline with what they wrote",
            );
            return Ok(());
        }
        (platform, committers) => platform.into_iter().chain(committers).flatten().collect(),
    };
    let start = ["codepipeline:StartPipelineExecution"];
    let pipelines = [pipeline.arn.to_string()];
    for source in pipeline.abilities.iter().filter(|ability| ability.ability == "write-source") {
        let place = source.of.clone().unwrap_or_default();
        let starts = case.who_can(&start, &pipelines, Vec::new())?;
        let Some(outside) = &source.outside else {
            let actions: Vec<&str> = source.actions.iter().map(String::as_str).collect();
            let both = starts.and(&case.who_can(&actions, &[anywhere(source)], Vec::new())?);
            let does = "may start the pipeline with what they may write to any branch or object";
            case.only(&place, &both, |arn| meant.contains(arn), does);
            continue;
        };
        // What they write there AWS doesn't know: nobody may start it, or it is not known.
        let mut others = starts.each.iter().filter(|(_, answer)| answer.verdict != Verdict::Impossible);
        match others.find(|(arn, _)| !meant.contains(arn)).map(|(arn, _)| arn.clone()) {
            Some(arn) => {
                let missing = vec![Untold { what: format!("whether {arn} is {outside}"), command: None }];
                case.unknown(
                    &place,
                    format!("{arn} may start the pipeline: AWS doesn't tell whether they write its source"),
                    missing,
                );
            }
            None => case.only(&place, &starts, |arn| meant.contains(arn), "may start the pipeline"),
        }
    }
    Ok(())
}

/// All that a source could be started with: of an object, any of its bucket.
fn anywhere(source: &Ability) -> String {
    match source.resource.split_once(":s3:::") {
        Some((head, object)) => format!("{head}:s3:::{}/*", object.split('/').next().unwrap_or_default()),
        None => source.resource.clone(),
    }
}
