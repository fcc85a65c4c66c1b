//! Pipelines by groups of controls: where what is wrong, in one table.

use super::html::Html;
use super::page::Entry;
use super::tally::{Standing, Tally};
use crate::audit::CONTROLS;

/// The group of a control: its id without the number.
pub(super) fn group_of(id: &str) -> &str {
    id.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-')
}

/// The table.
pub(super) fn render(main: &mut Html, entries: &[Entry<'_>]) {
    let mut groups: Vec<&str> = CONTROLS.iter().map(|control| group_of(control.id)).collect();
    groups.dedup();
    groups.retain(|group| {
        entries.iter().flat_map(|entry| &entry.findings).any(|finding| group_of(finding.control) == *group)
    });
    if entries.is_empty() {
        main.leaf("p", &[], "No pipeline was collected.");
        return;
    }
    main.tag("section", &[("aria-labelledby", &"matrix")], |section| {
        section.leaf("h2", &[("id", &"matrix")], "Where");
        section.leaf("p", &[("class", &"quiet")], "Pipelines, the worst first, by groups of controls: how many violations there are, or else how it stands.");
        section.tag("div", &[("class", &"wide tall"), ("tabindex", &"0"), ("role", &"region"), ("aria-labelledby", &"matrix")], |html| {
            html.tag("table", &[("class", &"matrix")], |table| {
                head(table, &groups);
                table.tag("tbody", &[], |body| {
                    for entry in entries {
                        row(body, entry, &groups);
                    }
                });
            });
        });
    });
}

fn head(table: &mut Html, groups: &[&str]) {
    table.tag("thead", &[], |head| {
        head.tag("tr", &[], |row| {
            row.leaf("th", &[("scope", &"col")], "Pipeline");
            row.leaf("th", &[("scope", &"col")], "Account");
            for group in groups {
                row.leaf("th", &[("scope", &"col"), ("class", &"group-head")], group);
            }
        });
    });
}

fn row(body: &mut Html, entry: &Entry<'_>, groups: &[&str]) {
    body.tag("tr", &[("data-for", &entry.anchor)], |row| {
        row.tag("th", &[("scope", &"row")], |th| {
            th.leaf("a", &[("href", &format!("#{}", entry.anchor))], &entry.pipeline.name);
        });
        row.leaf("td", &[], &entry.pipeline.account);
        for group in groups {
            let own = entry.findings.iter().copied().filter(|finding| group_of(finding.control) == *group);
            cell(row, &Tally::of(own));
        }
    });
}

fn cell(row: &mut Html, tally: &Tally) {
    let Some(worst) = tally.worst() else {
        row.leaf("td", &[("class", &"cell quiet")], "\u{2013}");
        return;
    };
    let class = match tally.severity() {
        Some(severity) => format!("cell {} {severity}", worst.word()),
        None => format!("cell {}", worst.word()),
    };
    // The word itself is the sign's other text, which the style sheet has: an element for each cell is what browsers take longest with.
    row.tag("td", &[("class", &class)], |cell| {
        if worst == Standing::Violated {
            cell.text(tally.count(worst));
        }
    });
}
