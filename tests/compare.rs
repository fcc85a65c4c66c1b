//! Identity policies compared with each other: by formulas, by exhibits, and by the evaluator's word.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use gateproof::compare::{Comparer, Comparison, Exhibits, parse_identity_policy};
use gateproof_model::catalogue::Catalogue;
use gateproof_model::policy::Document;
use std::sync::Arc;

fn policy(statements: &str) -> Arc<Document> {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    parse_identity_policy(&text, "test").unwrap()
}

fn managed(name: &str) -> Arc<Document> {
    let arn = format!("arn:aws:iam::aws:policy/{name}");
    parse_identity_policy(Catalogue::embedded().managed_policy(&arn).unwrap().document(), &arn).unwrap()
}

/// Whether the first is wider; its request is tried again, undecided is a failure.
fn is_wider(comparer: &Comparer, first: &Arc<Document>, second: &Arc<Document>) -> bool {
    match comparer.compare(first, second, None) {
        Comparison::Wider(request) => {
            assert!(comparer.allows(first, &request) && !comparer.allows(second, &request), "{request:?}");
            true
        }
        Comparison::NotWider(_) => false,
        Comparison::Undecided(reason) => panic!("{reason}"),
    }
}

#[test]
fn narrower_and_wider_documents_are_told_apart() {
    let broad = r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a*"}"#;
    let narrow = r#"{"Effect":"Allow","Action":["s3:Get*","s3:Put*"],"Resource":["arn:aws:s3:::ab*","arn:aws:s3:::ac*"]}"#;
    let office = r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}"#;
    let desk = r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.7"}}}"#;
    let but_delete = format!(r#"{broad},{{"Effect":"Deny","Action":"s3:Delete*","Resource":"*"}}"#);
    let own = r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a${aws:username}/*"}"#;
    let key = r#"{"Effect":"Allow","Action":"kms:Decrypt","Resource":"arn:aws:kms:*:*:key/*"}"#;
    let not = r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#;
    let comparer = Comparer::default();
    for (first, second, expected) in [
        (broad, narrow, true),
        (narrow, broad, false),
        (broad, office, true),
        (office, desk, true),
        (desk, office, false),
        (broad, &but_delete, true),
        (&but_delete, broad, false),
        (broad, own, true),
        (own, broad, false),
        (own, own, false),
        (own, narrow, true),
        (key, broad, true),
        (key, not, false),
        (not, key, true),
    ] {
        assert_eq!(is_wider(&comparer, &policy(first), &policy(second)), expected, "{first} beyond {second}");
    }
}

#[test]
fn well_known_managed_policies_compare_as_their_names_say() {
    let comparer = Comparer::default();
    let [admin, power, read, s3] =
        ["AdministratorAccess", "PowerUserAccess", "AmazonS3ReadOnlyAccess", "AmazonS3FullAccess"]
            .map(managed);
    for (first, second, expected) in [
        (&admin, &power, true),
        (&power, &admin, false),
        (&read, &s3, false),
        (&s3, &read, true),
        (&s3, &power, false),
        (&power, &s3, true),
    ] {
        assert_eq!(is_wider(&comparer, first, second), expected);
    }
}

#[test]
fn exhibits_never_contradict_formulas() {
    let policies: Vec<Exhibits> = Catalogue::embedded()
        .managed_policies()
        .step_by(61)
        .map(|p| Exhibits::of(parse_identity_policy(p.document(), p.arn()).unwrap()))
        .collect();
    let comparer = Comparer::default();
    let (mut shown, mut refuted) = (0, 0);
    for (n, first) in policies.iter().enumerate() {
        for second in policies.iter().skip(n % 3).step_by(3) {
            let exhibit = first.beyond(second, &comparer);
            if let Some(request) = &exhibit {
                assert!(
                    comparer.allows(first.document(), request)
                        && !comparer.allows(second.document(), request)
                );
                shown += 1;
            }
            match comparer.compare(first.document(), second.document(), None) {
                Comparison::NotWider(_) => {
                    assert!(exhibit.is_none(), "{exhibit:?}");
                    refuted += 1;
                }
                Comparison::Wider(_) | Comparison::Undecided(_) => {}
            }
        }
    }
    assert!(shown >= 100 && refuted >= 5, "{shown} shown, {refuted} refuted");
}
