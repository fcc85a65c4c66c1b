//! How all of it stands, at a glance.

use super::html::Html;
use super::page::{Entry, counted, mark};
use super::tally::{SEVERITIES, Standing, Tally};
use crate::audit::{Audit, CONTROLS, Finding, Severity};
use rustc_hash::FxHashMap;

/// So many violations are named at once.
const FIRST: usize = 6;

/// The overview.
pub(super) fn render(main: &mut Html, audit: &Audit, entries: &[Entry<'_>]) {
    let tally = Tally::of(&audit.findings);
    main.tag("section", &[("aria-labelledby", &"overview")], |section| {
        section.leaf("h2", &[("id", &"overview")], "Overview");
        section.tag("div", &[("class", &"tiles")], |tiles| {
            for standing in Standing::ALL {
                tile(tiles, &tally, standing);
            }
        });
        bar(section, &tally);
        first(section, entries);
        section.tag("details", &[("class", &"plain")], |details| {
            details.leaf("summary", &[], "By control");
            by_control(details, audit);
        });
    });
}

fn tile(tiles: &mut Html, tally: &Tally, standing: Standing) {
    let count = tally.count(standing);
    tiles.tag("div", &[("class", &format!("tile {}", standing.word()))], |tile| {
        tile.tag("p", &[("class", &"figure")], |p| {
            p.leaf("strong", &[], count);
            p.text(" ");
            mark(p, standing);
        });
        let about = match standing {
            Standing::Violated => {
                let of = |severity: &Severity| format!("{} {severity}", tally.violated(*severity));
                SEVERITIES.iter().map(of).collect::<Vec<_>>().join(" \u{b7} ")
            }
            Standing::Unknown => "input is missing, each with its command".to_owned(),
            Standing::Waived => "violations with a reason, an owner and a last day".to_owned(),
            Standing::Holds => "shown by data, or proved".to_owned(),
        };
        tile.leaf("p", &[("class", &"quiet")], about);
    });
}

/// Shares of one bar, in thousandths.
fn bar(section: &mut Html, tally: &Tally) {
    let all = tally.all().max(1);
    let mut parts: Vec<(String, usize)> =
        SEVERITIES.iter().map(|severity| (severity.to_string(), tally.violated(*severity))).collect();
    for standing in [Standing::Unknown, Standing::Waived, Standing::Holds] {
        parts.push((standing.word().to_owned(), tally.count(standing)));
    }
    section.tag(
        "svg",
        &[
            ("class", &"bar"),
            ("viewBox", &"0 0 1000 10"),
            ("preserveAspectRatio", &"none"),
            ("aria-hidden", &"true"),
        ],
        |svg| {
            let mut before = 0;
            for (class, count) in parts.iter().filter(|(_, count)| *count > 0) {
                let (x, width) = (before * 1000 / all, count * 1000 / all);
                svg.tag(
                    "rect",
                    &[("class", class), ("x", &x), ("y", &0), ("width", &width.max(2)), ("height", &10)],
                    |_| {},
                );
                before += count;
            }
        },
    );
}

/// The worst violations, by name.
fn first(section: &mut Html, entries: &[Entry<'_>]) {
    let all = entries.iter().flat_map(|entry| entry.findings.iter().map(move |finding| (entry, *finding)));
    let mut worst: Vec<_> = all.filter(|(_, finding)| finding.is_blocking()).collect();
    worst.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.severity));
    let mut alike: Vec<Worst<'_>> = Vec::new();
    let mut places: FxHashMap<(&str, &str), usize> = FxHashMap::default();
    for (entry, finding) in worst {
        let place = *places.entry((finding.control, &finding.message)).or_insert(alike.len());
        match alike.get_mut(place) {
            Some(one) => one.others += 1,
            None => alike.push(Worst { entry, finding, others: 0 }),
        }
    }
    alike.truncate(FIRST);
    if alike.is_empty() {
        return;
    }
    section.leaf("h3", &[], "Look at these first");
    section.tag("ul", &[("class", &"first")], |list| {
        for Worst { entry, finding, others } in alike {
            list.tag("li", &[], |item| {
                severity(item, finding.severity);
                item.leaf("span", &[("class", &"id")], finding.control);
                item.leaf("a", &[("href", &format!("#{}", entry.anchor))], &entry.pipeline.name);
                if others > 0 {
                    item.leaf(
                        "span",
                        &[("class", &"quiet")],
                        format!("and {} like it", counted(others, "finding")),
                    );
                }
                item.leaf("span", &[("class", &"says")], &finding.message);
            });
        }
    });
}

/// A violation, and how many others say the same.
struct Worst<'a> {
    entry: &'a Entry<'a>,
    finding: &'a Finding,
    others: usize,
}

/// A severity: a word with a colour.
pub(super) fn severity(html: &mut Html, severity: Severity) {
    html.leaf("span", &[("class", &format!("severity {severity}"))], severity);
}

fn by_control(html: &mut Html, audit: &Audit) {
    html.tag(
        "div",
        &[
            ("class", &"wide"),
            ("tabindex", &"0"),
            ("role", &"region"),
            ("aria-label", &"Findings by control"),
        ],
        |html| {
            html.tag("table", &[("class", &"counts")], |table| {
                table.tag("thead", &[], |head| {
                    head.tag("tr", &[], |row| {
                        row.leaf("th", &[("scope", &"col")], "Control");
                        for standing in Standing::ALL {
                            row.leaf("th", &[("scope", &"col"), ("class", &"number")], standing.word());
                        }
                    });
                });
                table.tag("tbody", &[], |body| {
                    for control in CONTROLS {
                        let tally = Tally::of(audit.findings.iter().filter(|f| f.control == control.id));
                        if tally.all() > 0 {
                            body.tag("tr", &[], |row| {
                                row.tag("th", &[("scope", &"row")], |th| {
                                    th.leaf("a", &[("href", &format!("#{}", control.id))], control.id);
                                    th.text(" ").leaf("span", &[("class", &"quiet")], control.title);
                                });
                                for standing in Standing::ALL {
                                    let count = tally.count(standing);
                                    let class = if count > 0 { standing.word() } else { "quiet" };
                                    row.leaf("td", &[("class", &format!("number {class}"))], count);
                                }
                            });
                        }
                    }
                });
            });
        },
    );
}
