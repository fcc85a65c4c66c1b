//! Every principal of the example organization and its twin.

use super::by_documents;
use super::random::Random;
use gateproof::ask::{Agreement, CrossCheck, Effective, Estate, EstateOptions, Extent, Settings};
use gateproof::question::answer::ContextText;
use gateproof::question::{Selector, Step};
use gateproof_model::evaluator::Outcome;
use gateproof_model::policy::{Condition, Document, Operand};
use gateproof_model::request::ContextValue;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Principals that can do more than this are looked at in these services only.
const WIDE: [&str; 14] = [
    "s3",
    "kms",
    "sqs",
    "sns",
    "secretsmanager",
    "iam",
    "sts",
    "lambda",
    "codepipeline",
    "codebuild",
    "ec2",
    "logs",
    "ecr",
    "organizations",
];
const SAMPLES: usize = 240;

fn load(twin: &str) -> Estate {
    Estate::load(&Path::new("corpus/snapshots").join(twin), EstateOptions::default()).unwrap()
}

fn settings() -> Settings {
    Settings { cross_check: CrossCheck::Never, ..Settings::default() }
}

/// The answer about one principal.
fn ask(estate: &Estate, id: &str) -> Effective {
    let caller = estate.callers().find(|c| &*c.id == id).unwrap();
    let wide = id.ends_with(":root")
        || caller
            .policies
            .identity
            .iter()
            .flat_map(|d| &d.statements)
            .any(|s| s.action.negated || s.action.patterns.iter().any(|p| &*p.text == "*"));
    let services = if wide { WIDE.map(str::to_owned).to_vec() } else { Vec::new() };
    let extent = Extent { services, ..Extent::default() };
    let selector = Selector::Arn(id.to_owned());
    estate.what_can(&[selector], &extent, &settings()).unwrap().remove(0)
}

/// Keys that the conditions of the policies name, with values on both sides of them.
fn keys<'d>(documents: impl Iterator<Item = &'d Arc<Document>>) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for condition in documents.flat_map(|d| &d.statements).flat_map(|s| &s.conditions) {
        let values = keys.entry(condition.key_text.to_string()).or_default();
        values.extend(values_of(condition));
    }
    keys
}

fn values_of(condition: &Condition) -> Vec<String> {
    let mut values = vec!["another".to_owned()];
    for operand in &condition.operands {
        match operand {
            Operand::Text(pattern) => values.push(pattern.text.replace(['*', '?'], "x")),
            Operand::Flag(_) => values = vec!["true".to_owned(), "false".to_owned()],
            Operand::Point(_) => values.extend(["60".to_owned(), "9000".to_owned()]),
            _ => {}
        }
    }
    values
}

struct Sampler<'e> {
    estate: &'e Estate,
    random: Random,
    actions: Vec<String>,
    keys: BTreeMap<String, BTreeSet<String>>,
    account: String,
    patterns: Vec<String>,
}

impl Sampler<'_> {
    /// An action on a resource that AWS could check it against; `None` where none came up.
    fn action_and_resource(&mut self) -> Option<(String, String)> {
        let name = self.actions[self.random.below(self.actions.len())].clone();
        let action = self.estate.catalogue.find_action(&name)?;
        let mut resources: Vec<String> = vec!["*".to_owned()];
        resources.extend(self.patterns.iter().map(|p| p.replace('*', "x").replace('?', "y")));
        for known in self.estate.snapshot.resources() {
            resources.extend([known.arn.to_string(), format!("{}/x", known.arn)]);
        }
        if action.service() == "sts" || action.service() == "iam" {
            resources.extend(self.estate.snapshot.principals().iter().map(|p| p.arn.to_string()));
        }
        for format in action.resource_types().flat_map(|t| t.resource_type.arn_formats()) {
            let filled = format.replace("${Partition}", "aws").replace("${Region}", "us-east-1");
            let mut text = String::new();
            let filled = filled.replace("${Account}", &self.account);
            for (n, part) in filled.split("${").enumerate() {
                text.push_str(if n == 0 { part } else { part.split_once('}').map_or("", |(_, t)| t) });
                if n + 1 < filled.split("${").count() {
                    text.push_str("acme-sample");
                }
            }
            resources.push(text);
        }
        resources.retain(|resource| action.accepts_resource(resource) && self.is_a_case(&name, resource));
        if resources.is_empty() {
            return None;
        }
        let chosen = resources[self.random.below(resources.len())].clone();
        Some((name, chosen))
    }

    /// The documents are about known resources and those of the principal's own account; roles are assumed by name.
    fn is_a_case(&self, action: &str, resource: &str) -> bool {
        let snapshot = &self.estate.snapshot;
        let assume = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"];
        if action.starts_with("sts:AssumeRole") || assume.contains(&action) {
            return snapshot.principal(resource).is_some();
        }
        let named = resource.split(':').nth(4).unwrap_or_default();
        named.is_empty() || named == self.account || snapshot.governing_resource(resource).is_some()
    }

    fn context(&mut self, action: &str) -> Vec<(String, ContextValue)> {
        let info = self.estate.catalogue.find_action(action).unwrap();
        let r = &mut self.random;
        let region = r.word(&["us-east-1", "eu-west-1", "ap-south-1"]);
        let mut context = vec![
            ("aws:RequestedRegion".to_owned(), ContextValue::Single(region.to_owned())),
            (
                "aws:SecureTransport".to_owned(),
                ContextValue::Single(r.word(&["true", "true", "false"]).to_owned()),
            ),
        ];
        for (key, values) in &self.keys {
            let lower = key.to_ascii_lowercase();
            // Fixed by who calls and what is called, or tied to other keys.
            let fixed = lower.starts_with("aws:principal")
                || lower.starts_with("aws:resource")
                || lower.starts_with("aws:multifactor")
                || lower.starts_with("aws:source")
                || lower.starts_with("aws:calledvia")
                || lower.starts_with("iam:resourcetag")
                || [
                    "aws:viaawsservice",
                    "aws:requestedregion",
                    "aws:securetransport",
                    "aws:username",
                    "aws:userid",
                ]
                .contains(&lower.as_str());
            if fixed || !info.support(key).is_possible() || !r.percent(60) {
                continue;
            }
            let values: Vec<&String> = values.iter().collect();
            let value = values[r.below(values.len())].clone();
            let many = self.estate.catalogue.key_type(key).is_some_and(|t| t.multivalued);
            let value = if many { ContextValue::List(vec![value]) } else { ContextValue::Single(value) };
            context.push((key.clone(), value));
        }
        context
    }
}

/// Allowed and denied requests compared, and the first that differs.
fn sampled(estate: &Estate, answer: &Effective, seed: u64) -> (usize, usize) {
    let caller = estate.callers().find(|c| c.id == answer.id).unwrap();
    let unsettled: BTreeSet<&str> =
        answer.actions.iter().filter(|a| a.agreement != Agreement::Exact).map(|a| a.name.as_str()).collect();
    let own: Vec<String> = answer.actions.iter().map(|a| a.name.clone()).collect();
    // Near misses: the other actions of the same services.
    let services: BTreeSet<&str> = own.iter().filter_map(|a| a.split_once(':')).map(|(s, _)| s).collect();
    let near = services.iter().flat_map(|s| estate.catalogue.service_actions(s)).map(|a| a.name().to_owned());
    let mut actions: Vec<String> = near.collect();
    for _ in 0..3 {
        actions.extend(own.iter().cloned());
    }
    actions.retain(|a| {
        !unsettled.contains(a.as_str()) && a != "sts:GetCallerIdentity" && a != "sts:GetSessionToken"
    });
    if actions.is_empty() || answer.agreement == Agreement::Undecided && own.is_empty() {
        return (0, 0);
    }
    let resource_policies = estate.snapshot.resources().iter().filter_map(|r| r.policy.as_ref());
    let policies = &caller.policies;
    let all = policies.identity.iter().chain(policies.boundary.iter().flatten());
    let keys = keys(all.chain(policies.scps.iter().flatten()).chain(resource_policies));
    let mut patterns: Vec<String> = answer.rows.iter().flat_map(|r| r.resources.clone()).collect();
    let identity = policies.identity.iter().flat_map(|d| &d.statements).filter_map(|s| s.resource.as_ref());
    patterns.extend(identity.flat_map(|c| &c.patterns).map(|p| p.text.to_string()));
    patterns.retain(|p| !p.contains("${"));
    let account = answer.account.as_deref().unwrap().to_owned();
    let mut sampler = Sampler { estate, random: Random(seed), actions, keys, account, patterns };
    let (mut allowed, mut denied) = (0, 0);
    for _ in 0..SAMPLES {
        let Some((action, resource)) = sampler.action_and_resource() else { continue };
        let context = sampler.context(&action);
        let explained = estate.explain(&answer.id, &action, &resource, &context).unwrap();
        if explained.decision.assumed.iter().any(|(name, _)| name.contains("unreadable")) {
            continue;
        }
        let truth = explained.decision.outcome == Outcome::Allowed;
        let derived = by_documents(estate, answer, &explained.request);
        assert_eq!(
            truth, derived,
            "{}: the policies {:?}, the documents {derived}: {:#?}\n{}\n{}",
            answer.id, explained.decision, explained.request, answer.policy, answer.beyond
        );
        if truth { allowed += 1 } else { denied += 1 }
    }
    (allowed, denied)
}

/// The witness decided once more, from what is printed of it.
fn is_allowed(estate: &Estate, id: &str, step: &Step) -> bool {
    let mut context: Vec<(String, ContextValue)> = Vec::new();
    for (key, value) in &step.session {
        context.extend(value.iter().map(|v| (key.clone(), ContextValue::Single(v.clone()))));
    }
    for (key, value) in &step.context {
        let value = match value {
            ContextText::One(text) => ContextValue::Single(text.clone()),
            ContextText::Many(texts) => ContextValue::List(texts.clone()),
        };
        context.push((key.clone(), value));
    }
    let explained = estate.explain(id, &step.action, &step.resource, &context).unwrap();
    explained.decision.outcome == Outcome::Allowed
}

fn check(twin: &str) {
    let estate = load(twin);
    let ids: Vec<Arc<str>> = estate.callers().map(|c| c.id.clone()).collect();
    let counts: Vec<(usize, usize, bool)> = ids
        .par_iter()
        .enumerate()
        .map(|(n, id)| {
            let answer = ask(&estate, id);
            let exact = answer.agreement == Agreement::Exact;
            // No label without proofs in both directions, none beside a request to the contrary.
            let p = answer.proofs;
            let proved = p.asked > 0 && p.refuted + p.taken_apart == p.asked && p.parts_refuted == p.parts;
            assert!(p.asked.is_multiple_of(2) && (!exact || proved), "{id}: {p:?}");
            assert!(!exact || answer.differences.is_empty() && answer.undecided.is_empty(), "{id}");
            assert_eq!(answer.documents.len(), 2, "{id}: {} {}", answer.policy, answer.beyond);
            let settled = answer.actions.iter().filter(|a| a.agreement == Agreement::Exact);
            for (_, action) in settled.enumerate().filter(|(i, _)| i % 7 == 0) {
                let witness = action.witness.as_ref();
                assert!(
                    witness.is_some_and(|w| is_allowed(&estate, id, w)),
                    "{id}: {}: {witness:?}",
                    action.name
                );
            }
            let (allowed, denied) = sampled(&estate, &answer, 0x5EED + n as u64);
            (allowed, denied, exact)
        })
        .collect();
    let allowed: usize = counts.iter().map(|c| c.0).sum();
    let denied: usize = counts.iter().map(|c| c.1).sum();
    let thin = ids.iter().zip(&counts).filter(|(_, c)| c.0 + c.1 < 200).count();
    let exact = counts.iter().filter(|c| c.2).count();
    assert!(allowed > 2_000 && denied > 2_000, "{allowed} allowed, {denied} denied");
    assert!(thin * 10 < ids.len(), "{thin} of {} principals with fewer than 200 requests", ids.len());
    assert!(exact * 2 > ids.len(), "{exact} of {} exact", ids.len());
}

#[test]
fn documents_agree_with_the_policies_of_the_example_organization() {
    check("acme");
}

#[test]
fn documents_agree_with_the_policies_of_its_fixed_twin() {
    check("acme-fixed");
}
