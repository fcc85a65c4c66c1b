//! The catalogue's actions that a pattern list covers, as ranges of their ids.
//!
//! The catalogue is sorted by name, so that a glob like `s3:Get*` covers one range. Exact: an id lies in
//! the ranges iff its name matches some pattern (CONFORMANCE 2.1); the test below says so.

use gateproof_model::catalogue::{ActionId, Catalogue};
use gateproof_model::policy::PatternClause;
use gateproof_model::text::fold_text;
use rustc_hash::FxHashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// A set of actions: sorted, disjoint, non-adjacent half-open ranges of ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActionRanges(Box<[(u32, u32)]>);

impl ActionRanges {
    /// The actions of ids.
    pub fn of(ids: impl IntoIterator<Item = ActionId>) -> Self {
        Self::merged(ids.into_iter().filter_map(range_of).collect())
    }

    /// All of so many actions.
    pub fn all(count: usize) -> Self {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        Self::merged(vec![(0, count)])
    }

    /// What lies in some of the sets.
    pub fn union<'a>(sets: impl IntoIterator<Item = &'a Self>) -> Self {
        Self::merged(sets.into_iter().flat_map(|set| set.0.iter().copied()).collect())
    }

    fn merged(mut ranges: Vec<(u32, u32)>) -> Self {
        ranges.retain(|(first, end)| first < end);
        ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (first, end) in ranges {
            match merged.last_mut() {
                Some((_, last)) if first <= *last => *last = (*last).max(end),
                _ => merged.push((first, end)),
            }
        }
        Self(merged.into())
    }

    /// What lies in both.
    pub fn intersection(&self, other: &Self) -> Self {
        let (mut a, mut b) = (self.0.iter().copied().peekable(), other.0.iter().copied().peekable());
        let mut common = Vec::new();
        while let (Some(&x), Some(&y)) = (a.peek(), b.peek()) {
            let (first, end) = (x.0.max(y.0), x.1.min(y.1));
            if first < end {
                common.push((first, end));
            }
            if x.1 <= y.1 {
                a.next()
            } else {
                b.next()
            };
        }
        Self(common.into())
    }

    /// What lies in none, of so many actions.
    pub fn complement(&self, count: usize) -> Self {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let mut from = 0;
        let mut gaps = Vec::with_capacity(self.0.len() + 1);
        for &(first, end) in &self.0 {
            gaps.push((from, first));
            from = end;
        }
        gaps.push((from, count));
        gaps.retain(|(first, end)| first < end);
        Self(gaps.into())
    }

    /// Whether an action is in the set.
    pub fn contains(&self, action: ActionId) -> bool {
        let Some((id, _)) = range_of(action) else { return false };
        let after = self.0.partition_point(|(first, _)| *first <= id);
        after.checked_sub(1).and_then(|i| self.0.get(i)).is_some_and(|(_, end)| id < *end)
    }

    /// Whether some action is in both.
    pub fn meets(&self, other: &Self) -> bool {
        let (fewer, more) = if self.0.len() <= other.0.len() { (self, other) } else { (other, self) };
        fewer.0.iter().any(|&(first, end)| {
            let next = more.0.partition_point(|(_, e)| *e <= first);
            more.0.get(next).is_some_and(|(f, _)| *f < end)
        })
    }

    /// Whether every action of this set is in the other.
    pub fn is_within(&self, other: &Self) -> bool {
        self.intersection(other) == *self
    }

    /// Whether no action is in the set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn range_of(id: ActionId) -> Option<(u32, u32)> {
    let id = u32::try_from(id.index()).ok()?;
    Some((id, id.checked_add(1)?))
}

/// Turns pattern lists into ranges, each distinct pattern once. Shared by the threads of a run.
#[derive(Debug)]
pub struct ActionTable {
    catalogue: &'static Catalogue,
    by_pattern: RwLock<FxHashMap<Arc<str>, Arc<ActionRanges>>>,
}

impl ActionTable {
    /// A table over the actions of a catalogue.
    pub fn new(catalogue: &'static Catalogue) -> Self {
        Self { catalogue, by_pattern: RwLock::default() }
    }

    /// The actions that `Action` or `NotAction` covers.
    pub fn covered(&self, clause: &PatternClause) -> ActionRanges {
        let usable = clause.patterns.iter().filter(|p| names_an_action(&p.text));
        let listed: Vec<Arc<ActionRanges>> = usable.map(|p| self.of_pattern(&p.text)).collect();
        let listed = ActionRanges::union(listed.iter().map(AsRef::as_ref));
        if clause.negated { listed.complement(self.catalogue.action_count()) } else { listed }
    }

    fn of_pattern(&self, text: &Arc<str>) -> Arc<ActionRanges> {
        if let Some(known) = self.by_pattern.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return known.clone();
        }
        let folded = fold_text(text);
        let found = Arc::new(ActionRanges::of(self.catalogue.actions_matching(&folded).map(|a| a.id())));
        let mut table = self.by_pattern.write().unwrap_or_else(PoisonError::into_inner);
        table.entry(text.clone()).or_insert(found).clone()
    }
}

/// Text with stray spaces or commas names no action and matches nothing (CONFORMANCE 2.1).
pub fn names_an_action(pattern: &str) -> bool {
    !pattern.contains([' ', ',', '\t', '\n', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Languages;
    use gateproof_model::pattern::{PatternText, Wildcards};
    use gateproof_model::policy::Version;
    use proptest::prelude::*;

    fn clause(texts: &[String], negated: bool) -> PatternClause {
        let parse = |t: &String| PatternText::parse(&fold_text(t), Version::V2008, Wildcards::Flat, false);
        PatternClause { negated, patterns: texts.iter().map(parse).collect() }
    }

    fn glob() -> impl Strategy<Value = String> {
        prop_oneof![
            "(s3|iam|ec2|S3|kms|a4b|\\?3|[sk]*):(Get|Put|List|\\*|Create|[A-C]\\*|\\?e\\*){1,3}",
            "[a-z]{0,2}\\*",
            "[*?:sS3kK\u{212a}g]{1,5}",
            Just("s3:GetObject ".to_owned()),
            Just("iam:PassRole".to_owned()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
        #[test]
        fn ranges_hold_what_the_patterns_match(texts in prop::collection::vec(glob(), 0..4), negated: bool) {
            let catalogue = Catalogue::embedded();
            let clause = clause(&texts, negated);
            let ranges = ActionTable::new(catalogue).covered(&clause);
            let ground = clause.patterns.iter().filter(|p| names_an_action(&p.text)).filter_map(|p| p.ground());
            let set = Languages::default().set(ground.collect(), true);
            for action in catalogue.actions() {
                let matched = set.contains(&fold_text(action.name())) != negated;
                prop_assert_eq!(ranges.contains(action.id()), matched, "{} {:?}", action.name(), texts);
            }
        }

        #[test]
        fn sets_behave_as_sets(a in prop::collection::vec((0u32..60, 1u32..9), 0..6), b in prop::collection::vec((0u32..60, 1u32..9), 0..6)) {
            let build = |r: &[(u32, u32)]| ActionRanges::merged(r.iter().map(|(f, l)| (*f, f + l)).collect());
            let (a, b) = (build(&a), build(&b));
            let both = a.intersection(&b);
            let either = ActionRanges::union([&a, &b]);
            let neither = either.complement(80);
            prop_assert_eq!(a.meets(&b), !both.is_empty());
            prop_assert_eq!(a.is_within(&b), a.intersection(&b.complement(80)).is_empty());
            let holds = |set: &ActionRanges, i: u32| set.0.iter().any(|(f, e)| *f <= i && i < *e);
            for i in 0..80 {
                prop_assert_eq!(holds(&both, i), holds(&a, i) && holds(&b, i));
                prop_assert_eq!(holds(&neither, i), !holds(&a, i) && !holds(&b, i));
            }
        }
    }
}
