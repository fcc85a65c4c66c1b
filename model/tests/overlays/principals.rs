//! Users, roles, groups, managed policies.

use crate::{Copy, PIPELINES, PRODUCTION, document, element, example, put, same};
use gateproof_model::overlay::{Change, Holder};
use serde_json::{Value, json};

fn arns(list: &str) -> Vec<String> {
    let file = Copy::of(&example().join("accounts/222222222222/global"))
        .read("iam/get-account-authorization-details.json");
    file[list].as_array().unwrap().iter().map(|i| i["Arn"].as_str().unwrap().to_owned()).collect()
}

const LISTS: [(&str, &str); 3] = [
    ("UserDetailList", "UserPolicyList"),
    ("RoleDetailList", "RolePolicyList"),
    ("GroupDetailList", "GroupPolicyList"),
];

/// The first, the last and one between.
fn some(list: &str) -> Vec<String> {
    let all = arns(list);
    vec![all[0].clone(), all[all.len() / 2].clone(), all[all.len() - 1].clone()]
}

#[test]
fn a_managed_policy_gets_another_version() {
    for arn in some("Policies") {
        if arn.contains("::aws:") {
            continue;
        }
        same(&example(), &[put(Holder::Managed(arn.clone()), &document(false))], |copy| {
            copy.edit(PIPELINES, |file| {
                let policy = element(file, "Policies", &arn);
                let versions = policy["PolicyVersionList"].as_array_mut().unwrap();
                let last: u64 = versions
                    .iter()
                    .map(|v| v["VersionId"].as_str().unwrap().trim_start_matches('v').parse().unwrap())
                    .max()
                    .unwrap();
                let id = format!("v{}", last + 1);
                versions.iter_mut().for_each(|v| v["IsDefaultVersion"] = json!(false));
                versions
                    .push(json!({"VersionId": id, "IsDefaultVersion": true, "Document": document(false)}));
                policy["DefaultVersionId"] = json!(id);
            });
        });
    }
}

#[test]
fn a_sixth_version_makes_the_oldest_go() {
    let arn = "arn:aws:iam::222222222222:policy/developer-access";
    let changes: Vec<Change> = (0..6)
        .map(|n| {
            let mut document = document(false);
            document["Statement"][0]["Sid"] = json!(format!("N{n}"));
            put(Holder::Managed(arn.to_owned()), &document)
        })
        .collect();
    let snapshot = crate::load(&example(), &changes);
    let policy = snapshot.managed_policy("222222222222", arn).unwrap();
    assert_eq!(policy.versions.len(), 5);
    assert_eq!(policy.document.statements[0].sid.as_deref(), Some("N5"));
    let ids: Vec<u64> =
        policy.versions.iter().map(|v| v.id.trim_start_matches('v').parse().unwrap()).collect();
    assert!(ids.windows(2).all(|w| w[0] < w[1]), "{ids:?}");
}

#[test]
fn inline_policies_come_change_and_go() {
    for (list, inline) in LISTS {
        for arn in some(list) {
            let holder = |name: &str| Holder::Inline { principal: arn.clone(), name: name.to_owned() };
            same(&example(), &[put(holder("fresh"), &document(false))], |copy| {
                copy.edit(PIPELINES, |file| {
                    let entity = element(file, list, &arn);
                    if entity[inline].is_null() {
                        entity[inline] = json!([]);
                    }
                    let item = json!({"PolicyName": "fresh", "PolicyDocument": document(false)});
                    entity[inline].as_array_mut().unwrap().push(item);
                });
            });
            let mut file = Copy::of(&example().join("accounts/222222222222/global"))
                .read("iam/get-account-authorization-details.json");
            let Some(first) = element(&mut file, list, &arn)[inline].get(0).map(|p| p["PolicyName"].clone())
            else {
                continue;
            };
            let name = first.as_str().unwrap();
            same(&example(), &[put(holder(name), &document(false))], |copy| {
                copy.edit(PIPELINES, |file| {
                    element(file, list, &arn)[inline][0]["PolicyDocument"] = document(false)
                });
            });
            same(&example(), &[Change::Document { holder: holder(name), document: None }], |copy| {
                copy.edit(PIPELINES, |file| {
                    element(file, list, &arn)[inline].as_array_mut().unwrap().remove(0);
                });
            });
        }
    }
}

#[test]
fn roles_get_another_trust_policy() {
    for arn in some("RoleDetailList") {
        same(&example(), &[put(Holder::Trust(arn.clone()), &document(true))], |copy| {
            copy.edit(PIPELINES, |file| {
                element(file, "RoleDetailList", &arn)["AssumeRolePolicyDocument"] = document(true);
            });
        });
    }
}

#[test]
fn boundaries_are_set_and_taken_away() {
    let (role, policy) = (
        "arn:aws:iam::444444444444:role/acme-prod-operator",
        "arn:aws:iam::444444444444:policy/acme-operator-boundary",
    );
    let other = "arn:aws:iam::444444444444:user/service/monitoring-exporter";
    let boundary = json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": policy});
    let set = Change::Boundary {
        principal: "user/monitoring-exporter".to_owned(),
        policy: Some(policy.to_owned()),
    };
    same(&example(), &[set], |copy| {
        copy.edit(PRODUCTION, |file| {
            element(file, "UserDetailList", other)["PermissionsBoundary"] = boundary
        });
    });
    let gone = Change::Boundary { principal: role.to_owned(), policy: None };
    same(&example(), &[gone], |copy| {
        copy.edit(PRODUCTION, |file| {
            element(file, "RoleDetailList", role).as_object_mut().unwrap().remove("PermissionsBoundary");
        });
    });
}

#[test]
fn policies_are_attached_and_detached() {
    let (group, policy) =
        ("arn:aws:iam::222222222222:group/developers", "arn:aws:iam::222222222222:policy/developer-access");
    for (list, _) in LISTS {
        for arn in some(list) {
            let attached = |value: &Value| {
                value["AttachedManagedPolicies"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|p| p["PolicyArn"] == "arn:aws:iam::aws:policy/ReadOnlyAccess")
            };
            let change = Change::Attached {
                principal: arn.clone(),
                policy: "arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned(),
                attached: true,
            };
            same(&example(), &[change], |copy| {
                copy.edit(PIPELINES, |file| {
                    let entity = element(file, list, &arn);
                    assert!(!attached(entity));
                    let item = json!({"PolicyName": "ReadOnlyAccess", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"});
                    entity["AttachedManagedPolicies"].as_array_mut().unwrap().push(item);
                });
            });
        }
    }
    let detach = Change::Attached {
        principal: group.to_owned(),
        policy: "policy/developer-access".to_owned(),
        attached: false,
    };
    same(&example(), &[detach], |copy| {
        copy.edit(PIPELINES, |file| {
            let items =
                element(file, "GroupDetailList", group)["AttachedManagedPolicies"].as_array_mut().unwrap();
            items.retain(|item| item["PolicyArn"] != policy);
        });
    });
}

#[test]
fn users_join_and_leave_groups() {
    let alice = "arn:aws:iam::222222222222:user/people/alice.nguyen";
    let join = |group: &str, member| Change::Member {
        user: "user/alice.nguyen".to_owned(),
        group: format!("group/{group}"),
        member,
    };
    same(&example(), &[join("developers", true)], |copy| {
        copy.edit(PIPELINES, |file| {
            element(file, "UserDetailList", alice)["GroupList"]
                .as_array_mut()
                .unwrap()
                .push(json!("developers"));
        });
    });
    same(&example(), &[join("release-managers", false)], |copy| {
        copy.edit(PIPELINES, |file| element(file, "UserDetailList", alice)["GroupList"] = json!([]));
    });
}

#[test]
fn statements_are_taken_out() {
    let role = "arn:aws:iam::222222222222:role/service-role/acme-pipeline-prod";
    let holder = Holder::Inline { principal: role.to_owned(), name: "pipeline".to_owned() };
    let out = |statement: &str| Change::WithoutStatement {
        holder: holder.clone(),
        statement: statement.to_owned(),
    };
    same(&example(), &[out("Deploy"), out("/Statement/0"), out("/Statement/4")], |copy| {
        copy.edit(PIPELINES, |file| {
            let policy = &mut element(file, "RoleDetailList", role)["RolePolicyList"][0]["PolicyDocument"];
            let statements = policy["Statement"].as_array_mut().unwrap();
            statements.remove(4);
            statements.remove(2);
            statements.remove(0);
        });
    });
    let policy = "arn:aws:iam::222222222222:policy/developer-access";
    let out = Change::WithoutStatement {
        holder: Holder::Managed(policy.to_owned()),
        statement: "RunPipelines".to_owned(),
    };
    same(&example(), &[out], |copy| {
        copy.edit(PIPELINES, |file| {
            let policy = element(file, "Policies", policy);
            let id = policy["DefaultVersionId"].clone();
            let versions = policy["PolicyVersionList"].as_array_mut().unwrap();
            let version = versions.iter_mut().find(|v| v["VersionId"] == id).unwrap();
            version["Document"]["Statement"].as_array_mut().unwrap().retain(|s| s["Sid"] != "RunPipelines");
        });
    });
    let out = Change::WithoutStatement {
        holder: Holder::Trust(role.to_owned()),
        statement: "/Statement/0".to_owned(),
    };
    same(&example(), &[out], |copy| {
        copy.edit(PIPELINES, |file| {
            element(file, "RoleDetailList", role)["AssumeRolePolicyDocument"]["Statement"] = json!([]);
        });
    });
}

#[test]
fn a_lone_file_is_changed_too() {
    let lone = tempfile::tempdir().unwrap();
    let file = lone.path().join("details.json");
    std::fs::copy(example().join(PIPELINES), &file).unwrap();
    let changes = [
        put(Holder::Managed("policy/developer-access".to_owned()), &document(false)),
        put(Holder::Trust("role/acme-pipeline-prod".to_owned()), &document(true)),
    ];
    let changed = crate::load(&file, &changes);
    let expected = crate::load(&example(), &changes);
    let statements = |s: &gateproof_model::snapshot::Snapshot| {
        let role = s.principal("arn:aws:iam::222222222222:role/service-role/acme-pipeline-prod").unwrap();
        let policy =
            s.managed_policy("222222222222", "arn:aws:iam::222222222222:policy/developer-access").unwrap();
        (role.trust.as_ref().unwrap().statements.clone(), policy.document.statements.clone())
    };
    assert_eq!(statements(&changed), statements(&expected));
}
