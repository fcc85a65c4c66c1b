//! What shows a finding: requests, chains, fields, proofs, sets, and what is missing.

use super::html::Html;
use super::page::counted;
use crate::audit::{Evidence, Finding};
use crate::pipelines::Untold;
use crate::question::{Evidence as Statement, Step, Witness};

/// So many things that are missing are listed at a finding; all are listed once for the whole page.
const LISTED: usize = 8;

/// One piece of evidence.
pub(super) fn render(html: &mut Html, evidence: &Evidence) {
    match evidence {
        Evidence::Chain(witness) => chain(html, witness),
        other => {
            html.leaf("pre", &[("class", &"evidence")], lines(other).join("\n"));
        }
    }
}

/// The same as lines of text.
pub(super) fn lines(evidence: &Evidence) -> Vec<String> {
    match evidence {
        Evidence::Fields(fields) => {
            let line = |field: &crate::audit::Field| {
                format!("{} = {}", field.name, field.value.as_deref().unwrap_or("(none)"))
            };
            fields.iter().map(line).collect()
        }
        Evidence::Request(witness) | Evidence::Chain(witness) => {
            let mut lines: Vec<String> = witness.steps.iter().flat_map(request).collect();
            lines.extend(witness.aws_cli.iter().map(|command| format!("try       {command}")));
            lines
        }
        Evidence::Proof { question, principals, formulas, folded } => vec![format!(
            "proved: {question}: refuted for {}, {} ({folded} false as they stood), each proof accepted by the checker",
            counted(*principals, "principal"),
            counted(*formulas, "formula")
        )],
        Evidence::NoChain { proof, .. } => vec![format!(
            "proved for {}: {} refuted ({} false as they stood), each proof accepted by the checker",
            proof.scope,
            counted(proof.formulas, "formula"),
            proof.folded
        )],
        Evidence::Sets { meant, found } => {
            let list = |word: &'static str, set: &[std::sync::Arc<str>]| -> Vec<String> {
                set.iter()
                    .enumerate()
                    .map(|(n, arn)| format!("{:<10}{arn}", if n == 0 { word } else { "" }))
                    .collect()
            };
            [list("meant", meant), list("can", found)].concat()
        }
    }
}

/// One request as lines.
fn request(step: &Step) -> Vec<String> {
    let mut lines = vec![
        format!("as        {}", step.caller),
        format!("session   {}", step.shape),
        format!("action    {}", step.action),
        format!("resource  {}", step.resource),
    ];
    for (key, value) in &step.context {
        lines.push(format!("context   {key} = {}", value.shown(key)));
    }
    lines.extend(allowed(&step.allowed_by).into_iter().map(|statement| format!("allowed   {statement}")));
    for other in &step.also_needs {
        lines.push(format!("also on   {}", other.resource));
    }
    lines
}

/// The statements that allow a request; of one that stands on several layers all are named together.
fn allowed(statements: &[Statement]) -> Vec<String> {
    let mut merged: Vec<(Vec<&str>, String)> = Vec::new();
    for statement in statements {
        let sid = statement.sid.as_ref().map(|sid| format!(" ({sid})")).unwrap_or_default();
        let place = match (statement.policy.as_str(), statement.file.as_str()) {
            ("", _) => String::new(),
            (policy, "") => format!(": {policy}{sid}"),
            (policy, file) => format!(": {policy}{sid}\n          {file}#{}", statement.pointer),
        };
        match merged.iter_mut().find(|(_, known)| *known == place) {
            Some((layers, _)) => layers.push(&statement.layer),
            None => merged.push((vec![&statement.layer], place)),
        }
    }
    merged.into_iter().map(|(layers, place)| format!("{}{place}", layers.join(", "))).collect()
}

/// A finding in a line: what is said, and the statement that grants what it is about.
pub(super) fn in_a_line(finding: &Finding) -> String {
    let witness = finding.evidence.iter().find_map(|evidence| match evidence {
        Evidence::Request(witness) | Evidence::Chain(witness) => Some(witness),
        _ => None,
    });
    let step = witness.and_then(|witness| witness.steps.first());
    let granted = step.and_then(|step| allowed(&step.allowed_by).pop());
    let granted = granted.map(|granted| format!("\n    allowed by {granted}")).unwrap_or_default();
    format!("{} {}: {}{granted}", finding.fingerprint, finding.subject, finding.message)
}

/// A chain, a step after the other, and the commands that try it.
fn chain(html: &mut Html, witness: &Witness) {
    html.tag("ol", &[("class", &"chain")], |list| {
        for step in &witness.steps {
            list.tag("li", &[], |item| {
                item.leaf("strong", &[], step.technique.as_deref().unwrap_or(&step.action));
                if let Some(gains) = &step.gains {
                    item.text(" ").leaf("span", &[("class", &"gains")], format!("gains {gains}"));
                }
                item.leaf("pre", &[("class", &"evidence")], request(step).join("\n"));
            });
        }
    });
    command(html, &witness.aws_cli.join("\n"));
}

/// Commands to copy.
pub(super) fn command(html: &mut Html, text: &str) {
    if text.is_empty() {
        return;
    }
    html.tag("div", &[("class", &"command")], |div| {
        div.leaf("pre", &[], text);
        div.leaf("button", &[("type", &"button"), ("class", &"copy scripted")], "Copy");
    });
}

/// What the snapshot doesn't tell.
pub(super) fn missing(html: &mut Html, missing: &[Untold]) {
    if missing.is_empty() {
        return;
    }
    let listed: Vec<String> = missing.iter().take(LISTED).map(ToString::to_string).collect();
    html.leaf("pre", &[("class", &"evidence")], listed.join("\n"));
    if missing.len() > LISTED {
        html.tag("p", &[], |p| {
            p.text(format!("and {} more: ", missing.len() - LISTED));
            p.leaf("a", &[("href", &"#untold")], "all that is not known");
        });
    }
}
