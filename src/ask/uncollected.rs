//! What is not known, or was never collected, and could touch an answer.

use super::caller::CallerEntity;
use super::estate::Estate;
use super::selection::glob_matches;
use super::summary::Prepared;
use super::{AskError, Settings};
use crate::question::{Quantifier, Requests, Selector, Undecided, Untold};
use gateproof_model::arn::Arn;
use gateproof_model::assumption::{BlindSpot, Touches};
use gateproof_model::catalogue::ActionInfo;
use gateproof_model::snapshot::Missing;
use gateproof_model::text::fold_text;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The inputs that were never collected, said once a question and account of whoever asks.
#[derive(Debug, Default)]
pub(crate) struct SaidOnce {
    by_account: Mutex<ByAccount>,
    /// The places of those about the question's actions, and whether each is about its resources.
    of_actions: OnceLock<Vec<(usize, bool)>>,
}

/// Somebody of whom nothing can be said, and why.
type Doubtful = (Arc<str>, Undecided);

type ByAccount = FxHashMap<Option<Arc<str>>, Arc<Vec<Untold>>>;

impl Estate {
    /// Why nothing can be said: something that the actions' services are about could not be read.
    pub(crate) fn blind_spot(&self, caller: &CallerEntity, prepared: &Prepared<'_>) -> Option<Undecided> {
        if let (Missing::Unknown, Some(untold)) = (self.missing, self.elsewhere_of(prepared).first()) {
            let reason = format!("not known: whether {}", untold.what);
            return Some(Undecided { reason, place: "the question's resources".to_owned() });
        }
        if self.snapshot.blind_spots().is_empty() {
            return None;
        }
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

    /// Of principals and their requests: what was never collected and could touch the answers, each once, and about whom nothing can be said.
    ///
    /// # Errors
    /// As [`Estate::can`].
    pub(crate) fn untold_about(
        &self,
        principals: &[Selector],
        requests: &Requests,
        settings: &Settings,
    ) -> Result<(BTreeSet<Untold>, Vec<Doubtful>), AskError> {
        let callers = self.select(principals, &settings.environments)?;
        let prepared = self.prepare(requests, Quantifier::Some, settings)?;
        let untold = callers.iter().flat_map(|caller| self.uncollected(caller, &prepared)).collect();
        let blind = |caller: &CallerEntity| Some((caller.id.clone(), self.blind_spot(caller, &prepared)?));
        Ok((untold, callers.iter().filter_map(blind).collect()))
    }

    /// [`Estate::uncollected`], which is the same for all callers of an account.
    pub(super) fn shared_uncollected(
        &self,
        caller: &CallerEntity,
        prepared: &Prepared<'_>,
    ) -> Arc<Vec<Untold>> {
        let mut known = prepared.uncollected.by_account.lock().unwrap_or_else(PoisonError::into_inner);
        let untold = known.entry(caller.account.clone());
        untold.or_insert_with(|| Arc::new(self.uncollected(caller, prepared))).clone()
    }

    /// The inputs that were never collected and could touch the answer.
    pub(crate) fn uncollected(&self, caller: &CallerEntity, prepared: &Prepared<'_>) -> Vec<Untold> {
        let all = self.snapshot.assumptions();
        let of_actions = prepared.uncollected.of_actions.get_or_init(|| {
            let about = all.iter().enumerate().filter(|(_, a)| is_about_actions(&a.touches, prepared));
            about.map(|(n, a)| (n, is_about_resources(&a.touches, prepared))).collect()
        });
        let touches = |(n, of_resources): &(usize, bool)| {
            let assumption = all.get(*n)?;
            let account = &assumption.touches.account;
            let own = account.is_none() || *account == caller.account || caller.account.is_none();
            (own || *of_resources).then(|| Untold::from(assumption))
        };
        of_actions.iter().filter_map(touches).chain(self.elsewhere_of(prepared)).collect()
    }

    /// The accounts that resources asked about name and the snapshot doesn't cover: their resources are no case, unless a policy is known.
    fn elsewhere_of(&self, prepared: &Prepared<'_>) -> BTreeSet<Untold> {
        let arns = prepared.resources.globs.iter().filter_map(|glob| Arn::parse(glob));
        let elsewhere = arns.filter_map(|arn| arn.account_id()).filter(|account| !self.covers(account));
        let untold = |account: &str| Untold {
            what: format!(
                "account {account}, which was not collected, lets nobody do anything but by a known policy"
            ),
            command: None,
        };
        elsewhere.map(untold).collect()
    }
}

/// Whether something that touches an account may be about resources asked about, which another account's policies let others use. Those
/// of IAM are their own account's only.
fn is_about_resources(touches: &Touches, prepared: &Prepared<'_>) -> bool {
    touches.service.as_deref().is_some_and(|service| service != "iam")
        && prepared.resources.in_account(touches.account.as_deref())
        && touches.resource.as_ref().is_none_or(|arn| prepared.resources.may_touch(arn))
}

/// Whether something may be about actions asked about, or about whoever makes any request.
fn is_about_actions(touches: &Touches, prepared: &Prepared<'_>) -> bool {
    let Some(service) = touches.service.as_deref() else { return true };
    if ["organizations", "ec2"].contains(&service) {
        return true;
    }
    let named = |action: &ActionInfo<'_>| {
        touches.actions.is_empty() || touches.actions.iter().any(|a| a.eq_ignore_ascii_case(action.name()))
    };
    let mut known = prepared.actions.known.iter().filter(|action| action.service() == service);
    // An action that the catalogue doesn't know is of the service that its name begins with.
    let open =
        |glob: &String| glob.split_once(':').is_none_or(|(of, _)| glob_matches(&fold_text(of), service));
    known.any(named) || touches.actions.is_empty() && prepared.actions.open.iter().any(open)
}
