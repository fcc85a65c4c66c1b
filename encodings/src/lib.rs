//! What the logic says: a question becomes a [`term::Terms`] formula over atoms about the request;
//! two encodings give the atoms meaning.
//!
//! Nothing here knows a solver. [`language`] holds the sets of texts and points that atoms speak of,
//! [`term`] the formulas, [`cnf`] their clauses, [`proof`] what an *impossible* rests on.

pub mod actions;
pub mod assignment;
pub mod authorize;
pub mod cancellation;
pub mod classes;
pub mod cnf;
pub mod compiled;
pub mod concrete;
pub mod condition;
pub mod emptiness;
pub mod encoder;
pub mod field;
pub mod import;
pub mod kept_by_aws;
pub mod kms;
pub mod language;
pub mod layers;
pub mod primitive;
pub mod principal;
pub mod proof;
pub mod regular;
pub mod scope;
pub mod smtlib;
pub mod statement;
pub mod term;
