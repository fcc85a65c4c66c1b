//! How few steps it takes at least to have some facts.
//!
//! A fact that can be had after so many steps at the earliest has one step fewer before any step that gives it. Of facts that come
//! so late each takes a step of its own, but for those that one step gives together.

/// When a fact can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Early {
    /// The fewest steps after which it can be.
    pub level: usize,
    /// Whether no step that gives it gives others, too.
    pub alone: bool,
}

/// Whether facts can all be had after `longest` steps, as far as this tells. `made`: the fewest steps after which other steps, by which none
/// of the facts is had, can have been made. A step gives `most_given` facts at most.
pub(super) fn may_be_had(facts: &[Early], made: &[usize], most_given: usize, longest: usize) -> bool {
    // Without a bound nothing is too late, and levels aren't counted up to it.
    if longest == usize::MAX {
        return true;
    }
    if facts.iter().any(|fact| fact.level > longest) {
        return false;
    }
    let last = facts.iter().map(|fact| fact.level).chain(made.iter().copied()).max().unwrap_or(0);
    (1..=last.min(longest)).all(|level| {
        let late = || facts.iter().filter(|fact| fact.level >= level);
        let alone = late().filter(|fact| fact.alone).count();
        let others = late().count() - alone;
        let made = made.iter().filter(|made| **made >= level).count();
        level - 1 + made + alone + others.div_ceil(most_given.max(1)) <= longest
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alone(levels: &[usize]) -> Vec<Early> {
        levels.iter().map(|level| Early { level: *level, alone: true }).collect()
    }

    #[test]
    fn facts_that_come_late_take_a_step_each() {
        assert!(may_be_had(&[], &[], 1, 0));
        assert!(may_be_had(&alone(&[0, 0]), &[], 1, 0));
        assert!(may_be_had(&alone(&[1, 2, 3]), &[], 1, 3));
        assert!(!may_be_had(&alone(&[2, 2, 2]), &[], 1, 3));
        assert!(may_be_had(&alone(&[2, 2, 2]), &[], 1, 4));
        assert!(!may_be_had(&alone(&[1, 5]), &[], 1, 4));
    }

    #[test]
    fn without_a_bound_nothing_is_too_late() {
        assert!(may_be_had(&alone(&[1, usize::MAX]), &[usize::MAX], 1, usize::MAX));
        assert!(!may_be_had(&alone(&[1, usize::MAX]), &[], 1, 1_000));
    }

    #[test]
    fn steps_that_are_made_take_their_places() {
        assert!(may_be_had(&alone(&[1]), &[2], 1, 2));
        assert!(!may_be_had(&alone(&[1, 1]), &[2], 1, 2));
        assert!(!may_be_had(&alone(&[2]), &[2], 1, 2));
    }

    #[test]
    fn one_step_may_give_several() {
        let together = [Early { level: 1, alone: false }; 3];
        assert!(may_be_had(&together, &[], 2, 2));
        assert!(!may_be_had(&together, &[], 2, 1));
    }
}
