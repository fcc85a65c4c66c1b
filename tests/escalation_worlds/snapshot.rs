//! A world as the files of a snapshot.

use super::world::{
    ABROAD, FUNCTION, HOME, KEY_ID, MANAGEMENT, PRINCIPALS, PROJECT, Statements, USERS, World,
    allow_everything, document, function_arn, group_arn, key_arn, name_of, policy_arn, project_arn,
};
use serde_json::{Value, json};
use std::path::Path;

pub fn write(world: &World, folder: &Path) {
    for (path, value) in files(world) {
        let file = folder.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, value.to_string()).unwrap();
    }
}

fn files(world: &World) -> Vec<(String, Value)> {
    let mut files = Vec::new();
    let details = "global/iam/get-account-authorization-details.json";
    for account in [HOME, ABROAD] {
        if account == HOME || world.last_abroad {
            files.push((format!("accounts/{account}/{details}"), identities(world, account)));
        }
    }
    let mut at_home =
        |path: &str, value| files.push((format!("accounts/{HOME}/us-east-1/{path}.json"), value));
    if let Some(role) = world.function {
        let function =
            json!({"FunctionName": FUNCTION, "FunctionArn": function_arn(FUNCTION), "Role": world.arn(role)});
        at_home("lambda/list-functions", json!({"Functions": [function]}));
    }
    if let Some(role) = world.project {
        let project = json!({
            "name": PROJECT, "arn": project_arn(PROJECT), "serviceRole": world.arn(role), "source": {"type": "NO_SOURCE"},
        });
        at_home("codebuild/batch-get-projects", json!({"projects": [project]}));
    }
    if let Some(statements) = &world.key_policy {
        at_home("kms/list-keys", json!({"Keys": [{"KeyId": KEY_ID, "KeyArn": key_arn()}]}));
        let policy = json!({"Policy": document(statements).to_string()});
        at_home(&format!("kms/get-key-policy/{KEY_ID}"), policy);
    }
    if let Some(statements) = &world.bucket_policy {
        at_home("s3api/list-buckets", json!({"Buckets": [{"Name": "secret"}]}));
        if !statements.is_empty() {
            let policy = json!({"Policy": document(statements).to_string()});
            at_home("s3api/get-bucket-policy/secret", policy);
        }
    }
    if let Some(scp) = &world.scp {
        files.extend(organization(scp).into_iter().map(|(p, v)| (format!("organization/{p}.json"), v)));
    }
    files
}

fn inline(policies: &[Statements]) -> Vec<Value> {
    let kept = policies.iter().enumerate().filter(|(_, statements)| !statements.is_empty());
    kept.map(|(n, s)| json!({"PolicyName": format!("i{n}"), "PolicyDocument": document(s)})).collect()
}

fn attached(policies: &[usize]) -> Vec<Value> {
    policies.iter().map(|p| json!({"PolicyName": format!("p{p}"), "PolicyArn": policy_arn(*p)})).collect()
}

fn identities(world: &World, account: &str) -> Value {
    let mut users = Vec::new();
    let mut roles = Vec::new();
    for n in (0..PRINCIPALS).filter(|n| world.account(*n) == account) {
        let principal = &world.principals[n];
        let name = name_of(n).split_off(5);
        let tags: Vec<Value> = principal.tag.iter().map(|v| json!({"Key": "team", "Value": v})).collect();
        let mut written = json!({
            "Path": "/", "Arn": world.arn(n), "AttachedManagedPolicies": attached(&principal.attached), "Tags": tags,
        });
        if let Some(boundary) = principal.boundary {
            written["PermissionsBoundary"] = json!({
                "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": policy_arn(boundary),
            });
        }
        let policies = inline(&principal.inline);
        if n < USERS {
            let groups: Vec<String> = principal.groups.iter().map(|g| format!("g{g}")).collect();
            let own = json!({
                "UserName": name, "UserId": format!("AIDAEXAMPLE{n}"), "GroupList": groups, "UserPolicyList": policies,
            });
            written.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
            users.push(written);
        } else {
            let own = json!({
                "RoleName": name, "RoleId": format!("AROAEXAMPLE{n}"), "RolePolicyList": policies,
                "AssumeRolePolicyDocument": document(&principal.trust), "InstanceProfileList": [],
            });
            written.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
            roles.push(written);
        }
    }
    let (mut groups, mut policies) = (Vec::new(), Vec::new());
    if account == HOME {
        for (n, group) in world.groups.iter().enumerate() {
            groups.push(json!({
                "Path": "/", "GroupName": format!("g{n}"), "GroupId": format!("AGPAEXAMPLE{n}"), "Arn": group_arn(n),
                "GroupPolicyList": inline(&group.inline), "AttachedManagedPolicies": attached(&group.attached),
            }));
        }
        policies.extend((0..world.policies.len()).map(|n| managed(world, n)));
    }
    json!({"UserDetailList": users, "GroupDetailList": groups, "RoleDetailList": roles, "Policies": policies})
}

fn managed(world: &World, n: usize) -> Value {
    let versions: Vec<Value> = world.policies[n]
        .versions
        .iter()
        .enumerate()
        .map(|(v, s)| json!({"Document": document(s), "VersionId": format!("v{}", v + 1), "IsDefaultVersion": v == 0}))
        .collect();
    json!({
        "PolicyName": format!("p{n}"), "PolicyId": format!("ANPAEXAMPLE{n}"), "Arn": policy_arn(n), "Path": "/",
        "DefaultVersionId": "v1", "IsAttachable": true, "PolicyVersionList": versions,
    })
}

/// A root that lets everything pass, and the home account under it with the policy given.
fn organization(scp: &Statements) -> Vec<(String, Value)> {
    let kind = "SERVICE_CONTROL_POLICY";
    let summary = |id: &str| {
        let arn = format!("arn:aws:organizations::{MANAGEMENT}:policy/o-example/service_control_policy/{id}");
        json!({"Id": id, "Arn": arn, "Name": id, "Description": "", "Type": kind, "AwsManaged": false})
    };
    let policy = |id: &str, content: &Value| json!({"Policy": {"PolicySummary": summary(id), "Content": content.to_string()}});
    let of_target = |id: &str| json!({"Policies": [summary(id)]});
    let account = |id: &str| {
        json!({
            "Id": id, "Arn": format!("arn:aws:organizations::{MANAGEMENT}:account/o-example/{id}"), "Name": id,
            "Status": "ACTIVE",
        })
    };
    let accounts = json!({"Accounts": [account(HOME), account(ABROAD), account(MANAGEMENT)]});
    let parents = json!({"Parents": [{"Id": "r-root", "Type": "ROOT"}]});
    let root = json!({
        "Id": "r-root", "Arn": format!("arn:aws:organizations::{MANAGEMENT}:root/o-example/r-root"), "Name": "Root",
        "PolicyTypes": [{"Type": kind, "Status": "ENABLED"}],
    });
    let described = json!({"Organization": {
        "Id": "o-example", "Arn": format!("arn:aws:organizations::{MANAGEMENT}:organization/o-example"),
        "FeatureSet": "ALL", "MasterAccountId": MANAGEMENT,
        "MasterAccountArn": format!("arn:aws:organizations::{MANAGEMENT}:account/o-example/{MANAGEMENT}"),
    }});
    let open = document(&[allow_everything()]);
    vec![
        ("describe-organization".to_owned(), described),
        ("list-roots".to_owned(), json!({"Roots": [root]})),
        ("list-accounts".to_owned(), accounts.clone()),
        ("list-accounts-for-parent/r-root".to_owned(), accounts),
        ("list-organizational-units-for-parent/r-root".to_owned(), json!({"OrganizationalUnits": []})),
        (format!("list-parents/{HOME}"), parents.clone()),
        (format!("list-parents/{ABROAD}"), parents.clone()),
        (format!("list-parents/{MANAGEMENT}"), parents),
        ("list-policies-for-target/r-root".to_owned(), of_target("p-open")),
        (format!("list-policies-for-target/{HOME}"), of_target("p-home")),
        (format!("list-policies-for-target/{ABROAD}"), of_target("p-open")),
        (format!("list-policies-for-target/{MANAGEMENT}"), of_target("p-open")),
        ("describe-policy/p-open".to_owned(), policy("p-open", &open)),
        ("describe-policy/p-home".to_owned(), policy("p-home", &document(scp))),
    ]
}
