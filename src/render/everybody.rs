//! What is said of those who can't, in an answer about everybody.

use crate::ask::stands_for_unlisted;
use crate::question::{Answer, Verdict};
use std::sync::Arc;

/// How many of an answer to `who-can` can't.
pub(super) fn cannot(answers: &[(Arc<str>, Answer)]) -> usize {
    let listed = answers.iter().filter(|(principal, _)| !stands_for_unlisted(principal));
    listed.filter(|(_, answer)| answer.verdict == Verdict::Impossible).count()
}

/// What those rest on who can't, each once.
pub(super) fn assumed(answers: &[(Arc<str>, Answer)]) -> Vec<String> {
    let mut assumed: Vec<String> = Vec::new();
    for (_, answer) in answers.iter().filter(|(_, answer)| answer.verdict == Verdict::Impossible) {
        for text in answer.taken_for_granted() {
            if !assumed.contains(&text) {
                assumed.push(text);
            }
        }
    }
    assumed
}
