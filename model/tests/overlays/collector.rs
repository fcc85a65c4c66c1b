//! The same changes to a directory of the collector iam-collect.

use crate::{Copy, document, given, load, put, same};
use gateproof_model::overlay::{Change, Holder, Overlay};
use gateproof_model::snapshot::{LoadOptions, Snapshot};
use serde_json::{Value, json};

const A: &str = "aws/aws/accounts/111122223333";
const O: &str = "aws/aws/organizations/o-abc";

fn policy(action: &str, principal: bool) -> Value {
    let mut statement = json!({"Sid": "One", "Effect": "Allow", "Action": action, "Resource": "*"});
    if principal {
        statement["Principal"] = json!("*");
    }
    json!({"Version": "2012-10-17", "Statement": [statement, {"Sid": "Two", "Effect": "Deny", "Action": "x:y",
        "Resource": "*"}]})
}

fn collected() -> Copy {
    let empty = tempfile::tempdir().unwrap();
    let copy = Copy::of(empty.path());
    let arn = |rest: &str| format!("arn:aws:iam::111122223333:{rest}");
    let (role, user, group) =
        (format!("{A}/iam/role/deploy"), format!("{A}/iam/user/ann"), format!("{A}/iam/group/devs"));
    let files = [
        (format!("{role}/metadata.json"), json!({"arn": arn("role/app/Deploy"), "id": "AROAX"})),
        (
            format!("{role}/trust-policy.json"),
            json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}),
        ),
        (format!("{role}/managed-policies.json"), json!([arn("policy/P")])),
        (
            format!("{role}/inline-policies.json"),
            json!([{"PolicyName": "in", "PolicyDocument": policy("s3:*", false)}]),
        ),
        (format!("{user}/metadata.json"), json!({"arn": arn("user/Ann"), "id": "AIDAX"})),
        (format!("{group}/metadata.json"), json!({"arn": arn("group/Devs"), "id": "AGPAX"})),
        (
            format!("{A}/iam/policy/p/metadata.json"),
            json!({"arn": arn("policy/P"), "defaultVersionId": "v4"}),
        ),
        (format!("{A}/iam/policy/p/current-policy.json"), policy("sqs:*", false)),
        (format!("{A}/s3/bucket/metadata.json"), json!({"arn": "arn:aws:s3:::bucket", "name": "bucket"})),
        (format!("{A}/s3/bucket/policy.json"), policy("s3:GetObject", true)),
        (
            format!("{O}/metadata.json"),
            json!({"id": "o-abc", "rootOu": "r-1", "rootAccountId": "999999999999", "features": {"SERVICE_CONTROL_POLICY": true}}),
        ),
        (
            format!("{O}/ous.json"),
            json!({"r-1": {"scps": ["arn:aws:organizations::9:policy/o-abc/service_control_policy/p-ABC"], "rcps": []}}),
        ),
        (format!("{O}/accounts.json"), json!({"111122223333": {"ou": "r-1", "scps": [], "rcps": []}})),
        (
            format!("{O}/scps/p-abc/metadata.json"),
            json!({"arn": "arn:aws:organizations::9:policy/o-abc/service_control_policy/p-ABC", "name": "abc"}),
        ),
        (format!("{O}/scps/p-abc/policy.json"), policy("ec2:*", false)),
    ];
    for (file, value) in files {
        copy.write(&file, &value);
    }
    copy
}

#[test]
fn documents_members_and_attachments() {
    let base = collected();
    let text = str::to_owned;
    let new = document(false);
    let role = format!("{A}/iam/role/deploy");
    same(base.path(), &[put(Holder::Managed(text("policy/P")), &new)], |copy| {
        copy.write(&format!("{A}/iam/policy/p/current-policy.json"), &new);
        copy.edit(&format!("{A}/iam/policy/p/metadata.json"), |json| json["defaultVersionId"] = json!("v1"));
    });
    same(
        base.path(),
        &[put(Holder::Inline { principal: text("role/Deploy"), name: text("new") }, &new)],
        |copy| {
            copy.edit(&format!("{role}/inline-policies.json"), |json| {
                json.as_array_mut().unwrap().push(json!({"PolicyName": "new", "PolicyDocument": new}));
            });
        },
    );
    same(base.path(), &[put(Holder::Trust(text("role/Deploy")), &document(true))], |copy| {
        copy.write(&format!("{role}/trust-policy.json"), &document(true));
    });
    let bound = Change::Boundary { principal: text("user/Ann"), policy: Some(text("policy/P")) };
    let attached = Change::Attached { principal: text("user/Ann"), policy: text("policy/P"), attached: true };
    let member = Change::Member { user: text("user/Ann"), group: text("group/Devs"), member: true };
    let detached =
        Change::Attached { principal: text("role/Deploy"), policy: text("policy/P"), attached: false };
    same(base.path(), &[bound, attached, member, detached], |copy| {
        let user = format!("{A}/iam/user/ann");
        let policy = "arn:aws:iam::111122223333:policy/P";
        copy.edit(&format!("{user}/metadata.json"), |json| json["permissionBoundary"] = json!(policy));
        copy.write(&format!("{user}/managed-policies.json"), &json!([policy]));
        copy.write(&format!("{user}/groups.json"), &json!(["Devs"]));
        copy.write(&format!("{role}/managed-policies.json"), &json!([]));
    });
}

#[test]
fn resources_controls_statements_and_what_is_gone() {
    let base = collected();
    let text = str::to_owned;
    same(base.path(), &[put(Holder::Resource(text("bucket")), &document(true))], |copy| {
        copy.write(&format!("{A}/s3/bucket/policy.json"), &document(true));
    });
    same(base.path(), &[put(Holder::Control(text("abc")), &document(false))], |copy| {
        copy.write(&format!("{O}/scps/p-abc/policy.json"), &document(false));
    });
    let out = |holder| Change::WithoutStatement { holder, statement: text("Two") };
    same(base.path(), &[out(Holder::Managed(text("policy/P")))], |copy| {
        copy.edit(&format!("{A}/iam/policy/p/current-policy.json"), |json| {
            json["Statement"].as_array_mut().unwrap().remove(1);
        });
    });
    for (arn, folder) in [
        ("arn:aws:iam::111122223333:role/app/Deploy", "iam/role/deploy"),
        ("arn:aws:s3:::bucket", "s3/bucket"),
    ] {
        same(base.path(), &[Change::Gone { what: text(arn) }], |copy| {
            std::fs::remove_dir_all(copy.path().join(A).join(folder)).unwrap();
        });
    }
}

#[test]
fn a_principal_is_added() {
    let base = collected();
    let json = json!({"Arn": "arn:aws:iam::111122223333:role/new", "RoleId": "AROANEW",
        "AssumeRolePolicyDocument": document(true),
        "AttachedManagedPolicies": [{"PolicyArn": "arn:aws:iam::111122223333:policy/P"}]});
    let changed = load(base.path(), &[Change::Entity { json: given(&json).json }]);
    let role = changed.principal("arn:aws:iam::111122223333:role/new").unwrap();
    assert_eq!(role.attached.len(), 1);
    assert_eq!(role.trust.as_ref().unwrap().statements[0].sid.as_deref(), Some("Fresh"));
}

#[test]
fn what_such_a_directory_cannot_tell_is_refused() {
    let base = collected();
    let bind = Change::ControlTarget { policy: "abc".to_owned(), target: "r-1".to_owned(), attached: true };
    let overlay = Overlay { changes: vec![bind], ..Overlay::default() };
    let error =
        Snapshot::load_with(base.path(), &overlay, &LoadOptions::default()).err().unwrap().to_string();
    assert!(error.contains("only a directory of the outputs of calls"), "{error}");
}
