//! Proposals: each is proved anew on a snapshot of its own.

use crate::world::{acme, always, load, never, proved, settings};
use gateproof::check::{Judgement, Property};
use gateproof::prove::fix::{FixError, Fixes, Style, Workshop, fix};
use gateproof_model::overlay::Overlay;

pub fn fixes(gap: &[Property], keep: &[Property]) -> Result<Fixes, FixError> {
    let estate = load(&Overlay::default());
    let with = |overlay: &Overlay| {
        gateproof::ask::Estate::load_with(&acme(), overlay, gateproof::ask::EstateOptions::default())
    };
    let read = |holder: &gateproof_model::overlay::Holder| estate.document(&acme(), holder);
    let outputs = |operation: (&str, &str)| estate.outputs(&acme(), operation);
    fix(
        &Workshop { estate: &estate, with: &with, read: &read, outputs: &outputs },
        &gap[0],
        keep,
        &settings(),
    )
}

/// Every proposal, made as a change, is proved; and they are in order.
fn all_proved(gap: &[Property], keep: &[Property]) -> Fixes {
    let found = fixes(gap, keep).unwrap();
    assert!(!found.proposals.is_empty(), "{:#?}", found.refused);
    for proposal in &found.proposals {
        let again = proved(gap.to_vec(), keep.to_vec(), proposal.overlay.changes.clone());
        assert_eq!(again.judgement(), Judgement::Holds, "{:?}: {:?}", proposal.edits, again.reasons());
        assert_eq!(again.takes_away(), proposal.takes_away);
        assert!(!proposal.edits.is_empty());
    }
    assert!(found.proposals.is_sorted_by_key(|proposal| proposal.takes_away));
    found
}

#[test]
fn a_single_right_is_taken_without_the_rest() {
    let gap = never(
        "user/erin.walsh",
        "action: 's3:GetObject', resource: 'arn:aws:s3:::acme-pipeline-artifacts-222222222222/*'",
    );
    let keep = always("user/erin.walsh", "action: 's3:ListAllMyBuckets'");
    let found = all_proved(&gap, &keep);
    assert!(found.proposals.iter().any(|proposal| proposal.style == Style::Deny), "{:?}", found.proposals);
}

/// A right with which the caller comes to the same by chains and by other calls: all of them are closed.
#[test]
fn ways_round_are_closed_too() {
    let gap = never(
        "user/bob.ferreira",
        "action: 'codebuild:StartBuild', resource: 'arn:aws:codebuild:us-east-1:222222222222:project/prod-build'",
    );
    let keep = always("user/bob.ferreira", "action: 'codepipeline:GetPipeline'");
    let found = all_proved(&gap, &keep);
    let best = &found.proposals[0];
    assert!(best.edits.iter().any(|edit| edit.contains("codebuild:RetryBuild")), "{:?}", best.edits);
    assert!(best.edits.iter().any(|edit| edit.contains("iam:CreatePolicyVersion")), "{:?}", best.edits);
}

#[test]
fn approval_without_a_device_is_closed_and_with_one_kept() {
    let gap = never(
        "user/ci-legacy",
        "action: 'codepipeline:PutApprovalResult', resource: 'arn:aws:codepipeline:us-east-1:222222222222:prod-deploy/*', when: 'aws:MultiFactorAuthPresent!=true'",
    );
    let keep = always(
        "user/ci-legacy",
        "action: 'codepipeline:PutApprovalResult', resource: 'arn:aws:codepipeline:us-east-1:222222222222:prod-deploy/*'",
    );
    let found = all_proved(&gap, &keep);
    let denied = found.proposals.iter().find(|proposal| proposal.style == Style::Deny).unwrap();
    let condition = denied.documents[0].after.pointer("/Statement/0/Condition").unwrap();
    assert_eq!(*condition, serde_json::json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}));
}

#[test]
fn what_is_needed_rules_proposals_out() {
    let gap = never(
        "user/erin.walsh",
        "action: 's3:GetObject', resource: 'arn:aws:s3:::acme-pipeline-artifacts-222222222222/*'",
    );
    let same = always(
        "user/erin.walsh",
        "action: 's3:GetObject', resource: 'arn:aws:s3:::acme-pipeline-artifacts-222222222222/*'",
    );
    let found = fixes(&gap, &same).unwrap();
    assert!(found.proposals.is_empty());
    assert!(!found.refused.is_empty());
}

#[test]
fn what_holds_needs_no_fix() {
    let error = fixes(&never("user/erin.walsh", "action: 'iam:CreateUser'"), &[]).unwrap_err();
    assert!(matches!(error, FixError::Holds { .. }), "{error}");
}
