//! The trails that log approvals of a pipeline.
//!
//! AWS CloudTrail User Guide, "Logging management events" and "Filtering management events with advanced event selectors".

use super::case::Case;
use crate::pipelines::Untold;
use gateproof_model::configuration::Told;
use gateproof_model::configuration::cloudtrail::{
    AdvancedSelector, EventSelector, FieldSelector, Selectors, Trail,
};
use std::collections::BTreeMap;

/// An approval as CloudTrail sees it.
const EVENT: [(&str, &str); 4] = [
    ("eventCategory", "Management"),
    ("eventName", "PutApprovalResult"),
    ("eventSource", "codepipeline.amazonaws.com"),
    ("readOnly", "false"),
];

/// Where approvals are logged.
#[derive(Debug, Clone)]
pub(super) struct Log {
    /// The trail's ARN.
    pub trail: String,
    /// The bucket's ARN.
    pub bucket: String,
    /// The objects in it.
    pub files: String,
    /// The key's ARN.
    pub key: Option<String>,
}

/// The logs, and what isn't told of others.
#[derive(Debug, Default)]
pub(super) struct Logged {
    pub logs: Vec<Log>,
    pub missing: Vec<Untold>,
}

impl Logged {
    /// The logs of a pipeline's approvals: by trails of its account, and of its organization.
    pub fn of_approvals(case: &Case<'_>) -> Self {
        let snapshot = &case.estate.snapshot;
        let (account, region) = (&case.pipeline.account, &case.pipeline.region);
        let mut logged = Self::default();
        let own = snapshot.trails(account);
        if own.known().is_none_or(|trails| !trails.is_whole(region)) {
            let command = own
                .command()
                .map_or_else(|| format!("aws cloudtrail describe-trails --region {region}"), str::to_owned);
            logged.miss(format!("the trails of account {account}"), Some(command));
        }
        let mut trails: BTreeMap<String, Trail> = BTreeMap::new();
        let organization = snapshot.organization().org_id(account);
        for other in snapshot.accounts() {
            let of_organization =
                organization.is_some() && snapshot.organization().org_id(&other.id) == organization;
            let Told::Known { value, .. } = snapshot.trails(&other.id) else { continue };
            for trail in value.of_region(region) {
                if other.id == *account || (of_organization && trail.facts.is_organization_trail) {
                    trails.insert(trail.facts.arn.clone(), trail.clone());
                }
            }
        }
        for trail in trails.into_values() {
            logged.add(case, &trail);
        }
        logged
    }

    fn miss(&mut self, what: String, command: Option<String>) {
        self.missing.push(Untold { what, command });
    }

    fn add(&mut self, case: &Case<'_>, trail: &Trail) {
        let arn = &trail.facts.arn;
        let Some(logs) = trail.is_logging.known() else {
            return self.miss(format!("whether {arn} logs"), trail.is_logging.command().map(str::to_owned));
        };
        let Some(selectors) = trail.selectors.known() else {
            return self.miss(format!("what {arn} logs"), trail.selectors.command().map(str::to_owned));
        };
        let Some(name) = trail.facts.bucket.as_ref().filter(|_| *logs && takes_approvals(selectors)) else {
            return;
        };
        let bucket = format!("arn:{}:s3:::{name}", case.pipeline.partition());
        let prefix = trail.facts.prefix.as_ref().map(|prefix| format!("{prefix}/")).unwrap_or_default();
        let files = format!("{bucket}/{prefix}AWSLogs/*");
        let key = trail.facts.key.clone();
        for (resource, command) in [
            (Some(&bucket), "s3api get-bucket-policy --bucket"),
            (key.as_ref(), "kms get-key-policy --key-id"),
        ] {
            if let Some(resource) = resource.filter(|arn| case.estate.snapshot.resource(arn).is_none()) {
                let named = resource
                    .strip_prefix(&format!("arn:{}:s3:::", case.pipeline.partition()))
                    .unwrap_or(resource);
                return self.miss(
                    format!("the policy of {resource}, to which {arn} writes"),
                    Some(format!("aws {command} {named}")),
                );
            }
        }
        self.logs.push(Log { trail: arn.clone(), bucket, files, key });
    }
}

/// Whether every approval is among what a trail logs. Errs towards no.
fn takes_approvals(selectors: &Selectors) -> bool {
    let basic = |one: &EventSelector| {
        let kind = one.read_write_type.as_deref().unwrap_or("All");
        one.include_management_events
            && kind != "ReadOnly"
            && !one
                .exclude_management_event_sources
                .iter()
                .any(|source| source == "codepipeline.amazonaws.com")
    };
    let advanced = |one: &AdvancedSelector| one.field_selectors.iter().all(takes);
    selectors.event_selectors.iter().any(basic) || selectors.advanced_event_selectors.iter().any(advanced)
}

fn takes(selector: &FieldSelector) -> bool {
    let Some((_, value)) = EVENT.iter().find(|(field, _)| *field == selector.field) else { return false };
    let one_of = |texts: &[String], fits: fn(&str, &str) -> bool| {
        texts.is_empty() || texts.iter().any(|text| fits(value, text))
    };
    let none_of =
        |texts: &[String], fits: fn(&str, &str) -> bool| !texts.iter().any(|text| fits(value, text));
    let equal: fn(&str, &str) -> bool = |value, text| value == text;
    let begins: fn(&str, &str) -> bool = |value, text| value.starts_with(text);
    let ends: fn(&str, &str) -> bool = |value, text| value.ends_with(text);
    one_of(&selector.equals, equal)
        && one_of(&selector.starts_with, begins)
        && one_of(&selector.ends_with, ends)
        && none_of(&selector.not_equals, equal)
        && none_of(&selector.not_starts_with, begins)
        && none_of(&selector.not_ends_with, ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes_in(json: serde_json::Value) -> bool {
        takes_approvals(&serde_json::from_value(json).unwrap())
    }

    fn advanced(fields: serde_json::Value) -> bool {
        takes_in(serde_json::json!({"AdvancedEventSelectors": [{"FieldSelectors": fields}]}))
    }

    #[test]
    fn basic_selectors() {
        let basic = |one| takes_in(serde_json::json!({"EventSelectors": [one]}));
        assert!(basic(serde_json::json!({})));
        assert!(basic(
            serde_json::json!({"ReadWriteType": "WriteOnly", "ExcludeManagementEventSources": ["kms.amazonaws.com"]})
        ));
        assert!(!basic(serde_json::json!({"ReadWriteType": "ReadOnly"})));
        assert!(!basic(serde_json::json!({"IncludeManagementEvents": false})));
    }

    #[test]
    fn advanced_selectors() {
        let management = || serde_json::json!({"Field": "eventCategory", "Equals": ["Management"]});
        assert!(advanced(serde_json::json!([management()])));
        assert!(advanced(serde_json::json!([management(), {"Field": "readOnly", "Equals": ["false"]},
            {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}])));
        assert!(!advanced(serde_json::json!([management(), {"Field": "readOnly", "Equals": ["true"]}])));
        assert!(!advanced(
            serde_json::json!([management(), {"Field": "eventSource", "NotStartsWith": ["code"]}])
        ));
        assert!(!advanced(serde_json::json!([{"Field": "eventCategory", "Equals": ["Data"]}])));
        assert!(!advanced(
            serde_json::json!([management(), {"Field": "userIdentity.arn", "NotEquals": ["x"]}])
        ));
    }
}
