//! Log groups: how long logs are kept, and under which key.
//!
//! Amazon CloudWatch Logs API Reference, DescribeLogGroups.

use super::Told;
use super::ask::{Call, Question};
use crate::arn::Arn;
use crate::json::Json;
use crate::snapshot::Snapshot;
use serde::Deserialize;

const DESCRIBE: Call = Call::new("logs", "describe-log-groups", "--log-group-name-prefix NAME");

/// A log group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogGroup {
    /// Its name.
    pub log_group_name: String,
    /// Days that logs are kept; `None`: for ever.
    #[serde(default)]
    pub retention_in_days: Option<u32>,
    /// The key; `None`: one of AWS's own.
    #[serde(default)]
    pub kms_key_id: Option<String>,
}

impl Snapshot {
    /// A log group by its name or ARN. An ARN tells account and region itself.
    pub fn log_group(&self, group: &str, account: &str, region: &str) -> Told<LogGroup> {
        let arn = Arn::parse(group);
        let (account, region) = arn.map_or((account, region), |arn| (arn.account, arn.region));
        let name = arn.and_then(|arn| arn.resource.strip_prefix("log-group:")).unwrap_or(group);
        // What follows the name is `*` or a stream; names hold no colon.
        let name = name.split(':').next().unwrap_or_default();
        let question = Question::new(DESCRIBE, account, Some(region), &[name]);
        self.ask_item(&question, "logGroups", |json| {
            let text = |key| json.get(key).and_then(Json::as_str);
            // The list may have the groups of accounts that this one watches.
            let is_own = text("arn").and_then(Arn::parse).is_none_or(|arn| arn.account == account);
            text("logGroupName") == Some(name) && is_own
        })
    }
}
