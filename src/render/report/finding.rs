//! What is said of a pipeline: findings of one control and standing together, the worst first.

use super::evidence;
use super::html::Html;
use super::overview::severity;
use super::page::{counted, mark};
use super::remedy;
use super::tally::Standing;
use crate::audit::remedy::Words;
use crate::audit::{CONTROLS, Finding};
use crate::render::audit::in_words;
use std::collections::BTreeMap;

/// How much is shown of the findings of one control: the page must open where everybody of a large organization can do something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// So many findings are shown with their requests.
    full: usize,
    /// So many more have a line each.
    lines: usize,
    /// Whether what is to be done is said at each group, and what shows them of findings that hold; else the former is said once, with the
    /// controls, and the latter is in the JSON document.
    whole: bool,
}

/// Of more pipelines than these each has less room.
const MANY: usize = 100;

impl Room {
    /// That of each of so many pipelines.
    pub fn among(pipelines: usize) -> Self {
        let many = pipelines > MANY;
        let (full, lines) = if many { (1, 5) } else { (5, 50) };
        Self { full, lines, whole: !many }
    }
}

/// All of it.
pub(super) fn render(inside: &mut Html, (findings, words): (&[&Finding], Option<&Words>), room: Room) {
    type Key<'a> = (Standing, std::cmp::Reverse<crate::audit::Severity>, &'a str);
    let mut groups: BTreeMap<Key<'_>, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        let standing = Standing::of(finding);
        if standing != Standing::Holds {
            let key = (standing, std::cmp::Reverse(finding.severity), finding.control);
            groups.entry(key).or_default().push(finding);
        }
    }
    for ((standing, _, control), members) in &groups {
        group(inside, *standing, (control, members, words), room);
    }
    let held: Vec<&Finding> =
        findings.iter().copied().filter(|finding| Standing::of(finding) == Standing::Holds).collect();
    if !held.is_empty() {
        holds(inside, &held, room);
    }
}

fn group(
    inside: &mut Html,
    standing: Standing,
    (id, members, words): (&str, &[&Finding], Option<&Words>),
    room: Room,
) {
    let Some(first) = members.first() else { return };
    let word = first.severity;
    inside.tag(
        "details",
        &[("class", &"group"), ("data-v", &standing.word()), ("data-s", &word)],
        |details| {
            details.tag("summary", &[], |summary| {
                mark(summary, standing);
                severity(summary, word);
                summary.leaf("span", &[("class", &"id")], id);
                let control = CONTROLS.iter().find(|control| control.id == id);
                let title = control.map_or("", |control| control.title);
                let says = if members.len() == 1 { first.message.as_str() } else { title };
                summary.leaf("span", &[("class", &"says")], says);
                if members.len() > 1 {
                    summary.leaf("span", &[("class", &"count")], counted(members.len(), "finding"));
                }
            });
            if let Some(control) = CONTROLS.iter().find(|control| control.id == id) {
                details.tag("p", &[("class", &"todo")], |p| {
                    let link = if room.whole { "What it demands" } else { "What it demands, and what to do" };
                    p.leaf("a", &[("href", &format!("#{id}"))], link);
                    if standing == Standing::Violated && room.whole {
                        p.text(". ").leaf("strong", &[], "To do:").text(" ");
                        code(p, control.remedy);
                    }
                });
            }
            if standing == Standing::Violated && room.whole {
                remedy::of_findings(details, members, words);
            }
            for finding in members.iter().take(room.full) {
                one(details, finding, members.len() == 1, room);
            }
            others(details, members.get(room.full..).unwrap_or_default(), room);
        },
    );
}

/// Findings of which each has a line: nobody reads a hundred requests that differ in who makes them.
fn others(details: &mut Html, findings: &[&Finding], room: Room) {
    if findings.is_empty() {
        return;
    }
    let count = counted(findings.len(), "more finding");
    let says =
        format!("{count}, each with the statement that grants it (their requests are in the JSON document)");
    let head = |html: &mut Html| {
        html.text(&says);
    };
    part(details, room, false, head, |html| {
        let lined = findings.iter().take(room.lines);
        let mut lines: Vec<String> = lined.map(|finding| evidence::in_a_line(finding)).collect();
        let left = findings.len().saturating_sub(room.lines);
        if left > 0 {
            lines.push(format!("and {left} more, in the JSON document"));
        }
        html.leaf("pre", &[("class", &"evidence")], lines.join("\n"));
    });
}

/// A part of a group, which can be folded away; of very many pipelines it can't: browsers lay out foldings within foldings slowly.
fn part(html: &mut Html, room: Room, open: bool, head: impl FnOnce(&mut Html), rest: impl FnOnce(&mut Html)) {
    if !room.whole {
        html.tag("div", &[("class", &"finding")], |html| {
            html.tag("p", &[], head);
            rest(html);
        });
        return;
    }
    let inside = |html: &mut Html| {
        html.tag("summary", &[], head);
        rest(html);
    };
    if open {
        html.tag("details", &[("class", &"finding"), ("open", &"")], inside);
    } else {
        html.tag("details", &[("class", &"finding")], inside);
    }
}

/// Words in which backticks stand around code.
pub(super) fn code(html: &mut Html, words: &str) {
    for (n, part) in words.split('`').enumerate() {
        if n % 2 == 0 {
            html.text(part);
        } else {
            html.leaf("code", &[], part);
        }
    }
}

fn one(details: &mut Html, finding: &Finding, alone: bool, room: Room) {
    let head = |html: &mut Html| {
        html.leaf("span", &[("class", &"subject")], &finding.subject);
        // One that is alone stands in the line above.
        if !alone {
            html.text(" ").text(&finding.message);
        }
    };
    part(details, room, alone, head, |html| {
        if let Some(waiver) = &finding.waiver {
            html.leaf("p", &[("class", &"waiver")], format!("waiver {}", in_words(waiver)));
        }
        evidence::render(html, finding);
    });
}

fn holds(inside: &mut Html, held: &[&Finding], room: Room) {
    let word = Standing::Holds.word();
    inside.tag("details", &[("class", &"group"), ("data-v", &word), ("data-s", &"")], |details| {
        details.tag("summary", &[], |summary| {
            mark(summary, Standing::Holds);
            let elsewhere = if room.whole { "" } else { " (what shows them is in the JSON document)" };
            let count = format!("{} hold{elsewhere}", counted(held.len(), "finding"));
            summary.leaf("span", &[("class", &"says")], count);
        });
        let line = |finding: &&Finding| {
            let evidence = finding.evidence.iter().filter(|_| room.whole);
            let shown: Vec<String> = evidence.flat_map(evidence::lines).collect();
            let shown = if shown.is_empty() { String::new() } else { format!(" ({})", shown.join("; ")) };
            format!("{}  {}: {}{shown}", finding.control, finding.subject, finding.message)
        };
        let lines: Vec<String> = held.iter().map(line).collect();
        details.leaf("p", &[("class", &"lines")], lines.join("\n"));
    });
}
