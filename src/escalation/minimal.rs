//! Minimal sets: those with a property that more elements never take away, and that no smaller set in them has.
//!
//! Every other minimal set lacks an element of each one that is known. So each is looked for among what is left when some
//! elements are set aside, one of each known one (R. Reiter, "A theory of diagnosis from first principles", 1987, section 4).

use std::collections::{BTreeSet, VecDeque};

/// The minimal sets among the first `n` numbers, smallest first; some may be missing after `most` sets were tried.
pub(super) fn minimal_sets(
    n: usize,
    most: usize,
    mut holds: impl FnMut(&[usize]) -> bool,
) -> Vec<Vec<usize>> {
    let mut found: Vec<Vec<usize>> = Vec::new();
    let mut failed: Vec<BTreeSet<usize>> = Vec::new();
    let mut queue: VecDeque<BTreeSet<usize>> = VecDeque::from([BTreeSet::new()]);
    let mut seen: BTreeSet<BTreeSet<usize>> = BTreeSet::new();
    while let Some(aside) = queue.pop_front() {
        if failed.iter().any(|more| more.is_subset(&aside)) {
            continue;
        }
        let known = found.iter().find(|set| set.iter().all(|element| !aside.contains(element)));
        let set = match known {
            Some(set) => set.clone(),
            None => {
                let left: Vec<usize> = (0..n).filter(|element| !aside.contains(element)).collect();
                if found.len() + failed.len() >= most {
                    break;
                }
                if !holds(&left) {
                    failed.push(aside);
                    continue;
                }
                let set = shrunk(left, &mut holds);
                found.push(set.clone());
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
    found.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    found
}

/// A minimal set in one that has the property: parts of it are left out, ever smaller ones.
fn shrunk(mut set: Vec<usize>, holds: &mut impl FnMut(&[usize]) -> bool) -> Vec<usize> {
    let mut part = set.len().div_ceil(2);
    while part > 0 {
        let mut at = 0;
        while at < set.len() {
            let end = (at + part).min(set.len());
            let fewer: Vec<usize> =
                set.iter().enumerate().filter(|(n, _)| !(at..end).contains(n)).map(|(_, e)| *e).collect();
            if holds(&fewer) {
                set = fewer;
            } else {
                at = end;
            }
        }
        part = if part == 1 { 0 } else { part.div_ceil(2) };
    }
    set
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
