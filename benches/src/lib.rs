//! Generated accounts and the measurements on them.

pub mod account;
pub mod organization;
pub mod random;
pub mod statements;
