//! Verifying: the formulas are made anew, the certificate's are held against them, the checker judges.
//!
//! Nothing is searched for and no solver is asked. Of the certificate nothing is believed: labels only say
//! where to look, counts and digests are made again.

mod claim;

use super::describe::Words;
use super::digest::{SnapshotDigest, digest_snapshot};
use super::document::{Certificate, Claim, catalogue_sources};
use super::question::QuestionError;
use super::refusal::{Fault, Refusal};
use crate::ask::{CallerEntity, Estate, EstateOptions, Owed, Tier};
use claim::verify_claim;
pub(super) use claim::{judge_claim, judge_name, same_assumptions};
use gateproof_checker::check;
use gateproof_encodings::cnf::Cnf;
use gateproof_encodings::proof::Proof;
use gateproof_encodings::term::Terms;
use gateproof_model::snapshot::LoadError;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// A certificate that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many callers the question is about.
    pub callers: usize,
    /// Of whom it is proved, and what was checked.
    pub claims: Vec<VerifiedClaim>,
}

/// A claim that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedClaim {
    /// The caller.
    pub arn: String,
    /// Which requests it is about.
    pub scope: Tier,
    /// What it takes for granted.
    pub assumptions: Vec<String>,
    /// Formulas made anew.
    pub pieces: usize,
    /// Those that were false as they stood.
    pub folded: usize,
    /// Lemmas found true of every request.
    pub lemmas: usize,
    /// Steps found to follow.
    pub steps: usize,
}

/// Why a certificate was not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The snapshot can't be used.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A file of the snapshot can't be read.
    #[error("{0}: {1}")]
    Files(String, std::io::Error),
    /// The certificate's question can't be read.
    #[error(transparent)]
    Question(#[from] QuestionError),
    /// It proves nothing of this snapshot.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Verifies a certificate against the snapshot of that path.
///
/// # Errors
/// Where the snapshot or the question can't be read, and where the certificate is refused.
pub fn verify(certificate: &Certificate, snapshot: &Path) -> Result<Verified, VerifyError> {
    // What is no question is no certificate, whatever the snapshot.
    certificate.question.parse()?;
    let estate = Estate::load(snapshot, EstateOptions { missing: certificate.question.missing() })?;
    let found = digest_snapshot(snapshot)
        .map_err(|error| VerifyError::Files(snapshot.display().to_string(), error))?;
    same_files(&certificate.snapshot, &found)?;
    verify_loaded(certificate, &estate)
}

/// The files are those that it was made from.
pub(super) fn same_files(given: &SnapshotDigest, found: &SnapshotDigest) -> Result<(), Refusal> {
    if given == found {
        return Ok(());
    }
    let text = |d: &SnapshotDigest| format!("{} ({} files)", d.digest, d.files);
    Err(Fault::Digest { given: text(given), found: text(found) }.at("snapshot"))
}

/// Verifies a certificate against a loaded snapshot, the digest of its files aside.
///
/// # Errors
/// Where the question can't be read, and where the certificate is refused.
pub fn verify_loaded(certificate: &Certificate, estate: &Estate) -> Result<Verified, VerifyError> {
    same_meaning(certificate, estate)?;
    let question = certificate.question.parse()?;
    let owed = estate
        .owed(question.principals.as_deref(), &question.requests, question.quantifier, &question.environments)
        .map_err(|error| Fault::Question(error).at("question"))?;
    nothing_passed_over(&owed)?;
    same_callers(certificate, &owed)?;
    let claimed: Vec<(&CallerEntity, &Claim)> = owed
        .callers
        .iter()
        .zip(&certificate.callers)
        .filter_map(|(caller, listed)| Some((caller, listed.claim.as_ref()?)))
        .collect();
    if claimed.is_empty() {
        return Err(Fault::Empty.at("callers").into());
    }
    let judged: Vec<Result<VerifiedClaim, Refusal>> = claimed
        .into_par_iter()
        .map_init(<(Terms, Words)>::default, |tools, (caller, claim)| {
            verify_claim(certificate, &owed, caller, claim, tools)
        })
        .collect();
    let claims = judged.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(Verified { callers: owed.callers.len(), claims })
}

/// The words of the certificate mean to this program what they meant to the one that made it.
fn same_meaning(certificate: &Certificate, estate: &Estate) -> Result<(), Refusal> {
    same_catalogue(&certificate.catalogue)?;
    if certificate.question.rules != estate.rules.into() || certificate.question.missing() != estate.missing {
        return Err(Fault::Rules.at("question"));
    }
    Ok(())
}

/// The catalogue is the one that it was made with.
pub(super) fn same_catalogue(given: &BTreeMap<String, String>) -> Result<(), Refusal> {
    let ours = catalogue_sources();
    if *given == ours {
        return Ok(());
    }
    let text = |sources: &BTreeMap<String, String>| {
        let parts: Vec<String> = sources.iter().map(|(part, source)| format!("{part}: {source}")).collect();
        parts.join("; ")
    };
    Err(Fault::Catalogue { given: text(given), ours: text(&ours) }.at("catalogue"))
}

/// The known resources that no piece is about are none that the question asks about.
fn nothing_passed_over(owed: &Owed<'_>) -> Result<(), Refusal> {
    for (arn, demands) in owed.passed_over() {
        let cnf = Cnf { atoms: 2, variables: 2, clauses: vec![vec![1], vec![2]] };
        let apart = Proof { lemmas: vec![vec![-1, -2]], steps: Vec::new() };
        check(&demands, &cnf, &apart).map_err(|_| Fault::PassedOver(arn.to_string()).at("question"))?;
    }
    Ok(())
}

/// Exactly those whom the question is about are listed, in its order.
fn same_callers(certificate: &Certificate, owed: &Owed<'_>) -> Result<(), Refusal> {
    let (listed, callers) = (&certificate.callers, &owed.callers);
    (0..listed.len().max(callers.len())).try_for_each(|place| {
        let given = listed.get(place).map(|l| l.arn.as_str());
        same_caller(place, given, callers.get(place).map(|c| &*c.id))
    })
}

/// The one listed in this place is the one asked about.
pub(super) fn same_caller(place: usize, given: Option<&str>, expected: Option<&str>) -> Result<(), Refusal> {
    if given == expected {
        return Ok(());
    }
    let text = |id: Option<&str>| id.unwrap_or("nobody").to_owned();
    Err(Fault::Caller { given: text(given), expected: text(expected) }.at(format!("caller {place}")))
}
