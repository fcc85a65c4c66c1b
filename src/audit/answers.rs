//! Everybody's answer to a question, and what follows from all of them.

use super::evidence::Evidence;
use crate::ask::Everybody;
use crate::pipelines::Untold;
use crate::question::{Answer, Verdict, Witness};
use gateproof_model::assumption::is_of_unreadable;
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Everybody's answer to a question.
pub(super) struct Answers {
    /// The question, in words.
    pub question: String,
    pub each: Everybody,
}

/// What is known of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Certainty {
    /// Impossible, whatever was not collected.
    Cannot,
    /// Impossible as far as is known.
    CannotAsKnown,
    /// Not decided.
    Undecided,
    /// Possible only if a policy that could not be read says so.
    CanIfUnread,
    /// Possible.
    Can,
}

impl Certainty {
    /// What is known of an answer.
    pub fn of(answer: &Answer) -> Self {
        match answer.verdict {
            Verdict::Impossible if answer.untold.is_empty() => Self::Cannot,
            Verdict::Impossible => Self::CannotAsKnown,
            Verdict::Undecided => Self::Undecided,
            Verdict::Reachable if answer.unknowns().any(|taken| is_of_unreadable(&taken)) => {
                Self::CanIfUnread
            }
            Verdict::Reachable => Self::Can,
        }
    }
}

impl Answers {
    /// Those of some who can't, each with what may be otherwise than is known; none: it is proved.
    pub fn cannot(&self, some: &BTreeSet<Arc<str>>) -> Vec<(Arc<str>, Vec<Untold>)> {
        let cannot = self.each.iter().filter(|(_, answer)| answer.verdict == Verdict::Impossible);
        let cannot = cannot.filter(|(arn, _)| some.contains(arn));
        cannot.map(|(arn, answer)| (arn.clone(), missing_of(std::iter::once(&**answer)))).collect()
    }

    /// Those who can, whatever the policies say that could not be read.
    pub fn surely(&self) -> impl Iterator<Item = (&Arc<str>, &Answer)> {
        let can = self.each.iter().filter(|(_, answer)| Certainty::of(answer) == Certainty::Can);
        can.map(|(arn, answer)| (arn, &**answer))
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
            // What is impossible for one of the two is impossible for both, and what is in doubt for one is for both.
            let is_less = Certainty::of(other) < Certainty::of(answer);
            Some((arn.clone(), if is_less { other.clone() } else { answer.clone() }))
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
        let mut open = self.each.iter().filter(|(_, answer)| Certainty::of(answer) != Certainty::Cannot);
        open.all(|(arn, _)| some.contains(arn))
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
