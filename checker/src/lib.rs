//! The independent proof checker: emptiness lemmas by derivatives, clauses by unit propagation.
