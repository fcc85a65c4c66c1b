//! What to paste where a control is violated: once with its placeholders, and filled with a pipeline's own names.

use super::evidence::command;
use super::finding::code;
use super::html::Html;
use crate::audit::Finding;
use crate::audit::remedy::{Filled, Paste, Snippet, Words, remedy_of};
use std::collections::BTreeSet;

/// As it is for every pipeline: terms and words of a list.
pub(super) fn of_control(list: &mut Html, id: &str) {
    let Some(remedy) = remedy_of(id) else { return };
    list.leaf("dt", &[], "To paste");
    list.tag("dd", &[], |dd| {
        for snippet in &remedy.snippets {
            if let Some(paste) = snippet.unfilled() {
                one(dd, snippet, &paste);
            }
        }
    });
}

/// As it is for the findings of one control and pipeline: each snippet once, for the first that it is for.
pub(super) fn of_findings(details: &mut Html, findings: &[&Finding], words: Option<&Words>) {
    let Some(remedy) = findings.first().and_then(|first| remedy_of(first.control)) else { return };
    let mut seen = BTreeSet::new();
    let mut all: Vec<(&Finding, Filled<'_>)> = Vec::new();
    for finding in findings {
        let Some(at) = remedy.snippets.iter().position(|snippet| snippet.is_for(finding)) else { continue };
        let (Some(snippet), true, Some(words)) = (remedy.snippets.get(at), seen.insert(at), words) else {
            continue;
        };
        all.extend(snippet.filled(&words.of_finding(finding)).map(|filled| (*finding, filled)));
    }
    if all.is_empty() {
        return;
    }
    details.tag("details", &[("class", &"finding")], |paste| {
        paste.leaf("summary", &[], "To paste, with the names of this pipeline");
        for (finding, filled) in &all {
            if findings.len() > 1 {
                paste.leaf("p", &[("class", &"quiet")], format!("For {}", finding.subject));
            }
            one(paste, filled.snippet, &filled.paste);
            if !filled.open.is_empty() {
                let open: Vec<String> = filled.open.iter().map(|name| format!("`${{{name}}}`")).collect();
                let words = format!("Put in what the team means: {}.", open.join(", "));
                paste.tag("p", &[("class", &"quiet")], |p| code(p, &words));
            }
        }
    });
}

fn one(html: &mut Html, snippet: &Snippet, paste: &Paste) {
    let own = if snippet.placeholder { " Some values are the team's own." } else { "" };
    let words = format!("{}: {}.{own}", capitalized(&paste.place()), snippet.says);
    html.tag("p", &[("class", &"todo")], |p| code(p, &words));
    command(html, &paste.text());
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
