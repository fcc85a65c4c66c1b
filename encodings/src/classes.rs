//! The *classes* encoding: atoms are Booleans; a chosen combination of them is possible iff, field by
//! field, some value lies in the demanded sets and in none of the refused ones.
//!
//! [`check`] answers for one combination: values for the fields, or a smallest part of the combination
//! that no request can have. That part, negated, is a lemma: a clause that holds for every request.
//! Fields are judged one by one, so ties between fields must be formulas of their own.

mod points;
mod set_valued;
mod single_valued;

use crate::cancellation::Cancellation;
use crate::cnf::Literal;
use crate::emptiness::{EmptinessCache, Meter};
use crate::field::Field;
use crate::term::{Atom, AtomId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A value for every field that the combination speaks of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// Single-valued fields: the text, or absent.
    pub texts: BTreeMap<Field, Option<Arc<str>>>,
    /// Multivalued keys: the members, or absent.
    pub members: BTreeMap<Field, Option<Vec<Arc<str>>>>,
    /// The named assumptions.
    pub free: BTreeMap<Arc<str>, bool>,
}

/// What is known of one combination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Combination {
    /// Some request has it; these values do.
    Possible(Box<Values>),
    /// No request has these of its literals together.
    Impossible(Vec<Literal>),
    /// Nothing is proved: the search ended, or no value was found that is text and point at once. These
    /// literals are concerned.
    Unsettled(Vec<Literal>, Unsettled),
}

/// Why a combination is not settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsettled {
    /// The emptiness search passed its budget of states.
    OverBudget,
    /// A key is compared both as text and as a number, date or address, and no value tried fits.
    MixedTypes,
    /// The work was ended from outside.
    Cancelled,
}

/// Budgets of the emptiness search.
#[derive(Debug, Clone)]
pub struct Budget {
    /// States for the combination itself.
    pub search: usize,
    /// States for each attempt to make a conflict smaller.
    pub minimize: usize,
    /// Steps of all searches for one formula together.
    pub work: u64,
    /// Ends the search from outside.
    pub cancellation: Cancellation,
}

impl Default for Budget {
    fn default() -> Self {
        Self { search: 100_000, minimize: 4_000, work: 30_000_000, cancellation: Cancellation::default() }
    }
}

/// A literal of the combination: an atom and whether it is to hold.
pub(crate) type Demand<'a> = (AtomId, &'a Atom, bool);

/// The literal in clause form.
pub(crate) fn literal((id, _, holds): &Demand<'_>) -> Literal {
    let variable = Literal::try_from(id.0 + 1).unwrap_or(Literal::MAX);
    if *holds { variable } else { -variable }
}

/// What one field's demands come to.
pub(crate) enum FieldAnswer<T> {
    Value(T),
    Impossible(Vec<Literal>),
    Unsettled(Unsettled),
}

/// Judges the conjunction of the literals (`atom`, holds).
pub fn check(
    atoms: &[Atom],
    combination: &[(AtomId, bool)],
    cache: &EmptinessCache,
    budget: &Budget,
    meter: &Meter,
) -> Combination {
    let mut fields: Vec<(&Field, Vec<Demand<'_>>)> = Vec::new();
    let mut values = Values::default();
    for &(id, holds) in combination {
        let Some(atom) = atoms.get(id.0 as usize) else { continue };
        let demand = (id, atom, holds);
        match (atom, atom.field()) {
            (Atom::Free(name), _) => {
                values.free.insert(name.clone(), holds);
            }
            (_, Some(field)) => match fields.iter_mut().find(|(f, _)| *f == field) {
                Some((_, demands)) => demands.push(demand),
                None => fields.push((field, vec![demand])),
            },
            (_, None) => {}
        }
    }
    let mut unsettled = None;
    for (field, demands) in fields {
        let multivalued =
            demands.iter().any(|(_, a, _)| matches!(a, Atom::Member { .. } | Atom::MemberRange { .. }));
        let failed = if multivalued {
            match set_valued::find_members(&demands, cache, budget, meter) {
                FieldAnswer::Value(members) => {
                    values.members.insert(field.clone(), members);
                    None
                }
                FieldAnswer::Impossible(core) => return Combination::Impossible(core),
                FieldAnswer::Unsettled(why) => Some(why),
            }
        } else {
            match single_valued::find_value(field, &demands, cache, budget, meter) {
                FieldAnswer::Value(value) => {
                    values.texts.insert(field.clone(), value);
                    None
                }
                FieldAnswer::Impossible(core) => return Combination::Impossible(core),
                FieldAnswer::Unsettled(why) => Some(why),
            }
        };
        if let Some(why) = failed
            && unsettled.is_none()
        {
            unsettled = Some((demands.iter().map(literal).collect(), why));
        }
    }
    match unsettled {
        Some((literals, why)) => Combination::Unsettled(literals, why),
        None => Combination::Possible(Box::new(values)),
    }
}

/// Whether a value of a single-valued field (`None`: absent) fulfils a demand.
pub fn holds(atom: &Atom, value: Option<&str>) -> bool {
    match (atom, value) {
        (_, None) => false,
        (Atom::Present(_), Some(_)) => true,
        (Atom::Text(_, set), Some(text)) => set.contains(text),
        (Atom::Range(_, set), Some(text)) => {
            gateproof_model::operand::parse_point(set.scalar, text).is_some_and(|p| set.contains(p))
        }
        (Atom::Member { .. } | Atom::MemberRange { .. } | Atom::Free(_), Some(_)) => false,
    }
}

/// Whether the members of a multivalued key (`None`: absent) fulfil an atom.
pub fn members_hold(atom: &Atom, members: Option<&[Arc<str>]>) -> bool {
    let Some(members) = members else { return false };
    match atom {
        Atom::Present(_) => true,
        Atom::Member { set, inside, .. } => members.iter().any(|m| set.contains(m) == *inside),
        Atom::MemberRange { set, inside, .. } => members.iter().any(|m| {
            gateproof_model::operand::parse_point(set.scalar, m).is_some_and(|p| set.contains(p)) == *inside
        }),
        Atom::Text(..) | Atom::Range(..) | Atom::Free(_) => false,
    }
}

/// Drops what a conflict does not need, one literal at a time, in order.
pub(crate) fn minimize<'a>(
    mut core: Vec<Demand<'a>>,
    mut still_impossible: impl FnMut(&[Demand<'a>]) -> bool,
) -> Vec<Literal> {
    let mut i = 0;
    while core.len() > 1 && i < core.len() {
        let dropped = core.remove(i);
        if !still_impossible(&core) {
            core.insert(i, dropped);
            i += 1;
        }
    }
    core.iter().map(literal).collect()
}
