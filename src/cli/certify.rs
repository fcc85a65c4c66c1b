//! `--certificate`: the proofs behind an answer, as a file.

use super::{CliError, Global};
use crate::ask::Estate;
use crate::certificate::{
    Question, ReachQuestion, digest_snapshot, export, export_invariants, write_certificate,
};
use crate::escalation::{EscalationSettings, ReachAnswer};
use crate::question::Answer;
use serde::Serialize;
use std::io::Write;
use std::path::Path;

/// Writes the certificate of the callers whose answers rest on a proof. Where there is none, nothing is written.
pub(crate) fn certify<'a>(
    global: &Global,
    estate: &Estate,
    snapshot: &Path,
    question: Question,
    answers: impl Iterator<Item = &'a Answer>,
    file: &Path,
) -> Result<(), CliError> {
    let proved: Vec<bool> = answers.map(|answer| answer.proof.is_some()).collect();
    let certificate = export(estate, question, digest_snapshot(snapshot)?, &proved)?;
    let claims = proved.iter().filter(|p| **p).count();
    publish(global, certificate.as_ref(), claims, proved.len(), file)
}

/// Writes the certificate of the principals that can't reach the target. Where all can, nothing is written.
pub(crate) fn certify_invariants(
    global: &Global,
    estate: &Estate,
    snapshot: &Path,
    (question, settings): (ReachQuestion, &EscalationSettings),
    answer: &ReachAnswer,
    file: &Path,
) -> Result<(), CliError> {
    let digest = digest_snapshot(snapshot)?;
    let invariants = &answer.invariants;
    let certificate = export_invariants(estate, &settings.primitives, question, digest, invariants)?;
    let claims = invariants.iter().flatten().count();
    publish(global, certificate.as_ref(), claims, invariants.len(), file)
}

fn publish(
    global: &Global,
    certificate: Option<&impl Serialize>,
    claims: usize,
    callers: usize,
    file: &Path,
) -> Result<(), CliError> {
    let shown = file.display();
    let said = match certificate {
        Some(certificate) => {
            write_certificate(certificate, file)?;
            format!("certificate of {claims} of {callers} callers written to {shown}")
        }
        None => format!("no answer rests on a proof, so no certificate is written to {shown}"),
    };
    if !global.quiet {
        writeln!(std::io::stderr(), "{said}")?;
    }
    Ok(())
}
