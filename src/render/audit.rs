//! The audit, for people, as JSON and as a table.

use super::table::Table;
use super::text::line;
use crate::audit::{Audit, Evidence, Finding, JudgedWaiver, Judgement, WaiverState};
use crate::question::{Step, Witness};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// `gateproof-audit/1`.
pub fn json(audit: &Audit) -> Value {
    json!({"format": "gateproof-audit/1", "findings": audit.findings, "unknown": audit.unknown, "waivers": audit.waivers})
}

const COLUMNS: &[&str] =
    &["pipeline", "control", "verdict", "severity", "subject", "message", "fingerprint", "waiver"];

/// A row a finding.
pub fn table(audit: &Audit) -> Table {
    let row = |finding: &Finding| {
        let (verdict, severity) = (finding.verdict.to_string(), finding.severity.to_string());
        let Finding { pipeline, control, subject, message, fingerprint, .. } = finding;
        let waiver = finding.waiver.as_ref().map(in_words).unwrap_or_default();
        [&**pipeline, *control, &*verdict, &*severity, subject, message, fingerprint, &*waiver]
            .map(str::to_owned)
            .to_vec()
    };
    Table::of_rows("Audit", COLUMNS, audit.findings.iter().map(row).collect())
}

/// A waiver at its finding.
pub(super) fn in_words(judged: &JudgedWaiver) -> String {
    let JudgedWaiver { waiver, state } = judged;
    let day = if *state == WaiverState::Expired { "expired after" } else { "until" };
    format!("{day} {}, {}: {}", waiver.expires, waiver.owner, waiver.reason)
}

/// What is violated first, with what shows it; then what is not known, and what holds.
pub fn text(audit: &Audit) -> String {
    let mut out = String::new();
    let mut by_pipeline: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &audit.findings {
        by_pipeline.entry(&finding.pipeline).or_default().push(finding);
    }
    for (pipeline, findings) in by_pipeline {
        line(&mut out, format_args!("{pipeline}"));
        for verdict in [Judgement::Violated, Judgement::Unknown, Judgement::Holds] {
            let open = findings.iter().filter(|f| f.verdict == verdict && !f.is_waived());
            open.for_each(|finding| of_finding(&mut out, finding));
        }
        findings.iter().filter(|f| f.is_waived()).for_each(|finding| of_finding(&mut out, finding));
        out.push('\n');
    }
    for untold in &audit.unknown {
        line(&mut out, format_args!("unknown     {untold}"));
    }
    for JudgedWaiver { waiver, state } in &audit.waivers {
        if *state != WaiverState::InForce {
            let (fingerprint, owner, words) = (&waiver.fingerprint, &waiver.owner, state.words());
            line(
                &mut out,
                format_args!("waiver      {fingerprint} ({owner}, until {}): {words}", waiver.expires),
            );
        }
    }
    let count = |verdict| audit.findings.iter().filter(|f| f.verdict == verdict && !f.is_waived()).count();
    let waived = audit.findings.iter().filter(|f| f.is_waived()).count();
    let waived = if waived > 0 { format!(", {waived} waived") } else { String::new() };
    line(
        &mut out,
        format_args!(
            "{} violated{waived}, {} unknown, {} hold",
            count(Judgement::Violated),
            count(Judgement::Unknown),
            count(Judgement::Holds)
        ),
    );
    out.trim_end().to_owned()
}

fn of_finding(out: &mut String, finding: &Finding) {
    let severity = match finding.verdict {
        Judgement::Violated => format!(" ({})", finding.severity),
        Judgement::Holds | Judgement::Unknown => String::new(),
    };
    let verdict = if finding.is_waived() { "waived".to_owned() } else { finding.verdict.to_string() };
    let control = finding.control;
    line(out, format_args!("  {verdict:<9} {control}{severity}  {}: {}", finding.subject, finding.message));
    if let Some(waiver) = &finding.waiver {
        line(out, format_args!("            waiver    {}", in_words(waiver)));
    }
    if finding.is_blocking() {
        finding.evidence.iter().for_each(|evidence| of_evidence(out, evidence));
    }
    for untold in &finding.missing {
        line(out, format_args!("            missing   {untold}"));
    }
}

fn of_evidence(out: &mut String, evidence: &Evidence) {
    match evidence {
        Evidence::Fields(fields) => {
            for field in fields {
                let value = field.value.as_deref().unwrap_or("(none)");
                line(out, format_args!("            {} = {value}", field.name));
            }
        }
        Evidence::Request(witness) | Evidence::Chain(witness) => of_witness(out, witness),
        Evidence::Sets { meant, found } => {
            for (word, set) in [("meant", meant), ("who can", found)] {
                let arns: Vec<&str> = set.iter().map(|arn| &**arn).collect();
                if !arns.is_empty() {
                    line(out, format_args!("            {word:<9} {}", arns.join(", ")));
                }
            }
        }
        Evidence::Proof { .. } | Evidence::NoChain { .. } => {}
    }
}

fn of_witness(out: &mut String, witness: &Witness) {
    for step in &witness.steps {
        let technique = step.technique.as_ref().map(|t| format!(" ({t})")).unwrap_or_default();
        line(
            out,
            format_args!(
                "            request   {} on {} as {}{technique}",
                step.action, step.resource, step.caller
            ),
        );
        allowed_by(out, step);
    }
}

fn allowed_by(out: &mut String, step: &Step) {
    for evidence in step.allowed_by.iter().filter(|evidence| !evidence.policy.is_empty()) {
        let sid = evidence.sid.as_ref().map(|sid| format!(" ({sid})")).unwrap_or_default();
        line(
            out,
            format_args!(
                "            allowed   {}: {} {}{sid}",
                evidence.layer, evidence.policy, evidence.pointer
            ),
        );
    }
}
