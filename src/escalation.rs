//! Escalation: what an attacker can come to, in any number of steps.
//!
//! The state of the attack is a set of [`fact::Fact`]s: sessions held, policies written, trust rewritten, and so on.
//! Steps ([`gateproof_encodings::primitive`]) only add facts, so all that can be reached is a least fixpoint
//! ([`search`]), and what lies outside it is proved unreachable at any depth. A chain that reaches the target is
//! made from the steps that were found ([`chain`]) and replayed on the policies as each step leaves them.

mod administrator;
mod admitted;
mod alike;
mod among;
mod apart;
mod aside;
mod attachable;
mod bearing;
mod bind;
mod bound;
mod boundaries;
mod by_arn;
mod candidates;
mod chain;
mod commands;
mod conditions;
mod cut;
mod edges;
mod effect;
mod fact;
mod few;
mod gain;
mod gathered;
mod graph;
mod ground;
mod guard;
mod kin;
mod made;
mod meet;
mod minimal;
mod naming;
mod narrow;
mod needs;
mod one_call;
mod open;
mod outdone;
mod partial;
mod payload;
mod pending;
mod plan;
mod policies;
mod reach;
mod reading;
mod remembered;
mod replay;
mod required;
mod retag;
mod search;
mod session;
mod sorts;
mod spread;
mod step;
mod stock;
mod tags;
mod target;
mod telling;
mod twins;
mod under;
mod unnamed;
mod visible;
mod walk;
mod ways;
mod worlds;

pub use among::Among;
pub(crate) use bind::{Object, Scene};
pub(crate) use conditions::has_condition_on;
pub use cut::{Cut, CutAnswer};
pub use edges::Edge;
pub(crate) use edges::FirstStep;
pub(crate) use effect::facts_of;
pub use fact::{Fact, Held, Session};
pub use graph::{Graph, GraphStep};
pub(crate) use ground::Ground;
pub(crate) use needs::{Call, call_of, references, takes_token};
pub(crate) use policies::{GRANT_OPERATIONS, Reading, about_policies, changes_of};
pub use reach::{Attack, EscalationSettings, Invariant, ReachAnswer};
pub(crate) use session::{Holder, Start, device};
pub(crate) use sorts::Sorts;
pub use target::Target;
pub(crate) use target::{Asked, Goal, Way};
pub(crate) use unnamed::{about_unnamed, of_made, on_one, with_policies};
