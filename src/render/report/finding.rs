//! What is said of a pipeline: findings of one control and standing together, the worst first.

use super::html::Html;
use super::overview::severity;
use super::page::{Entry, counted, mark};
use super::room::{Room, Showing, Shown};
use super::tally::Standing;
use super::untold::Gaps;
use super::{evidence, remedy, unknown};
use crate::audit::remedy::Words;
use crate::audit::{CONTROLS, Control, Finding};
use crate::render::audit::in_words;
use std::collections::BTreeMap;

/// What the page knows while it tells of one pipeline after the other.
pub(super) struct Telling<'a> {
    pub room: Room,
    pub gaps: &'a Gaps<'a>,
    pub shown: Shown,
}

/// Findings of one control that stand alike.
#[derive(Debug)]
pub(super) struct Group<'a> {
    pub standing: Standing,
    pub control: &'a str,
    pub members: Vec<&'a Finding>,
}

/// All of a pipeline's.
pub(super) fn render(inside: &mut Html, entry: &Entry<'_>, telling: &mut Telling<'_>) {
    let (mut unknown, mut rest) = (Vec::new(), Vec::new());
    for group in groups(&entry.findings) {
        let lined = group.standing == Standing::Unknown && !telling.room.whole;
        if lined { &mut unknown } else { &mut rest }.push(group);
    }
    for one in &rest {
        group_of(inside, one, entry, telling);
    }
    unknown::render(inside, &unknown, telling.room.full + telling.room.lines, telling.gaps);
    let held: Vec<&Finding> =
        entry.findings.iter().copied().filter(|finding| Standing::of(finding) == Standing::Holds).collect();
    if !held.is_empty() {
        holds(inside, &held, telling.room);
    }
}

/// What doesn't hold, the worst first.
fn groups<'a>(findings: &[&'a Finding]) -> Vec<Group<'a>> {
    type Key<'a> = (Standing, std::cmp::Reverse<crate::audit::Severity>, &'a str);
    let mut groups: BTreeMap<Key<'_>, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        let standing = Standing::of(finding);
        if standing != Standing::Holds {
            let key = (standing, std::cmp::Reverse(finding.severity), finding.control);
            groups.entry(key).or_default().push(finding);
        }
    }
    let group = |((standing, _, control), members)| Group { standing, control, members };
    groups.into_iter().map(group).collect()
}

fn group_of(inside: &mut Html, group: &Group<'_>, entry: &Entry<'_>, telling: &mut Telling<'_>) {
    let Some(first) = group.members.first() else { return };
    let attributes: [(&'static str, &dyn std::fmt::Display); 3] =
        [("class", &"group"), ("data-v", &group.standing.word()), ("data-s", &first.severity)];
    inside.tag("details", &attributes, |details| {
        summary(details, group, first);
        if telling.room.whole {
            demands(details, group, entry.words);
        }
        for (n, finding) in group.members.iter().take(telling.room.full).enumerate() {
            one(details, finding, (n, group.members.len()), entry, telling);
        }
        others(details, group.members.get(telling.room.full..).unwrap_or_default(), telling.room);
    });
}

fn summary(details: &mut Html, group: &Group<'_>, first: &Finding) {
    details.tag("summary", &[], |summary| {
        mark(summary, group.standing);
        severity(summary, first.severity);
        summary.leaf("span", &[("class", &"id")], group.control);
        let alone = group.members.len() == 1;
        let title = control(group.control).map_or("", |control| control.title);
        summary.leaf("span", &[("class", &"says")], if alone { first.message.as_str() } else { title });
        if !alone {
            summary.leaf("span", &[("class", &"count")], counted(group.members.len(), "finding"));
        }
    });
}

fn control(id: &str) -> Option<&'static Control> {
    CONTROLS.iter().find(|control| control.id == id).copied()
}

/// What the control demands, and what is to be done where it is violated.
fn demands(details: &mut Html, group: &Group<'_>, words: Option<&Words>) {
    let Some(control) = control(group.control) else { return };
    let violated = group.standing == Standing::Violated;
    details.tag("p", &[("class", &"todo")], |p| {
        p.leaf("a", &[("href", &format!("#{}", control.id))], "What it demands");
        if violated {
            p.text(". ").leaf("strong", &[], "To do:").text(" ");
            code(p, control.remedy);
        }
    });
    if violated {
        remedy::of_findings(details, &group.members, words);
    }
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
            lines.push(left_out(left));
        }
        html.leaf("pre", &[("class", &"evidence")], lines.join("\n"));
    });
}

/// That so many are elsewhere.
pub(super) fn left_out(left: usize) -> String {
    format!("and {left} more, in the JSON document")
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

fn one(
    details: &mut Html,
    finding: &Finding,
    (number, all): (usize, usize),
    entry: &Entry<'_>,
    telling: &mut Telling<'_>,
) {
    let room = telling.room;
    let alone = all == 1;
    let mut evidence = Html::new();
    evidence::render(&mut evidence, finding);
    let name = || format!("{} of {}", entry.pipeline.name, entry.pipeline.account);
    let showing = if room.whole { Showing::Here(None) } else { telling.shown.at(&evidence, name) };
    let head = |html: &mut Html| {
        let anchor: Option<(&'static str, &dyn std::fmt::Display)> = match &showing {
            Showing::Here(Some(anchor)) => Some(("id", anchor)),
            _ => None,
        };
        let attributes: Vec<_> =
            [Some(("class", &"subject" as &dyn std::fmt::Display)), anchor].into_iter().flatten().collect();
        html.leaf("span", &attributes, &finding.subject);
        // One that is alone stands in the line above.
        if !alone {
            html.text(" ").text(&finding.message);
        }
        html.text(format!(" (fingerprint {})", finding.fingerprint));
        if number == 0 && !room.whole {
            let link = "What the control demands, and what to do";
            html.text(" ").leaf("a", &[("href", &format!("#{}", finding.control))], link);
        }
        if let Showing::There(place) = &showing {
            html.text(". What shows it is the same as for ");
            html.leaf("a", &[("href", &format!("#{}", place.anchor))], &place.pipeline);
        }
    };
    part(details, room, alone, head, |html| {
        if let Some(waiver) = &finding.waiver {
            html.leaf("p", &[("class", &"waiver")], format!("waiver {}", in_words(waiver)));
        }
        if let Showing::Here(_) = &showing {
            html.add(&evidence);
        }
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
