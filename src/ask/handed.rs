//! Role sessions whose beginning is known: what it fixes of their keys.
//!
//! IAM User Guide, "AWS global condition context keys", "Properties of a role session"; CONFORMANCE 3.4, 3.7.

use super::caller::{CallerEntity, Sessions, overridable_by_session, single};
use super::estate::Estate;
use super::session_keys::{HANDED_OUT, SOURCE_IDENTITY};
use gateproof_encodings::scope::KeyFact;
use gateproof_model::account::{SessionTags, Tags};
use gateproof_model::text::fold_text;
use std::collections::BTreeMap;

/// How a role session began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handed {
    /// By `sts:AssumeRole`.
    Assumed {
        /// Whether the caller proved a device.
        device: bool,
    },
    /// By a token of an identity provider.
    Federated,
    /// A service assumed the role and hands out, or uses, its credentials.
    ByService,
}

impl Estate {
    /// A user, role or root user by its ARN.
    pub(crate) fn caller(&self, arn: &str) -> Option<&CallerEntity> {
        let at = self.callers.binary_search_by(|c| (*c.id).cmp(arn)).ok()?;
        self.callers.get(at).map(AsRef::as_ref)
    }

    /// A session of a role that began that way.
    pub(crate) fn session_of(&self, role: &CallerEntity, handed: Handed) -> CallerEntity {
        let mut session = role.clone();
        if !matches!(session.sessions, Sessions::Role { .. }) {
            return session;
        }
        let device = matches!(handed, Handed::Assumed { device: true });
        session.sessions = Sessions::Role { device };
        let mut absent = |key: &str| {
            session.facts.insert(key.to_owned(), KeyFact::Absent);
        };
        match handed {
            Handed::Assumed { .. } => {
                absent("aws:federatedprovider");
                HANDED_OUT.iter().for_each(|key| absent(key));
            }
            Handed::Federated => HANDED_OUT.iter().for_each(|key| absent(key)),
            Handed::ByService => {
                absent("aws:federatedprovider");
                absent(SOURCE_IDENTITY);
            }
        }
        let entity = self.snapshot.principal(&role.id);
        let own = entity.and_then(|role| role.tags.as_ref());
        match (handed, entity.map(|role| &role.session_tags)) {
            (Handed::Federated, _) => {}
            (Handed::Assumed { .. }, Some(SessionTags::These(tags))) => fix_tags(&mut session, Some(tags)),
            (Handed::Assumed { .. }, Some(SessionTags::Any)) => {
                open_tags(&mut session, overridable_by_session(own));
            }
            _ => fix_tags(&mut session, own),
        }
        session
    }

    /// A session that began `before` the policies became what they are now: what a role's trust policy had a say in then stays so.
    ///
    /// IAM User Guide, "Pass session tags in AWS STS", and the keys of sessions: all of it is settled when the role is assumed.
    pub(crate) fn session_begun(&self, before: &CallerEntity, now: &CallerEntity) -> CallerEntity {
        let mut session = now.clone();
        if !matches!(session.sessions, Sessions::Role { .. }) {
            return session;
        }
        session.sessions = before.sessions;
        for key in HANDED_OUT.into_iter().chain([SOURCE_IDENTITY]) {
            match before.facts.get(key) {
                Some(fact) => session.facts.insert(key.to_owned(), fact.clone()),
                None => session.facts.remove(key),
            };
        }
        match (before.takes_session_tags, now.takes_session_tags) {
            (false, true) => self.without_session_tags(&mut session),
            (true, false) => open_tags(&mut session, before.overridable.clone()),
            (false, false) | (true, true) => {}
        }
        session
    }

    /// Services pass no session tags, and who assumes a role without them gets none: the tags are the role's.
    fn without_session_tags(&self, session: &mut CallerEntity) {
        let tags = self.snapshot.principal(&session.id).and_then(|p| p.tags.as_ref());
        fix_tags(session, tags);
    }
}

/// Makes these the session's tags; `None`: they aren't known.
fn fix_tags(session: &mut CallerEntity, tags: Option<&Tags>) {
    session.takes_session_tags = false;
    session.overridable.clear();
    let Some(tags) = tags else { return };
    session.facts.insert("aws:principaltag/".to_owned(), KeyFact::Absent);
    for (key, value) in tags {
        session.facts.insert(fold_text(&format!("aws:PrincipalTag/{key}")), single(value));
    }
}

/// Leaves the session's tags open, but that these can't be taken away.
fn open_tags(session: &mut CallerEntity, overridable: BTreeMap<String, String>) {
    session.takes_session_tags = true;
    session.facts.retain(|key, _| !key.starts_with("aws:principaltag/"));
    session.overridable = overridable;
}
