//! A change that names what is not there, or can't be made, is an error.

use crate::{document, example, given, put};
use gateproof_model::overlay::{Change, Holder, Overlay};
use gateproof_model::snapshot::{LoadOptions, Snapshot};
use serde_json::json;

fn refusal(change: Change) -> String {
    let overlay = Overlay { changes: vec![change], ..Overlay::default() };
    match Snapshot::load_with(&example(), &overlay, &LoadOptions::default()) {
        Ok(_) => panic!("no error: {overlay:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_is_not_there_is_named() {
    let text = str::to_owned;
    let nobody = "arn:aws:iam::222222222222:role/nobody";
    let identity = document(false);
    let statement = |holder, statement| Change::WithoutStatement { holder, statement: text(statement) };
    let changes = [
        put(Holder::Managed(text("arn:aws:iam::222222222222:policy/none")), &identity),
        put(Holder::Managed(text("policy/none")), &identity),
        put(Holder::Managed(text("arn:aws:iam::999999999999:policy/developer-access")), &identity),
        put(Holder::Inline { principal: text(nobody), name: text("x") }, &identity),
        put(Holder::Trust(text(nobody)), &document(true)),
        put(Holder::Trust(text("user/alice.nguyen")), &document(true)),
        put(Holder::Resource(text("no-such-bucket")), &document(true)),
        put(Holder::Resource(text("arn:aws:sqs:us-east-1:222222222222:none")), &document(true)),
        put(Holder::Control(text("p-none")), &identity),
        Change::Document {
            holder: Holder::Inline { principal: text("user/alice.nguyen"), name: text("none") },
            document: None,
        },
        Change::Boundary { principal: text("user/alice.nguyen"), policy: None },
        Change::Boundary {
            principal: text("user/alice.nguyen"),
            policy: Some(text("arn:aws:iam::222222222222:policy/none")),
        },
        Change::Attached {
            principal: text("user/alice.nguyen"),
            policy: text("policy/developer-access"),
            attached: false,
        },
        Change::Attached { principal: text(nobody), policy: text("policy/developer-access"), attached: true },
        Change::Member { user: text("user/alice.nguyen"), group: text("group/developers"), member: false },
        Change::ControlTarget { policy: text("p-prodlock1"), target: text("222222222222"), attached: false },
        Change::ControlTarget { policy: text("p-prodlock1"), target: text("ou-none"), attached: true },
        Change::Gone { what: text(nobody) },
        Change::Gone { what: text("arn:aws:s3:::no-such-bucket") },
        Change::Gone { what: text("arn:aws:sqs:us-east-1:222222222222:none") },
        statement(Holder::Managed(text("policy/developer-access")), "NoSuchSid"),
        statement(Holder::Managed(text("policy/developer-access")), "/Statement/99"),
        statement(Holder::Managed(text("policy/developer-access")), "/Statement"),
        statement(Holder::Control(text("p-rootguard1")), "NoSuchSid"),
    ];
    for change in changes {
        let shown = format!("{change:?}");
        let message = refusal(change);
        assert!(message.contains("found nothing of that name, expected "), "{shown}: {message}");
    }
}

#[test]
fn what_cannot_be_is_said() {
    let text = str::to_owned;
    let cases = [
        (
            put(Holder::Managed(text("arn:aws:iam::aws:policy/ReadOnlyAccess")), &document(false)),
            "a policy of AWS",
        ),
        (
            Change::Document { holder: Holder::Trust(text("role/acme-pipeline-prod")), document: None },
            "trust policy",
        ),
        (
            Change::Document {
                holder: Holder::Resource(text(
                    "arn:aws:kms:us-east-1:222222222222:key/1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d",
                )),
                document: None,
            },
            "key policy",
        ),
        (
            Change::Gone { what: text("arn:aws:iam::444444444444:policy/acme-operator-boundary") },
            "permissions boundary",
        ),
    ];
    for (change, says) in cases {
        let message = refusal(change);
        assert!(message.contains(says), "{message}");
    }
}

#[test]
fn a_document_that_is_none_is_refused_with_its_place() {
    let bad =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "allow", "Action": "*", "Resource": "*"}]});
    let holder = Holder::Managed("policy/developer-access".to_owned());
    let message = refusal(Change::Document { holder, document: Some(given(&bad)) });
    assert!(message.contains("new.json at /Statement/0/Effect: found `allow`"), "{message}");
}
