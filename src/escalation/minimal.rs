//! Minimal sets: those with a property that more elements never take away, and that no smaller set in them has.
//!
//! Every other minimal set lacks an element of each one that is known. So each is looked for among what is left when some
//! elements are set aside, one of each known one (R. Reiter, "A theory of diagnosis from first principles", 1987, section 4).

use std::collections::{BTreeSet, VecDeque};

/// The minimal sets among the first `n` numbers, smallest first; some may be missing after `most` sets were tried.
pub(super) fn minimal_sets(n: usize, most: usize, holds: impl FnMut(&[usize]) -> bool) -> Vec<Vec<usize>> {
    let mut tried = Tried { holds, found: Vec::new(), failed: Vec::new() };
    let mut queue: VecDeque<BTreeSet<usize>> = VecDeque::from([BTreeSet::new()]);
    let mut seen: BTreeSet<BTreeSet<usize>> = BTreeSet::new();
    while let Some(aside) = queue.pop_front() {
        let known = tried.found.iter().find(|set| set.iter().all(|element| !aside.contains(element)));
        let set = match known {
            Some(set) => set.clone(),
            None => {
                let left: Vec<usize> = (0..n).filter(|element| !aside.contains(element)).collect();
                if tried.found.len() + tried.failed.len() >= most {
                    break;
                }
                if !tried.holds(&left) {
                    continue;
                }
                let set = tried.shrunk(left);
                tried.found.push(set.clone());
                set
            }
        };
        for element in set {
            let mut more = aside.clone();
            more.insert(element);
            if seen.len() < most && seen.insert(more.clone()) {
                queue.push_back(more);
            }
        }
    }
    let mut found = tried.found;
    found.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    found
}

/// What is known of the property. Sets are sorted.
struct Tried<F> {
    holds: F,
    /// Minimal sets that have it.
    found: Vec<Vec<usize>>,
    /// Sets that don't have it, none within another.
    failed: Vec<Vec<usize>>,
}

impl<F: FnMut(&[usize]) -> bool> Tried<F> {
    /// Whether a set has the property; asked only where those that were tried don't tell.
    fn holds(&mut self, set: &[usize]) -> bool {
        if self.found.iter().any(|found| is_within(found, set)) {
            return true;
        }
        if self.failed.iter().any(|failed| is_within(set, failed)) {
            return false;
        }
        if (self.holds)(set) {
            return true;
        }
        self.failed.retain(|failed| !is_within(failed, set));
        self.failed.push(set.to_vec());
        false
    }

    /// A minimal set in one that has the property: parts of it are left out, ever smaller ones.
    fn shrunk(&mut self, mut set: Vec<usize>) -> Vec<usize> {
        let mut part = set.len().div_ceil(2);
        while part > 0 {
            let mut at = 0;
            while at < set.len() {
                let end = (at + part).min(set.len());
                let left = set.iter().enumerate().filter(|(n, _)| !(at..end).contains(n));
                let fewer: Vec<usize> = left.map(|(_, e)| *e).collect();
                if self.holds(&fewer) {
                    set = fewer;
                } else {
                    at = end;
                }
            }
            part = if part == 1 { 0 } else { part.div_ceil(2) };
        }
        set
    }
}

/// Whether all of a set is in another.
fn is_within(set: &[usize], other: &[usize]) -> bool {
    set.len() <= other.len() && set.iter().all(|element| other.binary_search(element).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The minimal ones of some sets.
    fn minimal_of(sets: &[BTreeSet<usize>]) -> BTreeSet<Vec<usize>> {
        let smaller = |set: &&BTreeSet<usize>| !sets.iter().any(|s| s != *set && s.is_subset(set));
        sets.iter().filter(smaller).map(|s| s.iter().copied().collect()).collect()
    }

    proptest! {
        #[test]
        fn all_minimal_sets_are_found(sets in prop::collection::vec(prop::collection::btree_set(0..7usize, 0..5), 0..6)) {
            let holds = |some: &[usize]| sets.iter().any(|set| set.iter().all(|element| some.contains(element)));
            let found: BTreeSet<Vec<usize>> = minimal_sets(7, 100_000, holds).into_iter().collect();
            prop_assert_eq!(found, minimal_of(&sets));
        }
    }

    #[test]
    fn nothing_is_tried_that_follows_from_what_was() {
        let sets = [[0, 1], [0, 2], [3, 4]];
        let (mut minimal, mut failed): (Vec<Vec<usize>>, Vec<Vec<usize>>) = Default::default();
        minimal_sets(8, 100, |some| {
            let follows = minimal.iter().any(|set| is_within(set, some))
                || failed.iter().any(|set| is_within(some, set));
            assert!(!follows, "{some:?}, with {minimal:?} and without {failed:?}");
            let holds = sets.iter().any(|set| is_within(set, some));
            let list = if holds { &mut minimal } else { &mut failed };
            if !holds || sets.iter().any(|set| set == some) {
                list.push(some.to_vec());
            }
            holds
        });
        assert_eq!(minimal.len(), 3);
    }

    #[test]
    fn one_of_many_takes_few_tries() {
        let mut tries = 0;
        let found = minimal_sets(1_000, 100, |some| {
            tries += 1;
            some.contains(&17) && some.contains(&800)
        });
        assert_eq!(found, [vec![17, 800]]);
        assert!(tries < 80, "{tries}");
    }
}
