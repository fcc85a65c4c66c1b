//! For each control, what it reads is taken away: then it is unknown, and what is unknown doesn't hold.

use crate::mutants::{TOOLING, role};
use crate::said::{
    add, audit, audit_of, audit_with, change_in, changed, copied, example, intent, intent_with, of, pipeline,
    says, without,
};
use gateproof::ask::EstateOptions;
use gateproof::audit::{Audit, CONTROLS, Control, Finding, Judgement};
use gateproof::config::Config;
use gateproof::pipelines::Untold;
use gateproof_model::snapshot::Missing;
use rayon::prelude::*;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Without this there is no pipeline.
const KEPT: &str = "codepipeline get-pipeline";

/// What these ask is answered by the pipelines alone, or in the fixed twin by nothing else: it is these that are taken away.
const BY_PIPELINES: [&str; 4] = ["CP-A1", "CP-A10", "CP-A11", "CP-SRC-4"];

/// The calls that something that a control reads is from, as `SERVICE OPERATION`.
fn calls_of(read: &str) -> Vec<String> {
    if read == "the whole snapshot" {
        return vec!["iam get-account-authorization-details".to_owned()];
    }
    if let Some(words) = read.strip_prefix("what ") {
        let other = words.split(' ').next().unwrap();
        return calls(CONTROLS.iter().find(|control| control.id == other).unwrap());
    }
    let words = read.split(':').next().unwrap().replace(',', "");
    let mut words = words.split(' ');
    let Some(service) = words.next() else { return Vec::new() };
    words.filter(|word| word.contains('-')).map(|operation| format!("{service} {operation}")).collect()
}

/// The calls that a control says it reads.
fn calls(control: &Control) -> Vec<String> {
    let mut calls: Vec<String> = control.reads.iter().flat_map(|read| calls_of(read)).collect();
    if !BY_PIPELINES.contains(&control.id) {
        calls.retain(|call| call != KEPT);
    }
    calls
}

/// Takes the outputs of a call away, of all accounts and regions.
fn take_away(snapshot: &Path, call: &str) {
    let (service, operation) = call.split_once(' ').unwrap();
    for account in fs::read_dir(snapshot.join("accounts")).unwrap() {
        for region in fs::read_dir(account.unwrap().path()).unwrap() {
            let at = region.unwrap().path().join(service).join(operation);
            if at.is_dir() {
                fs::remove_dir_all(&at).unwrap();
            }
            let file = at.with_extension("json");
            if file.is_file() {
                fs::remove_file(file).unwrap();
            }
        }
    }
}

/// What a control says where what it reads was not collected, and is as if it could not be read.
fn without_reads(control: &'static Control) -> Audit {
    let copy = copied();
    calls(control).iter().for_each(|call| take_away(copy.path(), call));
    // Policies of resources, whatever call they are from.
    if calls(control).iter().any(|call| call.ends_with("-policy")) {
        fs::remove_file(copy.path().join("resource-policies.json")).unwrap();
    }
    if control.reads.iter().any(|read| read.starts_with("organizations") || *read == "the organization") {
        fs::remove_dir_all(copy.path().join("organization")).unwrap();
    }
    let means = control.reads.iter().any(|read| read.starts_with("gateproof.toml"));
    let config =
        if means { Config::default() } else { Config::beside(copy.path(), Some(&intent())).unwrap() };
    let options = EstateOptions { missing: Missing::Unknown };
    audit_with(copy.path(), &[control.id], &config, options)
}

/// Where nobody of some account was collected, nothing holds that is said of everybody.
#[test]
fn whoever_was_not_collected_may_be_somebody() {
    let copy = copied();
    take_away(copy.path(), "iam get-account-authorization-details");
    let said = audit(copy.path(), &["CP-A3", "MP-1", "CDK-1", "CP-APR-3"], Some(&intent()));
    for control in ["CP-A3", "MP-1", "CDK-1", "CP-APR-3"] {
        let of_it = || of(&said, control, "prod-deploy", Judgement::Holds);
        assert!(of_it().is_empty(), "{control}: {:?}", of_it());
        let unknown = of(&said, control, "prod-deploy", Judgement::Unknown);
        let named = |f: &&gateproof::audit::Finding| {
            f.missing.iter().any(|untold| untold.what.contains("has no users and roles"))
        };
        assert!(unknown.iter().any(named), "{control}: {:?}", said.findings);
    }
}

/// What the fixed twin has is not wrong, whatever of it is missing: a control that says so takes what isn't known for what is.
#[test]
fn every_control_is_unknown_without_what_it_reads() {
    let said: Vec<(&str, Audit)> =
        CONTROLS.par_iter().map(|control| (control.id, without_reads(control))).collect();
    let is = |audit: &Audit, id: &str, verdict| {
        audit.findings.iter().any(|finding| finding.control == id && finding.verdict == verdict)
    };
    let known = said.iter().filter(|(id, audit)| !is(audit, id, Judgement::Unknown)).map(|(id, _)| *id);
    assert_eq!(known.collect::<Vec<_>>(), Vec::<&str>::new());
    let wrong = said.iter().filter(|(id, audit)| is(audit, id, Judgement::Violated)).map(|(id, _)| *id);
    assert_eq!(wrong.collect::<Vec<_>>(), Vec::<&str>::new());
}

const PIPELINES: &str = "accounts/222222222222/us-east-1/codepipeline";

fn prod() -> String {
    format!("{PIPELINES}/get-pipeline/prod-deploy.json")
}

/// The fixed twin in which a pipeline lacks a field.
fn lacking(place: &'static str, field: &'static str) -> TempDir {
    changed(&prod(), move |json| {
        drop(json.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(field));
    })
}

/// The fixed twin in which a pipeline isn't told, in all ways in which it may not be.
fn without_the_pipeline() -> Vec<(&'static str, TempDir)> {
    let refused = without(&prod());
    change_in(&refused, "errors.json", |json| {
        json.as_array_mut()
            .unwrap()
            .push(json!({"account": "222222222222", "region": "us-east-1", "service": "codepipeline",
            "operation": "get-pipeline", "name": "prod-deploy", "error": "AccessDeniedException"}));
    });
    let unlisted = lacking("/pipeline", "stages");
    fs::remove_file(unlisted.path().join(PIPELINES).join("list-pipelines.json")).unwrap();
    vec![
        ("not collected", without(&prod())),
        ("refused", refused),
        ("without stages, and not listed", unlisted),
        ("without actions", lacking("/pipeline/stages/1", "actions")),
        ("without what does an action", lacking("/pipeline/stages/1/actions/0", "actionTypeId")),
        ("without a role", lacking("/pipeline", "roleArn")),
    ]
}

#[test]
fn a_pipeline_without_a_store_is_told_in_part() {
    let copy = lacking("/pipeline", "artifactStore");
    let said = audit(copy.path(), &["CP-ART-1"], None);
    let what = "where the pipeline prod-deploy of account 222222222222 keeps its artifacts";
    let command = Some("aws codepipeline get-pipeline --name prod-deploy");
    assert!(
        said.unknown.iter().any(|one| one.what == what && one.command.as_deref() == command),
        "{:?}",
        said.unknown
    );
}

/// Of a pipeline that isn't told every control says so, with the command; not nothing, nor that something holds.
#[test]
fn every_control_is_unknown_of_a_pipeline_that_is_not_told() {
    for (how, copy) in without_the_pipeline() {
        let said = audit_of(copy.path(), "prod-deploy");
        let ids: Vec<&str> = said.findings.iter().map(|finding| finding.control).collect();
        assert_eq!(ids, CONTROLS.map(|control| control.id), "{how}");
        for finding in &said.findings {
            assert_eq!(finding.verdict, Judgement::Unknown, "{how}: {finding:?}");
            let command = Some("aws codepipeline get-pipeline --name prod-deploy");
            assert!(
                finding.missing.iter().any(|untold| untold.command.as_deref() == command),
                "{how}: {finding:?}"
            );
        }
        assert_eq!(
            said.pipelines.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
            ["prod-deploy"],
            "{how}"
        );
    }
}

/// What is said of all pipelines is not known where one isn't told, or those of an account or region.
#[test]
fn a_pipeline_that_is_not_told_may_have_whatever_another_has() {
    let elsewhere = copied();
    fs::remove_dir_all(elsewhere.path().join("accounts/333333333333/us-east-1/codepipeline")).unwrap();
    let region = copied();
    add(&region, "accounts/222222222222/eu-west-1/kms/list-keys.json", &json!({"Keys": []}));
    let images = without(&format!("{PIPELINES}/get-pipeline/images.json"));
    let runners = intent_with(r#"terraform = { state = [], runners = ["role/acme-legacy-jenkins"] }"#);
    let holds = |audit: &Audit, control: &str, finding: &Finding| {
        let all = of(audit, control, pipeline(finding), Judgement::Holds);
        all.iter().any(|one| one.subject == finding.subject)
    };
    for control in ["CP-APR-4", "CP-CFN-1", "CP-CFN-6", "CP-ROLE-2", "TF-2"] {
        let before = audit(&example("acme-fixed"), &[control], Some(runners.path()));
        for (copy, command) in [
            (&images, "aws codepipeline get-pipeline --name images"),
            (&elsewhere, "aws codepipeline list-pipelines"),
            (&region, "aws codepipeline list-pipelines --region eu-west-1"),
        ] {
            let said = audit(copy.path(), &[control], Some(runners.path()));
            let far = |f: &&Finding| {
                f.verdict == Judgement::Unknown && f.message.starts_with("as far as is known ")
            };
            let unknown: Vec<&Finding> = said.findings.iter().filter(far).collect();
            assert!(!unknown.is_empty(), "{control}: {:?}", said.findings);
            for finding in unknown {
                assert!(control == "TF-2" || holds(&before, control, finding), "{control}: {finding:?}");
                assert!(!holds(&said, control, finding), "{control}: {finding:?}");
                let named = |untold: &Untold| untold.command.as_deref() == Some(command);
                assert!(finding.missing.iter().any(named), "{control}: {finding:?}");
            }
        }
    }
}

/// Its roles may do what they are meant to: to others they are nobody's.
#[test]
fn what_the_roles_of_a_pipeline_that_is_not_told_may_do_is_not_wrong() {
    let mut open = 0;
    for name in ["images", "prod-deploy", "staging-deploy"] {
        let copy = without(&format!("{PIPELINES}/get-pipeline/{name}.json"));
        let said = audit(copy.path(), &MEANT_BY_PIPELINES, Some(&intent()));
        let violated: Vec<_> = said.findings.iter().filter(|f| f.verdict == Judgement::Violated).collect();
        assert!(violated.is_empty(), "{name}: {violated:#?}");
        let in_doubt = |f: &&Finding| f.message.ends_with("needs it is not known") && f.missing.len() == 1;
        open += said.findings.iter().filter(in_doubt).count();
    }
    assert!(open > 0, "nobody's roles were in doubt");
}

/// These take whom the pipelines name for meant.
const MEANT_BY_PIPELINES: [&str; 9] =
    ["CB-6", "CDK-1", "CP-A6", "CP-ART-2", "CP-ART-3", "CP-CFN-5", "SCP-1", "XA-1", "XA-2"];

/// An account that only the organization names may have pipelines, and the accounts that a pipeline works in may have anybody.
#[test]
fn an_account_that_the_snapshot_does_not_cover_is_not_empty() {
    let copy = copied();
    fs::remove_dir_all(copy.path().join("accounts/444444444444")).unwrap();
    let controls = ["CDK-1", "OIDC-1", "OIDC-2", "SCP-1"];
    let said = audit(copy.path(), &controls, Some(&intent()));
    assert!(
        said.unknown.iter().any(|untold| untold.what.ends_with("in the organization: 444444444444")),
        "{:?}",
        said.unknown
    );
    for control in controls {
        let unknown = of(&said, control, "prod-deploy", Judgement::Unknown);
        let of_account: Vec<_> = unknown.iter().filter(|f| f.subject == "account 444444444444").collect();
        let command = Some("aws iam get-account-authorization-details (account 444444444444)");
        assert_eq!(of_account.len(), 1, "{control}: {:?}", said.findings);
        assert_eq!(of_account[0].missing[0].command.as_deref(), command, "{control}");
    }
}

/// Whom a role trusts that can't be read: it may be the builds of anybody.
#[test]
fn a_trust_that_can_not_be_read_may_be_in_tokens() {
    let copy =
        changed(TOOLING, |json| role(json, "github-actions-ci")["AssumeRolePolicyDocument"] = "{".into());
    let said = audit(copy.path(), &["OIDC-1", "OIDC-2"], Some(&intent()));
    for control in ["OIDC-1", "OIDC-2"] {
        says(&said, control, "images", Judgement::Unknown, "aws iam get-role --role-name github-actions-ci");
        let about = |f: &&Finding| f.subject.contains("github-actions-ci");
        assert!(!of(&said, control, "images", Judgement::Holds).iter().any(about), "{:?}", said.findings);
    }
}

/// Makes unreadable what stands at some place of each user's and role's details, or of each policy's.
fn spoil(snapshot: &Path, list: &str, at: &[&str]) {
    fn each<'j>(json: &'j mut Value, at: &[&str], found: &mut Vec<&'j mut Value>) {
        match (json, at) {
            (json, []) => found.push(json),
            (Value::Array(items), at) => items.iter_mut().for_each(|item| each(item, at, found)),
            (json, [first, rest @ ..]) => {
                json.get_mut(first).into_iter().for_each(|json| each(json, rest, found))
            }
        }
    }
    for account in fs::read_dir(snapshot.join("accounts")).unwrap() {
        let file = account.unwrap().path().join("global/iam/get-account-authorization-details.json");
        let mut json: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let mut found = Vec::new();
        each(&mut json[list], at, &mut found);
        found.into_iter().for_each(|document| *document = "{".into());
        fs::write(&file, json.to_string()).unwrap();
    }
}

/// Makes policies of a kind unreadable.
type Spoiling = fn(&Path);

/// By kind, how policies become unreadable.
const UNREADABLE: [(&str, Spoiling); 6] = [
    ("keys", |copy| take_away(copy, "kms get-key-policy")),
    ("buckets", |copy| take_away(copy, "s3api get-bucket-policy")),
    ("organization", |copy| fs::remove_dir_all(copy.join("organization/describe-policy")).unwrap()),
    ("roles", |copy| spoil(copy, "RoleDetailList", &["RolePolicyList", "PolicyDocument"])),
    ("trusts", |copy| spoil(copy, "RoleDetailList", &["AssumeRolePolicyDocument"])),
    ("managed", |copy| spoil(copy, "Policies", &["PolicyVersionList", "Document"])),
];

/// What can be come to by steps is said in one place, and takes long where much can't be read.
fn asks_of_single_calls(control: &&&Control) -> bool {
    !control.decides.contains("number of steps") && !["CB-4", "CP-A4"].contains(&control.id)
}

/// The fixed twin holds, whatever its policies say that can't be read: what needs one of them to say so is in doubt.
#[test]
fn nothing_is_violated_by_what_can_not_be_read() {
    let config = Config::beside(&example("acme-fixed"), Some(&intent())).unwrap();
    let controls: Vec<&str> =
        CONTROLS.iter().filter(asks_of_single_calls).map(|control| control.id).collect();
    let wrong = UNREADABLE.par_iter().flat_map(|(kind, spoiling)| {
        let copy = copied();
        spoiling(copy.path());
        let said = audit_with(copy.path(), &controls, &config, EstateOptions { missing: Missing::Unknown });
        assert!(said.findings.iter().any(|f| f.verdict == Judgement::Unknown), "{kind}");
        let violated = said.findings.into_iter().filter(|f| f.verdict == Judgement::Violated);
        violated.map(|f| (*kind, f.control, f.message)).collect::<Vec<_>>()
    });
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
