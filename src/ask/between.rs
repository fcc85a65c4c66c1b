//! Two snapshots compared: what each principal may do by the one and not by the other.
//!
//! Whoever is asked about, on whatever resource: *allowed by the new policies and not by the old ones* is one formula over one
//! request (`difference.rs`), each side with its own documents, tags and organization. Only what a change touches is asked
//! (`touched.rs`, `cases.rs`): where the same statements decide on the same facts, nothing can differ. A resource that
//! only one snapshot knows is compared as if the other knew it without a policy (`aligned.rs`).

mod aligned;
mod beside;
mod cases;
mod difference;
mod direction;
mod pairs;
mod regions;
mod touched;
mod unread;

use super::estate::Estate;
use super::{AskError, Settings};
use crate::question::{Evidence, Selector, Undecided, Untold, Witness};
use aligned::Aligned;
use cases::CaseChanges;
use direction::{Direction, Outcome, sides};
use gateproof_encodings::term::Terms;
use gateproof_model::assumption::{Assumption, BlindSpot};
use gateproof_model::snapshot::Changes;
use pairs::{Pair, pairs};
use rayon::prelude::*;
use regions::regions;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use touched::{OwnChange, Touched};
use unread::unread_in_both;

/// How what is allowed after a change stands to what was allowed before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relation {
    /// The same.
    Equal,
    /// Less, and nothing more.
    Narrower,
    /// More, and nothing less.
    Wider,
    /// More here and less there.
    Incomparable,
    /// It is not known.
    Undecided,
}

impl Relation {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Narrower => "narrower",
            Self::Wider => "wider",
            Self::Incomparable => "incomparable",
            Self::Undecided => "undecided",
        }
    }

    /// The relation where something is gained, or lost: `None` where that is not known.
    pub fn of(gained: Option<bool>, lost: Option<bool>) -> Self {
        match (gained, lost) {
            (Some(false), Some(false)) => Self::Equal,
            (Some(false), Some(true)) => Self::Narrower,
            (Some(true), Some(false)) => Self::Wider,
            (Some(true), Some(true)) => Self::Incomparable,
            _ => Self::Undecided,
        }
    }
}

/// Requests that one side allows and the other doesn't.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// The actions, each confirmed by a request of its own; whole services as `service:*`.
    pub actions: Vec<String>,
    /// The resources: ARNs (with what lies under them), `*` for calls without a resource, or all others of an account.
    pub resources: Vec<String>,
    /// A request that the reference evaluator allows on one side and refuses on the other.
    pub witness: Witness,
    /// What refuses it on the other side.
    pub refused_by: Vec<Evidence>,
    /// What the request takes for granted.
    pub assumptions: Vec<String>,
    /// Whether it hangs on nothing that could not be read.
    pub certain: bool,
}

/// One principal.
#[derive(Debug, Clone, PartialEq)]
pub struct PrincipalComparison {
    /// Who: an ARN, a service's name, an identity provider's ARN, or `*`.
    pub id: Arc<str>,
    /// Whether the old snapshot has it.
    pub in_old: bool,
    /// Whether the new one has it.
    pub in_new: bool,
    /// How the new stands to the old.
    pub relation: Relation,
    /// What it may do by the new policies only.
    pub gained: Vec<Region>,
    /// What it could do by the old policies only.
    pub lost: Vec<Region>,
    /// What could not be told.
    pub undecided: Vec<Undecided>,
}

/// The formulas of a comparison.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Formulas {
    /// How many were asked.
    pub asked: usize,
    /// How many were refuted, each with a proof that the checker accepted.
    pub refuted: usize,
    /// How many of these were false as they stood.
    pub folded: usize,
}

impl Formulas {
    pub(crate) fn add(&mut self, other: Self) {
        self.asked += other.asked;
        self.refuted += other.refuted;
        self.folded += other.folded;
    }
}

/// Two snapshots compared.
#[derive(Debug, Clone)]
pub struct EstateComparison {
    /// How the new stands to the old, over all principals.
    pub relation: Relation,
    /// Those principals for which something differs or is not known, by id.
    pub principals: Vec<PrincipalComparison>,
    /// How many were compared.
    pub compared: usize,
    /// The formulas of all of them.
    pub formulas: Formulas,
    /// What is taken for granted: inputs that only one of the snapshots was collected with.
    pub assumptions: Vec<String>,
    /// What could not be read on one side only, so that anything behind it may differ.
    pub undecided: Vec<Undecided>,
}

impl EstateComparison {
    /// Whether somebody certainly gains something.
    pub fn certainly_gains(&self) -> bool {
        self.principals.iter().any(|p| p.gained.iter().any(|region| region.certain))
    }
}

/// Compares what principals of two snapshots may do; all of both (services, holders of tokens, strangers and
/// unsigned callers too) where nobody is selected.
///
/// # Errors
/// Where a selector names nothing in either.
pub fn compare_estates(
    old: &Estate,
    new: &Estate,
    among: &[Selector],
    settings: &Settings,
) -> Result<EstateComparison, AskError> {
    let before = Aligned::with(old, new, Changes::default());
    let after = Aligned::with(new, old, unread_in_both(old, new));
    let (old, new) = (before.estate.as_ref().unwrap_or(old), after.estate.as_ref().unwrap_or(new));
    let pairs = pairs(old, new, among, settings)?;
    let cases = CaseChanges::of(old, new);
    let comparer = Comparer {
        old,
        new,
        cases,
        forwards: Direction::of(new, old, &after.added, settings)?,
        backwards: Direction::of(old, new, &before.added, settings)?,
        mentioning: Mutex::default(),
        exhaustive: settings.exhaustive,
    };
    settings.progress.expect(pairs.len());
    let compared: Vec<(PrincipalComparison, Formulas)> = pairs
        .par_iter()
        .map_init(Terms::default, |terms, pair| comparer.compare(terms, pair))
        .inspect(|_| settings.progress.step())
        .collect();
    let mut formulas = Formulas::default();
    compared.iter().for_each(|(_, one)| formulas.add(*one));
    let count = compared.len();
    let principals: Vec<PrincipalComparison> =
        compared.into_iter().map(|(one, _)| one).filter(|one| one.relation != Relation::Equal).collect();
    let undecided = blind_on_one_side(old, new);
    let over = |regions: fn(&PrincipalComparison) -> &[Region]| {
        let all = || principals.iter().map(|p| settled(regions(p), &p.undecided));
        match (all().any(|one| one == Some(true)), all().all(|one| one.is_some()) && undecided.is_empty()) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        }
    };
    Ok(EstateComparison {
        relation: Relation::of(over(|p| &p.gained), over(|p| &p.lost)),
        compared: count,
        formulas,
        assumptions: uncollected_on_one_side(old, new),
        undecided,
        principals,
    })
}

/// Whether there are such requests; `None` where that is not known.
fn settled(regions: &[Region], undecided: &[Undecided]) -> Option<bool> {
    match (regions.iter().any(|r| r.certain), regions.is_empty() && undecided.is_empty()) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    }
}

struct Comparer<'e> {
    old: &'e Estate,
    new: &'e Estate,
    cases: CaseChanges,
    forwards: Direction<'e>,
    backwards: Direction<'e>,
    /// What the policies of resources say about keys, by the keys.
    mentioning: Mutex<BTreeMap<BTreeSet<String>, Arc<Touched>>>,
    /// Whether nothing is passed over as untouched.
    exhaustive: bool,
}

impl<'e> Comparer<'e> {
    fn compare(&self, terms: &mut Terms, pair: &'e Pair) -> (PrincipalComparison, Formulas) {
        let OwnChange { mut touched, keys } =
            OwnChange::of(self.old.catalogue, pair.old.as_ref(), pair.new.as_ref());
        if !keys.is_empty() {
            touched.add(&self.mentioning(&keys));
        }
        if self.exhaustive {
            touched = Touched::everything(self.old.catalogue);
        }
        let (mut gains, mut losses) = (Outcome::default(), Outcome::default());
        if !touched.is_nothing() || !self.cases.all.is_nothing() {
            gains = self.forwards.gains(terms, sides(pair, true), &touched, &self.cases);
            losses = self.backwards.gains(terms, sides(pair, false), &touched, &self.cases);
        }
        let mut formulas = gains.formulas;
        formulas.add(losses.formulas);
        let catalogue = self.old.catalogue;
        let (gained, lost) = (regions(gains.shown, catalogue), regions(losses.shown, catalogue));
        let relation = Relation::of(settled(&gained, &gains.undecided), settled(&lost, &losses.undecided));
        let undecided = gains.undecided.into_iter().chain(losses.undecided).collect();
        let (in_old, in_new) = (pair.old.is_some(), pair.new.is_some());
        let id = pair.id.clone();
        (PrincipalComparison { id, in_old, in_new, relation, gained, lost, undecided }, formulas)
    }

    fn mentioning(&self, keys: &BTreeSet<String>) -> Arc<Touched> {
        let mut known = self.mentioning.lock().unwrap_or_else(PoisonError::into_inner);
        let found = || Arc::new(CaseChanges::mentioning(self.old, self.new, keys));
        known.entry(keys.clone()).or_insert_with(found).clone()
    }
}

/// What hides principals or resources in one of the snapshots only. What hides them in both is taken to hide the same.
fn blind_on_one_side(old: &Estate, new: &Estate) -> Vec<Undecided> {
    let spots =
        |estate: &Estate| -> BTreeSet<BlindSpot> { estate.snapshot.blind_spots().iter().cloned().collect() };
    let said = |spot: &BlindSpot| Undecided {
        reason: format!("not known: {}", spot.what),
        place: spot.file.to_string(),
    };
    spots(old).symmetric_difference(&spots(new)).map(said).collect()
}

/// Inputs that were collected for one of the snapshots only.
fn uncollected_on_one_side(old: &Estate, new: &Estate) -> Vec<String> {
    let inputs =
        |estate: &Estate| -> BTreeSet<Assumption> { estate.snapshot.assumptions().iter().cloned().collect() };
    let (before, after) = (inputs(old), inputs(new));
    let said = |which: &str, assumption: &Assumption| format!("{which}: {}", Untold::from(assumption));
    let only_before = before.difference(&after).map(|a| said("the old snapshot", a));
    let only_after = after.difference(&before).map(|a| said("the new snapshot", a));
    only_before.chain(only_after).collect()
}
