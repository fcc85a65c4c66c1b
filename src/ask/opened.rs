//! Sessions of roles that only a trust policy may let somebody open which could not be read.

use super::caller::CallerEntity;
use super::estate::Estate;
use super::session_keys::{
    HANDED_OUT, SOURCE_IDENTITY, admits_aws, admits_services, allows, takes_session_tags,
};
use crate::question::Step;
use crate::question::answer::ContextText;
use gateproof_model::account::PrincipalEntity;
use gateproof_model::policy::{Document, Effect};
use gateproof_model::text::fold_text;

const DEVICE: &str = "aws:multifactorauthpresent";
const TAG: &str = "aws:principaltag/";

impl Estate {
    /// What the unreadable part of a role's trust policy must allow, where the step's session is one that what can be read lets nobody open:
    /// with a device, with a source identity or other tags than the role's, or as a service hands it out.
    ///
    /// IAM User Guide, "Configuring MFA-protected API access"; "Pass session tags in AWS STS"; "Monitor and control actions taken with assumed
    /// roles".
    pub(super) fn opened_by_unread(&self, caller: &CallerEntity, step: &Step) -> Option<String> {
        let role = self.snapshot.principal(&caller.id)?;
        let trust = role.trust.as_deref()?;
        let mut allowing = trust.statements.iter().filter(|statement| statement.effect == Effect::Allow);
        let unread = allowing.find_map(|statement| statement.assumption.as_ref())?;
        let mut known: Document = trust.clone();
        known.statements.retain(|statement| statement.assumption.is_none());
        let carries = |key: &str, value: &str| match key {
            DEVICE => value == "true" && !admits_aws(&known),
            SOURCE_IDENTITY => !allows(&known, "sts:setsourceidentity"),
            _ if HANDED_OUT.contains(&key) => !admits_services(&known),
            _ => {
                let tag = key.strip_prefix(TAG);
                tag.is_some_and(|tag| is_other(role, tag, value)) && !takes_session_tags(&known)
            }
        };
        let of_session = step.session.iter().filter_map(|(key, value)| Some((key, value.as_deref()?)));
        let of_context = step.context.iter().filter_map(|(key, value)| match value {
            ContextText::One(text) => Some((key, text.as_str())),
            ContextText::Many(_) => None,
        });
        of_session
            .chain(of_context)
            .any(|(key, value)| carries(&fold_text(key), value))
            .then(|| unread.to_string())
    }
}

/// Whether the role itself has no such tag of that value.
fn is_other(role: &PrincipalEntity, tag: &str, value: &str) -> bool {
    let mut own = role.tags.iter().flat_map(|tags| tags.iter());
    !own.any(|(key, own)| fold_text(key) == *tag && **own == *value)
}
