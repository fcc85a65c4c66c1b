//! Verifying an invariant: the walk of all steps, each guard's formulas made anew and held against the certificate's.

use super::document::{Guard as Listed, InvariantCertificate, InvariantClaim, Steps};
use super::export::{CALL, NAME};
use super::folded::folded;
use super::ground::{Asks, Ground, Guard, Judge, Known, Matter, Tools};
use super::walk::close;
use crate::ask::{Estate, EstateOptions, Prepared, Tied};
use crate::certificate::digest::digest_snapshot;
use crate::certificate::document::{Claim, PieceProof};
use crate::certificate::refusal::{Fault, Refusal};
use crate::certificate::verify::{
    VerifiedClaim, VerifyError, judge_claim, judge_name, same_assumptions, same_caller, same_catalogue,
    same_files,
};
use crate::escalation::{Fact, Start};
use gateproof_encodings::primitive::Primitive;
use gateproof_encodings::term::Terms;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// An invariant that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedInvariant {
    /// The starting principal.
    pub arn: String,
    /// What it takes for granted.
    pub assumptions: Vec<String>,
    /// How many facts it can come to.
    pub facts: usize,
    /// How many of them are sessions.
    pub sessions: usize,
    /// Calls and questions found never to be allowed.
    pub guards: usize,
    /// Formulas made anew.
    pub pieces: usize,
    /// Those that were false as they stood.
    pub folded: usize,
    /// Lemmas found true of every request.
    pub lemmas: usize,
    /// Steps of proofs found to follow.
    pub steps: usize,
}

/// Verifies a certificate against the snapshot of that path, for these kinds of step.
///
/// # Errors
/// Where the snapshot or the question can't be read, and where the certificate is refused.
pub fn verify_invariants(
    certificate: &InvariantCertificate,
    primitives: &[Primitive],
    snapshot: &Path,
) -> Result<Vec<VerifiedInvariant>, VerifyError> {
    certificate.question.parse()?;
    let estate = Estate::load(snapshot, EstateOptions { missing: certificate.question.missing() })?;
    let found = digest_snapshot(snapshot)
        .map_err(|error| VerifyError::Files(snapshot.display().to_string(), error))?;
    same_files(&certificate.snapshot, &found)?;
    verify_invariants_loaded(certificate, primitives, &estate)
}

/// The same against a loaded snapshot, the digest of its files aside.
///
/// # Errors
/// Where the question can't be read, and where the certificate is refused.
pub fn verify_invariants_loaded(
    certificate: &InvariantCertificate,
    primitives: &[Primitive],
    estate: &Estate,
) -> Result<Vec<VerifiedInvariant>, VerifyError> {
    same_catalogue(&certificate.catalogue)?;
    let question = &certificate.question;
    if question.rules != estate.rules.into() || question.missing() != estate.missing {
        return Err(Fault::Rules.at("question").into());
    }
    let ours = Steps::of(primitives);
    if certificate.steps != ours {
        let text = |s: &Steps| format!("{} ({} kinds)", s.digest, s.count);
        let fault = Fault::Steps { given: text(&certificate.steps), ours: text(&ours) };
        return Err(fault.at("steps").into());
    }
    let asked = question.parse()?;
    let unasked = |error| Fault::Question(error).at("question");
    let (starts, goal) = (asked.starts(estate).map_err(unasked)?, asked.goal(estate).map_err(unasked)?);
    let relevant = goal.relevant(primitives);
    let count = starts.len().max(certificate.callers.len());
    for place in 0..count {
        let given = certificate.callers.get(place).map(|c| c.arn.as_str());
        same_caller(place, given, starts.get(place).map(Start::name).as_deref())?;
    }
    let mut verified = Vec::new();
    let mut used = BTreeSet::new();
    for (start, listed) in starts.iter().zip(&certificate.callers) {
        let Some(claim) = &listed.claim else { continue };
        let matter = Matter {
            estate,
            primitives: &relevant,
            start,
            goal: &goal,
            environments: &asked.environments,
            facts: &claim.facts,
        };
        verified.push(judge(certificate, &listed.arn, claim, &matter)?);
        used.extend(claim.guards.iter().flat_map(|g| &g.proofs).map(|p| p.formula));
    }
    if verified.is_empty() {
        return Err(Fault::Empty.at("callers").into());
    }
    match (0..certificate.formulas.len()).find(|n| !used.contains(n)) {
        Some(stray) => Err(Fault::Stray.at(format!("formula {stray}")).into()),
        None => Ok(verified),
    }
}

fn judge(
    certificate: &InvariantCertificate,
    arn: &str,
    claim: &InvariantClaim,
    matter: &Matter<'_>,
) -> Result<VerifiedInvariant, Refusal> {
    let mut guards = BTreeMap::new();
    for guard in &claim.guards {
        if guards.insert((guard.caller.clone(), guard.asks.clone()), guard).is_some() {
            return Err(Fault::Twice.at(place(guard)));
        }
    }
    let after = matter.after();
    let ground = Ground::of(&after, matter.environments);
    let auditor =
        Auditor { certificate, ground: &ground, guards, used: Mutex::default(), known: Known::default() };
    let assumptions = close(matter, &after, &auditor)?;
    same_assumptions(&claim.assumptions, &assumptions).map_err(|fault| fault.at(arn))?;
    let used = auditor.used.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, stray)) = auditor.guards.iter().find(|(key, _)| !used.contains(*key)) {
        return Err(Fault::Stray.at(place(stray)));
    }
    let mut whole = VerifiedInvariant {
        arn: arn.to_owned(),
        assumptions,
        facts: claim.facts.len(),
        sessions: claim.facts.iter().filter_map(Fact::session).count(),
        guards: 0,
        pieces: 0,
        folded: 0,
        lemmas: 0,
        steps: 0,
    };
    for checked in auditor.known.into_outcomes().into_iter().filter_map(Result::ok).flatten() {
        whole.guards += 1;
        whole.pieces += checked.pieces;
        whole.folded += checked.folded;
        whole.lemmas += checked.lemmas;
        whole.steps += checked.steps;
    }
    Ok(whole)
}

fn place(guard: &Listed) -> String {
    format!("{}, {}", guard.caller, guard.asks)
}

/// Holds guards against what the certificate lists of them.
struct Auditor<'c, 'a> {
    certificate: &'c InvariantCertificate,
    ground: &'c Ground<'a>,
    guards: BTreeMap<(String, String), &'c Listed>,
    used: Mutex<BTreeSet<(String, String)>>,
    /// What was checked; `None` where a guard is not refuted.
    known: Known<Result<Option<Counts>, Refusal>>,
}

/// What was checked of a guard.
struct Counts {
    pieces: usize,
    folded: usize,
    lemmas: usize,
    steps: usize,
}

impl From<VerifiedClaim> for Counts {
    fn from(VerifiedClaim { pieces, folded, lemmas, steps, .. }: VerifiedClaim) -> Self {
        Self { pieces, folded, lemmas, steps }
    }
}

impl Judge for Auditor<'_, '_> {
    fn refutes(&self, tools: &mut Tools, guard: &Guard<'_>) -> Result<bool, Refusal> {
        let cell = self.known.of(guard, || {
            let key = (guard.caller.to_owned(), guard.words());
            let Some(listed) = self.guards.get(&key) else { return Ok(self.folded(tools, guard)) };
            self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
            self.check(tools, guard, listed)
                .map(|c| Some(c.into()))
                .map_err(|refusal| refusal.fault.at(format!("{}: {}", place(listed), refusal.place)))
        });
        match cell.get() {
            Some(Ok(outcome)) => Ok(outcome.is_some()),
            Some(Err(refusal)) => Err(refusal.clone()),
            None => Ok(false),
        }
    }
}

impl Auditor<'_, '_> {
    /// Of a guard that the certificate doesn't list: whether it needs no proof.
    fn folded(&self, (terms, _): &mut Tools, guard: &Guard<'_>) -> Option<Counts> {
        let pieces = match &guard.asks {
            Asks::Requests(requests) => folded(terms, &*self.ground.owed(requests).ok()?, guard.entity)?,
            Asks::OneName(calls) => {
                let calls = self.ground.tied(calls).ok()?;
                let root = self.ground.estate.encode_one_name(terms, guard.entity, &calls);
                (root == Terms::FALSE).then_some(1)?
            }
            Asks::Bound(all, bond) => {
                let parts = self.ground.parts(all).ok()?;
                let root = self.ground.estate.encode_one_call(terms, guard.entity, &parts, *bond);
                (root == Terms::FALSE).then_some(1)?
            }
        };
        Some(Counts { pieces, folded: pieces, lemmas: 0, steps: 0 })
    }

    fn check(&self, tools: &mut Tools, guard: &Guard<'_>, listed: &Listed) -> Result<VerifiedClaim, Refusal> {
        let claim = self.claim(listed)?;
        let about = place_in_digest(guard);
        let atoms = &self.certificate.atoms;
        let unasked = |error| Fault::Question(error).at(guard.words());
        match &guard.asks {
            Asks::Requests(requests) => {
                let owed = self.ground.owed(requests).map_err(unasked)?;
                judge_claim(&about, atoms, &owed, guard.entity, &claim, tools)
            }
            Asks::OneName(calls) => {
                let calls: Tied<Arc<Prepared<'_>>> = self.ground.tied(calls).map_err(unasked)?;
                let estate = self.ground.estate;
                let encode = |terms: &mut _| estate.encode_one_name(terms, guard.entity, &calls);
                judge_name(&about, atoms, NAME, guard.entity, &claim, &encode, tools)
            }
            Asks::Bound(all, bond) => {
                let parts = self.ground.parts(all).map_err(unasked)?;
                let estate = self.ground.estate;
                let encode = |terms: &mut _| estate.encode_one_call(terms, guard.entity, &parts, *bond);
                judge_name(&about, atoms, CALL, guard.entity, &claim, &encode, tools)
            }
        }
    }

    /// The guard's claim, with the formulas that it points to.
    fn claim(&self, listed: &Listed) -> Result<Claim, Refusal> {
        let mut proofs = Vec::with_capacity(listed.proofs.len());
        for proof in &listed.proofs {
            let formulas = &self.certificate.formulas;
            let formula = formulas
                .get(proof.formula)
                .ok_or_else(|| Fault::NoFormula(proof.formula).at(&*proof.piece))?;
            proofs.push(PieceProof {
                piece: proof.piece.clone(),
                tier: proof.tier,
                atoms: formula.atoms.clone(),
                variables: formula.variables,
                clauses: formula.clauses.clone(),
                lemmas: formula.lemmas.clone(),
                steps: formula.steps.clone(),
            });
        }
        Ok(Claim {
            scope: listed.scope,
            uncatalogued_actions: listed.uncatalogued_actions,
            assumptions: Vec::new(),
            pieces: listed.pieces,
            folded: listed.folded,
            formulas: listed.digest.clone(),
            calls: listed.calls.clone(),
            proofs,
        })
    }
}

fn place_in_digest(guard: &Guard<'_>) -> String {
    format!("{}: {}", guard.caller, guard.words())
}
