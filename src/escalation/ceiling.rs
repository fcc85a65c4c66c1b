//! Impossible for whoever is in the attacker's accounts.
//!
//! The attacker is given everything in its accounts ([`Fact::Anything`]), and then in each account that it comes to from there. Where the target
//! is out of reach even so, what the organization's controls and the policies of other accounts say is all that the proof needs, and it takes few
//! questions. Where it is not, nothing is known yet: so this is asked where a search would be long, or came to nothing.

use super::anyone::account_of;
use super::fact::{Fact, Session};
use super::found::Found;
use super::gathered::Gathered;
use super::ground::Ground;
use super::guard::Guard;
use super::needs::Call;
use super::reach::EscalationSettings;
use super::search::{Goal, Search};
use super::session::Start;
use crate::ask::{CallerEntity, Estate};
use crate::question::Verdict;
use gateproof_encodings::primitive::Primitive;
use gateproof_encodings::term::Terms;
use gateproof_model::policy::{Effect, PatternClause, Statement};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// After so many facts a search has become long.
const MANY: usize = 256;
/// Of so many roles of an account is asked whether they let somebody in, before anything else is.
const MOST_ROLES: usize = 8;
const ASSUME: &str = "sts:AssumeRole";

impl Estate {
    /// All that whoever is in the accounts of the start comes to, where the target is not among it; `None`: that is not shown.
    pub(super) fn beneath_ceiling(
        &self,
        ground: &Ground<'_>,
        start: &Start,
        (primitives, goal): (&[Primitive], &Goal),
        settings: &EscalationSettings,
    ) -> Option<Arc<Found>> {
        let of_caller = |id: &Arc<str>| {
            let known = self.snapshot.principal(id)?;
            account_of(id).map(|_| known.account.clone())
        };
        let mut accounts: BTreeSet<Arc<str>> =
            start.callers.iter().map(|caller| of_caller(&caller.id)).collect::<Option<_>>()?;
        if accounts.is_empty() {
            return None;
        }
        ground.ceiling((accounts.clone(), format!("{goal:?}")), || {
            loop {
                let start = Start { anyone_in: accounts.clone(), ..Start::default() };
                let search = Search {
                    estate: self,
                    ground,
                    primitives,
                    settings: &settings.ask,
                    start: &start,
                    goal: Some(goal),
                    every_way: false,
                    walk: None,
                };
                if search.is_met_at_once() {
                    return None;
                }
                let let_in = search.let_in(&accounts);
                if !let_in.is_empty() {
                    accounts.extend(let_in);
                    continue;
                }
                let found = search.run(|aimed, all| {
                    !aimed.met.is_empty() || !self.entered(&all.facts, &accounts).is_empty()
                });
                if !found.aimed.met.is_empty() || search.cancelled() {
                    return None;
                }
                let more = self.entered(&found.all().facts, &accounts);
                if more.is_empty() {
                    let answer = self.without_chain(&found, goal, settings);
                    return (answer.verdict == Verdict::Impossible).then(|| Arc::new(found));
                }
                accounts.extend(more);
            }
        })
    }

    /// Whether a search that came so far would go on for long: it came to much already, or to somebody who may edit everybody.
    pub(super) fn is_long(&self, all: &Gathered) -> bool {
        let edits = |session: &Session| self.caller(&session.principal).is_some_and(may_edit_everybody);
        all.facts.len() > MANY || all.facts.iter().filter_map(Fact::session).any(edits)
    }

    /// The accounts beside some of whose principals the attacker has sessions.
    fn entered(&self, facts: &BTreeSet<Fact>, accounts: &BTreeSet<Arc<str>>) -> BTreeSet<Arc<str>> {
        let sessions = facts.iter().filter_map(Fact::session);
        let entered = sessions.filter_map(|session| account_of(&session.principal));
        let others = entered.filter(|account| !accounts.contains(*account) && self.covers(account));
        others.map(Arc::from).collect()
    }
}

impl Search<'_, '_> {
    /// Whether the target is met before anything is done: what policies are written later takes nothing away.
    fn is_met_at_once(&self) -> bool {
        let facts: BTreeSet<Fact> = self.start.facts(&self.estate.snapshot).collect();
        let met = |session: &Session| {
            let goal = self.goal.filter(|goal| goal.may_be_met_in(session));
            goal.is_some_and(|goal| {
                let guard = self
                    .guard(&mut Terms::default(), self.estate, &self.ground.steps, &facts, goal, session)
                    .0;
                !matches!(guard, Guard::Never(_))
            })
        };
        facts.iter().filter_map(Fact::session).any(met)
    }

    /// The accounts beside some that have roles which let whoever is there in, as far as a few of them say: others are found by the steps.
    fn let_in(&self, accounts: &BTreeSet<Arc<str>>) -> BTreeSet<Arc<str>> {
        let (estate, asker, terms) = (self.estate, &self.ground.steps, &mut Terms::default());
        let facts: BTreeSet<Fact> = self.start.facts(&estate.snapshot).collect();
        let mut let_in = BTreeSet::new();
        for session in facts.iter().filter_map(Fact::session) {
            let Some(holder) = self.start.holder(estate, &facts, session) else { continue };
            let mut roles: BTreeMap<&str, BTreeSet<&Arc<str>>> = BTreeMap::new();
            let admitting = asker.may_admit(&holder, ASSUME).unwrap_or_default();
            for role in &admitting {
                let others = account_of(role).filter(|id| !accounts.contains(*id) && estate.covers(id));
                roles.entry(others.unwrap_or_default()).or_default().insert(role);
            }
            roles.remove("");
            for (account, roles) in roles {
                let mut few = roles.into_iter().take(MOST_ROLES).map(|role| Call {
                    action: ASSUME.to_owned(),
                    resources: vec![role.to_string()],
                    context: Vec::new(),
                    service: None,
                });
                if few.any(|call| matches!(asker.ask(terms, &holder, &call), Guard::Holds(_))) {
                    let_in.insert(account.into());
                }
            }
        }
        let_in
    }
}

/// Whether a statement lists all of IAM, on everything.
fn may_edit_everybody(caller: &CallerEntity) -> bool {
    let lists = |clause: &PatternClause, texts: &[&str]| {
        !clause.negated
            && clause.patterns.iter().any(|p| texts.iter().any(|text| p.text.eq_ignore_ascii_case(text)))
    };
    let all = |statement: &Statement| {
        statement.effect == Effect::Allow
            && lists(&statement.action, &["*", "*:*", "iam:*"])
            && statement.resource.as_ref().is_some_and(|clause| lists(clause, &["*"]))
    };
    caller.policies.identity.iter().flat_map(|document| &document.statements).any(all)
}
