//! Sessions as callers: what the way a session is held fixes of its requests.

use super::fact::{Fact, Held, Session};
use crate::ask::{CallerEntity, Estate, Handed};
use crate::question::Constraint;
use crate::question::constraint::Demand;
use gateproof_model::arn::Arn;
use gateproof_model::snapshot::Snapshot;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Who makes the calls of a step, and what holds of them.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    pub entity: CallerEntity,
    /// What every request of the session fulfils.
    pub when: Vec<Constraint>,
    /// Whether the calls are made by a service, which shows no credentials.
    pub api: bool,
}

/// Where an attack starts: the callers and the conditions on their requests.
#[derive(Debug, Clone, Default)]
pub(crate) struct Start {
    pub callers: Vec<CallerEntity>,
    pub when: Vec<Constraint>,
    /// The accounts that the attacker may be anybody in.
    pub anyone_in: BTreeSet<Arc<str>>,
}

pub(super) const DEVICE: &str = "aws:MultiFactorAuthPresent";

pub(crate) fn device(demand: Demand) -> Constraint {
    Constraint { key: DEVICE.to_owned(), demand }
}

impl Start {
    /// Who starts, in words.
    pub fn name(&self) -> Arc<str> {
        let ids: Vec<&str> = self.callers.iter().map(|c| &*c.id).collect();
        ids.join(" and ").into()
    }

    /// The sessions of the callers.
    pub fn sessions(&self) -> impl Iterator<Item = Session> {
        let numbered = self.callers.iter().enumerate();
        numbered.map(|(n, caller)| Session { principal: caller.id.clone(), held: Held::Start(n) })
    }

    /// What the attacker has from the beginning.
    pub fn facts<'s>(&'s self, snapshot: &'s Snapshot) -> impl Iterator<Item = Fact> {
        let known = snapshot.accounts().iter().filter(|account| self.anyone_in.contains(&account.id));
        let anyone = known.flat_map(|account| {
            let session = Session::of_anyone(&account.id, &account.partition);
            [Fact::Anything(account.id.clone()), Fact::Session(session)]
        });
        self.sessions().map(Fact::Session).chain(anyone)
    }

    /// The session as a caller of the estate; `None` for principals that the estate doesn't hold.
    pub fn holder(&self, estate: &Estate, facts: &BTreeSet<Fact>, session: &Session) -> Option<Holder> {
        if session.held == Held::Anyone {
            let Arn { account, partition, .. } = Arn::parse(&session.principal)?;
            let entity = CallerEntity::outsider(account, partition, estate.snapshot.organization());
            return Some(Holder { entity, when: Vec::new(), api: false });
        }
        let held = estate.caller(&session.principal);
        if let Held::Start(n) = session.held {
            let given = self.callers.get(n)?;
            let entity = match held.filter(|_| given.account.is_some()) {
                Some(now) => estate.session_begun(given, now),
                None => given.clone(),
            };
            return Some(Holder { entity, when: self.when.clone(), api: false });
        }
        let entity = held?;
        let plain = |entity: CallerEntity| Holder { entity, when: Vec::new(), api: false };
        Some(match &session.held {
            Held::Start(_) | Held::Anyone => return None,
            // Temporary credentials always say whether a device was used; with an access key the key is absent.
            Held::Credentials | Held::Console => {
                let enrolled = facts.contains(&Fact::Device(session.principal.clone()));
                let demand = match (&session.held, enrolled) {
                    (Held::Console, true) => Demand::Present,
                    (Held::Console, false) => Demand::Equals("false".to_owned()),
                    (_, false) => Demand::Differs("true".to_owned()),
                    (_, true) => return Some(plain(entity.clone())),
                };
                Holder { when: vec![device(demand)], ..plain(entity.clone()) }
            }
            Held::Assumed { device: true } => Holder {
                when: vec![device(Demand::Equals("true".to_owned()))],
                ..plain(estate.session_of(entity, Handed::Assumed { device: true }))
            },
            Held::Assumed { device: false } => {
                plain(estate.session_of(entity, Handed::Assumed { device: false }))
            }
            // AWS STS API Reference, AssumeRoot: no device comes with the call.
            Held::Root(task) => Holder {
                when: vec![device(Demand::Equals("false".to_owned()))],
                ..plain(estate.root_session(entity, task)?)
            },
            Held::Federated => plain(estate.session_of(entity, Handed::Federated)),
            Held::Code(_) => plain(estate.session_of(entity, Handed::ByService)),
            Held::Api(_) => Holder { api: true, ..plain(estate.session_of(entity, Handed::ByService)) },
        })
    }
}
