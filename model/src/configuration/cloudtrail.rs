//! Trails: where the log of calls goes, and which calls it holds.
//!
//! AWS CloudTrail API Reference, DescribeTrails, GetTrailStatus, GetEventSelectors.

use super::ask::{Call, Question};
use super::{Gap, Told};
use crate::arn::Arn;
use crate::json::Json;
use crate::snapshot::Snapshot;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const DESCRIBE: Call = Call::new("cloudtrail", "describe-trails", "");
const STATUS: Call = Call::new("cloudtrail", "get-trail-status", "--name NAME");
const SELECTORS: Call = Call::new("cloudtrail", "get-event-selectors", "--trail-name NAME");

/// The trails of an account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trails {
    /// By ARN.
    pub all: Vec<Trail>,
    /// The regions all of whose trails are known. A region's list has the trails of other regions and of the
    /// organization that log it too (DescribeTrails, `includeShadowTrails`).
    pub regions: BTreeSet<Arc<str>>,
    /// The regions' lists that could not be read.
    pub unread: Vec<Gap>,
}

impl Trails {
    /// The trails that log a region.
    pub fn of_region(&self, region: &str) -> impl Iterator<Item = &Trail> {
        self.all.iter().filter(move |trail| {
            trail.facts.is_multi_region_trail || trail.facts.home_region.as_deref() == Some(region)
        })
    }

    /// Whether no other trail than those in [`Trails::of_region`] logs a region.
    pub fn is_whole(&self, region: &str) -> bool {
        self.regions.contains(region)
    }
}

/// A trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// What `describe-trails` tells.
    pub facts: TrailFacts,
    /// The file that tells it, relative to the snapshot.
    pub file: Arc<str>,
    /// Whether it logs now.
    pub is_logging: Told<bool>,
    /// What it logs.
    pub selectors: Told<Selectors>,
}

/// What `describe-trails` tells of a trail.
///
/// AWS CloudTrail API Reference, Trail.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TrailFacts {
    /// Its name.
    pub name: String,
    /// Its ARN.
    #[serde(rename = "TrailARN")]
    pub arn: String,
    /// The bucket of its files.
    #[serde(rename = "S3BucketName", default)]
    pub bucket: Option<String>,
    /// How their keys begin.
    #[serde(rename = "S3KeyPrefix", default)]
    pub prefix: Option<String>,
    /// Whether it logs all regions.
    #[serde(default)]
    pub is_multi_region_trail: bool,
    /// Whether it logs all accounts of the organization.
    #[serde(default)]
    pub is_organization_trail: bool,
    /// Whether changed files can be told.
    #[serde(default)]
    pub log_file_validation_enabled: bool,
    /// The key of its files.
    #[serde(rename = "KmsKeyId", default)]
    pub key: Option<String>,
    /// The log group that it writes to as well.
    #[serde(rename = "CloudWatchLogsLogGroupArn", default)]
    pub log_group: Option<String>,
    /// The region that it was made in.
    #[serde(default)]
    pub home_region: Option<String>,
}

#[derive(PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Status {
    is_logging: bool,
}

/// What a trail logs; either list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Selectors {
    /// Basic selectors.
    #[serde(default)]
    pub event_selectors: Vec<EventSelector>,
    /// Advanced selectors.
    #[serde(default)]
    pub advanced_event_selectors: Vec<AdvancedSelector>,
}

/// A basic selector.
///
/// AWS CloudTrail API Reference, EventSelector.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EventSelector {
    /// `ReadOnly`, `WriteOnly` or `All`, which is the default.
    #[serde(default)]
    pub read_write_type: Option<String>,
    /// Whether it takes management events, which is the default.
    #[serde(default = "by_default")]
    pub include_management_events: bool,
    /// Sources whose management events it leaves out.
    #[serde(default)]
    pub exclude_management_event_sources: Vec<String>,
}

fn by_default() -> bool {
    true
}

/// An advanced selector: all its fields must fit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AdvancedSelector {
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Its fields.
    pub field_selectors: Vec<FieldSelector>,
}

/// A field of an advanced selector: one value of each list that isn't empty must fit, and none of the `Not` lists.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FieldSelector {
    /// `eventCategory`, `readOnly`, `eventSource`, …
    pub field: String,
    /// Equal to one of these.
    #[serde(default)]
    pub equals: Vec<String>,
    /// Beginning with one of these.
    #[serde(default)]
    pub starts_with: Vec<String>,
    /// Ending with one of these.
    #[serde(default)]
    pub ends_with: Vec<String>,
    /// Equal to none of these.
    #[serde(default)]
    pub not_equals: Vec<String>,
    /// Beginning with none of these.
    #[serde(default)]
    pub not_starts_with: Vec<String>,
    /// Ending with none of these.
    #[serde(default)]
    pub not_ends_with: Vec<String>,
}

impl Snapshot {
    /// The trails that log an account, with their status and selectors.
    pub fn trails(&self, account: &str) -> Told<Trails> {
        let pages = self.pages(account, DESCRIBE.service, DESCRIBE.operation);
        let regions: BTreeSet<Arc<str>> = pages.iter().map(|page| page.region.clone()).collect();
        let (mut found, mut facts) = (Trails::default(), BTreeMap::new());
        let mut first: Told<()> = self.ask_one(&Question::new(DESCRIBE, account, None, &[]), |_| false);
        let mut odd: BTreeSet<String> = BTreeSet::new();
        for region in regions {
            let question = Question::new(DESCRIBE, account, Some(&region), &[]);
            let told = self.ask_list::<TrailFacts>(&question, "trailList");
            found.unread.extend(Gap::of(&told));
            if let Told::Known { value, file } = told {
                for one in value {
                    let (told, earlier) = facts.entry(one.arn.clone()).or_insert((one.clone(), file.clone()));
                    if *told != one {
                        let says = format!("another output than {earlier} has");
                        let problem = question.problem(&file, "/trailList", &says);
                        found.unread.extend(Gap::of::<()>(&question.untold(Some(problem))));
                        odd.insert(one.arn);
                    }
                }
                found.regions.insert(region);
                if first.known().is_none() {
                    first = Told::Known { value: (), file };
                }
            } else if found.regions.is_empty() {
                first = told.map(|_| ());
            }
        }
        if !odd.is_empty() {
            // Which of the lists is right is not known, nor how many trails there are.
            found.regions.clear();
            facts.retain(|arn, _| !odd.contains(arn));
        }
        first.map(|()| {
            found.all = facts.into_values().map(|(facts, file)| self.trail(account, facts, file)).collect();
            found
        })
    }

    fn trail(&self, account: &str, facts: TrailFacts, file: Arc<str>) -> Trail {
        // A trail of the organization is its management account's; both may have been asked.
        let owner = Arn::parse(&facts.arn).map_or(account, |arn| arn.account);
        let is_it = |json: &Json| json.get("TrailARN").and_then(Json::as_str) == Some(&facts.arn);
        let home = facts.home_region.as_deref();
        let in_home = |call, account| Question::new(call, account, home, &[&facts.name, &facts.arn]);
        let by_arn = |call, account| Question::new(call, account, None, &[&facts.arn]);
        let is_logging = self
            .ask_one(&in_home(STATUS, owner), |_| false)
            .or_else(|| self.ask_one(&by_arn(STATUS, owner), |_| false))
            .or_else(|| self.ask_one(&by_arn(STATUS, account), |_| false))
            .map(|status: Status| status.is_logging);
        let selectors = self
            .ask_one(&in_home(SELECTORS, owner), is_it)
            .or_else(|| self.ask_one(&by_arn(SELECTORS, owner), is_it))
            .or_else(|| self.ask_one(&by_arn(SELECTORS, account), is_it));
        Trail { facts, file, is_logging, selectors }
    }
}
