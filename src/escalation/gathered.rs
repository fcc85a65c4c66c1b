//! What the steps of a search gave, whatever its goal.

use super::among::Among;
use super::aside::Aside;
use super::fact::Fact;
use super::gain::Gained;
use super::guard::Refuted;
use super::sorts::Sorts;
use super::step::{Identity, Instance};
use super::unnamed::{about_unnamed, of_made, with_policies};
use crate::question::Undecided;
use gateproof_model::arn::Arn;
use gateproof_model::snapshot::Snapshot;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;
use std::sync::Arc;

/// All that was found of steps.
#[derive(Debug, Clone, Default)]
pub(super) struct Gathered {
    pub facts: BTreeSet<Fact>,
    pub instances: Aside<Vec<Instance>>,
    pub known: Aside<FxHashSet<Identity>>,
    pub gained: Gained,
    /// The kinds of object of the inventory that steps were looked for with, and the accounts.
    pub kinds: BTreeSet<(String, Arc<str>)>,
    /// Fields of such objects that no file tells.
    pub untold: BTreeSet<String>,
    /// Facts about new principals of whatever name ([`super::unnamed`]).
    unnamed: BTreeSet<Fact>,
    /// Whether new principals were given a name of each sort.
    pub by_sorts: bool,
    /// Why it is not known what other names of new principals lead to, where it isn't.
    pub untried: Option<Undecided>,
    /// How many rounds of steps were made: with one name for each new principal, or since other names are tried.
    pub rounds: usize,
    /// Whether nothing can be added: then what is not in `facts` can't be reached.
    pub complete: bool,
    pub refuted: Refuted,
}

impl Gathered {
    /// What an attack starts with.
    pub fn at_the_start(snapshot: &Snapshot, facts: impl Iterator<Item = Fact>) -> Self {
        let mut all = Self { gained: Gained::nothing(snapshot), ..Self::default() };
        facts.for_each(|fact| all.take(&fact));
        all
    }

    pub fn take(&mut self, fact: &Fact) {
        self.gained.insert(fact);
        let whose = if about_unnamed(fact).is_some() { &mut self.unnamed } else { &mut self.facts };
        whose.insert(fact.clone());
    }

    /// What is true of new principals of whatever name is so of each that was made.
    pub fn spread(&mut self, added: &mut BTreeSet<Fact>) {
        let made: Vec<Arc<str>> = self.facts.iter().filter_map(Fact::made).cloned().collect();
        let have = with_policies(&self.facts);
        for fact in self.unnamed.clone() {
            for fact in of_made(&fact, made.iter(), &have) {
                // No step shows it: one that does is still wanted.
                if self.facts.insert(fact.clone()) {
                    added.insert(fact);
                }
            }
        }
    }

    /// Notes what tells apart more sorts of names than can be tried.
    pub fn note_told(&mut self, sorts: Option<&Sorts>) {
        let told = sorts.into_iter().flat_map(Sorts::kinds).find_map(|kind| {
            let reason =
                format!("another name for a new principal may make a difference: {}", kind.told.as_ref()?);
            Some(Undecided { reason, place: kind.base.to_string() })
        });
        self.untried = self.untried.take().or(told);
    }

    /// Whether the step makes a principal such as it made already in that account, with the same boundary: one is as good as
    /// many, or as many whose names are of its sort.
    pub fn has_made_one(&self, instance: &Instance, sorts: Option<&Sorts>) -> bool {
        let Some(made) = instance.facts.iter().find_map(Fact::made) else { return false };
        let same = |known: &&Instance| {
            known.primitive == instance.primitive && policies(known).eq(policies(instance))
        };
        let account = |arn: &str| Arn::parse(arn).map(|a| a.account.to_owned());
        let alike = |known: &Arc<str>| match sorts.and_then(|sorts| sorts.kind_of(made)) {
            Some(kind) => kind.alike(known, made),
            None => true,
        };
        let mut known =
            self.instances.iter().filter(same).filter_map(|known| known.facts.iter().find_map(Fact::made));
        known.any(|known| account(known) == account(made) && alike(known))
    }
}

/// The policies that a step attaches, or sets as boundary.
fn policies(instance: &Instance) -> impl Iterator<Item = &Among> {
    instance.facts.iter().filter_map(|fact| match fact {
        Fact::Attached { policies, .. } | Fact::Bounded { policies, .. } => Some(policies),
        _ => None,
    })
}
