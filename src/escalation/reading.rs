//! Exfiltration: reading what a secret, parameter or object holds, the key that must decrypt it included.
//!
//! Secrets Manager and Systems Manager decrypt with the caller's own rights: the caller needs `kms:Decrypt` on a customer
//! managed key, through the service, in an encryption context that names what is read (AWS Secrets Manager User Guide, "Secret encryption and
//! decryption"; AWS Systems Manager User Guide, "AWS KMS encryption for Parameter Store SecureString parameters"). Keys that AWS manages ask for
//! nothing. By which key an object of S3 is encrypted, no listing tells.

use super::fact::Held;
use super::session::Holder;
use super::target::{Asked, Gains, Way};
use crate::ask::{AskError, Bond, Estate, glob_matches};
use crate::question::constraint::Demand;
use crate::question::{Constraint, Requests, Selector};
use gateproof_encodings::primitive::{Authorization, Effect, Need, Primitive};
use gateproof_model::arn::Arn;
use gateproof_model::catalogue::KeyOwner;
use gateproof_model::inventory::{Inventory, Thing};
use gateproof_model::snapshot::Snapshot;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What can be read, and by which calls.
struct Content {
    service: &'static str,
    /// How the resource part of its ARNs begins.
    resource: &'static str,
    /// Its kind in the inventory.
    kind: Option<&'static str>,
    /// Any of these reads it.
    actions: &'static [&'static str],
    /// Under which name the encryption context holds its ARN, where the service decrypts.
    names_it: Option<&'static str>,
}

const CONTENTS: [Content; 3] = [
    Content {
        service: "secretsmanager",
        resource: "secret:",
        kind: Some("secretsmanager.secret"),
        actions: &["secretsmanager:GetSecretValue"],
        names_it: Some("SecretARN"),
    },
    Content {
        service: "ssm",
        resource: "parameter/",
        kind: Some("ssm.parameter"),
        actions: &[
            "ssm:GetParameter",
            "ssm:GetParameters",
            "ssm:GetParameterHistory",
            "ssm:GetParametersByPath",
        ],
        names_it: Some("PARAMETER_ARN"),
    },
    Content {
        service: "s3",
        resource: "",
        kind: None,
        actions: &["s3:GetObject", "s3:GetObjectVersion"],
        names_it: None,
    },
];

/// What of the estate some globs stand for, and how it is read.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub globs: Vec<String>,
    /// The kinds of the inventory that tell of it.
    pub kinds: BTreeSet<&'static str>,
    ways: Vec<Plain>,
}

/// One way to read something.
#[derive(Debug, Clone)]
struct Plain {
    read: Requests,
    decrypt: Option<Requests>,
    granted: Option<String>,
}

/// Which key must decrypt.
enum Key {
    /// None that anybody has to be allowed.
    OfAws,
    Of(String),
    Untold,
}

impl Reading {
    /// # Errors
    /// Where a glob is of none of the services.
    pub fn of(globs: &[String], estate: &Estate) -> Result<Self, AskError> {
        let mut reading = Self { globs: Vec::new(), kinds: BTreeSet::new(), ways: Vec::new() };
        for given in globs {
            let misplaced = || AskError::Misplaced { given: given.clone(), why: EXPECTED };
            let content = content_of(given).ok_or_else(misplaced)?;
            let bucket = content.kind.is_none() && !given.contains('/');
            let glob = if bucket { format!("{given}/*") } else { given.clone() };
            reading.kinds.extend(content.kind);
            reading.ways.extend(ways_of(content, &glob, estate));
            reading.globs.push(glob);
        }
        Ok(reading)
    }

    /// How a session reads it.
    pub fn ways<'h>(&self, estate: &Estate, held: &Held, holder: &'h Holder) -> Vec<Way<'h>> {
        let way = |plain: &Plain| {
            let of_session = |c: &&Constraint| {
                matches!(estate.catalogue.who_fixes(&c.key), KeyOwner::Principal | KeyOwner::Session)
            };
            let ask = |requests: &Requests, when: Vec<Constraint>| Asked {
                entity: Cow::Borrowed(&holder.entity),
                requests: Requests {
                    when: when.into_iter().chain(requests.when.iter().cloned()).collect(),
                    ..requests.clone()
                },
                part: "",
            };
            let mut asks = vec![ask(&plain.read, holder.when.clone())];
            // The service calls with the caller's rights, from its own network.
            let session = holder.when.iter().filter(of_session).cloned();
            asks.extend(plain.decrypt.as_ref().map(|decrypt| ask(decrypt, session.collect())));
            let mut granted: Vec<String> = plain.granted.iter().cloned().collect();
            if let Held::Api(service) = held {
                granted.push(format!("the attacker sees the answers to calls that {service} makes"));
            }
            let bond = plain.decrypt.is_some().then_some(Bond::Forwarded);
            Way { asks, bond, granted, gains: Gains::Content }
        };
        self.ways.iter().map(way).collect()
    }
}

const EXPECTED: &str = "expected the ARN, or a glob over ARNs, of secrets (arn:aws:secretsmanager:…:secret:…), \
                        parameters (arn:aws:ssm:…:parameter/…) or objects (arn:aws:s3:::BUCKET/KEY)";

fn content_of(glob: &str) -> Option<&'static Content> {
    let mut parts = glob.splitn(6, ':');
    let (arn, service, resource) = (parts.next()?, parts.nth(1)?, parts.nth(2)?);
    let content = CONTENTS.iter().find(|c| c.service == service)?;
    (arn == "arn" && !resource.is_empty() && resource.starts_with(content.resource)).then_some(content)
}

/// What the inventory lists is read as it says; of accounts that no listing was collected of, whatever fits the glob; and so
/// where nothing listed fits.
fn ways_of(content: &Content, glob: &str, estate: &Estate) -> Vec<Plain> {
    let read = |actions: &[&str], resource: &str, within: Vec<Selector>| Requests {
        actions: actions.iter().map(|a| (*a).to_owned()).collect(),
        resources: vec![resource.to_owned()],
        within,
        ..Requests::default()
    };
    let any = |within: Vec<Selector>| Plain {
        read: read(content.actions, glob, within),
        decrypt: None,
        granted: Some(format!("the caller may decrypt with the key that encrypts {glob}, if one does")),
    };
    let Some(kind) = content.kind else { return vec![any(Vec::new())] };
    let inventory = estate.snapshot.inventory();
    let listed: Vec<&Thing> =
        inventory.of_kind(kind).iter().filter(|thing| glob_matches(glob, &thing.arn)).collect();
    if listed.is_empty() {
        return vec![any(Vec::new())];
    }
    let known = listed.into_iter().flat_map(|thing| {
        let by = |actions: &[&str], decrypt, granted| Plain {
            read: read(actions, &thing.arn, Vec::new()),
            decrypt,
            granted,
        };
        match key_of(&estate.snapshot, thing) {
            Key::OfAws => vec![by(content.actions, None, None)],
            // What belongs together is one call's.
            Key::Of(key) => {
                let decrypt = decrypt(content, thing, key);
                content.actions.iter().map(|action| by(&[action], Some(decrypt.clone()), None)).collect()
            }
            Key::Untold => {
                let sentence = format!("the caller may decrypt with the key that encrypts {}", thing.arn);
                vec![by(content.actions, None, Some(sentence))]
            }
        }
    });
    let unlisted: Vec<Selector> = estate
        .snapshot
        .accounts()
        .iter()
        .filter(|a| is_unlisted(inventory, kind, &a.id))
        .map(|a| Selector::Account(a.id.to_string()))
        .collect();
    let elsewhere = (!unlisted.is_empty()).then(|| any(unlisted));
    known.chain(elsewhere).collect()
}

fn is_unlisted(inventory: &Inventory, kind: &str, account: &str) -> bool {
    inventory.not_collected(kind, account).is_some() || !inventory.unread(kind, account).is_empty()
}

/// What the service asks for with the caller's rights.
fn decrypt(content: &Content, thing: &Thing, key: String) -> Requests {
    let region = thing.region.as_deref().unwrap_or("*");
    let via = match region {
        "*" => Demand::Present,
        region => Demand::Equals(format!("{}.{region}.amazonaws.com", content.service)),
    };
    // A replica may be encrypted under the ARN that the secret has where it comes from.
    let origins = thing.field("primary").iter().map(|region| in_region(&thing.arn, region));
    let arns = origins.chain([thing.arn.to_string()]).map(Demand::Equals).collect();
    let context = content
        .names_it
        .map(|name| Constraint { key: format!("kms:EncryptionContext:{name}"), demand: Demand::OneOf(arns) });
    let via = Constraint { key: "kms:ViaService".to_owned(), demand: via };
    Requests {
        actions: vec!["kms:Decrypt".to_owned()],
        resources: vec![key],
        when: [via].into_iter().chain(context).collect(),
        ..Requests::default()
    }
}

fn in_region(arn: &str, region: &str) -> String {
    let parts = arn.splitn(6, ':').enumerate().map(|(n, part)| if n == 3 { region } else { part });
    parts.collect::<Vec<_>>().join(":")
}

fn key_of(snapshot: &Snapshot, thing: &Thing) -> Key {
    if !thing.tells("key") {
        return Key::Untold;
    }
    let Some(text) = thing.field("key").first() else { return Key::OfAws };
    let Some(own) = Arn::parse(&thing.arn) else { return Key::Untold };
    let (partition, region, account) = (own.partition, own.region, own.account);
    let arn = match &**text {
        arn if arn.starts_with("arn:") => arn.to_owned(),
        alias if alias.starts_with("alias/") => format!("arn:{partition}:kms:{region}:{account}:{alias}"),
        id => format!("arn:{partition}:kms:{region}:{account}:key/{id}"),
    };
    let known = snapshot.governing_resource(&arn);
    match known {
        _ if arn.contains(":alias/aws/") => Key::OfAws,
        Some(key) if key.aws_managed => Key::OfAws,
        Some(key) => Key::Of(key.arn.to_string()),
        None if arn.contains(":alias/") => Key::Untold,
        None => Key::Of(arn),
    }
}

/// Whether the step is no more than a call that reads, so that the question about the call says all.
pub(super) fn is_plain_reading(primitive: &Primitive) -> bool {
    let reads = |call: &Authorization| {
        call.caller.is_none() && CONTENTS.iter().any(|c| c.actions.contains(&call.action.as_str()))
    };
    let only_reads = primitive.effects.iter().all(|effect| matches!(effect, Effect::Read(_)));
    only_reads && primitive.needs.iter().all(|need| each_call(need, &reads))
}

fn each_call(need: &Need, fits: &impl Fn(&Authorization) -> bool) -> bool {
    match need {
        Need::Call(call) => fits(call),
        Need::Any(any) => any.any.iter().all(|one| each_call(one, fits)),
        Need::All(all) => all.all.iter().all(|one| each_call(one, fits)),
    }
}
