//! One change each, and what must be said of it.

use crate::world::{always, document, inline, never, properties, proved};
use gateproof::check::Judgement::{self, Holds, Violated};
use gateproof::prove::Closed;
use gateproof_model::overlay::{Change, Holder};
use serde_json::json;

const BOB: &str = "user/bob.ferreira";
const PROJECT: &str = "arn:aws:codebuild:us-east-1:222222222222:project/prod-build";
const REPOSITORY: &str = "arn:aws:codecommit:us-east-1:222222222222:payments-config";
/// Somebody who can do little, so that no chain leads anywhere.
const ERIN: &str = "user/erin.walsh";

fn builds() -> Vec<gateproof::check::Property> {
    never(BOB, &format!("action: 'codebuild:StartBuild', resource: '{PROJECT}'"))
}

fn erin_reads() -> Vec<gateproof::check::Property> {
    never(ERIN, "action: 's3:GetObject', resource: 'arn:aws:s3:::acme-pipeline-artifacts-222222222222/*'")
}

#[test]
fn a_gap_that_is_closed_is_proved_closed() {
    let deny = json!([{"Effect": "Deny", "Action": "s3:GetObject*", "Resource": "*"}]);
    let answer = proved(erin_reads(), always(ERIN, "action: 'iam:ListRoles'"), vec![inline(ERIN, &deny)]);
    assert_eq!(answer.judgement(), Holds, "{:#?}", answer.reasons());
    assert!(answer.gaps[0].was_open());
    let Closed::Decided(after) = answer.gaps[0].through_escalation.as_ref().unwrap() else { panic!("gone") };
    assert_eq!(after.judgement, Holds);
    assert!(after.proof.is_some(), "{after:?}");
    assert!(answer.opened.is_empty() && answer.takes_away() > 0 && answer.idle.is_empty(), "{answer:?}");
}

#[test]
fn what_was_never_open_is_no_fix() {
    let gap = never(ERIN, "action: 'iam:CreateUser'");
    let deny = json!([{"Effect": "Deny", "Action": "iam:CreateUser", "Resource": "*"}]);
    let answer = proved(gap, Vec::new(), vec![inline(ERIN, &deny)]);
    assert_eq!(answer.judgement(), Violated);
    assert!(answer.reasons()[0].contains("was not open before"), "{:?}", answer.reasons());
    assert!(answer.idle[0].changes_nothing, "{:?}", answer.idle);
}

/// GitPush denied, but other calls write the branch as well.
#[test]
fn another_action_with_the_same_effect_is_a_sibling() {
    let gap = never(BOB, &format!("action: 'codecommit:GitPush', resource: '{REPOSITORY}'"));
    let push = json!([{"Effect": "Deny", "Action": "codecommit:GitPush", "Resource": "*"}]);
    let answer = proved(gap.clone(), Vec::new(), vec![inline(BOB, &push)]);
    assert_eq!(answer.judgement(), Violated);
    let found = &answer.gaps[0].siblings.found;
    let by = |technique: &str| found.iter().any(|sibling| sibling.technique == technique);
    assert!(found.iter().any(|s| s.gives == "writing a branch of a repository"), "{found:#?}");
    assert!(
        by("codepipeline.source-change") || by("codecommit.write") || by("codecommit:CreateCommit"),
        "{found:#?}"
    );
    for sibling in found {
        assert!(!sibling.requests.is_empty(), "{sibling:?}");
        assert!(sibling.requests.iter().all(|step| step.action != "codecommit:GitPush"), "{sibling:?}");
    }
}

/// One build call denied, but others run the same project.
#[test]
fn another_step_to_the_same_role_is_a_sibling() {
    let deny = json!([{"Effect": "Deny", "Action": "codebuild:StartBuild", "Resource": "*"}]);
    let answer = proved(builds(), Vec::new(), vec![inline(BOB, &deny)]);
    let found = &answer.gaps[0].siblings.found;
    let role = found.iter().find(|s| s.gives.ends_with("role/acme-build-prod")).unwrap();
    assert!(role.requests.iter().any(|step| step.action == "codebuild:StartBuildBatch"), "{role:#?}");
    assert_eq!(answer.gaps[0].after.judgement(), Holds, "the call itself is denied");
    assert_eq!(answer.judgement(), Violated);
}

#[test]
fn chains_to_the_same_keep_a_gap_open() {
    let deny = json!([{"Effect": "Deny", "Action": "codebuild:*", "Resource": "*"}]);
    let answer = proved(builds(), Vec::new(), vec![inline(BOB, &deny)]);
    let chains = answer.gaps[0].through_escalation.as_ref().unwrap();
    assert_eq!(chains.judgement(), Violated);
    let Closed::Decided(after) = chains else { panic!("gone") };
    assert!(after.violations[0].witness.as_ref().unwrap().steps.len() > 1);
}

#[test]
fn what_is_needed_and_lost_is_said() {
    let deny = json!([{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]);
    let needed = always(ERIN, "action: 's3:ListAllMyBuckets'");
    let answer = proved(erin_reads(), needed, vec![inline(ERIN, &deny)]);
    assert_eq!(answer.gaps[0].judgement(), Holds);
    assert_eq!(answer.kept[0].judgement(), Violated);
    assert_eq!(answer.judgement(), Violated);
}

#[test]
fn what_is_opened_is_shown_with_a_request() {
    let deny = json!([
        {"Effect": "Deny", "Action": "s3:GetObject*", "Resource": "*"},
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"},
    ]);
    let answer = proved(erin_reads(), Vec::new(), vec![inline(ERIN, &deny)]);
    assert_eq!(answer.nothing_opened(), Violated);
    let opened: Vec<_> = answer.opened().collect();
    assert!(opened.len() == 1 && opened[0].id.ends_with("erin.walsh"), "{opened:?}");
    assert_eq!(opened[0].gained[0].actions, ["sqs:SendMessage"]);
    assert_eq!(opened[0].gained[0].witness.steps[0].action, "sqs:SendMessage");
}

/// Statements that do nothing, each for another reason.
#[test]
fn statements_without_effect_are_named() {
    let absent = "arn:aws:iam::222222222222:role/never-made";
    let cases = [
        (json!({"Effect": "Deny", "Action": "s3:GetObjectt", "Resource": "*"}), "matches no action"),
        (
            json!({"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*",
                "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}),
            "carries this key",
        ),
        (
            json!({"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-pipeline-artifacts-222222222222"}),
            "is no resource",
        ),
    ];
    for (statement, why) in cases {
        let answer = proved(erin_reads(), Vec::new(), vec![inline(ERIN, &json!([statement]))]);
        let idle = &answer.idle;
        assert!(idle.len() == 1 && idle[0].changes_nothing, "{statement}: {idle:?}");
        assert!(
            idle[0].because.iter().any(|reason| reason.contains(why)),
            "{statement}: {:?}",
            idle[0].because
        );
        assert_eq!(answer.judgement(), Violated, "{statement}");
    }
    // What a key does that no service is known to have is not known either.
    let misspelt = json!([{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceIdentityy": "x"}}}]);
    let answer = proved(erin_reads(), Vec::new(), vec![inline(ERIN, &misspelt)]);
    assert!(answer.idle[0].because[0].contains("no service is known"), "{:?}", answer.idle);
    assert_ne!(answer.judgement(), Holds);
    let trust = Holder::Trust("arn:aws:iam::222222222222:role/acme-build-prod".to_owned());
    let statement = json!([{"Effect": "Deny", "Principal": {"AWS": absent}, "Action": "sts:AssumeRole"},
        {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}]);
    let answer = proved(erin_reads(), Vec::new(), vec![document(trust, &statement)]);
    let said: Vec<&String> = answer.idle.iter().flat_map(|idle| &idle.because).collect();
    assert!(said.iter().any(|reason| reason.contains(absent)), "{said:?}");
}

#[test]
fn a_principal_that_is_gone_closes_its_gaps_and_breaks_what_it_needs() {
    let gone = Change::Gone { what: "user/service/ci-legacy".to_owned() };
    let gone = [gone, Change::Gone { what: "arn:aws:iam::222222222222:user/service/ci-legacy".to_owned() }];
    let gap = never("user/ci-legacy", "action: '*'");
    let keep = always("user/ci-legacy", "action: '*'");
    let answer = proved(gap, keep, vec![gone[1].clone()]);
    assert!(matches!(answer.gaps[0].after, Closed::Gone(_)), "{:?}", answer.gaps[0].after);
    assert_eq!(answer.kept[0].judgement(), Violated);
}

/// A Deny in a service control policy is not without effect because no identity policy holds it.
#[test]
fn a_control_policy_s_statement_has_its_effect() {
    let old = crate::world::load(&Default::default());
    let read = Holder::Control("p-toolacct1".to_owned());
    let text = old.document(&crate::world::acme(), &read).unwrap().to_string();
    let mut policy: serde_json::Value = serde_json::from_str(&text).unwrap();
    let deny = json!({"Effect": "Deny", "Action": "s3:GetObject*", "Resource": "*"});
    policy["Statement"].as_array_mut().unwrap().push(deny);
    let answer = proved(erin_reads(), Vec::new(), vec![document(read, &policy["Statement"])]);
    assert_eq!(answer.gaps[0].judgement(), Holds, "{:?}", answer.reasons());
    assert!(answer.idle.is_empty(), "{:?}", answer.idle);
}

/// A snapshot that was collected of fewer accounts proves nothing of the others, and one without a bucket's policy nothing of the bucket.
#[test]
fn what_was_not_collected_again_is_not_closed() {
    use gateproof::ask::{Estate, EstateOptions};
    let (folder, acme) = (tempfile::tempdir().unwrap(), crate::world::acme());
    let pipelines = "accounts/222222222222/global/iam/get-account-authorization-details.json";
    let copy = folder.path().join(pipelines);
    std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
    std::fs::copy(acme.join(pipelines), &copy).unwrap();
    let load = |path: &std::path::Path| Estate::load(path, EstateOptions::default()).unwrap();
    let gap = never("role/CloudFormationDeployRole", "action: 'iam:CreateUser'");
    let claims = gateproof::prove::Claims { gap, ..Default::default() };
    let (old, new) = (load(&acme), load(folder.path()));
    let answer = gateproof::prove::prove((&old, &new), &claims, &crate::world::settings()).unwrap();
    assert_ne!(answer.judgement(), Holds);
    assert!(
        answer.reasons().iter().any(|reason| reason.contains("account 444444444444")),
        "{:?}",
        answer.reasons()
    );
}

/// The vulnerable twin against the fixed one: the build stage no longer comes to administer production.
#[test]
fn two_snapshots_are_a_change_too() {
    use gateproof::ask::{Estate, EstateOptions};
    let load = |name: &str| {
        let path = crate::world::acme().parent().unwrap().join(name);
        Estate::load(&path, EstateOptions::default()).unwrap()
    };
    let gap = properties(
        "properties: [{name: gap, never: {from: role/acme-build-prod, administrator: 'account:444444444444', through: escalation}}]",
    );
    let claims = gateproof::prove::Claims { gap, ..Default::default() };
    let answer =
        gateproof::prove::prove((&load("acme"), &load("acme-fixed")), &claims, &crate::world::settings())
            .unwrap();
    assert_eq!(answer.gaps[0].judgement(), Holds, "{:?}", answer.reasons());
    let judged: Judgement = answer.judgement();
    assert_eq!(judged == Violated, answer.opened().any(|p| p.gained.iter().any(|region| region.certain)));
}
