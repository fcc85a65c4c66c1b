//! What a state of the policies gives to every search that comes there, made when first needed and shared.

use super::bind::Objects;
use super::guard::Asker;
use super::search::for_steps;
use super::stock::Stock;
use super::twins::Seers;
use crate::ask::{Estate, Settings};
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

/// So many questions are kept ready where many searches share them.
const KEPT: usize = 8_192;

/// One state of the policies, as searches with the same settings look at it.
pub(crate) struct Ground<'w> {
    pub(super) estate: &'w Estate,
    /// Asks about steps.
    pub(super) steps: Asker<'w>,
    /// Asks about targets, and about the steps of chains that are shown.
    pub(super) goals: Asker<'w>,
    stock: OnceLock<Arc<Stock>>,
    seers: OnceLock<Arc<Seers>>,
}

impl<'w> Ground<'w> {
    /// Nothing is made yet.
    pub fn of(estate: &'w Estate, settings: &'w Settings) -> Self {
        let steps = Asker::new(estate, Cow::Owned(for_steps(settings)));
        let goals = Asker::new(estate, settings);
        Self { estate, steps, goals, stock: OnceLock::new(), seers: OnceLock::new() }
    }

    /// The same, for searches without number.
    pub fn of_many(estate: &'w Estate, settings: &'w Settings) -> Self {
        let Self { steps, goals, .. } = Self::of(estate, settings);
        let (steps, goals) = (steps.keeping(KEPT), goals.keeping(KEPT));
        Self { estate, steps, goals, stock: OnceLock::new(), seers: OnceLock::new() }
    }

    /// The objects, for one search.
    pub(super) fn objects(&self) -> Objects<'w> {
        let snapshot = &self.estate.snapshot;
        Objects::among(snapshot, self.stock.get_or_init(|| Arc::new(Stock::of(snapshot))).clone())
    }

    /// Who can see what of callers.
    pub(super) fn seers(&self) -> Arc<Seers> {
        self.seers.get_or_init(|| Arc::new(Seers::of(self.estate))).clone()
    }
}
