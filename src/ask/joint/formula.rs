//! The authorizations of one call as one formula, and its model as requests that the reference evaluator
//! allows one by one.

use super::names::Names;
use crate::ask::attempt::{BINDINGS, Solved, bindings, needed, without_favours};
use crate::ask::candidates::{REGIONS, beautify};
use crate::ask::decide_piece::{PieceProof, opposed, second_opinion};
use crate::ask::estate::Estate;
use crate::ask::facts::Facts;
use crate::ask::granted::taken_for_granted;
use crate::ask::piece::Piece;
use crate::ask::regions::{arns_in, region_of, stays_in_its_region};
use crate::engine::{Answer, solve};
use crate::question::Step;
use crate::solver::UnknownReason;
use gateproof_encodings::classes::Values;
use gateproof_encodings::field::Field;
use gateproof_encodings::import::import;
use gateproof_encodings::scope::{KeyFact, KeyFacts};
use gateproof_encodings::term::{Atom, AtomId, Term, Terms};
use gateproof_model::pattern::Token;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the authorizations of a call come to together.
pub enum Together {
    /// All are allowed in one call: a step with what it needs beside it, and the assumptions.
    Allowed(Box<Step>, Vec<String>),
    /// No call has them all.
    Never(Box<PieceProof>),
    /// Neither is shown.
    Unknown(UnknownReason),
}

const REGION: &str = "aws:requestedregion";

/// How many regions are tried for a call.
const REGIONS_TRIED: usize = 12;
/// And so many before anything is refuted.
const REGIONS_PROPOSED: usize = 2;

struct Joined<'p> {
    terms: Terms,
    root: Term,
    names: Names,
    facts: Vec<Facts<'p>>,
    open_variables: BTreeSet<Arc<str>>,
}

impl Estate {
    /// Whether all pieces are allowed as authorizations of one call. Refuted as they stand; shown region by
    /// region, so that the resources of a regional service lie in one.
    pub(crate) fn decide_together(&self, pieces: &[Piece<'_>]) -> Together {
        let Some(asked) = pieces.first() else {
            return Together::Unknown(UnknownReason::WitnessRejected { why: "no piece".to_owned() });
        };
        let limits = &asked.effort.limits;
        let joined = self.join(pieces, &BTreeMap::new());
        let mut hint = None;
        let answer = solve(&joined.terms, joined.root, &self.memory, limits, |values, _| {
            hint = Some(values.clone());
            Ok(())
        });
        let second = second_opinion(&joined.terms, joined.root, asked);
        let reproduced = |reason| asked.effort.reproduced(&joined.terms, joined.root, reason);
        let values = match (answer, hint) {
            (Answer::Unsatisfiable(proof), _) => {
                if let Some(reason) = opposed(false, second) {
                    return Together::Unknown(reproduced(reason));
                }
                let folded = joined.root == Terms::FALSE;
                return Together::Never(Box::new(PieceProof { proof, all_requests: false, folded, second }));
            }
            (Answer::Unknown(reason), _) => return Together::Unknown(reproduced(reason)),
            (Answer::Satisfiable(_), hint) => hint.unwrap_or_default(),
        };
        let mut last = None;
        for region in regions_to_try(&joined, pieces, &values) {
            for round in 0..BINDINGS {
                let mut bound: BTreeMap<Arc<str>, String> = BTreeMap::new();
                if !joined.open_variables.is_empty() {
                    let chosen = bindings(&joined.open_variables, &values, asked, round);
                    let Some(chosen) = chosen else { continue };
                    bound.extend(chosen);
                } else if round > 0 {
                    break;
                }
                bound.extend(region.iter().map(|r| (REGION.into(), r.clone())));
                match self.witness_together(pieces, &bound) {
                    Solved::Step(step, assumed) => return Together::Allowed(step, assumed),
                    Solved::Unknown(reason) => last = Some(reason),
                    Solved::Refuted(_) => {}
                }
            }
        }
        Together::Unknown(last.unwrap_or_else(|| {
            UnknownReason::Unsupported {
                what:
                    "authorizations of one call that are possible together, but were not found in one region"
                        .to_owned(),
                place: asked.caller.id.to_string(),
            }
        }))
    }

    /// A call that has all authorizations, looked for in the first regions only. `None` says nothing.
    pub(crate) fn propose_together(&self, pieces: &[Piece<'_>]) -> Option<(Box<Step>, Vec<String>)> {
        let joined = self.join(pieces, &BTreeMap::new());
        if joined.root == Terms::FALSE || !joined.open_variables.is_empty() {
            return None;
        }
        let regions = regions_to_try(&joined, pieces, &Values::default());
        regions.into_iter().take(REGIONS_PROPOSED).find_map(|region| {
            let bound = region.into_iter().map(|region| (REGION.into(), region)).collect();
            match self.witness_together(pieces, &bound) {
                Solved::Step(step, assumed) => Some((step, assumed)),
                Solved::Refuted(_) | Solved::Unknown(_) => None,
            }
        })
    }

    /// The formula that is refuted where no call has all authorizations. The same every time it is made.
    pub(crate) fn encode_together(&self, terms: &mut Terms, pieces: &[Piece<'_>]) -> Term {
        let joined = self.join(pieces, &BTreeMap::new());
        *terms = joined.terms;
        joined.root
    }

    fn join<'p>(&'p self, pieces: &[Piece<'p>], bound: &BTreeMap<Arc<str>, String>) -> Joined<'p> {
        let mut terms = Terms::default();
        let names = RefCell::new(Names::default());
        let (mut parts, mut all_facts, mut open_variables) = (Vec::new(), Vec::new(), BTreeSet::new());
        for (n, piece) in pieces.iter().enumerate() {
            let mut facts = Facts::of(self, piece, true);
            facts.bindings.clone_from(bound);
            let mut own = Terms::default();
            let formula = self.encode(&mut own, piece, &facts);
            if formula.root == Terms::FALSE {
                // The others make no difference to that.
                parts.push(Terms::FALSE);
                break;
            }
            let rename = |atom: &Atom| names.borrow_mut().rename(self.catalogue, n, atom);
            parts.push(import(&mut terms, &own, formula.root, rename));
            let resource = names.borrow_mut().name(self.catalogue, n, &Field::Resource);
            parts.push(terms.atom_term(Atom::Present(resource)));
            open_variables.extend(formula.open_variables);
            all_facts.push(facts);
        }
        parts.extend(self.one_region(&mut terms, &mut names.borrow_mut(), pieces, &all_facts));
        let root = terms.and(parts);
        Joined { terms, root, names: names.into_inner(), facts: all_facts, open_variables }
    }

    /// A call of a regional service goes to one region, that of all its resources: the requested region and
    /// the regions of the ARNs agree on whatever some pattern says of the region.
    fn one_region(
        &self,
        terms: &mut Terms,
        names: &mut Names,
        pieces: &[Piece<'_>],
        facts: &[Facts<'_>],
    ) -> Vec<Term> {
        let action = pieces.first().and_then(|p| p.plan.action).filter(|a| stays_in_its_region(*a));
        let open = |facts: &Facts<'_>| matches!(facts.fact(REGION), KeyFact::Open { .. });
        let Some(action) = action.filter(|_| facts.iter().all(open)) else { return Vec::new() };
        let mut segments: BTreeSet<Vec<Token>> = BTreeSet::new();
        for atom in terms.atoms() {
            if let Atom::Text(_, set) = atom {
                segments.extend(set.patterns.iter().filter_map(|p| region_segment(p)).map(<[Token]>::to_vec));
            }
        }
        let languages = &self.compiler.languages;
        let mut ties = vec![terms.atom_term(Atom::Present(Field::Key(REGION.into())))];
        for segment in segments {
            let called = languages.set(vec![segment.clone().into()], false);
            let there = languages.set(vec![arns_in(action.service(), &segment)], false);
            let called = terms.atom_term(Atom::Text(Field::Key(REGION.into()), called));
            for n in 0..pieces.len() {
                let resource = names.name(self.catalogue, n, &Field::Resource);
                let there = terms.atom_term(Atom::Text(resource, there.clone()));
                let (not_called, not_there) = (terms.not(called), terms.not(there));
                ties.push(terms.or([not_called, there]));
                ties.push(terms.or([called, not_there]));
            }
        }
        ties
    }

    fn witness_together(&self, pieces: &[Piece<'_>], bound: &BTreeMap<Arc<str>, String>) -> Solved {
        let mut joined = self.join(pieces, bound);
        let limits = pieces.first().map(|p| p.effort.limits.clone()).unwrap_or_default();
        if joined.open_variables.iter().any(|key| !bound.contains_key(key)) {
            return Solved::Unknown(UnknownReason::Unsupported {
                what: "a policy variable whose value is open".to_owned(),
                place: joined.open_variables.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", "),
            });
        }
        let mut roots: Vec<Term> = without_favours(&mut joined.terms, joined.root).into_iter().collect();
        roots.push(joined.root);
        let mut last = Solved::Refuted(gateproof_encodings::proof::Proof::default());
        for root in roots {
            let mut found = None;
            let answer = solve(&joined.terms, root, &self.memory, &limits, |values, combination| {
                found = Some(self.replay_together(pieces, &joined, values, combination)?);
                Ok(())
            });
            last = match (answer, found) {
                (Answer::Satisfiable(_), Some((step, assumed))) => return Solved::Step(step, assumed),
                (Answer::Satisfiable(_), None) => {
                    Solved::Unknown(UnknownReason::WitnessRejected { why: "no request was made".to_owned() })
                }
                (Answer::Unsatisfiable(proof), _) => Solved::Refuted(proof),
                (Answer::Unknown(reason), _) => Solved::Unknown(reason),
            };
        }
        last
    }

    /// The requests of a model, each allowed by the reference evaluator.
    fn replay_together(
        &self,
        pieces: &[Piece<'_>],
        joined: &Joined<'_>,
        values: &Values,
        combination: &[(AtomId, bool)],
    ) -> Result<(Box<Step>, Vec<String>), String> {
        let mut steps: Vec<Step> = Vec::new();
        let mut assumed: BTreeSet<String> = BTreeSet::new();
        let mut chosen: Option<BTreeMap<Field, Option<Arc<str>>>> = None;
        for (n, (piece, facts)) in pieces.iter().zip(&joined.facts).enumerate() {
            let atoms: Vec<Atom> =
                joined.terms.atoms().iter().map(|atom| joined.names.seen_from(n, atom)).collect();
            let mut own = joined.names.values(n, values, facts);
            beautify(piece, facts, &atoms, combination, &mut own);
            match &chosen {
                Some(chosen) => joined.names.agree(self.catalogue, chosen, &mut own),
                None => chosen = Some(own.texts.clone()),
            }
            let request = self.request(piece, facts, &own);
            let decision = self.replay(&self.policies(piece, &request), &request, &own);
            if !self.confirms(piece, &decision) {
                let because: Vec<String> = decision.because.iter().map(ToString::to_string).collect();
                return Err(format!("{}: {}", decision.outcome, because.join("; ")));
            }
            assumed.extend(decision.assumed.iter().filter_map(|(name, holds)| needed(name, *holds)));
            assumed.extend(taken_for_granted(piece, &request));
            steps.push(self.step(piece, &request, &decision));
        }
        let mut steps = steps.into_iter();
        let mut first = steps.next().ok_or("no request was made")?;
        first.also_needs = steps.collect();
        Ok((Box::new(first), assumed.into_iter().collect()))
    }
}

/// The regions that the call is tried in; `None`: the question or the service leaves no choice.
fn regions_to_try(joined: &Joined<'_>, pieces: &[Piece<'_>], values: &Values) -> Vec<Option<String>> {
    let regional = pieces.first().and_then(|p| p.plan.action).is_some_and(stays_in_its_region);
    let open = |facts: &Facts<'_>| matches!(facts.fact(REGION), KeyFact::Open { .. });
    if !regional || !joined.facts.iter().all(open) {
        return vec![None];
    }
    let mut found: Vec<String> = Vec::new();
    for atom in joined.terms.atoms() {
        let Atom::Text(field, set) = atom else { continue };
        for pattern in &set.patterns {
            let text = match field {
                Field::Key(key) if **key == *REGION => literal(pattern),
                _ => region_segment(pattern).and_then(literal),
            };
            found.extend(text);
        }
    }
    found.extend(REGIONS.map(str::to_owned));
    let resources = values.texts.values().flatten();
    found.extend(resources.filter_map(|text| region_of(text)).map(str::to_owned));
    let mut seen = BTreeSet::new();
    found.retain(|region| !region.is_empty() && seen.insert(region.clone()));
    found.into_iter().take(REGIONS_TRIED).map(Some).collect()
}

/// The text of a pattern without wildcards.
fn literal(pattern: &[Token]) -> Option<String> {
    pattern.iter().map(|token| if let Token::Char(c) = token { Some(*c) } else { None }).collect()
}

/// What an ARN pattern says between its third and fourth colon.
fn region_segment(pattern: &[Token]) -> Option<&[Token]> {
    let mut segments = pattern.split(|token| matches!(token, Token::Char(':')));
    let is_arn = segments.next().and_then(literal).is_some_and(|head| head == "arn");
    segments.nth(2).filter(|segment| is_arn && !segment.is_empty())
}
