//! Chat channels that topics are told in.
//!
//! Amazon Q Developer in chat applications (AWS Chatbot) API Reference, DescribeSlackChannelConfigurations,
//! ListMicrosoftTeamsChannelConfigurations, DescribeChimeWebhookConfigurations.

use super::ask::{Call, Question};
use super::{Gap, Told};
use crate::snapshot::Snapshot;
use serde::Deserialize;

/// The calls, each with the list that it prints.
const CALLS: [(Call, &str); 3] = [
    (Call::new("chatbot", "describe-slack-channel-configurations", ""), "SlackChannelConfigurations"),
    (Call::new("chatbot", "list-microsoft-teams-channel-configurations", ""), "TeamChannelConfigurations"),
    (Call::new("chatbot", "describe-chime-webhook-configurations", ""), "WebhookConfigurations"),
];

/// The chat channels of an account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChatChannels {
    /// Those that are known.
    pub all: Vec<ChatChannel>,
    /// Kinds of channels that are not told of: others may exist.
    pub unread: Vec<Gap>,
}

impl ChatChannels {
    /// Whether a topic is told in some channel.
    pub fn tell(&self, topic: &str) -> bool {
        self.all.iter().any(|channel| channel.sns_topic_arns.iter().any(|arn| arn == topic))
    }
}

/// A chat channel.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ChatChannel {
    /// Its ARN.
    pub chat_configuration_arn: String,
    /// The topics that are told in it.
    pub sns_topic_arns: Vec<String>,
    /// The role with which its members act.
    #[serde(default)]
    pub iam_role_arn: Option<String>,
}

impl Snapshot {
    /// The chat channels of an account, whatever region's endpoint told of them.
    pub fn chatbot_topics(&self, account: &str) -> ChatChannels {
        let mut channels = ChatChannels::default();
        for (call, list) in CALLS {
            let told = self.ask_list::<ChatChannel>(&Question::new(call, account, None, &[]), list);
            channels.unread.extend(Gap::of(&told));
            if let Told::Known { value, .. } = told {
                channels.all.extend(value);
            }
        }
        channels.all.sort_by(|a, b| a.chat_configuration_arn.cmp(&b.chat_configuration_arn));
        channels.all.dedup();
        channels
    }
}
