//! The audit as one self-contained HTML page: it loads nothing, and what it shows can't become markup or script.
//!
//! What stands in it is other people's configuration. It comes in as text ([`mod@html`]), and the page's policy ([`policy`]) lets only our
//! own style and script run. Without scripts all is there and readable; they filter, copy and change the theme.

mod controls;
mod drawing;
mod evidence;
mod finding;
mod html;
mod matrix;
mod overview;
mod page;
mod pipeline;
mod policy;
mod remedy;
mod room;
mod tally;
mod unknown;
mod untold;

use crate::audit::Audit;

/// The page about an audit of what is called by a name.
pub fn html(audit: &Audit, name: &str) -> String {
    page::of(audit, name).into_string()
}
