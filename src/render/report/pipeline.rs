//! One pipeline: its drawing, who can do what with it, and what is said of it.

use super::drawing;
use super::finding::{self, Telling};
use super::html::Html;
use super::overview::severity;
use super::page::{Entry, counted};
use super::room::{Room, Shown};
use super::tally::Standing;
use super::untold::Gaps;
use crate::pipelines::Ability;
use crate::question::Verdict;

/// All pipelines.
pub(super) fn render(main: &mut Html, entries: &[Entry<'_>], gaps: &Gaps<'_>) {
    main.tag("section", &[("aria-labelledby", &"pipelines")], |section| {
        section.leaf("h2", &[("id", &"pipelines")], "Pipelines");
        // One pipeline is what the page is about: it needn't be looked for.
        let open = entries.len() == 1;
        let mut telling = Telling { room: Room::among(entries.len()), gaps, shown: Shown::default() };
        for (n, entry) in entries.iter().enumerate() {
            one(section, entry, (n, open), &mut telling);
        }
    });
}

fn one(section: &mut Html, entry: &Entry<'_>, (number, open): (usize, bool), telling: &mut Telling<'_>) {
    let pipeline = entry.pipeline;
    let at_once = telling.room.whole;
    let mut content = |details: &mut Html| {
        details.tag("div", &[("class", &"inside")], |inside| {
            inside.add(&drawing::of(pipeline, &entry.findings, number));
            inside.leaf("p", &[("class", &"quiet legend")], "Boxes are actions with the role that does their work; boxes with cut corners are gates. A red dashed line leads from a role to what it comes to in some number of requests.");
            who(inside, &pipeline.abilities);
            finding::render(inside, entry, telling);
        });
    };
    let query = format!("{} {} {}", pipeline.name, pipeline.account, pipeline.region);
    let common: [(&'static str, &dyn std::fmt::Display); 3] =
        [("class", &"pipeline"), ("id", &entry.anchor), ("data-q", &query)];
    let whole = |details: &mut Html| {
        summary(details, entry);
        if at_once {
            content(details);
        } else {
            // Where scripts run, a browser keeps this as text, and script.js makes elements of it when the page is there: most of the time of
            // opening a page of many pipelines went into elements that nobody sees yet. Where none run it is markup as any other.
            details.tag("noscript", &[], content);
        }
    };
    if open {
        let [class, id, query] = common;
        section.tag("details", &[class, id, query, ("open", &"")], whole);
    } else {
        section.tag("details", &common, whole);
    }
    section.text("\n");
}

fn summary(details: &mut Html, entry: &Entry<'_>) {
    let pipeline = entry.pipeline;
    details.tag("summary", &[], |summary| {
        summary.tag("h3", &[], |h3| {
            h3.leaf("span", &[("class", &"name")], &pipeline.name);
        });
        let kind = pipeline.pipeline_type.as_deref().unwrap_or("V1");
        let place = format!("{} \u{b7} {} \u{b7} {kind}", pipeline.account, pipeline.region);
        summary.leaf("span", &[("class", &"quiet")], place);
        summary.tag("span", &[("class", &"tally")], |tally| {
            if let Some(worst) = entry.tally.severity() {
                severity(tally, worst);
            }
            for standing in Standing::ALL {
                let count = entry.tally.count(standing);
                if count > 0 {
                    let class = format!("mark {}", standing.word());
                    tally.leaf("span", &[("class", &class)], format!("{count} {}", standing.word()));
                }
            }
        });
    });
}

fn who(inside: &mut Html, abilities: &[Ability]) {
    inside.tag("details", &[("class", &"plain")], |details| {
        details.leaf("summary", &[], "Who may write, approve, change and go round");
        details.tag("dl", &[], |list| {
            for ability in abilities {
                let of = ability.of.as_ref().map(|of| format!(" {of}")).unwrap_or_default();
                let count = counted(ability.principals.len(), "principal");
                list.leaf("dt", &[], format!("{}{of}: {count}", ability.ability));
                let mut lines: Vec<String> = ability.outside.iter().cloned().collect();
                lines.extend(ability.principals.iter().map(|person| match person.verdict {
                    Verdict::Undecided => format!("{} (not decided)", person.arn),
                    Verdict::Reachable | Verdict::Impossible => person.arn.to_string(),
                }));
                list.leaf("dd", &[("class", &"lines")], lines.join("\n"));
            }
        });
    });
}
