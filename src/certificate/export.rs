//! Making a certificate: the engine decides every piece, what it shows is written down.

use super::describe::Words;
use super::digest::SnapshotDigest;
use super::document::{Caller, Certificate, Claim, FORMAT, PieceProof, catalogue_sources};
use super::ledger::Ledger;
use super::question::{Question, QuestionError};
use crate::ask::{
    AskError, CallProof, CallerEntity, Estate, Obligation, Owed, OwedCall, Part, PieceAnswer, Tier, Visitor,
};
use gateproof_checker::check;
use gateproof_encodings::cnf::encode_clauses;
use gateproof_encodings::term::Terms;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Why a certificate can't be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The question can't be written down and read again.
    #[error(transparent)]
    Question(#[from] QuestionError),
    /// The question can't be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The answers are about others than the question is.
    #[error("the answers are about {given} callers, the question is about {expected}")]
    Callers {
        /// Of the answers.
        given: usize,
        /// Of the question.
        expected: usize,
    },
    /// A step leads out of an invariant.
    #[error("{0}, although the answer says otherwise")]
    Open(super::refusal::Refusal),
    /// A piece is not refuted, though the answer was so.
    #[error("{caller}, {piece}: {why}, although the answer says otherwise")]
    NotRefuted {
        /// The caller.
        caller: String,
        /// The piece.
        piece: String,
        /// What became of it.
        why: String,
    },
}

/// The certificate of the callers of whom something is `proved`, in the question's order; `None` where there is
/// nobody. Nothing is ruled out beforehand: every piece of theirs is made and decided.
///
/// # Errors
/// Where a piece can't be refuted, and where the question can't be asked.
pub fn export(
    estate: &Estate,
    question: Question,
    snapshot: SnapshotDigest,
    proved: &[bool],
) -> Result<Option<Certificate>, ExportError> {
    if !proved.contains(&true) {
        return Ok(None);
    }
    let asked = question.parse()?;
    let owed =
        estate.owed(asked.principals.as_deref(), &asked.requests, asked.quantifier, &asked.environments)?;
    let (given, expected) = (proved.len(), owed.callers.len());
    if given != expected {
        return Err(ExportError::Callers { given, expected });
    }
    let about = question.in_full();
    let claims: Vec<Result<Option<Drafted>, ExportError>> = owed
        .callers
        .par_iter()
        .zip(proved)
        .map_init(<(Terms, Words)>::default, |tools, (caller, proved)| {
            let drafted = proved.then(|| draft(&about, &owed, caller, tools)).transpose()?;
            Ok(drafted.map(|mut drafted| {
                drafted.claim.assumptions = owed.assumptions(caller);
                drafted
            }))
        })
        .collect();
    let mut table = Table::default();
    let mut callers = Vec::with_capacity(claims.len());
    for (caller, claim) in owed.callers.iter().zip(claims) {
        let claim = claim?.map(|drafted| table.enter(drafted));
        callers.push(Caller { arn: caller.id.to_string(), claim });
    }
    let program = format!("gateproof {}", env!("CARGO_PKG_VERSION"));
    let catalogue = catalogue_sources();
    let (format, atoms) = (FORMAT.to_owned(), table.words);
    Ok(Some(Certificate { format, program, catalogue, snapshot, question, callers, atoms }))
}

/// A claim whose atoms are not numbered yet: the words of each proof's atoms beside it.
pub(super) struct Drafted {
    pub claim: Claim,
    pub words: Vec<Vec<Arc<str>>>,
}

/// The numbers of atoms by their words, in the order of first use.
#[derive(Default)]
pub(super) struct Table {
    numbers: FxHashMap<Arc<str>, u32>,
    pub words: BTreeMap<u32, String>,
}

impl Table {
    pub fn enter(&mut self, drafted: Drafted) -> Claim {
        let mut claim = drafted.claim;
        for (proof, words) in claim.proofs.iter_mut().zip(drafted.words) {
            proof.atoms = words.into_iter().map(|text| self.number(text)).collect();
        }
        claim
    }

    pub fn number(&mut self, text: Arc<str>) -> u32 {
        let next = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(text.clone()).or_insert(next);
        if number == next {
            self.words.insert(number, text.to_string());
        }
        number
    }
}

/// The claim about one caller, its assumptions aside; `about` says in the digest what is asked.
pub(super) fn draft(
    about: &str,
    owed: &Owed<'_>,
    caller: &CallerEntity,
    (terms, words): &mut (Terms, Words),
) -> Result<Drafted, ExportError> {
    let mut book = |part: Part, ledger: Ledger| {
        let mut scribe = Scribe {
            caller: &caller.id,
            ledger,
            proofs: Vec::new(),
            listed: Vec::new(),
            calls: BTreeMap::new(),
            terms: &mut *terms,
            words: &mut *words,
        };
        owed.walk(caller, part, &mut scribe)?;
        Ok((scribe.ledger, scribe.proofs, scribe.listed, scribe.calls))
    };
    let (known, open) = (owed.has_known_actions(), owed.has_uncatalogued_actions());
    let (mut ledger, mut proofs, mut listed, calls) = book(Part::Known, Ledger::of(about, &caller.id))?;
    let mut uncatalogued_actions = false;
    if open {
        match book(Part::Uncatalogued, ledger.clone()) {
            // Only of catalogued actions it is known what a call needs.
            Ok((whole, more, their, _)) => {
                uncatalogued_actions = true;
                ledger = whole;
                proofs.extend(more);
                listed.extend(their);
            }
            // Allowed, or not decided, for names only that the catalogue doesn't know: the claim says so.
            Err(_) if known => {}
            Err(error) => return Err(error),
        }
    }
    let claim = Claim {
        scope: ledger.scope(uncatalogued_actions == open),
        uncatalogued_actions,
        assumptions: Vec::new(),
        pieces: ledger.pieces,
        folded: ledger.folded,
        formulas: ledger.into_digest(),
        calls,
        proofs,
    };
    Ok(Drafted { claim, words: listed })
}

/// Walks through the pieces of one caller and writes down the proof of each.
struct Scribe<'c, 't> {
    caller: &'c str,
    ledger: Ledger,
    proofs: Vec<PieceProof>,
    listed: Vec<Vec<Arc<str>>>,
    calls: BTreeMap<String, CallProof>,
    terms: &'t mut Terms,
    words: &'t mut Words,
}

impl Visitor for Scribe<'_, '_> {
    type Fault = ExportError;

    fn settle(&mut self, owed: &Obligation<'_>) -> Result<(), ExportError> {
        if self.settle_together(owed)? {
            return Ok(());
        }
        Err(self.not_refuted(owed, "the engine asks for parts of it"))
    }

    fn settle_together(&mut self, owed: &Obligation<'_>) -> Result<bool, ExportError> {
        let piece = owed.label();
        // Of a formula that is false as it stands there is nothing to decide.
        let strongest = owed.tiers().first().copied().unwrap_or(Tier::Catalogued);
        if owed.encode(self.terms, strongest) == Terms::FALSE {
            self.ledger.note_folded(&piece, strongest);
            return Ok(true);
        }
        let shown = match owed.decide(self.terms) {
            PieceAnswer::Impossible(shown) => shown,
            PieceAnswer::Split => return Ok(false),
            PieceAnswer::Reachable(step, _) => {
                let why =
                    format!("a request is decided the other way ({} on {})", step.action, step.resource);
                return Err(self.not_refuted(owed, &why));
            }
            PieceAnswer::Unknown(reason) => return Err(self.not_refuted(owed, &reason.to_string())),
        };
        let tier = owed.tier_of(&shown);
        let root = owed.encode(self.terms, tier);
        if root == Terms::FALSE {
            self.ledger.note_folded(&piece, tier);
            return Ok(true);
        }
        let cnf = encode_clauses(self.terms, root);
        check(self.terms.atoms(), &cnf, &shown.proof)
            .map_err(|refusal| self.not_refuted(owed, &refusal.to_string()))?;
        self.ledger.note_proof(&piece, tier, &cnf);
        self.listed.push(self.terms.atoms().iter().map(|atom| self.words.of(atom)).collect());
        self.proofs.push(PieceProof {
            piece,
            tier,
            atoms: Vec::new(),
            variables: cnf.variables,
            clauses: cnf.clauses,
            lemmas: shown.proof.lemmas,
            steps: shown.proof.steps,
        });
        Ok(true)
    }

    fn strike(&mut self, owed: &Obligation<'_>) -> Result<bool, ExportError> {
        Ok(self.settle_together(owed).unwrap_or(false))
    }

    /// The first way in which all that has to be refuted is.
    fn settle_call(&mut self, call: &OwedCall<'_, '_>) -> Result<(), ExportError> {
        let (before, proofs, listed) = (self.ledger.clone(), self.proofs.len(), self.listed.len());
        let mut last = Ok(());
        for way in call.ways() {
            if let Some(way) = &way {
                self.ledger.note_call(call.action(), way);
            }
            match call.walk(way.as_ref(), self) {
                Ok(true) => {
                    self.calls.extend(way.map(|way| (call.action().to_owned(), way)));
                    return Ok(());
                }
                Ok(false) => {}
                Err(error) => last = Err(error),
            }
            self.ledger = before.clone();
            self.proofs.truncate(proofs);
            self.listed.truncate(listed);
        }
        last
    }
}

impl Scribe<'_, '_> {
    fn not_refuted(&self, owed: &Obligation<'_>, why: &str) -> ExportError {
        let (caller, piece) = (self.caller.to_owned(), owed.label());
        ExportError::NotRefuted { caller, piece, why: why.to_owned() }
    }
}
