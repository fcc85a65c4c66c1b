//! An organization as the files of a snapshot.

use super::organization::{NESTED, Organization, Person, ROOT, UNIT, path};
use super::policy::full_access;
use super::vocabulary::{ELSEWHERE, MANAGEMENT, MEMBERS, ORGANIZATION};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

fn write(directory: &Path, name: &str, content: &Value) {
    let file = directory.join(name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, content.to_string()).unwrap();
}

/// Writes the snapshot.
pub fn write_snapshot(organization: &Organization, directory: &Path) {
    for account in &organization.accounts {
        let name = format!("accounts/{}/global/iam/get-account-authorization-details.json", account.id);
        write(directory, &name, &authorization_details(organization, &account.id, &account.group));
    }
    write_things(organization, directory);
    if organization.organized {
        write_organization(organization, directory);
    }
}

fn tag_list(tags: &[(String, String)]) -> Value {
    tags.iter().map(|(k, v)| json!({"Key": k, "Value": v})).collect()
}

fn entry(person: &Person) -> Value {
    let inline: Value = person
        .inline
        .iter()
        .enumerate()
        .map(|(i, d)| json!({"PolicyName": format!("inline-{i}"), "PolicyDocument": d}))
        .collect();
    let mut entry = json!({"Path": person.path, "Arn": person.arn, "CreateDate": "2024-01-01T00:00:00+00:00",
        "AttachedManagedPolicies": [], "Tags": tag_list(&person.tags)});
    if person.boundary.is_some() {
        let arn = boundary_arn(person);
        entry["PermissionsBoundary"] =
            json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn});
    }
    if person.is_role {
        entry["RoleName"] = json!(person.name);
        entry["RoleId"] = json!(person.unique_id);
        entry["RolePolicyList"] = inline;
        entry["InstanceProfileList"] = json!([]);
        entry["AssumeRolePolicyDocument"] = person.trust.clone().unwrap();
    } else {
        entry["UserName"] = json!(person.name);
        entry["UserId"] = json!(person.unique_id);
        entry["UserPolicyList"] = inline;
        entry["GroupList"] = if person.in_group { json!(["team"]) } else { json!([]) };
    }
    entry
}

fn boundary_arn(person: &Person) -> String {
    format!("arn:aws:iam::{}:policy/boundary-{}", person.account, person.name)
}

fn authorization_details(organization: &Organization, account: &str, group: &Value) -> Value {
    let own = || organization.people.iter().filter(|p| p.account == account);
    let policies: Vec<Value> = own()
        .filter_map(|p| {
            let arn = boundary_arn(p);
            let document = p.boundary.as_ref()?;
            Some(json!({"PolicyName": arn.rsplit('/').next(), "PolicyId": "ANPARANDOM", "Arn": arn, "Path": "/",
                "DefaultVersionId": "v1", "AttachmentCount": 0, "PermissionsBoundaryUsageCount": 1, "IsAttachable": true,
                "PolicyVersionList": [{"Document": document, "VersionId": "v1", "IsDefaultVersion": true}]}))
        })
        .collect();
    json!({
        "UserDetailList": own().filter(|p| !p.is_role).map(entry).collect::<Vec<_>>(),
        "RoleDetailList": own().filter(|p| p.is_role).map(entry).collect::<Vec<_>>(),
        "GroupDetailList": [{"Path": "/", "GroupName": "team", "GroupId": "AGPARANDOM", "Arn": format!("arn:aws:iam::{account}:group/team"),
            "GroupPolicyList": [{"PolicyName": "group", "PolicyDocument": group}], "AttachedManagedPolicies": []}],
        "Policies": policies,
    })
}

fn write_things(organization: &Organization, directory: &Path) {
    let mut policies = Vec::new();
    let mut tagged: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    let mut buckets: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for thing in &organization.things {
        if let Some(policy) = &thing.policy {
            policies.push(json!({"Resource": thing.arn, "Account": thing.account, "Policy": policy}));
        }
        if let Some(tags) = &thing.tags {
            let row = json!({"ResourceARN": thing.arn, "Tags": tag_list(tags)});
            tagged.entry(&thing.account).or_default().push(row);
        }
        if let Some(name) = thing.arn.strip_prefix("arn:aws:s3:::") {
            buckets.entry(&thing.account).or_default().push(json!({"Name": name}));
        }
        if let Some((_, id)) = thing.arn.split_once(":key/") {
            let name = format!("accounts/{}/us-east-1/kms/list-grants/{id}.json", thing.account);
            write(directory, &name, &json!({"Grants": thing.grants}));
        }
    }
    for (account, rows) in tagged {
        let name = format!("accounts/{account}/us-east-1/resourcegroupstaggingapi/get-resources.json");
        write(directory, &name, &json!({"ResourceTagMappingList": rows}));
    }
    for (account, rows) in buckets {
        write(
            directory,
            &format!("accounts/{account}/global/s3api/list-buckets.json"),
            &json!({"Buckets": rows}),
        );
    }
    write(directory, "resource-policies.json", &Value::Array(policies));
}

fn write_organization(organization: &Organization, directory: &Path) {
    write(
        directory,
        "organization/describe-organization.json",
        &json!({"Organization": {"Id": ORGANIZATION,
        "MasterAccountId": MANAGEMENT, "FeatureSet": "ALL"}}),
    );
    write(
        directory,
        "organization/list-roots.json",
        &json!({"Roots": [{"Id": ROOT, "Name": "Root", "PolicyTypes": [
        {"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}, {"Type": "RESOURCE_CONTROL_POLICY", "Status": "ENABLED"}]}]}),
    );
    let accounts = [MANAGEMENT, MEMBERS[0], MEMBERS[1], ELSEWHERE];
    let listed: Vec<Value> =
        accounts.iter().map(|id| json!({"Id": id, "Name": id, "Status": "ACTIVE"})).collect();
    write(directory, "organization/list-accounts.json", &json!({"Accounts": listed}));
    let mut nodes = vec![ROOT, UNIT, NESTED];
    nodes.extend(accounts);
    for node in nodes {
        let parent = match node {
            ROOT => None,
            UNIT => Some(ROOT),
            NESTED => Some(UNIT),
            account => path(account).into_iter().rev().nth(1),
        };
        if let Some(parent) = parent {
            let kind = if parent == ROOT { "ROOT" } else { "ORGANIZATIONAL_UNIT" };
            let name = format!("organization/list-parents/{node}.json");
            write(directory, &name, &json!({"Parents": [{"Id": parent, "Type": kind}]}));
        }
        write_attached(organization, directory, node);
    }
}

fn write_attached(organization: &Organization, directory: &Path, node: &str) {
    let full = vec![full_access()];
    let scps = organization.scps.get(node).unwrap_or(&full);
    let mut rcps = organization.rcps.get(node).cloned().unwrap_or_default();
    rcps.insert(0, json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}));
    let mut attached = Vec::new();
    let kinds = [("SERVICE_CONTROL_POLICY", scps.as_slice()), ("RESOURCE_CONTROL_POLICY", rcps.as_slice())];
    for (kind, documents) in kinds {
        for (i, document) in documents.iter().enumerate() {
            let id = format!("p-{}{node}{i}", kind.chars().next().unwrap());
            let summary = json!({"Id": id, "Name": id, "Type": kind, "AwsManaged": false,
                "Arn": format!("arn:aws:organizations::{MANAGEMENT}:policy/{ORGANIZATION}/{}/{id}", kind.to_lowercase())});
            write(
                directory,
                &format!("organization/describe-policy/{id}.json"),
                &json!({"Policy": {"PolicySummary": summary, "Content": document.to_string()}}),
            );
            attached.push(summary);
        }
    }
    write(
        directory,
        &format!("organization/list-policies-for-target/{node}.json"),
        &json!({"Policies": attached}),
    );
}
