//! The roles of stacks: what they change, what caps them, who assumes and passes them.

use crate::mutants::{PROD, PRODUCTION, action, role, spoils};
use crate::said::{audit, change_in, changed, intent, messages, of, without};
use gateproof::audit::Judgement::{Holds, Unknown, Violated};
use serde_json::{Value, json};

const STAGING: &str = "accounts/333333333333/global/iam/get-account-authorization-details.json";
const RESOURCES: &str =
    "accounts/444444444444/us-east-1/cloudformation/list-stack-resources/payments-data.json";
const DATA: &str = "acme-cfn-payments-data";
const CONFIG: &str = "acme-cfn-payments-config";

/// One more inline policy of a role.
fn grant(details: &mut Value, name: &str, statement: &Value) {
    let policies = role(details, name)["RolePolicyList"].as_array_mut().unwrap();
    let document = json!({"Version": "2012-10-17", "Statement": [statement]});
    policies.push(json!({"PolicyName": "more", "PolicyDocument": document}));
}

/// Sets the text of a managed policy in force.
fn rewrite(details: &mut Value, name: &str, statements: &Value) {
    let mut policies = details["Policies"].as_array_mut().unwrap().iter_mut();
    let policy = policies.find(|policy| policy["PolicyName"] == name).unwrap();
    for version in policy["PolicyVersionList"].as_array_mut().unwrap() {
        version["Document"] = json!({"Version": "2012-10-17", "Statement": statements});
    }
}

fn topics() -> Value {
    json!({"Effect": "Allow", "Action": "sns:CreateTopic", "Resource": "*"})
}

#[test]
fn rights_in_services_that_the_stack_has_nothing_of_are_found() {
    spoils("CP-CFN-2", "prod-deploy", "may change sns, of which", PRODUCTION, |json| {
        grant(json, DATA, &topics())
    });
}

/// Of a type of somebody's own it isn't known which services its handlers call.
#[test]
fn types_that_are_not_aws_s_may_need_any_service() {
    let copy = changed(PRODUCTION, |json| grant(json, DATA, &topics()));
    change_in(&copy, RESOURCES, |json| {
        json["StackResourceSummaries"][0]["ResourceType"] = "Acme::Billing::Ledger".into();
    });
    let said = audit(copy.path(), &["CP-CFN-2"], None);
    let unknown = of(&said, "CP-CFN-2", "prod-deploy", Unknown);
    assert!(unknown.iter().any(|f| f.message.contains("Acme::Billing::Ledger")), "{:?}", said.findings);
    assert!(of(&said, "CP-CFN-2", "prod-deploy", Violated).is_empty(), "{:?}", said.findings);
    // What is gone needs nothing.
    change_in(&copy, RESOURCES, |json| {
        json["StackResourceSummaries"][0]["ResourceStatus"] = "DELETE_COMPLETE".into();
    });
    let said = audit(copy.path(), &["CP-CFN-2"], None);
    let violated = messages(&said, "CP-CFN-2", "prod-deploy", Violated);
    assert!(violated.iter().any(|m| m.contains("dynamodb, sns") || m.contains("sns")), "{:?}", said.findings);
}

#[test]
fn resources_that_are_not_told_are_missed() {
    let said = audit(without(RESOURCES).path(), &["CP-CFN-2"], None);
    let unknown = of(&said, "CP-CFN-2", "prod-deploy", Unknown);
    let mut commands = unknown.iter().flat_map(|f| &f.missing).filter_map(|untold| untold.command.as_deref());
    assert!(commands.any(|c| c.contains("list-stack-resources --stack-name payments-data")), "{unknown:?}");
}

#[test]
fn a_role_without_boundary_is_found() {
    spoils("CP-CFN-3", "prod-deploy", "has no permissions boundary", PRODUCTION, |json| {
        role(json, DATA).as_object_mut().unwrap().remove("PermissionsBoundary");
    });
}

/// A boundary is a cap only if it can't be rewritten, taken off, or left out of what the role makes.
#[test]
fn ways_out_of_a_boundary_are_found() {
    let all = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    let said = |statement: Value| {
        let copy = changed(STAGING, |json| {
            rewrite(json, "acme-cfn-boundary", &all);
            grant(json, CONFIG, &statement);
        });
        let said = audit(copy.path(), &["CP-CFN-3"], None);
        let violated = messages(&said, "CP-CFN-3", "staging-deploy", Violated).join("; ");
        violated.replace("may by its boundary what only a service control policy refuses", "")
    };
    let boundary = "arn:aws:iam::333333333333:policy/acme-cfn-boundary";
    let text = said(json!({"Effect": "Allow", "Action": "iam:CreatePolicyVersion", "Resource": boundary}));
    assert!(text.contains("may write the text of its boundary"), "{text}");
    let off =
        said(json!({"Effect": "Allow", "Action": "iam:DeleteRolePermissionsBoundary", "Resource": "*"}));
    assert!(off.contains("may take boundaries away"), "{off}");
    let make = |condition: Value| {
        said(
            json!({"Effect": "Allow", "Action": ["iam:CreateRole", "iam:PutRolePolicy"], "Resource": "*", "Condition": condition}),
        )
    };
    let without = "may give rights to users and roles that don't have its boundary";
    assert!(make(json!({})).contains(without));
    let absent = make(json!({"StringEqualsIfExists": {"iam:PermissionsBoundary": boundary}}));
    assert!(absent.contains(without), "{absent}");
    let capped = make(json!({"StringEquals": {"iam:PermissionsBoundary": boundary}}));
    assert!(!capped.contains(without), "{capped}");
}

/// The data stack's role may call what one more statement of its boundary and policies names.
#[test]
fn what_only_the_control_policies_refuse_is_found() {
    let all = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    let envelope = |statements: Value, call: &str| {
        let copy = changed(PRODUCTION, |json| {
            rewrite(json, "acme-cfn-boundary", &statements);
            let document = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": call, "Resource": "*"}]});
            role(json, DATA)["RolePolicyList"] = json!([{"PolicyName": "only", "PolicyDocument": document}]);
        });
        let said = audit(copy.path(), &["CP-CFN-3"], None);
        let all =
            said.findings.iter().filter(|f| f.subject.contains(DATA) && f.subject.ends_with("the envelope"));
        all.map(|finding| finding.verdict).collect::<Vec<_>>()
    };
    // No Allow of the organization is about it.
    assert_eq!(envelope(all.clone(), "athena:CreateWorkGroup"), [Violated]);
    // A Deny is, but for regions in use.
    assert_eq!(envelope(all.clone(), "sqs:CreateQueue"), [Violated]);
    let here = json!([{"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}}]);
    assert_eq!(envelope(here, "sqs:CreateQueue"), [Holds]);
}

fn trust(condition: Option<Value>) -> impl Fn(&mut Value) {
    move |details: &mut Value| {
        let statement = &mut role(details, DATA)["AssumeRolePolicyDocument"]["Statement"][0];
        statement.as_object_mut().unwrap().remove("Condition");
        if let Some(condition) = &condition {
            statement["Condition"] = condition.clone();
        }
    }
}

fn said_of_trust(
    condition: Option<Value>,
    passer: Option<&str>,
) -> Vec<(gateproof::audit::Judgement, String)> {
    let copy = changed(PRODUCTION, trust(condition));
    if let Some(passer) = passer {
        let all = json!({"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"});
        change_in(&copy, PRODUCTION, |json| grant(json, passer, &all));
        // The organization's own lock is not what is tested.
        change_in(&copy, "organization/describe-policy/p-prodguard.json", |json| {
            json["Policy"]["Content"] =
                json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}).to_string().into();
        });
    }
    let said = audit(copy.path(), &["CP-CFN-5"], Some(&intent()));
    let of_role = said.findings.iter().filter(|f| f.subject.ends_with(DATA));
    of_role.map(|f| (f.verdict, f.message.clone())).collect()
}

/// CloudFormation assumes the role: it comes with the ARN of a stack, or with none.
#[test]
fn a_trust_that_asks_for_a_pipeline_lets_nobody_in() {
    let pipeline =
        json!({"ArnEquals": {"aws:SourceArn": "arn:aws:codepipeline:us-east-1:222222222222:prod-deploy"}});
    let said = said_of_trust(Some(pipeline), None);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].0 == Violated && said[0].1.contains("its trust asks for the ARN of a pipeline"),
        "{said:?}"
    );
    let stack =
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:cloudformation:us-east-1:444444444444:stack/*"}});
    let said = said_of_trust(Some(stack), None);
    assert!(said[0].0 == Holds && said[0].1.contains("for its own account only"), "{said:?}");
}

#[test]
fn a_trust_that_asks_for_nothing_is_as_good_as_those_who_pass_the_role() {
    let said = said_of_trust(None, None);
    assert!(said[0].0 == Holds && said[0].1.contains("nobody else may pass it"), "{said:?}");
    let said = said_of_trust(None, Some("acme-prod-operator"));
    assert!(said[0].0 == Violated && said[0].1.contains("others may pass it"), "{said:?}");
    // A condition that asks where the key is sent only is a condition all the same.
    let exists = json!({"StringEqualsIfExists": {"aws:SourceAccount": "444444444444"}});
    let said = said_of_trust(Some(exists), None);
    assert!(said[0].0 == Holds && said[0].1.contains("for its own account only"), "{said:?}");
}

#[test]
fn a_role_that_administers_for_several_pipelines_is_found() {
    let shared = |json: &mut Value| {
        action(json, "DataStack")["configuration"]["RoleArn"] =
            format!("arn:aws:iam::333333333333:role/{CONFIG}").into();
    };
    let copy = changed(PROD, shared);
    let said = audit(copy.path(), &["CP-CFN-6"], None);
    assert!(
        of(&said, "CP-CFN-6", "prod-deploy", Violated).is_empty(),
        "shared, and scoped: {:?}",
        said.findings
    );
    change_in(&copy, STAGING, |json| {
        role(json, CONFIG).as_object_mut().unwrap().remove("PermissionsBoundary");
        grant(json, CONFIG, &json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
    });
    let said = audit(copy.path(), &["CP-CFN-6"], None);
    let violated = messages(&said, "CP-CFN-6", "prod-deploy", Violated);
    assert!(
        violated.iter().any(|m| m.contains("executes stacks of 2 pipelines, and may write IAM")),
        "{:?}",
        said.findings
    );
}

#[test]
fn roles_of_accounts_that_were_not_collected_are_unknown() {
    let copy = crate::said::copied();
    std::fs::remove_dir_all(copy.path().join("accounts/444444444444/global/iam")).unwrap();
    let controls = ["CP-CFN-2", "CP-CFN-3", "CP-CFN-5", "CP-CFN-6", "CP-MAP-1", "CP-ROLE-6"];
    let said = audit(copy.path(), &controls, Some(&intent()));
    for control in controls {
        let unknown = of(&said, control, "prod-deploy", Unknown);
        assert!(
            unknown.iter().any(|f| f.message.contains("is not in the snapshot")),
            "{control}: {:?}",
            said.findings
        );
    }
}
