//! What the proof mutants are judged by, apart from the checker: a SAT solver, and unit propagation in its
//! plainest form.

use batsat::{BasicSolver, Lit, SolverInterface, lbool};
use std::collections::BTreeSet;

/// Whether the clauses have a model: then they can't be part of any proof.
pub fn has_model<'c>(clauses: impl IntoIterator<Item = &'c Vec<i32>>) -> bool {
    let mut solver = BasicSolver::default();
    let consistent = clauses.into_iter().all(|clause| {
        let mut literals: Vec<Lit> =
            clause.iter().map(|l| Lit::new(solver.var_of_int(l.unsigned_abs() - 1), *l > 0)).collect();
        solver.add_clause_reuse(&mut literals)
    });
    consistent && solver.solve_limited(&[]) == lbool::TRUE
}

/// Whether a clause follows from others by reverse unit propagation: each pass looks at every clause.
pub fn follows(clauses: &[Vec<i32>], clause: &[i32]) -> bool {
    let mut truth: BTreeSet<i32> = clause.iter().map(|l| -l).collect();
    loop {
        let mut grown = false;
        for clause in clauses {
            if clause.iter().any(|l| truth.contains(l)) {
                continue;
            }
            let open: Vec<i32> = clause.iter().copied().filter(|l| !truth.contains(&-l)).collect();
            match open.as_slice() {
                [] => return true,
                [unit] => grown |= truth.insert(*unit),
                _ => {}
            }
        }
        if truth.iter().any(|l| truth.contains(&-l)) {
            return true;
        }
        if !grown {
            return false;
        }
    }
}

#[test]
fn the_references_tell_right_from_wrong() {
    let clauses = [vec![1, 2], vec![-1, 2], vec![1, -2]];
    assert!(has_model(&clauses));
    assert!(!has_model(clauses.iter().chain([&vec![-1, -2]])));
    assert!(follows(&clauses, &[2]) && !follows(&clauses, &[-1]));
}
