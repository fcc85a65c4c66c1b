//! Grants of KMS keys as formulas.
//!
//! AWS KMS Developer Guide, "Grants in AWS KMS" and "Grant constraints". CONFORMANCE 1.4.6.

use crate::encoder::{Encoder, Subject};
use crate::field::Field;
use crate::scope::{KeyFact, ResourceRule};
use crate::term::{Atom, Term, Terms};
use gateproof_model::policy_set::Grant;
use gateproof_model::request::ContextValue;
use gateproof_model::text::fold_text;
use std::sync::Arc;

/// Before the name of a pair of the encryption context, in lower case.
const ENCRYPTION_CONTEXT: &str = "kms:encryptioncontext:";

/// What the grants of a key allow the caller.
#[derive(Debug, Clone, Copy)]
pub struct KeyGrants {
    /// By a grant to the caller itself.
    pub to_caller: Term,
    /// By a grant to its account, within which its own policies decide.
    pub to_account: Term,
}

/// Operations that constraints don't concern: they take no encryption context of their own.
const UNCONSTRAINED: [&str; 3] = ["kms:describekey", "kms:retiregrant", "kms:creategrant"];

impl Encoder<'_> {
    /// What the grants of the key let the caller do.
    pub(crate) fn kms_grants(&mut self, grants: &[Grant]) -> KeyGrants {
        let (mut caller, mut account) = (Vec::new(), Vec::new());
        let grants = if self.scope.rule == ResourceRule::Key { grants } else { &[] };
        for grant in grants {
            let retiring = grant.retiring.as_deref().filter(|_| self.acts("retiregrant"));
            let covered = self.grant_covers(grant);
            for (grantee, covered) in [(Some(&*grant.grantee), covered), (retiring, Terms::TRUE)] {
                let Some(grantee) = grantee else { continue };
                let (named, by_account) = self.is_grantee(grantee);
                let term = self.terms.and([named, covered]);
                if by_account { account.push(term) } else { caller.push(term) }
            }
        }
        KeyGrants { to_caller: self.terms.or(caller), to_account: self.terms.or(account) }
    }

    fn acts(&self, lower_operation: &str) -> bool {
        self.scope.action.as_deref().and_then(|a| a.strip_prefix("kms:")) == Some(lower_operation)
    }

    /// The grant's operations and constraints admit the request.
    fn grant_covers(&mut self, grant: &Grant) -> Term {
        if !grant.operations.iter().any(|o| self.acts(&fold_text(o))) {
            return Terms::FALSE;
        }
        if self.scope.action.as_deref().is_some_and(|a| UNCONSTRAINED.contains(&a)) {
            return Terms::TRUE;
        }
        let mut parts = Vec::new();
        for (name, value) in &grant.encryption_context_subset {
            parts.push(self.context_pair(name, value));
        }
        if let Some(pairs) = &grant.encryption_context_equals {
            for (name, value) in pairs {
                parts.push(self.context_pair(name, value));
            }
            for key in self.keys.mentioned(ENCRYPTION_CONTEXT) {
                if !pairs.iter().any(|(name, _)| pair_key(name) == *key) {
                    parts.push(self.key_absent(&key));
                }
            }
        }
        self.terms.and(parts)
    }

    fn context_pair(&mut self, name: &str, value: &str) -> Term {
        let key = pair_key(name);
        // Names of keys ignore letter case, names in an encryption context don't.
        let spelling = self.keys.spelling(&key).and_then(|k| k.get(ENCRYPTION_CONTEXT.len()..));
        if spelling.is_some_and(|spelled| spelled != name) {
            return Terms::FALSE;
        }
        let subject = match self.keys.fact(&key) {
            KeyFact::Fixed(ContextValue::Single(v)) => Subject::Known(v.into()),
            KeyFact::Open { multivalued: false } => Subject::Open(Field::Key(key.into())),
            KeyFact::Fixed(ContextValue::List(vs)) => match <[String; 1]>::try_from(vs) {
                Ok([v]) => Subject::Known(v.into()),
                Err(_) => return Terms::FALSE,
            },
            KeyFact::Open { .. } | KeyFact::Absent => return Terms::FALSE,
        };
        let literal = self.compiler.languages.literal(value);
        self.in_set(&subject, &literal)
    }

    fn key_absent(&mut self, key: &Arc<str>) -> Term {
        match self.keys.fact(key) {
            KeyFact::Absent => Terms::TRUE,
            KeyFact::Fixed(_) => Terms::FALSE,
            KeyFact::Open { .. } => {
                let present = self.terms.atom_term(Atom::Present(Field::Key(key.clone())));
                self.terms.not(present)
            }
        }
    }
}

fn pair_key(name: &str) -> String {
    format!("{ENCRYPTION_CONTEXT}{}", fold_text(name))
}
