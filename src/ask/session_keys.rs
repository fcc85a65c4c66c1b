//! Which keys of sessions a principal's requests can carry at all.
//!
//! IAM User Guide, "AWS global condition context keys", "Properties of the principal" and "Properties of a
//! role session": the *Availability* of each key. CONFORMANCE 3.7.

use gateproof_encodings::language::matches;
use gateproof_model::account::{PrincipalEntity, PrincipalEntityKind};
use gateproof_model::policy::{Document, Effect, PrincipalEntry, Statement};

/// Set only where a service principal itself calls.
const OF_SERVICES: [&str; 2] = ["aws:principalservicename", "aws:principalservicenameslist"];

/// Set only where a role was assumed.
const OF_ROLES: [&str; 3] = ["aws:federatedprovider", "aws:sourceidentity", "identitystore:userid"];

/// Written into a role session by the service that hands out its credentials.
pub const HANDED_OUT: [&str; 11] = [
    "aws:chatbotsourcearn",
    "aws:ec2instancesourceprivateipv4",
    "aws:ec2instancesourcevpc",
    "codebuild:buildarn",
    "codebuild:projectarn",
    "ec2:roledelivery",
    "ec2:sourceinstancearn",
    "glue:credentialissuingservice",
    "glue:roleassumedby",
    "lambda:sourcefunctionarn",
    "ssm:sourceinstancearn",
];

/// Of temporary credentials, whoever holds them.
const TEMPORARY: [&str; 3] = ["aws:tokenissuetime", "aws:signinsessionarn", "aws:assumedroot"];

/// Set when a role is assumed, and never again.
pub const SOURCE_IDENTITY: &str = "aws:sourceidentity";

/// The keys that no request of a user, role or root user carries.
pub fn never_carried(entity: &PrincipalEntity) -> Vec<&'static str> {
    let mut keys = OF_SERVICES.to_vec();
    match entity.kind {
        // `sts:AssumeRoot` gives the management account's root user a session in a member account.
        PrincipalEntityKind::Root => keys.extend(OF_ROLES.into_iter().chain(HANDED_OUT)),
        PrincipalEntityKind::User => {
            keys.extend(OF_ROLES.into_iter().chain(HANDED_OUT).chain(["aws:assumedroot"]));
        }
        PrincipalEntityKind::Role => {
            keys.push("aws:assumedroot");
            let trust = entity.trust.as_deref();
            if !trust.is_none_or(admits_services) {
                keys.extend(HANDED_OUT);
            }
            // IAM User Guide, "Monitor and control actions taken with assumed roles": the trust policy
            // must allow `sts:SetSourceIdentity`, in each hop of a chain.
            if !trust.is_none_or(|t| allows(t, "sts:setsourceidentity")) {
                keys.push(SOURCE_IDENTITY);
            }
        }
    }
    keys
}

/// Whether a key belongs to sessions, so that callers without one never carry it. Claims of identity
/// providers are not meant.
pub fn needs_session(key: &str) -> bool {
    [&OF_ROLES[..], &HANDED_OUT, &TEMPORARY].concat().contains(&key)
        || ["aws:multifactorauthpresent", "aws:multifactorauthage"].contains(&key)
}

/// Whether a key may be in the sessions of users and the root user, which no role was assumed for.
pub fn fits_users(key: &str) -> bool {
    TEMPORARY.contains(&key) || ["aws:multifactorauthpresent", "aws:multifactorauthage"].contains(&key)
}

/// Whether the keys say that a service principal calls.
pub fn of_services(key: &str) -> bool {
    OF_SERVICES.contains(&key)
}

/// Whether a trust policy may let session tags be passed: then the tags of the role can be overridden.
///
/// IAM User Guide, "Pass session tags in AWS STS".
pub fn takes_session_tags(trust: &Document) -> bool {
    allows(trust, "sts:tagsession")
}

/// Whether a trust policy lets some AWS principal, rather than services and token holders only, open a
/// session. A statement that can't be read might.
pub fn admits_aws(trust: &Document) -> bool {
    admits(trust, |entry| !matches!(entry, PrincipalEntry::Service(_) | PrincipalEntry::Federated(_)))
}

/// Whether it lets some service, or everybody, open one. A statement that can't be read might.
pub fn admits_services(trust: &Document) -> bool {
    admits(trust, |entry| matches!(entry, PrincipalEntry::Service(_) | PrincipalEntry::Everyone))
}

fn admits(trust: &Document, fits: impl Fn(&PrincipalEntry) -> bool) -> bool {
    allow_statements(trust).any(|s| {
        s.assumption.is_some()
            || s.principal.as_ref().is_none_or(|clause| clause.negated || clause.entries.iter().any(&fits))
    })
}

/// Whether some Allow statement lists the action. A statement that can't be read might.
pub fn allows(trust: &Document, lower_action: &str) -> bool {
    allow_statements(trust).any(|s| {
        let patterns = s.action.patterns.iter().filter_map(|p| p.ground());
        let listed = patterns.into_iter().any(|p| matches(&p, lower_action, true));
        s.assumption.is_some() || listed != s.action.negated
    })
}

fn allow_statements(trust: &Document) -> impl Iterator<Item = &Statement> {
    trust.statements.iter().filter(|s| s.effect == Effect::Allow)
}
