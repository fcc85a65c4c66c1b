//! The tool's answer beside that of brute force.

use super::brute::{reaches, replays, shortest};
use super::moves::Move;
use super::reference::Reference;
use super::snapshot;
use super::world::{ADMINISTRATOR, Target, World, name_of};
use gateproof::ask::{CrossCheck, Estate, EstateOptions, Settings};
use gateproof::escalation::{EscalationSettings, Fact, Target as Asked};
use gateproof::question::{Requests, Selector, Step, Verdict};
use gateproof_encodings::primitive::{Primitive, embedded};
use std::collections::BTreeSet;
use tempfile::TempDir;

/// The primitives that brute force knows.
pub const KNOWN: [&str; 42] = [
    "codebuild.new-project",
    "codebuild.start-build",
    "iam.add-user-to-group",
    "iam.attach-group-policy",
    "iam.attach-new-group-policy",
    "iam.attach-new-role-policy",
    "iam.attach-new-user-policy",
    "iam.attach-role-policy",
    "iam.attach-user-policy",
    "iam.create-access-key",
    "iam.create-login-profile",
    "iam.create-policy-version",
    "iam.delete-group-policy",
    "iam.delete-role-permissions-boundary",
    "iam.delete-role-policy",
    "iam.delete-user-permissions-boundary",
    "iam.delete-user-policy",
    "iam.detach-group-policy",
    "iam.detach-role-policy",
    "iam.detach-user-policy",
    "iam.enable-mfa-device",
    "iam.put-group-policy",
    "iam.put-new-role-permissions-boundary",
    "iam.put-new-user-permissions-boundary",
    "iam.put-role-permissions-boundary",
    "iam.put-role-policy",
    "iam.put-user-permissions-boundary",
    "iam.put-user-policy",
    "iam.remove-user-from-group",
    "iam.set-default-policy-version",
    "iam.tag-role",
    "iam.tag-user",
    "iam.update-assume-role-policy",
    "kms.create-grant",
    "kms.put-key-policy",
    "lambda.new-function",
    "lambda.update-function-code",
    "lambda.update-function-role",
    "organizations.leave",
    "s3.put-bucket-policy",
    "sts.assume-role",
    "sts.assume-role-with-tags",
];

/// How many states are looked at before a world is given up as too large.
const MOST_TO_REACH: usize = 1_000;
const MOST_TO_SHORTEN: usize = 3_000;

/// What became of one world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Both say reachable: the techniques of the tool's chain, and whether brute force could tell that none is shorter.
    Reachable { chain: Vec<String>, settled: bool },
    /// Both say impossible; and whether the tool says so of whoever is in some accounts.
    Impossible { for_anyone: bool },
    /// The tool does not know; brute force may.
    Undecided { reaches: Option<bool>, reason: String },
    /// Too large for brute force.
    Large,
    /// They differ.
    Wrong(String),
}

pub fn primitives() -> Vec<Primitive> {
    let all = embedded().unwrap();
    KNOWN
        .map(|id| all.iter().find(|p| p.id == id).unwrap_or_else(|| panic!("no primitive {id}")).clone())
        .to_vec()
}

/// The estate of a world, and its files, parts of which are read when they are asked about.
fn estate(world: &World) -> (Estate, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    snapshot::write(world, folder.path());
    let estate = Estate::load(folder.path(), EstateOptions::default()).unwrap();
    let serious: Vec<_> = estate.snapshot.problems().iter().filter(|p| !p.warning).collect();
    assert!(serious.is_empty(), "{serious:?}");
    (estate, folder)
}

/// Every step of every principal: with what is decided of one object carried over to those that are alike, and asked
/// about object by object.
pub fn edges_both_ways(world: &World) -> [BTreeSet<String>; 2] {
    let (estate, _folder) = estate(world);
    [false, true].map(|exhaustive| {
        let mut settings = settings();
        settings.ask.exhaustive = exhaustive;
        let edges = estate.edges(&settings).into_iter();
        let told = edges
            .map(|e| format!("{} {} {:?} {} {}", e.from, e.technique, e.to, e.gains, e.undecided.is_some()));
        told.collect()
    })
}

/// What the tool says: the verdict, the steps of its chain, whether one of fewer is not ruled out, and why it is undecided.
/// What the tool says of a world.
struct Said {
    verdict: Verdict,
    steps: Vec<Step>,
    may_be_shorter: bool,
    reason: String,
    for_anyone: bool,
}

fn ask(world: &World, settings: &EscalationSettings) -> Said {
    let (estate, _folder) = estate(world);
    let target = match &world.target {
        Target::Access { action, resource } => Asked::Access(Requests {
            actions: vec![(*action).to_owned()],
            resources: vec![resource.clone()],
            ..Requests::default()
        }),
        Target::Controls(principal) => Asked::Controls(vec![selector(&world.arn(*principal))]),
    };
    let when = match world.device {
        None => Vec::new(),
        Some(true) => vec!["aws:MultiFactorAuthPresent=true".parse().unwrap()],
        Some(false) => vec!["aws:MultiFactorAuthPresent!=true".parse().unwrap()],
    };
    let answer = estate.reach(&[selector(&world.arn(world.start))], &when, &target, settings).unwrap();
    let witness = answer.overall.witness.map(|w| (w.steps, w.may_be_shorter));
    let (steps, may_be_shorter) = witness.unwrap_or_default();
    let reason = answer.overall.undecided.map(|u| format!("{} ({})", u.reason, u.place)).unwrap_or_default();
    let facts = answer.invariants.iter().flatten().flat_map(|invariant| &invariant.facts);
    let for_anyone = facts.clone().any(|fact| matches!(fact, Fact::Anything(_)));
    Said { verdict: answer.overall.verdict, steps, may_be_shorter, reason, for_anyone }
}

fn selector(arn: &str) -> Selector {
    arn.parse().unwrap()
}

pub fn settings() -> EscalationSettings {
    let ask = Settings { cross_check: CrossCheck::Never, ..Settings::default() };
    EscalationSettings { ask, primitives: primitives(), chains: 1, all_paths: false, for_anyone: true }
}

/// The steps of the chain, the requests of each together; the last requests meet the target and gain nothing.
fn chain_of(steps: &[Step]) -> Vec<Vec<&Step>> {
    let mut chain = vec![Vec::new()];
    for step in steps.iter().filter(|s| s.technique.is_some()) {
        chain.last_mut().unwrap().push(step);
        if step.gains.is_some() {
            chain.push(Vec::new());
        }
    }
    chain.pop();
    chain
}

/// Whether a step of brute force is the one that was printed.
fn is_printed(world: &World, printed: &[&Step], step: &Move) -> bool {
    let fits = |request: &&Step| {
        if request.action == "sts:AssumeRole" && request.caller.ends_with(".amazonaws.com") {
            return true;
        }
        let n = step.session.principal;
        let role = format!(":assumed-role/{}/", name_of(n).split_off(5));
        let by = request.caller == world.arn(n) || request.caller.contains(&role);
        let given = |key: &str| match request.context.get(key) {
            Some(gateproof::question::answer::ContextText::One(value)) => Some(value.clone()),
            _ => None,
        };
        let same = |call: &super::reference::Call| {
            let fresh = ["lambda.new-function", "codebuild.new-project", "iam.attach-new", "iam.put-new"]
                .iter()
                .any(|id| step.technique.starts_with(id));
            let on_new = fresh
                && !call.arn.contains(":role/")
                && !call.arn.contains(":user/")
                && !call.arn.contains(":group/");
            let policy = |key: &str| {
                let mine = call.context.iter().find(|(k, _)| *k == key).map(|(_, v)| v.clone());
                fresh || mine.is_none() || mine == given(key)
            };
            call.action == request.action
                && (on_new || call.arn == request.resource)
                && policy("iam:PolicyARN")
                && policy("iam:PermissionsBoundary")
        };
        by && step.calls.iter().any(same)
    };
    printed.first().and_then(|s| s.technique.as_deref()) == Some(step.technique) && printed.iter().all(fits)
}

/// Policies of AWS's that the chain or the world names.
fn aws_policies(world: &World, steps: &[Step]) -> Vec<String> {
    let mut named: BTreeSet<String> = BTreeSet::from([ADMINISTRATOR.to_owned()]);
    let text = format!("{world:?}");
    if text.contains("iam:PolicyARN") {
        named.extend(
            ["IAMFullAccess", "PowerUserAccess"].map(|name| format!("arn:aws:iam::aws:policy/{name}")),
        );
    }
    for step in steps {
        for key in ["iam:PolicyARN", "iam:PermissionsBoundary"] {
            if let Some(gateproof::question::answer::ContextText::One(arn)) = step.context.get(key)
                && arn.contains(":iam::aws:")
            {
                named.insert(arn.clone());
            }
        }
    }
    named.into_iter().collect()
}

/// What is shown of whoever is in some accounts must hold of the one who asks, too: the search that it spares says so, or doesn't know.
fn is_also_found_by_search(world: &World, settings: &EscalationSettings) -> bool {
    let ask_each = Settings { exhaustive: true, ..settings.ask.clone() };
    ask(world, &EscalationSettings { ask: ask_each, ..settings.clone() }).verdict != Verdict::Reachable
}

pub fn compare(world: &World, settings: &EscalationSettings) -> Outcome {
    let Said { verdict, steps, may_be_shorter, reason, for_anyone } = ask(world, settings);
    let reference = Reference::new(world, &aws_policies(world, &steps));
    match verdict {
        Verdict::Undecided => Outcome::Undecided { reaches: reaches(&reference, MOST_TO_REACH), reason },
        Verdict::Impossible => match reaches(&reference, MOST_TO_REACH) {
            Some(false) if for_anyone && !is_also_found_by_search(world, settings) => {
                Outcome::Wrong("impossible for anyone, and not by search".to_owned())
            }
            Some(false) => Outcome::Impossible { for_anyone },
            Some(true) => Outcome::Wrong("impossible, but it can be reached".to_owned()),
            None => Outcome::Large,
        },
        Verdict::Reachable => {
            let chain = chain_of(&steps);
            let ids: Vec<String> = chain.iter().filter_map(|p| p[0].technique.clone()).collect();
            let printed = ids.iter().map(String::as_str).zip(&chain);
            let tests: Vec<_> =
                printed.map(|(id, printed)| (id, |step: &Move| is_printed(world, printed, step))).collect();
            if let Err(at) = replays(&reference, &tests) {
                let reached = reaches(&reference, MOST_TO_REACH);
                return Outcome::Wrong(format!(
                    "{ids:?} cannot be made from step {at} on; reachable: {reached:?}"
                ));
            }
            let longest = chain.len().saturating_sub(1);
            match shortest(&reference, longest, MOST_TO_SHORTEN) {
                Some(Some(length)) if length < chain.len() && !may_be_shorter => {
                    Outcome::Wrong(format!("{ids:?} is longer than {length}"))
                }
                settled => Outcome::Reachable { chain: ids, settled: settled.is_some() && !may_be_shorter },
            }
        }
    }
}
