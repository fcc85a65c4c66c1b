//! What solvers of strings say of *the first allows what the second doesn't*.

use super::asking::Asking;
use super::{Comparer, encode_allowed, shape};
use crate::solver::strings::{StringsAnswer, solve_strings};
use crate::solver::{Budget, SmtSolver, SolverError};
use gateproof_encodings::term::Terms;
use gateproof_model::policy::Document;
use std::sync::Arc;

impl Comparer {
    /// Asks a solver of strings whether `first` allows a request that `second` doesn't, both identity policies. None where a
    /// policy variable is open, for which the formula would say more than the policies.
    ///
    /// # Errors
    /// Where the solver can't be used.
    pub fn ask_strings(
        &self,
        first: &Arc<Document>,
        second: &Arc<Document>,
        budget: &Budget,
        solver: &mut dyn SmtSolver,
    ) -> Result<Option<StringsAnswer>, SolverError> {
        let Some(user) = self.holder.first() else { return Ok(None) };
        let asking = Asking::all(self.tools(), user, [first, second]);
        let mut terms = Terms::default();
        let (root, open) = asking.encode(&mut terms, &asking.facts(), |encoder| {
            let around = shape::encode_request_form(encoder, user, None);
            let (allowed, also) = (encode_allowed(encoder, first), encode_allowed(encoder, second));
            let parts = [around, allowed, encoder.terms.not(also)];
            encoder.terms.and(parts)
        });
        match open.is_empty() {
            true => solve_strings(&terms, root, budget, solver).map(Some),
            false => Ok(None),
        }
    }
}
