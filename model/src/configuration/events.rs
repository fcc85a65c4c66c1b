//! Rules of EventBridge with their targets, and archives.
//!
//! Amazon EventBridge API Reference, ListRules, ListTargetsByRule, ListEventBuses, ListArchives.

use super::ask::{Call, Question};
use super::{Gap, Told};
use crate::snapshot::Snapshot;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const BUSES: Call = Call::new("events", "list-event-buses", "");
const RULES: Call = Call::new("events", "list-rules", "");
const RULES_OF_BUS: Call = Call::new("events", "list-rules", "--event-bus-name NAME");
const TARGETS: Call = Call::new("events", "list-targets-by-rule", "--rule NAME");
const ARCHIVES: Call = Call::new("events", "list-archives", "");

/// The bus that AWS's services send their events to.
const DEFAULT: &str = "default";

/// The rules of a region.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventRules {
    /// Those of the default bus first, then by bus.
    pub all: Vec<EventRule>,
    /// Other buses that are not told of.
    pub unread: Vec<Gap>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRule {
    /// What `list-rules` tells.
    pub facts: RuleFacts,
    /// Its bus.
    pub bus: Arc<str>,
    /// The file that tells it, relative to the snapshot.
    pub file: Arc<str>,
    /// Where its events go.
    pub targets: Told<Vec<EventTarget>>,
}

/// What `list-rules` tells of a rule.
///
/// Amazon EventBridge API Reference, Rule.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RuleFacts {
    /// Its name.
    pub name: String,
    /// Its ARN.
    #[serde(default)]
    pub arn: Option<String>,
    /// The events that it is about: JSON text.
    #[serde(default)]
    pub event_pattern: Option<String>,
    /// `ENABLED`, `DISABLED` or `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`.
    #[serde(default)]
    pub state: Option<String>,
    /// When it fires by itself.
    #[serde(default)]
    pub schedule_expression: Option<String>,
}

impl RuleFacts {
    /// Whether it is in force.
    pub fn is_enabled(&self) -> bool {
        self.state.as_deref().is_some_and(|state| state.starts_with("ENABLED"))
    }
}

/// Where the events of a rule go. What is sent in their place is not read.
///
/// Amazon EventBridge API Reference, Target.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EventTarget {
    /// Its name within the rule.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// The role with which it is called.
    #[serde(default)]
    pub role_arn: Option<String>,
}

/// An archive of events.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Archive {
    /// Its name.
    pub archive_name: String,
    /// The bus.
    pub event_source_arn: String,
    /// `ENABLED`, …
    #[serde(default)]
    pub state: Option<String>,
    /// Days that events are kept; 0 or none: for ever.
    #[serde(default)]
    pub retention_days: Option<u32>,
}

#[derive(PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Bus {
    name: String,
}

impl Snapshot {
    /// The rules of a region, with their targets. They are told where those of the default bus are.
    pub fn event_rules(&self, account: &str, region: &str) -> Told<EventRules> {
        let named = Question::new(RULES_OF_BUS, account, Some(region), &[DEFAULT]);
        let unnamed = Question::new(RULES, account, Some(region), &[]);
        let by_default =
            self.ask_list::<RuleFacts>(&unnamed, "Rules").or_else(|| self.ask_list(&named, "Rules"));
        by_default.and_then(|of_default, file| {
            let mut by_bus = BTreeMap::new();
            let mut found = EventRules::default();
            let buses = self.ask_list::<Bus>(&Question::new(BUSES, account, Some(region), &[]), "EventBuses");
            found.unread.extend(Gap::of(&buses));
            let pages = self.pages(account, RULES.service, RULES.operation);
            let pages = pages.iter().filter(|page| *page.region == *region);
            let mut names: BTreeSet<Arc<str>> = pages.filter_map(|page| page.name.clone()).collect();
            names.extend(buses.known().into_iter().flatten().map(|bus| Arc::from(bus.name.as_str())));
            names.remove(DEFAULT);
            for bus in names {
                let question = Question::new(RULES_OF_BUS, account, Some(region), &[&bus]);
                let told = self.ask_list::<RuleFacts>(&question, "Rules");
                found.unread.extend(Gap::of(&told));
                if let Told::Known { value, file } = told {
                    by_bus.insert(bus, (value, file));
                }
            }
            let mut buses = vec![(Arc::from(DEFAULT), (of_default, file.clone()))];
            buses.extend(by_bus);
            let mut times: BTreeMap<String, usize> = BTreeMap::new();
            for rule in buses.iter().flat_map(|(_, (rules, _))| rules) {
                *times.entry(rule.name.clone()).or_default() += 1;
            }
            for (bus, (rules, file)) in buses {
                found.all.extend(rules.into_iter().map(|facts| {
                    let is_alone = times.get(&facts.name) == Some(&1);
                    let targets = self.targets_of(account, region, &bus, &facts, is_alone);
                    EventRule { facts, bus: bus.clone(), file: file.clone(), targets }
                }));
            }
            Told::Known { value: found, file }
        })
    }

    /// The targets of a rule. The file is named after the rule, `BUS/RULE`, or the rule's ARN; a file named after the rule
    /// alone is about the default bus, unless no other rule has that name.
    fn targets_of(
        &self,
        account: &str,
        region: &str,
        bus: &str,
        rule: &RuleFacts,
        is_alone: bool,
    ) -> Told<Vec<EventTarget>> {
        let full = format!("{bus}/{}", rule.name);
        let exact = [full.as_str(), rule.arn.as_deref().unwrap_or(&full)];
        let simple = [rule.name.as_str(), exact[0], exact[1]];
        let names: &[&str] = if bus == DEFAULT || is_alone { &simple } else { &exact };
        let mut question = Question::new(TARGETS, account, Some(region), names);
        question.argument = Some(&rule.name);
        if bus != DEFAULT {
            question = question.with("--event-bus-name", bus);
        }
        self.ask_list(&question, "Targets")
    }

    /// The archives of a region.
    pub fn event_archives(&self, account: &str, region: &str) -> Told<Vec<Archive>> {
        self.ask_list(&Question::new(ARCHIVES, account, Some(region), &[]), "Archives")
    }
}
