//! Reading directories of the collector iam-collect.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use gateproof_model::account::ProviderKind;
use gateproof_model::organization::Standing;
use gateproof_model::policy::Document;
use gateproof_model::snapshot::{LoadOptions, Snapshot};
use serde_json::{Value, json};

const A: &str = "aws/aws/accounts/111122223333";
const O: &str = "aws/aws/organizations/o-abc";

fn policy(action: &str, principal: bool) -> Value {
    let mut statement = json!({"Effect": "Allow", "Action": action, "Resource": "*"});
    if principal {
        statement["Principal"] = json!("*");
    }
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

fn files() -> Vec<(String, Value)> {
    let arn = |rest: &str| format!("arn:aws:iam::111122223333:{rest}");
    let role = format!("{A}/iam/role/app%2Fdeploy");
    let user = format!("{A}/iam/user/ann");
    let group = format!("{A}/iam/group/devs");
    let key = "arn:aws:kms:eu-west-1:111122223333:key/k";
    vec![
        (
            format!("{role}/metadata.json"),
            json!({"arn": arn("role/app/Deploy"), "name": "Deploy", "id": "AROAX", "path": "/app/", "permissionBoundary": arn("policy/P")}),
        ),
        (format!("{role}/trust-policy.json"), policy("sts:AssumeRole", true)),
        (format!("{role}/managed-policies.json"), json!([arn("policy/P"), "arn:aws:iam::aws:policy/M"])),
        (
            format!("{role}/inline-policies.json"),
            json!([{"PolicyName": "in", "PolicyDocument": policy("s3:*", false)}]),
        ),
        (format!("{role}/instance-profiles.json"), json!([arn("instance-profile/x")])),
        (format!("{role}/tags.json"), json!({"Team": "a"})),
        (
            format!("{user}/metadata.json"),
            json!({"arn": arn("user/Ann"), "name": "Ann", "id": "AIDAX", "path": "/"}),
        ),
        (format!("{user}/groups.json"), json!([arn("group/Devs")])),
        (
            format!("{group}/metadata.json"),
            json!({"arn": arn("group/Devs"), "name": "Devs", "id": "AGPAX", "path": "/"}),
        ),
        (format!("{group}/managed-policies.json"), json!([arn("policy/P")])),
        (
            format!("{A}/iam/policy/p/metadata.json"),
            json!({"arn": arn("policy/P"), "defaultVersionId": "v4"}),
        ),
        (format!("{A}/iam/policy/p/current-policy.json"), policy("sqs:*", false)),
        (
            format!("{A}/iam/aws/policy/m/metadata.json"),
            json!({"arn": "arn:aws:iam::aws:policy/M", "defaultVersionId": "v9"}),
        ),
        (format!("{A}/iam/aws/policy/m/current-policy.json"), policy("sns:*", false)),
        (
            format!("{A}/iam/oidc-provider/i/metadata.json"),
            json!({"arn": arn("oidc-provider/i"), "url": "https://i", "audiences": ["aud"]}),
        ),
        (
            format!("{A}/s3/bucket/metadata.json"),
            json!({"arn": "arn:aws:s3:::bucket", "name": "bucket", "region": "eu-west-1"}),
        ),
        (format!("{A}/s3/bucket/policy.json"), policy("s3:GetObject", true)),
        (format!("{A}/s3/bucket/bpa.json"), json!({"BlockPublicPolicy": true})),
        (format!("{A}/s3-bpa.json"), json!({"RestrictPublicBuckets": true})),
        (format!("{A}/kms/eu-west-1/key/k/metadata.json"), json!({"arn": key, "id": "k"})),
        (
            format!("{A}/sns/eu-west-1/t/metadata.json"),
            json!({"arn": "arn:aws:sns:eu-west-1:111122223333:T"}),
        ),
        (format!("{A}/sns/eu-west-1/t/tags.json"), json!({"Env": "prod"})),
        (
            format!("{A}/ec2/eu-west-1/vpc-endpoint/vpce-1/metadata.json"),
            json!({"arn": "arn:aws:ec2:eu-west-1:111122223333:vpc-endpoint/vpce-1", "id": "vpce-1", "vpc": "vpc-1"}),
        ),
        (format!("{A}/ec2/eu-west-1/vpc-endpoint/vpce-1/policy.json"), policy("*", true)),
        (
            format!("{O}/metadata.json"),
            json!({"id": "o-abc", "rootOu": "r-1", "rootAccountId": "999999999999", "features": {"SERVICE_CONTROL_POLICY": true}}),
        ),
        (
            format!("{O}/ous.json"),
            json!({"r-1": {"scps": ["arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"], "rcps": []},
            "ou-1": {"parent": "r-1", "scps": ["arn:aws:organizations::999999999999:policy/o-abc/service_control_policy/p-ABC"], "rcps": []}}),
        ),
        (
            format!("{O}/accounts.json"),
            json!({"111122223333": {"ou": "ou-1", "scps": ["arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"], "rcps": []}, "999999999999": {"ou": "r-1", "scps": [], "rcps": []}}),
        ),
        (
            format!("{O}/scps/p-abc/metadata.json"),
            json!({"arn": "arn:aws:organizations::999999999999:policy/o-abc/service_control_policy/p-ABC", "name": "abc"}),
        ),
        (format!("{O}/scps/p-abc/policy.json"), policy("ec2:*", false)),
    ]
}

fn load(files: &[(String, Value)]) -> Snapshot {
    let folder = tempfile::tempdir().unwrap();
    for (path, value) in files {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, value.to_string()).unwrap();
    }
    Snapshot::load(folder.path(), &LoadOptions::default()).unwrap()
}

fn actions<'a>(documents: impl IntoIterator<Item = &'a std::sync::Arc<Document>>) -> Vec<String> {
    let statements = documents.into_iter().flat_map(|d| &d.statements);
    statements.map(|s| s.action.patterns[0].text.to_string()).collect()
}

#[test]
fn principals_policies_and_the_rest() {
    let s = load(&files());
    assert!(s.problems().is_empty(), "{:?}", s.problems());
    let role = s.principal("arn:aws:iam::111122223333:role/app/Deploy").unwrap();
    assert_eq!(actions(role.identity.iter()), ["s3:*", "sqs:*", "sns:*"]);
    assert_eq!(actions(role.boundary.iter().flatten()), ["sqs:*"]);
    assert_eq!(role.tag("team").map(|t| &**t), Some("a"));
    let inline = &role.identity[0].source;
    assert_eq!(
        (&*inline.file, &*inline.pointer),
        (&*format!("{A}/iam/role/app%2Fdeploy/inline-policies.json"), "/0/PolicyDocument")
    );
    let trust = &role.trust.as_ref().unwrap().source;
    assert_eq!(
        (&*trust.file, &*trust.pointer),
        (&*format!("{A}/iam/role/app%2Fdeploy/trust-policy.json"), "")
    );
    let ann = s.principal("arn:aws:iam::111122223333:user/Ann").unwrap();
    assert_eq!(actions(ann.identity.iter()), ["sqs:*"]);
    assert_eq!(
        &*s.managed_policy("111122223333", "arn:aws:iam::111122223333:policy/P").unwrap().default_version,
        "v4"
    );
    let ProviderKind::Oidc { issuer, client_ids } = &s.providers()[0].kind else { panic!("not OIDC") };
    assert_eq!((&**issuer, client_ids.as_ref().unwrap()[0].as_ref()), ("i", "aud"));
}

#[test]
fn resources_and_the_organization() {
    let s = load(&files());
    let bucket = s.resource("arn:aws:s3:::bucket").unwrap();
    assert_eq!(actions(&bucket.policy), ["s3:getobject"]);
    assert_eq!(&*bucket.policy.as_ref().unwrap().source.file, &*format!("{A}/s3/bucket/policy.json"));
    assert!(
        bucket.block_public_access.restrict_public_buckets && bucket.block_public_access.block_public_policy
    );
    let key = s.resource("arn:aws:kms:eu-west-1:111122223333:key/k").unwrap();
    assert!(key.policy.as_ref().unwrap().statements[0].assumption.is_some(), "refused");
    let topic = s.resource("arn:aws:sns:eu-west-1:111122223333:T").unwrap();
    assert_eq!((topic.policy.clone(), topic.tag("env").map(|t| &**t)), (None, Some("prod")));
    assert_eq!(s.assumptions_about(&topic.arn).count(), 1);
    assert_eq!(s.endpoints()[0].policy.as_ref().unwrap().source.pointer.as_ref(), "");
    let o = s.organization();
    assert_eq!(actions(o.scp_levels("111122223333").iter().flatten()), ["*", "ec2:*", "*"]);
    assert!(o.rcp_levels("111122223333").is_empty());
    assert_eq!(o.org_path("111122223333").map(|p| &**p), Some("o-abc/r-1/ou-1/"));
    assert_eq!(o.standing("999999999999"), Standing::Management);
}

#[test]
fn faults_are_told_with_their_own_files() {
    let mut changed = files();
    changed[1].1 = json!("no policy");
    changed[2].1 = json!({"x": 1});
    changed[11].1 = json!(7);
    changed[16].1 = json!([]);
    changed[28].1 = json!({"Statement": 1});
    let s = load(&changed);
    let told: Vec<&str> = s.problems().iter().map(|p| &*p.file).collect();
    for (i, (path, _)) in changed.iter().enumerate() {
        assert_eq!(told.contains(&path.as_str()), [1, 2, 11, 16, 28].contains(&i), "{path}: {told:?}");
    }
    let role = s.principal("arn:aws:iam::111122223333:role/app/Deploy").unwrap();
    assert!(role.trust.as_ref().unwrap().statements[0].assumption.is_some());
}
