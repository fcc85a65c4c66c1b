//! Service and resource control policies.

use crate::{document, example, put, same};
use gateproof_model::overlay::{Change, Holder};
use serde_json::json;

#[test]
fn control_policies_get_other_documents() {
    for (name, file, with_principal) in [
        ("p-prodlock1", "p-prodlock1", false),
        ("acme-root-guardrails", "p-rootguard1", false),
        ("p-perimeter", "p-perimeter", true),
    ] {
        let new = document(with_principal);
        same(&example(), &[put(Holder::Control(name.to_owned()), &new)], |copy| {
            copy.edit(&format!("organization/describe-policy/{file}.json"), |json| {
                json["Policy"]["Content"] = json!(new.to_string());
            });
        });
    }
}

#[test]
fn they_are_attached_and_detached() {
    let bind = |target: &str, attached| Change::ControlTarget {
        policy: "acme-prod-lock".to_owned(),
        target: target.to_owned(),
        attached,
    };
    same(&example(), &[bind("222222222222", true)], |copy| {
        let policy =
            copy.read("organization/describe-policy/p-prodlock1.json")["Policy"]["PolicySummary"].clone();
        copy.edit("organization/list-policies-for-target/222222222222.json", |json| {
            json["Policies"].as_array_mut().unwrap().push(policy);
        });
    });
    same(&example(), &[bind("444444444444", false)], |copy| {
        copy.edit("organization/list-policies-for-target/444444444444.json", |json| {
            json["Policies"].as_array_mut().unwrap().retain(|p| p["Id"] != "p-prodlock1");
        });
    });
}

#[test]
fn statements_of_control_policies_are_taken_out() {
    let out = Change::WithoutStatement {
        holder: Holder::Control("p-rootguard1".to_owned()),
        statement: "RegionsInUse".to_owned(),
    };
    same(&example(), &[out], |copy| {
        copy.edit("organization/describe-policy/p-rootguard1.json", |json| {
            let content = json["Policy"]["Content"].as_str().unwrap();
            let mut policy: serde_json::Value = serde_json::from_str(content).unwrap();
            policy["Statement"].as_array_mut().unwrap().retain(|s| s["Sid"] != "RegionsInUse");
            json["Policy"]["Content"] = json!(policy.to_string());
        });
    });
}
