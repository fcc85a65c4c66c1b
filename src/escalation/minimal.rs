//! Minimal sets: those with a property that more elements never take away, and that no smaller set in them has.
//!
//! A set has the property if it holds an element of each *cut*: the elements without which nothing is left that has it. So sets are tried
//! that hold one of each known cut, smaller ones first; where one fails, what can be added to it without giving it the property leaves
//! another cut (R. Reiter, "A theory of diagnosis from first principles", 1987, section 4, with the two kinds of set exchanged). Things
//! that ask for one of many alternatives each have few cuts, however many their minimal sets.

use std::collections::BTreeSet;

/// What was found of minimal sets.
#[derive(Debug, Default)]
pub(super) struct Minimal {
    /// The sets, smallest first.
    pub sets: Vec<Vec<usize>>,
    /// Whether there may be others of those that were passed over.
    pub more: bool,
    /// Whether so many sets were tried that others may be missing.
    pub unfinished: bool,
}

/// The minimal sets among as many first numbers as `outdone` has places, but for those that are passed over, which sets with more elements
/// are too; some may be missing after `most` sets were tried. A set with the property keeps it where another number takes the place of one
/// that is outdone by it.
pub(super) fn minimal_sets(
    outdone: &[Vec<usize>],
    most: usize,
    passed_over: &dyn Fn(&[usize]) -> bool,
    holds: impl FnMut(&[usize]) -> bool,
) -> Minimal {
    let n = outdone.len();
    let mut tried = Tried { holds, outdone, held: Vec::new(), failed: Vec::new(), tries: 0 };
    let mut walk = Walk { n, most, cuts: Vec::new(), minimal: Minimal::default(), goes_on: true };
    let mut size = 0;
    while std::mem::take(&mut walk.goes_on) && tried.tries < most {
        walk.through(size, &BTreeSet::new(), &mut BTreeSet::new(), passed_over, &mut tried);
        size += 1;
    }
    walk.minimal.unfinished = tried.tries >= most;
    walk.minimal.sets.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    walk.minimal
}

/// A walk through the sets that hold an element of each cut.
struct Walk {
    n: usize,
    most: usize,
    cuts: Vec<Vec<usize>>,
    minimal: Minimal,
    /// Whether larger sets are left.
    goes_on: bool,
}

impl Walk {
    /// Tries the sets of a size with these elements and others.
    fn through<F: FnMut(&[usize]) -> bool>(
        &mut self,
        size: usize,
        set: &BTreeSet<usize>,
        seen: &mut BTreeSet<BTreeSet<usize>>,
        passed_over: &dyn Fn(&[usize]) -> bool,
        tried: &mut Tried<'_, F>,
    ) {
        let list: Vec<usize> = set.iter().copied().collect();
        if tried.tries >= self.most || self.minimal.sets.iter().any(|known| is_within(known, &list)) {
            return;
        }
        if passed_over(&list) {
            self.minimal.more = true;
            return;
        }
        let open: Vec<&Vec<usize>> =
            self.cuts.iter().filter(|cut| !cut.iter().any(|element| set.contains(element))).collect();
        if open.iter().all(|cut| !cut.is_empty()) && set.len() + apart(&open) > size {
            self.goes_on = true;
            return;
        }
        let open = open.into_iter().min_by_key(|cut| cut.len()).cloned();
        let cut = match open {
            Some(cut) => cut,
            None if tried.holds(&list) => {
                self.minimal.sets.push(list);
                return;
            }
            None => {
                let grown = tried.grown(self.n, list);
                let cut: Vec<usize> = (0..self.n).filter(|e| grown.binary_search(e).is_err()).collect();
                self.cuts.push(cut.clone());
                cut
            }
        };
        if set.len() == size {
            self.goes_on |= !cut.is_empty();
            return;
        }
        for element in cut {
            let mut more = set.clone();
            more.insert(element);
            if seen.insert(more.clone()) {
                self.through(size, &more, seen, passed_over, tried);
            }
        }
    }
}

/// How many of some cuts have no element in common, at least: each of them takes an element of its own.
fn apart(cuts: &[&Vec<usize>]) -> usize {
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    let mut count = 0;
    for cut in cuts {
        if !cut.iter().any(|element| taken.contains(element)) {
            taken.extend(cut.iter());
            count += 1;
        }
    }
    count
}

/// What is known of the property. Sets are sorted.
struct Tried<'o, F> {
    holds: F,
    /// The others that each element can be replaced by.
    outdone: &'o [Vec<usize>],
    /// Sets that have it, none within another.
    held: Vec<Vec<usize>>,
    /// Sets that don't have it, none within another.
    failed: Vec<Vec<usize>>,
    tries: usize,
}

impl<F: FnMut(&[usize]) -> bool> Tried<'_, F> {
    /// Whether a set has the property; asked only where those that were tried don't tell.
    fn holds(&mut self, set: &[usize]) -> bool {
        if self.held.iter().any(|held| self.is_outdone(held, set)) {
            return true;
        }
        if self.failed.iter().any(|failed| self.is_outdone(set, failed)) {
            return false;
        }
        self.tries += 1;
        if (self.holds)(set) {
            self.held.retain(|held| !is_within(set, held));
            self.held.push(set.to_vec());
            return true;
        }
        self.failed.retain(|failed| !is_within(failed, set));
        self.failed.push(set.to_vec());
        false
    }

    /// Whether all of a set is in another, or replaced in it.
    fn is_outdone(&self, set: &[usize], other: &[usize]) -> bool {
        let has = |element: &usize| other.binary_search(element).is_ok();
        set.iter().all(|element| {
            has(element) || self.outdone.get(*element).is_some_and(|others| others.iter().any(has))
        })
    }

    /// A largest set without the property around one that doesn't have it: parts of the others are added, ever smaller ones.
    fn grown(&mut self, n: usize, mut set: Vec<usize>) -> Vec<usize> {
        let mut others: Vec<usize> = (0..n).filter(|e| set.binary_search(e).is_err()).collect();
        let mut part = others.len();
        while part > 0 {
            let mut left = Vec::new();
            for some in others.chunks(part) {
                let mut more = [set.as_slice(), some].concat();
                more.sort_unstable();
                if self.holds(&more) {
                    left.extend_from_slice(some);
                } else {
                    set = more;
                }
            }
            others = left;
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

    /// So many elements, none of which is outdone.
    fn plain(n: usize) -> Vec<Vec<usize>> {
        vec![Vec::new(); n]
    }

    /// The minimal ones of some sets.
    fn minimal_of(sets: &[BTreeSet<usize>]) -> BTreeSet<Vec<usize>> {
        let smaller = |set: &&BTreeSet<usize>| !sets.iter().any(|s| s != *set && s.is_subset(set));
        sets.iter().filter(smaller).map(|s| s.iter().copied().collect()).collect()
    }

    proptest! {
        #[test]
        fn all_minimal_sets_are_found(sets in prop::collection::vec(prop::collection::btree_set(0..7usize, 0..5), 0..6)) {
            let holds = |some: &[usize]| sets.iter().any(|set| set.iter().all(|element| some.contains(element)));
            let found = minimal_sets(&plain(7), 100_000, &|_| false, holds);
            prop_assert!(!found.more && !found.unfinished);
            prop_assert_eq!(found.sets.into_iter().collect::<BTreeSet<_>>(), minimal_of(&sets));
        }

        /// Each element belongs to one of three kinds and has a rank in it: it is outdone by the others of its kind that rank no lower.
        #[test]
        fn what_is_outdone_is_found_with_fewer_tries(
            ranks in prop::collection::vec((0..3usize, 0..3usize), 7),
            wanted in prop::collection::vec(prop::collection::btree_set(0..7usize, 0..4), 0..5),
        ) {
            let outdoes = |one: usize, other: usize| ranks[one].0 == ranks[other].0 && ranks[one].1 >= ranks[other].1;
            let outdone: Vec<Vec<usize>> =
                (0..7).map(|n| (0..7).filter(|other| *other != n && outdoes(*other, n)).collect()).collect();
            let holds = |some: &[usize]| {
                wanted.iter().any(|set| set.iter().all(|n| some.iter().any(|other| outdoes(*other, *n))))
            };
            let tries = |outdone: &[Vec<usize>]| {
                let mut tries = 0;
                let found = minimal_sets(outdone, 100_000, &|_| false, |some| {
                    tries += 1;
                    holds(some)
                });
                (found.sets.into_iter().collect::<BTreeSet<_>>(), tries)
            };
            let ((found, few), (expected, many)) = (tries(&outdone), tries(&plain(7)));
            prop_assert_eq!(found, expected);
            prop_assert!(few <= many, "{} tries, {} without", few, many);
        }

        #[test]
        fn all_but_those_passed_over_are_found(
            sets in prop::collection::vec(prop::collection::btree_set(0..7usize, 0..5), 0..6),
            costs in prop::collection::vec(0..3usize, 7),
            most in 0..6usize,
        ) {
            let dear = |some: &[usize]| some.iter().filter_map(|e| costs.get(*e)).sum::<usize>() > most;
            let holds = |some: &[usize]| sets.iter().any(|set| set.iter().all(|element| some.contains(element)));
            let found = minimal_sets(&plain(7), 100_000, &dear, holds);
            let (passed_over, others): (BTreeSet<Vec<usize>>, BTreeSet<Vec<usize>>) =
                minimal_of(&sets).into_iter().partition(|set| dear(set));
            prop_assert!(found.more || passed_over.is_empty());
            prop_assert_eq!(found.sets.into_iter().collect::<BTreeSet<_>>(), others);
        }
    }

    #[test]
    fn what_may_be_missing_is_told() {
        let most = |most| minimal_sets(&plain(6), most, &|_| false, |some| some.len() > 2);
        assert_eq!((most(1_000).sets.len(), most(1_000).unfinished), (20, false));
        assert!(most(8).sets.len() < 20 && most(8).unfinished);
    }

    #[test]
    fn nothing_is_tried_that_follows_from_what_was() {
        let sets = [[0, 1], [0, 2], [3, 4]];
        let (mut minimal, mut failed): (Vec<Vec<usize>>, Vec<Vec<usize>>) = Default::default();
        minimal_sets(&plain(8), 100, &|_| false, |some| {
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
        let found = minimal_sets(&plain(1_000), 100, &|_| false, |some| {
            tries += 1;
            some.contains(&17) && some.contains(&800)
        });
        assert_eq!(found.sets, [vec![17, 800]]);
        assert!(tries < 80, "{tries}");
    }

    #[test]
    fn one_of_many_each_takes_few_more_tries_than_there_are_sets() {
        let mut tries = 0;
        let found = minimal_sets(&plain(30), 1_000, &|_| false, |some| {
            tries += 1;
            [0..8, 8..12, 12..15]
                .into_iter()
                .all(|part| part.into_iter().any(|element| some.contains(&element)))
        });
        assert_eq!(found.sets.len(), 8 * 4 * 3);
        assert!(tries < 8 * 4 * 3 + 60, "{tries}");
    }
}
