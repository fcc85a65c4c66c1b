//! Why a certificate is refused.

use crate::ask::AskError;
use gateproof_encodings::cnf::Literal;

/// A refusal: where, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {fault}")]
pub struct Refusal {
    /// The part of the certificate: the caller and the piece, where it comes to that.
    pub place: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong. Clauses and variables are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// It was made with another catalogue, so its words mean something else.
    #[error("made with `{given}`, this program has `{ours}`")]
    Catalogue {
        /// The certificate's.
        given: String,
        /// The program's.
        ours: String,
    },
    /// It reads AWS's open points in another way.
    #[error("AWS's open points are read differently by this program")]
    Rules,
    /// The snapshot's files are not those that it was made from.
    #[error("made from files of digest {given}, the snapshot has {found}")]
    Digest {
        /// The certificate's.
        given: String,
        /// The snapshot's.
        found: String,
    },
    /// The question can't be asked of this snapshot.
    #[error("the question cannot be asked: {0}")]
    Question(AskError),
    /// A resource that no piece is about may be asked about.
    #[error("no formula is about {0}, and the question's resources may include it")]
    PassedOver(String),
    /// It doesn't list those whom the question is about.
    #[error("found {given}, expected {expected}")]
    Caller {
        /// The certificate's.
        given: String,
        /// Whom the question selects.
        expected: String,
    },
    /// Nobody is claimed to be unable.
    #[error("claims nothing")]
    Empty,
    /// What could not be read may change the answer.
    #[error("undecided: {0}")]
    BlindSpot(String),
    /// It doesn't list what the claim takes for granted.
    #[error("found {given}, expected {expected}")]
    Assumption {
        /// The certificate's.
        given: String,
        /// What the snapshot leaves open.
        expected: String,
    },
    /// It claims to cover names that the question doesn't match, or covers nothing.
    #[error("covers uncatalogued actions: found {0}, expected {1}")]
    Uncatalogued(bool, bool),
    /// Two proofs of the same piece.
    #[error("proved twice")]
    Twice,
    /// The question has no such piece.
    #[error("no such piece belongs to the question")]
    Stray,
    /// The call can do without the type that is said to be lacking.
    #[error("the call needs no `{0}`")]
    NotNeeded(String),
    /// A piece has no proof, and its formula isn't false as it stands.
    #[error("has no proof, and its formula is not false as it stands")]
    Unproved,
    /// The number of variables, or of atoms, is another.
    #[error("found {given} {what}, expected {expected}")]
    Count {
        /// Of what.
        what: &'static str,
        /// The certificate's.
        given: usize,
        /// The formula's.
        expected: usize,
    },
    /// A clause is not the formula's.
    #[error("clause {place}: found {given:?}, expected {expected:?}")]
    Clause {
        /// Which.
        place: usize,
        /// The certificate's.
        given: Vec<Literal>,
        /// The formula's.
        expected: Vec<Literal>,
    },
    /// An atom is said to mean something else than it does.
    #[error("atom {place}: found `{given}`, expected `{expected}`")]
    Atom {
        /// Which.
        place: usize,
        /// The certificate's words.
        given: String,
        /// The formula's.
        expected: String,
    },
    /// The proof checker refuses the proof.
    #[error("{0}")]
    Proof(gateproof_checker::Refusal),
    /// The claim is stronger or weaker than its pieces.
    #[error("claimed for {given}, shown for {shown}")]
    Scope {
        /// The certificate's.
        given: &'static str,
        /// The pieces'.
        shown: &'static str,
    },
    /// The invariant doesn't hold the starting session.
    #[error("the start is not among the facts")]
    Start,
    /// A session of the invariant can't be one.
    #[error("nobody can hold such a session")]
    NoSession,
    /// The target is not refuted in a session.
    #[error("the target may be met")]
    Target,
    /// A step leads out of the invariant, as nothing that it needs is refuted.
    #[error("the step is not refuted, and leads to {0}")]
    Outside(String),
    /// The kinds of step are others.
    #[error("made for steps of digest {given}, this program has {ours}")]
    Steps {
        /// The certificate's.
        given: String,
        /// The program's.
        ours: String,
    },
    /// A proof points to no formula.
    #[error("there is no formula {0}")]
    NoFormula(usize),
    /// The digest over question, caller and pieces is another.
    #[error("formulas of digest {given}, made again {found}")]
    Formulas {
        /// The certificate's.
        given: String,
        /// The pieces'.
        found: String,
    },
}

impl Fault {
    /// Says where.
    pub(super) fn at(self, place: impl Into<String>) -> Refusal {
        Refusal { place: place.into(), fault: self }
    }
}
