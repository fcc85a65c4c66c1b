//! The propositional core.

use batsat::{Callbacks, Lit, Solver, SolverInterface, Var, clause, lbool};
use gateproof_encodings::cnf::Literal;
use gateproof_encodings::term::AtomId;

/// A SAT solver that clauses are added to between calls, and that remembers what it learnt.
pub trait SatCore {
    /// Adds a clause; `false` where the clauses are now contradictory by propagation alone.
    fn add_clause(&mut self, clause: &[Literal]) -> bool;

    /// Whether the clauses have a model; it is kept for [`SatCore::value`].
    fn solve(&mut self) -> bool;

    /// The atom's value in the last model; false where it has none.
    fn value(&self, atom: AtomId) -> bool;

    /// The clauses learnt, in order: DRUP steps.
    fn into_steps(self) -> Vec<Vec<Literal>>;
}

/// [`batsat`], a MiniSat in Rust.
#[derive(Default)]
pub struct BatSat {
    solver: Solver<Learnt>,
}

#[derive(Default)]
struct Learnt {
    steps: Vec<Vec<Literal>>,
}

impl Callbacks for Learnt {
    fn on_new_clause(&mut self, literals: &[Lit], kind: clause::Kind) {
        if kind == clause::Kind::Learnt {
            self.steps.push(literals.iter().map(|l| from_lit(*l)).collect());
        }
    }
}

fn from_lit(lit: Lit) -> Literal {
    let variable = Literal::try_from(lit.var().idx() + 1).unwrap_or(Literal::MAX);
    if lit.sign() { variable } else { -variable }
}

impl SatCore for BatSat {
    fn add_clause(&mut self, clause: &[Literal]) -> bool {
        let mut literals: Vec<Lit> = clause
            .iter()
            .map(|l| Lit::new(self.solver.var_of_int(l.unsigned_abs().saturating_sub(1)), *l > 0))
            .collect();
        self.solver.add_clause_reuse(&mut literals)
    }

    fn solve(&mut self) -> bool {
        self.solver.solve_limited(&[]) == lbool::TRUE
    }

    fn value(&self, atom: AtomId) -> bool {
        atom.0 < self.solver.num_vars() && self.solver.value_var(Var::unsafe_from_idx(atom.0)) == lbool::TRUE
    }

    fn into_steps(mut self) -> Vec<Vec<Literal>> {
        std::mem::take(&mut self.solver.cb_mut().steps)
    }
}
