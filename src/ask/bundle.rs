//! Many actions of a question refuted at once.
//!
//! A question with a glob over actions gives nearly the same formula for each. The formula of a [`Bundle`] leaves
//! open which of its actions is meant and takes for granted only what is true of requests for each of them; every
//! key that some of them may lack is open. Where that is refuted for any resource of the caller's account, as if none
//! had a policy, then so is each action on all resources whose policies grant the caller nothing.
//!
//! Errs towards asking: a bundle that is not refuted says nothing, and its actions are asked about one by one. What
//! would be wrong here shows in `tests/prefilter.rs`, which compares with asking one by one.

use super::authorizations::needs;
use super::axioms::is_silent_about_via;
use super::caller::CallerEntity;
use super::decide_piece::{PieceProof, Second, second_opinion};
use super::effort::Encoding;
use super::estate::Estate;
use super::facts::Facts;
use super::piece::Piece;
use super::plan::{Kind, Plan};
use super::resource_facts::owner_is_certain;
use super::summary::{Prepared, Tally, piece_of};
use super::target::{Place, Target};
use crate::engine::refute;
use gateproof_encodings::actions::ActionRanges;
use gateproof_encodings::authorize::FREE_ACTIONS;
use gateproof_encodings::emptiness::{Emptiness, Meter};
use gateproof_encodings::field::Field;
use gateproof_encodings::language::PatternSet;
use gateproof_encodings::scope::ResourceRule;
use gateproof_encodings::term::{Atom, Term, Terms};
use gateproof_model::catalogue::ActionInfo;
use rustc_hash::FxHashMap;
use std::sync::{Arc, OnceLock};

/// So few actions are asked about one by one.
const FEWEST: usize = 3;

/// The actions of a question in the order in which they are asked about, and what is refuted together.
#[derive(Debug, Default)]
pub(crate) struct Bundles<'a> {
    /// Places among the question's actions: those first that can be about the resources asked about.
    pub order: Vec<usize>,
    bundles: Vec<Bundle<'a>>,
    /// By place among the question's actions, the bundle.
    of_action: Vec<Option<usize>>,
    /// By place, the proof that AWS checks the action against nothing that is asked about: of those that it seems
    /// to be so of.
    unfit: FxHashMap<usize, OnceLock<Option<PieceProof>>>,
}

#[derive(Debug)]
struct Bundle<'a> {
    plan: Plan<'a>,
    /// By account, any of its resources without a policy, and `*` where that is a case.
    own: FxHashMap<Arc<str>, Vec<Target<'a>>>,
}

/// What is known of the bundles for one caller.
#[derive(Debug, Default)]
pub(crate) struct Struck(Vec<State>);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// None of its actions was asked about.
    #[default]
    Untouched,
    /// One was, by itself: who can do something like it often can do that.
    Begun,
    /// Refuted for the caller's own account.
    Refuted,
    /// Its actions are to be asked about one by one.
    Standing,
}

impl<'a> Bundles<'a> {
    /// The bundles of a question; none where its actions are few.
    pub(crate) fn of(estate: &'a Estate, prepared: &Prepared<'a>) -> Self {
        let known = &prepared.actions.known;
        let all: Vec<usize> = (0..known.len()).collect();
        if known.len() < FEWEST || prepared.effort.encoding == Encoding::Strings {
            return Self { order: all, ..Self::default() };
        }
        let fits = |n: &usize| known.get(*n).is_some_and(|a| estate.may_be_about(*a, prepared));
        let (likely, unlikely): (Vec<usize>, Vec<usize>) = all.into_iter().partition(fits);
        let unfit = unlikely.iter().map(|n| (*n, OnceLock::new())).collect();
        let mut made = Self { of_action: vec![None; known.len()], unfit, ..Self::default() };
        for places in [&likely, &unlikely] {
            let members: Vec<(usize, ActionInfo<'a>)> = places
                .iter()
                .filter_map(|n| Some((*n, *known.get(*n)?)))
                .filter(|(_, action)| is_ordinary(*action))
                .collect();
            if members.len() < FEWEST {
                continue;
            }
            for (n, _) in &members {
                if let Some(slot) = made.of_action.get_mut(*n) {
                    *slot = Some(made.bundles.len());
                }
            }
            let members: Vec<ActionInfo<'a>> = members.into_iter().map(|(_, action)| action).collect();
            made.bundles.push(estate.bundle(&members, prepared));
        }
        made.order = likely.into_iter().chain(unlikely).collect();
        made
    }

    /// Whether an action is refuted for all of the caller's own account but what its resources' policies grant.
    pub(crate) fn refutes(
        &self,
        n: usize,
        caller: &CallerEntity,
        struck: &mut Struck,
        refute: impl FnOnce(&Plan<'a>, &[Target<'a>]) -> bool,
    ) -> bool {
        let Some(at) = self.of_action.get(n).copied().flatten() else { return false };
        struck.0.resize(self.bundles.len(), State::Untouched);
        let (Some(bundle), Some(state)) = (self.bundles.get(at), struck.0.get_mut(at)) else { return false };
        *state = match *state {
            State::Untouched => State::Begun,
            State::Begun => {
                let own = caller.account.as_ref().and_then(|account| bundle.own.get(account));
                let refuted = own.is_some_and(|own| refute(&bundle.plan, own));
                if refuted { State::Refuted } else { State::Standing }
            }
            settled => settled,
        };
        *state == State::Refuted
    }

    /// The proof that AWS checks an action against nothing that is asked about, whoever asks: a part of the formulas
    /// of all its pieces on other resources than `*`, roles to be assumed and principals.
    pub(crate) fn unfit(
        &self,
        n: usize,
        plan: &Plan<'a>,
        prove: impl FnOnce() -> Option<PieceProof>,
    ) -> Option<&PieceProof> {
        let plain = |target: &Target<'_>| matches!(target.place, Place::Known(_));
        let plain = plan.asked.is_some() && plan.known.targets.iter().all(plain);
        self.unfit.get(&n).filter(|_| plain)?.get_or_init(prove).as_ref()
    }
}

/// Whether nothing that the encoding knows of the action by its name would be lost on leaving the name open.
fn is_ordinary(action: ActionInfo<'_>) -> bool {
    let free = FREE_ACTIONS.iter().any(|free| action.name().eq_ignore_ascii_case(free));
    // Keys and roles have rules of their own, by the action.
    let ruled = ["kms", "sts"].contains(&action.service());
    let several = needs(action).is_some_and(|needs| !needs.each.is_empty());
    !free && !ruled && !several && owner_is_certain(action) && !is_silent_about_via(action.service())
}

/// Some resource that is asked about is of a kind that the action can be checked against.
fn encode_fitting(terms: &mut Terms, plan: &Plan<'_>) -> Option<Term> {
    let mut within = |set: &Arc<PatternSet>| terms.atom_term(Atom::Text(Field::Resource, set.clone()));
    let asked = within(plan.asked.as_ref()?);
    let kinds: Vec<(Term, Term)> = plan.kinds.iter().map(|k| (within(&k.fits), within(&k.barred))).collect();
    let mut of_kinds = Vec::new();
    for (fits, barred) in kinds {
        let not_barred = terms.not(barred);
        of_kinds.push(terms.and([fits, not_barred]));
    }
    let fitting = terms.or(of_kinds);
    Some(terms.and([asked, fitting]))
}

impl Estate {
    /// Whether AWS could check the action against a resource that is asked about. Errs towards yes.
    fn may_be_about<'a>(&'a self, action: ActionInfo<'a>, prepared: &Prepared<'a>) -> bool {
        let Some(asked) = self.asked_set(&prepared.resources) else { return true };
        let search = &prepared.effort.limits.search;
        let meter = Meter::of(search.work, &search.cancellation);
        let apart = |kind: &Kind| {
            let found =
                self.memory.emptiness.find(&[&kind.fits, &asked], &[&kind.barred], search.minimize, &meter);
            found == Emptiness::Empty
        };
        !self.kinds(Some(action)).iter().all(apart)
    }

    /// The proof that no resource that is asked about is of the action's kinds.
    pub(crate) fn prove_unfit(
        &self,
        terms: &mut Terms,
        plan: &Plan<'_>,
        prepared: &Prepared<'_>,
    ) -> Option<PieceProof> {
        terms.clear();
        let root = encode_fitting(terms, plan)?;
        let proof = refute(terms, root, &self.memory, &prepared.effort.limits)?;
        Some(PieceProof {
            proof,
            all_requests: false,
            folded: root == Terms::FALSE,
            second: Second::NotAsked,
        })
    }

    fn bundle<'a>(&'a self, members: &[ActionInfo<'a>], prepared: &Prepared<'a>) -> Bundle<'a> {
        let resources = &prepared.resources;
        let star = resources.is_all() && members.iter().any(|action| action.may_lack_resource());
        let ids = ActionRanges::of(members.iter().map(ActionInfo::id));
        let accounts = self.snapshot.accounts().iter().filter(|a| resources.in_account(Some(&a.id)));
        let own = accounts.map(|account| {
            let case = |place| self.target(place, Some(account.id.clone()), ResourceRule::Ordinary);
            let mut any = case(Place::Other);
            any.any = true;
            let star = star.then(|| case(Place::Star));
            (account.id.clone(), std::iter::once(any).chain(star).collect())
        });
        Bundle { plan: self.plan_of_bundle(members, ids, resources), own: own.collect() }
    }

    /// The proofs that the caller can do nothing of a bundle for some resource cases, if all are refuted.
    pub(crate) fn refute_bundle(
        &self,
        terms: &mut Terms,
        caller: &CallerEntity,
        prepared: &Prepared<'_>,
        (plan, targets): (&Plan<'_>, &[Target<'_>]),
        tally: &Tally,
    ) -> Option<Vec<PieceProof>> {
        let proof = |target| self.refute_each(terms, &piece_of(caller, prepared, plan, target, tally));
        targets.iter().map(proof).collect()
    }

    fn refute_each(&self, terms: &mut Terms, piece: &Piece<'_>) -> Option<PieceProof> {
        let facts = Facts::of_each(self, piece);
        terms.clear();
        let root = self.encode_unrealistic(terms, piece, &facts).root;
        let proof = refute(terms, root, &self.memory, &piece.effort.limits)?;
        let second = second_opinion(terms, root, piece);
        let folded = root == Terms::FALSE;
        (second != Second::Satisfiable).then_some(PieceProof { proof, all_requests: true, folded, second })
    }
}
