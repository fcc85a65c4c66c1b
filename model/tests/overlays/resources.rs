//! Policies of resources.

use crate::{Copy, document, example, put, same};
use gateproof_model::overlay::{Change, Holder};
use serde_json::json;

const R: &str = "accounts/222222222222/us-east-1";

fn text() -> serde_json::Value {
    json!(document(true).to_string())
}

fn put_policy(resource: &str) -> Change {
    put(Holder::Resource(resource.to_owned()), &document(true))
}

#[test]
fn where_a_call_told_of_the_policy_it_tells_of_the_new_one() {
    let cases = [
        (
            "acme-pipeline-artifacts-222222222222",
            "s3api/get-bucket-policy/acme-pipeline-artifacts-222222222222",
            "/Policy",
        ),
        (
            "arn:aws:kms:us-east-1:222222222222:key/1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d",
            "kms/get-key-policy/1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d",
            "/Policy",
        ),
        (
            "arn:aws:sns:us-east-1:222222222222:acme-prod-approvals",
            "sns/get-topic-attributes/arn%3Aaws%3Asns%3Aus-east-1%3A222222222222%3Aacme-prod-approvals",
            "/Attributes/Policy",
        ),
        (
            "arn:aws:lambda:us-east-1:222222222222:function:staging-smoke-test",
            "lambda/get-policy/staging-smoke-test",
            "/Policy",
        ),
        (
            "arn:aws:ecr:us-east-1:222222222222:repository/portal",
            "ecr/get-repository-policy/portal",
            "/policyText",
        ),
    ];
    for (resource, file, pointer) in cases {
        same(&example(), &[put_policy(resource)], |copy| {
            copy.edit(&format!("{R}/{file}.json"), |json| *json.pointer_mut(pointer).unwrap() = text());
        });
    }
    let vault = "arn:aws:backup:us-east-1:444444444444:backup-vault:payments";
    same(&example(), &[put_policy(vault)], |copy| {
        copy.edit("resource-policies.json", |json| {
            let item = json.as_array_mut().unwrap().iter_mut().find(|i| i["Resource"] == vault).unwrap();
            item["Policy"] = document(true);
        });
    });
}

#[test]
fn where_none_did_one_tells_of_it() {
    same(&example(), &[put_policy("acme-portal-source-222222222222")], |copy| {
        let file =
            "accounts/222222222222/global/s3api/get-bucket-policy/acme-portal-source-222222222222.json";
        copy.write(file, &json!({"Policy": document(true).to_string()}));
    });
}

#[test]
fn policies_are_taken_away() {
    let bucket = "acme-pipeline-artifacts-222222222222";
    let gone =
        |resource: &str| Change::Document { holder: Holder::Resource(resource.to_owned()), document: None };
    same(&example(), &[gone(bucket)], |copy| {
        copy.delete(&format!("{R}/s3api/get-bucket-policy/{bucket}.json"));
        copy.edit("errors.json", |errors| {
            errors.as_array_mut().unwrap().push(json!({"account": "222222222222", "service": "s3api",
                "operation": "get-bucket-policy", "name": bucket, "error": "NoSuchBucketPolicy"}));
        });
    });
    let topic = "arn:aws:sns:us-east-1:222222222222:acme-prod-approvals";
    same(&example(), &[gone(topic)], |copy| {
        let file = format!(
            "{R}/sns/get-topic-attributes/arn%3Aaws%3Asns%3Aus-east-1%3A222222222222%3Aacme-prod-approvals.json"
        );
        copy.edit(&file, |json| {
            json["Attributes"].as_object_mut().unwrap().remove("Policy");
        });
    });
    let vault = "arn:aws:backup:us-east-1:444444444444:backup-vault:payments";
    same(&example(), &[gone(vault)], |copy| {
        copy.edit("resource-policies.json", |json| {
            json.as_array_mut().unwrap().retain(|i| i["Resource"] != vault)
        });
    });
}

#[test]
fn statements_of_a_policy_that_stands_as_text() {
    let bucket = "acme-pipeline-artifacts-222222222222";
    let out = |statement: &str| Change::WithoutStatement {
        holder: Holder::Resource(bucket.to_owned()),
        statement: statement.to_owned(),
    };
    same(&example(), &[out("DenyInsecureTransport"), out("CrossAccountDeploy")], |copy| {
        copy.edit(&format!("{R}/s3api/get-bucket-policy/{bucket}.json"), |json| {
            let mut policy: serde_json::Value =
                serde_json::from_str(json["Policy"].as_str().unwrap()).unwrap();
            let sids = ["DenyInsecureTransport", "CrossAccountDeploy"];
            let statements = policy["Statement"].as_array_mut().unwrap();
            statements.retain(|s| !sids.contains(&s["Sid"].as_str().unwrap()));
            json["Policy"] = json!(policy.to_string());
        });
    });
}

#[test]
fn two_files_that_tell_of_one_policy() {
    let twice = Copy::of(&example());
    let bucket = "acme-pipeline-artifacts-222222222222";
    let policy = twice.read(&format!("{R}/s3api/get-bucket-policy/{bucket}.json"))["Policy"].clone();
    let entry =
        json!({"Resource": format!("arn:aws:s3:::{bucket}"), "Account": "222222222222", "Policy": policy});
    twice.edit("resource-policies.json", |json| json.as_array_mut().unwrap().push(entry));
    let changed = crate::load(twice.path(), &[put_policy(bucket)]);
    let resource = changed.resource(&format!("arn:aws:s3:::{bucket}")).unwrap();
    let statements = &resource.policy.as_ref().unwrap().statements;
    assert_eq!(statements.len(), 1);
    assert_eq!(statements[0].sid.as_deref(), Some("Fresh"));
}
