//! The members of a multivalued key, or its absence.
//!
//! "Some member lies in L" needs one member, in L and in every set that all members must lie in; the
//! demands of one member don't concern another. So the key is possible iff each positive demand is.

use super::points::Left;
use super::{Budget, Demand, FieldAnswer, Unsettled, literal, members_hold, minimize};
use crate::emptiness::{Emptiness, EmptinessCache, Meter};
use crate::language::PatternSet;
use crate::term::Atom;
use gateproof_model::operand::Scalar;
use std::sync::Arc;

/// Members that fulfil all demands; `None` is absence.
pub fn find_members(
    demands: &[Demand<'_>],
    cache: &EmptinessCache,
    budget: &Budget,
    meter: &Meter,
) -> FieldAnswer<Option<Vec<Arc<str>>>> {
    let absent = demands.iter().find(|(_, a, holds)| matches!(a, Atom::Present(_)) && !holds);
    let positive = demands.iter().find(|(_, _, holds)| *holds);
    match (absent, positive) {
        (Some(absent), Some(positive)) => {
            return FieldAnswer::Impossible(vec![literal(absent), literal(positive)]);
        }
        (_, None) => return FieldAnswer::Value(None),
        (None, Some(_)) => {}
    }
    let mut members: Vec<Arc<str>> = Vec::new();
    for demand in demands.iter().filter(|(_, a, holds)| *holds && !matches!(a, Atom::Present(_))) {
        if members_hold(demand.1, Some(&members)) {
            continue;
        }
        match find_member(demand, demands, cache, budget, meter) {
            FieldAnswer::Value(member) => members.push(member),
            FieldAnswer::Impossible(core) => return FieldAnswer::Impossible(core),
            FieldAnswer::Unsettled(why) => return FieldAnswer::Unsettled(why),
        }
    }
    if demands.iter().all(|(_, atom, wanted)| members_hold(atom, Some(&members)) == *wanted) {
        return FieldAnswer::Value(Some(members));
    }
    FieldAnswer::Unsettled(Unsettled::MixedTypes)
}

/// One member for one positive demand, within what all members must keep to.
fn find_member<'a>(
    demand: &Demand<'a>,
    demands: &[Demand<'a>],
    cache: &EmptinessCache,
    budget: &Budget,
    meter: &Meter,
) -> FieldAnswer<Arc<str>> {
    let concerned: Vec<Demand<'a>> =
        std::iter::once(*demand).chain(demands.iter().filter(|d| !d.2).copied()).collect();
    let mut candidates: Vec<String> = Vec::new();
    for scalar in super::points::scalars(&concerned) {
        let left = points_left(&concerned, scalar);
        let must_be_point = concerned.iter().any(|d| demands_point(d, scalar));
        if must_be_point && left.is_empty() {
            let impossible = |d: &[Demand<'a>]| {
                has_positive(d)
                    && d.iter().any(|x| demands_point(x, scalar))
                    && points_left(d, scalar).is_empty()
            };
            return FieldAnswer::Impossible(minimize(concerned, impossible));
        }
        candidates.extend(left.samples(scalar));
    }
    match word_of(&concerned, cache, budget.search, meter) {
        Emptiness::Word(word) => candidates.push(word.to_string()),
        Emptiness::OverBudget => return FieldAnswer::Unsettled(Unsettled::OverBudget),
        Emptiness::Cancelled => return FieldAnswer::Unsettled(Unsettled::Cancelled),
        Emptiness::Empty => {
            return FieldAnswer::Impossible(minimize(concerned, |d| {
                has_positive(d) && word_of(d, cache, budget.minimize, meter) == Emptiness::Empty
            }));
        }
    }
    let fits = |text: &str| {
        let member: [Arc<str>; 1] = [text.into()];
        concerned.iter().all(|(_, atom, wanted)| members_hold(atom, Some(&member)) == *wanted)
    };
    match candidates.into_iter().find(|text| fits(text)) {
        Some(text) => FieldAnswer::Value(text.into()),
        None => FieldAnswer::Unsettled(Unsettled::MixedTypes),
    }
}

fn has_positive(demands: &[Demand<'_>]) -> bool {
    demands.iter().any(|(_, _, holds)| *holds)
}

/// Whether the member lies in the set of the demand: some member inside, or no member outside.
fn lies_inside(inside: bool, holds: bool) -> bool {
    inside == holds
}

fn demands_point((_, atom, holds): &Demand<'_>, scalar: Scalar) -> bool {
    matches!(atom, Atom::MemberRange { set, inside, .. } if set.scalar == scalar && lies_inside(*inside, *holds))
}

fn points_left(demands: &[Demand<'_>], scalar: Scalar) -> Left {
    let mut left = Left::all(scalar);
    for (_, atom, holds) in demands {
        if let Atom::MemberRange { set, inside, .. } = atom
            && set.scalar == scalar
        {
            if lies_inside(*inside, *holds) { left.within(set) } else { left.without(set) }
        }
    }
    left
}

fn word_of(demands: &[Demand<'_>], cache: &EmptinessCache, states: usize, meter: &Meter) -> Emptiness {
    let sets = |wanted: bool| -> Vec<&PatternSet> {
        demands
            .iter()
            .filter_map(|(_, atom, holds)| match atom {
                Atom::Member { set, inside, .. } if lies_inside(*inside, *holds) == wanted => {
                    Some(set.as_ref())
                }
                _ => None,
            })
            .collect()
    };
    cache.find(&sets(true), &sets(false), states, meter)
}
