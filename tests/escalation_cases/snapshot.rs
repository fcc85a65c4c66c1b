//! The files of a small world: what the AWS CLI would have printed of it.

use super::format::{Principal, Statement, Statements, World};
use super::short_forms::{ACCOUNT, MANAGEMENT, OTHER, account_of, expand, expand_value, statement, trust};
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

const DATE: &str = "2026-01-01T00:00:00Z";

/// Writes the world's files.
pub fn files(world: &World) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, value: &Value| {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap_or(Path::new("."))).unwrap();
        std::fs::write(file, world.placed(&value.to_string())).unwrap();
    };
    for account in [ACCOUNT, OTHER, MANAGEMENT] {
        let details = details(world, account);
        if account == ACCOUNT || holds_anything(&details) {
            let file = "global/iam/get-account-authorization-details.json";
            write(&format!("accounts/{account}/{file}"), &details);
        }
    }
    for (call, output) in &world.inventory {
        let (account, call) = account_of(call);
        let mut words = call.splitn(3, ' ');
        let (service, operation) = (words.next().unwrap(), words.next().unwrap());
        let name = words.next().map(|name| format!("/{}", encoded(&expand(name)))).unwrap_or_default();
        write(
            &format!("accounts/{account}/us-east-1/{service}/{operation}{name}.json"),
            &expand_value(output),
        );
    }
    let policies: Vec<Value> = world.resource_policies.iter().map(|(r, s)| resource_policy(r, s)).collect();
    if !policies.is_empty() {
        write("resource-policies.json", &Value::Array(policies));
    }
    for (path, value) in organization(world) {
        write(&format!("organization/{path}.json"), &value);
    }
    folder
}

fn encoded(name: &str) -> String {
    name.replace('%', "%25").replace('/', "%2F").replace(':', "%3A")
}

fn holds_anything(details: &Value) -> bool {
    details.as_object().unwrap().values().any(|v| v.as_array().is_some_and(|a| !a.is_empty()))
}

fn resource_policy(resource: &str, statements: &Statements) -> Value {
    let resource = expand(resource);
    let account = resource.split(':').nth(4).filter(|a| !a.is_empty()).unwrap_or(ACCOUNT).to_owned();
    json!({"Resource": resource, "Account": account, "Policy": document(&statements.0)})
}

fn document(statements: &[Statement]) -> Value {
    let statements: Vec<Value> = statements.iter().map(statement).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// What the policies of a user, role or group are called in the output.
fn inline(statements: &Statements) -> Value {
    let each = statements.0.iter().enumerate();
    each.map(|(n, s)| json!({"PolicyName": format!("inline-{n}"), "PolicyDocument": document(std::slice::from_ref(s))}))
        .collect()
}

fn attached(principal: &Principal) -> Value {
    let each = principal.attached.iter().map(|policy| {
        let arn = expand(policy);
        json!({"PolicyName": arn.rsplit('/').next(), "PolicyArn": arn})
    });
    each.collect()
}

fn common(principal: &Principal, arn: String) -> Value {
    let tags: Vec<Value> = principal.tags.iter().map(|(k, v)| json!({"Key": k, "Value": v})).collect();
    let mut whole = json!({
        "Path": "/", "Arn": arn, "CreateDate": DATE, "Tags": tags,
        "AttachedManagedPolicies": attached(principal),
    });
    if let Some(boundary) = &principal.boundary {
        whole["PermissionsBoundary"] =
            json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": expand(boundary)});
    }
    whole
}

fn user(name: &str, principal: &Principal, account: &str) -> Value {
    let mut whole = common(principal, format!("arn:aws:iam::{account}:user/{name}"));
    whole["UserName"] = json!(name);
    whole["UserId"] = json!(format!("AIDA{}", name.to_uppercase()));
    whole["GroupList"] = json!(principal.groups);
    whole["UserPolicyList"] = inline(&principal.may);
    whole
}

fn role(name: &str, principal: &Principal, account: &str) -> Value {
    let mut whole = common(principal, format!("arn:aws:iam::{account}:role/{name}"));
    let id = name.to_uppercase().replace('-', "");
    let trusted: Vec<Value> = principal.trust.0.iter().map(trust).collect();
    let profile = |profile: &String| {
        json!({
            "Path": "/", "InstanceProfileName": profile, "InstanceProfileId": format!("AIPA{id}"), "CreateDate": DATE,
            "Arn": format!("arn:aws:iam::{account}:instance-profile/{profile}"), "Roles": [],
        })
    };
    whole["RoleName"] = json!(name);
    whole["RoleId"] = json!(format!("AROA{id}"));
    whole["AssumeRolePolicyDocument"] = json!({"Version": "2012-10-17", "Statement": trusted});
    whole["InstanceProfileList"] = principal.profiles.iter().map(profile).collect();
    whole["RolePolicyList"] = inline(&principal.may);
    whole
}

fn group(name: &str, principal: &Principal, account: &str) -> Value {
    json!({
        "Path": "/", "GroupName": name, "GroupId": format!("AGPA{}", name.to_uppercase()), "CreateDate": DATE,
        "Arn": format!("arn:aws:iam::{account}:group/{name}"), "GroupPolicyList": inline(&principal.may),
        "AttachedManagedPolicies": attached(principal),
    })
}

fn policy(name: &str, versions: &[Statements], account: &str) -> Value {
    let (owner, name) = name.strip_prefix("aws:").map_or((account, name), |name| ("aws", name));
    let versions: Vec<Value> = versions
        .iter()
        .enumerate()
        .map(|(n, statements)| {
            let id = format!("v{}", n + 1);
            json!({"Document": document(&statements.0), "VersionId": id, "IsDefaultVersion": n == 0, "CreateDate": DATE})
        })
        .collect();
    json!({
        "PolicyName": name, "PolicyId": format!("ANPA{}", name.to_uppercase().replace('-', "")), "Path": "/",
        "Arn": format!("arn:aws:iam::{owner}:policy/{name}"), "DefaultVersionId": "v1", "AttachmentCount": 0,
        "PermissionsBoundaryUsageCount": 0, "IsAttachable": true, "CreateDate": DATE, "UpdateDate": DATE,
        "PolicyVersionList": versions,
    })
}

fn details(world: &World, account: &str) -> Value {
    fn of<T>(all: &indexmap::IndexMap<String, T>, account: &str, make: impl Fn(&str, &T) -> Value) -> Value {
        let here = all.iter().filter(|(key, _)| account_of(key).0 == account);
        here.map(|(key, one)| make(account_of(key).1, one)).collect()
    }
    json!({
        "UserDetailList": of(&world.users, account, |name, p| user(name, p, account)),
        "RoleDetailList": of(&world.roles, account, |name, p| role(name, p, account)),
        "GroupDetailList": of(&world.groups, account, |name, p| group(name, p, account)),
        "Policies": of(&world.policies, account, |name, versions| policy(name, versions, account)),
        "IsTruncated": false,
    })
}

/// The management account and two members under one root, with the service control policies of each.
fn organization(world: &World) -> Vec<(String, Value)> {
    let kind = "SERVICE_CONTROL_POLICY";
    let arn = |rest: &str| format!("arn:aws:organizations::{MANAGEMENT}:{rest}");
    let summary = |id: &str| {
        json!({
            "Id": id, "Arn": arn(&format!("policy/o-example/service_control_policy/{id}")), "Name": id,
            "Description": "", "Type": kind, "AwsManaged": false,
        })
    };
    let mut files = Vec::new();
    let mut policy = |id: &str, content: Value| {
        files.push((
            format!("describe-policy/{id}"),
            json!({"Policy": {"PolicySummary": summary(id), "Content": content.to_string()}}),
        ));
        summary(id)
    };
    let full = policy("p-full", document(&[Statement::Short("*".to_owned())]));
    let mut targets =
        vec![("r-root".to_owned(), vec![full.clone()]), (MANAGEMENT.to_owned(), vec![full.clone()])];
    for account in [ACCOUNT, OTHER] {
        let controls = world.controls.get(account).cloned().unwrap_or_default();
        let mut attached = vec![match &controls.instead {
            Some(instead) => policy(&format!("p-only-{account}"), document(&instead.0)),
            None => full.clone(),
        }];
        if !controls.beside.0.is_empty() {
            attached.push(policy(&format!("p-beside-{account}"), document(&controls.beside.0)));
        }
        targets.push((account.to_owned(), attached));
    }
    let listed =
        |(target, policies)| (format!("list-policies-for-target/{target}"), json!({"Policies": policies}));
    files.extend(targets.into_iter().map(listed));
    let account = |id: &str| {
        json!({
            "Id": id, "Arn": arn(&format!("account/o-example/{id}")), "Email": format!("{id}@example.com"), "Name": id,
            "Status": "ACTIVE", "State": "ACTIVE", "JoinedMethod": "CREATED", "JoinedTimestamp": DATE,
        })
    };
    let accounts = [ACCOUNT, OTHER, MANAGEMENT];
    for id in accounts {
        let parents = json!({"Parents": [{"Id": "r-root", "Type": "ROOT"}]});
        files.push((format!("list-parents/{id}"), parents));
    }
    let root = json!({
        "Id": "r-root", "Arn": arn("root/o-example/r-root"), "Name": "Root",
        "PolicyTypes": [{"Type": kind, "Status": "ENABLED"}],
    });
    let described = json!({"Organization": {
        "Id": "o-example", "Arn": arn("organization/o-example"), "FeatureSet": "ALL", "MasterAccountId": MANAGEMENT,
        "MasterAccountArn": arn(&format!("account/o-example/{MANAGEMENT}")),
        "MasterAccountEmail": "root@example.com", "AvailablePolicyTypes": [],
    }});
    files.push(("list-accounts".to_owned(), json!({"Accounts": accounts.map(account)})));
    files.push(("list-roots".to_owned(), json!({"Roots": [root]})));
    files.push(("describe-organization".to_owned(), described));
    files
}
