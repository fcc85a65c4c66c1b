//! The certificate as data. `docs/certificates.md` describes the JSON.

use super::digest::SnapshotDigest;
use super::question::Question;
use crate::ask::{CallProof, Tier};
use gateproof_encodings::cnf::Literal;
use gateproof_model::catalogue::Catalogue;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The format's name.
pub const FORMAT: &str = "gateproof-certificate/1";

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a certificate (an object)")]
pub struct Certificate {
    /// [`FORMAT`].
    pub format: String,
    /// The program that made it: for the record.
    pub program: String,
    /// The data that the catalogue was made from, by part.
    pub catalogue: BTreeMap<String, String>,
    /// The snapshot's content.
    pub snapshot: SnapshotDigest,
    /// The question.
    pub question: Question,
    /// Everyone whom the question is about, in its order.
    pub callers: Vec<Caller>,
    /// What the atoms of the formulas say, by number.
    pub atoms: BTreeMap<u32, String>,
}

/// One caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a caller (an object)")]
pub struct Caller {
    /// Its ARN, the name of a service, or `*`.
    pub arn: String,
    /// What is proved of it; null: nothing is claimed.
    #[serde(deserialize_with = "Option::deserialize")]
    pub claim: Option<Claim>,
}

/// That a caller can make no request of the question (for `--every`: that it can make each).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a claim (an object)")]
pub struct Claim {
    /// Which requests it is about: the weakest tier of the pieces.
    pub scope: Tier,
    /// Whether it covers the names that the question's globs match beside the catalogue's.
    pub uncatalogued_actions: bool,
    /// What was not collected and is taken to be neutral.
    pub assumptions: Vec<String>,
    /// How many pieces there are.
    pub pieces: usize,
    /// How many of them have a formula that is false as it stands, and need no proof.
    pub folded: usize,
    /// A digest of the question, the caller and every piece with its clauses.
    pub formulas: String,
    /// By action, of calls that need several authorizations: what is refuted, where it is not each resource.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub calls: BTreeMap<String, CallProof>,
    /// The proofs of the others.
    pub proofs: Vec<PieceProof>,
}

/// The proof of one piece.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a proof (an object)")]
pub struct PieceProof {
    /// What the piece is about.
    pub piece: String,
    /// Which requests the proof is about.
    pub tier: Tier,
    /// The atom of each of the first variables: variable 1 is the first.
    pub atoms: Vec<u32>,
    /// How many variables there are; those beyond the atoms name subformulas.
    pub variables: u32,
    /// The formula's clauses, as in DIMACS.
    pub clauses: Vec<Vec<Literal>>,
    /// Clauses over atoms of one field that are true of every request.
    pub lemmas: Vec<Vec<Literal>>,
    /// Clauses that follow by reverse unit propagation, in order (DRUP).
    pub steps: Vec<Vec<Literal>>,
}

/// The catalogue's sources, as certificates name them.
pub fn catalogue_sources() -> BTreeMap<String, String> {
    Catalogue::versions()
        .map(|s| (s.part.to_owned(), format!("{} {} of {}", s.package, s.version, s.date)))
        .collect()
}
