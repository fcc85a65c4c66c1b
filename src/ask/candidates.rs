//! Values that a person would choose: tried before the shortest text that fits.
//!
//! A candidate is only taken where it fulfils every demand of the combination on its field, so the
//! choice changes how a witness reads and never whether there is one.

use super::facts::Facts;
use super::piece::{Piece, flat};
use super::target::Place;
use gateproof_encodings::classes::{Values, holds};
use gateproof_encodings::field::Field;
use gateproof_encodings::scope::{Caller, KeyFacts};
use gateproof_encodings::term::{Atom, AtomId};
use gateproof_model::pattern::{Pattern, Token};
use std::sync::Arc;

/// Replaces the values of single-valued fields by candidates that fit as well.
pub fn beautify(
    piece: &Piece<'_>,
    facts: &Facts<'_>,
    atoms: &[Atom],
    combination: &[(AtomId, bool)],
    values: &mut Values,
) {
    for (field, value) in &mut values.texts {
        let Some(text) = value else { continue };
        let demands: Vec<(&Atom, bool)> = combination
            .iter()
            .filter_map(|(id, wanted)| Some((atoms.get(id.0 as usize)?, *wanted)))
            .filter(|(atom, _)| atom.field() == Some(field))
            .collect();
        let fits = |t: &str| demands.iter().all(|(atom, wanted)| holds(atom, Some(t)) == *wanted);
        let listed = match field {
            Field::Resource => resource_candidates(piece, facts, &demands),
            Field::Action => piece.open_actions.iter().map(|g| fill(&flat(g))).collect(),
            Field::Key(key) => key_candidates(piece, key, text, &demands),
        };
        if let Some(better) = listed.into_iter().find(|t| fits(t)) {
            *text = better.into();
        }
    }
}

fn resource_candidates(piece: &Piece<'_>, facts: &Facts<'_>, demands: &[(&Atom, bool)]) -> Vec<String> {
    let mut found = Vec::new();
    if let Place::Known(resource) = &piece.target.place {
        found.push(resource.arn.to_string());
        for below in ["/example.txt", "/example", ":example"] {
            found.push(format!("{}{below}", resource.arn));
        }
    }
    let region = match facts.fact("aws:requestedregion") {
        gateproof_encodings::scope::KeyFact::Fixed(value) => value.values().first().cloned(),
        _ => None,
    };
    let region = region.as_deref().unwrap_or("us-east-1");
    let account = piece.target.account.as_deref().unwrap_or_default();
    let partition = &*piece.caller.partition;
    let positive = demands.iter().filter(|(_, wanted)| *wanted).filter_map(|(atom, _)| match atom {
        Atom::Text(_, set) => Some(set),
        _ => None,
    });
    // The narrowest demands first: their patterns leave the least to fill in.
    let mut patterns: Vec<&Pattern> = positive.flat_map(|set| set.patterns.iter().take(40)).collect();
    patterns.sort_by_key(|p| std::cmp::Reverse(p.iter().filter(|t| matches!(t, Token::Char(_))).count()));
    let formats: Vec<&str> = piece
        .plan
        .action
        .iter()
        .flat_map(|a| a.resource_types())
        .flat_map(|r| r.resource_type.arn_formats())
        .collect();
    for pattern in patterns {
        let tail = resource_part(pattern);
        for format in &formats {
            for below in ["", "/example", "/example/example"] {
                let tail = tail.as_ref().map(|t| format!("{t}{below}"));
                found.extend(fill_format(format, partition, region, account, tail.as_deref()));
            }
        }
        found.push(fill(pattern));
    }
    for format in formats {
        found.extend(fill_format(format, partition, region, account, None));
    }
    found
}

/// The format with its variables filled in; its resource part replaced by `tail` where there is one.
fn fill_format(
    format: &str,
    partition: &str,
    region: &str,
    account: &str,
    tail: Option<&str>,
) -> Option<String> {
    let filled =
        format.replace("${Partition}", partition).replace("${Region}", region).replace("${Account}", account);
    let mut text = String::new();
    let mut rest = filled.as_str();
    while let Some((before, after)) = rest.split_once("${") {
        text.push_str(before);
        text.push_str("example");
        rest = after.split_once('}')?.1;
    }
    text.push_str(rest);
    let Some(tail) = tail else { return Some(text) };
    let head: Vec<&str> = text.splitn(6, ':').take(5).collect();
    (head.len() == 5).then(|| format!("{}:{tail}", head.join(":")))
}

/// What follows the fifth colon of a pattern, wildcards filled in.
fn resource_part(pattern: &[Token]) -> Option<String> {
    let colons = pattern.iter().enumerate().filter(|(_, t)| matches!(t, Token::Char(':')));
    let fifth = colons.map(|(i, _)| i).nth(4)?;
    pattern.get(fifth + 1..).map(fill)
}

/// A pattern with its wildcards filled in.
fn fill(pattern: &[Token]) -> String {
    let mut text = String::new();
    for token in pattern {
        match token {
            Token::Char(c) => text.push(*c),
            Token::AnyOne | Token::AnyOneInSegment => text.push('x'),
            // A `*` at the end of a word is often just a suffix that may be empty; elsewhere a name.
            Token::AnyRun | Token::AnyRunInSegment => text.push_str("example"),
        }
    }
    text
}

fn key_candidates(piece: &Piece<'_>, key: &str, found: &Arc<str>, demands: &[(&Atom, bool)]) -> Vec<String> {
    let mut listed: Vec<String> = Vec::new();
    match key {
        "aws:requestedregion" => {
            listed.extend(["us-east-1", "eu-west-1", "eu-central-1", "us-west-2"].map(str::to_owned));
        }
        "aws:userid" => {
            if let Caller::RoleSession { unique_id, .. } = &piece.caller.caller {
                listed.push(format!("{unique_id}:gateproof"));
            }
        }
        "aws:securetransport" => listed.push("true".to_owned()),
        "aws:viaawsservice" => listed.push("false".to_owned()),
        "aws:multifactorauthpresent" => listed.push("false".to_owned()),
        "aws:principalarn" => {
            if let Caller::Outsider { account } = &piece.caller.caller {
                listed.push(format!("arn:{}:iam::{account}:user/example", piece.caller.partition));
                listed.push(format!("arn:{}:iam::{account}:role/example", piece.caller.partition));
            }
        }
        _ => {}
    }
    for (atom, wanted) in demands {
        if let (Atom::Text(_, set), true) = (atom, wanted) {
            listed.extend(set.patterns.iter().take(8).map(|p| fill(p)));
        }
    }
    if found.is_empty() || found.chars().count() == 1 {
        listed.push("example".to_owned());
    }
    listed
}
