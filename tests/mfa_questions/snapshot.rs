//! A snapshot of one account in an organization: a user, and roles opened by a service, a role and a user.

use serde_json::{Value, json};
use tempfile::TempDir;

const ACCOUNT: &str = "111122223333";
const MANAGEMENT: &str = "444455556666";

/// Where the Deny statements stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Identity,
    Boundary,
    Scp,
    Group,
}

impl Place {
    /// The places to try: one only, where there is nothing to deny.
    pub fn of_denies(any: bool) -> Vec<Self> {
        if any { vec![Self::Identity, Self::Boundary, Self::Scp, Self::Group] } else { vec![Self::Identity] }
    }
}

/// A policy of these statements, with one that allows everything before them where `open`.
fn document(statements: &[Value], open: bool) -> Value {
    let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let listed: Vec<&Value> = std::iter::once(&everything).filter(|_| open).chain(statements).collect();
    json!({"Version": "2012-10-17", "Statement": listed})
}

/// The files of the snapshot.
pub fn files(allows: &[Value], denies: &[Value], place: Place) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: String, value: Value| {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, value.to_string()).unwrap();
    };
    let iam = "get-account-authorization-details.json";
    write(format!("accounts/{ACCOUNT}/global/iam/{iam}"), details(allows, denies, place));
    let scp = document(if place == Place::Scp { denies } else { &[] }, true);
    for (path, value) in organization(&scp) {
        write(format!("organization/{path}.json"), value);
    }
    folder
}

fn details(allows: &[Value], denies: &[Value], place: Place) -> Value {
    let mut documents: Vec<Value> =
        allows.iter().map(|a| json!({"Version": "2012-10-17", "Statement": a})).collect();
    if place == Place::Identity && !denies.is_empty() {
        documents.push(document(denies, false));
    }
    let inline: Vec<Value> = documents
        .iter()
        .enumerate()
        .map(|(i, document)| json!({"PolicyName": format!("inline-{i}"), "PolicyDocument": document}))
        .collect();
    let mut user = json!({
        "Path": "/", "UserName": "ana", "UserId": "AIDAEXAMPLEANA", "CreateDate": "2026-01-01T00:00:00Z",
        "Arn": format!("arn:aws:iam::{ACCOUNT}:user/ana"), "GroupList": ["approvers"],
        "AttachedManagedPolicies": [], "UserPolicyList": inline, "Tags": [],
    });
    let mut roles: Vec<Value> = [
        ("opened-by-service", json!({"Service": "ec2.amazonaws.com"})),
        ("opened-by-role", json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:role/opened-by-service")})),
        ("opened-by-user", json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:user/ana")})),
    ]
    .map(|(name, trusted)| role(name, &trusted, &inline))
    .to_vec();
    let boundary = format!("arn:aws:iam::{ACCOUNT}:policy/boundary");
    if place == Place::Boundary {
        for principal in roles.iter_mut().chain([&mut user]) {
            principal["PermissionsBoundary"] =
                json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary});
        }
    }
    let of_group = (place == Place::Group && !denies.is_empty())
        .then(|| json!({"PolicyName": "group", "PolicyDocument": document(denies, false)}));
    let group = json!({
        "Path": "/", "GroupName": "approvers", "GroupId": "AGPAEXAMPLE", "CreateDate": "2026-01-01T00:00:00Z",
        "Arn": format!("arn:aws:iam::{ACCOUNT}:group/approvers"), "AttachedManagedPolicies": [],
        "GroupPolicyList": of_group.into_iter().collect::<Vec<_>>(),
    });
    let version = json!({
        "Document": document(denies, true), "VersionId": "v1", "IsDefaultVersion": true,
        "CreateDate": "2026-01-01T00:00:00Z",
    });
    let policy = json!({
        "PolicyName": "boundary", "PolicyId": "ANPAEXAMPLE", "Arn": boundary, "Path": "/",
        "DefaultVersionId": "v1", "AttachmentCount": 0, "PermissionsBoundaryUsageCount": 4,
        "IsAttachable": true, "CreateDate": "2026-01-01T00:00:00Z", "UpdateDate": "2026-01-01T00:00:00Z",
        "PolicyVersionList": [version],
    });
    json!({
        "UserDetailList": [user], "GroupDetailList": [group], "RoleDetailList": roles, "Policies": [policy],
        "IsTruncated": false,
    })
}

fn role(name: &str, trusted: &Value, inline: &[Value]) -> Value {
    let trust = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole",
    }});
    json!({
        "Path": "/", "RoleName": name, "RoleId": format!("AROA{}", name.to_uppercase().replace('-', "")),
        "Arn": format!("arn:aws:iam::{ACCOUNT}:role/{name}"), "CreateDate": "2026-01-01T00:00:00Z",
        "AssumeRolePolicyDocument": trust, "InstanceProfileList": [], "RolePolicyList": inline,
        "AttachedManagedPolicies": [], "Tags": [], "RoleLastUsed": {},
    })
}

/// A root that lets everything pass, and the account under it with the policy given.
fn organization(scp: &Value) -> Vec<(String, Value)> {
    let kind = "SERVICE_CONTROL_POLICY";
    let summary = |id: &str| {
        let arn = format!("arn:aws:organizations::{MANAGEMENT}:policy/o-example/service_control_policy/{id}");
        json!({"Id": id, "Arn": arn, "Name": id, "Description": "", "Type": kind, "AwsManaged": false})
    };
    let policy = |id: &str, content: &Value| json!({"Policy": {"PolicySummary": summary(id), "Content": content.to_string()}});
    let of_target = |id: &str| json!({"Policies": [summary(id)]});
    let account = |id: &str| {
        json!({
            "Id": id, "Arn": format!("arn:aws:organizations::{MANAGEMENT}:account/o-example/{id}"),
            "Email": format!("{id}@example.com"), "Name": id, "Status": "ACTIVE", "State": "ACTIVE",
            "JoinedMethod": "CREATED", "JoinedTimestamp": "2026-01-01T00:00:00Z",
        })
    };
    let accounts = json!({"Accounts": [account(ACCOUNT), account(MANAGEMENT)]});
    let parents = json!({"Parents": [{"Id": "r-root", "Type": "ROOT"}]});
    let root = json!({
        "Id": "r-root", "Arn": format!("arn:aws:organizations::{MANAGEMENT}:root/o-example/r-root"),
        "Name": "Root", "PolicyTypes": [{"Type": kind, "Status": "ENABLED"}],
    });
    let described = json!({"Organization": {
        "Id": "o-example", "Arn": format!("arn:aws:organizations::{MANAGEMENT}:organization/o-example"),
        "FeatureSet": "ALL", "MasterAccountId": MANAGEMENT,
        "MasterAccountArn": format!("arn:aws:organizations::{MANAGEMENT}:account/o-example/{MANAGEMENT}"),
        "MasterAccountEmail": "root@example.com", "AvailablePolicyTypes": [],
    }});
    vec![
        ("describe-organization".to_owned(), described),
        ("list-roots".to_owned(), json!({"Roots": [root]})),
        ("list-accounts".to_owned(), accounts.clone()),
        ("list-accounts-for-parent/r-root".to_owned(), accounts),
        ("list-organizational-units-for-parent/r-root".to_owned(), json!({"OrganizationalUnits": []})),
        (format!("list-parents/{ACCOUNT}"), parents.clone()),
        (format!("list-parents/{MANAGEMENT}"), parents),
        ("list-policies-for-target/r-root".to_owned(), of_target("p-open")),
        (format!("list-policies-for-target/{ACCOUNT}"), of_target("p-account")),
        (format!("list-policies-for-target/{MANAGEMENT}"), of_target("p-open")),
        ("describe-policy/p-open".to_owned(), policy("p-open", &document(&[], true))),
        ("describe-policy/p-account".to_owned(), policy("p-account", scp)),
    ]
}
