//! Values that a person would choose: tried before the shortest text that fits.
//!
//! A candidate is only taken where it fulfils every demand of the combination on its field, so the
//! choice changes how a witness reads and never whether there is one.

use super::facts::Facts;
use super::piece::{Piece, flat};
use super::regions::region_of;
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
    let region = region_asked(facts, atoms, combination);
    let mut chosen = Chosen::default();
    // The resource comes before the keys, and the current time before the epoch's.
    for (field, value) in &mut values.texts {
        let Some(text) = value else { continue };
        let demands: Vec<(&Atom, bool)> = combination
            .iter()
            .filter_map(|(id, wanted)| Some((atoms.get(id.0 as usize)?, *wanted)))
            .filter(|(atom, _)| atom.field() == Some(field))
            .collect();
        let fits = |t: &str| demands.iter().all(|(atom, wanted)| holds(atom, Some(t)) == *wanted);
        let better = match field {
            Field::Resource => resource_candidates(piece, &region, &demands).find(|t| fits(t)),
            Field::Action => action_candidates(piece).find(|t| fits(t)),
            Field::Key(key) => {
                key_candidates(piece, key, text, &demands, &chosen).into_iter().find(|t| fits(t))
            }
        };
        if let Some(better) = better {
            *text = better.into();
        }
        match field {
            Field::Resource => chosen.region = region_of(text).map(str::to_owned),
            Field::Key(key) if **key == *"aws:currenttime" => chosen.time = Some(text.to_string()),
            Field::Key(_) | Field::Action => {}
        }
    }
}

/// What was chosen already and should be told alike elsewhere.
#[derive(Default)]
struct Chosen {
    region: Option<String>,
    time: Option<String>,
}

pub(super) const REGIONS: [&str; 4] = ["us-east-1", "eu-west-1", "eu-central-1", "us-west-2"];

/// The region that the request must go to, or one that it may.
fn region_asked(facts: &Facts<'_>, atoms: &[Atom], combination: &[(AtomId, bool)]) -> String {
    if let gateproof_encodings::scope::KeyFact::Fixed(value) = facts.fact("aws:requestedregion") {
        return value.values().first().cloned().unwrap_or_default();
    }
    let asked = |atom: &Atom| matches!(atom.field(), Some(Field::Key(k)) if **k == *"aws:requestedregion");
    let demands: Vec<(&Atom, bool)> = combination
        .iter()
        .filter_map(|(id, wanted)| Some((atoms.get(id.0 as usize)?, *wanted)))
        .filter(|(atom, _)| asked(atom))
        .collect();
    let fits = |t: &str| demands.iter().all(|(atom, wanted)| holds(atom, Some(t)) == *wanted);
    let listed = demands.iter().filter_map(|(atom, _)| match atom {
        Atom::Text(_, set) => set.patterns.first().map(|p| fill(p)),
        _ => None,
    });
    let mut any = REGIONS.into_iter().map(str::to_owned).chain(listed);
    any.find(|region| fits(region)).unwrap_or_else(|| "us-east-1".to_owned())
}

/// Names that the catalogue doesn't know, as the question writes them.
fn action_candidates<'c>(piece: &'c Piece<'_>) -> impl Iterator<Item = String> + use<'c> {
    piece.plan.open.iter().flat_map(|open| &open.globs).map(|glob| fill(&flat(glob)))
}

/// Made one by one: the first few are taken most of the time.
fn resource_candidates<'c>(
    piece: &'c Piece<'_>,
    region: &str,
    demands: &'c [(&'c Atom, bool)],
) -> impl Iterator<Item = String> + use<'c> {
    let known = match &piece.target.place {
        Place::Known(resource) => Some(&resource.arn),
        _ => None,
    };
    let near = known.into_iter().flat_map(|arn| {
        ["", "/example.txt", "/example", ":example"].into_iter().map(move |below| format!("{arn}{below}"))
    });
    let region = region.to_owned();
    let account = piece.target.account.as_deref().unwrap_or_default();
    let partition = &*piece.caller.partition;
    let positive = demands.iter().filter(|(_, wanted)| *wanted).filter_map(|(atom, _)| match atom {
        Atom::Text(_, set) => Some(set),
        _ => None,
    });
    // The narrowest demands first: their patterns leave the least to fill in.
    let mut patterns: Vec<&Pattern> = positive.flat_map(|set| set.patterns.iter().take(40)).collect();
    patterns.sort_by_key(|p| std::cmp::Reverse(p.iter().filter(|t| matches!(t, Token::Char(_))).count()));
    let formats = || {
        let types = piece.plan.action.into_iter().flat_map(|a| a.resource_types());
        // One of several authorizations of a call is about resources of one type.
        let types = types.filter(|r| piece.only.is_none_or(|only| only == r.resource_type.id()));
        types.flat_map(|r| r.resource_type.arn_formats())
    };
    let plain_region = region.clone();
    let by_pattern = patterns.into_iter().flat_map(move |pattern| {
        let tail = resource_part(pattern);
        let region = region.clone();
        let by_format = formats().flat_map(move |format| {
            let (tail, region) = (tail.clone(), region.clone());
            ["", "/example", "/example/example"].into_iter().filter_map(move |below| {
                let tail = tail.as_ref().map(|t| format!("{t}{below}"));
                fill_format(format, partition, &region, account, tail.as_deref())
            })
        });
        by_format.chain(std::iter::once_with(move || fill(pattern)))
    });
    let by_format = formats().filter_map(move |f| fill_format(f, partition, &plain_region, account, None));
    near.chain(by_pattern).chain(by_format)
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

fn key_candidates(
    piece: &Piece<'_>,
    key: &str,
    found: &Arc<str>,
    demands: &[(&Atom, bool)],
    chosen: &Chosen,
) -> Vec<String> {
    let mut listed: Vec<String> = Vec::new();
    match key {
        "aws:requestedregion" => {
            listed.extend(chosen.region.clone());
            listed.extend(REGIONS.map(str::to_owned));
        }
        "aws:epochtime" => listed.extend(chosen.time.clone()),
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
