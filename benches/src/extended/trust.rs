//! Whom roles trust beside what they trusted before: more services, each other, and roles of the next account.

use super::details::{Details, document, set, text, trust_of_service, trusts};
use crate::random::Random;
use serde_json::{Value, json};

/// The ARNs of the roles of this account and of those before and after it.
#[derive(Clone, Copy)]
pub(super) struct Neighbours<'n> {
    pub own: &'n [String],
    pub next: &'n [String],
    pub previous: &'n [String],
}

/// Of forty roles, two come to trust CloudFormation and two CodePipeline, four another role of the account, and one a role
/// of the next account, which may assume it.
pub(super) fn extend(details: &mut Details<'_>, neighbours: Neighbours<'_>, random: &mut Random) {
    for (number, role) in details.list_mut("RoleDetailList").iter_mut().enumerate() {
        let trust = match number % 40 {
            0 | 20 => Some(trust_of_service("cloudformation.amazonaws.com")),
            10 | 30 => Some(trust_of_service("codepipeline.amazonaws.com")),
            5 | 15 | 25 | 35 => {
                neighbours.own.get(random.below(neighbours.own.len())).map(|arn| trust_of_role(arn))
            }
            7 => neighbours.next.get(number + 1).map(|arn| trust_of_role(arn)),
            _ => None,
        };
        if let Some(trust) = trust {
            set(role, "AssumeRolePolicyDocument", trust);
        }
        if number % 40 == 8
            && let Some(arn) = neighbours.previous.get(number - 1)
        {
            let statement = json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn}]);
            let deploy = json!({"PolicyName": "deploy", "PolicyDocument": document(&statement)});
            if let Some(inline) = role.get_mut("RolePolicyList").and_then(Value::as_array_mut) {
                inline.push(deploy);
            }
        }
    }
}

/// A trust policy for one role.
pub(super) fn trust_of_role(arn: &str) -> Value {
    document(&json!([{"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}]))
}

/// Every role that EC2 may assume is in an instance profile of its name.
pub(super) fn give_profiles(details: &mut Details<'_>) {
    let account = details.around.account.to_owned();
    for role in details.list_mut("RoleDetailList").iter_mut().filter(|r| trusts(r, "ec2.amazonaws.com")) {
        let (name, arn) = (text(role, "RoleName").to_owned(), text(role, "Arn").to_owned());
        let within = json!({"Path": role.get("Path"), "RoleName": name, "RoleId": role.get("RoleId"), "Arn": arn,
                            "CreateDate": role.get("CreateDate"),
                            "AssumeRolePolicyDocument": role.get("AssumeRolePolicyDocument")});
        let profile = json!({"Path": "/", "InstanceProfileName": name, "InstanceProfileId": format!("AIPA{name}"),
                             "Arn": profile_arn(&account, &name), "CreateDate": role.get("CreateDate"), "Roles": [within]});
        set(role, "InstanceProfileList", json!([profile]));
    }
}

/// The ARN of the profile of a role's name.
pub(super) fn profile_arn(account: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:instance-profile/{name}")
}
