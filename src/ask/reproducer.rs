//! What two solvers disagree about, as a script that shows it again.
//!
//! Nothing is written here: whoever asks says where scripts go.

use super::effort::Effort;
use crate::solver::UnknownReason;
use gateproof_encodings::smtlib::{Style, render_script};
use gateproof_encodings::term::{Term, Terms};
use std::fmt;
use std::sync::Arc;

/// Takes the script of each disagreement, and says where it went.
#[derive(Clone, Default)]
pub struct Reproducers(Option<Arc<Keep>>);

type Keep = dyn Fn(&str) -> String + Send + Sync;

impl Reproducers {
    /// Scripts go to `keep`, which says what became of them: that is added to the reason.
    pub fn to(keep: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(keep)))
    }
}

impl fmt::Debug for Reproducers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Reproducers(kept)" } else { "Reproducers(not kept)" })
    }
}

impl Effort {
    /// Hands over the script of the formula where the reason is a disagreement about it.
    pub(crate) fn reproduced(&self, terms: &Terms, root: Term, reason: UnknownReason) -> UnknownReason {
        match (reason, &self.reproducers.0) {
            (UnknownReason::Disagreement { first, second, saved: None }, Some(keep)) => {
                let saved = match render_reproducer(terms, root, [&first, &second]) {
                    Ok(script) => keep(&script),
                    Err(why) => format!("no reproducer: {why}"),
                };
                UnknownReason::Disagreement { first, second, saved: Some(saved) }
            }
            (other, _) => other,
        }
    }
}

/// The formula as SMT-LIB, who says what of it as comments before it.
fn render_reproducer(terms: &Terms, root: Term, said: [&str; 2]) -> Result<String, String> {
    let script = render_script(terms, root, Style::Union).map_err(|error| error.to_string())?;
    let mut comments = String::from("; Opposite answers to one formula:\n");
    for line in said.iter().flat_map(|who| who.lines()) {
        comments.push_str("; ");
        comments.extend(line.chars().map(|c| if c.is_ascii() && !c.is_ascii_control() { c } else { '?' }));
        comments.push('\n');
    }
    Ok(comments + &script)
}
