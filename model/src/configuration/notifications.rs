//! Notification rules: which events of pipelines people are told of, and where.
//!
//! AWS CodeStar Notifications API Reference, ListNotificationRules, DescribeNotificationRule.

use super::Told;
use super::ask::{Call, Question};
use crate::arn::Arn;
use crate::json::Json;
use crate::snapshot::Snapshot;
use serde::Deserialize;
use std::sync::Arc;

const LIST: Call = Call::new("codestar-notifications", "list-notification-rules", "");
const DESCRIBE: Call = Call::new("codestar-notifications", "describe-notification-rule", "--arn NAME");

/// A rule as the list shows it, and what is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRule {
    /// Its ARN.
    pub arn: Arc<str>,
    /// What it says.
    pub rule: Told<NotificationRule>,
}

/// A notification rule.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct NotificationRule {
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// The ARN of what it is about.
    #[serde(default)]
    pub resource: Option<String>,
    /// The events.
    #[serde(default)]
    pub event_types: Vec<EventType>,
    /// Where they are told.
    #[serde(default)]
    pub targets: Vec<NotificationTarget>,
    /// `ENABLED` or `DISABLED`.
    #[serde(default)]
    pub status: Option<String>,
    /// `BASIC` or `FULL`.
    #[serde(default)]
    pub detail_type: Option<String>,
}

/// A kind of events.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EventType {
    /// Such as `codepipeline-pipeline-manual-approval-needed`.
    #[serde(default)]
    pub event_type_id: Option<String>,
}

/// Where events are told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct NotificationTarget {
    /// `SNS`, `AWSChatbotSlack` or `AWSChatbotMicrosoftTeams`.
    #[serde(default)]
    pub target_type: Option<String>,
    /// The ARN of the topic or of the chat channel.
    #[serde(default)]
    pub target_address: Option<String>,
    /// `ACTIVE`, `PENDING`, `UNREACHABLE`, `INACTIVE`, `DEACTIVATED`.
    #[serde(default)]
    pub target_status: Option<String>,
}

#[derive(PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    arn: String,
}

impl Snapshot {
    /// The notification rules of a region.
    pub fn notification_rules(&self, account: &str, region: &str) -> Told<Vec<ListedRule>> {
        let listed =
            self.ask_list::<Listed>(&Question::new(LIST, account, Some(region), &[]), "NotificationRules");
        listed.map(|all| {
            let rules = all.into_iter().map(|Listed { arn }| {
                let id = Arn::parse(&arn).and_then(|arn| arn.resource.strip_prefix("notificationrule/"));
                let question = Question::new(DESCRIBE, account, Some(region), &[&arn, id.unwrap_or(&arn)]);
                let rule =
                    self.ask_one(&question, |json| json.get("Arn").and_then(Json::as_str) == Some(&arn));
                ListedRule { arn: arn.as_str().into(), rule }
            });
            rules.collect()
        })
    }
}
