//! Principals of the attacker's making: one stands for all of its kind and account, as long as no policy tells names
//! apart that it could have been given.

use gateproof_encodings::language::matches;
use gateproof_model::arn::Arn;
use gateproof_model::pattern::{PatternText, PieceRef, Token};
use gateproof_model::policy::{Document, Operand, PrincipalEntry, Statement};
use gateproof_model::snapshot::Snapshot;
use std::sync::Arc;

/// Keys that tell a principal's name.
const NAMING: [&str; 3] = ["aws:principalarn", "aws:username", "aws:userid"];

/// The names of one character and of three, neither of which any policy writes: what matches both matches any name.
const NAMES: [&str; 2] = ["\u{10FFFD}", "\u{10FFFD}\u{10FFFD}\u{10FFFD}"];

/// What a policy of the snapshot says of some names only that a new principal, made with this ARN, could have been given.
pub(crate) fn tells_names_apart(snapshot: &Snapshot, made: &str) -> Option<String> {
    let (kind, _) = Arn::parse(made)?.resource.split_once('/')?;
    let (before, _) = made.split_once(&format!(":{kind}/"))?;
    let base = format!("{before}:{kind}/");
    documents(snapshot).find_map(|document| {
        let told = document.statements.iter().find_map(|s| told_by(snapshot, s, &base))?;
        Some(format!("{told}, in {}", document.source.policy))
    })
}

/// Whether some policy of the snapshot has a condition on a key, in lower case.
pub(crate) fn has_condition_on(snapshot: &Snapshot, key: &str) -> bool {
    let of_aws = snapshot.managed_policies().iter().filter(|p| p.is_aws_managed()).map(|p| &p.document);
    let conditions =
        documents(snapshot).chain(of_aws).flat_map(|d| &d.statements).flat_map(|s| &s.conditions);
    conditions.into_iter().any(|c| *c.key == *key)
}

fn told_by(snapshot: &Snapshot, statement: &Statement, base: &str) -> Option<String> {
    let entries = statement.principal.iter().flat_map(|p| &p.entries);
    let named = entries.filter_map(|e| if let PrincipalEntry::Arn(arn) = e { Some(arn) } else { None });
    let mut unmade = named.filter(|arn| arn.starts_with(base) && snapshot.principal(arn).is_none());
    if let Some(arn) = unmade.next() {
        return Some(arn.to_string());
    }
    let resources = statement.resource.iter().flat_map(|clause| &clause.patterns);
    let telling =
        resources.filter(|text| tells(snapshot, text, base)).map(|text| text.text.to_string()).next();
    telling.or_else(|| {
        let texts = statement.conditions.iter().flat_map(|c| c.operands.iter().map(move |o| (&*c.key, o)));
        let told = texts.filter_map(|(key, operand)| match operand {
            Operand::Text(text) => {
                let of_name =
                    NAMING.contains(&key) && (key != "aws:principalarn" || tells(snapshot, text, base));
                (of_name || is_named(text)).then(|| format!("{key} {}", text.text))
            }
            _ => None,
        });
        told.into_iter().next()
    })
}

/// Whether the pattern matches some ARNs that begin so, perhaps, and not all.
fn tells(snapshot: &Snapshot, text: &PatternText, base: &str) -> bool {
    if is_named(text) {
        return true;
    }
    // A known principal's name is nobody else's.
    if snapshot.principal(&text.text).is_some() {
        return false;
    }
    let mut head = String::new();
    for piece in text.pieces() {
        match piece {
            PieceRef::Token(Token::Char(c)) => head.push(c),
            _ => break,
        }
    }
    if !head.starts_with(base) && !base.starts_with(head.as_str()) {
        return false;
    }
    let Some(pattern) = text.ground() else { return true };
    !NAMES.iter().all(|name| matches(&pattern, &format!("{base}{name}"), false))
}

/// Whether the text holds the caller's name.
fn is_named(text: &PatternText) -> bool {
    text.variables().any(|v| NAMING.contains(&&*v.key))
}

fn documents(snapshot: &Snapshot) -> impl Iterator<Item = &Arc<Document>> {
    let principals = snapshot.principals().iter();
    let own = principals.flat_map(|p| p.identity.iter().chain(p.boundary.iter().flatten()).chain(&p.trust));
    let groups = snapshot.groups().iter().flat_map(|g| g.identity.iter());
    let managed = snapshot.managed_policies().iter().filter(|p| !p.is_aws_managed()).map(|p| &p.document);
    let resources = snapshot.resources().iter().filter_map(|r| r.policy.as_ref());
    let members = snapshot.organization().members.values();
    let controls = members.flat_map(|m| m.scps.iter().chain(&m.rcps)).flatten();
    own.chain(groups).chain(managed).chain(resources).chain(controls)
}
