//! What a search found so far: what the steps gave, and what of it meets the goal.

use super::gathered::Gathered;
use super::guard::Refuted;
use super::meet::Met;
use super::walk::Stage;
use std::sync::Arc;

/// All that was found so far.
#[derive(Clone)]
pub(super) struct Found {
    /// Where it stands.
    pub stage: Arc<Stage>,
    /// How many stages came before.
    pub round: usize,
    pub aimed: Aimed,
}

/// What was found about the goal.
#[derive(Debug, Clone, Default)]
pub(super) struct Aimed {
    /// How it is met; none: it is out of reach.
    pub met: Vec<Met>,
    /// After how many rounds it was first met: no chain has fewer steps.
    pub met_in: Option<usize>,
    /// What was refuted of it.
    pub refuted: Refuted,
}

impl Aimed {
    /// Whether it is shown that the goal is met.
    pub fn is_met(&self) -> bool {
        self.met.iter().any(|m| m.unknown.is_none())
    }
}

impl Found {
    /// What the steps gave.
    pub fn all(&self) -> &Gathered {
        &self.stage.all
    }

    /// What was refuted of steps and of the goal.
    pub fn refuted(&self) -> Refuted {
        let mut refuted = self.all().refuted.clone();
        refuted.add(&self.aimed.refuted);
        refuted
    }
}
