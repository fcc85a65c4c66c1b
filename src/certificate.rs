//! Certificates: what *impossible* rests on, as a file that another run, or another person, can check.
//!
//! [`export()`] walks through all pieces of the callers that can't, ruling nothing out beforehand, and writes down
//! the proof of each; [`verify()`] makes the formulas anew from the snapshot and the question, and holds the
//! certificate's clauses against them before the proof checker judges. It searches for nothing.

mod describe;
mod digest;
mod document;
mod export;
mod file;
mod invariant;
mod ledger;
mod question;
mod refusal;
mod verify;

pub use digest::{SnapshotDigest, digest_snapshot};
pub use document::{Caller, Certificate, Claim, PieceProof};
pub use export::{ExportError, export};
pub use file::{AnyCertificate, FileError, read_any_certificate, read_certificate, write_certificate};
pub use invariant::{
    Formula, Guard, GuardProof, InvariantCaller, InvariantCertificate, InvariantClaim, ReachQuestion, Steps,
    VerifiedInvariant, export_invariants, verify_invariants, verify_invariants_loaded,
};
pub use question::{Command, MissingMode, Question, QuestionError, Readings};
pub use refusal::{Fault, Refusal};
pub use verify::{Verified, VerifiedClaim, VerifyError, verify, verify_loaded};
