//! Fewer broad permissions than the accounts of the fifty questions have, where a quarter of the attached policies are
//! AWS's broad ones: nobody administers by chance, two roles of a hundred operate all compute, and what teams may do to
//! roles is about a few roles.

use super::details::{Details, set, text};
use crate::random::Random;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What lets its holder take over every user and role.
const ADMINISTERING: [&str; 14] = [
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
];

/// What lets its holder take over the roles of all compute of one kind.
const OPERATING: [&str; 21] = [
    "cloudformation:CreateChangeSet",
    "cloudformation:UpdateStack",
    "codebuild:StartBuild",
    "codebuild:StartBuildBatch",
    "codebuild:UpdateProject",
    "codepipeline:UpdatePipeline",
    "ec2-instance-connect:SendSSHPublicKey",
    "ec2:ModifyInstanceAttribute",
    "ec2:RunInstances",
    "ecr:PutImage",
    "ecs:ExecuteCommand",
    "ecs:RunTask",
    "ecs:UpdateService",
    "iam:PassRole",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
    "s3:PutObject",
    "ssm:CreateAssociation",
    "ssm:SendCommand",
    "ssm:StartSession",
    "sts:AssumeRole",
];

/// One role in so many keeps its policies that operate compute.
const AN_OPERATOR: usize = 50;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Breadth {
    Narrow,
    Operating,
    Administering,
}

pub(super) fn narrow(details: &mut Details<'_>, random: &mut Random) {
    let listed = details.list("Policies").iter();
    let breadths: BTreeMap<String, Breadth> =
        listed.map(|policy| (text(policy, "Arn").to_owned(), breadth(policy))).collect();
    for (number, role) in details.list_mut("RoleDetailList").iter_mut().enumerate() {
        let most = if number % AN_OPERATOR == 25 { Breadth::Operating } else { Breadth::Narrow };
        let kept = |policy: &Value| breadths.get(text(policy, "PolicyArn")).is_none_or(|b| *b <= most);
        if let Some(attached) = role.get_mut("AttachedManagedPolicies").and_then(Value::as_array_mut) {
            attached.retain(kept);
        }
    }
    for (list, inline) in [
        ("RoleDetailList", "RolePolicyList"),
        ("UserDetailList", "UserPolicyList"),
        ("GroupDetailList", "GroupPolicyList"),
    ] {
        for entity in details.list_mut(list) {
            let policies = entity.get_mut(inline).and_then(Value::as_array_mut).into_iter().flatten();
            for policy in policies {
                let statements = policy.pointer_mut("/PolicyDocument/Statement");
                for statement in statements.and_then(Value::as_array_mut).into_iter().flatten() {
                    narrow_statement(statement, random);
                }
            }
        }
    }
}

/// `role/TEAM-*` becomes `role/TEAM-*NN`, which some role has, or none.
fn narrow_statement(statement: &mut Value, random: &mut Random) {
    let resource = text(statement, "Resource").to_owned();
    let about_roles = resource.contains(":role/") && resource.ends_with("-*");
    if about_roles && text(statement, "Effect") == "Allow" && !resource.contains("-deploy-") {
        let number = random.below(100);
        set(statement, "Resource", json!(format!("{resource}{number:02}")));
    }
}

/// How broad the default version of a managed policy is, on all resources; conditions are not looked at.
fn breadth(policy: &Value) -> Breadth {
    let statements = policy.pointer("/PolicyVersionList/0/Document/Statement");
    let statements = statements.map(each).unwrap_or_default();
    let broad = statements.into_iter().filter(|s| {
        let everywhere =
            |r: &&Value| r.as_str().is_some_and(|r| r == "*" || r.ends_with(":*") || r.ends_with("/*"));
        text(s, "Effect") == "Allow" && s.get("Resource").is_none_or(|r| each(r).iter().any(everywhere))
    });
    let breadths = broad.map(|statement| {
        let allows = |action: &&str| match (statement.get("Action"), statement.get("NotAction")) {
            (Some(actions), _) => names(actions, action),
            (None, Some(others)) => !names(others, action),
            (None, None) => false,
        };
        if ADMINISTERING.iter().any(&allows) {
            Breadth::Administering
        } else if OPERATING.iter().any(allows) {
            Breadth::Operating
        } else {
            Breadth::Narrow
        }
    });
    breadths.max().unwrap_or(Breadth::Narrow)
}

/// A list, or one thing as a list of one.
fn each(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |list| list.iter().collect())
}

fn names(globs: &Value, action: &str) -> bool {
    let globs = each(globs).into_iter().filter_map(Value::as_str);
    let action = action.to_ascii_lowercase();
    globs.into_iter().any(|glob| fits(&glob.to_ascii_lowercase(), &action))
}

/// Whether a text fits a glob with `*`.
fn fits(glob: &str, text: &str) -> bool {
    match glob.split_once('*') {
        None => glob == text,
        Some((head, rest)) => text.strip_prefix(head).is_some_and(|tail| {
            let starts = tail.char_indices().map(|(at, _)| at).chain([tail.len()]);
            starts.into_iter().any(|at| tail.get(at..).is_some_and(|tail| fits(rest, tail)))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(statement: &Value) -> Value {
        json!({"PolicyVersionList": [{"Document": {"Statement": statement}}]})
    }

    #[test]
    fn a_policy_is_as_broad_as_its_broadest_statement() {
        let of = |statement: Value| breadth(&policy(&statement));
        assert!(of(json!({"Effect": "Allow", "Action": "*", "Resource": "*"})) == Breadth::Administering);
        assert!(
            of(json!([{"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}])) == Breadth::Operating
        );
        assert!(of(json!({"Effect": "Deny", "Action": "*", "Resource": "*"})) == Breadth::Narrow);
        assert!(
            of(
                json!({"Effect": "Allow", "Action": "lambda:*", "Resource": "arn:aws:lambda:us-east-1:1:function:one"})
            ) == Breadth::Narrow
        );
        assert!(
            of(json!({"Effect": "Allow", "Action": ["s3:Get*", "lambda:update*"], "Resource": ["*"]}))
                == Breadth::Operating
        );
    }

    #[test]
    fn globs_fit_whole_texts() {
        assert!(fits("iam:*policy", "iam:putrolepolicy") && fits("*", "a") && fits("a*c*", "abc"));
        assert!(!fits("iam:put", "iam:putrolepolicy") && !fits("iam:*x", "iam:putrolepolicy"));
    }
}
