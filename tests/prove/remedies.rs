//! Remedies: what is to be pasted closes the finding that it was filled from, opens nothing, and leaves what is needed.

mod spoilt;

use crate::copied::copy_folder;
use crate::world::{acme, settings};
use gateproof::ask::{Estate, EstateOptions};
use gateproof::audit::remedy::{Filled, Paste, Remedy, Snippet, Values, parse_remedy};
use gateproof::audit::{Audit, CONTROLS, Finding, Judgement};
use gateproof::check::{self, DecideError, Names, Property, PropertyFile, decide};
use gateproof::config::Config;
use gateproof::prove::fix::Remedied;
use gateproof_model::json::Json;
use gateproof_model::overlay::{Holder, Overlay};
use gateproof_model::policy::Source;
use gateproof_model::policy_parse::{DocumentKind, parse_document};
use rayon::prelude::*;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A snapshot in which controls are violated.
struct World {
    snapshot: PathBuf,
    estate: Estate,
    config: Config,
}

impl World {
    /// The vulnerable twin in a folder, with lists that say that its other accounts have no pipelines.
    fn acme(folder: &Path) -> Self {
        copy_folder(&acme(), folder);
        for account in ["111111111111", "333333333333", "444444444444"] {
            let list = folder.join(format!("accounts/{account}/us-east-1/codepipeline/list-pipelines.json"));
            std::fs::create_dir_all(list.parent().unwrap()).unwrap();
            std::fs::write(list, r#"{"pipelines": []}"#).unwrap();
        }
        let estate = Estate::load(folder, EstateOptions::default()).unwrap();
        Self { snapshot: folder.to_owned(), estate, config: Config::beside(&acme(), None).unwrap() }
    }

    fn with(&self, overlay: &Overlay) -> Estate {
        Estate::load_with(&self.snapshot, overlay, EstateOptions::default()).unwrap()
    }

    fn audit(&self, estate: &Estate, control: &str, pipeline: &str) -> Audit {
        let controls: Vec<_> = CONTROLS.iter().filter(|known| known.id == control).copied().collect();
        let intent = self.config.intent().unwrap();
        Audit::of(estate, &intent, (Some(pipeline), &controls), &settings()).unwrap()
    }

    fn overlay(&self, filled: &Filled<'_>, finding: &Finding) -> Overlay {
        let read = |holder: &Holder| self.estate.document(&self.snapshot, holder);
        let outputs = |operation: (&str, &str)| self.estate.outputs(&self.snapshot, operation);
        let mut remedied = Remedied::new(&read, &outputs);
        remedied.apply(filled, finding);
        remedied.overlay()
    }
}

/// As they are in the source: the program has the same, as its own tests show.
fn remedies() -> Vec<Remedy> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/audit/remedies");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file: &PathBuf| {
        parse_remedy(file.to_str().unwrap(), &std::fs::read_to_string(file).unwrap()).unwrap()
    };
    files.iter().map(read).collect()
}

/// What a team puts in the place of what only it knows: things of the example.
fn own(values: &mut Values) {
    let own = [
        ("own_bucket", "acme-team-data-222222222222"),
        ("own_key_arn", "arn:aws:kms:us-east-1:222222222222:key/1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d"),
        ("own_role_arn", "arn:aws:iam::222222222222:role/acme-team-analytics"),
        (
            "own_signing_arn",
            "arn:aws:lambda:us-east-1:222222222222:code-signing-config:csc-0f6c334abcdea4d8b",
        ),
        ("own_channel_arn", "arn:aws:chatbot::222222222222:chat-configuration/slack-channel/releases"),
        (
            "own_connection_arn",
            "arn:aws:codeconnections:us-east-1:222222222222:connection/5f0c7a8e-3b1d-4e6f-a2c4-9d8e7f6a5b4c",
        ),
    ];
    values.extend(own.map(|(name, value)| (name, vec![json!(value)])));
    let deploys = json!({"Effect": "Allow", "Action": ["ecs:DescribeServices", "ecs:UpdateService", "ecr:DescribeImageScanFindings"], "Resource": "*"});
    values.insert("own_needs", vec![deploys]);
}

fn filled_of<'r>(snippet: &'r Snippet, audit: &Audit, finding: &Finding) -> Filled<'r> {
    let mut values = audit.words[&finding.pipeline].of_finding(finding);
    own(&mut values);
    snippet.filled(&values).unwrap_or_else(|| panic!("{}: a list where one is meant", finding.control))
}

fn violated(audit: &Audit) -> BTreeSet<&str> {
    let violated = audit.findings.iter().filter(|finding| finding.verdict == Judgement::Violated);
    violated.map(|finding| finding.fingerprint.as_str()).collect()
}

/// What the snapshot doesn't tell stays unknown where nothing is violated any more: what some providers need, and the rest of an account.
const UNKNOWN: [&str; 2] = ["CP-CFN-7", "CP-ROLE-4"];

/// A remedy of a finding, tried.
struct Trial<'t> {
    world: &'t World,
    before: &'t Audit,
    remedy: &'t Remedy,
    snippet: &'t Snippet,
    finding: &'t Finding,
    /// What is needed.
    keep: &'t [Property],
}

impl Trial<'_> {
    /// What is wrong.
    fn faults(&self) -> Vec<String> {
        let Self { world, before, snippet, finding, .. } = *self;
        let filled = filled_of(snippet, before, finding);
        let mut faults = Vec::new();
        if !filled.open.is_empty() {
            faults.push(format!("nothing fills {:?}", filled.open));
        }
        faults.extend(of_policy(&filled.paste));
        let read = |holder: &Holder| world.estate.document(&world.snapshot, holder);
        let outputs = |operation: (&str, &str)| world.estate.outputs(&world.snapshot, operation);
        let mut remedied = Remedied::new(&read, &outputs);
        remedied.apply(&filled, finding);
        if remedied.overlay().is_empty() {
            faults.push("nothing is changed".to_owned());
            return faults;
        }
        let mut estate = world.with(&remedied.overlay());
        let mut after = self.audited(&estate);
        // A store that names no key gets one, of which more can be said then: the control's other snippet follows.
        let next = self.newly(&after).next().cloned();
        if let Some(next) = next.filter(|_| finding.message.contains("names no key")) {
            let snippet = self.remedy.snippet(&next).unwrap();
            remedied.apply(&filled_of(snippet, &after, &next), &next);
            estate = world.with(&remedied.overlay());
            after = self.audited(&estate);
        }
        // A snippet about one offender leaves the others; any other is for all that is said of the subject.
        let is_one = snippet.change.to_string().contains("${offender}");
        let still = after.findings.iter().filter(|after| {
            let same = after.subject == finding.subject
                && self.remedy.snippet(after).is_some_and(|s| std::ptr::eq(s, snippet));
            after.verdict == Judgement::Violated
                && (after.fingerprint == finding.fingerprint || (same && !is_one))
        });
        faults.extend(still.map(|still| format!("still: {}", still.message)));
        faults.extend(self.newly(&after).map(|new| format!("new: {}: {}", new.subject, new.message)));
        let said = after.findings.iter().filter(|after| after.subject == finding.subject);
        let unknown = said.filter(|after| after.verdict == Judgement::Unknown);
        for unknown in unknown.filter(|_| !UNKNOWN.contains(&finding.control)) {
            faults.push(format!("unknown: {}", unknown.message));
        }
        for need in self.keep {
            if decide(need, &estate, &settings()).unwrap().judgement != check::Judgement::Holds {
                faults.push(format!("lost: {}", need.name));
            }
        }
        faults.extend(self.fault_without_the_main_statement(&filled));
        faults
    }

    /// What is violated that wasn't before.
    fn newly<'a>(&'a self, after: &'a Audit) -> impl Iterator<Item = &'a Finding> {
        let before = violated(self.before);
        let is_new = move |finding: &&Finding| {
            finding.verdict == Judgement::Violated && !before.contains(finding.fingerprint.as_str())
        };
        after.findings.iter().filter(is_new)
    }

    fn audited(&self, estate: &Estate) -> Audit {
        let pipeline = self.finding.pipeline.rsplit(':').next().unwrap();
        self.world.audit(estate, self.finding.control, pipeline)
    }

    /// Of several statements of a policy that denies the first is what closes the finding.
    fn fault_without_the_main_statement(&self, filled: &Filled<'_>) -> Option<String> {
        let mut less = filled.clone();
        let statements = match &mut less.paste {
            Paste::ServiceControlPolicy { statements, .. }
            | Paste::BucketPolicy { statements, .. }
            | Paste::KeyPolicy { statements, .. }
            | Paste::RolePolicy { statements, .. } => statements,
            // What is put in the place of all there was, and what is no policy, is nothing without its content.
            _ => return None,
        };
        if statements.len() < 2 {
            return None;
        }
        statements.remove(0);
        let estate = self.world.with(&self.world.overlay(&less, self.finding));
        let still = violated(&self.audited(&estate)).contains(&*self.finding.fingerprint);
        (!still).then(|| "the finding is closed without the main statement, too".to_owned())
    }
}

/// What the model's own parser says against a policy.
fn of_policy(paste: &Paste) -> Option<String> {
    let kind = match paste {
        Paste::Configuration(_) | Paste::Commands(_) => return None,
        Paste::BucketPolicy { .. } | Paste::KeyPolicy { .. } | Paste::TrustPolicy { .. } => {
            DocumentKind::Resource
        }
        _ => DocumentKind::Identity,
    };
    let json = Json::parse(&paste.document().to_string()).unwrap();
    let source = Source { policy: "".into(), file: "".into(), pointer: "".into() };
    match parse_document(&json, kind, source) {
        Ok((_, problems)) if problems.is_empty() => None,
        Ok((_, problems)) => Some(format!("{problems:?}")),
        Err(error) => Some(format!("{error:?}")),
    }
}

/// The properties of a file that are needed, of those that hold before.
fn needed(world: &World, name: &str, text: &str) -> Vec<Property> {
    let intent = world.config.intent().unwrap();
    let all = PropertyFile::parse(name, text, &Names { intent, ..Names::default() }).unwrap().properties;
    let holds = |property: &Property| match decide(property, &world.estate, &settings()) {
        // One twin has what the other hasn't.
        Err(DecideError::NoResource { .. }) => false,
        decided => decided.unwrap().judgement == check::Judgement::Holds,
    };
    all.into_iter().filter(holds).collect()
}

/// What the changes of the same control must keep, and that the pipeline reads and writes its artifacts.
fn keep(world: &World, control: &str, pipeline: &str) -> Vec<Property> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/changes").join(control);
    let cases = std::fs::read_dir(folder).into_iter().flatten().map(|case| case.unwrap().path());
    let mut keep: Vec<Property> = cases
        .flat_map(|case| {
            let file = case.join("keep.yaml");
            needed(world, file.to_str().unwrap(), &std::fs::read_to_string(&file).unwrap())
        })
        .collect();
    keep.extend(needed(world, "artifacts", &artifacts(world, pipeline)));
    keep
}

/// That a pipeline's role reads and writes its artifacts, as properties.
fn artifacts(world: &World, pipeline: &str) -> String {
    let all = world.estate.snapshot.pipelines();
    let own = all.all.iter().find(|one| one.name() == pipeline).unwrap();
    let role = &own.declaration.role_arn;
    let bucket = own.declaration.artifact_store.as_ref().map(|store| store.location.as_str()).unwrap();
    let object = format!("arn:aws:s3:::{bucket}/{}/*", gateproof_model::pipeline::folder_of(pipeline));
    format!(
        "properties: [{{name: the pipeline reads and writes its artifacts, always: {{from: '{role}', \
         action: ['s3:GetObject', 's3:PutObject'], resource: '{object}', each: true}}}}]"
    )
}

/// What is wrong with the remedies of a control, each snippet tried on the first violation of some pipelines that it is for.
fn tried(world: &World, remedy: &Remedy, pipelines: &[&str]) -> (BTreeSet<usize>, Vec<String>) {
    let mut tried = BTreeSet::new();
    let mut wrong = Vec::new();
    for pipeline in pipelines {
        let before = world.audit(&world.estate, &remedy.control, pipeline);
        let keep = keep(world, &remedy.control, pipeline);
        for finding in before.findings.iter().filter(|finding| finding.verdict == Judgement::Violated) {
            let at = remedy.snippets.iter().position(|snippet| snippet.is_for(finding));
            let Some(at) = at.filter(|at| tried.insert(*at)) else { continue };
            let snippet = &remedy.snippets[at];
            if let Some(Paste::Commands(_)) = snippet.unfilled() {
                continue;
            }
            let faults = Trial { world, before: &before, remedy, snippet, finding, keep: &keep }.faults();
            wrong.extend(
                faults
                    .into_iter()
                    .map(|fault| format!("{} {at}, {}: {fault}", remedy.control, finding.subject)),
            );
        }
    }
    (tried, wrong)
}

/// The controls that are violated in the vulnerable twin, with their pipelines, by what is written of it.
fn planted() -> BTreeMap<String, Vec<String>> {
    let text = std::fs::read_to_string(acme().with_extension("audit.txt")).unwrap();
    let mut planted: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text.lines() {
        let [pipeline, control, "violated", ..] = line.split(' ').collect::<Vec<_>>()[..] else { continue };
        let pipelines = planted.entry(control.to_owned()).or_default();
        if !pipelines.iter().any(|known| known == pipeline) {
            pipelines.push(pipeline.to_owned());
        }
    }
    planted
}

/// What takes minutes in the vulnerable twin, many chains being found there: it is tried in the long runs, and on what is spoilt always.
const LONG: [&str; 1] = ["CP-A4"];

#[test]
fn soak_remedies_close_what_the_example_violates() {
    let folder = tempfile::tempdir().unwrap();
    let (world, mut planted) = (World::acme(folder.path()), planted());
    if std::env::var_os("GATEPROOF_SOAK").is_none() {
        planted.retain(|control, _| !LONG.contains(&control.as_str()));
    }
    let remedies = remedies();
    let wrong: Vec<String> = remedies
        .par_iter()
        .filter_map(|remedy| Some((remedy, planted.get(&remedy.control)?)))
        .flat_map_iter(|(remedy, pipelines)| {
            let pipelines: Vec<&str> = pipelines.iter().map(String::as_str).collect();
            tried(&world, remedy, &pipelines).1
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What is violated in no pipeline of the vulnerable twin, or not in all ways in which it may be, is spoilt in the fixed one.
const SPOILT: [(&str, &str); 29] = [
    ("CP-A4", "staging-deploy"),
    ("CB-9", "prod-deploy"),
    ("CB-11", "prod-deploy"),
    ("CP-A10", "images"),
    ("CP-A5", "prod-deploy"),
    ("CP-A7", "images"),
    ("CP-A8", "prod-deploy"),
    ("CP-CFN-4", "prod-deploy"),
    ("CP-CFN-6", "prod-deploy"),
    ("CP-MAP-1", "images"),
    ("CP-OBS-4", "prod-deploy"),
    ("CP-ROLE-2", "prod-deploy"),
    ("CP-SRC-1", "prod-deploy"),
    ("CP-SRC-2", "staging-deploy"),
    ("CP-SRC-3", "staging-deploy"),
    ("CP-SRC-5", "prod-deploy"),
    ("TF-1", "images"),
    ("TF-2", "images"),
    ("CP-CFN-3", "staging-deploy"),
    ("CP-APR-2", "staging-deploy"),
    ("CP-ART-1", "prod-deploy"),
    ("CP-ART-2", "prod-deploy"),
    ("LAM-1", "staging-deploy"),
    ("CB-12", "prod-deploy"),
    ("CB-8", "prod-deploy"),
    ("USR-1", "images"),
    ("CP-SRC-2", "images"),
    ("CP-CFN-3", "prod-deploy"),
    ("CP-APR-5", "staging-deploy"),
];

#[test]
fn remedies_close_what_is_spoilt() {
    let folder = tempfile::tempdir().unwrap();
    let world = spoilt::spoilt(folder.path());
    let remedies = remedies();
    let each: Vec<(&str, BTreeSet<usize>, Vec<String>)> = SPOILT
        .par_iter()
        .map(|(id, pipeline)| {
            let remedy = remedies.iter().find(|remedy| remedy.control == *id).unwrap();
            let (tried, wrong) = tried(&world, remedy, &[pipeline]);
            (*id, tried, wrong)
        })
        .collect();
    let none = each.iter().filter(|(_, tried, _)| tried.is_empty()).map(|(id, ..)| *id);
    assert_eq!(none.collect::<Vec<_>>(), Vec::<&str>::new(), "nothing is violated");
    let wrong: Vec<&String> = each.iter().flat_map(|(.., wrong)| wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let mut reached = reached_in_the_example(&remedies);
    for (id, tried, _) in &each {
        reached.extend(tried.iter().map(|at| (*id, *at)));
    }
    let mut not = Vec::new();
    for remedy in &remedies {
        for (at, snippet) in remedy.snippets.iter().enumerate() {
            // Commands make what is not there yet: they are not tried.
            let is_command = matches!(snippet.unfilled(), Some(Paste::Commands(_)));
            if !is_command && !reached.contains(&(remedy.control.as_str(), at)) {
                not.push((remedy.control.as_str(), &snippet.says));
            }
        }
    }
    assert!(not.is_empty(), "no case is of {not:?}");
}

/// The snippets that are tried on what is written of the vulnerable twin, by control and place.
fn reached_in_the_example(remedies: &[Remedy]) -> BTreeSet<(&str, usize)> {
    let text = std::fs::read_to_string(acme().with_extension("audit.txt")).unwrap();
    let mut reached = BTreeSet::new();
    for line in text.lines() {
        let [about, _, message] = line.splitn(3, " | ").collect::<Vec<_>>()[..] else { continue };
        let [_, control, "violated"] = about.split(' ').collect::<Vec<_>>()[..] else { continue };
        let Some(remedy) = remedies.iter().find(|remedy| remedy.control == control) else { continue };
        let at = remedy
            .snippets
            .iter()
            .position(|snippet| snippet.is_for_message(message))
            .filter(|_| !LONG.contains(&control));
        reached.extend(at.map(|at| (remedy.control.as_str(), at)));
    }
    reached
}

/// A remedy that is about something else closes nothing: it is what stands in it that does.
#[test]
fn remedies_of_other_things_close_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (world, remedies) = (World::acme(folder.path()), remedies());
    let project = "arn:aws:codebuild:us-east-1:222222222222:project/staging-build";
    let role = "arn:aws:iam::222222222222:role/acme-smoke-test";
    let cases = [
        ("CB-1", "subject", project),
        (
            "CP-APR-1",
            "gate_arn",
            "arn:aws:codepipeline:us-east-1:222222222222:staging-deploy/Review/TeamLead",
        ),
        ("CP-ART-7", "bucket", "acme-team-data-222222222222"),
        ("CP-CFN-3", "subject", role),
        ("CP-ROLE-1", "role_arn", role),
        ("XA-2", "handlers", "*"),
    ];
    for (id, name, other) in cases {
        let remedy = remedies.iter().find(|remedy| remedy.control == id).unwrap();
        let before = world.audit(&world.estate, id, "prod-deploy");
        let finding = before.findings.iter().find(|finding| finding.verdict == Judgement::Violated).unwrap();
        let mut values = before.words[&finding.pipeline].of_finding(finding);
        own(&mut values);
        values.insert(name, vec![json!(other)]);
        let filled = remedy.snippet(finding).unwrap().filled(&values).unwrap();
        let after = world.audit(&world.with(&world.overlay(&filled, finding)), id, "prod-deploy");
        assert!(violated(&after).contains(&*finding.fingerprint), "{id}: {}", finding.message);
    }
}

/// What no policy and no configuration closes alone, as each of these snippets says.
#[test]
fn few_remedies_are_commands() {
    let all = remedies();
    let commands = all.iter().flat_map(|remedy| {
        let is_command = |snippet: &&Snippet| matches!(snippet.unfilled(), Some(Paste::Commands(_)));
        remedy
            .snippets
            .iter()
            .filter(is_command)
            .map(|snippet| (remedy.control.as_str(), snippet.message.as_deref()))
    });
    let commands: Vec<_> = commands.collect();
    let known = [("CP-APR-5", Some("no trail that logs*")), ("CP-CFN-7", None), ("CP-ROLE-6", None)];
    assert_eq!(commands, known);
}

#[test]
fn every_control_is_tried() {
    let planted = planted();
    let is_tried = |id: &str| planted.contains_key(id) || SPOILT.iter().any(|(spoilt, _)| *spoilt == id);
    let not: Vec<&str> = CONTROLS.iter().map(|control| control.id).filter(|id| !is_tried(id)).collect();
    assert!(not.is_empty(), "{not:?}");
}
