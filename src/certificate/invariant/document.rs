//! The certificate of an invariant as data. `docs/certificates.md` describes the JSON.

use super::question::ReachQuestion;
use crate::ask::{CallProof, Tier};
use crate::certificate::digest::{SnapshotDigest, render_digest};
use crate::escalation::Fact;
use gateproof_encodings::cnf::Literal;
use gateproof_encodings::primitive::Primitive;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// A certificate of `reach`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a certificate (an object)")]
pub struct InvariantCertificate {
    /// The format's name.
    pub format: String,
    /// What it certifies.
    pub kind: Kind,
    /// The program that made it: for the record.
    pub program: String,
    /// The data that the catalogue was made from, by part.
    pub catalogue: BTreeMap<String, String>,
    /// The steps that an attacker can make.
    pub steps: Steps,
    /// The snapshot's content.
    pub snapshot: SnapshotDigest,
    /// The question.
    pub question: ReachQuestion,
    /// Everyone from whom is asked, in the question's order.
    pub callers: Vec<InvariantCaller>,
    /// What is refuted, by number.
    pub formulas: Vec<Formula>,
    /// What the atoms of the formulas say, by number.
    pub atoms: BTreeMap<u32, String>,
}

/// What a certificate certifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "invariant")]
pub enum Kind {
    /// That steps lead nowhere else.
    Invariant,
}

/// Which kinds of step are looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a digest (an object)")]
pub struct Steps {
    /// `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// How many there are.
    pub count: usize,
}

impl Steps {
    /// The digest of all that the program has read of the steps, in their order.
    pub fn of(primitives: &[Primitive]) -> Self {
        let mut hash = Sha256::new();
        for primitive in primitives {
            let text = format!("{primitive:?}");
            hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(text);
        }
        Self { digest: render_digest(hash), count: primitives.len() }
    }
}

/// One starting principal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a caller (an object)")]
pub struct InvariantCaller {
    /// Its ARN, the name of a service, or `*`.
    pub arn: String,
    /// What is proved of it; null: nothing is claimed.
    #[serde(deserialize_with = "Option::deserialize")]
    pub claim: Option<InvariantClaim>,
}

/// That a principal comes to no more than these facts, and that none of their sessions meets the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a claim (an object)")]
pub struct InvariantClaim {
    /// What was not collected and is taken to be neutral.
    pub assumptions: Vec<String>,
    /// The invariant.
    pub facts: BTreeSet<Fact>,
    /// The calls that keep steps inside of it, none of them ever allowed; and the target. Without those whose formulas
    /// are false as they stand.
    pub guards: Vec<Guard>,
}

/// A call, or a question, that no session of somebody can make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a guard (an object)")]
pub struct Guard {
    /// Who calls, and how the session is held.
    pub caller: String,
    /// What is asked.
    pub asks: String,
    /// Which requests it is about: the weakest tier of the pieces.
    pub scope: Tier,
    /// Whether it covers names beside the catalogue's.
    pub uncatalogued_actions: bool,
    /// How many pieces there are.
    pub pieces: usize,
    /// How many of them have a formula that is false as it stands, and need no proof.
    pub folded: usize,
    /// A digest of what is asked and every piece with its clauses.
    pub digest: String,
    /// By action, of calls that need several authorizations: what is refuted, where it is not each resource.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub calls: BTreeMap<String, CallProof>,
    /// The proofs of the others.
    pub proofs: Vec<GuardProof>,
}

/// The proof of one piece of a guard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a proof (an object)")]
pub struct GuardProof {
    /// What the piece is about.
    pub piece: String,
    /// Which requests the proof is about.
    pub tier: Tier,
    /// The number of the formula.
    pub formula: usize,
}

/// A formula and its refutation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a formula (an object)")]
pub struct Formula {
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
