//! What shows that a control holds or doesn't.

use crate::question::{ProofSummary, Witness};
use serde::Serialize;
use std::sync::Arc;

/// One piece of evidence.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// What AWS says.
    Fields(Vec<Field>),
    /// A request that is allowed, confirmed by the reference evaluator.
    Request(Witness),
    /// A chain of steps, each replayed on what the earlier ones leave.
    Chain(Witness),
    /// No request is allowed, whoever asks: so many formulas refuted, each proof accepted by the checker.
    Proof {
        /// What is impossible.
        question: String,
        /// How many principals it is shown for.
        principals: usize,
        /// How many formulas were refuted.
        formulas: usize,
        /// How many of these were false as they stood.
        folded: usize,
    },
    /// The proof that there is no chain of any length.
    NoChain {
        /// What is impossible.
        question: String,
        /// The proof.
        proof: ProofSummary,
    },
    /// Who may, and who is meant to.
    Sets {
        /// Who is meant to.
        meant: Vec<Arc<str>>,
        /// Who may.
        found: Vec<Arc<str>>,
    },
}

/// What AWS says of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// The field, as AWS spells it.
    pub name: String,
    /// Its value; `None`: it has none.
    pub value: Option<String>,
}

impl Field {
    /// A field with a value.
    pub fn of(name: &str, value: impl Into<String>) -> Self {
        Self { name: name.to_owned(), value: Some(value.into()) }
    }
}
