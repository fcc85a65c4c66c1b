//! One value, or none, for a single-valued field.

use super::points::{Left, scalars};
use super::{Budget, Demand, FieldAnswer, Unsettled, holds, literal, minimize};
use crate::emptiness::{Emptiness, EmptinessCache, Meter};
use crate::field::Field;
use crate::language::PatternSet;
use crate::term::Atom;
use gateproof_model::operand::Scalar;
use std::sync::Arc;

/// A value that fulfils all demands; `None` is absence.
pub fn find_value(
    field: &Field,
    demands: &[Demand<'_>],
    cache: &EmptinessCache,
    budget: &Budget,
    meter: &Meter,
) -> FieldAnswer<Option<Arc<str>>> {
    let demanded = |d: &&Demand<'_>| d.2;
    let absent = demands.iter().find(|(_, a, holds)| matches!(a, Atom::Present(_)) && !holds);
    let positive = demands.iter().find(demanded);
    match (absent, positive) {
        (Some(absent), Some(positive)) => {
            return FieldAnswer::Impossible(vec![literal(absent), literal(positive)]);
        }
        (None, None) if field.always_present() => {}
        (_, None) => return FieldAnswer::Value(None),
        (None, Some(_)) => {}
    }
    for scalar in scalars(demands) {
        if no_point(demands, scalar) {
            let ranges: Vec<Demand<'_>> =
                demands.iter().filter(|d| is_range_of(d, scalar)).copied().collect();
            return FieldAnswer::Impossible(minimize(ranges, |d| no_point(d, scalar)));
        }
    }
    let word = match word_of(demands, cache, budget.search, meter) {
        Emptiness::Word(word) => word,
        Emptiness::OverBudget => return FieldAnswer::Unsettled(Unsettled::OverBudget),
        Emptiness::Cancelled => return FieldAnswer::Unsettled(Unsettled::Cancelled),
        Emptiness::Empty => {
            if let Some((one, other)) = conflicting_pair(demands, cache) {
                return FieldAnswer::Impossible(vec![literal(&one), literal(&other)]);
            }
            if let Some(conflict) = conflict_one_by_one(demands, cache) {
                return FieldAnswer::Impossible(conflict.iter().map(literal).collect());
            }
            return FieldAnswer::Impossible(minimize(conflicting(field, demands), |d| {
                let exists = field.always_present() || d.iter().any(|(_, _, holds)| *holds);
                exists && word_of(d, cache, budget.minimize, meter) == Emptiness::Empty
            }));
        }
    };
    pick(demands, word)
}

/// Two demands that no text meets, where two patterns at a time show it: two sets without a common text, or a
/// set that lies in one that is refused. Most conflicts are of this kind.
fn conflicting_pair<'a>(demands: &[Demand<'a>], cache: &EmptinessCache) -> Option<(Demand<'a>, Demand<'a>)> {
    let set_of = |demand: &Demand<'a>| match demand.1 {
        Atom::Text(_, set) => Some(set),
        _ => None,
    };
    let wanted = demands.iter().filter(|d| d.2).filter_map(|d| Some((d, set_of(d)?)));
    for (one, set) in wanted {
        let after = demands.iter().skip_while(|d| d.0 != one.0).skip(1);
        let mut apart = after.filter(|d| d.2);
        let apart = apart.find(|d| set_of(d).is_some_and(|other| cache.pair(set, other).are_disjoint));
        let refused = || {
            let mut refused = demands.iter().filter(|d| !d.2);
            refused.find(|d| set_of(d).is_some_and(|other| cache.pair(set, other).is_within))
        };
        if let Some(other) = apart.or_else(refused) {
            return Some((*one, *other));
        }
    }
    None
}

/// Some demands that no text meets, where two patterns at a time show it.
fn conflict_one_by_one<'a>(demands: &[Demand<'a>], cache: &EmptinessCache) -> Option<Vec<Demand<'a>>> {
    let of = |wanted: bool| -> (Vec<&Demand<'a>>, Vec<&PatternSet>) {
        let texts = demands.iter().filter(|d| d.2 == wanted);
        let texts = texts.filter_map(|d| match d.1 {
            Atom::Text(_, set) => Some((d, set.as_ref())),
            _ => None,
        });
        texts.unzip()
    };
    let ((wanted, positive), (refused, negative)) = (of(true), of(false));
    let conflict = cache.one_by_one(&positive, &negative)?;
    let wanted = conflict.positive.iter().filter_map(|n| wanted.get(*n));
    let refused = conflict.negative.iter().filter_map(|n| refused.get(*n));
    Some(wanted.chain(refused).map(|demand| **demand).collect())
}

/// What can make the text part impossible: the text demands and, where nothing else says that there is
/// a value, one that does.
fn conflicting<'a>(field: &Field, demands: &[Demand<'a>]) -> Vec<Demand<'a>> {
    let mut core: Vec<Demand<'a>> =
        demands.iter().filter(|(_, a, _)| matches!(a, Atom::Text(..))).copied().collect();
    if !field.always_present() && !core.iter().any(|(_, _, holds)| *holds) {
        core.extend(demands.iter().find(|(_, _, holds)| *holds).copied());
    }
    core
}

fn is_range_of((_, atom, _): &Demand<'_>, scalar: Scalar) -> bool {
    matches!(atom, Atom::Range(_, set) if set.scalar == scalar)
}

/// A point is demanded on this line and none is left.
fn no_point(demands: &[Demand<'_>], scalar: Scalar) -> bool {
    demands.iter().any(|d| d.2 && is_range_of(d, scalar)) && left(demands, scalar).is_empty()
}

fn left(demands: &[Demand<'_>], scalar: Scalar) -> Left {
    let mut left = Left::all(scalar);
    for (_, atom, holds) in demands {
        if let Atom::Range(_, set) = atom
            && set.scalar == scalar
        {
            if *holds { left.within(set) } else { left.without(set) }
        }
    }
    left
}

fn word_of(demands: &[Demand<'_>], cache: &EmptinessCache, states: usize, meter: &Meter) -> Emptiness {
    let sets = |wanted: bool| -> Vec<&PatternSet> {
        demands
            .iter()
            .filter_map(|(_, a, holds)| match a {
                Atom::Text(_, set) if *holds == wanted => Some(set.as_ref()),
                _ => None,
            })
            .collect()
    };
    cache.find(&sets(true), &sets(false), states, meter)
}

/// The word, unless a comparison of points speaks against it; then a point that fits the texts too.
fn pick(demands: &[Demand<'_>], word: Arc<str>) -> FieldAnswer<Option<Arc<str>>> {
    let fits = |text: &str| demands.iter().all(|(_, atom, wanted)| holds(atom, Some(text)) == *wanted);
    for scalar in scalars(demands) {
        for text in left(demands, scalar).samples(scalar) {
            if fits(&text) {
                return FieldAnswer::Value(Some(text.into()));
            }
        }
    }
    if fits(&word) {
        return FieldAnswer::Value(Some(word));
    }
    FieldAnswer::Unsettled(Unsettled::MixedTypes)
}
