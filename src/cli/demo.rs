//! `demo`: four questions about the example organization, before and after its gaps were closed.

use super::{CliError, Global, exit};
use crate::ask::{CrossCheck, Estate, Settings};
use crate::certificate::{ReachQuestion, digest_snapshot, export_invariants, verify_invariants_loaded};
use crate::escalation::{Attack, EscalationSettings, Target};
use crate::question::{Quantifier, Requests, Selector};
use crate::render;
use gateproof_encodings::primitive::embedded;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Where the example lies in the source tree.
const EXAMPLE: &str = "corpus/snapshots";
const GATE: &str = "arn:aws:codepipeline:us-east-1:222222222222:prod-deploy/Approve/*";
const ARTIFACTS: &str = "arn:aws:s3:::acme-pipeline-artifacts-222222222222/*";

pub(crate) fn run(global: &Global) -> Result<u8, CliError> {
    global.must_export_json("demo")?;
    let root = example()?;
    let settings = Settings { cross_check: CrossCheck::Always, ..Settings::default() };
    let mut text = String::new();
    let mut answers = Vec::new();
    for twin in ["acme", "acme-fixed"] {
        let estate = Estate::load(&root.join(twin), global.estate_options())?;
        text.push_str(&format!("=== {twin}\n\n1. Who can approve prod-deploy without MFA?\n\n"));
        let approve =
            requests("codepipeline:PutApprovalResult", Some(GATE), Some("aws:MultiFactorAuthPresent!=true"))?;
        let who = estate.who_can(&approve, &settings)?;
        text.push_str(&render::text::who_can(&who, &[]));
        text.push_str("\n2. Can the build role write IAM in prod by itself?\n\n");
        let mut write = requests("iam:*", None, None)?;
        write.within.push("account:444444444444".parse()?);
        write.access = vec![
            gateproof_model::catalogue::AccessLevel::Write,
            gateproof_model::catalogue::AccessLevel::PermissionsManagement,
        ];
        let build: Vec<Selector> = vec!["role/acme-build-prod".parse()?];
        let mut iam = estate.can(&build, &write, Quantifier::Some, &settings)?;
        estate.find_obstacles(&build, &write, &settings, &mut iam)?;
        text.push_str(&render::text::can(&iam, &[]));
        text.push_str("\n3. Can anyone outside the organization read the build artifacts?\n\n");
        let read = requests("s3:GetObject", Some(ARTIFACTS), Some("aws:PrincipalOrgID!=o-acmeexample"))?;
        let outside: Vec<Selector> = vec!["anyone".parse()?];
        let mut artifacts = estate.can(&outside, &read, Quantifier::Some, &settings)?;
        estate.find_obstacles(&outside, &read, &settings, &mut artifacts)?;
        text.push_str(&render::text::can(&artifacts, &[]));
        text.push_str(
            "\n4. Can the build role come to administrative access in prod, in any number of steps?\n\n",
        );
        let (said, administrator) = administrator(&estate, &root.join(twin), &build)?;
        text.push_str(&said);
        text.push('\n');
        answers.push(json!({
            "snapshot": twin,
            "approve": render::json::who_can(&approve, &who),
            "iam": render::json::can(&build, &write, Quantifier::Some, &iam),
            "artifacts": render::json::can(&outside, &read, Quantifier::Some, &artifacts),
            "administrator": administrator,
        }));
    }
    text.push_str(
        "Try your own account:\n  aws iam get-account-authorization-details > gaad.json\n  \
         gateproof who-can gaad.json --action codepipeline:PutApprovalResult --when 'aws:MultiFactorAuthPresent!=true'\n",
    );
    global.publish(&json!({"format": "gateproof-demo/1", "answers": answers}), &text, None)?;
    Ok(exit::ANSWERED)
}

/// The chain, or the proof that there is none with its certificate checked again.
fn administrator(estate: &Estate, snapshot: &Path, from: &[Selector]) -> Result<(String, Value), CliError> {
    let primitives = embedded().map_err(|e| CliError::Input(e.to_string()))?;
    let settings = EscalationSettings {
        ask: Settings::default(),
        primitives: primitives.to_vec(),
        chains: 1,
        all_paths: false,
        for_anyone: false,
    };
    let target = Target::Administers(vec!["account:444444444444".parse()?]);
    let attack = Attack { from, together: false, when: &[], target: &target };
    let answer = estate.attack(&attack, &settings)?;
    let mut text = render::chains::reach(&answer, None, &[]);
    let environments = &settings.ask.environments;
    let question = ReachQuestion::new(from, &[], &target, environments, estate.missing, estate.rules);
    let digest = digest_snapshot(snapshot)?;
    if let Some(certificate) = export_invariants(estate, primitives, question, digest, &answer.invariants)? {
        let verified = verify_invariants_loaded(&certificate, primitives, estate)
            .map_err(|error| CliError::Input(format!("the certificate is refused: {error}")))?;
        let guards: usize = verified.iter().map(|v| v.guards).sum();
        text.push_str(&format!("  certified by {guards} guards, checked again without the search\n"));
    }
    Ok((text, render::json::reach(&attack, &answer, None)))
}

fn requests(action: &str, resource: Option<&str>, when: Option<&str>) -> Result<Requests, CliError> {
    let mut requests = Requests { actions: vec![action.to_owned()], ..Requests::default() };
    requests.resources.extend(resource.map(str::to_owned));
    if let Some(condition) = when {
        requests.when.push(condition.parse()?);
    }
    Ok(requests)
}

/// The example beside the working directory, or in the tree that the program was built from.
fn example() -> Result<PathBuf, CliError> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join(EXAMPLE);
    [PathBuf::from(EXAMPLE), built]
        .into_iter()
        .find(|p| p.is_dir())
        .ok_or_else(|| CliError::Input(format!("the example organization is not found: expected {EXAMPLE}")))
}
