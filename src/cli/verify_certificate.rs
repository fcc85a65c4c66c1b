//! `verify-certificate`.

use super::primitives::primitives;
use super::{CliError, Global, exit};
use crate::certificate::{
    AnyCertificate, Refusal, VerifyError, read_any_certificate, verify, verify_invariants,
};
use crate::config::Config;
use crate::render::{invariants, verification};
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
        let (json, text, code) = match read_any_certificate(&self.certificate)? {
            AnyCertificate::Question(certificate) => {
                let outcome = self.outcome(verify(&certificate, &self.snapshot))?;
                let (json, text) =
                    (verification::json(&certificate, &outcome), verification::text(&certificate, &outcome));
                (json, text, code(&outcome))
            }
            AnyCertificate::Invariant(certificate) => {
                let config = Config::beside(&self.snapshot, global.config.as_deref())?;
                let primitives = primitives(global, &config)?;
                let outcome = self.outcome(verify_invariants(&certificate, &primitives, &self.snapshot))?;
                let (json, text) =
                    (invariants::json(&certificate, &outcome), invariants::text(&certificate, &outcome));
                (json, text, code(&outcome))
            }
        };
        global.publish(&json, &text, None)?;
        Ok(code)
    }

    fn outcome<T>(&self, verified: Result<T, VerifyError>) -> Result<Result<T, Refusal>, CliError> {
        match verified {
            Ok(verified) => Ok(Ok(verified)),
            Err(VerifyError::Refused(refusal)) => Ok(Err(refusal)),
            Err(VerifyError::Load(error)) => Err(error.into()),
            Err(VerifyError::Question(error)) => {
                let file = self.certificate.display();
                Err(CliError::Input(format!("{file} at question: {error}")))
            }
            Err(error @ VerifyError::Files(..)) => Err(CliError::Input(error.to_string())),
        }
    }
}

fn code<T>(outcome: &Result<T, Refusal>) -> u8 {
    if outcome.is_ok() { exit::ANSWERED } else { exit::REFUSED }
}
