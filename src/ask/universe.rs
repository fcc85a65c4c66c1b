//! The actions of a question.

use super::AskError;
use crate::question::Requests;
use gateproof_model::catalogue::{ActionInfo, Catalogue};
use std::collections::BTreeSet;

/// What a question's action globs stand for.
#[derive(Debug, Clone)]
pub struct Actions<'a> {
    /// The catalogue's actions, in its order.
    pub known: Vec<ActionInfo<'a>>,
    /// The globs that actions outside the catalogue may match; they are asked about as one open action.
    pub open: Vec<String>,
}

/// The actions that match some glob and some access level.
pub fn actions_of<'a>(catalogue: &'a Catalogue, requests: &Requests) -> Result<Actions<'a>, AskError> {
    let mut ids = BTreeSet::new();
    let mut open = Vec::new();
    for glob in requests.actions.iter().flat_map(|g| g.split(',')).map(str::trim).filter(|g| !g.is_empty()) {
        let before = ids.len();
        for action in catalogue.actions_matching(glob) {
            if requests.access.is_empty() || requests.access.contains(&action.access_level()) {
                ids.insert(action.id());
            }
        }
        let exact = !glob.contains(['*', '?']);
        // A glob may match names that the catalogue doesn't know; levels are known for its own only.
        let unknown = if exact { ids.len() == before && catalogue.action(glob).is_none() } else { true };
        if unknown && requests.access.is_empty() {
            open.push(glob.to_owned());
        }
    }
    let known: Vec<ActionInfo<'a>> = ids.into_iter().filter_map(|id| catalogue.action_info(id)).collect();
    if known.is_empty() && open.is_empty() {
        let levels: Vec<&str> = requests.access.iter().map(|l| l.name()).collect();
        let given = format!("{} {}", requests.actions.join(","), levels.join(",")).trim().to_owned();
        return Err(AskError::NoAction { given });
    }
    Ok(Actions { known, open })
}
