//! Authorizations that hang together: each by itself is a question, and all of them are asked for in one session and at one time; those of
//! one call of a step over one network, too.
//!
//! IAM User Guide, "How IAM works", "Request context"; "Grant a user permissions to pass a role to an AWS service"; "Pass session tags in AWS STS".

use super::caller::CallerEntity;
use super::decide_piece::PieceProof;
use super::estate::Estate;
use super::joint::is_shared;
use super::one_name::EVERYTHING;
use super::piece::Piece;
use super::summary::{Prepared, Tally, piece_of};
use super::target::Place;
use crate::engine::{Answer, solve};
use crate::question::answer::ContextText;
use crate::question::constraint::Demand;
use crate::question::{Constraint, Step};
use gateproof_encodings::classes::Values;
use gateproof_encodings::field::Field;
use gateproof_encodings::term::{Atom, Term, Terms};
use gateproof_model::arn::Arn;
use gateproof_model::catalogue::{Catalogue, KeyOwner};
use gateproof_model::text::fold_text;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A permission on a global resource is checked in the region of the call, which its own requests don't tell.
const REGION: &str = "aws:requestedregion";

/// Beside what the principal and its session fix, what the calls that a service makes in its caller's name see as the call to it does.
const FORWARDED: [&str; 3] = ["aws:currenttime", "aws:epochtime", "aws:sourceidentity"];

/// How authorizations hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Bond {
    /// One call asks for all of them.
    OneCall,
    /// A call asks for the first, and the service that is called for the others: in the caller's session and at that time, but over its own
    /// network.
    ///
    /// IAM User Guide, "Forward access sessions"; "AWS global condition context keys", `aws:SourceIp`.
    Forwarded,
}

/// Of which keys authorizations that hang together see one value.
#[derive(Clone, Copy)]
enum Seen {
    /// One call on one resource: of all but those that the resource fixes itself.
    OnOneResource,
    /// One call: of the session's, the network's and the clock's.
    InOneCall,
    /// Forwarded: of the session's and the clock's.
    Forwarded,
}

impl Seen {
    fn by(bond: Bond, one_resource: bool) -> Self {
        match bond {
            Bond::OneCall if one_resource => Self::OnOneResource,
            Bond::OneCall => Self::InOneCall,
            Bond::Forwarded => Self::Forwarded,
        }
    }

    fn by_all(self, catalogue: &Catalogue, key: &str) -> bool {
        let owner = catalogue.who_fixes(key);
        match self {
            Self::OnOneResource => owner != KeyOwner::Resource,
            Self::InOneCall => key != REGION && is_shared(catalogue, key),
            Self::Forwarded => {
                matches!(owner, KeyOwner::Principal | KeyOwner::Session) || FORWARDED.contains(&key)
            }
        }
    }
}

/// What authorizations that hang together come to.
pub(crate) enum OneCall {
    /// No call has them all; the checker accepted the proof.
    Never(Box<PieceProof>),
    /// What a call may have that has: each of them has to be asked about with it.
    Seen(Vec<Constraint>),
    /// Neither is shown.
    Unknown,
}

/// What a request says of a key; `None`: that it is absent.
type Said = Option<ContextText>;

impl Estate {
    /// Whether some call may have all of the authorizations.
    pub(crate) fn one_call<'a>(
        &'a self,
        caller: &CallerEntity,
        calls: &[Arc<Prepared<'a>>],
        bond: Bond,
    ) -> OneCall {
        let mut terms = Terms::default();
        let root = self.encode_one_call(&mut terms, caller, calls, bond);
        let Some(first) = calls.first() else { return OneCall::Unknown };
        let mut seen = None;
        let answer = solve(&terms, root, &self.memory, &first.effort.limits, |values, _| {
            seen = Some(values.clone());
            Ok(())
        });
        match answer {
            Answer::Unsatisfiable(proof) => {
                let folded = root == Terms::FALSE;
                let proof = PieceProof { proof, all_requests: false, folded, ..PieceProof::default() };
                OneCall::Never(Box::new(proof))
            }
            Answer::Unknown(_) => OneCall::Unknown,
            Answer::Satisfiable(_) => OneCall::Seen(self.demands(calls, bond, &seen.unwrap_or_default())),
        }
    }

    /// The formula that holds iff some call may have all of the authorizations. The same every time it is made.
    pub(crate) fn encode_one_call<'a>(
        &'a self,
        terms: &mut Terms,
        caller: &CallerEntity,
        calls: &[Arc<Prepared<'a>>],
        bond: Bond,
    ) -> Term {
        terms.clear();
        let seen = Seen::by(bond, is_one_resource(calls));
        let parts: Vec<Term> = calls
            .iter()
            .enumerate()
            .map(|(n, prepared)| self.has_part(terms, caller, prepared, (n, seen)))
            .collect();
        terms.and(parts)
    }

    /// The caller has one of them, on whatever it is about; nothing is demanded of one on several roles at once.
    fn has_part<'a>(
        &'a self,
        terms: &mut Terms,
        caller: &CallerEntity,
        prepared: &Arc<Prepared<'a>>,
        (n, seen): (usize, Seen),
    ) -> Term {
        let Some((_, plan)) = self.first_plan(prepared) else { return Terms::TRUE };
        let mut ways = Vec::new();
        for (m, target) in plan.targets(self, caller, EVERYTHING, &prepared.resources).iter().enumerate() {
            if matches!(&target.place, Place::Roles(roles) if roles.len() > 1) {
                return Terms::TRUE;
            }
            let piece: Piece<'_> = piece_of(caller, prepared, plan, target, &Tally::default());
            let own = |name: &str| format!("{name} of authorization {n}.{m}");
            let rename = |atom: &Atom| match (atom, atom.field()) {
                (Atom::Free(name), _) if name.starts_with("variable: ") => Atom::Free(own(name).into()),
                (_, Some(Field::Key(key))) if seen.by_all(self.catalogue, key) => atom.clone(),
                (_, Some(field)) => atom.with_field(Field::Key(own(field.name()).into())),
                (_, None) => atom.clone(),
            };
            ways.push(self.with_own_atoms(terms, &piece, rename));
        }
        terms.or(ways)
    }

    /// The values that all see, as demands.
    fn demands(&self, calls: &[Arc<Prepared<'_>>], bond: Bond, values: &Values) -> Vec<Constraint> {
        let seen = Seen::by(bond, is_one_resource(calls));
        let shared = values.texts.iter().filter_map(|(field, value)| match field {
            Field::Key(key) if !key.contains(' ') && seen.by_all(self.catalogue, key) => Some((key, value)),
            _ => None,
        });
        let demand = |(key, value): (&Arc<str>, &Option<Arc<str>>)| Constraint {
            key: self.spelled_by_catalogue(key).unwrap_or_else(|| key.to_string()),
            demand: value.as_ref().map_or(Demand::Absent, |text| Demand::Equals(text.to_string())),
        };
        shared.map(demand).collect()
    }

    /// The requests that hang together, each with what the others say of what all see. `None` where they say different things of it, or one is
    /// not allowed so.
    pub(crate) fn agreed(
        &self,
        caller: &CallerEntity,
        requests: &[&Step],
        bond: Bond,
    ) -> Option<Vec<Option<Step>>> {
        let one_resource = requests.windows(2).all(|two| matches!(two, [a, b] if a.resource == b.resource));
        let seen = Seen::by(bond, one_resource);
        if requests.windows(2).all(|two| matches!(two, [a, b] if self.say_the_same(a, b, seen))) {
            return Some(vec![None; requests.len()]);
        }
        let each: Vec<BTreeMap<String, (&str, Said)>> =
            requests.iter().map(|request| self.said(request, seen)).collect();
        let mut all: BTreeMap<&String, &(&str, Said)> = BTreeMap::new();
        for (key, said) in each.iter().flatten() {
            if all.insert(key, said).is_some_and(|known| known.1 != said.1) {
                return None;
            }
        }
        let with_others = |(request, own): (&&Step, &BTreeMap<String, (&str, Said)>)| {
            let others = all.iter().filter(|(key, (_, said))| said.is_some() && !own.contains_key(**key));
            let mut more: Step = (*request).clone();
            let mut said_more = false;
            for (_, (spelled, said)) in others {
                more.context.extend(said.clone().map(|said| ((*spelled).to_owned(), said)));
                said_more = true;
            }
            if !said_more {
                return Some(None);
            }
            let account = account_of(request, caller)?;
            let also_needs = more.also_needs.clone();
            let again = self.replay_on(caller, &more, (&request.resource, &account), &[])?;
            Some(Some(Step { also_needs, ..again }))
        };
        requests.iter().zip(&each).map(with_others).collect()
    }

    fn say_the_same(&self, one: &Step, other: &Step, seen: Seen) -> bool {
        let within = |one: &Step, other: &Step| {
            let mut differing =
                one.context.iter().filter(|(key, said)| other.context.get(*key) != Some(said));
            !differing.any(|(key, _)| seen.by_all(self.catalogue, &fold_text(key)))
        };
        one.session == other.session && within(one, other) && within(other, one)
    }

    /// What a request says of the keys that all authorizations which hang together see, in lower case and as it spells them.
    fn said<'s>(&self, request: &'s Step, seen: Seen) -> BTreeMap<String, (&'s str, Said)> {
        let own = request.session.iter().map(|(key, value)| (key, value.clone().map(ContextText::One)));
        let context = request.context.iter().map(|(key, value)| (key, Some(value.clone())));
        let folded = own.chain(context).map(|(key, said)| (fold_text(key), (key.as_str(), said)));
        folded.filter(|(key, _)| seen.by_all(self.catalogue, key)).collect()
    }
}

/// Whether the authorizations are for one and the same resource.
fn is_one_resource(calls: &[Arc<Prepared<'_>>]) -> bool {
    let named = |call: &Arc<Prepared<'_>>| call.requests.resources.clone();
    let first = calls.first().map(named).unwrap_or_default();
    first.len() == 1
        && first.iter().all(|glob| !glob.contains(['*', '?']))
        && calls.iter().all(|call| named(call) == first)
}

/// The account of the resource that a request is for.
fn account_of(request: &Step, caller: &CallerEntity) -> Option<String> {
    if let Some(ContextText::One(account)) = request.context.get("aws:ResourceAccount") {
        return Some(account.clone());
    }
    let of_arn = Arn::parse(&request.resource).map(|arn| arn.account.to_owned());
    of_arn.filter(|account| !account.is_empty()).or_else(|| caller.account.as_ref().map(ToString::to_string))
}
