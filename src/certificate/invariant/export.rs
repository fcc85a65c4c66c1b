//! Making the certificate of an invariant: the walk of the verifier, with the engine to decide the guards.

use super::document::{
    Formula, Guard as Listed, GuardProof, InvariantCaller, InvariantCertificate, InvariantClaim, Kind, Steps,
};
use super::folded::folded;
use super::ground::{Asks, Ground, Guard, Judge, Known, Matter, Tools};
use super::question::ReachQuestion;
use super::walk::close;
use crate::ask::{Bond, Estate, OneCall, OneName, Tied, Tier};
use crate::certificate::describe::Words;
use crate::certificate::digest::SnapshotDigest;
use crate::certificate::document::{Claim, FORMAT, PieceProof, catalogue_sources};
use crate::certificate::export::{Drafted, ExportError, Table, draft};
use crate::certificate::ledger::Ledger;
use crate::certificate::refusal::Refusal;
use crate::escalation::Invariant;
use crate::question::Requests;
use gateproof_checker::check;
use gateproof_encodings::cnf::encode_clauses;
use gateproof_encodings::primitive::Primitive;
use gateproof_encodings::proof::Proof;
use gateproof_encodings::term::{Term, Terms};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// The piece of a guard that asks for one name.
pub(super) const NAME: &str = "one new name";
/// The piece of a guard that asks for one call.
pub(super) const CALL: &str = "one call";

/// The certificate of the principals that have an invariant, in the question's order; `None` where there is none.
///
/// # Errors
/// Where a step leads out of an invariant, and where the question can't be asked.
pub fn export_invariants(
    estate: &Estate,
    primitives: &[Primitive],
    question: ReachQuestion,
    snapshot: SnapshotDigest,
    invariants: &[Option<Invariant>],
) -> Result<Option<InvariantCertificate>, ExportError> {
    if invariants.iter().all(Option::is_none) {
        return Ok(None);
    }
    let asked = question.parse()?;
    let (starts, goal) = (asked.starts(estate)?, asked.goal(estate)?);
    let relevant = goal.relevant(primitives);
    let (given, expected) = (invariants.len(), starts.len());
    if given != expected {
        return Err(ExportError::Callers { given, expected });
    }
    let mut book = Book::default();
    let mut listed = Vec::with_capacity(starts.len());
    for (start, invariant) in starts.into_iter().zip(invariants) {
        let arn = start.name().to_string();
        let claim = match invariant {
            None => None,
            Some(invariant) => {
                let facts = &invariant.facts;
                let matter = Matter {
                    estate,
                    primitives: &relevant,
                    start: &start,
                    goal: &goal,
                    environments: &asked.environments,
                    facts,
                };
                Some(book.claim(&matter)?)
            }
        };
        listed.push(InvariantCaller { arn, claim });
    }
    Ok(Some(InvariantCertificate {
        format: FORMAT.to_owned(),
        kind: Kind::Invariant,
        program: format!("gateproof {}", env!("CARGO_PKG_VERSION")),
        catalogue: catalogue_sources(),
        steps: Steps::of(primitives),
        snapshot,
        question,
        callers: listed,
        formulas: book.formulas,
        atoms: book.table.words,
    }))
}

/// Atoms and formulas by number, in the order of first use.
#[derive(Default)]
struct Book {
    table: Table,
    numbers: FxHashMap<Formula, usize>,
    formulas: Vec<Formula>,
}

impl Book {
    fn claim(&mut self, matter: &Matter<'_>) -> Result<InvariantClaim, ExportError> {
        let after = matter.after();
        let ground = Ground::of(&after, matter.environments);
        let prover = Prover { ground: &ground, known: Known::default() };
        let assumptions = close(matter, &after, &prover).map_err(ExportError::Open)?;
        let refuted = prover.known.into_outcomes().into_iter();
        let refuted =
            refuted.filter_map(|o| if let Outcome::Proved(proved) = o { Some(proved) } else { None });
        let refuted: BTreeMap<(String, String), Drafted> =
            refuted.map(|p| ((p.caller, p.asks), p.drafted)).collect();
        let guards = refuted.into_iter().map(|((caller, asks), drafted)| self.enter(caller, asks, drafted));
        let guards = guards.collect();
        Ok(InvariantClaim { assumptions, facts: matter.facts.clone(), guards })
    }

    fn enter(&mut self, caller: String, asks: String, drafted: Drafted) -> Listed {
        let Claim { scope, uncatalogued_actions, pieces, folded, formulas, calls, proofs, .. } =
            self.table.enter(drafted);
        let proofs = proofs.into_iter().map(|proof| self.number(proof)).collect();
        Listed { caller, asks, scope, uncatalogued_actions, pieces, folded, digest: formulas, calls, proofs }
    }

    fn number(&mut self, proof: PieceProof) -> GuardProof {
        let PieceProof { piece, tier, atoms, variables, clauses, lemmas, steps } = proof;
        let formula = Formula { atoms, variables, clauses, lemmas, steps };
        let next = self.formulas.len();
        let number = *self.numbers.entry(formula).or_insert_with_key(|formula| {
            self.formulas.push(formula.clone());
            next
        });
        GuardProof { piece, tier, formula: number }
    }
}

/// A guard that was refuted.
struct Proved {
    caller: String,
    asks: String,
    drafted: Drafted,
}

/// Lets the engine decide guards, and keeps what it shows.
struct Prover<'p, 'a> {
    ground: &'p Ground<'a>,
    known: Known<Outcome>,
}

/// What became of a guard.
enum Outcome {
    /// It needs no proof.
    Folded,
    Proved(Proved),
    /// Some request is allowed, or none is found and none is refuted.
    Open,
}

impl Judge for Prover<'_, '_> {
    fn refutes(&self, tools: &mut Tools, guard: &Guard<'_>) -> Result<bool, Refusal> {
        let cell = self.known.of(guard, || self.decide(tools, guard).unwrap_or(Outcome::Open));
        Ok(!matches!(cell.get(), None | Some(Outcome::Open)))
    }
}

impl Prover<'_, '_> {
    fn decide(&self, tools: &mut Tools, guard: &Guard<'_>) -> Option<Outcome> {
        let (caller, asks) = (guard.caller.to_owned(), guard.words());
        let about = format!("{caller}: {asks}");
        let drafted = match &guard.asks {
            Asks::Requests(requests) => {
                let owed = self.ground.owed(requests).ok()?;
                if folded(&mut tools.0, &owed, guard.entity).is_some() {
                    return Some(Outcome::Folded);
                }
                draft(&about, &owed, guard.entity, tools).ok()?
            }
            Asks::OneName(calls) => match self.prove_name(&about, tools, guard, calls)? {
                Some(drafted) => drafted,
                None => return Some(Outcome::Folded),
            },
            Asks::Bound(all, bond) => match self.prove_call(&about, tools, guard, (all, *bond))? {
                Some(drafted) => drafted,
                None => return Some(Outcome::Folded),
            },
        };
        Some(Outcome::Proved(Proved { caller, asks, drafted }))
    }

    /// That no name suits the calls; `Some(None)` where it needs no proof.
    fn prove_name(
        &self,
        about: &str,
        (terms, words): &mut Tools,
        guard: &Guard<'_>,
        calls: &Tied<Requests>,
    ) -> Option<Option<Drafted>> {
        let (estate, calls) = (self.ground.estate, self.ground.tied(calls).ok()?);
        let OneName::Never(shown) = estate.one_name(guard.entity, &calls) else { return None };
        let root = estate.encode_one_name(terms, guard.entity, &calls);
        drafted_as(NAME, (about, guard), (terms, words), (root, shown.proof))
    }

    /// That the authorizations are not had together; `Some(None)` where it needs no proof.
    fn prove_call(
        &self,
        about: &str,
        (terms, words): &mut Tools,
        guard: &Guard<'_>,
        (all, bond): (&[Requests], Bond),
    ) -> Option<Option<Drafted>> {
        let (estate, parts) = (self.ground.estate, self.ground.parts(all).ok()?);
        let OneCall::Never(shown) = estate.one_call(guard.entity, &parts, bond) else { return None };
        let root = estate.encode_one_call(terms, guard.entity, &parts, bond);
        drafted_as(CALL, (about, guard), (terms, words), (root, shown.proof))
    }
}

/// The proof of a guard that is one piece; `Some(None)` where it needs none.
fn drafted_as(
    piece: &str,
    (about, guard): (&str, &Guard<'_>),
    (terms, words): (&Terms, &mut Words),
    (root, proof): (Term, Proof),
) -> Option<Option<Drafted>> {
    if root == Terms::FALSE {
        return Some(None);
    }
    let cnf = encode_clauses(terms, root);
    check(terms.atoms(), &cnf, &proof).ok()?;
    let mut ledger = Ledger::of(about, &guard.entity.id);
    ledger.note_proof(piece, Tier::Catalogued, &cnf);
    let listed = terms.atoms().iter().map(|atom| words.of(atom)).collect();
    let proof = PieceProof {
        piece: piece.to_owned(),
        tier: Tier::Catalogued,
        atoms: Vec::new(),
        variables: cnf.variables,
        clauses: cnf.clauses,
        lemmas: proof.lemmas,
        steps: proof.steps,
    };
    let claim = Claim {
        scope: Tier::Catalogued,
        uncatalogued_actions: false,
        assumptions: Vec::new(),
        pieces: ledger.pieces,
        folded: ledger.folded,
        formulas: ledger.into_digest(),
        calls: BTreeMap::new(),
        proofs: vec![proof],
    };
    Some(Some(Drafted { claim, words: vec![listed] }))
}
