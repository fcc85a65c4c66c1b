//! What the snapshot doesn't tell, with the commands that would; and what becomes of the waivers.

use super::evidence::command;
use super::html::Html;
use super::page::counted;
use crate::audit::{Audit, WaiverState};
use std::collections::{BTreeMap, BTreeSet};

/// Both sections.
pub(super) fn render(main: &mut Html, audit: &Audit) {
    waivers(main, audit);
    untold(main, audit);
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

fn untold(main: &mut Html, audit: &Audit) {
    let all = audit.findings.iter().flat_map(|finding| &finding.missing).chain(&audit.unknown);
    let mut by_command: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for untold in all {
        by_command.entry(untold.command.as_deref().unwrap_or_default()).or_default().insert(&untold.what);
    }
    if by_command.is_empty() {
        return;
    }
    main.tag("section", &[("aria-labelledby", &"untold")], |section| {
        section.leaf("h2", &[("id", &"untold")], "Not known");
        let count = by_command.values().map(BTreeSet::len).sum();
        let about = format!("{} in the snapshot. Each command, or `gateproof map --print-commands` for all, supplies it; until then nothing that rests on it counts as holding.", counted(count, "gap"));
        section.tag("p", &[("class", &"quiet")], |p| super::finding::code(p, &about));
        section.tag("ul", &[("class", &"untold")], |list| {
            for (text, whats) in &by_command {
                list.tag("li", &[], |item| {
                    let whats: Vec<&str> = whats.iter().copied().collect();
                    item.leaf("p", &[], whats.join("; "));
                    command(item, text);
                });
            }
        });
    });
}
