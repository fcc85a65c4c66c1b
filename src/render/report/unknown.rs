//! What is not known of a pipeline, a line for each control, where there are too many pipelines for more.

use super::finding::{Group, left_out};
use super::html::Html;
use super::page::{counted, mark};
use super::tally::Standing;
use super::untold::Gaps;
use crate::audit::Finding;

/// So many gaps are pointed to at a control.
const POINTED: usize = 3;

/// A line for each control of which something is not known.
pub(super) fn render(inside: &mut Html, groups: &[Group<'_>], lines: usize, gaps: &Gaps<'_>) {
    if groups.is_empty() {
        return;
    }
    inside.tag("details", &[("class", &"plain unknowns")], |details| {
        details.tag("summary", &[], |summary| {
            mark(summary, Standing::Unknown);
            summary.text(format!(" {}", counted(groups.len(), "control")));
        });
        details.tag("ul", &[("class", &"untold")], |list| {
            for group in groups {
                line(list, group, lines, gaps);
            }
        });
    });
}

fn line(list: &mut Html, group: &Group<'_>, lines: usize, gaps: &Gaps<'_>) {
    let Some(first) = group.members.first() else { return };
    let severity = first.severity;
    list.tag("li", &[("class", &"group"), ("data-v", &"unknown"), ("data-s", &severity)], |item| {
        item.leaf("a", &[("href", &format!("#{}", group.control))], group.control);
        let shown: Vec<String> = group.members.iter().take(lines).map(|finding| said(finding)).collect();
        item.text(format!(" ({severity}) {}", shown.join("\n")));
        let left = group.members.len().saturating_sub(lines);
        if left > 0 {
            item.text(format!("\n{}", left_out(left)));
        }
        missing(item, group, gaps);
    });
}

fn said(finding: &Finding) -> String {
    format!("{}: {} (fingerprint {})", finding.subject, finding.message, finding.fingerprint)
}

/// What is missing: what no command supplies by its name, and links to the rest.
fn missing(item: &mut Html, group: &Group<'_>, gaps: &Gaps<'_>) {
    let all = group.members.iter().flat_map(|finding| &finding.missing);
    let mut named: Vec<&str> = Vec::new();
    let mut numbers: Vec<usize> = Vec::new();
    for untold in all {
        match gaps.number_of(untold) {
            Some(number) if !numbers.contains(&number) => numbers.push(number),
            None if !named.contains(&untold.what.as_str()) => named.push(&untold.what),
            _ => {}
        }
    }
    if !named.is_empty() {
        item.text(format!("\nMissing: {}", named.join("; ")));
    }
    for (n, number) in numbers.iter().take(POINTED).enumerate() {
        item.text(if n == 0 { "\nNot known: " } else { ", " });
        item.leaf("a", &[("href", &format!("#{}", Gaps::anchor(*number)))], format!("gap {number}"));
    }
    if numbers.len() > POINTED {
        item.text(format!(" and {} more", numbers.len() - POINTED));
    }
}
