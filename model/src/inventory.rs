//! The inventory: the objects that attack steps are about (functions, projects, stacks, …), by kind, with the fields
//! that matter to a step.
//!
//! What the kinds are, and which output of the AWS CLI tells what of them, is data: `model/inventory/*.yaml`.

mod join;
mod kind;
mod names;
mod path;
mod read;
mod template;
mod things;

pub use kind::{Kind, KindError, check_joins, embedded, parse_kinds};
pub(crate) use read::read_inventory;

use crate::pipeline::flow;
use crate::problem::Problem;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// An object of the snapshot that a step can be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// Its kind, such as `lambda.function`.
    pub kind: Arc<str>,
    /// Its ARN.
    pub arn: Arc<str>,
    /// Its name or id, as calls take it.
    pub name: Arc<str>,
    /// The account that owns it.
    pub account: Arc<str>,
    /// Its region, where it has one.
    pub region: Option<Arc<str>>,
    /// Its fields. One that is known to be empty is here without values, one that no file tells of is not here.
    pub fields: BTreeMap<String, Vec<Arc<str>>>,
    /// The file that told of it first, relative to the snapshot.
    pub file: Arc<str>,
    /// JSON pointer within the file.
    pub pointer: Arc<str>,
}

impl Thing {
    /// The values of a field; `arn`, `name`, `account` and `region` are fields of every kind.
    pub fn field(&self, name: &str) -> &[Arc<str>] {
        match name {
            "arn" => std::slice::from_ref(&self.arn),
            "name" => std::slice::from_ref(&self.name),
            "account" => std::slice::from_ref(&self.account),
            "region" => self.region.as_slice(),
            _ => self.fields.get(name).map(Vec::as_slice).unwrap_or_default(),
        }
    }

    /// Whether a file tells of a field, be it that there is none.
    pub fn tells(&self, field: &str) -> bool {
        kind::COMMON_FIELDS.contains(&field) || self.fields.contains_key(field)
    }
}

/// The objects of a snapshot, by kind and ARN.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    things: BTreeMap<&'static str, Vec<Thing>>,
    /// The kinds of which a listing was collected, by account; refused ones count.
    collected: BTreeMap<Arc<str>, BTreeSet<&'static str>>,
    /// By kind and account.
    unread: BTreeMap<&'static str, BTreeMap<Arc<str>, Vec<Problem>>>,
    problems: Vec<Problem>,
}

impl Inventory {
    /// The objects of a kind, by ARN.
    pub fn of_kind(&self, kind: &str) -> &[Thing] {
        self.things.get(kind).map(Vec::as_slice).unwrap_or_default()
    }

    /// An object by its ARN.
    pub fn find(&self, kind: &str, arn: &str) -> Option<&Thing> {
        let things = self.of_kind(kind);
        things.get(things.binary_search_by(|thing| (*thing.arn).cmp(arn)).ok()?)
    }

    /// Where no listing of a kind was collected of an account, the CLI commands that would tell of its objects. What
    /// was refused or could not be read is not this: see [`Inventory::unread`].
    pub fn not_collected(&self, kind: &str, account: &str) -> Option<&[String]> {
        let kind = Self::kind(kind)?;
        let collected = self.collected.get(account).is_some_and(|kinds| kinds.contains(kind.name.as_str()));
        let told = collected || kind.within.as_deref().is_some_and(|outer| self.has_none(outer, account));
        (!told).then_some(kind.commands.as_slice())
    }

    /// Whether an account is known to have no object of a kind.
    fn has_none(&self, kind: &str, account: &str) -> bool {
        self.not_collected(kind, account).is_none()
            && self.unread(kind, account).is_empty()
            && !self.of_kind(kind).iter().any(|thing| &*thing.account == account)
    }

    /// What could not be read of a kind in an account (refused calls, broken files, missing pages, members of the
    /// wrong type): objects and values beyond those listed may exist.
    pub fn unread(&self, kind: &str, account: &str) -> &[Problem] {
        let problems = self.unread.get(kind).and_then(|accounts| accounts.get(account));
        problems.map(Vec::as_slice).unwrap_or_default()
    }

    /// The kind by whose listing the objects of a kind are told, where it has none of its own: those of pipelines are made of their
    /// structure.
    pub fn told_by(kind: &str) -> Option<&'static str> {
        flow::KINDS.contains(&kind).then_some("codepipeline.pipeline")
    }

    /// Adds the objects of a kind of which there are none yet.
    pub(crate) fn add(&mut self, kind: &'static str, mut things: Vec<Thing>) {
        things.sort_by(|a, b| a.arn.cmp(&b.arn));
        self.things.insert(kind, things);
    }

    /// Adds something that could not be read of a kind.
    pub(crate) fn add_unread(&mut self, kind: &'static str, account: &Arc<str>, problem: Problem) {
        self.unread.entry(kind).or_default().entry(account.clone()).or_default().push(problem);
    }

    /// All kinds, by name.
    pub fn kinds() -> impl Iterator<Item = &'static Kind> {
        embedded().unwrap_or_default().iter()
    }

    /// A kind by its name.
    pub fn kind(name: &str) -> Option<&'static Kind> {
        Self::kinds().find(|kind| kind.name == name)
    }

    /// What is wrong with the files, in the order of reading, but for what the snapshot's own problems tell.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}
