//! What an *impossible* rests on.
//!
//! A proof is about one [`crate::cnf::Cnf`]. Its lemmas are clauses over atoms of one field that hold
//! whatever the request is, because the texts (or points) that the negated clause demands don't exist;
//! with them, the DRUP steps lead by unit propagation to the empty clause.

use crate::cnf::Literal;
use serde::{Deserialize, Serialize};

/// The evidence that a formula has no model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Clauses over atoms of a single field that are true of every request:
    /// - no text lies in all of the sets and none of the others;
    /// - a key that is absent has no value;
    /// - no member of a multivalued key can be such.
    pub lemmas: Vec<Vec<Literal>>,
    /// Clauses each of which follows from clauses, lemmas and earlier steps by reverse unit
    /// propagation; the empty clause must follow from all.
    pub steps: Vec<Vec<Literal>>,
}
