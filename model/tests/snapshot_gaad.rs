//! Reading `get-account-authorization-details`: principals with every policy that applies to them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "tests"
)]

use gateproof_model::account::PrincipalEntityKind;
use gateproof_model::policy::{Document, Effect};
use gateproof_model::snapshot::{LoadError, LoadOptions, Snapshot};
use serde_json::{Value, json};
use std::path::Path;

fn allow(action: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
}

fn trust() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
}

fn gaad() -> Value {
    json!({
        "UserDetailList": [{
            "Path": "/", "UserName": "ann", "UserId": "AIDAEXAMPLE", "Arn": "arn:aws:iam::111122223333:user/ann",
            "CreateDate": "2023-03-09 10:41:45+00:00", "GroupList": ["devs"],
            "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": allow("s3:GetObject")}],
            "AttachedManagedPolicies": [{"PolicyName": "P", "PolicyArn": "arn:aws:iam::111122223333:policy/P"}],
            "Tags": [{"Key": "Team", "Value": "a"}]
        }],
        "GroupDetailList": [{
            "Path": "/", "GroupName": "devs", "GroupId": "AGPAEXAMPLE", "Arn": "arn:aws:iam::111122223333:group/devs",
            "GroupPolicyList": [{"PolicyName": "g", "PolicyDocument": allow("sqs:SendMessage")}],
            "AttachedManagedPolicies": []
        }],
        "RoleDetailList": [{
            "Path": "/app/", "RoleName": "deploy", "RoleId": "AROAEXAMPLE", "Arn": "arn:aws:iam::111122223333:role/app/deploy",
            "AssumeRolePolicyDocument": trust(),
            "InstanceProfileList": [{"Arn": "arn:aws:iam::111122223333:instance-profile/deploy"}],
            "RolePolicyList": [],
            "AttachedManagedPolicies": [{"PolicyName": "P", "PolicyArn": "arn:aws:iam::111122223333:policy/P"}],
            "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
            "Tags": []
        }],
        "Policies": [{
            "PolicyName": "P", "Arn": "arn:aws:iam::111122223333:policy/P", "Path": "/", "DefaultVersionId": "v2",
            "PolicyVersionList": [
                {"VersionId": "v2", "IsDefaultVersion": true, "Document": allow("ec2:*")},
                {"VersionId": "v1", "IsDefaultVersion": false, "Document": allow("*")}
            ]
        }]
    })
}

fn load(value: &Value) -> Result<Snapshot, LoadError> {
    load_text(&value.to_string())
}

fn load_text(text: &str) -> Result<Snapshot, LoadError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gaad.json");
    std::fs::write(&file, text).unwrap();
    Snapshot::load(&file, &LoadOptions::default())
}

fn actions(documents: &[std::sync::Arc<Document>]) -> Vec<String> {
    documents.iter().flat_map(|d| &d.statements).map(|s| s.action.patterns[0].text.to_string()).collect()
}

fn assumptions(document: &Document) -> Vec<(Effect, String)> {
    document.statements.iter().filter_map(|s| Some((s.effect, s.assumption.clone()?.to_string()))).collect()
}

#[test]
fn a_lone_file_gives_principals_with_all_their_policies() {
    let s = load(&gaad()).unwrap();
    assert_eq!(&*s.accounts()[0].id, "111122223333");
    let arns: Vec<&str> = s.principals().iter().map(|p| &*p.arn).collect();
    assert_eq!(
        arns,
        [
            "arn:aws:iam::111122223333:role/app/deploy",
            "arn:aws:iam::111122223333:root",
            "arn:aws:iam::111122223333:user/ann"
        ]
    );
    let ann = s.principal("arn:aws:iam::111122223333:user/ann").unwrap();
    assert_eq!(actions(&ann.identity), ["s3:getobject", "ec2:*", "sqs:sendmessage"]);
    assert_eq!(ann.tag("team").map(|t| &**t), Some("a"));
    assert_eq!(&*ann.groups[0], "arn:aws:iam::111122223333:group/devs");
    assert_eq!(&*ann.identity[0].source.pointer, "/UserDetailList/0/UserPolicyList/0/PolicyDocument");
    let role = s.principal("arn:aws:iam::111122223333:role/app/deploy").unwrap();
    assert_eq!((&*role.name, &*role.path), ("deploy", "/app/"));
    assert_eq!(role.kind, PrincipalEntityKind::Role);
    assert_eq!(role.trust.as_ref().unwrap().statements.len(), 1);
    assert!(std::sync::Arc::ptr_eq(&role.identity[0], &ann.identity[1]), "one document for one policy");
    let policy = s.managed_policy("111122223333", "arn:aws:iam::111122223333:policy/P").unwrap();
    assert_eq!(policy.versions.len(), 2);
}

#[test]
fn a_policy_that_only_the_catalogue_has_comes_from_there_and_is_an_assumption() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gaad.json");
    std::fs::write(&file, gaad().to_string()).unwrap();
    let lookup =
        |arn: &str| (arn == "arn:aws:iam::aws:policy/ReadOnlyAccess").then(|| allow("s3:Get*").to_string());
    let options = LoadOptions { managed_policies: &lookup, ..LoadOptions::default() };
    let s = Snapshot::load(&file, &options).unwrap();
    let role = s.principal("arn:aws:iam::111122223333:role/app/deploy").unwrap();
    assert_eq!(actions(role.boundary.as_ref().unwrap()), ["s3:get*"]);
    let about: Vec<_> = s.assumptions_about("arn:aws:iam::aws:policy/ReadOnlyAccess").collect();
    assert_eq!(about.len(), 1);
    assert!(about[0].text.contains("embedded catalogue"));
}

#[test]
fn a_policy_that_nobody_has_may_allow_and_may_deny() {
    let s = load(&gaad()).unwrap();
    let role = s.principal("arn:aws:iam::111122223333:role/app/deploy").unwrap();
    let name = "gaad.json#/Policies: unreadable policy arn:aws:iam::aws:policy/ReadOnlyAccess";
    assert_eq!(
        assumptions(&role.boundary.as_ref().unwrap()[0]),
        [(Effect::Allow, format!("{name} allows")), (Effect::Deny, format!("{name} denies"))]
    );
    assert!(s.problems().iter().any(|p| p.to_string().contains("ReadOnlyAccess")));
}

#[test]
fn a_faulty_member_makes_only_its_own_policy_unknown() {
    type Change = fn(&mut Value);
    let cases: [(&str, Change, &str); 6] = [
        (
            "inline",
            |v| v["UserDetailList"][0]["UserPolicyList"] = json!(3),
            "/UserDetailList/0/UserPolicyList",
        ),
        (
            "document",
            |v| v["UserDetailList"][0]["UserPolicyList"][0]["PolicyDocument"] = json!("%7B"),
            "/UserDetailList/0/UserPolicyList/0/PolicyDocument",
        ),
        (
            "group",
            |v| v["UserDetailList"][0]["GroupList"] = json!(["nobody"]),
            "/UserDetailList/0/GroupList/0",
        ),
        (
            "attached",
            |v| v["UserDetailList"][0]["AttachedManagedPolicies"] = json!([{"PolicyName": "x"}]),
            "/UserDetailList/0/AttachedManagedPolicies/0",
        ),
        (
            "boundary",
            |v| v["UserDetailList"][0]["PermissionsBoundary"] = json!("x"),
            "/UserDetailList/0/PermissionsBoundary",
        ),
        (
            "version",
            |v| v["Policies"][0]["PolicyVersionList"][0]["Document"]["Statement"][0]["Effect"] = json!("x"),
            "/Policies/0/PolicyVersionList/0/Document/Statement/0/Effect",
        ),
    ];
    for (name, change, pointer) in cases {
        let mut value = gaad();
        change(&mut value);
        let s = load(&value).unwrap();
        assert!(s.problems().iter().any(|p| p.pointer == pointer), "{name}: {:?}", s.problems());
        let ann = s.principal("arn:aws:iam::111122223333:user/ann").unwrap();
        let documents = ann.identity.iter().chain(ann.boundary.iter().flatten());
        let unknown = documents.filter(|d| !assumptions(d).is_empty()).count();
        assert_eq!(unknown, 1, "{name}");
    }
}

#[test]
fn a_duplicate_key_or_lone_surrogate_in_one_member_spares_the_others() {
    for bad in
        [r#"{"Statement":[],"Statement":[]}"#, r#"{"Version":"2012-10-17","Id":"\ud800","Statement":[]}"#]
    {
        let text = gaad().to_string().replacen(&trust().to_string(), bad, 1);
        let s = load_text(&text).unwrap();
        let role = s.principal("arn:aws:iam::111122223333:role/app/deploy").unwrap();
        assert_eq!(assumptions(role.trust.as_ref().unwrap()).len(), 2);
        assert_eq!(actions(&role.identity), ["ec2:*"]);
        assert!(s.problems().iter().any(|p| p.pointer == "/RoleDetailList/0/AssumeRolePolicyDocument"));
    }
}

#[test]
fn a_role_without_readable_arn_is_a_blind_spot() {
    let mut value = gaad();
    value["RoleDetailList"][0]["Arn"] = json!(["x"]);
    let s = load(&value).unwrap();
    assert!(s.problems().iter().any(|p| p.pointer == "/RoleDetailList/0/Arn"));
    assert_eq!(&*s.blind_spots()[0].what, "a role whose ARN cannot be read");
}

#[test]
fn what_is_told_twice_differently_is_unknown() {
    let mut value = gaad();
    let mut twin = value["UserDetailList"][0].clone();
    twin["UserPolicyList"][0]["PolicyDocument"] = allow("iam:*");
    value["UserDetailList"].as_array_mut().unwrap().push(twin);
    let s = load(&value).unwrap();
    let ann = s.principal("arn:aws:iam::111122223333:user/ann").unwrap();
    assert_eq!(assumptions(&ann.identity[0]).len(), 2);
    assert!(s.problems().iter().any(|p| p.to_string().contains("a second time")));
}

#[test]
fn a_truncated_page_or_file_is_an_error() {
    let mut value = gaad();
    value["IsTruncated"] = json!(true);
    assert!(matches!(load(&value), Err(LoadError::TruncatedPage { .. })));
    let text = gaad().to_string();
    let error = load_text(&text[..text.len() / 2]).unwrap_err().to_string();
    assert!(error.contains("gaad.json") && error.contains("ends too early"), "{error}");
    let missing = Snapshot::load(Path::new("/nonexistent/gaad.json"), &LoadOptions::default()).unwrap_err();
    assert!(matches!(missing, LoadError::Unreadable { .. }));
}
