//! The audit, for people, as JSON and as a table.

use super::table::Table;
use super::text::line;
use crate::audit::{Audit, Evidence, Finding, Judgement};
use crate::question::{Step, Witness};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// `gateproof-audit/1`.
pub fn json(audit: &Audit) -> Value {
    json!({"format": "gateproof-audit/1", "findings": audit.findings, "unknown": audit.unknown})
}

const COLUMNS: &[&str] = &["pipeline", "control", "verdict", "severity", "subject", "message", "fingerprint"];

/// A row a finding.
pub fn table(audit: &Audit) -> Table {
    let row = |finding: &Finding| {
        let (verdict, severity) = (finding.verdict.to_string(), finding.severity.to_string());
        let Finding { pipeline, control, subject, message, fingerprint, .. } = finding;
        [&**pipeline, *control, &*verdict, &*severity, subject, message, fingerprint]
            .map(str::to_owned)
            .to_vec()
    };
    Table::of_rows("Audit", COLUMNS, audit.findings.iter().map(row).collect())
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
            findings
                .iter()
                .filter(|f| f.verdict == verdict)
                .for_each(|finding| of_finding(&mut out, finding));
        }
        out.push('\n');
    }
    for untold in &audit.unknown {
        line(&mut out, format_args!("unknown     {untold}"));
    }
    let count = |verdict| audit.findings.iter().filter(|f| f.verdict == verdict).count();
    line(
        &mut out,
        format_args!(
            "{} violated, {} unknown, {} hold",
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
    let (verdict, control) = (finding.verdict, finding.control);
    line(out, format_args!("  {verdict:<9} {control}{severity}  {}: {}", finding.subject, finding.message));
    if finding.verdict == Judgement::Violated {
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
