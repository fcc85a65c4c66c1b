//! Authorizations that belong to one call of a step: what was shown of each by itself must come together in one.
//!
//! Each is asked about by itself, and as a rule the requests that are found say the same of the session and the network. Where they don't, one formula
//! over all of them says whether some call has them all.

use super::bind::Scene;
use super::guard::{Guard, Joined, Refuted};
use super::needs::{Call, call_of};
use super::payload::is_service;
use super::step::{Carried, Evidence};
use super::ways::Search;
use crate::ask::{Bond, CallerEntity, Estate};
use crate::question::{Constraint, Step, Undecided};
use gateproof_encodings::primitive::Authorization;
use gateproof_encodings::term::Terms;
use std::sync::Arc;

/// Where a request stands: which part of the evidence, and which request of it.
type Place = (usize, usize);

impl<'a> Search<'_, 'a, '_> {
    /// The evidence with one call for authorizations that belong to one; refuted where none has them all, whatever new objects are called.
    /// `open`: the scene without their names.
    pub fn as_one_call(
        &self,
        terms: &mut Terms,
        (open, named): (&Scene<'a>, &Scene<'a>),
        evidence: Evidence,
    ) -> Result<Evidence, Refuted> {
        if self.calls().is_empty() || evidence.unknown.is_some() {
            return Ok(evidence);
        }
        match self.agreed(&evidence) {
            Some(said) => Ok(with_said(evidence, said)),
            None => self.in_one_call(terms, (open, named), evidence),
        }
    }

    /// Whether the requests of each call agree: then those that say more with the others, by their places.
    fn agreed(&self, evidence: &Evidence) -> Option<Vec<(Place, Step)>> {
        let requests: Vec<(Place, &Step)> = own_requests(evidence);
        let mut said: Vec<(Place, Step)> = Vec::new();
        for actions in self.calls() {
            let of_call = requests.iter().filter(|(_, request)| actions.contains(&request.action.as_str()));
            let of_call: Vec<(Place, &Step)> = of_call.copied().collect();
            let estate = self.finder.asker.estate;
            said.extend(told_anew(estate, &self.holder.entity, &of_call, Bond::OneCall)?);
        }
        Some(said)
    }

    fn in_one_call(
        &self,
        terms: &mut Terms,
        scenes: (&Scene<'a>, &Scene<'a>),
        mut evidence: Evidence,
    ) -> Result<Evidence, Refuted> {
        let mut refuted = Refuted::default();
        let mut open = false;
        for way in self.primitive.alternatives() {
            match self.one_way(terms, scenes, &way) {
                Ok(Some(own)) => {
                    evidence.shown.retain(|carried| carried.shown.steps.iter().any(is_by_service));
                    evidence.shown.extend(own.shown);
                    return Ok(evidence);
                }
                Ok(None) => open = true,
                Err(more) => refuted.add(&more),
            }
        }
        if !open {
            return Err(refuted);
        }
        evidence.unknown = Some(Undecided {
            reason: "authorizations of one call are allowed each, and no call was found that has them all"
                .to_owned(),
            place: format!("{}, {}", self.finder.session, self.primitive.id),
        });
        Ok(evidence)
    }

    /// One way to meet the needs, all of them; `None`: it is neither shown nor refuted.
    fn one_way(
        &self,
        terms: &mut Terms,
        (open, named): (&Scene<'a>, &Scene<'a>),
        way: &[&Authorization],
    ) -> Result<Option<Evidence>, Refuted> {
        let calls_of = |scene: &Scene<'_>| -> Option<Vec<Call>> {
            way.iter().map(|authorization| call_of(scene, authorization)).collect()
        };
        let (Some(mut calls), Some(unnamed)) = (calls_of(named), calls_of(open)) else {
            return Err(Refuted::default());
        };
        for places in self.primitive.of_one_call(way) {
            let some =
                |calls: &[Call]| places.iter().filter_map(|n| calls.get(*n)).cloned().collect::<Vec<Call>>();
            let seen: Vec<Constraint> = match self.finder.asker.one_call(self.holder, &some(&calls)) {
                Joined::Seen(seen) => seen,
                Joined::Unknown => return Ok(None),
                Joined::Never(_) => match self.finder.asker.one_call(self.holder, &some(&unnamed)) {
                    Joined::Never(more) => return Err(more),
                    Joined::Seen(_) | Joined::Unknown => return Ok(None),
                },
            };
            for n in places {
                if let Some(call) = calls.get_mut(n) {
                    call.context.extend(seen.iter().cloned());
                }
            }
        }
        let mut evidence = Evidence::default();
        for (n, call) in calls.iter().enumerate() {
            match self.finder.asker.ask(terms, self.holder, call) {
                holds @ Guard::Holds(_) => evidence.add(holds)?,
                Guard::Unknown(_) => return Ok(None),
                // Whatever new objects are called, and without what the others see, it may be allowed.
                Guard::Never(_) => {
                    match unnamed.get(n).map(|call| self.finder.asker.ask(terms, self.holder, call)) {
                        Some(Guard::Never(more)) => return Err(more),
                        _ => return Ok(None),
                    }
                }
            }
        }
        Ok(self.agreed(&evidence).map(|said| with_said(evidence, said)))
    }
}

/// The evidence of what hangs together, if its requests agree.
pub(super) fn bound(
    estate: &Estate,
    entity: &CallerEntity,
    evidence: &Evidence,
    bond: Bond,
) -> Option<Evidence> {
    let said = told_anew(estate, entity, &own_requests(evidence), bond)?;
    Some(with_said(evidence.clone(), said))
}

/// Whether requests that hang together agree: then those that say more with the others, by their places.
fn told_anew(
    estate: &Estate,
    entity: &CallerEntity,
    requests: &[(Place, &Step)],
    bond: Bond,
) -> Option<Vec<(Place, Step)>> {
    let alone: Vec<&Step> = requests.iter().map(|(_, request)| *request).collect();
    let more = estate.agreed(entity, &alone, bond)?;
    Some(requests.iter().zip(more).filter_map(|((place, _), more)| Some((*place, more?))).collect())
}

/// The evidence with some of its requests told anew.
fn with_said(mut evidence: Evidence, said: Vec<(Place, Step)>) -> Evidence {
    for ((place, n), request) in said {
        if let Some(Carried { shown, .. }) = evidence.shown.get_mut(place)
            && let Some(told) = Arc::make_mut(shown).steps.get_mut(n)
        {
            *told = request;
        }
    }
    evidence
}

/// The requests of whoever makes the step, with their places.
fn own_requests(evidence: &Evidence) -> Vec<(Place, &Step)> {
    let each = evidence.shown.iter().enumerate();
    let all = each.flat_map(|(place, carried)| {
        carried.shown.steps.iter().enumerate().map(move |(n, request)| ((place, n), request))
    });
    all.filter(|(_, request)| !is_by_service(request)).collect()
}

fn is_by_service(request: &Step) -> bool {
    is_service(&request.caller)
}
