//! Declared properties of an organization, and whether they hold.
//!
//! A file of properties is YAML ([`PropertyFile`]): what nobody may come to (`never`), what must stay possible (`always`), who exactly may do
//! something (`only`), and within which policy somebody's permissions must lie (`subset`, `equal`). Each becomes questions that `can` and
//! `reach` answer, so that it holds with a proof, is violated with a request or chain that was replayed, or is undecided for a reason.
//! What would hold because nobody and nothing is meant is an error: a misspelt name must not look like safety.

mod always;
mod audience;
mod beyond;
mod bound;
mod control;
mod decide;
mod equal;
mod matching;
mod meant;
mod names;
mod near;
mod never;
mod only;
mod parameters;
mod parse;
mod place;
mod property;
mod sets;
mod subset;
mod tally;
mod written;

pub use bound::{Bound, Policy};
pub use decide::{Checked, DecideError, Decided, Doubt, Judgement, Violation, decide};
pub use names::Names;
pub use parse::PropertyFile;
pub use place::{FileError, Place};
pub use property::{
    Always, ControlHolds, Equal, Extent, Kind, Never, Only, Places, Property, Standard, Subset, Through,
};
