//! Which of an action's known resources have policies that name a caller, looked up from the caller's side.
//!
//! Errs towards naming: what is listed here is encoded and decided, what isn't can't grant anything.

use super::caller::CallerEntity;
use super::estate::Estate;
use super::prefilter::{Asked, may_touch};
use super::target::Target;
use gateproof_encodings::actions::{ActionRanges, ActionTable};
use gateproof_encodings::compiled::CompiledDocument;
use gateproof_encodings::scope::Caller;
use gateproof_model::arn::{Arn, is_account_id};
use gateproof_model::catalogue::ActionId;
use gateproof_model::policy::{Effect, PrincipalEntry, Statement};
use gateproof_model::request::PrincipalKind;
use gateproof_model::text::fold_text;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Places in a list of targets, by whom their policies name for one action.
#[derive(Debug, Default)]
pub struct Grantees {
    everyone: Vec<u32>,
    /// By ARN, service principal or provider.
    by_name: FxHashMap<Arc<str>, Vec<u32>>,
    /// By account and role name, for role and session ARNs.
    by_role: FxHashMap<(Arc<str>, Arc<str>), Vec<u32>>,
    /// By the account named as a whole.
    by_account: FxHashMap<Arc<str>, Vec<u32>>,
    /// By the account of whoever is named.
    within_account: FxHashMap<Arc<str>, Vec<u32>>,
}

impl Grantees {
    /// The index over some targets; `action` of `None`: actions that the catalogue doesn't know and one of the
    /// globs `open` matches.
    pub fn of(targets: &[Target<'_>], action: Option<ActionId>, open: &[String], estate: &Estate) -> Self {
        // Statements keep their actions in lower case.
        let open: Vec<Asked> = open.iter().map(|g| Asked::of(&fold_text(g))).collect();
        let mut index = Self::default();
        for (n, target) in targets.iter().enumerate() {
            let place = u32::try_from(n).unwrap_or(u32::MAX);
            let policy = estate.policy_of(&target.place, target.account.as_deref(), target.rule);
            if let Some(policy) = policy {
                index.add_policy(
                    &estate.compiler.compile(policy),
                    place,
                    |statement, actions| match action {
                        Some(id) => actions.contains(id),
                        None => may_touch(&statement.action, &open),
                    },
                    &estate.compiler.actions,
                );
            }
            for grant in target.grants() {
                index.add_name(&grant.grantee, place);
                if let Some(retiring) = &grant.retiring {
                    index.add_name(retiring, place);
                }
            }
        }
        index
    }

    fn add_policy(
        &mut self,
        policy: &CompiledDocument,
        place: u32,
        concerned: impl Fn(&Statement, &ActionRanges) -> bool,
        table: &ActionTable,
    ) {
        let listed = policy.actions(table).statements();
        for (statement, actions) in policy.document.statements.iter().zip(listed) {
            if statement.effect != Effect::Allow || !concerned(statement, actions) {
                continue;
            }
            let Some(clause) = &statement.principal else { continue };
            if clause.negated {
                push(&mut self.everyone, place);
            }
            for entry in &clause.entries {
                match entry {
                    // Which account a canonical id stands for is not known.
                    PrincipalEntry::Everyone | PrincipalEntry::CanonicalUser(_) => {
                        push(&mut self.everyone, place);
                    }
                    PrincipalEntry::Account(name)
                    | PrincipalEntry::Arn(name)
                    | PrincipalEntry::Service(name)
                    | PrincipalEntry::Federated(name) => self.add_name(name, place),
                    PrincipalEntry::Nobody(_) => {}
                }
            }
        }
    }

    fn add_name(&mut self, name: &Arc<str>, place: u32) {
        if is_account_id(name) {
            push(self.by_account.entry(name.clone()).or_default(), place);
            push(self.within_account.entry(name.clone()).or_default(), place);
            return;
        }
        push(self.by_name.entry(name.clone()).or_default(), place);
        let Some(arn) = Arn::parse(name).filter(|a| is_account_id(a.account)) else { return };
        let account: Arc<str> = arn.account.into();
        push(self.within_account.entry(account.clone()).or_default(), place);
        if arn.resource == "root" {
            push(self.by_account.entry(account.clone()).or_default(), place);
        }
        let role = match arn.resource.split_once('/') {
            Some(("role", path)) => path.rsplit('/').next(),
            Some(("assumed-role", rest)) => rest.split('/').next(),
            _ => None,
        };
        if let Some(role) = role {
            push(self.by_role.entry((account, role.into())).or_default(), place);
        }
    }

    /// Whether nobody is named at all.
    pub fn is_empty(&self) -> bool {
        self.everyone.is_empty() && self.by_name.is_empty() && self.by_account.is_empty()
    }

    /// The targets whose policies may grant something to the caller, sorted. Those that name no more than
    /// its account count only where its own policies can allow the action (`by_identity`).
    pub fn naming(&self, caller: &CallerEntity, by_identity: bool) -> Vec<u32> {
        let mut places = self.everyone.clone();
        let mut add = |list: Option<&Vec<u32>>| places.extend(list.into_iter().flatten());
        match &caller.caller {
            Caller::Outsider { account } => add(self.within_account.get(account)),
            Caller::RoleSession { role, account, .. } => {
                let name: Arc<str> = role.rsplit('/').next().unwrap_or_default().into();
                add(self.by_role.get(&(account.clone(), name)));
            }
            Caller::Known(principal) => match (&principal.kind, &principal.account) {
                (PrincipalKind::User(_) | PrincipalKind::Root, _) | (_, None) => {
                    add(self.by_name.get(principal.id().as_str()));
                }
                // Which entries name a session or another principal is not narrowed down here.
                (_, Some(account)) => add(self.within_account.get(account)),
            },
        }
        if by_identity && let Some(account) = &caller.account {
            add(self.by_account.get(account));
        }
        places.sort_unstable();
        places.dedup();
        places
    }
}

fn push(list: &mut Vec<u32>, place: u32) {
    if list.last() != Some(&place) {
        list.push(place);
    }
}
