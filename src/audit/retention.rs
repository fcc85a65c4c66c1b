//! For how long the events of a pipeline are kept, by following them from rule to target.

use super::case::Case;
use super::events::{DEFAULT, taking_in};
use super::evidence::Field;
use crate::pipelines::Untold;
use gateproof_model::arn::Arn;
use gateproof_model::configuration::Told;
use gateproof_model::configuration::s3::{Lifecycle, LifecycleRule};

/// Days, where nobody says how long: more than the twelve months that CodePipeline keeps.
const LONG: u32 = 366;

/// Buses that forward to each other are followed so far.
const HOPS: u32 = 3;

/// What becomes of events.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Places that keep them, with the days; `None`: for ever.
    pub places: Vec<(String, Option<u32>)>,
    /// What isn't told.
    pub missing: Vec<Untold>,
}

impl Kept {
    /// A place that keeps them for so many days at least.
    pub fn for_days(&self, days: u32) -> Option<&(String, Option<u32>)> {
        self.places.iter().find(|(_, kept)| kept.is_none_or(|kept| kept >= days))
    }

    /// The places, as fields.
    pub fn fields(&self) -> Vec<Field> {
        let days = |days: &Option<u32>| days.map_or("for ever".to_owned(), |days| format!("{days} days"));
        self.places.iter().map(|(place, kept)| Field::of(place, days(kept))).collect()
    }

    fn miss(&mut self, what: String, command: Option<String>) {
        self.missing.push(Untold { what, command });
    }
}

impl Case<'_> {
    /// For how many days a team means to keep events.
    pub fn retention_days(&self) -> u32 {
        self.intent.retention_days.unwrap_or(LONG)
    }

    /// Where the pipeline's events of a kind are kept, and for how long.
    pub fn kept(&self, kind: &str) -> Kept {
        let mut kept = Kept::default();
        let place = (&*self.pipeline.account, &*self.pipeline.region);
        self.follow(place, DEFAULT, kind, HOPS, &mut kept);
        self.archives(place, &mut kept);
        kept.missing.sort();
        kept.missing.dedup();
        kept
    }

    fn follow(&self, (account, region): (&str, &str), bus: &str, kind: &str, hops: u32, kept: &mut Kept) {
        let rules = match self.estate.snapshot.event_rules(account, region) {
            Told::Known { value, .. } => value,
            Told::Absent { .. } => return,
            Told::Untold { command, .. } => {
                return kept.miss(
                    format!("the rules of EventBridge of account {account} in {region}"),
                    Some(command),
                );
            }
        };
        for rule in taking_in(&rules, bus, kind, &self.pipeline.name) {
            match &rule.targets {
                Told::Known { value, .. } => {
                    value.iter().for_each(|target| self.target(&target.arn, kind, hops, kept));
                }
                Told::Absent { .. } => {}
                Told::Untold { command, .. } => {
                    kept.miss(format!("the targets of the rule {}", rule.facts.name), Some(command.clone()));
                }
            }
        }
    }

    fn target(&self, target: &str, kind: &str, hops: u32, kept: &mut Kept) {
        let parsed = Arn::parse(target);
        let bus = parsed.and_then(|arn| arn.resource.strip_prefix("event-bus/"));
        match parsed.map(|arn| (arn.service, arn)) {
            Some(("logs", arn)) => match self.estate.snapshot.log_group(target, arn.account, arn.region) {
                Told::Known { value, .. } => kept.places.push((target.to_owned(), value.retention_in_days)),
                Told::Absent { .. } => {}
                Told::Untold { command, .. } => kept.miss(format!("the log group {target}"), Some(command)),
            },
            Some(("firehose", _)) => self.stream(target, kept),
            Some(("events", arn)) if hops > 0 && bus.is_some() => {
                self.follow((arn.account, arn.region), bus.unwrap_or_default(), kind, hops - 1, kept);
            }
            // Starts something; keeps nothing.
            Some(("codepipeline" | "codebuild", _)) => {}
            _ => kept.miss(format!("for how long {target} keeps what it is sent"), None),
        }
    }

    fn stream(&self, stream: &str, kept: &mut Kept) {
        let told = self.estate.snapshot.delivery_stream(stream);
        let Told::Known { value, .. } = told else {
            if let Some(command) = told.command() {
                kept.miss(format!("the stream {stream}"), Some(command.to_owned()));
            }
            return;
        };
        let owner = Arn::parse(stream).map_or("", |arn| arn.account);
        for destination in &value.destinations {
            for bucket in destination.extended.iter().chain(&destination.simple) {
                let name = bucket.bucket_arn.rsplit(':').next().unwrap_or_default();
                let known = self.estate.snapshot.resource(&bucket.bucket_arn);
                let owner = known.map_or(owner, |bucket| &*bucket.account);
                match self.estate.snapshot.bucket_lifecycle(owner, name) {
                    Told::Known { value, .. } => {
                        let prefix = bucket.prefix.as_deref().unwrap_or_default();
                        kept.places.push((bucket.bucket_arn.clone(), expires(&value, prefix)));
                    }
                    Told::Absent { .. } => kept.places.push((bucket.bucket_arn.clone(), None)),
                    Told::Untold { command, .. } => {
                        kept.miss(format!("the lifecycle of the bucket {name}"), Some(command));
                    }
                }
            }
        }
    }

    /// Which events an archive takes in, its list doesn't say.
    fn archives(&self, (account, region): (&str, &str), kept: &mut Kept) {
        let Told::Known { value, .. } = self.estate.snapshot.event_archives(account, region) else { return };
        for archive in value {
            let is_default = archive.event_source_arn.ends_with(":event-bus/default");
            let is_long =
                archive.retention_days.is_none_or(|days| days == 0 || days >= self.retention_days());
            if is_default && is_long && archive.state.as_deref() == Some("ENABLED") {
                let name = archive.archive_name;
                let command = format!("aws events describe-archive --archive-name {name} --region {region}");
                kept.miss(format!("which events the archive {name} takes in"), Some(command));
            }
        }
    }
}

/// After how many days the first objects under a prefix expire; `None`: never.
fn expires(lifecycle: &Lifecycle, prefix: &str) -> Option<u32> {
    // A prefix may hold the date.
    let literal = prefix.split("!{").next().unwrap_or_default();
    let about = |rule: &&LifecycleRule| {
        let of = rule.key_prefix();
        rule.status == "Enabled" && (literal.starts_with(of) || of.starts_with(literal))
    };
    let days = |rule: &LifecycleRule| {
        let expiration = rule.expiration.as_ref()?;
        if expiration.date.is_some() { Some(0) } else { expiration.days }
    };
    lifecycle.rules.iter().filter(about).filter_map(days).min()
}
