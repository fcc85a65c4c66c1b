//! One piece decided: its formula solved, its model replayed or its proof checked.

use super::attempt::{Attempt, Solved};
use super::effort::Effort;
use super::estate::Estate;
use super::facts::Facts;
use super::piece::Piece;
use crate::engine::refute;
use crate::question::Step;
use crate::solver::strings::{StringsAnswer, solve_strings};
use crate::solver::{Budget, UnknownReason};
use gateproof_encodings::proof::Proof;
use gateproof_encodings::term::{Term, Terms};
use std::time::Duration;

/// What a piece comes to.
pub enum PieceAnswer {
    /// A request that the reference evaluator decides as the formula does; with the assumptions that it
    /// needs about what is not known.
    Reachable(Box<Step>, Vec<String>),
    /// No request of the piece.
    Impossible(PieceProof),
    /// Neither is shown.
    Unknown(UnknownReason),
    /// The resources of the case must be asked about one by one: [`Estate::split`].
    Split,
}

/// The proof of one piece.
#[derive(Debug, Clone, Default)]
pub struct PieceProof {
    /// Lemmas and steps; both empty where the formula is false as it stands. The checker accepted it.
    pub proof: Proof,
    /// Whether the proof is about every request, or only about resources and keys that the catalogue
    /// gives the action.
    pub all_requests: bool,
    /// Whether the formula was false as it stood, so that the proof is its empty clause.
    pub folded: bool,
    /// What the strings encoding in Z3 says of the same formula.
    pub second: Second,
}

/// A second opinion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Second {
    /// It was not asked for, or the formula is a constant.
    #[default]
    NotAsked,
    /// No request makes the formula hold.
    Refuted,
    /// Some request does.
    Satisfiable,
    /// It could not tell.
    Unknown,
}

/// How long a second opinion is waited for: most formulas take milliseconds, the rest often far longer.
const OPINION: Duration = Duration::from_secs(1);

impl Estate {
    /// Decides a piece. First for requests that AWS could receive; where there is none, whether there is
    /// none at all.
    pub(crate) fn decide_piece(&self, terms: &mut Terms, piece: &Piece<'_>) -> PieceAnswer {
        if piece.effort.cancellation().is_cancelled() {
            return PieceAnswer::Unknown(UnknownReason::Cancelled);
        }
        let facts = Facts::of(self, piece, piece.plan.action.is_some());
        terms.clear();
        let formula = self.encode(terms, piece, &facts);
        if formula.root != Terms::FALSE && facts.must_split() {
            return PieceAnswer::Split;
        }
        let answer = Attempt { estate: self, piece, facts: &facts }.solve_formula(terms, &formula);
        if let Solved::Unknown(reason) = answer {
            return PieceAnswer::Unknown(reason);
        }
        if let Solved::Step(step, _) = &answer
            && piece.only.is_none()
            && facts.asks_for_tags()
            && self.has_tags_of_its_own(piece.target, &step.resource)
        {
            return PieceAnswer::Split;
        }
        let opinion = second_opinion(terms, formula.root, piece);
        let found = matches!(answer, Solved::Step(..));
        if let Some(reason) = opposed(found, opinion) {
            return PieceAnswer::Unknown(piece.effort.reproduced(terms, formula.root, reason));
        }
        let proof = match answer {
            Solved::Step(step, assumed) => return PieceAnswer::Reachable(step, assumed),
            Solved::Unknown(reason) => return PieceAnswer::Unknown(reason),
            Solved::Refuted(proof) => proof,
        };
        let folded = formula.root == Terms::FALSE;
        let realistic = PieceProof { proof, all_requests: false, folded, second: opinion };
        // Refused by the policies before any restriction to what AWS could receive came in.
        let already_general = piece.plan.action.is_none() || formula.goal_is_false && !facts.was_restricted();
        if already_general {
            return PieceAnswer::Impossible(PieceProof { all_requests: true, ..realistic });
        }
        if piece.only.is_some() || !piece.for_all {
            return PieceAnswer::Impossible(realistic);
        }
        PieceAnswer::Impossible(self.refute_for_all(terms, piece).unwrap_or(realistic))
    }

    /// A proof about every request, whatever resource and keys it carries. None where there is none, or
    /// where the second opinion is against it.
    fn refute_for_all(&self, terms: &mut Terms, piece: &Piece<'_>) -> Option<PieceProof> {
        let facts = Facts::of(self, piece, false);
        terms.clear();
        let formula = self.encode_unrealistic(terms, piece, &facts);
        let proof = refute(terms, formula.root, &self.memory, &piece.effort.limits)?;
        let second = second_opinion(terms, formula.root, piece);
        let folded = formula.root == Terms::FALSE;
        (second != Second::Satisfiable).then_some(PieceProof { proof, all_requests: true, folded, second })
    }
}

/// Asks the strings encoding in Z3, where `asked` and the formula is no constant: a constant would tell
/// nothing about the encoding.
pub(super) fn second_opinion(terms: &Terms, root: Term, piece: &Piece<'_>) -> Second {
    if !piece.second || root == Terms::FALSE || root == Terms::TRUE {
        return Second::NotAsked;
    }
    let Effort { second, opinions, .. } = piece.effort;
    opinions.of(terms, root, *second, || {
        let cancellation = piece.effort.cancellation().clone();
        let budget = Budget { cancellation, ..Budget::of_wall(OPINION) };
        match second().and_then(|mut solver| solve_strings(terms, root, &budget, solver.as_mut())) {
            Ok(StringsAnswer::Sat(_)) => Second::Satisfiable,
            Ok(StringsAnswer::Unsat) => Second::Refuted,
            Ok(StringsAnswer::Unknown(_)) | Err(_) => Second::Unknown,
        }
    })
}

/// The disagreement, where the second opinion is opposite to whether a request was `found`.
pub(super) fn opposed(found: bool, second: Second) -> Option<UnknownReason> {
    let says = |who: &str, some: bool| format!("{who} ({} request)", if some { "some" } else { "no" });
    let opposite = if found { Second::Refuted } else { Second::Satisfiable };
    (second == opposite).then(|| UnknownReason::Disagreement {
        first: says("the classes encoding", found),
        second: says("the strings encoding in Z3", !found),
        saved: None,
    })
}
