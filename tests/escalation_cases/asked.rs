//! One variant asked about, and what is wrong with the answer.

use super::format::Verdict as Expected;
use super::short_forms::{expand, request};
use super::snapshot::files;
use super::variants::Variant;
use gateproof::ask::{CrossCheck, Environments, Estate, EstateOptions, Settings};
use gateproof::certificate::{ReachQuestion, SnapshotDigest, export_invariants, verify_invariants_loaded};
use gateproof::escalation::{EscalationSettings, ReachAnswer, Target};
use gateproof::question::{Answer, Requests, Selector, Verdict};
use gateproof_encodings::primitive::{Primitive, embedded};
use std::collections::BTreeSet;

/// What is wrong, if anything.
pub fn complaint(variant: &Variant) -> Option<String> {
    let folder = files(&variant.world);
    let estate = Estate::load(folder.path(), EstateOptions::default()).unwrap();
    if let [problem, ..] = estate.snapshot.problems() {
        return Some(format!("{}\n  {problem:?}", variant.name));
    }
    let found = if variant.target == "edge" { by_edge(&estate, variant) } else { by_reach(&estate, variant) };
    let expected = match variant.expected {
        Expected::Reachable => by_chain(variant, variant.chain.iter().map(String::as_str).collect()),
        Expected::Impossible => "impossible".to_owned(),
        Expected::Undecided => "undecided".to_owned(),
    };
    (found.split(':').next() != Some(&expected))
        .then(|| format!("{}\n  expected {expected}\n  found    {found}", variant.name))
}

fn settings(variant: &Variant) -> EscalationSettings {
    let all = embedded().unwrap();
    assert!(variant.except.iter().all(|id| all.iter().any(|p| p.id == *id)), "{}", variant.name);
    EscalationSettings {
        ask: Settings { cross_check: CrossCheck::Never, ..Settings::default() },
        primitives: all.iter().filter(|p| !variant.except.contains(&p.id)).cloned().collect(),
        chains: 1,
        all_paths: false,
        for_anyone: false,
    }
}

/// Who starts; principals of other accounts than the first are named by ARN.
fn from(variant: &Variant) -> Selector {
    let text = &variant.from;
    let elsewhere = text.starts_with("B:") || text.starts_with("M:");
    let text = if elsewhere { expand(text) } else { text.clone() };
    variant.world.placed(&text).parse().unwrap_or_else(|e| panic!("{}: {e}", variant.name))
}

/// Whether the attacker has an edge of the technique.
fn by_edge(estate: &Estate, variant: &Variant) -> String {
    let from = from(variant);
    let asked = estate.edges(&settings(variant));
    let of_attacker = asked.iter().filter(|e| match &from {
        Selector::User(name) => e.from.ends_with(&format!(":user/{name}")),
        Selector::Role(name) => e.from.ends_with(&format!(":role/{name}")),
        Selector::Arn(arn) => *e.from == **arn,
        _ => panic!("{}: edges are those of users and roles", variant.name),
    });
    let mut edges = of_attacker.filter(|e| e.technique == variant.technique);
    match edges.next() {
        None => "impossible".to_owned(),
        Some(edge) if edge.undecided.is_some() => format!("undecided: {:?}", edge.undecided),
        Some(edge) => {
            assert!(!edge.requests.is_empty(), "{}: an edge without requests", variant.name);
            format!("reachable by {}", edge.technique)
        }
    }
}

fn by_reach(estate: &Estate, variant: &Variant) -> String {
    let from = from(variant);
    let when: Vec<_> = variant.when.iter().map(|w| w.parse().unwrap()).collect();
    let target = target(variant, &variant.target);
    let from = [from];
    let settings = settings(variant);
    match estate.reach(&from, &when, &target, &settings) {
        Ok(answer) => {
            let (environments, missing, rules) = (Environments::default(), estate.missing, estate.rules);
            let question = ReachQuestion::new(&from, &when, &target, &environments, missing, rules);
            uncertified(estate, &settings.primitives, question, &answer)
                .unwrap_or_else(|| told(variant, &answer.overall))
        }
        Err(error) => format!("error: {error}"),
    }
}

/// What is to be reached: `ACTION on RESOURCE`, `controls SELECTOR`, `administrator ACCOUNT`, `reads ARN`, or several with `or`.
fn target(variant: &Variant, text: &str) -> Target {
    if text.contains(" or ") {
        return Target::AnyOf(text.split(" or ").map(|one| target(variant, one)).collect());
    }
    match text.split_once(' ') {
        Some(("controls", selector)) => Target::Controls(vec![selector.parse().unwrap()]),
        Some(("administrator", account)) => Target::Administers(vec![account.parse().unwrap()]),
        Some(("reads", arn)) => Target::Reads(vec![variant.world.placed(&expand(arn))]),
        _ => {
            let (actions, resources) = request(text);
            let resources = resources.iter().map(|r| variant.world.placed(r)).collect();
            Target::Access(Requests { actions, resources, ..Requests::default() })
        }
    }
}

/// Why an *impossible* is not backed by a certificate that is accepted.
fn uncertified(
    estate: &Estate,
    primitives: &[Primitive],
    question: ReachQuestion,
    answer: &ReachAnswer,
) -> Option<String> {
    let nowhere = SnapshotDigest { digest: String::new(), files: 0 };
    match export_invariants(estate, primitives, question, nowhere, &answer.invariants) {
        Ok(None) => None,
        Ok(Some(certificate)) => match verify_invariants_loaded(&certificate, primitives, estate) {
            Ok(_) => None,
            Err(error) => Some(format!("a certificate that is refused: {error}")),
        },
        Err(error) => Some(format!("impossible without a certificate: {error}")),
    }
}

/// The chain's techniques; in the order of their names, where any order will do.
fn by_chain(variant: &Variant, mut chain: Vec<&str>) -> String {
    if variant.unordered {
        chain.sort_unstable();
    }
    format!("reachable by {}", chain.join(", "))
}

/// Whether something is left out of a command of the AWS CLI.
fn is_unfinished(command: &str) -> bool {
    let called = command.strip_prefix("# ").unwrap_or(command);
    called.contains("${") || called.contains(" ''") || called.contains(" '*'") || called.contains("$payload")
}

/// What is made once more under a name that it has already, unless the answer says that the first is deleted before.
fn made_twice(answer: &Answer) -> Option<&str> {
    // Of these an object may have several.
    const OF_AN_OBJECT: [&str; 4] = [
        "iam:CreateAccessKey",
        "iam:CreatePolicyVersion",
        "iam:CreateServiceSpecificCredential",
        "kms:CreateGrant",
    ];
    let mut seen = BTreeSet::new();
    let steps = answer.witness.iter().flat_map(|w| &w.steps);
    let mut making = steps.filter(|step| {
        step.action.contains(":Create")
            && !step.resource.contains('*')
            && !OF_AN_OBJECT.contains(&&*step.action)
    });
    let twice = making.find(|step| !seen.insert((&*step.action, &*step.resource)))?;
    let said =
        answer.assumptions.iter().any(|a| a.contains("is deleted before") && a.contains(&*twice.resource));
    (!said).then_some(&*twice.resource)
}

fn told(variant: &Variant, answer: &Answer) -> String {
    match answer.verdict {
        Verdict::Reachable => {
            let steps = answer.witness.iter().flat_map(|w| &w.steps);
            let gaining = steps.filter(|s| s.gains.is_some());
            let mut commands = answer.witness.iter().flat_map(|w| &w.aws_cli);
            if let Some(command) = commands.find(|command| is_unfinished(command)) {
                return format!("reachable with a command that can't be made: {command}");
            }
            if let Some(made) = made_twice(answer) {
                return format!("reachable though it makes {made} twice");
            }
            by_chain(variant, gaining.filter_map(|s| s.technique.as_deref()).collect())
        }
        Verdict::Impossible if answer.proof.is_none() => "impossible without a proof".to_owned(),
        Verdict::Impossible => "impossible".to_owned(),
        Verdict::Undecided => {
            let why = answer.undecided.as_ref();
            format!("undecided: {}", why.map(|u| format!("{} at {}", u.reason, u.place)).unwrap_or_default())
        }
    }
}
