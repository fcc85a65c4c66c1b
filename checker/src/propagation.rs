//! Reverse unit propagation over watched literals (Moskewicz et al., "Chaff", 2001).
//!
//! What is assigned outside [`Propagation::follows`] follows from the clauses and stays; the
//! assumptions of a step are taken back.

use gateproof_encodings::cnf::Literal;
use rustc_hash::{FxHashMap, FxHashSet};

/// A growing set of clauses and what follows from it by unit propagation alone.
#[derive(Debug, Default)]
pub struct Propagation {
    /// The first two literals of a clause are watched; the others may be false.
    clauses: Vec<Vec<Literal>>,
    /// By literal: the clauses that watch it.
    watches: FxHashMap<Literal, Vec<usize>>,
    /// The literals that are true.
    truth: FxHashSet<Literal>,
    /// The same in the order of assignment.
    trail: Vec<Literal>,
    /// How many of those have been propagated.
    propagated: usize,
    contradictory: bool,
}

impl Propagation {
    /// Whether the empty clause follows.
    pub fn is_contradictory(&self) -> bool {
        self.contradictory
    }

    /// Adds a clause and all that follows from it.
    pub fn add(&mut self, clause: &[Literal]) {
        let mut open = clause.to_vec();
        open.sort_unstable();
        open.dedup();
        if open.iter().any(|l| self.truth.contains(l) || open.binary_search(&-l).is_ok()) {
            return;
        }
        open.retain(|l| !self.truth.contains(&-l));
        match open.as_slice() {
            [] => self.contradictory = true,
            [unit] => {
                self.assign(*unit);
                self.contradictory |= !self.propagate();
            }
            [..] => {
                for watched in open.iter().take(2) {
                    self.watches.entry(*watched).or_default().push(self.clauses.len());
                }
                self.clauses.push(open);
            }
        }
    }

    /// Whether the negations of a clause's literals lead to a conflict.
    pub fn follows(&mut self, clause: &[Literal]) -> bool {
        let settled = self.trail.len();
        let mut conflict = self.contradictory;
        for literal in clause {
            conflict |= self.truth.contains(literal);
            self.assign(-literal);
        }
        conflict = conflict || !self.propagate();
        for literal in self.trail.split_off(settled) {
            self.truth.remove(&literal);
        }
        self.propagated = settled;
        conflict
    }

    fn assign(&mut self, literal: Literal) {
        if self.truth.insert(literal) {
            self.trail.push(literal);
        }
    }

    /// Assigns what the clauses force; `false` where they conflict.
    fn propagate(&mut self) -> bool {
        let Self { clauses, watches, truth, trail, propagated, .. } = self;
        let mut conflict = false;
        while let Some(falsified) = trail.get(*propagated).map(|l| -l).filter(|_| !conflict) {
            *propagated += 1;
            let mut list = watches.get_mut(&falsified).map(std::mem::take).unwrap_or_default();
            list.retain(|index| {
                let clause = clauses.get_mut(*index).filter(|_| !conflict);
                let Some([first, second, rest @ ..]) = clause.map(Vec::as_mut_slice) else { return true };
                if *first == falsified {
                    std::mem::swap(first, second);
                }
                if truth.contains(first) {
                    return true;
                }
                if let Some(other) = rest.iter_mut().find(|l| !truth.contains(&-**l)) {
                    std::mem::swap(second, other);
                    watches.entry(*second).or_default().push(*index);
                    return false;
                }
                conflict = truth.contains(&-*first);
                if !conflict && truth.insert(*first) {
                    trail.push(*first);
                }
                true
            });
            if !list.is_empty() {
                watches.insert(falsified, list);
            }
        }
        !conflict
    }
}
