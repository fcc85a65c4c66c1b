//! What a witness takes for granted beside the snapshot: sentences that are printed with it.

use super::piece::Piece;
use super::regions::region_of;
use gateproof_model::request::{ContextValue, Request};
use gateproof_model::text::fold_text;

/// What the request takes for granted that nothing in the snapshot tells.
pub fn taken_for_granted(piece: &Piece<'_>, request: &Request) -> Vec<String> {
    let mut sentences = session_tags(piece, request);
    sentences.extend(another_region(request));
    sentences
}

/// IAM User Guide, "Pass session tags in AWS STS".
fn session_tags(piece: &Piece<'_>, request: &Request) -> Vec<String> {
    let mut sentences = Vec::new();
    if !piece.caller.takes_session_tags {
        return sentences;
    }
    for (key, value) in request.context.iter() {
        let lower = fold_text(key);
        let Some(name) = lower.strip_prefix("aws:principaltag/") else { continue };
        let ContextValue::Single(value) = value else { continue };
        if piece.caller.overridable.get(&lower) != Some(value) {
            sentences.push(format!("the session has the tag `{name}` = `{value}`, passed when it is opened"));
        }
    }
    sentences
}

/// Some calls name resources of other regions than the one that they go to.
fn another_region(request: &Request) -> Option<String> {
    let called = request.context.get("aws:requestedregion")?.values().first()?;
    let there = region_of(&request.resource)?;
    let differ = there != called && !there.contains(['*', '?']);
    differ.then(|| format!("a call of `{}` to {called} may name a resource in {there}", request.action))
}
