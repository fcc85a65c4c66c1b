//! What is not known, or was never collected, and could touch an answer.

use super::caller::CallerEntity;
use super::estate::Estate;
use super::summary::Prepared;
use crate::question::Undecided;
use gateproof_model::assumption::BlindSpot;
use gateproof_model::catalogue::ActionInfo;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The inputs that were never collected, said once a question and account of whoever asks.
#[derive(Debug, Default)]
pub(crate) struct SaidOnce(Mutex<ByAccount>);

type ByAccount = FxHashMap<Option<Arc<str>>, Arc<Vec<String>>>;

impl Estate {
    /// Why nothing can be said: something that the actions' services are about could not be read.
    pub(crate) fn blind_spot(&self, caller: &CallerEntity, prepared: &Prepared<'_>) -> Option<Undecided> {
        let services: Vec<&str> = prepared.actions.known.iter().map(ActionInfo::service).collect();
        let concerned = |spot: &&BlindSpot| {
            let account = spot.account.as_deref();
            let in_question = account.is_none()
                || account == caller.account.as_deref()
                || prepared.resources.in_account(account);
            let asked = spot.services.is_empty()
                || !prepared.actions.open.is_empty()
                || spot.services.iter().any(|s| services.contains(&&**s));
            in_question && asked
        };
        self.snapshot
            .blind_spots()
            .iter()
            .find(concerned)
            .map(|b| Undecided { reason: format!("not known: {}", b.what), place: b.file.to_string() })
    }

    /// [`Estate::uncollected`], which is the same for all callers of an account.
    pub(super) fn shared_uncollected(
        &self,
        caller: &CallerEntity,
        prepared: &Prepared<'_>,
    ) -> Arc<Vec<String>> {
        let mut known = prepared.uncollected.0.lock().unwrap_or_else(PoisonError::into_inner);
        let texts = known.entry(caller.account.clone());
        texts.or_insert_with(|| Arc::new(self.uncollected(caller, prepared))).clone()
    }

    /// The inputs that were never collected and could touch the answer.
    pub(crate) fn uncollected(&self, caller: &CallerEntity, prepared: &Prepared<'_>) -> Vec<String> {
        let services: Vec<&str> = prepared.actions.known.iter().map(ActionInfo::service).collect();
        let mut texts = Vec::new();
        for assumption in self.snapshot.assumptions() {
            let touches = &assumption.touches;
            let account =
                touches.account.is_none() || touches.account == caller.account || caller.account.is_none();
            let service = touches.service.as_deref().is_none_or(|s| {
                !prepared.actions.open.is_empty()
                    || services.contains(&s)
                    || ["organizations", "ec2"].contains(&s)
            });
            if account && service {
                texts.push(format!("{} (to supply it: {})", assumption.text, assumption.cli_command));
            }
        }
        texts
    }
}
