//! What shows a finding: requests, chains, fields, proofs, sets, and what is missing.

use super::html::Html;
use super::page::counted;
use crate::audit::{Evidence, Finding};
use crate::question::{Evidence as Statement, Step, Witness};

/// So many things that are missing are listed at a finding; all are listed once for the whole page.
const LISTED: usize = 8;

/// All that shows a finding, or what is missing. Few elements, since there are many findings.
pub(super) fn render(html: &mut Html, finding: &Finding) {
    let mut text: Vec<String> = Vec::new();
    for evidence in &finding.evidence {
        match evidence {
            Evidence::Chain(witness) => chain(html, witness),
            other => text.extend(lines(other)),
        }
    }
    text.extend(finding.missing.iter().take(LISTED).map(ToString::to_string));
    if finding.missing.len() > LISTED {
        text.push(format!(
            "and {} more: all are listed under \u{201c}Not known\u{201d}",
            finding.missing.len() - LISTED
        ));
    }
    if !text.is_empty() {
        html.leaf("pre", &[("class", &"evidence")], text.join("\n"));
    }
}

/// A piece of evidence as lines of text.
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
            "proved: {question}: {} refuted for {} ({folded} false as they stood)",
            counted(*formulas, "formula"),
            counted(*principals, "principal")
        )],
        Evidence::NoChain { proof, .. } => vec![format!(
            "proved for {}: {} refuted ({} false as they stood)",
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
