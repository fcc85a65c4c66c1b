//! The page as a whole.

use super::html::Html;
use super::tally::{SEVERITIES, Standing, Tally};
use super::untold::{self, Gaps};
use super::{controls, matrix, overview, pipeline, policy};
use crate::audit::remedy::Words;
use crate::audit::{Audit, Finding};
use crate::pipelines::MappedPipeline;
use std::collections::BTreeMap;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// A pipeline with what is said of it.
pub(super) struct Entry<'a> {
    pub pipeline: &'a MappedPipeline,
    pub findings: Vec<&'a Finding>,
    /// What stands for the placeholders of remedies.
    pub words: Option<&'a Words>,
    pub tally: Tally,
    /// What links lead to.
    pub anchor: String,
}

/// The pipelines, the worst first.
fn entries(audit: &Audit) -> Vec<Entry<'_>> {
    let mut by_pipeline: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &audit.findings {
        by_pipeline.entry(&finding.pipeline).or_default().push(finding);
    }
    let mut entries = Vec::new();
    for pipeline in &audit.pipelines {
        let findings = by_pipeline.remove(&*pipeline.arn).unwrap_or_default();
        let tally = Tally::of(findings.iter().copied());
        let words = audit.words.get(&pipeline.arn);
        entries.push(Entry { pipeline, findings, words, tally, anchor: String::new() });
    }
    entries.sort_by_cached_key(|entry| (entry.tally.rank(), entry.pipeline.arn.clone()));
    for (n, entry) in entries.iter_mut().enumerate() {
        entry.anchor = format!("p{n}");
    }
    entries
}

/// The page.
pub(super) fn of(audit: &Audit, name: &str) -> Html {
    let (entries, gaps) = (entries(audit), Gaps::of(audit));
    let mut page = Html::constant("<!DOCTYPE html>\n");
    page.tag("html", &[("lang", &"en")], |html| {
        html.tag("head", &[], |head| top(head, name));
        html.text("\n");
        html.tag("body", &[], |body| {
            body.leaf("a", &[("class", &"skip"), ("href", &"#main")], "Skip to the findings");
            banner(body, &entries, name);
            body.tag("main", &[("id", &"main"), ("tabindex", &"-1")], |main| {
                overview::render(main, audit, &entries);
                filters(main);
                matrix::render(main, &entries);
                pipeline::render(main, &entries, &gaps);
                untold::render(main, audit, &gaps);
                controls::render(main, audit);
            });
            footer(body);
            body.tag("script", &[], |script| {
                script.add(&Html::constant(SCRIPT));
            });
        });
    });
    page.text("\n");
    page
}

fn top(head: &mut Html, name: &str) {
    head.void("meta", &[("charset", &"utf-8")]);
    let policy = policy::of(STYLE, SCRIPT);
    head.void("meta", &[("http-equiv", &"Content-Security-Policy"), ("content", &policy)]);
    head.void("meta", &[("name", &"viewport"), ("content", &"width=device-width, initial-scale=1")]);
    head.void("meta", &[("name", &"referrer"), ("content", &"no-referrer")]);
    head.leaf("title", &[], format!("Pipeline audit of {name}"));
    head.tag("style", &[], |style| {
        style.add(&Html::constant(STYLE));
    });
}

fn banner(body: &mut Html, entries: &[Entry<'_>], name: &str) {
    body.tag("header", &[("class", &"banner")], |header| {
        header.tag("div", &[], |div| {
            div.leaf("p", &[("class", &"brand")], "gateproof");
            div.tag("h1", &[], |h1| {
                h1.text("Pipeline audit of ").leaf("span", &[("class", &"name")], name);
            });
            let accounts: std::collections::BTreeSet<&str> =
                entries.iter().map(|entry| &*entry.pipeline.account).collect();
            let about = format!(
                "{} in {}, decided from the snapshot by data, by replayed requests or by checked proofs",
                counted(entries.len(), "pipeline"),
                counted(accounts.len(), "account")
            );
            div.leaf("p", &[("class", &"quiet")], about);
        });
        header.leaf(
            "button",
            &[("id", &"theme"), ("type", &"button"), ("class", &"scripted")],
            "Change theme",
        );
    });
}

/// A number with its noun.
pub(super) fn counted(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

fn filters(main: &mut Html) {
    main.tag(
        "form",
        &[
            ("class", &"filters scripted"),
            ("role", &"search"),
            ("aria-label", &"Filter pipelines and findings"),
        ],
        |form| {
            form.tag("label", &[("class", &"text")], |label| {
                label.leaf("span", &[], "Search");
                label.void(
                    "input",
                    &[
                        ("id", &"search"),
                        ("type", &"search"),
                        ("placeholder", &"pipeline, account, role, control"),
                        ("autocomplete", &"off"),
                    ],
                );
            });
            form.tag("fieldset", &[], |set| {
                set.leaf("legend", &[], "Show");
                for standing in Standing::ALL {
                    set.tag("label", &[("class", &"check")], |label| {
                        label.void(
                            "input",
                            &[
                                ("type", &"checkbox"),
                                ("name", &"standing"),
                                ("value", &standing.word()),
                                ("checked", &""),
                            ],
                        );
                        mark(label, standing);
                    });
                }
            });
            form.tag("label", &[("class", &"text")], |label| {
                label.leaf("span", &[], "Severity");
                label.tag("select", &[("id", &"severity")], |select| {
                    select.leaf("option", &[("value", &"4")], "any");
                    for (n, severity) in SEVERITIES.iter().enumerate().take(3) {
                        let words =
                            if n == 0 { severity.to_string() } else { format!("{severity} or worse") };
                        select.leaf("option", &[("value", &n)], words);
                    }
                });
            });
            form.leaf("button", &[("id", &"open"), ("type", &"button")], "Open all shown");
            form.leaf("button", &[("id", &"close"), ("type", &"button")], "Close all");
            form.leaf("output", &[("id", &"shown"), ("aria-live", &"polite")], "");
        },
    );
}

/// How something stands: a word and a colour, and a sign that the style sheet has.
pub(super) fn mark(html: &mut Html, standing: Standing) {
    html.leaf("span", &[("class", &format!("mark {}", standing.word()))], standing.word());
}

fn footer(body: &mut Html) {
    body.tag("footer", &[], |footer| {
        let version = env!("CARGO_PKG_VERSION");
        footer.leaf(
            "p",
            &[],
            format!("Written by gateproof {version}. Of what was not collected nothing is assumed: it is listed as not known."),
        );
    });
}
