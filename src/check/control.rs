//! `control`: a control of the audit holds.

use super::decide::{DecideError, Decided, Doubt, Judgement, Violation};
use super::property::ControlHolds;
use crate::ask::{AskError, Estate, glob_matches};
use crate::audit::{Audit, Evidence, Finding, Judgement as Found};
use crate::escalation::EscalationSettings;
use crate::question::{Undecided, Witness};

/// Decides a `control`.
pub(super) fn decide_control(
    holds: &ControlHolds,
    estate: &Estate,
    settings: &EscalationSettings,
) -> Result<Decided, DecideError> {
    let pipeline = holds.pipeline.as_deref();
    let audit = Audit::of(estate, &holds.intent, (pipeline, &[holds.control]), settings)?;
    let is_meant =
        |finding: &&Finding| holds.subject.as_deref().is_none_or(|glob| glob_matches(glob, &finding.subject));
    let findings: Vec<&Finding> = audit.findings.iter().filter(is_meant).collect();
    if findings.is_empty() && audit.unknown.is_empty() {
        let given = holds.subject.as_deref().or(pipeline).unwrap_or(holds.control.id);
        return Err(AskError::NothingSelected { given: given.to_owned() }.into());
    }
    let of = |verdict: Found| findings.iter().filter(move |finding| finding.verdict == verdict);
    let violations: Vec<Violation> = of(Found::Violated).map(|finding| violation(finding)).collect();
    // What isn't known of other pipelines doesn't matter to the one that is named.
    let blind = audit
        .unknown
        .iter()
        .filter(|_| pipeline.is_none() || findings.is_empty())
        .map(|untold| doubt(holds.control.id, &untold.what));
    let doubts: Vec<Doubt> =
        of(Found::Unknown).map(|finding| doubt(&finding.subject, &finding.message)).chain(blind).collect();
    let judgement = match (violations.is_empty(), doubts.is_empty()) {
        (false, _) => Judgement::Violated,
        (true, false) => Judgement::Undecided,
        (true, true) => Judgement::Holds,
    };
    let message = match judgement {
        Judgement::Holds => format!("{} holds of {} things", holds.control.id, findings.len()),
        _ => format!("{}: {}", holds.control.id, holds.control.title),
    };
    Ok(Decided {
        judgement,
        message,
        violations,
        doubts,
        principals: findings.len(),
        witnesses: Vec::new(),
        proof: None,
        untold: Vec::new(),
        assumptions: Vec::new(),
    })
}

fn violation(finding: &Finding) -> Violation {
    let offender = finding.offender();
    let principal = if offender.is_empty() { &finding.subject } else { offender };
    let witness = finding.evidence.iter().find_map(|evidence| match evidence {
        Evidence::Request(witness) | Evidence::Chain(witness) => Some(witness.clone()),
        _ => None::<Witness>,
    });
    Violation {
        principal: principal.into(),
        message: format!("{}: {}", finding.subject, finding.message),
        witness,
        proof: None,
        assumptions: Vec::new(),
    }
}

fn doubt(who: &str, why: &str) -> Doubt {
    Doubt { principal: who.into(), why: Undecided { reason: why.to_owned(), place: who.to_owned() } }
}
