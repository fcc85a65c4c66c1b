//! The audit as JUnit XML: a suite a pipeline, a case a control and subject.
//!
//! Violated: a failure. Not known or waived: skipped, with the reason. Waivers have a suite of their own, where one that has expired fails.

use crate::audit::{Audit, Finding, JudgedWaiver, Judgement, WaiverState};
use std::collections::BTreeMap;
use std::fmt::Write;

/// One case.
pub(super) struct Case {
    pub class: String,
    pub name: String,
    pub failures: Vec<String>,
    pub skipped: Vec<String>,
}

/// The document.
pub fn xml(audit: &Audit) -> String {
    let mut suites: Vec<(String, Vec<Case>)> = Vec::new();
    let mut by_pipeline: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &audit.findings {
        by_pipeline.entry(&finding.pipeline).or_default().push(finding);
    }
    for (pipeline, findings) in by_pipeline {
        suites.push((pipeline.to_owned(), cases_of(&findings)));
    }
    if !audit.unknown.is_empty() {
        let skipped = audit.unknown.iter().map(ToString::to_string).collect();
        let (class, name) = ("gateproof".to_owned(), "pipelines that are not known".to_owned());
        suites.push(("the snapshot".to_owned(), vec![Case { class, name, failures: Vec::new(), skipped }]));
    }
    if !audit.waivers.is_empty() {
        suites.push(("waivers".to_owned(), audit.waivers.iter().map(case_of_waiver).collect()));
    }
    document("gateproof audit", &suites)
}

/// The document of some suites, each with its name.
pub(super) fn document(title: &str, suites: &[(String, Vec<Case>)]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all = || suites.iter().flat_map(|(_, cases)| cases);
    let _ = writeln!(out, "<testsuites name=\"{}\" {}>", escape(title), counts(all()));
    for (name, cases) in suites {
        suite(&mut out, name, cases);
    }
    out.push_str("</testsuites>\n");
    out
}

fn cases_of(findings: &[&Finding]) -> Vec<Case> {
    let mut cases: BTreeMap<(&str, &str), Case> = BTreeMap::new();
    for finding in findings {
        let case = cases.entry((finding.control, &finding.subject)).or_insert_with(|| Case {
            class: finding.control.to_owned(),
            name: finding.subject.clone(),
            failures: Vec::new(),
            skipped: Vec::new(),
        });
        let text = format!("{} [{}]", finding.message, finding.fingerprint);
        let waiver = finding.waiver.as_ref().map(super::audit::in_words);
        match (finding.verdict, waiver) {
            (Judgement::Violated, Some(waiver)) if finding.is_waived() => {
                case.skipped.push(format!("waived {waiver}; {text}"));
            }
            (Judgement::Violated, Some(waiver)) => case.failures.push(format!("{text}; waiver {waiver}")),
            (Judgement::Violated, None) => case.failures.push(format!("{} ({text})", finding.severity)),
            (Judgement::Unknown, _) => {
                let missing: Vec<String> = finding.missing.iter().map(ToString::to_string).collect();
                case.skipped.push(format!("unknown: {text}; missing: {}", missing.join("; ")));
            }
            (Judgement::Holds, _) => {}
        }
    }
    cases.into_values().collect()
}

fn case_of_waiver(judged: &JudgedWaiver) -> Case {
    let text = format!("{}: {}", judged.state.words(), super::audit::in_words(judged));
    let (failures, skipped) = match judged.state {
        WaiverState::InForce => (Vec::new(), Vec::new()),
        WaiverState::Expired => (vec![text], Vec::new()),
        WaiverState::Unmatched | WaiverState::Ambiguous | WaiverState::Needless => (Vec::new(), vec![text]),
    };
    let name = judged.waiver.fingerprint.clone();
    Case { class: "waiver".to_owned(), name, failures, skipped }
}

fn counts<'c>(cases: impl Iterator<Item = &'c Case>) -> String {
    let (mut tests, mut failures, mut skipped) = (0, 0, 0);
    for case in cases {
        tests += 1;
        failures += usize::from(!case.failures.is_empty());
        skipped += usize::from(case.failures.is_empty() && !case.skipped.is_empty());
    }
    format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\"")
}

/// Writing to a string can't fail.
fn suite(out: &mut String, name: &str, cases: &[Case]) {
    let _ = writeln!(out, "  <testsuite name=\"{}\" {}>", escape(name), counts(cases.iter()));
    for case in cases {
        let (class, name) = (escape(&case.class), escape(&case.name));
        let _ = write!(out, "    <testcase classname=\"{class}\" name=\"{name}\"");
        let (tag, lines) = match (case.failures.as_slice(), case.skipped.as_slice()) {
            ([], []) => {
                out.push_str("/>\n");
                continue;
            }
            ([], skipped) => ("skipped", skipped),
            (failures, _) => ("failure", failures),
        };
        let first = lines.first().map(String::as_str).unwrap_or_default();
        let message = match lines.len() {
            1 => first.to_owned(),
            n => format!("{first}, and {} more", n - 1),
        };
        let _ = writeln!(
            out,
            ">\n      <{tag} message=\"{}\">{}</{tag}>",
            escape(&message),
            escape(&lines.join("\n"))
        );
        out.push_str("    </testcase>\n");
    }
    out.push_str("  </testsuite>\n");
}

/// Text in XML 1.0. What no document may hold (section 2.2) is written as U+ and its number.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                let _ = write!(escaped, "U+{:04X}", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_stays_within_its_element() {
        assert_eq!(
            super::escape("]]><a b=\"c\">&\u{1}\n"),
            "]]&gt;&lt;a b=&quot;c&quot;&gt;&amp;U+0001&#10;"
        );
    }
}
