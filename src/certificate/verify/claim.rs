//! One claim: the formula of each of its pieces made anew, its proof held against it.

use super::VerifiedClaim;
use crate::ask::{CallProof, CallerEntity, Obligation, Owed, OwedCall, Part, Visitor};
use crate::certificate::describe::Words;
use crate::certificate::document::{Certificate, Claim, PieceProof};
use crate::certificate::ledger::Ledger;
use crate::certificate::refusal::{Fault, Refusal};
use gateproof_checker::check;
use gateproof_encodings::cnf::{Cnf, encode_clauses};
use gateproof_encodings::proof::Proof;
use gateproof_encodings::term::{Atom, Terms};
use std::collections::{BTreeMap, BTreeSet};

/// Accepts a claim only if every piece of the caller is refuted by what it holds.
pub fn verify_claim(
    certificate: &Certificate,
    owed: &Owed<'_>,
    caller: &CallerEntity,
    claim: &Claim,
    (terms, words): &mut (Terms, Words),
) -> Result<VerifiedClaim, Refusal> {
    let place = || caller.id.to_string();
    if let Some(blind) = owed.blind_spot(caller) {
        return Err(Fault::BlindSpot(blind).at(place()));
    }
    same_assumptions(claim, &owed.assumptions(caller)).map_err(|fault| fault.at(place()))?;
    let (known, open) = (owed.has_known_actions(), owed.has_uncatalogued_actions());
    if claim.uncatalogued_actions && !open || !claim.uncatalogued_actions && !known {
        return Err(Fault::Uncatalogued(claim.uncatalogued_actions, open).at(place()));
    }
    let mut audit = Audit {
        caller: &caller.id,
        atoms: &certificate.atoms,
        proofs: proofs_by_piece(&caller.id, claim)?,
        used: BTreeSet::new(),
        calls: claim.calls.iter().collect(),
        ledger: Ledger::of(&certificate.question, &caller.id),
        lemmas: 0,
        steps: 0,
        terms,
        words,
    };
    owed.walk(caller, Part::Known, &mut audit)?;
    if claim.uncatalogued_actions {
        owed.walk(caller, Part::Uncatalogued, &mut audit)?;
    }
    if let Some(stray) = audit.proofs.keys().find(|piece| !audit.used.contains(*piece)) {
        return Err(Fault::Stray.at(format!("{}, {stray}", caller.id)));
    }
    if let Some(action) = audit.calls.keys().next() {
        return Err(Fault::Stray.at(format!("{}, {action}", caller.id)));
    }
    let Audit { ledger, lemmas, steps, .. } = audit;
    close(claim, ledger, claim.uncatalogued_actions == open, lemmas, steps, caller)
}

/// Counts, scope and digest are what the walk gives.
fn close(
    claim: &Claim,
    ledger: Ledger,
    whole: bool,
    lemmas: usize,
    steps: usize,
    caller: &CallerEntity,
) -> Result<VerifiedClaim, Refusal> {
    let (pieces, folded, scope) = (ledger.pieces, ledger.folded, ledger.scope(whole));
    let place = || caller.id.to_string();
    let counts = [("pieces", claim.pieces, pieces), ("formulas false as they stand", claim.folded, folded)];
    for (what, given, expected) in counts {
        if given != expected {
            return Err(Fault::Count { what, given, expected }.at(place()));
        }
    }
    if claim.scope != scope {
        return Err(Fault::Scope { given: claim.scope.name(), shown: scope.name() }.at(place()));
    }
    let found = ledger.into_digest();
    if claim.formulas != found {
        return Err(Fault::Formulas { given: claim.formulas.clone(), found }.at(place()));
    }
    let assumptions = claim.assumptions.clone();
    Ok(VerifiedClaim { arn: place(), scope, assumptions, pieces, folded, lemmas, steps })
}

fn same_assumptions(claim: &Claim, expected: &[String]) -> Result<(), Fault> {
    let count = claim.assumptions.len().max(expected.len());
    for place in 0..count {
        let text = |list: &[String]| list.get(place).map_or("no assumption".to_owned(), |a| format!("`{a}`"));
        let (given, expected) = (text(&claim.assumptions), text(expected));
        if given != expected {
            return Err(Fault::Assumption { given, expected });
        }
    }
    Ok(())
}

fn proofs_by_piece<'c>(caller: &str, claim: &'c Claim) -> Result<BTreeMap<&'c str, &'c PieceProof>, Refusal> {
    let mut proofs = BTreeMap::new();
    for proof in &claim.proofs {
        if proofs.insert(proof.piece.as_str(), proof).is_some() {
            return Err(Fault::Twice.at(format!("{caller}, {}", proof.piece)));
        }
    }
    Ok(proofs)
}

/// Walks through the pieces of one caller and judges the proof of each.
struct Audit<'c, 't> {
    caller: &'c str,
    atoms: &'c BTreeMap<u32, String>,
    proofs: BTreeMap<&'c str, &'c PieceProof>,
    used: BTreeSet<&'c str>,
    /// The calls not met yet.
    calls: BTreeMap<&'c String, &'c CallProof>,
    ledger: Ledger,
    lemmas: usize,
    steps: usize,
    terms: &'t mut Terms,
    words: &'t mut Words,
}

impl Visitor for Audit<'_, '_> {
    type Fault = Refusal;

    fn settle(&mut self, owed: &Obligation<'_>) -> Result<(), Refusal> {
        if self.settle_together(owed)? {
            return Ok(());
        }
        Err(Fault::Unproved.at(format!("{}, {}", self.caller, owed.label())))
    }

    fn settle_together(&mut self, owed: &Obligation<'_>) -> Result<bool, Refusal> {
        let piece = owed.label();
        if let Some((name, proof)) = self.proofs.get_key_value(piece.as_str()) {
            let (name, proof) = (*name, *proof);
            self.used.insert(name);
            self.judge(owed, proof).map_err(|fault| fault.at(format!("{}, {piece}", self.caller)))?;
            return Ok(true);
        }
        let folded = owed.folded(self.terms);
        if let Some(tier) = folded {
            self.ledger.note_folded(&piece, tier);
        }
        Ok(folded.is_some())
    }

    fn strike(&mut self, owed: &Obligation<'_>) -> Result<bool, Refusal> {
        self.settle_together(owed)
    }

    fn settle_call(&mut self, call: &OwedCall<'_, '_>) -> Result<(), Refusal> {
        let way = self.calls.remove(&call.action().to_owned());
        if let Some(way) = way {
            self.ledger.note_call(call.action(), way);
        }
        if call.walk(way, self)? {
            return Ok(());
        }
        let needless = if let Some(CallProof::Lacks(name)) = way { name.clone() } else { String::new() };
        Err(Fault::NotNeeded(needless).at(format!("{}, {}", self.caller, call.action())))
    }
}

impl Audit<'_, '_> {
    fn judge(&mut self, owed: &Obligation<'_>, given: &PieceProof) -> Result<(), Fault> {
        if !owed.tiers().contains(&given.tier) {
            let shown = owed.tiers().first().map_or("nothing", |tier| tier.name());
            return Err(Fault::Scope { given: given.tier.name(), shown });
        }
        let root = owed.encode(self.terms, given.tier);
        let cnf = encode_clauses(self.terms, root);
        self.same_atoms(given)?;
        same_clauses(given, &cnf)?;
        let proof = Proof { lemmas: given.lemmas.clone(), steps: given.steps.clone() };
        let checked = check(self.terms.atoms(), &cnf, &proof).map_err(Fault::Proof)?;
        self.lemmas += checked.lemmas;
        self.steps += checked.steps;
        self.ledger.note_proof(&given.piece, given.tier, &cnf);
        Ok(())
    }

    /// What the certificate says of the atoms is what they say.
    fn same_atoms(&mut self, given: &PieceProof) -> Result<(), Fault> {
        let atoms: &[Atom] = self.terms.atoms();
        let (found, expected) = (given.atoms.len(), atoms.len());
        if found != expected {
            return Err(Fault::Count { what: "atoms", given: found, expected });
        }
        for (place, (number, atom)) in given.atoms.iter().zip(atoms).enumerate() {
            let expected = self.words.of(atom);
            let given = self.atoms.get(number).map_or("nothing", String::as_str);
            if given != &*expected {
                return Err(Fault::Atom { place, given: given.to_owned(), expected: expected.to_string() });
            }
        }
        Ok(())
    }
}

fn same_clauses(given: &PieceProof, cnf: &Cnf) -> Result<(), Fault> {
    let usize_of = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let counts = [
        ("variables", usize_of(given.variables), usize_of(cnf.variables)),
        ("clauses", given.clauses.len(), cnf.clauses.len()),
    ];
    for (place, (given, expected)) in given.clauses.iter().zip(&cnf.clauses).enumerate() {
        if given != expected {
            return Err(Fault::Clause { place, given: given.clone(), expected: expected.clone() });
        }
    }
    for (what, given, expected) in counts {
        if given != expected {
            return Err(Fault::Count { what, given, expected });
        }
    }
    Ok(())
}
