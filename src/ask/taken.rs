//! Names that new objects can't have, since others have them.

use super::estate::Estate;
use super::piece::over_arns;
use gateproof_encodings::language::{PatternSet, matches};
use gateproof_model::inventory::Inventory;
use gateproof_model::pattern::{Pattern, Token};
use gateproof_model::text::fold_text;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// The place of principals that the attacker may have made, and may have made otherwise: their names are not taken.
pub(crate) const SUPPOSED: &str = "(perhaps made by an earlier step)";

/// What a new object's ARN must not be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct NewName {
    /// The glob that it fits.
    pub glob: String,
    /// Whether its last part is an id that the service chooses: then it is the name before it that must be new.
    pub ends_in_id: bool,
}

/// What new names can't be, found out once for each kind.
pub(crate) type TakenNames = Mutex<FxHashMap<NewName, Arc<Taken>>>;

/// The names of one kind that are taken.
#[derive(Debug)]
pub(crate) struct Taken {
    /// The ARNs of which a formula says so; `None`: there are none.
    pub set: Option<Arc<PatternSet>>,
    /// What tells that one is, of each object that exists.
    told: FxHashSet<String>,
}

/// Formulas say of so many users (roles, policies, …) at most that their names are taken on every path, and of more that they are
/// on their own and on none: each name that a formula gives is looked at for itself.
const MOST_ON_EVERY_PATH: usize = 64;

impl NewName {
    /// A name of some that fit a glob and end in it.
    pub fn like(glob: &str) -> Self {
        Self { glob: glob.to_owned(), ends_in_id: false }
    }

    /// What the ARNs begin with, up to the path, if it is a name of IAM's. Such a name is taken on every path as soon as one of
    /// its kind has it, in whatever letter case.
    ///
    /// IAM User Guide, "IAM and AWS STS quotas", "IAM name requirements"; API Reference, `CreateUser`, `CreateRole`, `CreateGroup`,
    /// `CreatePolicy`. `corpus/escalation/names.yaml`.
    fn base(&self) -> Option<&str> {
        let (before, kind) = self.glob.split_once(":iam::").and(self.glob.split_once('/'))?;
        self.glob.get(..=before.len()).filter(|_| !kind.is_empty())
    }

    /// The ARNs that an existing object leaves none of.
    fn taken(&self, arn: &str, on_every_path: bool) -> Vec<Pattern> {
        let text = |text: &str| text.chars().map(Token::Char).collect::<Vec<Token>>();
        let Some(base) = self.base() else {
            let head = self.before_id(arn);
            let run = head.map(|_| Token::AnyRun);
            return vec![text(head.unwrap_or(arn)).into_iter().chain(run).collect()];
        };
        let name = name_in(arn);
        let mut taken = vec![text(arn).into(), text(&format!("{base}{name}")).into()];
        if on_every_path {
            let run = text(base).into_iter().chain([Token::AnyRun]);
            taken.push(run.chain(text(&format!("/{name}"))).collect());
        }
        taken
    }

    /// What tells that a name is taken by an existing object.
    fn told_by(&self, known: &str) -> String {
        match self.base() {
            Some(_) => fold_text(name_in(known)),
            None => self.before_id(known).unwrap_or(known).to_owned(),
        }
    }

    /// Whether a new object can't have an ARN once `made` has been made: that is of the same kind and has the same name.
    pub fn is_taken_by(&self, made: &str, arn: &str) -> bool {
        let of_kind = self.base().map(|base| format!("{base}*"));
        let is_of_kind = matches(&over_arns(of_kind.as_ref().unwrap_or(&self.glob)), made, false);
        is_of_kind && self.tells(|told| *told == *self.told_by(made), arn)
    }

    /// Whether an ARN has a name that is told to be taken.
    fn tells(&self, is_told: impl Fn(&str) -> bool, arn: &str) -> bool {
        let mut heads = arn.match_indices([':', '/']).filter_map(|(at, _)| arn.get(..=at));
        match self.base() {
            Some(_) => is_told(&fold_text(name_in(arn))),
            None => is_told(arn) || self.ends_in_id && heads.any(is_told),
        }
    }

    /// What stands before the id of an ARN that ends in one.
    fn before_id<'a>(&self, arn: &'a str) -> Option<&'a str> {
        arn.rfind([':', '/']).and_then(|at| arn.get(..=at)).filter(|_| self.ends_in_id)
    }
}

/// The name in an ARN of IAM's, without its path.
fn name_in(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or_default()
}

impl Estate {
    /// What such a name can't be, if anything.
    pub(super) fn names_taken(&self, name: &NewName) -> Arc<Taken> {
        let mut known = self.taken_names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = known.get(name) {
            return taken.clone();
        }
        let existing: Vec<&Arc<str>> = self.existing(name).collect();
        let on_every_path = existing.len() <= MOST_ON_EVERY_PATH;
        let taken = existing.iter().flat_map(|arn| name.taken(arn, on_every_path)).collect();
        let set = || self.compiler.languages.set(taken, name.base().is_some());
        let set = (!existing.is_empty()).then(set);
        let told = existing.iter().map(|arn| name.told_by(arn)).collect();
        known.entry(name.clone()).or_insert(Arc::new(Taken { set, told })).clone()
    }

    /// Whether an object of that name exists.
    pub(crate) fn is_taken(&self, name: &NewName, arn: &str) -> bool {
        let told = &self.names_taken(name).told;
        name.tells(|name| told.contains(name), arn)
    }

    /// The objects of the snapshot that are of the kind.
    fn existing(&self, name: &NewName) -> impl Iterator<Item = &Arc<str>> {
        let of_kind = name.base().map(|base| format!("{base}*"));
        let glob = over_arns(of_kind.as_ref().unwrap_or(&name.glob));
        let (snapshot, inventory) = (&self.snapshot, self.snapshot.inventory());
        let things = Inventory::kinds().flat_map(|kind| inventory.of_kind(&kind.name)).map(|t| &t.arn);
        let principals = snapshot.principals().iter().filter(|p| *p.place.file != *SUPPOSED);
        let principals = principals.flat_map(|p| p.instance_profiles.iter().chain([&p.arn]));
        let groups = snapshot.groups().iter().map(|g| &g.arn);
        let policies = snapshot.managed_policies().iter().map(|p| &p.arn);
        let all = principals.chain(groups).chain(policies).chain(things);
        let head = name.base().or(name.glob.split(['*', '?']).next()).unwrap_or_default();
        all.filter(move |arn| arn.starts_with(head) && matches(&glob, arn, false))
    }
}
