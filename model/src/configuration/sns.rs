//! Who is told what is sent to a topic.
//!
//! Amazon SNS API Reference, ListSubscriptionsByTopic, ListSubscriptions.

use super::Told;
use super::ask::{Call, Question};
use crate::arn::Arn;
use crate::snapshot::Snapshot;
use serde::{Deserialize, Deserializer};

const BY_TOPIC: Call = Call::new("sns", "list-subscriptions-by-topic", "--topic-arn NAME");
const ALL: Call = Call::new("sns", "list-subscriptions", "");

/// A subscription of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Subscription {
    /// Its ARN; `PendingConfirmation` where nobody has confirmed it yet.
    #[serde(default)]
    pub subscription_arn: Option<String>,
    /// The topic.
    #[serde(default)]
    pub topic_arn: Option<String>,
    /// `email`, `https`, `lambda`, `sqs`, …
    pub protocol: String,
    /// Who is told.
    #[serde(default)]
    pub endpoint: Endpoint,
}

/// Who is told. The rest of an address, which may be a secret, is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Endpoint {
    /// A queue, a function, a stream: its ARN.
    Resource(String),
    /// A web address: its server.
    Server(String),
    /// A person or a device.
    #[default]
    Other,
}

impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if Arn::parse(&text).is_some_and(|arn| arn.account_id().is_some()) {
            return Ok(Self::Resource(text));
        }
        let Some((_, rest)) = text.split_once("://") else { return Ok(Self::Other) };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let server = authority.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
        let is_server = server.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
        Ok(if is_server && server.contains('.') { Self::Server(server.to_owned()) } else { Self::Other })
    }
}

impl Snapshot {
    /// The subscriptions of a topic.
    pub fn topic_subscriptions(&self, arn: &str) -> Told<Vec<Subscription>> {
        let (account, region, name) =
            Arn::parse(arn).map_or(("", "", arn), |arn| (arn.account, arn.region, arn.resource));
        let by_topic = Question::new(BY_TOPIC, account, Some(region), &[arn, name]);
        let all = Question::new(ALL, account, Some(region), &[]);
        self.ask_list(&by_topic, "Subscriptions").or_else(|| {
            self.ask_list(&all, "Subscriptions").map(|mut all: Vec<Subscription>| {
                all.retain(|one| one.topic_arn.as_deref() == Some(arn));
                all
            })
        })
    }
}
