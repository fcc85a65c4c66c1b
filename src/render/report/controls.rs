//! What the controls are, and how each is decided.

use super::finding::code;
use super::html::Html;
use super::overview::severity;
use super::remedy;
use crate::audit::{Audit, CONTROLS};

/// Those that something was said of.
pub(super) fn render(main: &mut Html, audit: &Audit) {
    main.tag("section", &[("aria-labelledby", &"controls")], |section| {
        section.leaf("h2", &[("id", &"controls")], "What was asked");
        for control in CONTROLS {
            if !audit.findings.iter().any(|finding| finding.control == control.id) {
                continue;
            }
            section.tag("details", &[("class", &"plain control"), ("id", &control.id)], |details| {
                details.tag("summary", &[], |summary| {
                    summary.leaf("span", &[("class", &"id")], control.id);
                    severity(summary, control.severity);
                    summary.text(" ").text(control.title);
                });
                details.tag("dl", &[], |list| {
                    for (term, words) in [("Why", control.reason), ("Decided by", control.decides), ("To do", control.remedy)] {
                        list.leaf("dt", &[], term);
                        list.tag("dd", &[], |dd| code(dd, words));
                    }
                    remedy::of_control(list, control.id);
                    list.leaf("dt", &[], "Reads");
                    list.leaf("dd", &[], control.reads.join(", "));
                });
            });
        }
        section.leaf("p", &[("class", &"quiet")], "A request is one that the reference evaluator allows on the snapshot's own documents. A proof says that no request is allowed, whoever asks of those counted: every formula was refuted, and each refutation was accepted by a checker that shares no code with the search.");
    });
}
