//! Whole questions: the pieces of each caller put together, the callers put together.

use super::authorizations::{Needs, needs};
use super::bundle::{Bundles, Struck};
use super::caller::CallerEntity;
use super::decide_piece::{PieceAnswer, PieceProof, Second};
use super::effort::{Effort, Encoding};
use super::estate::Estate;
use super::joint::Call;
use super::known::KnownCases;
use super::piece::Piece;
use super::plan::{Cases, Plan, Reach};
use super::prefilter::Prefilter;
use super::progress::Progress;
use super::target::{Place, Resources, Target};
use super::uncollected::SaidOnce;
use super::unconcerned::Unconcerned;
use super::universe::{Actions, actions_of};
use super::{AskError, CrossCheck, Settings};
use crate::question::answer::{ALL_REQUESTS, EXISTS};
use crate::question::{
    Answer, ProofSummary, Quantifier, Requests, Selector, SolverName, Undecided, Verdict, Witness,
};
use gateproof_encodings::scope::ResourceRule;
use gateproof_encodings::term::Terms;
use gateproof_model::catalogue::ActionInfo;
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

/// The answer to `can`.
#[derive(Debug, Clone)]
pub struct CanAnswer {
    /// The answer over all callers: reachable if some can (`--every`: if all can).
    pub overall: Answer,
    /// Each caller's answer.
    pub principals: Vec<(Arc<str>, Answer)>,
}

/// A question made ready: its actions and resources resolved.
pub(crate) struct Prepared<'a> {
    pub actions: Actions<'a>,
    /// What the callers' policies can allow at all.
    pub prefilter: Prefilter,
    /// The known resources of the plans.
    pub cases: KnownCases<'a>,
    /// A plan for each known action, made when first needed.
    pub plans: Vec<OnceLock<Plan<'a>>>,
    /// The same for any resource, where a call names other resources beside those asked about.
    pub whole_plans: Vec<OnceLock<Plan<'a>>>,
    /// The known resources of those.
    pub whole_cases: KnownCases<'a>,
    /// The plan of the actions that the catalogue doesn't know.
    pub open_plan: OnceLock<Plan<'a>>,
    /// Which of the known actions are refuted together, made when first needed.
    pub bundles: OnceLock<Bundles<'a>>,
    pub resources: Resources,
    pub requests: Cow<'a, Requests>,
    pub quantifier: Quantifier,
    /// Counts the callers that are answered.
    pub progress: Progress,
    /// Which pieces are seconded.
    pub cross_check: CrossCheck,
    /// What the question may cost.
    pub effort: Effort,
    /// The inputs that were never collected.
    pub uncollected: SaidOnce,
    /// Whether nothing is ruled out beforehand.
    pub exhaustive: bool,
    /// Whether only requests that AWS could receive are asked about.
    pub realistic: bool,
}

/// Callers and their answers, which several may share.
pub(super) type SharedAnswers = Vec<(Arc<str>, Arc<Answer>)>;

impl Estate {
    /// Whether the selected callers can make some (or every) matching request.
    ///
    /// # Errors
    /// Where a selector or the action globs name nothing.
    pub fn can(
        &self,
        from: &[Selector],
        requests: &Requests,
        quantifier: Quantifier,
        settings: &Settings,
    ) -> Result<CanAnswer, AskError> {
        let callers = self.select(from, &settings.environments)?;
        let prepared = self.prepare(requests, quantifier, settings)?;
        let answers = self.ask_all(&callers, &prepared);
        let principals: Vec<_> = callers.iter().map(|c| c.id.clone()).zip(answers).collect();
        let mut overall = overall(&principals, quantifier);
        let each = match quantifier {
            Quantifier::Some => Verdict::Impossible,
            Quantifier::Every => Verdict::Reachable,
        };
        overall.and_of_unlisted(each, self.unlisted_among(from, &settings.environments));
        Ok(CanAnswer { overall, principals })
    }

    /// Everyone who can make some matching request: the principals of the snapshot, the services that
    /// resource policies name, and those outside. At the end, under the selector of their account, those who may exist and aren't listed.
    ///
    /// # Errors
    /// Where the action globs name nothing.
    pub fn who_can(
        &self,
        requests: &Requests,
        settings: &Settings,
    ) -> Result<Vec<(Arc<str>, Answer)>, AskError> {
        let each = self.everybodys_answers(requests, settings)?.into_iter();
        Ok(each.map(|(caller, answer)| (caller, Arc::unwrap_or_clone(answer))).collect())
    }

    /// The same; those whom the question doesn't concern share their answers.
    pub(super) fn everybodys_answers(
        &self,
        requests: &Requests,
        settings: &Settings,
    ) -> Result<SharedAnswers, AskError> {
        let prepared = self.prepare(requests, Quantifier::Some, settings)?;
        let all = || self.callers().chain(&self.beside);
        let mut unconcerned = Unconcerned::of(self, &prepared);
        let mut answers: Vec<Option<Arc<Answer>>> =
            all().map(|caller| unconcerned.as_mut().and_then(|u| u.answer(caller))).collect();
        let open: Vec<(&CallerEntity, &mut Option<Arc<Answer>>)> =
            all().zip(&mut answers).filter(|(_, answer)| answer.is_none()).collect();
        prepared.progress.expect(open.len());
        open.into_par_iter().for_each_init(Terms::default, |terms, (caller, answer)| {
            *answer = Some(Arc::new(self.ask(terms, caller, &prepared)));
            prepared.progress.step();
        });
        let each = all().zip(answers).filter_map(|(caller, answer)| Some((caller.id.clone(), answer?)));
        let unlisted = self.unlisted().into_iter().map(|some| (some.name(), Arc::new(some.answer)));
        Ok(each.chain(unlisted).collect())
    }

    pub(crate) fn prepare<'a>(
        &'a self,
        requests: impl Into<Cow<'a, Requests>>,
        quantifier: Quantifier,
        settings: &Settings,
    ) -> Result<Prepared<'a>, AskError> {
        let requests = requests.into();
        let actions = actions_of(self.catalogue, &requests)?;
        let accounts = self.accounts_of(&requests.within, &settings.environments)?;
        let globs =
            requests.resources.iter().flat_map(|g| g.split(',')).map(|g| g.trim().to_owned()).collect();
        let unmade = || actions.known.iter().map(|_| OnceLock::new()).collect();
        let (plans, whole_plans) = (unmade(), unmade());
        let resources = Resources { globs, accounts };
        Ok(Prepared {
            prefilter: Prefilter::of(&actions, &resources),
            cases: KnownCases::default(),
            actions,
            plans,
            whole_plans,
            whole_cases: KnownCases::default(),
            open_plan: OnceLock::new(),
            bundles: OnceLock::new(),
            uncollected: SaidOnce::default(),
            resources,
            requests,
            quantifier,
            progress: settings.progress.clone(),
            cross_check: settings.cross_check,
            effort: settings.effort.clone(),
            exhaustive: settings.exhaustive,
            realistic: settings.realistic,
        })
    }

    fn ask_all<'a>(&'a self, callers: &[CallerEntity], prepared: &Prepared<'a>) -> Vec<Answer> {
        prepared.progress.expect(callers.len());
        callers
            .par_iter()
            .map_init(Terms::default, |terms, caller| self.ask(terms, caller, prepared))
            .inspect(|_| prepared.progress.step())
            .collect()
    }

    /// One caller's answer: the first piece that is reachable, or the proofs that none is.
    pub(crate) fn ask<'a>(
        &'a self,
        terms: &mut Terms,
        caller: &CallerEntity,
        prepared: &Prepared<'a>,
    ) -> Answer {
        let mut tally = Tally { all_requests: !prepared.realistic, ..Tally::default() };
        // For `--every` an action that nothing allows is the answer, so none is passed over.
        let narrowed = prepared.quantifier == Quantifier::Some && !prepared.exhaustive;
        let allowed = match narrowed {
            true => prepared.prefilter.allowed(caller, &self.compiler),
            false => prepared.prefilter.all(),
        };
        let bundles = narrowed.then(|| prepared.bundles.get_or_init(|| Bundles::of(self, prepared)));
        let mut struck = Struck::default();
        for n in 0..prepared.actions.known.len() {
            let n = bundles.and_then(|b| b.order.get(n).copied()).unwrap_or(n);
            let (Some(action), Some(plan)) = (prepared.actions.known.get(n), prepared.plans.get(n)) else {
                continue;
            };
            if prepared.effort.cancellation().is_cancelled() {
                tally.unknown.get_or_insert_with(|| prepared.effort.ended(action.name()));
                break;
            }
            if narrowed && !allowed.within_scps.contains(action.id()) {
                continue;
            }
            let plan = plan.get_or_init(|| self.plan_of(*action, prepared));
            let by_identity = allowed.by_identity.contains(action.id());
            let refuted = by_identity
                && bundles.is_some_and(|bundles| {
                    let strike = |bundle: &Plan<'a>, own: &[Target<'a>]| {
                        let proofs = self.refute_bundle(terms, caller, prepared, (bundle, own), &tally);
                        proofs.iter().flatten().for_each(|proof| tally.refute(proof));
                        proofs.is_some()
                    };
                    bundles.refutes(n, caller, &mut struck, strike)
                });
            // Once the proof is not about all requests, that AWS checks the action against nothing asked about will do.
            if let (Some(bundles), false, CrossCheck::Never | CrossCheck::Sample) =
                (bundles, tally.all_requests, prepared.cross_check)
                && let Some(proof) = bundles.unfit(n, plan, || self.prove_unfit(terms, plan, prepared))
            {
                tally.refute(proof);
                continue;
            }
            let reach = Reach { by_identity, narrowed, refuted };
            if let Some(answer) = self.ask_action(terms, caller, prepared, plan, reach, &mut tally) {
                return answer;
            }
        }
        if tally.unknown.is_none()
            && let Some(plan) = self.open_plan(prepared)
        {
            let before = tally.formulas;
            let by_identity = !narrowed || prepared.prefilter.may_allow_open(caller, &self.compiler);
            let reach = Reach { by_identity, narrowed, refuted: false };
            if let Some(found) = self.ask_action(terms, caller, prepared, plan, reach, &mut tally) {
                if prepared.actions.known.is_empty() {
                    return found;
                }
                // Allowed only for a name that the catalogue doesn't know.
                tally.all_requests = false;
                tally.formulas = before;
            }
        }
        self.settle(caller, prepared, tally)
    }

    /// The first action of a question, with its plan.
    pub(crate) fn first_plan<'p, 'a>(
        &'a self,
        prepared: &'p Prepared<'a>,
    ) -> Option<(ActionInfo<'a>, &'p Plan<'a>)> {
        Some((*prepared.actions.known.first()?, self.plan_at(prepared, 0)?))
    }

    /// The plan of one of its known actions, by place.
    pub(super) fn plan_at<'p, 'a>(&'a self, prepared: &'p Prepared<'a>, n: usize) -> Option<&'p Plan<'a>> {
        let action = prepared.actions.known.get(n)?;
        Some(prepared.plans.get(n)?.get_or_init(|| self.plan_of(*action, prepared)))
    }

    /// The plan of its actions that the catalogue doesn't know, if any may be meant.
    pub(super) fn open_plan<'p, 'a>(&'a self, prepared: &'p Prepared<'a>) -> Option<&'p Plan<'a>> {
        let open = &prepared.actions.open;
        let make = || self.plan(None, open, &prepared.resources, &prepared.cases);
        (!open.is_empty()).then(|| prepared.open_plan.get_or_init(make))
    }

    fn plan_of<'a>(&'a self, action: ActionInfo<'a>, prepared: &Prepared<'a>) -> Plan<'a> {
        self.plan(Some(action), &[], &prepared.resources, &prepared.cases)
    }

    /// The plan of the same action for any resource.
    pub(crate) fn whole_plan<'p, 'a>(
        &'a self,
        prepared: &'p Prepared<'a>,
        plan: &Plan<'a>,
    ) -> Option<&'p Plan<'a>> {
        let id = plan.action?.id();
        // They are in the catalogue's order.
        let n = prepared.actions.known.binary_search_by_key(&id, ActionInfo::id).ok()?;
        let made = prepared.whole_plans.get(n)?;
        Some(made.get_or_init(|| self.plan(plan.action, &[], &Resources::default(), &prepared.whole_cases)))
    }

    /// The action as one of a call that needs several authorizations.
    fn call<'p, 'a>(
        &'a self,
        caller: &'p CallerEntity,
        prepared: &'p Prepared<'a>,
        plan: &'p Plan<'a>,
        reach: Reach,
        needs: &'p Needs,
    ) -> Option<Call<'p>> {
        Some(Call {
            caller,
            resources: &prepared.resources,
            when: &prepared.requests.when,
            cross_check: prepared.cross_check,
            effort: &prepared.effort,
            plan,
            whole: self.whole_plan(prepared, plan)?,
            reach,
            needs,
        })
    }

    pub(crate) fn ask_action<'a>(
        &'a self,
        terms: &mut Terms,
        caller: &CallerEntity,
        prepared: &Prepared<'a>,
        plan: &Plan<'a>,
        reach: Reach,
        tally: &mut Tally,
    ) -> Option<Answer> {
        let needs = plan.action.filter(|_| prepared.quantifier == Quantifier::Some).and_then(needs);
        let call = needs.as_ref().and_then(|needs| self.call(caller, prepared, plan, reach, needs));
        if let Some(call) = call.as_ref().filter(|call| !call.needs.each.is_empty()) {
            return self.ask_call(terms, call, tally);
        }
        let Cases { first, mut own, any } = plan.cases(self, caller, reach, &prepared.resources);
        let mut targets: VecDeque<Cow<'_, Target<'a>>> = first.into();
        loop {
            let target = match targets.pop_front() {
                Some(target) => target,
                None if own.is_empty() => break,
                None => {
                    let own = std::mem::take(&mut own);
                    let refuted = any.and_then(|any| {
                        self.refute_own(terms, &piece_of(caller, prepared, plan, any, tally))
                    });
                    match refuted {
                        Some(proof) => tally.refute(&proof),
                        None => targets.extend(own.into_iter().map(Cow::Borrowed)),
                    }
                    continue;
                }
            };
            let piece = piece_of(caller, prepared, plan, &target, tally);
            match self.decide_piece(terms, &piece) {
                PieceAnswer::Reachable(step, mut assumptions) => {
                    let (step, sentences) = self.beside(terms, call.as_ref(), &piece, step);
                    assumptions.extend(sentences);
                    assumptions.extend(existence(&target, &step.resource));
                    assumptions.extend(self.opened_by_unread(caller, &step));
                    if let (true, Some(granted)) = (prepared.effort.strict, assumptions.first()) {
                        let place = label(plan.action, &target);
                        tally.unknown.get_or_insert_with(|| Effort::unsettled(granted, place));
                        continue;
                    }
                    let command = crate::ask::aws_cli::command(&step);
                    let witness = Witness::of(*step, command);
                    return Some(self.reached(prepared.quantifier, witness, assumptions));
                }
                PieceAnswer::Impossible(proof) => tally.refute(&proof),
                PieceAnswer::Unknown(reason) => {
                    let place = label(plan.action, &target);
                    tally.unknown.get_or_insert(Undecided {
                        reason: prepared.effort.named(reason).to_string(),
                        place,
                    });
                }
                PieceAnswer::Split => {
                    for single in self.split(plan, &target).into_iter().rev() {
                        targets.push_front(Cow::Owned(single));
                    }
                }
            }
        }
        None
    }

    /// The proof that the caller can't make a matching request for any resource of its account, if none has a
    /// policy; whatever the policies of those that grant it nothing deny, it can't for them either.
    fn refute_own(&self, terms: &mut Terms, piece: &Piece<'_>) -> Option<PieceProof> {
        match self.decide_piece(terms, piece) {
            PieceAnswer::Impossible(proof) => Some(proof),
            PieceAnswer::Reachable(..) | PieceAnswer::Unknown(_) | PieceAnswer::Split => None,
        }
    }

    /// A witness was found: of a request that is allowed, or for `--every` of one that is not.
    pub(crate) fn reached(
        &self,
        quantifier: Quantifier,
        witness: Witness,
        assumptions: Vec<String>,
    ) -> Answer {
        let verdict = match quantifier {
            Quantifier::Some => Verdict::Reachable,
            Quantifier::Every => Verdict::Impossible,
        };
        Answer { witness: Some(witness), assumptions: Arc::new(assumptions), ..Answer::bare(verdict) }
    }

    /// What follows for a caller of whom all pieces are tallied.
    pub(super) fn settle(&self, caller: &CallerEntity, prepared: &Prepared<'_>, tally: Tally) -> Answer {
        let blind = self.blind_spot(caller, prepared);
        let undecided = tally.unknown.or(blind);
        if undecided.is_some() {
            return Answer { undecided, ..Answer::bare(Verdict::Undecided) };
        }
        let untold = self.shared_uncollected(caller, prepared);
        let verdict = match prepared.quantifier {
            Quantifier::Some => Verdict::Impossible,
            Quantifier::Every => Verdict::Reachable,
        };
        let mut encodings = vec!["classes".to_owned()];
        let mut solvers = vec![SolverName { name: "batsat".to_owned(), version: "0.6.0".to_owned() }];
        if tally.seconded > 0 {
            encodings.push("strings".to_owned());
            solvers.push(SolverName { name: "z3".to_owned(), version: crate::solver::z3::linked_version() });
        }
        let proof = ProofSummary {
            method: "unsat".to_owned(),
            encodings,
            solvers,
            formulas: tally.formulas,
            folded: tally.folded,
            seconded: tally.seconded,
            second_unknown: tally.second_unknown,
            scope: if tally.all_requests { ALL_REQUESTS } else { "catalogued actions, resources and keys" }
                .to_owned(),
            blocked_by: Vec::new(),
        };
        Answer { proof: Some(proof), untold, ..Answer::bare(verdict) }
    }
}

/// A resource case of the question. Once a proof is not about all requests, the others needn't be.
pub(super) fn piece_of<'p>(
    caller: &'p CallerEntity,
    prepared: &'p Prepared<'_>,
    plan: &'p Plan<'_>,
    target: &'p Target<'_>,
    tally: &Tally,
) -> Piece<'p> {
    let second = match prepared.cross_check {
        _ if prepared.effort.encoding == Encoding::Strings => true,
        CrossCheck::Always => true,
        CrossCheck::Never => false,
        CrossCheck::Sample => sampled(&caller.id, plan.action),
    };
    Piece {
        second,
        caller,
        plan,
        target,
        resources: &prepared.resources,
        when: &prepared.requests.when,
        quantifier: prepared.quantifier,
        for_all: tally.all_requests,
        effort: &prepared.effort,
        only: None,
    }
}

/// One in thirty-two, by caller and action: the same ones in every run.
fn sampled(caller: &str, action: Option<ActionInfo<'_>>) -> bool {
    let name = action.map_or("", |a| a.name());
    let sum =
        caller.bytes().chain(name.bytes()).fold(0u32, |h, b| h.wrapping_mul(31).wrapping_add(u32::from(b)));
    sum % 32 == 0
}

impl Tally {
    /// Takes note of a refuted piece.
    pub(crate) fn refute(&mut self, proof: &PieceProof) {
        self.formulas += 1;
        self.folded += usize::from(proof.folded);
        self.seconded += usize::from(proof.second == Second::Refuted);
        self.second_unknown += usize::from(proof.second == Second::Unknown);
        self.all_requests &= proof.all_requests;
    }
}

/// What came of the pieces so far.
#[derive(Debug)]
pub(crate) struct Tally {
    formulas: usize,
    all_requests: bool,
    folded: usize,
    seconded: usize,
    second_unknown: usize,
    pub unknown: Option<Undecided>,
}

impl Default for Tally {
    fn default() -> Self {
        Self { formulas: 0, all_requests: true, folded: 0, seconded: 0, second_unknown: 0, unknown: None }
    }
}

/// What the piece is about, for messages and certificates.
pub(crate) fn label(action: Option<ActionInfo<'_>>, target: &Target<'_>) -> String {
    let action = action.map_or("uncatalogued actions", |a| a.name());
    let place = match &target.place {
        Place::Star => "*".to_owned(),
        // A key can be a case twice: for the operations of KMS, and for those of other services.
        Place::Known(resource) if target.rule == ResourceRule::Ungoverned => {
            format!("{} (beside its policy)", resource.arn)
        }
        Place::Known(resource) => resource.arn.to_string(),
        Place::Principal(principal) => principal.arn.to_string(),
        Place::Roles(roles) => match roles.as_ref() {
            [single] => single.arn.to_string(),
            several => format!("{} roles from {}", several.len(), several.first().map_or("", |r| &r.arn)),
        },
        Place::Other => {
            let account = target.account.as_deref().unwrap_or("-");
            let apart = if target.apart.is_some() { " but its users and roles" } else { "" };
            format!("other resources of {account}{apart} ({:?})", target.rule).to_lowercase()
        }
    };
    format!("{action} on {place}")
}

/// A witness on a resource that the snapshot doesn't hold takes it for granted.
pub(crate) fn existence(target: &Target<'_>, resource: &str) -> Option<String> {
    matches!(target.place, Place::Other).then(|| format!("`{resource}` {EXISTS}"))
}

fn overall(principals: &[(Arc<str>, Answer)], quantifier: Quantifier) -> Answer {
    let found =
        |verdict: Verdict| principals.iter().find(|(_, a)| a.verdict == verdict).map(|(_, a)| a.clone());
    let deciding = match quantifier {
        Quantifier::Some => Verdict::Reachable,
        Quantifier::Every => Verdict::Impossible,
    };
    if let Some(answer) = found(deciding).or_else(|| found(Verdict::Undecided)) {
        return answer;
    }
    let Some((_, first)) = principals.first() else {
        return Answer::bare(Verdict::Impossible);
    };
    let mut whole = first.clone();
    for (_, answer) in principals.iter().skip(1) {
        whole.rest_also_on(&answer.untold);
        if let (Some(all), Some(one)) = (&mut whole.proof, &answer.proof) {
            all.absorb(one);
        }
    }
    whole
}
