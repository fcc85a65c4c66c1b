//! Approvals: where else they can be given, and where they are written down.

use crate::mutants::{TOOLING, spoils};
use crate::said::{audit, change_in, changed, intent, messages, of, without};
use gateproof::audit::Judgement::{Holds, Unknown, Violated};
use serde_json::{Value, json};

const SCP: &str = "organization/describe-policy/p-approvals1.json";
const TRAILS: &str = "accounts/111111111111/us-east-1/cloudtrail";
const LOG: &str = "accounts/111111111111/us-east-1/s3api/get-bucket-policy/acme-org-trail-111111111111.json";

fn trail_file(operation: &str) -> String {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/snapshots/acme-fixed").join(TRAILS);
    let mut files = std::fs::read_dir(folder.join(operation)).unwrap();
    let name = files.next().unwrap().unwrap().file_name().into_string().unwrap();
    format!("{TRAILS}/{operation}/{name}")
}

/// What is said where developers may approve on a resource, and no control policy stops them.
fn said_of(resource: &str) -> Vec<String> {
    let copy = changed(SCP, |json| {
        let all = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        json["Policy"]["Content"] = all.to_string().into();
    });
    change_in(&copy, TOOLING, |json| {
        let mut users = json["UserDetailList"].as_array_mut().unwrap().iter_mut();
        let user = users.find(|user| user["UserName"] == "bob.ferreira").unwrap();
        let statement =
            json!({"Effect": "Allow", "Action": "codepipeline:PutApprovalResult", "Resource": resource});
        user["UserPolicyList"] = json!([{"PolicyName": "approve",
            "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}]);
    });
    let said = audit(copy.path(), &["CP-APR-4"], Some(&intent()));
    let violated = messages(&said, "CP-APR-4", "prod-deploy", Violated);
    violated.into_iter().filter(|m| m.contains("bob.ferreira")).map(str::to_owned).collect()
}

/// A gate is three levels deep: what names a pipeline alone is about none, and what ends in a wildcard about others' too.
#[test]
fn rights_to_approve_that_take_in_productions_gate_are_found() {
    for wide in ["*", "arn:aws:codepipeline:us-east-1:222222222222:*deploy/*"] {
        let said = said_of(wide);
        assert!(said.iter().any(|m| m.contains("at other gates and at this one")), "{wide}: {said:?}");
    }
    for narrow in [
        "arn:aws:codepipeline:us-east-1:222222222222:prod-deploy",
        "arn:aws:codepipeline:us-east-1:222222222222:staging-deploy/*",
    ] {
        assert_eq!(said_of(narrow), Vec::<String>::new(), "{narrow}");
    }
}

#[test]
fn what_is_production_is_not_guessed() {
    let said = audit(&crate::said::example("acme-fixed"), &["CP-APR-4", "CP-ROLE-5"], None);
    for control in ["CP-APR-4", "CP-ROLE-5"] {
        assert!(!of(&said, control, "prod-deploy", Unknown).is_empty(), "{control}: {:?}", said.findings);
        assert!(of(&said, control, "prod-deploy", Holds).is_empty(), "{control}: {:?}", said.findings);
    }
}

#[test]
fn approvals_that_no_trail_takes_in_are_found() {
    let none = "no trail that logs takes in the approvals";
    spoils("CP-APR-5", "prod-deploy", none, &trail_file("get-trail-status"), |json| {
        json["IsLogging"] = false.into()
    });
    spoils("CP-APR-5", "prod-deploy", none, &trail_file("get-event-selectors"), |json| {
        json["EventSelectors"][0]["ReadWriteType"] = "ReadOnly".into();
    });
    spoils("CP-APR-5", "prod-deploy", none, &format!("{TRAILS}/describe-trails.json"), |json| {
        json["trailList"][0]["IsOrganizationTrail"] = false.into();
    });
}

fn policy(json: &mut Value, statement: Value) {
    let mut document: Value = serde_json::from_str(json["Policy"].as_str().unwrap()).unwrap();
    document["Statement"].as_array_mut().unwrap().push(statement);
    json["Policy"] = document.to_string().into();
}

#[test]
fn approvers_who_write_the_log_are_found() {
    let says = "acme-breakglass may approve, and write the log's files";
    spoils("CP-APR-5", "prod-deploy", says, LOG, |json| {
        policy(
            json,
            json!({"Effect": "Allow", "Action": "s3:DeleteObject",
            "Principal": {"AWS": "arn:aws:iam::222222222222:role/acme-breakglass"},
            "Resource": "arn:aws:s3:::acme-org-trail-111111111111/*"}),
        );
    });
}

#[test]
fn a_log_that_others_use_is_found() {
    spoils(
        "CP-APR-5",
        "prod-deploy",
        "delivery.logs.amazonaws.com may write to the log's bucket",
        LOG,
        |json| {
            policy(
                json,
                json!({"Effect": "Allow", "Action": "s3:PutObject", "Principal": {"Service": "delivery.logs.amazonaws.com"},
            "Resource": "arn:aws:s3:::acme-org-trail-111111111111/elb/*"}),
            );
        },
    );
}

#[test]
fn a_trail_of_which_is_not_told_whether_it_logs_is_missed() {
    // The account's own list is empty, and whole: another trail is known of by the organization's only.
    for (file, command) in [
        (trail_file("get-trail-status"), "get-trail-status"),
        (trail_file("get-event-selectors"), "get-event-selectors"),
        (LOG.to_owned(), "get-bucket-policy"),
    ] {
        let said = audit(without(&file).path(), &["CP-APR-5"], None);
        let unknown = of(&said, "CP-APR-5", "prod-deploy", Unknown);
        let mut commands =
            unknown.iter().flat_map(|f| &f.missing).filter_map(|untold| untold.command.as_deref());
        assert!(commands.any(|c| c.contains(command)), "{file}: {:?}", said.findings);
    }
}
