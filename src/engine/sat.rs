//! The propositional core.

use batsat::{Callbacks, Lit, Solver, SolverInterface, SolverOpts, Var, clause, lbool};
use gateproof_encodings::cancellation::Cancellation;
use gateproof_encodings::cnf::Literal;
use gateproof_encodings::term::AtomId;

/// A SAT solver that clauses are added to between calls, and that remembers what it learnt.
pub trait SatCore {
    /// Adds a clause; `false` where the clauses are now contradictory by propagation alone.
    fn add_clause(&mut self, clause: &[Literal]) -> bool;

    /// Whether the clauses have a model, which is kept for [`SatCore::value`]; `None` where the work was
    /// ended from outside.
    fn solve(&mut self) -> Option<bool>;

    /// The atom's value in the last model; false where it has none.
    fn value(&self, atom: AtomId) -> bool;

    /// The clauses learnt, in order: DRUP steps.
    fn into_steps(self) -> Vec<Vec<Literal>>;
}

/// [`batsat`], a MiniSat in Rust.
pub struct BatSat {
    solver: Solver<Learnt>,
}

struct Learnt {
    steps: Vec<Vec<Literal>>,
    cancellation: Cancellation,
}

impl BatSat {
    /// A solver without clauses that the flag ends.
    pub fn new(cancellation: &Cancellation) -> Self {
        let learnt = Learnt { steps: Vec::new(), cancellation: cancellation.clone() };
        Self { solver: Solver::new(SolverOpts::default(), learnt) }
    }
}

impl Callbacks for Learnt {
    fn on_new_clause(&mut self, literals: &[Lit], kind: clause::Kind) {
        if kind == clause::Kind::Learnt {
            self.steps.push(literals.iter().map(|l| from_lit(*l)).collect());
        }
    }

    fn stop(&self) -> bool {
        self.cancellation.is_cancelled()
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

    fn solve(&mut self) -> Option<bool> {
        match self.solver.solve_limited(&[]) {
            answer if answer == lbool::TRUE => Some(true),
            answer if answer == lbool::FALSE => Some(false),
            _ => None,
        }
    }

    fn value(&self, atom: AtomId) -> bool {
        atom.0 < self.solver.num_vars() && self.solver.value_var(Var::unsafe_from_idx(atom.0)) == lbool::TRUE
    }

    fn into_steps(mut self) -> Vec<Vec<Literal>> {
        std::mem::take(&mut self.solver.cb_mut().steps)
    }
}
