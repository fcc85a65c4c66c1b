//! CP-OBS-4: what CodePipeline forgets is kept elsewhere.

use super::super::case::Case;
use super::super::control::Control;
use super::super::events::KINDS;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-OBS-4",
    title: "executions that CodePipeline forgets after twelve months are kept elsewhere",
    reason: "the history of executions ends after twelve months, and nothing says so where it ends",
    severity: Severity::Low,
    reads: &[
        "codepipeline list-pipeline-executions: pipelineExecutionSummaries[].startTime",
        "what CP-OBS-2 reads",
    ],
    decides: "the oldest execution that CodePipeline still lists, and whether state changes of executions are kept for longer than that anywhere else, as CP-OBS-2 finds",
    remedy: "send the state changes of executions to a log group or bucket that keeps them",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let (account, region, name) =
        (case.pipeline.account.clone(), case.pipeline.region.clone(), case.pipeline.name.clone());
    let [executions, ..] = KINDS;
    let kept = case.kept(executions);
    let told = case.estate.snapshot.pipeline_executions(&account, &region, &name);
    let Some(told) = case.told("the history", "the list of executions", told) else { return Ok(()) };
    let oldest = told.as_ref().and_then(|told| told.oldest_start).map(|start| start.to_string());
    let count = told.map_or(0, |told| told.count);
    let mut fields = vec![
        Field::of("executions", count.to_string()),
        Field { name: "oldest startTime".to_owned(), value: oldest.clone() },
    ];
    fields.extend(kept.fields());
    let evidence = vec![Evidence::Fields(fields)];
    let since = oldest
        .map_or("no execution is listed".to_owned(), |oldest| format!("what is listed begins {oldest}"));
    if let Some((place, _)) = kept.for_days(case.retention_days()) {
        case.holds("the history", format!("{since}; what is older is in {place}"), evidence);
    } else if !kept.missing.is_empty() {
        case.unknown(
            "the history",
            format!("{since}; whether what is older is kept is not told"),
            kept.missing,
        );
    } else {
        case.violated(
            ("the history", ""),
            format!("{since}; what is older than twelve months is kept nowhere"),
            evidence,
        );
    }
    Ok(())
}
