//! Asking: from a question about an organization to formulas, and from their answers back to requests.
//!
//! One question about one caller falls into *pieces*: an action and a resource case each
//! ([`target`]). A piece is one formula ([`piece`]), decided by the engine; a model becomes a request that
//! the reference evaluator must allow ([`witness`]), a refutation a proof.

mod about;
mod admitting;
mod allowance;
mod answered;
mod attempt;
mod authorizations;
mod aws_cli;
mod axioms;
mod between;
mod bundle;
mod by_strings;
mod caller;
mod candidates;
mod created;
mod decide_piece;
mod effective;
mod effort;
mod estate;
mod explain;
mod facts;
mod federation;
mod granted;
mod grantees;
mod handed;
mod joint;
mod known;
mod limited;
mod obligations;
mod obstacles;
mod one_call;
mod one_name;
mod opened;
mod opinions;
mod piece;
mod plan;
mod prefilter;
mod progress;
mod question_key;
mod regions;
mod replayed;
mod reproducer;
mod resource_facts;
mod root_session;
mod selection;
mod session_keys;
mod strangers;
mod summary;
mod tagged_principals;
mod taken;
mod target;
mod trusting;
mod uncollected;
mod unconcerned;
mod universe;
mod unlisted;
mod within;
mod witness;

pub(crate) use allowance::{Allowance, MayDo};
pub(crate) use answered::{Answered, Digested, Everybody};
pub(crate) use authorizations::passes_role;
pub(crate) use aws_cli::{call, command, placeholder};
pub use between::{EstateComparison, Formulas, PrincipalComparison, Region, Relation, compare_estates};
pub use caller::CallerEntity;
pub(crate) use caller::Sessions;
pub(crate) use decide_piece::PieceAnswer;
pub use decide_piece::{PieceProof, Second};
pub use effective::{
    Agreement, Difference, Differs, Effective, EffectiveAction, EffectiveRow, Extent, Proofs, RowEffect,
};
pub(crate) use effective::{action_set, glob};
pub use effort::{Effort, Encoding};
pub use estate::{Estate, EstateOptions};
pub use explain::Explained;
pub(crate) use handed::Handed;
pub(crate) use limited::Limits;
pub use obligations::{CallProof, Tier};
pub(crate) use obligations::{Obligation, Owed, OwedCall, Part, Visitor};
pub(crate) use one_call::{Bond, OneCall};
pub(crate) use one_name::{OneName, Tied, Unlike};
pub use progress::Progress;
pub use reproducer::Reproducers;
pub(crate) use resource_facts::{BOUNDARY, tells_boundary_of_target};
pub use selection::Environments;
pub(crate) use selection::glob_matches;
pub(crate) use strangers::{account_in, described_account};
pub use summary::CanAnswer;
pub(crate) use summary::Prepared;
pub(crate) use taken::{NewName, SUPPOSED};
pub use unlisted::{Unlisted, stands_for_unlisted};
pub(crate) use within::{Within, goes_by_alias};
pub(crate) use witness::evidence;

use std::borrow::Cow;

/// How to answer.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Names of environments and the accounts they stand for.
    pub environments: Environments,
    /// Which answers another encoding and solver must second.
    pub cross_check: CrossCheck,
    /// What one question may cost.
    pub effort: Effort,
    /// Counts the callers that are answered.
    pub progress: Progress,
    /// Whether every case is encoded, nothing being ruled out beforehand or carried over from an object that is alike. Slow;
    /// the answers are the same.
    pub exhaustive: bool,
    /// Whether an *impossible* need not be about requests that AWS could not receive.
    pub realistic: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            environments: Environments::default(),
            cross_check: CrossCheck::Sample,
            effort: Effort::default(),
            progress: Progress::default(),
            exhaustive: false,
            realistic: false,
        }
    }
}

impl<'a> From<&'a Settings> for Cow<'a, Settings> {
    fn from(settings: &'a Settings) -> Self {
        Self::Borrowed(settings)
    }
}

/// Which answers are seconded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CrossCheck {
    /// Every one.
    Always,
    /// A fixed sample.
    #[default]
    Sample,
    /// None.
    Never,
}

/// Why a question can't be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// A selector names nothing.
    #[error("selector `{given}` matches nothing in the snapshot")]
    NothingSelected {
        /// The selector.
        given: String,
    },
    /// A selector can't stand here.
    #[error("selector `{given}` cannot be used here: {why}")]
    Misplaced {
        /// The selector.
        given: String,
        /// Why.
        why: &'static str,
    },
    /// Whom a selector means is not told by the snapshot.
    #[error("selector `{given}`: the snapshot does not tell {what}")]
    Untold {
        /// The selector.
        given: String,
        /// What is missing, with the command that tells it.
        what: String,
    },
    /// No action of the catalogue is left.
    #[error("no action matches {given}")]
    NoAction {
        /// The action globs and levels.
        given: String,
    },
}
