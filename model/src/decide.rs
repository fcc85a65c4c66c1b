//! `decide`: one concrete request and its policies a line, one decision a line.
//!
//! A line is a JSON object `{"id", "request": {…}, "policies": {…}}`; the answer is
//! `{"id", "decision", "because"}` or `{"id", "error"}`. The context is complete: nothing is derived
//! from the principal, nothing is dropped.

mod answer;
mod fields;
mod grants;
mod line;
mod open;

pub use answer::{render_answer, render_error};
pub use grants::parse_grant;
pub use line::{Line, LineError, RefusedLine, parse_line};
pub use open::{Undecided, decide_whatever_is_assumed};

use crate::evaluator::World;
use crate::json::Json;

/// Answers one line by the reference evaluator. `world.assume` is not consulted: an answer is given
/// where it is the same whatever is assumed.
pub fn decide_line(text: &str, world: &World<'_>) -> String {
    match parse_line(text) {
        Err(refused) => render_error(refused.id.as_ref(), &refused.error.to_string()),
        Ok(line) => match decide_whatever_is_assumed(&line.policies, &line.request, world) {
            Ok(decision) => {
                render_answer(line.id.as_ref(), decision.outcome, &decision.because, &line.warnings)
            }
            Err(undecided) => render_error(line.id.as_ref(), &undecided.to_string()),
        },
    }
}

/// The `id` of a line: any JSON value, given back as it came.
pub type Id = Json;
