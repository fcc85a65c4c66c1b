//! "May a caller approve without MFA?" in eleven shapes, asked of five kinds of session through questions.
//!
//! Each shape also with its Deny in the boundary, in a service control policy and in a group's policy, and
//! with the action spelt out, as a wildcard and as `NotAction`. IAM User Guide, "AWS global condition
//! context keys", `aws:MultiFactorAuthPresent`. CONFORMANCE 3.4.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod shapes;
mod snapshot;

use gateproof::ask::{CrossCheck, Estate, EstateOptions, Settings};
use gateproof::question::{Answer, Quantifier, Requests, Step, Verdict};
use shapes::{ActionForm, SHAPES, Shape};
use snapshot::{Place, files};

/// A kind of session: how it is named in the table, who holds it, the condition that makes a question one
/// about it, and what its witness says of it.
struct Caller {
    kind: &'static str,
    principal: &'static str,
    when: &'static str,
    shape: &'static str,
    /// What the witness's session says of the device: a value, or that there is none.
    present: Option<&'static str>,
}

const CALLERS: [Caller; 6] = [
    Caller {
        kind: "K",
        principal: "user/ana",
        when: "aws:MultiFactorAuthPresent=absent",
        shape: "long-term credentials (no MFA key in the request)",
        present: None,
    },
    Caller {
        kind: "T",
        principal: "user/ana",
        when: "aws:MultiFactorAuthPresent=false",
        shape: "session from GetSessionToken, or console sign-in, without a device",
        present: Some("false"),
    },
    Caller {
        kind: "S",
        principal: "role/opened-by-service",
        when: "aws:MultiFactorAuthPresent=false",
        shape: "role session opened without an MFA device",
        present: Some("false"),
    },
    Caller {
        kind: "C",
        principal: "role/opened-by-role",
        when: "aws:MultiFactorAuthPresent=false",
        shape: "role session opened without an MFA device",
        present: Some("false"),
    },
    Caller {
        kind: "M",
        principal: "user/ana",
        when: "aws:MultiFactorAuthPresent=true",
        shape: "session opened with an MFA device",
        present: Some("true"),
    },
    Caller {
        kind: "M",
        principal: "role/opened-by-user",
        when: "aws:MultiFactorAuthPresent=true",
        shape: "role session opened with an MFA device",
        present: Some("true"),
    },
];

fn load(shape: &Shape, place: Place, form: ActionForm) -> Estate {
    let folder = files(&(shape.allows)(form), &(shape.denies)(form), place);
    let estate = Estate::load(folder.path(), EstateOptions::default()).unwrap();
    assert_eq!(estate.snapshot.problems(), [], "{}", shape.name);
    estate
}

fn settings() -> Settings {
    Settings { cross_check: CrossCheck::Never, ..Settings::default() }
}

fn approve(when: &[&str]) -> Requests {
    Requests {
        actions: vec!["codepipeline:PutApprovalResult".to_owned()],
        resources: vec!["arn:aws:codepipeline:*:*:prod-deploy/*".to_owned()],
        when: when.iter().map(|c| c.parse().unwrap()).collect(),
        ..Requests::default()
    }
}

fn can(estate: &Estate, principal: &str, when: &[&str]) -> Answer {
    let principals = [principal.parse().unwrap()];
    estate.can(&principals, &approve(when), Quantifier::Some, &settings()).unwrap().overall
}

/// What is wrong with the answer for a caller, if anything.
fn fault(shape: &Shape, caller: &Caller, answer: &Answer) -> Option<String> {
    let expected =
        if shape.lets_through.contains(&caller.kind) { Verdict::Reachable } else { Verdict::Impossible };
    if answer.verdict != expected {
        return Some(format!("{:?}, expected {expected:?}", answer.verdict));
    }
    let step = answer.witness.as_ref().map(|witness| &witness.steps[0])?;
    fault_of_session(step, caller)
}

fn fault_of_session(step: &Step, caller: &Caller) -> Option<String> {
    let present = step.session.get("aws:MultiFactorAuthPresent").map(Option::as_deref);
    if step.shape != caller.shape || present != Some(caller.present) {
        return Some(format!("the session is {} with {present:?}", step.shape));
    }
    let age = step.session.contains_key("aws:MultiFactorAuthAge");
    // Only a session with a device has an age, and then it may matter or not.
    (age && caller.present != Some("true")).then(|| "an age without a device".to_owned())
}

#[test]
fn every_shape_is_answered_right_for_every_caller() {
    let (mut asked, mut faults) = (0, Vec::new());
    for shape in SHAPES {
        for place in Place::of_denies(!(shape.denies)(ActionForm::Exact).is_empty()) {
            for form in ActionForm::ALL {
                let estate = load(shape, place, form);
                // Roles are in no group, so a group's Deny is asked of the user only.
                for caller in CALLERS.iter().filter(|c| place != Place::Group || c.principal == "user/ana") {
                    let answer = can(&estate, caller.principal, &[caller.when]);
                    asked += 1;
                    if let Some(fault) = fault(shape, caller, &answer) {
                        let Shape { name, .. } = shape;
                        let (kind, who) = (caller.kind, caller.principal);
                        faults.push(format!("{name}, {place:?}, {form:?}, {kind} {who}: {fault}"));
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} of {asked} wrong:\n{}", faults.len(), faults.join("\n"));
    assert!(asked > 500, "only {asked} questions");
}

#[test]
fn a_shape_holds_iff_nobody_can_without_a_device() {
    for shape in SHAPES {
        let holds = shape.lets_through == ["M"];
        let estate = load(shape, Place::Identity, ActionForm::Exact);
        let answers = estate.who_can(&approve(&["aws:MultiFactorAuthPresent!=true"]), &settings()).unwrap();
        // The root user has every permission; it is no caller of the table.
        let ours = answers.iter().filter(|(arn, _)| !arn.ends_with(":root"));
        let able: Vec<&str> =
            ours.filter(|(_, a)| a.verdict == Verdict::Reachable).map(|(arn, _)| &**arn).collect();
        let undecided = answers.iter().any(|(_, a)| a.verdict == Verdict::Undecided);
        assert!(!undecided && able.is_empty() == holds, "{}: {able:?}", shape.name);
    }
}

#[test]
fn a_device_lets_through_only_while_its_use_is_fresh() {
    for shape in SHAPES {
        let estate = load(shape, Place::Identity, ActionForm::Exact);
        let stale = ["aws:MultiFactorAuthPresent=true", "aws:MultiFactorAuthAge=7200"];
        let answer = can(&estate, "user/ana", &stale);
        let expected = if shape.ages { Verdict::Impossible } else { Verdict::Reachable };
        assert_eq!(answer.verdict, expected, "{}", shape.name);
    }
}

#[test]
fn sessions_that_cannot_be_are_no_witness() {
    let shape = &SHAPES[0];
    let estate = load(shape, Place::Identity, ActionForm::Exact);
    for (principal, when) in [
        // A service passes no device.
        ("role/opened-by-service", &["aws:MultiFactorAuthPresent=true"][..]),
        // A role session always says whether a device was used.
        ("role/opened-by-role", &["aws:MultiFactorAuthPresent=absent"]),
        ("user/ana", &["aws:MultiFactorAuthPresent=false", "aws:MultiFactorAuthAge=present"]),
        ("user/ana", &["aws:MultiFactorAuthPresent=true", "aws:MultiFactorAuthAge=absent"]),
        ("user/ana", &["aws:MultiFactorAuthPresent=true", "aws:MultiFactorAuthPresent=false"]),
    ] {
        assert_eq!(can(&estate, principal, when).verdict, Verdict::Impossible, "{principal} {when:?}");
    }
}
