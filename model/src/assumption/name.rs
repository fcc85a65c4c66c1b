//! Names of the assumptions that stand for what the policies leave open.
//!
//! Each name says where the open question stands, so that a verdict can list it and so that the
//! same question has the same name wherever it is asked.

use crate::policy::{Condition, Effect, Source, Statement};
use std::sync::Arc;

/// The assumption that a canonical user id, listed in a statement's principals, is that of the
/// caller's account.
///
/// IAM User Guide, "AWS JSON policy elements: Principal", section "AWS account principals": a
/// canonical user id is another form of an account id. Which account's is not to be seen.
pub fn name_canonical_user(source: &Source, statement: &Statement, id: &str) -> Arc<str> {
    let Source { file, pointer, .. } = source;
    let place = &statement.pointer;
    format!("{file}#{pointer}{place}: canonical user `{id}` is the caller's account").into()
}

/// The assumption that a condition's value which is not of the operator's type matches.
pub fn name_unparsable(source: &Source, condition: &Condition, text: &str) -> Arc<str> {
    let Source { file, pointer, .. } = source;
    let place = &condition.pointer;
    format!("{file}#{pointer}{place}: `{text}` matches").into()
}

/// What stands in the name of an assumption about a statement that is known only after deployment.
pub(super) const DEPLOYED: &str = ": known only after deployment (";

/// The assumption that a statement, which holds something known only after deployment, says the most that it can.
pub fn name_open(source: &Source, place: &str, effect: Effect, what: &str) -> Arc<str> {
    let Source { file, pointer, .. } = source;
    let verb = if effect == Effect::Allow { "allows" } else { "denies" };
    format!("{file}#{pointer}{place}{DEPLOYED}{what}) {verb}").into()
}
