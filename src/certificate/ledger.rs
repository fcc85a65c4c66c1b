//! What was seen of a caller's pieces: counts, the weakest tier, and a digest over all of it.

use super::digest::render_digest;
use crate::ask::{CallProof, Tier};
use gateproof_encodings::cnf::Cnf;
use sha2::{Digest, Sha256};

/// The books of one caller.
#[derive(Clone)]
pub struct Ledger {
    /// Pieces seen.
    pub pieces: usize,
    /// Those whose formula is false as it stands.
    pub folded: usize,
    /// The weakest tier so far.
    pub tier: Tier,
    hash: Sha256,
}

impl Ledger {
    /// New books about a question, in full, and a caller.
    pub fn of(about: &str, caller: &str) -> Self {
        let mut ledger = Self { pieces: 0, folded: 0, tier: Tier::All, hash: Sha256::new() };
        ledger.text(about);
        ledger.text(caller);
        ledger
    }

    /// A piece whose formula is false as it stands.
    pub fn note_folded(&mut self, piece: &str, tier: Tier) {
        self.folded += 1;
        self.note(piece, tier);
        self.number(0);
    }

    /// A piece with a proof of these clauses.
    pub fn note_proof(&mut self, piece: &str, tier: Tier, cnf: &Cnf) {
        self.note(piece, tier);
        self.number(1 + u64::try_from(cnf.clauses.len()).unwrap_or(u64::MAX - 1));
        for clause in &cnf.clauses {
            for literal in clause {
                self.hash.update(literal.to_be_bytes());
            }
            self.hash.update(0i32.to_be_bytes());
        }
    }

    /// That the pieces of a call which follow are of this way to refute it.
    pub fn note_call(&mut self, action: &str, way: &CallProof) {
        self.text(action);
        self.text(match way {
            CallProof::Lacks(name) => name,
            CallProof::Together => "",
        });
    }

    /// Which requests all of it is about; `whole`: whether no action that the question matches is left out.
    pub fn scope(&self, whole: bool) -> Tier {
        if whole { self.tier } else { Tier::Catalogued }
    }

    /// The digest.
    pub fn into_digest(self) -> String {
        render_digest(self.hash)
    }

    fn note(&mut self, piece: &str, tier: Tier) {
        self.pieces += 1;
        if tier == Tier::Catalogued {
            self.tier = Tier::Catalogued;
        }
        self.text(piece);
        self.number(match tier {
            Tier::All => 0,
            Tier::Catalogued => 1,
        });
    }

    fn text(&mut self, text: &str) {
        self.number(u64::try_from(text.len()).unwrap_or(u64::MAX));
        self.hash.update(text);
    }

    fn number(&mut self, number: u64) {
        self.hash.update(number.to_be_bytes());
    }
}
