//! Everybody's answer to a question, and what follows from all of them.

use super::evidence::Evidence;
use crate::ask::Everybody;
use crate::pipelines::Untold;
use crate::question::{Answer, Verdict, Witness};
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Everybody's answer to a question.
pub(super) struct Answers {
    /// The question, in words.
    pub question: String,
    pub each: Everybody,
}

impl Answers {
    /// Those of some who can't, as is proved.
    pub fn cannot(&self, some: &BTreeSet<Arc<str>>) -> Vec<Arc<str>> {
        let cannot = self.each.iter().filter(|(_, answer)| answer.verdict == Verdict::Impossible);
        cannot.map(|(arn, _)| arn).filter(|arn| some.contains(*arn)).cloned().collect()
    }

    /// The requests that show who can.
    pub fn witnesses(&self) -> BTreeMap<Arc<str>, Witness> {
        self.who_can().filter_map(|(arn, witness)| Some((arn.clone(), witness?.clone()))).collect()
    }

    /// Who can both: this, as the answers show, and something else.
    pub fn and(&self, other: &Self) -> Self {
        let question = format!("{}, and {}", self.question, other.question);
        let others: BTreeMap<&Arc<str>, &Arc<Answer>> = other.each.iter().map(|(arn, a)| (arn, a)).collect();
        let both = |(arn, answer): &(Arc<str>, Arc<Answer>)| {
            let other = *others.get(arn)?;
            let rank = |answer: &Answer| match answer.verdict {
                Verdict::Impossible if answer.untold.is_empty() => 0,
                Verdict::Impossible => 1,
                Verdict::Undecided => 2,
                Verdict::Reachable => 3,
            };
            // What is impossible for one of the two is impossible for both.
            Some((arn.clone(), if rank(other) < rank(answer) { other.clone() } else { answer.clone() }))
        };
        let each: Vec<_> = self.each.iter().filter_map(both).collect();
        Self { question, each: each.into() }
    }

    /// Those who can.
    pub fn who_can(&self) -> impl Iterator<Item = (&Arc<str>, Option<&Witness>)> {
        let can = self.each.iter().filter(|(_, answer)| answer.verdict == Verdict::Reachable);
        can.map(|(arn, answer)| (arn, answer.witness.as_ref()))
    }

    /// Whether it is known of all others than some that they can't.
    pub fn is_settled(&self, some: &BTreeSet<Arc<str>>) -> bool {
        let cannot = |answer: &Answer| answer.verdict == Verdict::Impossible && answer.untold.is_empty();
        self.each.iter().filter(|(_, answer)| !cannot(answer)).all(|(arn, _)| some.contains(arn))
    }

    /// The proof that all others can't.
    pub fn proof(&self) -> Evidence {
        let proofs = || self.each.iter().filter_map(|(_, answer)| answer.proof.as_ref());
        Evidence::Proof {
            question: self.question.clone(),
            principals: proofs().count(),
            formulas: proofs().map(|proof| proof.formulas).sum(),
            folded: proofs().map(|proof| proof.folded).sum(),
        }
    }

    /// What was not collected and may make a difference to somebody.
    pub fn missing(&self) -> Vec<Untold> {
        missing_of(self.each.iter().map(|(_, answer)| &**answer))
    }
}

/// What was not collected and may make a difference to what is impossible.
pub(super) fn missing_of<'a>(answers: impl Iterator<Item = &'a Answer>) -> Vec<Untold> {
    let mut seen = FxHashSet::default();
    let impossible = answers.filter(|answer| answer.verdict == Verdict::Impossible);
    // Those of an account share what is said of it.
    let lists = impossible.filter(|answer| seen.insert(Arc::as_ptr(&answer.untold)));
    let untold: BTreeSet<&Untold> = lists.flat_map(|answer| answer.untold.iter()).collect();
    untold.into_iter().cloned().collect()
}
