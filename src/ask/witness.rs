//! From values of fields to a concrete request, confirmed by the reference evaluator.

use super::caller::{CallerEntity, Sessions};
use super::estate::Estate;
use super::facts::Facts;
use super::piece::Piece;
use super::target::Place;
use crate::question::{Evidence, Quantifier, Step};
use gateproof_encodings::classes::Values;
use gateproof_encodings::field::Field;
use gateproof_encodings::scope::Caller;
use gateproof_model::arn::Arn;
use gateproof_model::catalogue::KeyOwner;
use gateproof_model::evaluator::{Decision, Outcome, Reason, World, evaluate};
use gateproof_model::policy_set::PolicySet;
use gateproof_model::request::{Context, ContextValue, Principal, PrincipalKind, Request};
use gateproof_model::text::fold_text;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The name of sessions that the question leaves open.
const SESSION_NAME: &str = "gateproof";

impl Estate {
    /// The request that the values stand for.
    pub(crate) fn request(&self, piece: &Piece<'_>, facts: &Facts<'_>, values: &Values) -> Request {
        let mut context = Context::default();
        let spelled = |key: &str| {
            // As the grants or the catalogue spell it; as the question does, where they don't.
            let known = || self.spelled_by_catalogue(key);
            let asked = || piece.when.iter().map(|c| &c.key).find(|k| k.eq_ignore_ascii_case(key)).cloned();
            name_in_grants(piece, key).or_else(known).or_else(asked).unwrap_or_else(|| key.to_owned())
        };
        for (key, value) in facts.fixed() {
            context.insert(&spelled(&key), value);
        }
        for (field, text) in &values.texts {
            if let (Field::Key(key), Some(text)) = (field, text) {
                context.insert(&spelled(key), ContextValue::Single(text.to_string()));
            }
        }
        for (field, members) in &values.members {
            if let (Field::Key(key), Some(members)) = (field, members) {
                let members = members.iter().map(|m| m.to_string()).collect();
                context.insert(&spelled(key), ContextValue::List(members));
            }
        }
        state_session(piece, &mut context);
        let text_of = |field: &Field| values.texts.get(field).cloned().flatten().map(|t| t.to_string());
        let action = match piece.plan.action {
            Some(action) => action.name().to_owned(),
            None => text_of(&Field::Action).unwrap_or_default(),
        };
        let resource = match &piece.target.place {
            Place::Star => "*".to_owned(),
            Place::Principal(principal) => principal.arn.to_string(),
            Place::Roles(roles) if roles.len() == 1 => {
                roles.first().map(|r| r.arn.to_string()).unwrap_or_default()
            }
            _ => text_of(&Field::Resource).unwrap_or_default(),
        };
        Request {
            principal: principal_of(piece.caller, &context),
            action,
            resource,
            resource_account: piece.target.account.as_deref().map(str::to_owned),
            context,
        }
    }

    /// A key as the catalogue spells it.
    pub(super) fn spelled_by_catalogue(&self, key: &str) -> Option<String> {
        self.catalogue.key_name(key).and_then(|name| as_spelled(name, key))
    }

    /// Lets the reference evaluator decide the request, under the assumptions of the values.
    pub(crate) fn replay(&self, policies: &PolicySet, request: &Request, values: &Values) -> Decision {
        let assume = |name: &str| values.free.get(name).copied().unwrap_or(false);
        let world = World { rules: self.rules, catalogue: self.catalogue, assume: &assume };
        evaluate(policies, request, &world)
    }

    /// Whether the replay says what the formula says.
    pub(crate) fn confirms(&self, piece: &Piece<'_>, decision: &Decision) -> bool {
        (decision.outcome == Outcome::Allowed) == (piece.quantifier == Quantifier::Some)
    }

    /// The request as a step of a witness.
    pub(crate) fn step(&self, piece: &Piece<'_>, request: &Request, decision: &Decision) -> Step {
        let mut session = BTreeMap::new();
        let mut context = BTreeMap::new();
        for (key, value) in request.context.iter() {
            let owner = self.catalogue.who_fixes(key);
            let fixed = matches!(owner, KeyOwner::Principal | KeyOwner::Session | KeyOwner::Organization)
                && !key.to_ascii_lowercase().starts_with("aws:resource");
            match value {
                ContextValue::Single(text) if fixed => {
                    session.insert(key.to_owned(), Some(text.clone()));
                }
                value => {
                    context.insert(key.to_owned(), value.clone().into());
                }
            }
        }
        if matches!(piece.caller.sessions, Sessions::User | Sessions::Role { .. }) {
            session.entry("aws:MultiFactorAuthPresent".to_owned()).or_insert(None);
        }
        Step {
            caller: request.principal.id(),
            session,
            shape: shape(piece, &request.context).to_owned(),
            action: request.action.clone(),
            resource: request.resource.clone(),
            context,
            allowed_by: decision.because.iter().map(evidence).collect(),
            technique: None,
            gains: None,
            also_needs: Vec::new(),
        }
    }
}

/// A key as the catalogue spells it; what its variable part stands for (`${TagKey}`) as it is.
fn as_spelled(name: &str, key: &str) -> Option<String> {
    let fixed = name.split_once("${").map_or(name, |(fixed, _)| fixed);
    let (start, rest) = key.split_at_checked(fixed.len())?;
    let fits = start.eq_ignore_ascii_case(fixed) && (fixed.len() < name.len() || rest.is_empty());
    fits.then(|| format!("{fixed}{rest}"))
}

/// How the grants of the key spell a name of the encryption context, whose letter case counts there.
fn name_in_grants(piece: &Piece<'_>, key: &str) -> Option<String> {
    const PREFIX: &str = "kms:EncryptionContext:";
    let Place::Known(resource) = &piece.target.place else { return None };
    let grants = resource.grants.iter();
    let names = grants
        .flat_map(|g| g.encryption_context_subset.iter().chain(g.encryption_context_equals.iter().flatten()));
    let mut names = names.map(|(name, _)| format!("{PREFIX}{name}"));
    names.find(|name| fold_text(name) == key)
}

/// Says whether a device was used, where the formula left it open: for a user the long-term key, for a
/// role session a plain one.
fn state_session(piece: &Piece<'_>, context: &mut Context) {
    let silent = context.get("aws:multifactorauthpresent").is_none();
    if silent && matches!(piece.caller.sessions, Sessions::Role { .. }) {
        context.insert("aws:MultiFactorAuthPresent", ContextValue::Single("false".to_owned()));
    }
    if let Caller::RoleSession { unique_id, .. } = &piece.caller.caller
        && context.get("aws:userid").is_none()
    {
        context.insert("aws:userid", ContextValue::Single(format!("{unique_id}:{SESSION_NAME}")));
    }
}

/// The shape of the session, in words.
fn shape(piece: &Piece<'_>, context: &Context) -> &'static str {
    let device = context
        .get("aws:multifactorauthpresent")
        .and_then(|present| present.values().first())
        .map(|value| value.eq_ignore_ascii_case("true"));
    match (piece.caller.sessions, device) {
        (Sessions::User, None) => "long-term credentials (no MFA key in the request)",
        (Sessions::User, Some(false)) => "session from GetSessionToken, or console sign-in, without a device",
        (Sessions::User, Some(true)) => "session opened with an MFA device",
        (Sessions::Role { .. }, Some(true)) => "role session opened with an MFA device",
        (Sessions::Role { .. }, _) => "role session opened without an MFA device",
        (Sessions::Outsider, Some(true)) => "session elsewhere, opened with an MFA device",
        (Sessions::Outsider, _) => "credentials of another account",
        (Sessions::Other, _) => match &piece.caller.caller {
            Caller::Known(p) if matches!(p.kind, PrincipalKind::Service(_)) => "AWS service",
            Caller::Known(p) if matches!(p.kind, PrincipalKind::Federated(_)) => {
                "token of an identity provider"
            }
            _ => "unsigned request",
        },
    }
}

/// The principal of a caller's request with such a context.
pub(super) fn principal_of(caller: &CallerEntity, context: &Context) -> Principal {
    let text = |key: &str| context.get(key).and_then(|v| v.values().first()).cloned();
    let session_name =
        || text("aws:userid").and_then(|id| id.split_once(':').map(|(_, name)| name.to_owned()));
    match &caller.caller {
        Caller::Known(principal) => principal.clone(),
        Caller::RoleSession { role, account, .. } => {
            session_of(role, account, session_name().as_deref().unwrap_or(SESSION_NAME))
        }
        Caller::Outsider { account } => {
            let arn = text("aws:principalarn")
                .unwrap_or_else(|| format!("arn:{}:iam::{account}:user/example", caller.partition));
            match Arn::parse(&arn) {
                Some(parsed) if parsed.resource.starts_with("role/") => {
                    session_of(&arn, account, session_name().as_deref().unwrap_or(SESSION_NAME))
                }
                _ => Principal::from_arn(&arn, Some(account)),
            }
        }
    }
}

fn session_of(role: &str, account: &str, session: &str) -> Principal {
    let partition = super::caller::partition_of(role);
    let name = role.rsplit('/').next().unwrap_or_default();
    let arn: Arc<str> = format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session}").into();
    Principal { kind: PrincipalKind::RoleSession(arn), account: Some(account.into()) }
}

/// A reason as evidence.
pub(crate) fn evidence(reason: &Reason) -> Evidence {
    match reason {
        Reason::Statement { layer, source, pointer, sid, .. } => Evidence {
            layer: layer.to_string(),
            policy: source.policy.to_string(),
            file: source.file.to_string(),
            pointer: format!("{}{pointer}", source.pointer),
            sid: sid.as_deref().map(str::to_owned),
        },
        other => Evidence {
            layer: other.to_string(),
            policy: String::new(),
            file: String::new(),
            pointer: String::new(),
            sid: None,
        },
    }
}
