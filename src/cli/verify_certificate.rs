//! `verify-certificate`.

use super::{CliError, Global, exit};
use crate::certificate::{VerifyError, read_certificate, verify};
use crate::render::verification;
use clap::Args;
use std::path::PathBuf;

/// `gateproof verify-certificate`
#[derive(Debug, Clone, Args)]
pub(crate) struct VerifyCertificate {
    /// The certificate.
    certificate: PathBuf,
    /// The snapshot.
    snapshot: PathBuf,
}

impl VerifyCertificate {
    pub(crate) fn run(&self, global: &Global) -> Result<u8, CliError> {
        global.must_export_json("verify-certificate")?;
        let certificate = read_certificate(&self.certificate)?;
        let (outcome, code) = match verify(&certificate, &self.snapshot) {
            Ok(verified) => (Ok(verified), exit::ANSWERED),
            Err(VerifyError::Refused(refusal)) => (Err(refusal), exit::REFUSED),
            Err(VerifyError::Load(error)) => return Err(error.into()),
            Err(VerifyError::Question(error)) => {
                let file = self.certificate.display();
                return Err(CliError::Input(format!("{file} at question: {error}")));
            }
            Err(error @ VerifyError::Files(..)) => return Err(CliError::Input(error.to_string())),
        };
        global.publish(
            &verification::json(&certificate, &outcome),
            &verification::text(&certificate, &outcome),
            None,
        )?;
        Ok(code)
    }
}
