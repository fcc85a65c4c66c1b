//! Calls that need several authorizations: each resource that the call names must be allowed, with its own keys, in
//! one session and one call.
//!
//! Where AWS documents that a call names a resource of each of several types ([`Needs::each`]), it is allowed iff
//! one formula over all its authorizations can be fulfilled; a type that the caller is allowed nothing of proves
//! the call impossible. Types that the reference only marks ([`Needs::perhaps`]) are looked for; where none is
//! found, the witness says so. CONFORMANCE 1.9.

mod formula;
mod names;

use super::CrossCheck;
use super::authorizations::{Needs, passes_role};
use super::caller::CallerEntity;
use super::decide_piece::{PieceAnswer, PieceProof};
use super::effort::{Effort, Encoding};
use super::estate::Estate;
use super::piece::Piece;
use super::plan::{Plan, Reach};
use super::summary::{Tally, existence, label};
use super::target::{Place, Resources, Target};
use crate::question::{Answer, Constraint, Quantifier, Step, Undecided, Witness};
use crate::solver::UnknownReason;
use gateproof_encodings::scope::ResourceRule;
use gateproof_encodings::term::Terms;
use gateproof_model::catalogue::{ResourceTypeId, ResourceTypeInfo};
use gateproof_model::text::fold_text;

pub(super) use formula::Together;
pub(super) use names::is_shared;

/// How many combinations of resources are tried for one call.
pub(super) const COMBINATIONS: usize = 32;

/// The resources of one type that the caller is allowed, looked at by themselves.
struct Single<'a> {
    resource_type: ResourceTypeId,
    allowed: Vec<Target<'a>>,
    refuted: Vec<PieceProof>,
    unknown: Option<(String, UnknownReason)>,
}

/// A call being asked about.
#[derive(Clone, Copy)]
pub(crate) struct Call<'q> {
    pub caller: &'q CallerEntity,
    /// The resources that the question asks about.
    pub resources: &'q Resources,
    /// The question's constraints.
    pub when: &'q [Constraint],
    pub cross_check: CrossCheck,
    pub effort: &'q Effort,
    /// The plan for the resources that the question asks about.
    pub plan: &'q Plan<'q>,
    /// The plan for any resource.
    pub whole: &'q Plan<'q>,
    pub reach: Reach,
    pub needs: &'q Needs,
}

impl Estate {
    /// The answer about a call that needs [`Needs::each`]; `None` where it is not reachable, and `tally` knows why.
    pub(crate) fn ask_call<'a>(
        &'a self,
        terms: &mut Terms,
        call: &Call<'a>,
        tally: &mut Tally,
    ) -> Option<Answer> {
        if let Some(answer) = self.first_choice(call) {
            return Some(answer);
        }
        let mut singles = Vec::new();
        for resource_type in &call.needs.each {
            let single = self.look_for(terms, call, *resource_type, usize::MAX);
            if let (true, Some((place, reason))) = (single.allowed.is_empty(), single.unknown) {
                tally
                    .unknown
                    .get_or_insert(Undecided { reason: call.effort.named(reason).to_string(), place });
                return None;
            }
            if single.allowed.is_empty() {
                single.refuted.iter().for_each(|proof| tally.refute(proof));
                return None;
            }
            singles.push(Single { unknown: None, ..single });
        }
        let types = asked_types(call.resources, call.when, call.needs, call.plan);
        let targets = call.plan.targets(self, call.caller, call.reach, call.resources);
        for target in &targets {
            for resource_type in &types {
                let piece = asked_piece(call, target, Some(*resource_type));
                let place = self.label_of(&piece);
                match self.decide_piece(terms, &piece) {
                    PieceAnswer::Reachable(..) => match self.with_others(terms, call, &piece, &singles) {
                        Ok(answer) => match answer.assumptions.first().filter(|_| call.effort.strict) {
                            Some(granted) => {
                                tally.unknown.get_or_insert_with(|| Effort::unsettled(granted, place));
                            }
                            None => return Some(answer),
                        },
                        Err(Together::Never(proof)) => tally.refute(&proof),
                        Err(Together::Unknown(reason)) => {
                            tally.unknown.get_or_insert(Undecided {
                                reason: call.effort.named(reason).to_string(),
                                place,
                            });
                        }
                        Err(Together::Allowed(..)) => {}
                    },
                    PieceAnswer::Impossible(proof) => tally.refute(&proof),
                    PieceAnswer::Unknown(reason) => {
                        tally.unknown.get_or_insert(Undecided {
                            reason: call.effort.named(reason).to_string(),
                            place,
                        });
                    }
                    PieceAnswer::Split => {
                        let reason = UnknownReason::Unsupported {
                            what: "roles as one of several resources of a call".to_owned(),
                            place: place.clone(),
                        };
                        tally.unknown.get_or_insert(Undecided {
                            reason: call.effort.named(reason).to_string(),
                            place,
                        });
                    }
                }
            }
        }
        None
    }

    /// The piece asked about with a resource of each other type, combination by combination.
    fn with_others(
        &self,
        terms: &mut Terms,
        call: &Call<'_>,
        piece: &Piece<'_>,
        singles: &[Single<'_>],
    ) -> Result<Answer, Together> {
        let others = singles.iter().filter(|s| Some(s.resource_type) != piece.only);
        let others: Vec<(ResourceTypeId, &[Target<'_>])> =
            others.map(|s| (s.resource_type, s.allowed.as_slice())).collect();
        let combinations = combinations(&others);
        let mut last = None;
        for n in 0..combinations.min(COMBINATIONS) {
            let chosen = nth_combination(&others, n);
            match self.together(call, piece, &chosen) {
                Together::Allowed(step, assumed) => {
                    return Ok(self.reached_together(terms, call, piece, &chosen, step, assumed));
                }
                never @ Together::Never(_) => last = Some(last.unwrap_or(never)),
                unknown @ Together::Unknown(_) => return Err(unknown),
            }
        }
        if combinations > COMBINATIONS {
            return Err(Together::Unknown(UnknownReason::ResourceLimit { limit: COMBINATIONS as u64 }));
        }
        Err(last.unwrap_or_else(|| {
            Together::Unknown(UnknownReason::WitnessRejected {
                why: "no combination of resources".to_owned(),
            })
        }))
    }

    /// The witness, with the types looked for added where that is possible.
    fn reached_together(
        &self,
        terms: &mut Terms,
        call: &Call<'_>,
        piece: &Piece<'_>,
        chosen: &[(ResourceTypeId, &Target<'_>)],
        step: Box<Step>,
        assumed: Vec<String>,
    ) -> Answer {
        let looked_for: Vec<Single<'_>> = call
            .needs
            .perhaps
            .iter()
            .filter(|t| Some(**t) != piece.only)
            .map(|t| self.look_for(terms, call, *t, 1))
            .collect();
        let mut all = chosen.to_vec();
        all.extend(looked_for.iter().filter_map(|s| Some((s.resource_type, s.allowed.first()?))));
        let (found, step, mut assumed) = match self.together(call, piece, &all) {
            Together::Allowed(step, assumed) => (all, step, assumed),
            Together::Never(_) | Together::Unknown(_) => (chosen.to_vec(), step, assumed),
        };
        for single in &looked_for {
            if !found.iter().any(|(t, _)| *t == single.resource_type) {
                assumed.extend(self.not_found(single.resource_type));
            }
        }
        self.witnessed(piece, &found, step, assumed)
    }

    /// The answer that a call is allowed, of a resource asked about and others beside it.
    fn witnessed(
        &self,
        piece: &Piece<'_>,
        others: &[(ResourceTypeId, &Target<'_>)],
        step: Box<Step>,
        mut assumed: Vec<String>,
    ) -> Answer {
        assumed.extend(passes_role(&step.action));
        let places = std::iter::once(piece.target).chain(others.iter().map(|(_, t)| *t));
        for (target, part) in places.zip(std::iter::once(&*step).chain(&step.also_needs)) {
            assumed.extend(existence(target, &part.resource));
        }
        let command = super::aws_cli::command(&step);
        let witness = Witness::of(*step, command);
        self.reached(Quantifier::Some, witness, assumed)
    }

    /// What a step that was found by itself needs beside it, added where it can be found, and sentences about
    /// what can't.
    pub(crate) fn beside(
        &self,
        terms: &mut Terms,
        call: Option<&Call<'_>>,
        piece: &Piece<'_>,
        step: Box<Step>,
    ) -> (Box<Step>, Vec<String>) {
        let mut sentences: Vec<String> = passes_role(&step.action).into_iter().collect();
        let Some(call) = call else { return (step, sentences) };
        let languages = call.whole.kinds.iter().filter(|k| k.fits.contains(&step.resource));
        let own: Vec<ResourceTypeId> = languages.map(|k| k.resource_type).collect();
        let others = call.needs.perhaps.iter().filter(|t| !own.contains(t));
        let singles: Vec<Single<'_>> = others.map(|t| self.look_for(terms, call, *t, 1)).collect();
        let chosen: Vec<(ResourceTypeId, &Target<'_>)> =
            singles.iter().filter_map(|s| Some((s.resource_type, s.allowed.first()?))).collect();
        let mut found = step;
        let mut joined = false;
        if !chosen.is_empty()
            && let Together::Allowed(step, assumed) = self.together(call, piece, &chosen)
        {
            joined = true;
            sentences.extend(assumed);
            for ((_, target), part) in chosen.iter().zip(&step.also_needs) {
                sentences.extend(existence(target, &part.resource));
            }
            found = step;
        }
        for single in &singles {
            if single.allowed.is_empty() || !joined {
                sentences.extend(self.not_found(single.resource_type));
            }
        }
        (found, sentences)
    }

    /// The first resource of each type in one formula: whoever is allowed the call mostly is allowed it with these, and
    /// then nothing is asked about each by itself. `None` says nothing.
    fn first_choice(&self, call: &Call<'_>) -> Option<Answer> {
        let plain = call.reach.narrowed && call.reach.by_identity && !call.effort.strict;
        let classes = call.effort.encoding == Encoding::Classes && call.cross_check != CrossCheck::Always;
        if !plain || !classes {
            return None;
        }
        let types = asked_types(call.resources, call.when, call.needs, call.plan);
        let targets = call.plan.targets(self, call.caller, call.reach, call.resources);
        let mut choices = targets.iter().flat_map(|target| types.iter().map(move |kind| (target, *kind)));
        let (target, only) = choices.find(|(target, kind)| fits(call.plan, *kind, target))?;
        let piece = asked_piece(call, target, Some(only));
        let reach = Reach { by_identity: true, narrowed: false, refuted: false };
        let whole = call.whole.targets(self, call.caller, reach, &Resources::default());
        let others = call.needs.each.iter().chain(&call.needs.perhaps).filter(|kind| **kind != only);
        let first = |kind: &ResourceTypeId| {
            Some((*kind, &**whole.iter().find(|target| fits(call.whole, *kind, target))?))
        };
        let others: Vec<(ResourceTypeId, &Target<'_>)> = others.map(first).collect::<Option<_>>()?;
        let (step, assumed) =
            self.with_pieces(call, &piece, &others, |pieces| self.propose_together(pieces))?;
        Some(self.witnessed(&piece, &others, step, assumed))
    }

    fn together(
        &self,
        call: &Call<'_>,
        piece: &Piece<'_>,
        others: &[(ResourceTypeId, &Target<'_>)],
    ) -> Together {
        self.with_pieces(call, piece, others, |pieces| self.decide_together(pieces))
    }

    /// The authorizations of a call: the piece asked about and a piece for each other resource.
    fn with_pieces<T>(
        &self,
        call: &Call<'_>,
        piece: &Piece<'_>,
        others: &[(ResourceTypeId, &Target<'_>)],
        decide: impl FnOnce(&[Piece<'_>]) -> T,
    ) -> T {
        let when = self.shared_constraints(call.when);
        let all = Resources::default();
        let mut pieces = vec![*piece];
        for (resource_type, target) in others {
            pieces.push(Piece {
                for_all: true,
                caller: call.caller,
                plan: call.whole,
                target,
                resources: &all,
                when: &when,
                quantifier: Quantifier::Some,
                second: false,
                only: Some(*resource_type),
                effort: call.effort,
            });
        }
        decide(&pieces)
    }

    /// The resources of a type that the caller is allowed by themselves: at most `enough` of them.
    fn look_for<'a>(
        &'a self,
        terms: &mut Terms,
        call: &Call<'a>,
        resource_type: ResourceTypeId,
        enough: usize,
    ) -> Single<'a> {
        let all = Resources::default();
        let when = self.shared_constraints(call.when);
        let mut single = Single { resource_type, allowed: Vec::new(), refuted: Vec::new(), unknown: None };
        let reach = Reach { by_identity: true, narrowed: false, refuted: false };
        let mut targets = call.whole.targets(self, call.caller, reach, &all);
        targets.retain(|t| fits(call.whole, resource_type, t));
        for target in targets {
            if single.allowed.len() >= enough {
                break;
            }
            let piece = Piece {
                for_all: true,
                caller: call.caller,
                plan: call.whole,
                target: &target,
                resources: &all,
                when: &when,
                quantifier: Quantifier::Some,
                second: call.cross_check == CrossCheck::Always,
                only: Some(resource_type),
                effort: call.effort,
            };
            let place = self.label_of(&piece);
            match self.decide_piece(terms, &piece) {
                PieceAnswer::Reachable(..) => single.allowed.push(target.into_owned()),
                PieceAnswer::Impossible(proof) => single.refuted.push(proof),
                PieceAnswer::Unknown(reason) => single.unknown = Some((place, reason)),
                PieceAnswer::Split => {
                    let what = "roles as one of several resources of a call".to_owned();
                    single.unknown = Some((place.clone(), UnknownReason::Unsupported { what, place }));
                }
            }
        }
        single
    }

    /// The question's constraints that all authorizations of the call share.
    pub(super) fn shared_constraints(&self, when: &[Constraint]) -> Vec<Constraint> {
        when.iter().filter(|c| is_shared(self.catalogue, &fold_text(&c.key))).cloned().collect()
    }

    fn not_found(&self, resource_type: ResourceTypeId) -> Option<String> {
        let name = self.catalogue.resource_type(resource_type).map(|t| t.name().to_owned())?;
        Some(format!("the call names no `{name}`, or one that the caller may use: none was found"))
    }

    pub(super) fn label_of(&self, piece: &Piece<'_>) -> String {
        let name = piece.only.and_then(|t| self.catalogue.resource_type(t));
        let name = name.as_ref().map_or("", ResourceTypeInfo::name);
        format!("{} as {name}", label(piece.plan.action, piece.target))
    }
}

fn asked_piece<'p>(call: &Call<'p>, target: &'p Target<'p>, only: Option<ResourceTypeId>) -> Piece<'p> {
    Piece {
        for_all: true,
        caller: call.caller,
        plan: call.plan,
        target,
        resources: call.resources,
        when: call.when,
        quantifier: Quantifier::Some,
        second: call.cross_check == CrossCheck::Always,
        only,
        effort: call.effort,
    }
}

/// The types that a resource asked about may be of. A question about any resource is about each type that the call
/// needs; one will do.
pub(super) fn asked_types(
    resources: &Resources,
    when: &[Constraint],
    needs: &Needs,
    plan: &Plan<'_>,
) -> Vec<ResourceTypeId> {
    let open = resources.is_all() && when.is_empty();
    if open { needs.each.clone() } else { types_of(plan) }
}

/// The resource types of a plan, each once.
fn types_of(plan: &Plan<'_>) -> Vec<ResourceTypeId> {
    let mut types: Vec<ResourceTypeId> = plan.kinds.iter().map(|k| k.resource_type).collect();
    types.sort_unstable();
    types.dedup();
    types
}

/// Whether a case can hold resources of the type.
pub(super) fn fits(plan: &Plan<'_>, resource_type: ResourceTypeId, target: &Target<'_>) -> bool {
    let mut kinds = plan.kinds.iter().filter(|k| k.resource_type == resource_type);
    match &target.place {
        Place::Known(resource) => kinds.any(|k| k.fits.contains(&resource.arn)),
        Place::Principal(principal) => kinds.any(|k| k.fits.contains(&principal.arn)),
        Place::Other => {
            let kms = plan.lower.as_deref().is_some_and(|a| a.starts_with("kms:"));
            kinds.any(|k| !kms || k.key == (target.rule == ResourceRule::Key))
        }
        Place::Star | Place::Roles(_) => false,
    }
}

/// How many ways there are to choose one resource of each type.
pub(super) fn combinations(singles: &[(ResourceTypeId, &[Target<'_>])]) -> usize {
    singles.iter().fold(1, |product: usize, (_, targets)| product.saturating_mul(targets.len()))
}

/// The `n`th of them.
pub(super) fn nth_combination<'t, 'a>(
    singles: &[(ResourceTypeId, &'t [Target<'a>])],
    mut n: usize,
) -> Vec<(ResourceTypeId, &'t Target<'a>)> {
    let mut chosen = Vec::new();
    for (resource_type, targets) in singles {
        let count = targets.len().max(1);
        chosen.extend(targets.get(n % count).map(|t| (*resource_type, t)));
        n /= count;
    }
    chosen
}
