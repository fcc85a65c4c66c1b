//! What a run remembers: which sets leave no text, and which formulas were refuted, or were found to have values
//! where any would do. Many actions of a question, and many callers with the same policies, give the same formula.
//!
//! A formula is found again only if it is the same node by node and was settled within the same limits, so
//! that no answer hangs on what was asked before.

use super::Limits;
use gateproof_encodings::emptiness::EmptinessCache;
use gateproof_encodings::proof::Proof;
use gateproof_encodings::term::{Atom, Node, Term, Terms};
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::hash::BuildHasher;
use std::sync::{Mutex, MutexGuard, PoisonError};

const SHARDS: usize = 16;
/// Formulas that a shard remembers before it forgets them all.
const MOST: usize = 512;
/// Larger formulas are not remembered: it costs more than it saves.
const LARGEST: usize = 2_048;

/// What a run remembers, shared by its threads.
#[derive(Debug, Default)]
pub struct Memory {
    /// Which sets leave no text.
    pub emptiness: EmptinessCache,
    settled: [Mutex<Shard>; SHARDS],
}

/// By the hash of formula and limits.
type Shard = FxHashMap<u64, Vec<Settled>>;

#[derive(Debug)]
struct Settled {
    nodes: Box<[Node]>,
    atoms: Box<[Atom]>,
    root: Term,
    bounds: Bounds,
    /// `None`: some values make it hold.
    proof: Option<Proof>,
}

/// The limits that decide whether a formula is settled.
type Bounds = (usize, usize, u64, usize);

fn bounds_of(limits: &Limits) -> Bounds {
    (limits.search.search, limits.search.minimize, limits.search.work, limits.rounds)
}

impl Memory {
    /// The proof of a formula that was refuted before.
    pub(super) fn proof_of(&self, terms: &Terms, root: Term, limits: &Limits) -> Option<Proof> {
        self.settled(terms, root, limits)?
    }

    /// Whether a formula was found to have values before.
    pub(super) fn is_possible(&self, terms: &Terms, root: Term, limits: &Limits) -> bool {
        self.settled(terms, root, limits).is_some_and(|proof| proof.is_none())
    }

    fn settled(&self, terms: &Terms, root: Term, limits: &Limits) -> Option<Option<Proof>> {
        let key = key_of(terms, root)?;
        let shard = self.shard(key)?;
        let same = |s: &&Settled| {
            s.root == root
                && s.bounds == bounds_of(limits)
                && *s.nodes == *terms.nodes()
                && *s.atoms == *terms.atoms()
        };
        shard.get(&key)?.iter().find(same).map(|s| s.proof.clone())
    }

    /// Remembers a refuted formula, or (without a proof) one that has values.
    pub(super) fn remember(&self, terms: &Terms, root: Term, limits: &Limits, proof: Option<&Proof>) {
        let Some(key) = key_of(terms, root) else { return };
        let Some(mut shard) = self.shard(key) else { return };
        if shard.len() >= MOST {
            shard.clear();
        }
        shard.entry(key).or_default().push(Settled {
            nodes: terms.nodes().into(),
            atoms: terms.atoms().into(),
            root,
            bounds: bounds_of(limits),
            proof: proof.cloned(),
        });
    }

    fn shard(&self, key: u64) -> Option<MutexGuard<'_, Shard>> {
        let at = usize::try_from(key >> 60).unwrap_or_default() % SHARDS;
        Some(self.settled.get(at)?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn key_of(terms: &Terms, root: Term) -> Option<u64> {
    (terms.len() <= LARGEST).then(|| FxBuildHasher.hash_one((terms.nodes(), terms.atoms(), root)))
}
