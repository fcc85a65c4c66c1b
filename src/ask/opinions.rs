//! Second opinions that were given: callers with the same policies make the same formulas, and one opinion of each is enough.

use super::decide_piece::Second;
use crate::solver::{SmtSolver, SolverError};
use gateproof_encodings::smtlib::{Style, render_script};
use gateproof_encodings::term::{Term, Terms};
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, PoisonError};

/// What makes a solver.
pub(super) type MakeSolver = fn() -> Result<Box<dyn SmtSolver>, SolverError>;

/// A solver, and a digest of what it is asked.
type Key = (usize, [u8; 32]);

/// The opinions of one run.
#[derive(Debug, Clone, Default)]
pub struct Opinions(Arc<Mutex<FxHashMap<Key, Second>>>);

impl Opinions {
    /// The solver's opinion of a formula, `asked` where none was given of one that is written the same.
    pub(super) fn of(
        &self,
        terms: &Terms,
        root: Term,
        solver: MakeSolver,
        ask: impl FnOnce() -> Second,
    ) -> Second {
        let Ok(script) = render_script(terms, root, Style::Union) else { return ask() };
        let key = (solver as usize, Sha256::digest(script).into());
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return *known;
        }
        let opinion = ask();
        // What a solver can't tell in time, it may tell another time.
        if opinion != Second::Unknown {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, opinion);
        }
        opinion
    }
}
