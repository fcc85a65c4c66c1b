//! Whether a property is about anything: one that holds because nothing is called so shows nothing.

use super::decide::DecideError;
use super::property::Property;
use crate::ask::{Estate, Settings, glob_matches};
use crate::question::Requests;
use gateproof_model::arn::Arn;
use gateproof_model::inventory::Inventory;

/// Refuses requests that nobody could make, and resources of which the snapshot knows others of the kind but none that is called so.
pub(super) fn must_be_about_something(
    property: &Property,
    requests: &Requests,
    estate: &Estate,
    settings: &Settings,
) -> Result<(), DecideError> {
    if property.allow_empty {
        return Ok(());
    }
    for glob in &requests.resources {
        if is_unknown(glob, estate) {
            return Err(DecideError::NoResource { given: glob.clone() });
        }
    }
    match estate.is_about_something(requests, settings)? {
        true => Ok(()),
        false => Err(DecideError::NoRequest),
    }
}

/// Whether things of its kind are known, but none that it could be about.
fn is_unknown(glob: &str, estate: &Estate) -> bool {
    let Some(kind) = Kind::of(glob) else { return false };
    let known: Vec<&str> =
        known_arns(estate).into_iter().filter(|arn| Kind::of(arn).as_ref() == Some(&kind)).collect();
    let account = Arn::parse(glob).and_then(|arn| arn.account_id().map(str::to_owned));
    let elsewhere = account.is_some_and(|account| !estate.covers(&account));
    !known.is_empty() && !elsewhere && !known.iter().any(|arn| touches(glob, arn))
}

/// What sort of thing an ARN is of: its service, and the word before the name where there is one.
#[derive(PartialEq, Eq)]
struct Kind<'a> {
    service: &'a str,
    word: &'a str,
}

/// Services whose ARNs begin with the name itself.
const NAMES_FIRST: [&str; 5] = ["s3", "codepipeline", "codecommit", "sns", "sqs"];

impl<'a> Kind<'a> {
    fn of(arn: &'a str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let service = parts.nth(2)?;
        let named = parts.nth(2)?;
        let open = |text: &str| text.contains(['*', '?']);
        if NAMES_FIRST.contains(&service) {
            return Some(Self { service, word: "" });
        }
        let (word, _) = named.split_once(['/', ':'])?;
        (!open(service) && !open(word)).then_some(Self { service, word })
    }
}

/// Whether a glob may match a thing or something under it.
fn touches(glob: &str, arn: &str) -> bool {
    let above = glob.match_indices(['/', ':']).filter_map(|(at, _)| glob.get(..at));
    glob_matches(glob, arn) || above.into_iter().any(|part| glob_matches(part, arn))
}

fn known_arns(estate: &Estate) -> Vec<&str> {
    let snapshot = &estate.snapshot;
    let inventory = snapshot.inventory();
    let things = Inventory::kinds().flat_map(|kind| inventory.of_kind(&kind.name)).map(|thing| &*thing.arn);
    let resources = snapshot.resources().iter().map(|resource| &*resource.arn);
    let principals = snapshot.principals().iter().map(|principal| &*principal.arn);
    let policies = snapshot.managed_policies().iter().map(|policy| &*policy.arn);
    let groups = snapshot.groups().iter().map(|group| &*group.arn);
    things.chain(resources).chain(principals).chain(policies).chain(groups).collect()
}

#[cfg(test)]
mod tests {
    use super::touches;

    #[test]
    fn a_glob_touches_what_lies_above_it() {
        let bucket = "arn:aws:s3:::artifacts";
        assert!(touches("arn:aws:s3:::artifacts/prod/*", bucket));
        assert!(touches("arn:aws:s3:::art*", bucket));
        assert!(touches("arn:aws:s3:::*/state", bucket));
        assert!(!touches("arn:aws:s3:::artefacts/*", bucket));
    }
}
