//! Grants of KMS keys.
//!
//! AWS KMS Developer Guide, "Grants in AWS KMS"; AWS KMS API Reference, CreateGrant and
//! GrantConstraints. CONFORMANCE 1.4.6.

use super::Evaluation;
use super::context_value::Held;
use super::explanation::Reason;
use super::principal::arn_names;
use crate::arn::{Arn, is_account_id};
use crate::policy_set::Grant;
use crate::request::{Principal, PrincipalKind};
use crate::text::fold_text;
use std::sync::Arc;

/// A grant that allows the request.
pub struct KeyGrant {
    /// The grant, for the explanation.
    pub reason: Reason,
    /// Whether the grantee is a whole account, whose own policies then decide who may use it.
    pub to_account: bool,
}

/// The prefix of the context keys that carry the encryption context.
const ENCRYPTION_CONTEXT: &str = "kms:encryptioncontext:";

/// Operations that take no encryption context of their own, so that constraints don't concern them.
///
/// AWS KMS API Reference, CreateGrant, `Constraints`: "the constraint doesn't apply" to `DescribeKey`
/// and `RetireGrant`; for `CreateGrant` it binds the grants that are made, not the call.
const UNCONSTRAINED: [&str; 3] = ["kms:describekey", "kms:retiregrant", "kms:creategrant"];

/// The first grant that allows the request; one to the caller itself before one to its account.
pub fn grant_allows(evaluation: &Evaluation<'_>) -> Option<KeyGrant> {
    let mut found: Option<KeyGrant> = None;
    for grant in &evaluation.policies.grants {
        let Some(to_account) = covers(evaluation, grant) else { continue };
        if found.as_ref().is_none_or(|f| f.to_account && !to_account) {
            found = Some(KeyGrant { reason: Reason::Grant { label: grant.label.clone() }, to_account });
        }
    }
    found
}

/// `None` where the grant does not cover the request; otherwise whether it does so by account.
fn covers(evaluation: &Evaluation<'_>, grant: &Grant) -> Option<bool> {
    let caller = evaluation.principal();
    if evaluation.action == "kms:retiregrant"
        && let Some(to_account) = grant.retiring.as_deref().and_then(|r| names(caller, r))
    {
        return Some(to_account);
    }
    let operation = evaluation.action.strip_prefix("kms:")?;
    let listed = grant.operations.iter().any(|o| fold_text(o) == operation);
    if !listed || !constraints_hold(evaluation, grant) {
        return None;
    }
    names(caller, &grant.grantee)
}

/// Whether a grantee or retiring principal is the caller; `Some(true)` where it is its account.
fn names(caller: &Principal, grantee: &str) -> Option<bool> {
    let account = Arn::parse(grantee)
        .filter(|a| a.service == "iam" && a.resource == "root")
        .map(|a| a.account)
        .or_else(|| is_account_id(grantee).then_some(grantee));
    match (&caller.kind, account) {
        (PrincipalKind::Service(name), _) => (**name == *grantee).then_some(false),
        (PrincipalKind::Federated(_) | PrincipalKind::Anonymous, _) => None,
        (_, Some(account)) => (caller.account.as_deref() == Some(account)).then_some(true),
        (_, None) => arn_names(caller, grantee).map(|_| false),
    }
}

/// Whether the request's encryption context is one that the grant admits: pairs compare exactly.
fn constraints_hold(evaluation: &Evaluation<'_>, grant: &Grant) -> bool {
    if UNCONSTRAINED.contains(&evaluation.action.as_str()) {
        return true;
    }
    let holds = |(name, value): &(Arc<str>, Arc<str>)| {
        let key = format!("{ENCRYPTION_CONTEXT}{}", fold_text(name));
        evaluation.held(&key) == Held::One(value) && is_spelled(evaluation, name)
    };
    let subset = grant.encryption_context_subset.iter().all(holds);
    let equal = grant.encryption_context_equals.as_ref().is_none_or(|pairs| {
        pairs.iter().all(holds) && encryption_context_names(evaluation).count() == pairs.len()
    });
    subset && equal
}

/// The names of the request's encryption context, as spelled.
fn encryption_context_names<'a>(evaluation: &Evaluation<'a>) -> impl Iterator<Item = &'a str> {
    evaluation.request.context.iter().filter_map(|(key, _)| {
        let (prefix, name) = key.split_at_checked(ENCRYPTION_CONTEXT.len())?;
        prefix.eq_ignore_ascii_case(ENCRYPTION_CONTEXT).then_some(name)
    })
}

fn is_spelled(evaluation: &Evaluation<'_>, name: &str) -> bool {
    encryption_context_names(evaluation).any(|n| n == name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use crate::catalogue::Catalogue;
    use crate::evaluator::{Outcome, World, evaluate};
    use crate::policy_set::{Grant, PolicySet};
    use crate::request::{Context, ContextValue, Principal, Request};

    const ROLE: &str = "arn:aws:iam::111122223333:role/app/worker";
    const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/worker/s1";

    fn grant(grantee: &str, operations: &[&str]) -> Grant {
        Grant {
            grantee: grantee.into(),
            retiring: None,
            operations: operations.iter().map(|&o| o.into()).collect(),
            encryption_context_subset: Vec::new(),
            encryption_context_equals: None,
            label: "g".into(),
        }
    }

    /// Whether the grant lets the caller act, with this encryption context and no other policy.
    fn allows(grant: &Grant, caller: &str, action: &str, encryption_context: &[(&str, &str)]) -> bool {
        let mut context = Context::default();
        for (name, value) in encryption_context {
            let key = format!("kms:EncryptionContext:{name}");
            context.insert(&key, ContextValue::Single((*value).to_owned()));
        }
        let request = Request {
            principal: Principal::from_arn(caller, None),
            action: action.to_owned(),
            resource: "arn:aws:kms:us-east-1:111122223333:key/k".to_owned(),
            resource_account: None,
            context,
        };
        let policies = PolicySet { grants: vec![grant.clone()], ..PolicySet::default() };
        evaluate(&policies, &request, &World::new(Catalogue::embedded())).outcome == Outcome::Allowed
    }

    #[test]
    fn who_and_what() {
        let grant_to_role = grant(ROLE, &["Decrypt", "GenerateDataKeyWithoutPlaintext"]);
        assert!(allows(&grant_to_role, SESSION, "kms:Decrypt", &[]));
        assert!(allows(&grant_to_role, ROLE, "KMS:decrypt", &[]));
        assert!(allows(&grant_to_role, ROLE, "kms:GenerateDataKeyWithoutPlaintext", &[]));
        assert!(!allows(&grant_to_role, ROLE, "kms:GenerateDataKey", &[]));
        assert!(!allows(&grant_to_role, ROLE, "kms:Encrypt", &[]));
        assert!(!allows(&grant_to_role, "arn:aws:iam::111122223333:role/worker2", "kms:Decrypt", &[]));
        // An account's own policies decide for its principals, and here it has none.
        assert!(!allows(&grant("arn:aws:iam::111122223333:root", &["Decrypt"]), ROLE, "kms:Decrypt", &[]));
    }

    #[test]
    fn constraints() {
        let mut subset = grant(ROLE, &["Decrypt", "DescribeKey"]);
        subset.encryption_context_subset = vec![("App".into(), "pay".into())];
        assert!(allows(&subset, ROLE, "kms:Decrypt", &[("App", "pay"), ("Stage", "prod")]));
        assert!(!allows(&subset, ROLE, "kms:Decrypt", &[("app", "pay")]));
        assert!(!allows(&subset, ROLE, "kms:Decrypt", &[("App", "Pay")]));
        assert!(!allows(&subset, ROLE, "kms:Decrypt", &[]));
        assert!(allows(&subset, ROLE, "kms:DescribeKey", &[]));
        let mut equals = grant(ROLE, &["Decrypt"]);
        equals.encryption_context_equals = Some(vec![("App".into(), "pay".into())]);
        assert!(allows(&equals, ROLE, "kms:Decrypt", &[("App", "pay")]));
        assert!(!allows(&equals, ROLE, "kms:Decrypt", &[("App", "pay"), ("Stage", "prod")]));
        equals.encryption_context_equals = Some(Vec::new());
        assert!(allows(&equals, ROLE, "kms:Decrypt", &[]));
        assert!(!allows(&equals, ROLE, "kms:Decrypt", &[("App", "pay")]));
    }

    #[test]
    fn the_retiring_principal_may_retire() {
        let mut retirable = grant("arn:aws:iam::111122223333:user/u", &["Decrypt"]);
        retirable.retiring = Some(ROLE.into());
        assert!(allows(&retirable, SESSION, "kms:RetireGrant", &[]));
        assert!(!allows(&retirable, SESSION, "kms:Decrypt", &[]));
        assert!(!allows(&retirable, "arn:aws:iam::111122223333:user/u", "kms:RetireGrant", &[]));
    }
}
