//! The organization: levels of control policies, paths, and what of it was not collected.

use super::{ACCOUNT, actions, at, gaad, identity, is_unknown, load, policy};
use gateproof_model::organization::Standing;
use gateproof_model::policy::Document;
use serde_json::{Value, json};
use std::sync::Arc;

fn level_actions(levels: &[Vec<Arc<Document>>]) -> Vec<Vec<String>> {
    levels.iter().map(|l| l.iter().flat_map(|d| actions(d)).collect()).collect()
}

fn organization() -> Vec<(&'static str, Value)> {
    let attached = |ids: &[(&str, &str)]| {
        let policies: Vec<Value> =
            ids.iter().map(|(id, kind)| json!({"Id": id, "Name": id, "Type": kind})).collect();
        json!({ "Policies": policies })
    };
    const SCP: &str = "SERVICE_CONTROL_POLICY";
    const RCP: &str = "RESOURCE_CONTROL_POLICY";
    vec![
        (
            "organization/describe-organization.json",
            json!({"Organization": {"Id": "o-abc", "MasterAccountId": "999999999999", "FeatureSet": "ALL"}}),
        ),
        (
            "organization/list-roots.json",
            json!({"Roots": [{"Id": "r-1", "Name": "Root", "PolicyTypes": [{"Type": SCP, "Status": "ENABLED"}, {"Type": RCP, "Status": "ENABLED"}]}]}),
        ),
        (
            "organization/list-accounts.json",
            json!({"Accounts": [{"Id": ACCOUNT, "Name": "prod"}, {"Id": "999999999999", "Name": "main"}]}),
        ),
        (
            "organization/list-parents/111122223333.json",
            json!({"Parents": [{"Id": "ou-1-a", "Type": "ORGANIZATIONAL_UNIT"}]}),
        ),
        (
            "organization/list-organizational-units-for-parent/r-1.json",
            json!({"OrganizationalUnits": [{"Id": "ou-1-a", "Name": "Workloads"}]}),
        ),
        (
            "organization/list-policies-for-target/r-1.json",
            attached(&[("p-FullAWSAccess", SCP), ("p-RCPFullAWSAccess", RCP)]),
        ),
        (
            "organization/list-policies-for-target/ou-1-a.json",
            attached(&[("p-one", SCP), ("p-gone", SCP), ("p-rcp", RCP)]),
        ),
        (
            "organization/list-policies-for-target/111122223333.json",
            attached(&[("p-FullAWSAccess", SCP), ("p-RCPFullAWSAccess", RCP)]),
        ),
        (
            "organization/describe-policy/p-one.json",
            json!({"Policy": {"PolicySummary": {"Id": "p-one", "Name": "one", "Type": SCP}, "Content": identity("s3:*").to_string()}}),
        ),
        (
            "organization/describe-policy/p-rcp.json",
            json!({"Policy": {"PolicySummary": {"Id": "p-rcp", "Name": "rcp", "Type": RCP}, "Content": policy("sts:*").to_string()}}),
        ),
        ("accounts/111122223333/global/iam/get-account-authorization-details.json", gaad("r")),
    ]
}

#[test]
fn the_organization_gives_levels_and_paths() {
    let s = load(&organization());
    let o = s.organization();
    let scps = o.scp_levels(ACCOUNT);
    assert_eq!(level_actions(scps), [vec!["*"], vec!["s3:*", "*", "*"], vec!["*"]]);
    assert!(is_unknown(&scps[1][1]), "attached but not described");
    assert_eq!(level_actions(o.rcp_levels(ACCOUNT)), [vec!["*"], vec!["sts:*"], vec!["*"]]);
    assert_eq!(o.org_path(ACCOUNT).map(|p| &**p), Some("o-abc/r-1/ou-1-a/"));
    assert_eq!(o.standing("999999999999"), Standing::Management);
    assert!(o.scp_levels("999999999999").is_empty());
    assert_eq!(o.standing("123456789012"), Standing::Outside);
    assert_eq!(s.accounts()[0].name.as_deref(), Some("prod"));
    assert!(!s.assumptions().iter().any(|a| a.text.contains("policies of type")));
}

#[test]
fn an_empty_level_denies_and_an_uncollected_one_is_assumed() {
    let mut files = organization();
    files[6].1 = json!({"Policies": []});
    let s = load(&files);
    assert_eq!(
        level_actions(s.organization().scp_levels(ACCOUNT)),
        [vec!["*"], Vec::<&str>::new(), vec!["*"]]
    );
    files.remove(6);
    let s = load(&files);
    assert_eq!(level_actions(s.organization().scp_levels(ACCOUNT)), [vec!["*"], vec!["*"]]);
    let assumed: Vec<_> =
        s.assumptions().iter().filter(|a| a.cli_command.contains("--target-id ou-1-a")).collect();
    assert_eq!(assumed.len(), 2, "SCPs and RCPs");
    files.push(("errors.json", json!([{"account": null, "region": null, "service": "organizations", "operation": "list-policies-for-target", "name": "ou-1-a", "error": "AccessDeniedException"}])));
    let s = load(&files);
    assert!(is_unknown(&s.organization().scp_levels(ACCOUNT)[1][0]));
}

#[test]
fn policy_types_that_are_off_restrict_nothing() {
    let mut files = organization();
    files[1].1 = json!({"Roots": [{"Id": "r-1", "Name": "Root", "PolicyTypes": []}]});
    let s = load(&files);
    assert!(
        s.organization().scp_levels(ACCOUNT).is_empty() && s.organization().rcp_levels(ACCOUNT).is_empty()
    );
    assert!(!s.assumptions().iter().any(|a| a.text.contains("policies of type")));
}

#[test]
fn an_account_whose_parents_were_not_collected_has_root_and_own_levels() {
    let mut files = organization();
    files.remove(3);
    let s = load(&files);
    assert_eq!(level_actions(s.organization().scp_levels(ACCOUNT)), [vec!["*"], vec!["*"]]);
    assert_eq!(s.organization().org_path(ACCOUNT), None);
    assert!(s.assumptions().iter().any(|a| a.cli_command.contains("list-parents")));
}

#[test]
fn no_organization_collected_is_an_assumption_and_none_in_use_is_not() {
    let file = at("global/iam/get-account-authorization-details.json");
    let s = load(&[(&file, gaad("r"))]);
    assert!(s.assumptions().iter().any(|a| &*a.cli_command == "aws organizations describe-organization"));
    assert_eq!(s.organization().standing(ACCOUNT), Standing::Unknown);
    let none = json!([{"service": "organizations", "operation": "describe-organization", "error": "AWSOrganizationsNotInUseException"}]);
    let s = load(&[(&file, gaad("r")), ("errors.json", none)]);
    assert!(!s.assumptions().iter().any(|a| a.cli_command.contains("organizations")));
    assert_eq!(s.organization().standing(ACCOUNT), Standing::Outside);
}
