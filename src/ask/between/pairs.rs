//! Who is compared: each caller of either snapshot, with its like in the other.

use crate::ask::caller::CallerEntity;
use crate::ask::estate::Estate;
use crate::ask::{AskError, Settings};
use crate::question::Selector;
use gateproof_encodings::scope::Caller;
use gateproof_model::request::PrincipalKind;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A caller in both snapshots, where it is there.
pub(super) struct Pair {
    pub id: Arc<str>,
    pub old: Option<CallerEntity>,
    pub new: Option<CallerEntity>,
}

/// Somebody before and after a change.
type BeforeAndAfter = (Option<CallerEntity>, Option<CallerEntity>);

/// The callers of either, by id; all where nobody is selected.
pub(super) fn pairs(
    old: &Estate,
    new: &Estate,
    among: &[Selector],
    settings: &Settings,
) -> Result<Vec<Pair>, AskError> {
    let (before, after) = match (chosen(old, among, settings), chosen(new, among, settings)) {
        // What only one snapshot has can be meant too.
        (Ok(before), Err(AskError::NothingSelected { .. })) => (before, Vec::new()),
        (Err(AskError::NothingSelected { .. }), Ok(after)) => (Vec::new(), after),
        (before, after) => (before?, after?),
    };
    let mut paired: BTreeMap<(Arc<str>, usize), BeforeAndAfter> = BTreeMap::new();
    for (key, caller) in numbered(before) {
        paired.entry(key).or_default().0 = Some(caller);
    }
    for (key, caller) in numbered(after) {
        paired.entry(key).or_default().1 = Some(caller);
    }
    let completed = paired.into_iter().map(|((id, _), (before, after))| {
        let like = |estate: &Estate, caller: &Option<CallerEntity>| {
            caller.as_ref().and_then(|caller| like(estate, caller))
        };
        let (from_new, from_old) = (like(old, &after), like(new, &before));
        Pair { id, old: before.or(from_new), new: after.or(from_old) }
    });
    Ok(completed.collect())
}

fn chosen(estate: &Estate, among: &[Selector], settings: &Settings) -> Result<Vec<CallerEntity>, AskError> {
    if among.is_empty() {
        return Ok(estate.callers().chain(&estate.beside).cloned().collect());
    }
    estate.select(&estate.without_pipelines(among, settings)?, &settings.environments)
}

/// Callers of one id (a provider's tokens with different claims) one after the other.
fn numbered(callers: Vec<CallerEntity>) -> impl Iterator<Item = ((Arc<str>, usize), CallerEntity)> {
    let mut seen: BTreeMap<Arc<str>, usize> = BTreeMap::new();
    callers.into_iter().map(move |caller| {
        let count = seen.entry(caller.id.clone()).or_default();
        *count += 1;
        ((caller.id.clone(), *count), caller)
    })
}

/// The same caller in another snapshot that doesn't list it: services, holders of tokens, unsigned callers and principals of
/// accounts that it doesn't cover are there whether or not something names them.
fn like(estate: &Estate, caller: &CallerEntity) -> Option<CallerEntity> {
    match &caller.caller {
        Caller::Outsider { account } if !estate.covers(account) => match caller.id.ends_with(":root") {
            true => Some(estate.outsider(account)),
            false => estate.elsewhere(&caller.id),
        },
        Caller::Known(principal) => {
            let apart = matches!(
                principal.kind,
                PrincipalKind::Service(_) | PrincipalKind::Federated(_) | PrincipalKind::Anonymous
            );
            apart.then(|| caller.clone())
        }
        Caller::Outsider { .. } | Caller::RoleSession { .. } => None,
    }
}
