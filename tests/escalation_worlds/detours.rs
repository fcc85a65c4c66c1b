//! Worlds made round one kind of step: as a rule the target takes it, and often nothing else will do.

use super::generate::{Maker, allow, attach, deny, place, with};
use super::state::TAGS;
use super::world::{GROUPS, HOME, POLICIES, USERS, allow_everything, group_arn, is_user, policy_arn};
use serde_json::Value;

/// The kinds of step that worlds are made round; other worlds are full of the others.
pub const DETOURS: [&str; 20] = [
    "iam.add-user-to-group",
    "iam.attach-group-policy",
    "iam.attach-new-group-policy",
    "iam.delete-group-policy",
    "iam.delete-role-permissions-boundary",
    "iam.delete-role-policy",
    "iam.delete-user-permissions-boundary",
    "iam.delete-user-policy",
    "iam.detach-group-policy",
    "iam.detach-role-policy",
    "iam.detach-user-policy",
    "iam.enable-mfa-device",
    "iam.put-new-role-permissions-boundary",
    "iam.put-new-user-permissions-boundary",
    "iam.put-role-permissions-boundary",
    "iam.put-user-permissions-boundary",
    "iam.remove-user-from-group",
    "iam.set-default-policy-version",
    "iam.tag-role",
    "iam.tag-user",
];

pub const BUCKET: &str = "arn:aws:s3:::secret/*";

/// Who is hindered, who may do something about it, and by which group and policy.
struct Detour {
    by: usize,
    to: usize,
    group: usize,
    policy: usize,
}

impl Maker {
    /// Lays a path from the start to the target that takes the step.
    pub fn detour(&mut self, technique: &str) {
        let to = self.hindered(technique);
        let start = self.world.start;
        if start != to {
            self.link(start, to);
        }
        let by = if self.random.percent(85) { start } else { to };
        let detour = Detour { by, to, group: self.random.below(GROUPS), policy: self.random.below(POLICIES) };
        let needed = allow("s3:GetObject", BUCKET);
        match technique {
            "iam.enable-mfa-device" => self.by_device(&detour, needed),
            "iam.tag-user" | "iam.tag-role" => self.by_tag(&detour, needed),
            "iam.add-user-to-group" | "iam.attach-group-policy" | "iam.attach-new-group-policy" => {
                self.by_gift(&detour, technique, needed);
            }
            _ => {
                self.give(to, needed);
                self.refused(&detour, technique);
            }
        }
        if self.random.percent(25) {
            self.obstacles(&[start, to], to);
        }
    }

    /// A user or role of the home account, as the step takes it; often it is where the attack starts.
    fn hindered(&mut self, technique: &str) -> usize {
        let to =
            if technique.contains("role") { USERS + self.random.below(2) } else { self.random.below(USERS) };
        let elsewhere = ["iam.enable-mfa-device", "iam.tag-role"].contains(&technique);
        if !elsewhere && self.random.percent(50) {
            self.start_at(to);
        } else if self.world.start == to {
            self.start_at((to + 1) % USERS);
        }
        if technique == "iam.enable-mfa-device" {
            self.world.device = Some(false);
        }
        to
    }

    pub fn start_at(&mut self, principal: usize) {
        self.world.start = principal;
        self.world.device = Some(false).filter(|_| !is_user(principal) || self.random.percent(40));
    }

    fn by_device(&mut self, detour: &Detour, needed: Value) {
        self.give(detour.to, with(needed, "Bool", "aws:MultiFactorAuthPresent", "true"));
        let arn = self.world.arn(detour.to);
        let statement = self.may("iam:EnableMFADevice", &arn);
        self.give(detour.by, statement);
    }

    fn by_tag(&mut self, detour: &Detour, needed: Value) {
        let tag = self.random.pick(&TAGS);
        self.give(detour.to, with(needed, "StringEquals", "aws:PrincipalTag/team", tag));
        self.world.principals[detour.to].tag = None;
        let arn = self.world.arn(detour.to);
        let action = if is_user(detour.to) { "iam:TagUser" } else { "iam:TagRole" };
        let statement = self.may(action, &arn);
        self.give(detour.by, statement);
    }

    /// A group that gives what is needed, or may be given it.
    fn by_gift(&mut self, detour: &Detour, technique: &str, needed: Value) {
        let arn = group_arn(detour.group);
        let groups = &mut self.world.principals[detour.to].groups;
        if technique == "iam.add-user-to-group" {
            groups.retain(|g| *g != detour.group);
            place(&mut self.random, &mut self.world.groups[detour.group].inline, needed);
            let statement = self.may("iam:AddUserToGroup", &arn);
            return self.give(detour.by, statement);
        }
        attach(groups, detour.group);
        if technique == "iam.attach-group-policy" {
            self.world.policies[detour.policy].versions[0].push(needed);
            let statement = self.may("iam:AttachGroupPolicy", &arn);
            return self.give(detour.by, statement);
        }
        let statement = self.may_only("iam:AttachGroupPolicy", &arn);
        self.give(detour.by, with(statement, "ArnLike", "iam:PolicyARN", new_policies()));
        self.give(detour.by, allow("iam:CreatePolicy", new_policies()));
    }

    /// A Deny or a boundary, and the right to take it away.
    fn refused(&mut self, detour: &Detour, technique: &str) {
        let refusal = deny(self.random.pick(&["s3:*", "s3:GetObject"]), "*");
        let arn = self.world.arn(detour.to);
        let user = is_user(detour.to);
        let of_kind = |of_user: &'static str, of_role: &'static str| if user { of_user } else { of_role };
        let (action, on) = match technique {
            "iam.delete-user-policy" | "iam.delete-role-policy" => {
                self.world.principals[detour.to].inline.push(vec![refusal]);
                (of_kind("iam:DeleteUserPolicy", "iam:DeleteRolePolicy"), arn)
            }
            "iam.detach-user-policy" | "iam.detach-role-policy" | "iam.set-default-policy-version" => {
                attach(&mut self.world.principals[detour.to].attached, detour.policy);
                self.world.policies[detour.policy].versions[0].push(refusal);
                if technique == "iam.set-default-policy-version" {
                    self.world.policies[detour.policy].versions.push(vec![allow_everything()]);
                    ("iam:SetDefaultPolicyVersion", policy_arn(detour.policy))
                } else {
                    (of_kind("iam:DetachUserPolicy", "iam:DetachRolePolicy"), arn)
                }
            }
            "iam.delete-group-policy" | "iam.detach-group-policy" | "iam.remove-user-from-group" => {
                self.refused_by_group(detour, technique, refusal)
            }
            _ => return self.refused_by_boundary(detour, technique, refusal),
        };
        let statement = self.may(action, &on);
        self.give(detour.by, statement);
    }

    fn refused_by_group(
        &mut self,
        detour: &Detour,
        technique: &str,
        refusal: Value,
    ) -> (&'static str, String) {
        attach(&mut self.world.principals[detour.to].groups, detour.group);
        let group = &mut self.world.groups[detour.group];
        let action = match technique {
            "iam.detach-group-policy" => {
                attach(&mut group.attached, detour.policy);
                self.world.policies[detour.policy].versions[0].push(refusal);
                "iam:DetachGroupPolicy"
            }
            "iam.delete-group-policy" => {
                group.inline.push(vec![refusal]);
                "iam:DeleteGroupPolicy"
            }
            _ => {
                group.inline.push(vec![refusal]);
                "iam:RemoveUserFromGroup"
            }
        };
        (action, group_arn(detour.group))
    }

    fn refused_by_boundary(&mut self, detour: &Detour, technique: &str, refusal: Value) {
        self.world.principals[detour.to].boundary = Some(detour.policy);
        // All but the target, so that the principal may use what it was given.
        self.world.policies[detour.policy].versions[0].extend([allow_everything(), refusal]);
        let (arn, user) = (self.world.arn(detour.to), is_user(detour.to));
        let of_kind = |of_user: &'static str, of_role: &'static str| if user { of_user } else { of_role };
        let put = of_kind("iam:PutUserPermissionsBoundary", "iam:PutRolePermissionsBoundary");
        let delete = of_kind("iam:DeleteUserPermissionsBoundary", "iam:DeleteRolePermissionsBoundary");
        if technique.starts_with("iam.delete") {
            let statement = self.may(delete, &arn);
            return self.give(detour.by, statement);
        }
        if technique.starts_with("iam.put-new") {
            let statement = self.may_only(put, &arn);
            self.give(detour.by, with(statement, "ArnLike", "iam:PermissionsBoundary", new_policies()));
            return self.give(detour.by, allow("iam:CreatePolicy", new_policies()));
        }
        let statement = self.may(put, &arn);
        self.give(detour.by, statement);
    }
}

/// The names that a new policy may be given.
fn new_policies() -> String {
    format!("arn:aws:iam::{HOME}:policy/dev-*")
}
