//! CP-A4: four eyes.

use super::super::answers::Answers;
use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::AskError;
use crate::escalation::Target;
use crate::pipelines::{Ability, Untold};
use crate::question::{Requests, Selector, Verdict};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-A4",
    title: "nobody both writes what is shipped and approves it, by whatever steps",
    reason: "an approval is worth a second pair of eyes only while they are somebody else's",
    severity: Severity::High,
    reads: &["the whole snapshot", "gateproof.toml: [audit] platform (optional)"],
    decides: "who can write a source (any of the calls that write the branch) and approve at a gate; and whether those who can do the one come to do \
              the other in any number of steps. `platform` aside: who changes the pipeline takes the gate away",
    remedy: "let approvers assume a role for it that committers can't, and deny them the calls that write the branch",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let pipeline = case.pipeline;
    let platform = case.platform()?.unwrap_or_default();
    let gates = pipeline.gates();
    if gates.is_empty() {
        case.holds("the pipeline", "there is no gate", Vec::new());
    }
    for (gate, arn) in gates {
        for source in pipeline.abilities.iter().filter(|ability| ability.ability == "write-source") {
            let subject = format!("{gate}, {}", source.of.as_deref().unwrap_or_default());
            if let Some(outside) = &source.outside {
                let missing = vec![Untold { what: format!("whether {outside} approves"), command: None }];
                let message = format!("who approves may be {outside}: AWS doesn't tell");
                case.unknown(&subject, message, missing);
                continue;
            }
            both(case, &subject, (&arn, source), &platform)?;
        }
    }
    Ok(())
}

fn both(
    case: &mut Case<'_>,
    subject: &str,
    (gate, source): (&str, &Ability),
    platform: &BTreeSet<Arc<str>>,
) -> Result<(), AskError> {
    let actions: Vec<&str> = source.actions.iter().map(String::as_str).collect();
    let writes = case.who_can(&actions, std::slice::from_ref(&source.resource), source.when.clone())?;
    let approves = case.who_can(&["codepipeline:PutApprovalResult"], &[gate.to_owned()], Vec::new())?;
    let writing = Target::Access(Requests {
        actions: source.actions.clone(),
        resources: vec![source.resource.clone()],
        when: source.when.clone(),
        ..Requests::default()
    });
    let approving = Target::Access(Requests {
        actions: vec!["codepipeline:PutApprovalResult".to_owned()],
        resources: vec![gate.to_owned()],
        ..Requests::default()
    });
    let writers = able(&writes, platform);
    let approvers = able(&approves, platform);
    let does = "may write what is shipped, and approve it";
    case.only(subject, &writes.and(&approves), |arn| platform.contains(arn), does);
    for writer in writers.difference(&approvers) {
        comes_to(case, subject, writer, (&approving, "approve what they may write"))?;
    }
    for approver in approvers.difference(&writers) {
        comes_to(case, subject, approver, (&writing, "write what they may approve"))?;
    }
    Ok(())
}

fn comes_to(
    case: &mut Case<'_>,
    subject: &str,
    who: &str,
    (target, what): (&Target, &str),
) -> Result<(), AskError> {
    let found = case.reach(&[Selector::Arn(who.to_owned())], target)?;
    let question = format!("{who} comes to {what}, in any number of steps");
    case.never(
        (&format!("{subject}, by steps of {who}"), who),
        &found,
        &question,
        &format!("comes to {what}"),
    );
    Ok(())
}

fn able(answers: &Answers, platform: &BTreeSet<Arc<str>>) -> BTreeSet<Arc<str>> {
    let can = answers.each.iter().filter(|(_, answer)| answer.verdict == Verdict::Reachable);
    can.map(|(arn, _)| arn.clone()).filter(|arn| !platform.contains(arn)).collect()
}
