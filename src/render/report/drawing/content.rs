//! What a pipeline's drawing says.

use crate::audit::{Evidence, Finding, Judgement};
use crate::pipelines::{Ability, MappedAction, MappedPipeline, Ran};
use std::fmt::Write;

/// What is drawn of a pipeline.
#[derive(Debug, Clone, Default)]
pub(super) struct Content {
    /// Who can do what with the whole pipeline.
    pub abilities: Vec<String>,
    pub stages: Vec<StageContent>,
    pub chains: Vec<ChainContent>,
    /// All of it in words.
    pub words: String,
}

/// A stage.
#[derive(Debug, Clone)]
pub(super) struct StageContent {
    pub name: String,
    pub actions: Vec<ActionContent>,
}

/// An action.
#[derive(Debug, Clone)]
pub(super) struct ActionContent {
    pub name: String,
    pub gate: bool,
    /// Whether a chain begins with a role that it runs with.
    pub hot: bool,
    /// Each with its class.
    pub lines: Vec<(&'static str, String)>,
}

/// A chain of escalation.
#[derive(Debug, Clone)]
pub(super) struct ChainContent {
    /// The action that it begins at, counted through the stages.
    pub action: Option<usize>,
    pub text: String,
}

impl Content {
    /// What is drawn of a pipeline with what is said of it.
    pub(super) fn of(pipeline: &MappedPipeline, findings: &[&Finding]) -> Self {
        let chained: Vec<&Finding> = findings
            .iter()
            .copied()
            .filter(|f| f.verdict == Judgement::Violated && chain_of(f).is_some())
            .collect();
        let all = || pipeline.stages.iter().flat_map(|stage| &stage.actions);
        let chains = chained.iter().map(|finding| ChainContent {
            action: all().position(|action| runs(action, finding.offender())),
            text: chain_words(finding),
        });
        let stages = pipeline.stages.iter().map(|stage| StageContent {
            name: stage.name.clone(),
            actions: stage.actions.iter().map(|a| action(pipeline, &stage.name, a, &chained)).collect(),
        });
        let mut content = Self {
            abilities: whole(pipeline),
            stages: stages.collect(),
            chains: chains.collect(),
            words: String::new(),
        };
        content.words = in_words(&content);
        content
    }
}

fn in_words(content: &Content) -> String {
    let mut words = String::new();
    // Writing to a string can't fail.
    for stage in &content.stages {
        let _ = write!(words, "Stage {}: ", stage.name);
        for action in &stage.actions {
            let lines: Vec<&str> = action.lines.iter().map(|(_, line)| line.as_str()).collect();
            let _ = write!(words, "{} ({}). ", action.name, lines.join("; "));
        }
    }
    for chain in &content.chains {
        let _ = write!(words, "{}. ", chain.text);
    }
    let _ = write!(words, "{}.", content.abilities.join("; "));
    words
}

fn runs(action: &MappedAction, role: &str) -> bool {
    action.runs_as.iter().any(|one| **one == *role) || (action.runs_as.is_empty() && action.role == role)
}

fn chain_of(finding: &Finding) -> Option<&crate::question::Witness> {
    finding.evidence.iter().find_map(|evidence| match evidence {
        Evidence::Chain(witness) => Some(witness),
        _ => None,
    })
}

fn chain_words(finding: &Finding) -> String {
    let steps = chain_of(finding).map_or(0, |chain| chain.steps.len());
    let gained = chain_of(finding).and_then(|chain| chain.steps.last()).and_then(|step| step.gains.clone());
    let gained = gained.unwrap_or_else(|| finding.subject.clone());
    let requests = if steps == 1 { "1 request".to_owned() } else { format!("{steps} requests") };
    let waived = if finding.is_waived() { ", waived" } else { "" };
    format!("{}: {gained}, by {requests} from {}{waived}", finding.control, short(finding.offender()))
}

/// What comes last of an ARN.
fn short(arn: &str) -> &str {
    let last = arn.rsplit(':').next().unwrap_or(arn);
    last.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(last)
}

/// The name of what does the work. Stacks have an id behind theirs.
fn name_of(by: &Ran) -> &str {
    let stack = by.kind.starts_with("cloudformation").then(|| by.name.split('/').nth(1)).flatten();
    stack.unwrap_or_else(|| short(&by.name))
}

fn action(
    pipeline: &MappedPipeline,
    stage: &str,
    action: &MappedAction,
    chained: &[&Finding],
) -> ActionContent {
    let mut lines = Vec::new();
    if action.gate {
        let place = format!("{stage}/{}", action.name);
        lines.push(("gated", "gate: needs approval".to_owned()));
        lines.push(("small", count(pipeline, "approve", &place, "may approve")));
    } else {
        let by = action.by.as_ref().map(|by| format!(" \u{b7} {}", name_of(by))).unwrap_or_default();
        lines.push(("small", format!("{}{by}", action.provider)));
        lines.push(("small", roles(action)));
    }
    if action.category == "Source" {
        lines.push(("small", count(pipeline, "write-source", &action.name, "may write it")));
    }
    let hot = chained.iter().any(|finding| runs(action, finding.offender()));
    if hot {
        lines.push(("alarm", "\u{25b2} escalates".to_owned()));
    }
    ActionContent { name: action.name.clone(), gate: action.gate, hot, lines }
}

fn roles(action: &MappedAction) -> String {
    match action.runs_as.as_slice() {
        [] if !action.untold.is_empty() => "runs as: not known".to_owned(),
        [] => format!("called as {}", short(&action.role)),
        [one] => format!("runs as {}", short(one)),
        [one, more @ ..] => format!("runs as {} +{}", short(one), more.len()),
    }
}

fn count(pipeline: &MappedPipeline, ability: &str, of: &str, may: &str) -> String {
    let found = pipeline.abilities.iter().find(|a| a.ability == ability && a.of.as_deref() == Some(of));
    match found {
        Some(Ability { outside: Some(_), .. }) => "whoever may push there".to_owned(),
        Some(ability) => format!("{} {may}", ability.principals.len()),
        None => format!("not known who {may}"),
    }
}

/// Who can do what with the whole.
fn whole(pipeline: &MappedPipeline) -> Vec<String> {
    let mut texts = vec![format!("acts as {}", short(&pipeline.role))];
    for ability in &pipeline.abilities {
        let n = ability.principals.len();
        let text = match (ability.ability, &ability.of) {
            ("write-artifacts", Some(bucket)) => format!("{n} may write artifacts in {bucket}"),
            ("change", _) => format!("{n} may change it"),
            ("start", _) => format!("{n} may start it"),
            ("go-round", _) => format!("{n} may go round its gates"),
            _ => continue,
        };
        texts.push(text);
    }
    texts
}
