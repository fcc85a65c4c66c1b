//! `--certificate`: the proofs behind an answer, as a file.

use super::{CliError, Global};
use crate::ask::Estate;
use crate::certificate::{Question, digest_snapshot, export, write_certificate};
use crate::question::Answer;
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
    let shown = file.display();
    let certificate = export(estate, question, digest_snapshot(snapshot)?, &proved)?;
    let said = match certificate {
        Some(certificate) => {
            write_certificate(&certificate, file)?;
            let claims = proved.iter().filter(|p| **p).count();
            format!("certificate of {claims} of {} callers written to {shown}", proved.len())
        }
        None => format!("no answer rests on a proof, so no certificate is written to {shown}"),
    };
    if !global.quiet {
        writeln!(std::io::stderr(), "{said}")?;
    }
    Ok(())
}
