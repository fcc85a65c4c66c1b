//! What a state of the policies gives to every search that comes there, made when first needed and shared.

use super::attachable::Earlier;
use super::bind::Objects;
use super::found::Found;
use super::guard::Asker;
use super::search::for_steps;
use super::stock::Stock;
use super::twins::Seers;
use super::walk::{From, Walk, Walks};
use super::worlds::{World, WorldKey, Worlds};
use crate::ask::{Estate, Settings};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

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
    seers: Arc<OnceLock<Arc<Seers>>>,
    tests: OnceLock<Earlier>,
    /// Where there are many searches.
    walks: Option<Walks>,
    worlds: Option<Worlds>,
    /// What whoever is in some accounts comes to, by the accounts and the goal in words.
    ceilings: Mutex<FxHashMap<CeilingKey, Option<Arc<Found>>>>,
}

type CeilingKey = (BTreeSet<Arc<str>>, String);

impl<'w> Ground<'w> {
    /// Nothing is made yet.
    pub fn of(estate: &'w Estate, settings: &'w Settings) -> Self {
        Self {
            estate,
            steps: Asker::new(estate, Cow::Owned(for_steps(settings))),
            goals: Asker::new(estate, settings),
            stock: OnceLock::new(),
            seers: Arc::default(),
            tests: OnceLock::new(),
            walks: None,
            worlds: None,
            ceilings: Mutex::default(),
        }
    }

    /// The same, for searches without number.
    pub fn of_many(estate: &'w Estate, settings: &'w Settings) -> Self {
        let one = Self::of(estate, settings);
        let (steps, goals) = (one.steps.keeping(KEPT), one.goals.keeping(KEPT));
        Self { steps, goals, walks: Some(Walks::default()), worlds: Some(Worlds::default()), ..one }
    }

    /// The same, where it was found out elsewhere who can see what of callers, or will be for others too.
    pub(super) fn seen_by(self, seers: &Arc<OnceLock<Arc<Seers>>>) -> Self {
        Self { seers: seers.clone(), ..self }
    }

    /// The rounds of searches from the same start, where there are many.
    pub(super) fn walk(&self, from: &From, every_way: bool) -> Option<Arc<Walk>> {
        Some(self.walks.as_ref()?.of(from, every_way))
    }

    /// The policies after some facts, which chains of many searches come to where there are many.
    pub(super) fn world(&self, key: &WorldKey, make: impl FnOnce() -> World) -> World {
        match &self.worlds {
            Some(worlds) => worlds.of(key, make),
            None => make(),
        }
    }

    /// What whoever is in some accounts comes to, made once. It is made outside of the lock: whoever makes it may meanwhile do other work of its
    /// pool, which may ask for the same.
    pub(super) fn ceiling(
        &self,
        key: CeilingKey,
        make: impl FnOnce() -> Option<Arc<Found>>,
    ) -> Option<Arc<Found>> {
        let all = || self.ceilings.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all().get(&key).cloned();
        known.unwrap_or_else(|| {
            let made = make();
            all().entry(key).or_insert(made).clone()
        })
    }

    /// The objects, for one search.
    pub(super) fn objects(&self) -> Objects<'w> {
        let snapshot = &self.estate.snapshot;
        Objects::among(snapshot, self.stock.get_or_init(|| Arc::new(Stock::of(snapshot))).clone())
    }

    /// What policies' conditions compare the ARNs of managed policies with.
    pub(super) fn tests(&self) -> &Earlier {
        self.tests.get_or_init(|| Earlier::of(&self.estate.snapshot))
    }

    /// Who can see what of callers.
    pub(super) fn seers(&self) -> Arc<Seers> {
        self.seers.get_or_init(|| Arc::new(Seers::of(self.estate))).clone()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::super::reach::{Attack, EscalationSettings};
    use super::super::target::Target;
    use super::*;
    use crate::ask::{CrossCheck, EstateOptions};
    use crate::question::{Requests, Selector};
    use gateproof_encodings::primitive::embedded;
    use std::path::Path;

    /// One attack after the other on the same ground finds what each finds on ground of its own. Targets that are read look at fewer
    /// kinds of step than others.
    #[test]
    fn what_attacks_share_changes_no_answer() {
        let ask = Settings { cross_check: CrossCheck::Never, ..Settings::default() };
        let primitives = embedded().unwrap().to_vec();
        let settings = EscalationSettings { ask, primitives, chains: 1, all_paths: false, for_anyone: false };
        let list = |text: &str| vec![text.to_owned()];
        let write = Requests {
            actions: list("s3:PutObject"),
            resources: list("arn:aws:s3:::acme-pipeline-artifacts-222222222222/*"),
            ..Requests::default()
        };
        let targets = [
            Target::Reads(list("arn:aws:s3:::acme-pipeline-artifacts-222222222222/*")),
            Target::Access(write),
            Target::Administers(vec![Selector::Account("444444444444".to_owned())]),
        ];
        let mut attacks = 0;
        // In the vulnerable twin chains are found.
        for (twin, step) in [("acme-fixed", 12), ("acme", 30)] {
            let path = Path::new("corpus/snapshots").join(twin);
            let estate = Estate::load(&path, EstateOptions::default()).unwrap();
            let shared = Ground::of_many(&estate, &settings.ask);
            let sessions = estate.callers().filter(|caller| caller.id.contains(":role/"));
            for caller in sessions.step_by(step) {
                let from = [Selector::Arn(caller.id.to_string())];
                for target in &targets {
                    let attack = Attack { from: &from, together: false, when: &[], target };
                    let one = estate.attack_on(&shared, &attack, &settings).unwrap();
                    let other = estate.attack(&attack, &settings).unwrap();
                    assert_eq!(format!("{one:?}"), format!("{other:?}"), "{twin}, {}: {target:?}", caller.id);
                    attacks += 1;
                }
            }
        }
        assert!(attacks >= 6, "{attacks}");
    }
}
