//! What the snapshot doesn't tell, with the commands that would; and what becomes of the waivers.

use super::evidence::command;
use super::html::Html;
use super::page::counted;
use crate::audit::{Audit, WaiverState};
use crate::question::Untold;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// What the snapshot doesn't tell, by the command that would; numbered from 1.
#[derive(Debug)]
pub(super) struct Gaps<'a> {
    by_command: BTreeMap<&'a str, BTreeSet<&'a str>>,
    numbers: FxHashMap<&'a str, usize>,
}

impl<'a> Gaps<'a> {
    /// All gaps that an audit has met.
    pub fn of(audit: &'a Audit) -> Self {
        let all = audit.findings.iter().flat_map(|finding| &finding.missing).chain(&audit.unknown);
        let mut by_command: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for untold in all {
            by_command.entry(untold.command.as_deref().unwrap_or_default()).or_default().insert(&untold.what);
        }
        let numbers = by_command.keys().enumerate().map(|(n, command)| (*command, n + 1)).collect();
        Self { by_command, numbers }
    }

    /// The number of what a command supplies.
    pub fn number_of(&self, untold: &Untold) -> Option<usize> {
        self.numbers.get(untold.command.as_deref()?).copied()
    }

    /// What links to it lead to.
    pub fn anchor(number: usize) -> String {
        format!("gap-{number}")
    }
}

/// Both sections.
pub(super) fn render(main: &mut Html, audit: &Audit, gaps: &Gaps<'_>) {
    waivers(main, audit);
    untold(main, gaps);
}

fn waivers(main: &mut Html, audit: &Audit) {
    if audit.waivers.is_empty() {
        return;
    }
    main.tag("section", &[("aria-labelledby", &"waivers")], |section| {
        section.leaf("h2", &[("id", &"waivers")], "Waivers");
        section.tag(
            "div",
            &[("class", &"wide"), ("tabindex", &"0"), ("role", &"region"), ("aria-labelledby", &"waivers")],
            |html| {
                html.tag("table", &[], |table| {
                    table.tag("thead", &[], |head| {
                        head.tag("tr", &[], |row| {
                            for column in ["Fingerprint", "State", "Until", "Owner", "Reason"] {
                                row.leaf("th", &[("scope", &"col")], column);
                            }
                        });
                    });
                    table.tag("tbody", &[], |body| {
                        for judged in &audit.waivers {
                            body.tag("tr", &[], |row| {
                                let class = match judged.state {
                                    WaiverState::InForce => "waived",
                                    WaiverState::Expired => "violated",
                                    _ => "unknown",
                                };
                                row.leaf("th", &[("scope", &"row")], &judged.waiver.fingerprint);
                                row.leaf("td", &[("class", &class)], judged.state.words());
                                row.leaf("td", &[], judged.waiver.expires);
                                row.leaf("td", &[], &judged.waiver.owner);
                                row.leaf("td", &[], &judged.waiver.reason);
                            });
                        }
                    });
                });
            },
        );
    });
}

fn untold(main: &mut Html, gaps: &Gaps<'_>) {
    if gaps.by_command.is_empty() {
        return;
    }
    main.tag("section", &[("aria-labelledby", &"untold")], |section| {
        section.leaf("h2", &[("id", &"untold")], "Not known");
        let count = gaps.by_command.values().map(BTreeSet::len).sum();
        let about = format!("{} in the snapshot. Each command, or `gateproof map --print-commands` for all, supplies it; until then nothing that rests on it counts as holding.", counted(count, "gap"));
        section.tag("p", &[("class", &"quiet")], |p| super::finding::code(p, &about));
        section.tag("ol", &[("class", &"untold")], |list| {
            for (n, (text, whats)) in gaps.by_command.iter().enumerate() {
                list.tag("li", &[("id", &Gaps::anchor(n + 1))], |item| {
                    let whats: Vec<&str> = whats.iter().copied().collect();
                    item.leaf("p", &[], format!("{}. {}", n + 1, whats.join("; ")));
                    command(item, text);
                });
            }
        });
    });
}
