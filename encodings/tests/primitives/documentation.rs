//! `docs/primitives.md` is written from the catalogue of techniques and from the steps.
//!
//! `GATEPROOF_WRITE_DOCS=1 cargo test -p gateproof-encodings --test primitives` writes it anew.

use crate::{all, root};
use gateproof_encodings::primitive::{Primitive, Status};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    technique: Vec<Technique>,
}

/// A known technique and the steps that make it up.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Technique {
    id: String,
    steps: Vec<String>,
    #[serde(default)]
    remark: String,
}

fn techniques() -> Vec<Technique> {
    let text = fs::read_to_string(root().join("encodings/primitives/catalogue.toml")).unwrap();
    toml::from_str::<Catalogue>(&text).unwrap().technique
}

const HEAD: &str = "\
# Attack steps

Written from `encodings/primitives/catalogue.toml` and the files beside it; [primitives-format.md](primitives-format.md)
says what a file means. A step is one move. What catalogues list as a path of several moves in a row has no file of
its own: the search puts the steps together, and finds chains that nobody wrote down.

";

const REMARKS: &str = "
## What the steps take for granted

- All calls of a step are made by one principal, in whichever of its sessions each is allowed.
- A function or project that exists already is run by somebody sooner or later: that is an *external* event of the
  step, and listed with the verdict. What the attacker makes anew nobody else runs: its trigger is a need.
- `lambda:PublishVersion` counts as a trigger, since publishing a version with SnapStart runs the function's
  initialization. Whether `lambda:CreateFunction` alone can do that by its own `Publish` is not documented; it is not
  taken to.
- A launch needs image, instance, network interface, security group and subnet, as the Service Authorization
  Reference marks them; volumes and key pairs are optional there.
- An API session (`via: api`) of EventBridge makes only the calls that its targets make; all are taken as possible.
- Documents of Systems Manager that an account wrote itself may run commands; only those that the attacker can write,
  and those of AWS, are followed.
";

fn status(step: &Primitive) -> &'static str {
    match step.status {
        Status::Active => "",
        Status::Legacy => " (no new customers)",
        Status::Eol => " (not used: the service has ended)",
    }
}

fn document() -> String {
    let mut text = HEAD.to_owned();
    text.push_str("## Techniques\n\n| technique | steps | remark |\n|---|---|---|\n");
    for technique in techniques() {
        let steps: Vec<String> = technique.steps.iter().map(|s| format!("`{s}`")).collect();
        let steps = if steps.is_empty() { "none".to_owned() } else { steps.join(", ") };
        writeln!(text, "| {} | {steps} | {} |", technique.id, technique.remark).unwrap();
    }
    text.push_str("\n## Steps\n\n| step | what it does | described in |\n|---|---|---|\n");
    for step in all() {
        writeln!(text, "| `{}` | {}{} | {} |", step.id, step.title, status(step), step.refs.join(", "))
            .unwrap();
    }
    text.push_str(REMARKS);
    text
}

#[test]
fn the_table_is_up_to_date() {
    let path = root().join("docs/primitives.md");
    let document = document();
    if std::env::var_os("GATEPROOF_WRITE_DOCS").is_some() {
        fs::write(&path, &document).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), document, "write it anew: see encodings/tests/primitives");
}

#[test]
fn every_step_is_of_a_technique_and_every_technique_has_steps_or_a_reason() {
    let known: BTreeSet<&str> = all().iter().map(|step| step.id.as_str()).collect();
    let (mut ids, mut named) = (BTreeSet::new(), BTreeSet::new());
    let techniques = techniques();
    for technique in &techniques {
        assert!(ids.insert(&technique.id), "{} twice", technique.id);
        assert!(!technique.steps.is_empty() || !technique.remark.is_empty(), "{}", technique.id);
        named.extend(technique.steps.iter().map(String::as_str));
    }
    assert_eq!(named, known);
}

/// A step refers to a path of pathfinding.cloud exactly where the catalogue says that it takes part in it.
#[test]
fn references_and_techniques_agree() {
    let ids: BTreeSet<String> = techniques().into_iter().map(|t| t.id).collect();
    for step in all() {
        for id in step.refs.iter().filter_map(|r| r.strip_prefix("pathfinding:")) {
            assert!(ids.contains(id), "{}: {id}", step.id);
            let technique = techniques().into_iter().find(|t| t.id == id).unwrap();
            assert!(technique.steps.contains(&step.id), "{} refers to {id}", step.id);
        }
    }
}
