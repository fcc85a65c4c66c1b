//! What a principal can do: its effective permissions as policy documents, checked against the real policies.
//!
//! The layers are put together statement by statement ([`reader`], [`grant`], [`spot`]); each action is confirmed by
//! a request ([`confirm`]); then documents and policies are compared ([`compare`], [`apart`]). Nothing rests on the
//! first step being right: where it says too much or too little, the comparison finds the request.

pub(crate) mod action_set;
mod apart;
mod compare;
mod conditions;
mod confirm;
mod derive;
mod document;
pub(crate) mod glob;
mod grant;
mod reader;
mod spot;
mod table;

pub use apart::Difference;
pub use compare::{Differs, Proofs};
pub use document::RowEffect;
pub use table::EffectiveRow;

use super::caller::CallerEntity;
use super::estate::Estate;
use super::known::KnownCases;
use super::{AskError, Settings};
use crate::question::{Requests, Selector, Step, Undecided};
use action_set::ActionSet;
use apart::Found;
use compare::{Comparison, Outcome};
use confirm::{Confirmation, Confirmed};
use derive::Derived;
use document::{read_back, render_document};
use gateproof_encodings::term::Terms;
use gateproof_model::catalogue::ActionInfo;
use gateproof_model::policy::Document;
use rayon::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is asked about: which actions, resources of which accounts, under which conditions.
#[derive(Debug, Clone, Default)]
pub struct Extent {
    /// Service prefixes; empty: all.
    pub services: Vec<String>,
    /// Action globs (empty: all), accounts of the resources, conditions; resource globs have no meaning here.
    pub requests: Requests,
}

/// How the documents stand to the real policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Agreement {
    /// They allow the same requests; both directions are proved.
    Exact,
    /// They allow more.
    Wider,
    /// They allow less.
    Narrower,
    /// They allow more here and less there.
    Incomparable,
    /// It is not known.
    Undecided,
}

impl Agreement {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Wider => "wider than the truth",
            Self::Narrower => "narrower than the truth",
            Self::Incomparable => "wider and narrower than the truth",
            Self::Undecided => "undecided",
        }
    }

    fn and(self, differs: Differs) -> Self {
        match (self, differs) {
            (Self::Exact | Self::Wider, Differs::Wider) => Self::Wider,
            (Self::Exact | Self::Narrower, Differs::Narrower) => Self::Narrower,
            (Self::Undecided, _) => Self::Undecided,
            _ => Self::Incomparable,
        }
    }
}

/// One action that the principal has, or may have.
#[derive(Debug, Clone)]
pub struct EffectiveAction {
    /// `service:Action`.
    pub name: String,
    /// The access level.
    pub access: &'static str,
    /// A request that the reference evaluator allows under the real policies.
    pub witness: Option<Step>,
    /// Whether the documents are right about it.
    pub agreement: Agreement,
    /// What the witness takes for granted.
    pub assumptions: Vec<String>,
}

/// The effective permissions of one principal.
#[derive(Debug, Clone)]
pub struct Effective {
    /// Who.
    pub id: Arc<str>,
    /// Its account.
    pub account: Option<Arc<str>>,
    /// How the documents stand to the real policies, over all actions asked about.
    pub agreement: Agreement,
    /// What the principal has by its own policies, with all Denies: an identity policy.
    pub policy: Value,
    /// What policies of resources give it beyond that: an identity policy, resource by resource.
    pub beyond: Value,
    /// Both documents as read back.
    pub documents: Vec<Arc<Document>>,
    /// The rows of the table.
    pub rows: Vec<EffectiveRow>,
    /// The actions, in the catalogue's order.
    pub actions: Vec<EffectiveAction>,
    /// Requests that documents and policies decide differently.
    pub differences: Vec<Difference>,
    /// The formulas that documents and policies were compared by.
    pub proofs: Proofs,
    /// What is always allowed, whatever the policies say.
    pub always: Vec<&'static str>,
    /// Remarks.
    pub notes: Vec<String>,
    /// Inputs that were not collected and are taken to be neutral.
    pub assumptions: Vec<String>,
    /// What could not be told.
    pub undecided: Vec<Undecided>,
}

/// So many actions are looked at one by one, where documents and policies may differ.
const MOST_APART: usize = 400;

impl Estate {
    /// The effective permissions of the selected principals, in order.
    ///
    /// # Errors
    /// Where a selector or the actions name nothing.
    pub fn what_can(
        &self,
        principals: &[Selector],
        extent: &Extent,
        settings: &Settings,
    ) -> Result<Vec<Effective>, AskError> {
        let callers = self.select(principals, &settings.environments)?;
        let within = self.extent_of(extent)?;
        callers.iter().map(|caller| self.effective(caller, &within, extent, settings)).collect()
    }

    fn extent_of(&self, extent: &Extent) -> Result<ActionSet, AskError> {
        let catalogue = self.catalogue;
        let globs: Vec<&str> =
            extent.requests.actions.iter().flat_map(|g| g.split(',')).map(str::trim).collect();
        let mut within = ActionSet::all(catalogue);
        if !globs.is_empty() {
            within = ActionSet::of(catalogue, globs.iter().flat_map(|g| catalogue.actions_matching(g)));
        }
        if !extent.services.is_empty() {
            let services = extent.services.iter().flat_map(|s| catalogue.service_actions(s));
            within = within.and(&ActionSet::of(catalogue, services));
        }
        if within.is_empty() {
            let given = format!("{} {}", globs.join(","), extent.services.join(",")).trim().to_owned();
            return Err(AskError::NoAction { given });
        }
        Ok(within)
    }

    fn effective(
        &self,
        caller: &CallerEntity,
        within: &ActionSet,
        extent: &Extent,
        settings: &Settings,
    ) -> Result<Effective, AskError> {
        let accounts = self.accounts_of(&extent.requests.within, &settings.environments)?;
        let mut derived = self.derive(caller, within, &extent.requests.when, accounts.as_ref());
        let confirmed = self.confirm(caller, &derived.reach(), &extent.requests, settings)?;
        let refused = confirmed.actions.iter().filter(|(_, c)| matches!(c, Confirmation::Refused));
        let refused = refused.filter_map(|(name, _)| self.catalogue.find_action(name));
        derived.drop_actions(&ActionSet::of(self.catalogue, refused));
        let (allowed, lines) = (derived.reach(), derived.lines());
        let own = lines.iter().filter(|l| l.effect != RowEffect::Beyond);
        let policy = render_document(own, &allowed, self.catalogue);
        let more = lines.iter().filter(|l| l.effect == RowEffect::Beyond);
        let beyond = render_document(more, &allowed, self.catalogue);
        let documents: Vec<Arc<Document>> = [(&policy, "effective"), (&beyond, "beyond")]
            .into_iter()
            .filter_map(|(document, name)| read_back(document, name))
            .collect();
        let mut effective = Effective {
            id: caller.id.clone(),
            account: caller.account.clone(),
            agreement: Agreement::Exact,
            policy,
            beyond,
            documents,
            rows: Vec::new(),
            actions: Vec::new(),
            differences: Vec::new(),
            proofs: Proofs::default(),
            always: derived.always.clone(),
            notes: derived.notes.clone(),
            assumptions: confirmed.assumptions.clone(),
            undecided: derived.undecided.clone(),
        };
        effective.undecided.extend(confirmed.blind.clone());
        let mut apart = self.compare_all(caller, &derived, extent, settings, &mut effective);
        for action in derived.unsettled().and(&allowed).actions(self.catalogue) {
            apart.insert(action.name().to_owned(), Agreement::Undecided);
        }
        self.settle_actions(&mut effective, &allowed, confirmed, &apart);
        let by_name = effective.actions.iter().map(|a| (a.name.as_str(), a)).collect();
        effective.rows = table::rows(&lines, &by_name, &allowed, self.catalogue);
        Ok(effective)
    }

    /// Compares documents and policies; the actions on which they differ or may differ.
    fn compare_all<'e>(
        &'e self,
        caller: &'e CallerEntity,
        derived: &Derived<'e>,
        extent: &'e Extent,
        settings: &'e Settings,
        effective: &mut Effective,
    ) -> BTreeMap<String, Agreement> {
        let mut apart: BTreeMap<String, Agreement> = BTreeMap::new();
        if derived.hopeless {
            return apart;
        }
        let comparison = Comparison::of(
            self,
            caller,
            &extent.requests.when,
            effective.documents.clone(),
            &settings.effort,
        );
        let outcome: Outcome<'e> = comparison.check(&derived.cases(self, caller));
        effective.proofs = outcome.proofs;
        let mut open: Vec<_> = outcome
            .open
            .iter()
            .flat_map(|(target, block, differs)| {
                block.actions(self.catalogue).map(move |action| (action, target, *differs))
            })
            .collect();
        effective.proofs.parts = open.len();
        if open.len() > MOST_APART {
            let reason = format!("{} comparisons are left, {MOST_APART} are looked at", open.len());
            effective.undecided.push(Undecided { reason, place: caller.id.to_string() });
            for (action, _, _) in open.split_off(MOST_APART) {
                apart.insert(action.name().to_owned(), Agreement::Undecided);
            }
        }
        let spots: BTreeSet<Arc<str>> = derived.spot_arns();
        let known = KnownCases::default();
        let found: Vec<(ActionInfo<'e>, Found)> = open
            .into_par_iter()
            .map_init(Terms::default, |terms, (action, target, differs)| {
                (action, comparison.apart(terms, action, target, differs, &spots, &known))
            })
            .collect();
        for (action, found) in found {
            let known = apart.get(action.name()).copied().unwrap_or(Agreement::Exact);
            match found {
                Found::None => effective.proofs.parts_refuted += 1,
                Found::Request(difference) => {
                    apart.insert(action.name().to_owned(), known.and(difference.differs));
                    effective.differences.push(*difference);
                }
                Found::Unknown(reason) => {
                    apart.insert(action.name().to_owned(), Agreement::Undecided);
                    effective.undecided.push(Undecided { reason, place: action.name().to_owned() });
                }
            }
        }
        apart
    }

    fn settle_actions(
        &self,
        effective: &mut Effective,
        allowed: &ActionSet,
        confirmed: Confirmed,
        apart: &BTreeMap<String, Agreement>,
    ) {
        let blank = if effective.undecided.is_empty() { Agreement::Exact } else { Agreement::Undecided };
        let whole = apart.values().copied().fold(None, |a: Option<Agreement>, b| match (a, b) {
            (None, b) => Some(b),
            (Some(Agreement::Wider), Agreement::Narrower) | (Some(Agreement::Narrower), Agreement::Wider) => {
                Some(Agreement::Incomparable)
            }
            (Some(a), b) => Some(a.max(b)),
        });
        effective.agreement = whole.unwrap_or(Agreement::Exact).max(blank);
        for (name, confirmation) in confirmed.actions {
            let Some(action) = self.catalogue.find_action(&name).filter(|a| allowed.contains(*a)) else {
                continue;
            };
            let agreement = apart.get(&name).copied().unwrap_or(Agreement::Exact);
            let (witness, assumptions) = match confirmation {
                Confirmation::Allowed(step, assumptions) => (Some(*step), assumptions),
                Confirmation::Unknown(reason) => {
                    effective.undecided.push(Undecided { reason, place: name.clone() });
                    effective.agreement = Agreement::Undecided;
                    (None, Vec::new())
                }
                Confirmation::Refused => continue,
            };
            let access = action.access_level().name();
            effective.actions.push(EffectiveAction { name, access, witness, agreement, assumptions });
        }
    }
}

#[cfg(test)]
mod tests;
