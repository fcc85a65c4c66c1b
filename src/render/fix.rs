//! Proposals, for people and as JSON.

use super::text::line;
use crate::prove::fix::{Edited, Fixes, Proposal};
use gateproof_model::overlay::{Change, Holder};
use serde_json::{Value, json};
use similar::TextDiff;

/// `gateproof-fix/1`.
pub fn json(all: &[(String, Fixes)]) -> Value {
    let properties: Vec<Value> = all
        .iter()
        .map(|(name, fixes)| {
            let refused: Vec<Value> = fixes
                .refused
                .iter()
                .map(|(style, why)| json!({"style": style.to_string(), "reason": why}))
                .collect();
            json!({
                "name": name,
                "proposals": fixes.proposals.iter().map(proposal).collect::<Vec<_>>(),
                "refused": refused,
            })
        })
        .collect();
    json!({"format": "gateproof-fix/1", "properties": properties})
}

fn proposal(proposal: &Proposal) -> Value {
    let documents: Vec<Value> = proposal
        .documents
        .iter()
        .map(|edited| {
            json!({"where": place(&edited.holder), "before": edited.before, "after": edited.after, "diff": diff(edited)})
        })
        .collect();
    json!({
        "edits": proposal.edits, "style": proposal.style.to_string(), "takes_away": proposal.takes_away,
        "documents": documents, "flags": flags(proposal), "proof": super::prove::json(&proposal.proved),
    })
}

/// For people.
pub fn text(all: &[(String, Fixes)]) -> String {
    let mut out = String::new();
    for (name, fixes) in all {
        if fixes.proposals.is_empty() {
            line(&mut out, format_args!("no fix was found within the edits that are tried: {name}"));
        } else {
            line(&mut out, format_args!("{} fixes, each proved: {name}", fixes.proposals.len()));
        }
        for (n, proposal) in fixes.proposals.iter().enumerate() {
            let away = proposal.takes_away;
            line(
                &mut out,
                format_args!("\nproposal {}: {} (takes away {away} actions in all)", n + 1, proposal.style),
            );
            proposal.edits.iter().for_each(|edit| line(&mut out, format_args!("  edit      {edit}")));
            for edited in &proposal.documents {
                line(&mut out, format_args!("  document  {}", place(&edited.holder)));
                out.push_str(&diff(edited));
            }
        }
        for (style, why) in &fixes.refused {
            line(&mut out, format_args!("  refused   {style}: {why}"));
        }
        out.push('\n');
    }
    out
}

/// The documents of a proposal by file name, and the flags that apply them.
pub fn files(proposal: &Proposal) -> Vec<(String, String)> {
    let documents =
        proposal.documents.iter().map(|edited| (file_name(&edited.holder), pretty(&edited.after)));
    let flags = (FLAGS.to_owned(), format!("{}\n", flags(proposal).join("\n")));
    documents.chain([flags]).collect()
}

/// The name of the file of flags.
const FLAGS: &str = "flags.txt";

/// What `prove`, `can`, `reach` and the others take for the proposal.
fn flags(proposal: &Proposal) -> Vec<String> {
    let flag = |change: &Change| match change {
        Change::Document { holder, document: Some(_) } => document_flag(holder),
        Change::Document { holder, document: None } => removal(holder),
        Change::Attached { principal, policy, attached: false } => {
            format!("--remove {principal}#attached/{policy}")
        }
        other => format!("{other:?}"),
    };
    proposal.overlay.changes.iter().map(flag).collect()
}

fn document_flag(holder: &Holder) -> String {
    let file = file_name(holder);
    match holder {
        Holder::Managed(arn) => format!("--with {arn}={file}"),
        Holder::Inline { principal, name } => format!("--with-inline {principal}/{name}={file}"),
        Holder::Trust(arn) => format!("--with-trust {arn}={file}"),
        Holder::Resource(arn) | Holder::NewResource { arn, .. } => {
            format!("--with-resource-policy {arn}={file}")
        }
        Holder::Control(id) => format!("--with-scp {id}={file}"),
    }
}

fn removal(holder: &Holder) -> String {
    match holder {
        Holder::Inline { principal, name } => format!("--remove {principal}#inline/{name}"),
        Holder::Trust(arn) => format!("--remove {arn}#trust"),
        Holder::Resource(arn) | Holder::NewResource { arn, .. } => format!("--remove {arn}#policy"),
        Holder::Managed(name) | Holder::Control(name) => format!("--remove {name}"),
    }
}

fn place(holder: &Holder) -> String {
    match holder {
        Holder::Managed(arn) => arn.clone(),
        Holder::Inline { principal, name } => format!("{name} of {principal}"),
        Holder::Trust(arn) => format!("trust policy of {arn}"),
        Holder::Resource(arn) | Holder::NewResource { arn, .. } => format!("policy of {arn}"),
        Holder::Control(id) => id.clone(),
    }
}

/// A file name that says where a document stands.
fn file_name(holder: &Holder) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' };
    format!("{}.json", place(holder).chars().map(plain).collect::<String>())
}

fn diff(edited: &Edited) -> String {
    let before = edited.before.as_ref().map(pretty).unwrap_or_default();
    let after = pretty(&edited.after);
    let name = place(&edited.holder);
    TextDiff::from_lines(&before, &after).unified_diff().header(&name, &name).to_string()
}

fn pretty(document: &Value) -> String {
    format!("{document:#}\n")
}
