//! CB-2: a webhook starts builds for known people or branches only.

use super::super::builds::{Admitted, Group, groups};
use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use crate::pipelines::Untold;
use gateproof_model::configuration::codebuild::{Webhook, WebhookFilter};

/// The control.
///
/// AWS CodeBuild User Guide, "Filter GitHub webhook events": every filter of a group must fit; a pattern fits wherever it is found in the
/// text, unless `^` and `$` anchor it.
pub const CONTROL: Control = Control {
    id: "CB-2",
    title: "a webhook starts builds for known people or branches only",
    reason: "a pattern without anchors lets in whatever holds it: an account number with one more digit, a branch with one more letter",
    severity: Severity::High,
    reads: &[
        "codebuild batch-get-projects: projects[].webhook.filterGroups",
        "gateproof.toml: [audit] branches (main, master and release/* where not given), actors",
    ],
    decides: "each group of filters names events; and the texts that its patterns let in, as automata, lie within `actors`, or within `branches` \
              (not for pull requests that wait for nobody, whose branch is anybody's to name)",
    remedy: "anchor the patterns with `^(…)$`, and name the accounts or the branches that are meant",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    for (arn, project) in case.started_from_outside() {
        let Some(webhook) = &project.webhook else { continue };
        for (n, group) in groups(webhook).into_iter().enumerate() {
            let subject = format!("{arn}, filter group {}", n + 1);
            judge(case, &subject, webhook, group);
        }
    }
    Ok(())
}

fn judge(case: &mut Case<'_>, subject: &str, webhook: &Webhook, group: Group<'_>) {
    let evidence = vec![Evidence::Fields(group.0.iter().map(field).collect())];
    if group.events().is_empty() {
        return case.violated(
            (subject, ""),
            "the filters name no event: every event starts a build",
            evidence,
        );
    }
    let branches = case.intent.branches();
    let actors = group.actors(case.intent.actors.as_deref());
    let anybody = group.is_anybodys(webhook);
    let references = if anybody { Admitted::Anything } else { group.references(&branches) };
    match (actors, references) {
        (Admitted::Meant, _) => case.holds(subject, "only accounts that are meant start builds", evidence),
        (_, Admitted::Meant) => case.holds(subject, "only branches that are meant start builds", evidence),
        (Admitted::Unread(why), _) | (_, Admitted::Unread(why)) => {
            let missing = vec![Untold { what: why.clone(), command: None }];
            case.unknown(subject, format!("what the filters let in is not known: {why}"), missing);
        }
        (Admitted::Few, _) => case.not_meant(subject, "actors", "whose events are meant to start builds"),
        (Admitted::Other(actor), _) => {
            let message = format!("the filters let in events of account `{actor}`");
            case.violated((subject, "actor"), message, evidence);
        }
        (_, Admitted::Other(reference)) => {
            let message = format!("the filters let in `{reference}`");
            case.violated((subject, "reference"), message, evidence);
        }
        (Admitted::Anything, _) if anybody => {
            let message = "the filters name no account: whoever opens a pull request starts a build";
            case.violated((subject, "pull request"), message, evidence);
        }
        (Admitted::Anything, _) => {
            let message = "the filters name neither accounts nor branches";
            case.violated((subject, "anybody"), message, evidence);
        }
    }
}

fn field(filter: &WebhookFilter) -> Field {
    let name =
        if filter.exclude_matched_pattern { format!("not {}", filter.kind) } else { filter.kind.clone() };
    Field::of(&name, &filter.pattern)
}
