//! CP-OBS-3: people are told where they can look it up.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use crate::pipelines::Untold;
use gateproof_model::configuration::Told;
use gateproof_model::configuration::notifications::{ListedRule, NotificationRule, NotificationTarget};

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-OBS-3",
    title: "a notification rule tells a chat channel, by a topic for pipelines only",
    reason: "e-mail is nobody's record: it can't be searched by others, and goes with whoever got it",
    severity: Severity::Low,
    reads: &[
        "codestar-notifications list-notification-rules, describe-notification-rule",
        "sns list-subscriptions-by-topic: Subscriptions[].Protocol",
        "chatbot describe-slack-channel-configurations, list-microsoft-teams-channel-configurations, describe-chime-webhook-configurations",
    ],
    decides: "an enabled rule for the pipeline has a target that is a chat channel, or a topic that a chat channel or an `https` endpoint gets; of each topic that is a target: not only e-mail gets it, and no rule for something else than a pipeline sends to it",
    remedy: "make a topic for pipelines, let the chat channel subscribe to it, and make it the target of the rule",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let (account, region, arn) =
        (case.pipeline.account.clone(), case.pipeline.region.clone(), case.pipeline.arn.clone());
    let told = case.estate.snapshot.notification_rules(&account, &region);
    let Some(rules) = case.told("the notifications", "the list of notification rules", told) else {
        return Ok(());
    };
    let rules = rules.unwrap_or_default();
    let mut missing = missing_of(&rules);
    let is_own = |rule: &&NotificationRule| {
        rule.resource.as_deref() == Some(&*arn) && rule.status.as_deref() == Some("ENABLED")
    };
    let own: Vec<&NotificationRule> =
        rules.iter().filter_map(|rule| rule.rule.known()).filter(is_own).collect();
    let mut chat = None;
    for target in own.iter().flat_map(|rule| &rule.targets) {
        match reaches_chat(case, target) {
            Ok(true) => chat = target.target_address.clone().or(chat),
            Ok(false) => {}
            Err(untold) => missing.extend(untold),
        }
        if target.target_type.as_deref() == Some("SNS") {
            of_topic(case, target.target_address.as_deref().unwrap_or_default(), &rules);
        }
    }
    let fields: Vec<Field> = own.iter().flat_map(|rule| &rule.targets).map(field_of).collect();
    match chat {
        Some(chat) => {
            let evidence = vec![Evidence::Fields(fields)];
            case.holds(
                "the notifications",
                format!("people are told in a chat channel, by {chat}"),
                evidence,
            );
        }
        None if !missing.is_empty() => {
            case.unknown(
                "the notifications",
                "whether people are told in a chat channel is not told",
                missing,
            );
        }
        None => {
            let message = match own.is_empty() {
                true => "no enabled notification rule is for the pipeline",
                false => "no target of the pipeline's notification rules is a chat channel, or comes to one",
            };
            case.violated(("the notifications", ""), message, vec![Evidence::Fields(fields)]);
        }
    }
    Ok(())
}

fn missing_of(rules: &[ListedRule]) -> Vec<Untold> {
    let untold = rules.iter().filter_map(|rule| Some((rule, rule.rule.command()?)));
    let missing = untold.map(|(rule, command)| Untold {
        what: format!("the notification rule {}", rule.arn),
        command: Some(command.to_owned()),
    });
    missing.collect()
}

fn field_of(target: &NotificationTarget) -> Field {
    let kind = target.target_type.clone().unwrap_or_default();
    Field { name: format!("Targets[].{kind}"), value: target.target_address.clone() }
}

/// Whether what a target is told comes to a chat channel or to an endpoint of some system; the error says what isn't told.
fn reaches_chat(case: &Case<'_>, target: &NotificationTarget) -> Result<bool, Vec<Untold>> {
    if target.target_status.as_deref().is_some_and(|status| status != "ACTIVE") {
        return Ok(false);
    }
    let Some(address) = target.target_address.as_deref() else { return Ok(false) };
    if target.target_type.as_deref() != Some("SNS") {
        return Ok(true);
    }
    let account = gateproof_model::arn::Arn::parse(address).map_or("", |arn| arn.account);
    let channels = case.estate.snapshot.chatbot_topics(account);
    if channels.tell(address) {
        return Ok(true);
    }
    let subscriptions = case.estate.snapshot.topic_subscriptions(address);
    let confirmed = |arn: &Option<String>| arn.as_deref().is_none_or(|arn| arn.starts_with("arn:"));
    let https = subscriptions.known().into_iter().flatten();
    if https.into_iter().any(|one| one.protocol == "https" && confirmed(&one.subscription_arn)) {
        return Ok(true);
    }
    let mut missing: Vec<Untold> = channels
        .unread
        .iter()
        .map(|gap| Untold {
            what: format!("chat channels of account {account}"),
            command: Some(gap.command.clone()),
        })
        .collect();
    missing.extend(subscriptions.command().map(|command| Untold {
        what: format!("who subscribes to {address}"),
        command: Some(command.to_owned()),
    }));
    if missing.is_empty() { Ok(false) } else { Err(missing) }
}

/// A topic of a rule is for pipelines only, and not only e-mail gets it.
fn of_topic(case: &mut Case<'_>, topic: &str, rules: &[ListedRule]) {
    if case.findings.iter().any(|finding| finding.subject == topic) {
        return;
    }
    let is_pipeline = |resource: &str| {
        gateproof_model::arn::Arn::parse(resource).is_some_and(|arn| arn.service == "codepipeline")
    };
    let others = rules.iter().filter_map(|rule| rule.rule.known()).filter(|rule| {
        let sends = rule.targets.iter().any(|target| target.target_address.as_deref() == Some(topic));
        sends && rule.resource.as_deref().is_some_and(|resource| !is_pipeline(resource))
    });
    let fields: Vec<Field> =
        others.map(|rule| Field { name: "Resource".to_owned(), value: rule.resource.clone() }).collect();
    if !fields.is_empty() {
        let message = "the topic is told of other things than pipelines, too";
        return case.violated((topic, "shared"), message, vec![Evidence::Fields(fields)]);
    }
    let told = case.estate.snapshot.topic_subscriptions(topic);
    let mail = match &told {
        Told::Known { value, .. } => {
            !value.is_empty() && value.iter().all(|one| one.protocol.starts_with("email"))
        }
        _ => false,
    };
    let Some(subscriptions) = case.told(topic, "who subscribes to the topic", told) else { return };
    let protocols = subscriptions.unwrap_or_default();
    let evidence =
        vec![Evidence::Fields(protocols.iter().map(|one| Field::of("Protocol", &one.protocol)).collect())];
    if mail {
        case.violated((topic, "mail"), "only e-mail gets what the topic is told", evidence);
    } else {
        case.holds(topic, "the topic is for pipelines only, and not for e-mail alone", evidence);
    }
}
