//! One claim: the formula of each of its pieces made anew, its proof held against it.

use super::VerifiedClaim;
use crate::ask::{CallProof, CallerEntity, Obligation, Owed, OwedCall, Part, Tier, Visitor};
use crate::certificate::describe::Words;
use crate::certificate::document::{Certificate, Claim, PieceProof};
use crate::certificate::ledger::Ledger;
use crate::certificate::refusal::{Fault, Refusal};
use gateproof_checker::check;
use gateproof_encodings::cnf::{Cnf, encode_clauses};
use gateproof_encodings::proof::Proof;
use gateproof_encodings::term::{Atom, Term, Terms};
use std::collections::{BTreeMap, BTreeSet};

/// Accepts a claim only if every piece of the caller is refuted by what it holds.
pub fn verify_claim(
    certificate: &Certificate,
    owed: &Owed<'_>,
    caller: &CallerEntity,
    claim: &Claim,
    tools: &mut (Terms, Words),
) -> Result<VerifiedClaim, Refusal> {
    let place = || caller.id.to_string();
    if let Some(blind) = owed.blind_spot(caller) {
        return Err(Fault::BlindSpot(blind).at(place()));
    }
    same_assumptions(&claim.assumptions, &owed.assumptions(caller)).map_err(|fault| fault.at(place()))?;
    judge_claim(&certificate.question.in_full(), &certificate.atoms, owed, caller, claim, tools)
}

/// The same, where what could not be read, and assumptions, are looked at elsewhere; `about` says in the digest what
/// is asked.
pub fn judge_claim(
    about: &str,
    atoms: &BTreeMap<u32, String>,
    owed: &Owed<'_>,
    caller: &CallerEntity,
    claim: &Claim,
    (terms, words): &mut (Terms, Words),
) -> Result<VerifiedClaim, Refusal> {
    let place = || caller.id.to_string();
    let (known, open) = (owed.has_known_actions(), owed.has_uncatalogued_actions());
    if claim.uncatalogued_actions && !open || !claim.uncatalogued_actions && !known {
        return Err(Fault::Uncatalogued(claim.uncatalogued_actions, open).at(place()));
    }
    let mut audit = Audit::of(about, atoms, caller, claim, (terms, words))?;
    owed.walk(caller, Part::Known, &mut audit)?;
    if claim.uncatalogued_actions {
        owed.walk(caller, Part::Uncatalogued, &mut audit)?;
    }
    audit.close(claim, claim.uncatalogued_actions == open)
}

/// Accepts a claim of one piece only if what it holds refutes the formula that `encode` makes.
pub fn judge_name(
    about: &str,
    atoms: &BTreeMap<u32, String>,
    piece: &str,
    caller: &CallerEntity,
    claim: &Claim,
    encode: &dyn Fn(&mut Terms) -> Term,
    (terms, words): &mut (Terms, Words),
) -> Result<VerifiedClaim, Refusal> {
    if claim.uncatalogued_actions {
        return Err(Fault::Uncatalogued(true, false).at(format!("{}, {piece}", caller.id)));
    }
    let mut audit = Audit::of(about, atoms, caller, claim, (terms, words))?;
    let root = encode(audit.terms);
    let place = || format!("{}, {piece}", caller.id);
    match audit.proofs.get_key_value(piece) {
        Some((name, proof)) if proof.tier == Tier::Catalogued => {
            let (name, proof) = (*name, *proof);
            audit.used.insert(name);
            audit.judge_root(root, proof).map_err(|fault| fault.at(place()))?;
        }
        None if root == Terms::FALSE => audit.ledger.note_folded(piece, Tier::Catalogued),
        _ => return Err(Fault::Unproved.at(place())),
    }
    audit.close(claim, true)
}

/// The assumptions are those that follow.
pub fn same_assumptions(given: &[String], expected: &[String]) -> Result<(), Fault> {
    let count = given.len().max(expected.len());
    for place in 0..count {
        let text = |list: &[String]| list.get(place).map_or("no assumption".to_owned(), |a| format!("`{a}`"));
        let (found, wanted) = (text(given), text(expected));
        if found != wanted {
            return Err(Fault::Assumption { given: found, expected: wanted });
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

impl<'c, 't> Audit<'c, 't> {
    fn of(
        about: &str,
        atoms: &'c BTreeMap<u32, String>,
        caller: &'c CallerEntity,
        claim: &'c Claim,
        (terms, words): (&'t mut Terms, &'t mut Words),
    ) -> Result<Self, Refusal> {
        Ok(Self {
            caller: &caller.id,
            atoms,
            proofs: proofs_by_piece(&caller.id, claim)?,
            used: BTreeSet::new(),
            calls: claim.calls.iter().collect(),
            ledger: Ledger::of(about, &caller.id),
            lemmas: 0,
            steps: 0,
            terms,
            words,
        })
    }

    /// Nothing is left; counts, scope and digest are what the walk gave.
    fn close(self, claim: &Claim, whole: bool) -> Result<VerifiedClaim, Refusal> {
        let Self { caller, proofs, used, calls, ledger, lemmas, steps, .. } = self;
        let stray = proofs.keys().copied().find(|piece| !used.contains(piece));
        if let Some(stray) = stray.or(calls.keys().next().map(|action| action.as_str())) {
            return Err(Fault::Stray.at(format!("{caller}, {stray}")));
        }
        let (pieces, folded, scope) = (ledger.pieces, ledger.folded, ledger.scope(whole));
        let place = || caller.to_owned();
        let counts =
            [("pieces", claim.pieces, pieces), ("formulas false as they stand", claim.folded, folded)];
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

    fn judge(&mut self, owed: &Obligation<'_>, given: &PieceProof) -> Result<(), Fault> {
        if !owed.tiers().contains(&given.tier) {
            let shown = owed.tiers().first().map_or("nothing", |tier| tier.name());
            return Err(Fault::Scope { given: given.tier.name(), shown });
        }
        let root = owed.encode(self.terms, given.tier);
        self.judge_root(root, given)
    }

    fn judge_root(&mut self, root: Term, given: &PieceProof) -> Result<(), Fault> {
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
