//! Random worlds: a path that may lead from the start to the target, obstacles on it, ways round them, and noise.

use super::detours::DETOURS;
use super::random::Random;
use super::state::TAGS;
use super::world::{
    ABROAD, ADMINISTRATOR, FUNCTION, GROUPS, Group, HOME, POLICIES, PRINCIPALS, PROJECT, Policy, Principal,
    SERVICES, Statements, Target, USERS, World, allow_everything, function_arn, group_arn, is_user, key_arn,
    policy_arn, project_arn,
};
use serde_json::{Value, json};

pub fn world(seed: u64) -> World {
    let mut maker = Maker::new(seed);
    maker.surroundings();
    // Every third world is made round one kind of step.
    match usize::try_from(seed / 3).unwrap() {
        n if seed % 3 == 2 => maker.detour(DETOURS[n % DETOURS.len()]),
        _ => maker.path(),
    }
    for _ in 0..maker.random.below(4) {
        let (from, to) = (maker.random.below(PRINCIPALS), maker.random.below(PRINCIPALS));
        maker.noise(from, to);
    }
    maker.world
}

fn empty() -> World {
    let nobody =
        json!({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"});
    let principal = |n: usize| Principal {
        trust: if is_user(n) { Vec::new() } else { vec![nobody.clone()] },
        ..Principal::default()
    };
    World {
        principals: (0..PRINCIPALS).map(principal).collect(),
        groups: vec![Group::default(); GROUPS],
        policies: vec![Policy { versions: vec![vec![harmless()]] }; POLICIES],
        function: None,
        project: None,
        key_policy: None,
        bucket_policy: Some(Vec::new()),
        scp: None,
        last_abroad: false,
        start: 0,
        device: None,
        target: Target::Access { action: "s3:GetObject", resource: "arn:aws:s3:::secret/a".to_owned() },
    }
}

fn harmless() -> Value {
    allow("s3:ListAllMyBuckets", "*")
}

pub fn allow(action: impl Into<Value>, resource: impl Into<Value>) -> Value {
    json!({"Effect": "Allow", "Action": action.into(), "Resource": resource.into()})
}

pub fn deny(action: impl Into<Value>, resource: impl Into<Value>) -> Value {
    json!({"Effect": "Deny", "Action": action.into(), "Resource": resource.into()})
}

pub fn with(mut statement: Value, operator: &str, key: &str, value: impl Into<Value>) -> Value {
    statement["Condition"][operator][key] = value.into();
    statement
}

/// A world in the making.
pub struct Maker {
    pub random: Random,
    pub world: World,
}

impl Maker {
    pub fn new(seed: u64) -> Self {
        Self { random: Random(seed.wrapping_mul(0x2545_F491_4F6C_DD1D) ^ 0xE5CA), world: empty() }
    }

    pub fn surroundings(&mut self) {
        self.world.last_abroad = self.random.percent(25);
        self.world.start =
            if self.random.percent(80) { self.random.below(USERS) } else { self.random.below(PRINCIPALS) };
        self.world.device = match self.random.below(4) {
            _ if !is_user(self.world.start) => Some(false),
            0 => Some(false),
            1 => Some(true),
            _ => None,
        };
        for n in 0..PRINCIPALS {
            if self.random.percent(40) {
                self.world.principals[n].tag = Some(self.random.pick(&TAGS).to_owned());
            }
            if n < USERS && self.random.percent(30) {
                self.world.principals[n].groups.push(self.random.below(GROUPS));
            }
        }
        if self.random.percent(30) {
            self.world.function = Some(USERS + self.random.below(2));
        }
        if self.random.percent(30) {
            self.world.project = Some(USERS + self.random.below(2));
        }
        if self.random.percent(30) {
            self.world.scp = Some(vec![allow_everything()]);
        }
    }

    /// The target, and what it takes at the end of the path.
    fn target(&mut self, last: usize) -> Option<Value> {
        match self.random.below(10) {
            0..=4 => {
                self.world.bucket_policy = Some(Vec::new());
                Some(allow(self.random.pick(&["s3:GetObject", "s3:*", "s3:Get*"]), "arn:aws:s3:::secret/*"))
            }
            5 | 6 => {
                self.world.target = Target::Access { action: "kms:Decrypt", resource: key_arn() };
                let root = json!({"AWS": format!("arn:aws:iam::{HOME}:root")});
                let delegates =
                    json!({"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"});
                let n = self.random.below(PRINCIPALS);
                let someone = json!({"AWS": self.world.arn(n)});
                let one = json!({"Effect": "Allow", "Principal": someone, "Action": "kms:DescribeKey", "Resource": "*"});
                self.world.key_policy =
                    Some(if self.random.percent(75) { vec![delegates] } else { vec![one] });
                let action =
                    self.random.pick(&["kms:Decrypt", "kms:*", "kms:PutKeyPolicy", "kms:CreateGrant"]);
                Some(allow(action, if self.random.percent(50) { key_arn() } else { "*".to_owned() }))
            }
            _ => {
                self.world.target = Target::Controls(last);
                None
            }
        }
    }

    pub fn path(&mut self) {
        let mut at = self.world.start;
        let mut path = vec![at];
        for _ in 0..self.random.below(4) {
            let to = self.random.below(PRINCIPALS);
            self.link(at, to);
            at = to;
            path.push(to);
        }
        if self.random.percent(8) {
            at = self.random.below(PRINCIPALS);
        }
        let needed = self.target(at);
        let Some(needed) = needed else {
            self.obstacles(&path, at);
            return;
        };
        let by = self.random.pick(&path);
        if self.random.percent(45) || self.world.account(at) != HOME {
            let needed = self.conditional(needed);
            self.give(at, needed);
        } else {
            self.upgrade(by, at, needed);
        }
        self.obstacles(&path, at);
    }

    /// Puts a statement where it applies to a principal.
    pub fn give(&mut self, to: usize, statement: Value) {
        let abroad = self.world.account(to) != HOME;
        match self.random.below(10) {
            0 | 1 if !abroad => {
                let policy = self.random.below(POLICIES);
                self.world.policies[policy].versions[0].push(statement);
                attach(&mut self.world.principals[to].attached, policy);
            }
            2 if is_user(to) => {
                let groups = &mut self.world.principals[to].groups;
                if groups.is_empty() {
                    groups.push(self.random.below(GROUPS));
                }
                let group = &mut self.world.groups[groups[0]];
                if self.random.percent(70) {
                    place(&mut self.random, &mut group.inline, statement);
                } else {
                    let policy = self.random.below(POLICIES);
                    self.world.policies[policy].versions[0].push(statement);
                    attach(&mut group.attached, policy);
                }
            }
            _ => place(&mut self.random, &mut self.world.principals[to].inline, statement),
        }
    }

    /// The ARN, a glob that it fits, or now and then one that it doesn't.
    fn spelt(&mut self, arn: &str) -> String {
        match self.random.below(14) {
            0..=1 => "*".to_owned(),
            2..=4 => format!("{}*", &arn[..arn.len() - 1]),
            5 => format!("{arn}9"),
            _ => arn.to_owned(),
        }
    }

    fn spelt_action(&mut self, action: &str) -> String {
        match self.random.below(14) {
            0 => format!("{}*", &action[..action.len() - 2]),
            1 => format!("{}:*", action.split(':').next().unwrap()),
            _ => action.to_owned(),
        }
    }

    pub fn may(&mut self, action: &str, arn: &str) -> Value {
        let (action, arn) = (self.spelt_action(action), self.spelt(arn));
        let statement = allow(action, arn);
        self.conditional(statement)
    }

    /// The same of the very action: brute force knows of keys of requests only where they are the action's own.
    pub fn may_only(&mut self, action: &str, arn: &str) -> Value {
        let arn = self.spelt(arn);
        let statement = allow(action, arn);
        self.conditional(statement)
    }

    /// Now and then a condition on the device or on tags.
    fn conditional(&mut self, statement: Value) -> Value {
        let (device, tag) = ("aws:MultiFactorAuthPresent", self.random.pick(&TAGS));
        let truth = self.random.pick(&["true", "true", "false"]);
        match self.random.below(24) {
            0 | 1 => with(statement, "Bool", device, truth),
            2 => with(statement, "BoolIfExists", device, truth),
            3 => with(statement, "Null", device, truth),
            4 | 5 => with(statement, "StringEquals", "aws:PrincipalTag/team", tag),
            6 => with(statement, "StringNotEquals", "aws:PrincipalTag/team", tag),
            // The tags of users and roles are known.
            7 if is_on_principal(&statement) => with(statement, "StringEquals", "aws:ResourceTag/team", tag),
            _ => statement,
        }
    }

    /// Something by which one principal may come to sessions of another.
    pub fn link(&mut self, from: usize, to: usize) {
        let arn = self.world.arn(to);
        if is_user(to) {
            let action =
                self.random.pick(&["iam:CreateAccessKey", "iam:CreateAccessKey", "iam:CreateLoginProfile"]);
            let statement = self.may(action, &arn);
            return self.give(from, statement);
        }
        let caller = if self.random.percent(50) {
            self.world.arn(from)
        } else {
            format!("arn:aws:iam::{}:root", self.world.account(from))
        };
        let way = if self.world.account(to) == ABROAD { 0 } else { self.random.below(9) };
        match way {
            0..=3 => {
                let actions = if self.random.percent(25) {
                    json!(["sts:AssumeRole", "sts:TagSession"])
                } else {
                    json!("sts:AssumeRole")
                };
                let trust = json!({"Effect": "Allow", "Principal": {"AWS": caller}, "Action": actions});
                let trust = self.conditional(trust);
                self.trusts(to, trust);
                if self.random.percent(90) {
                    let statement = self.may("sts:AssumeRole", &arn);
                    self.give(from, statement);
                }
                if actions.is_array() && self.random.percent(60) {
                    let statement = self.may("sts:TagSession", &arn);
                    self.give(from, statement);
                }
            }
            4 => {
                for action in ["iam:UpdateAssumeRolePolicy", "sts:AssumeRole"] {
                    let statement = self.may(action, &arn);
                    self.give(from, statement);
                }
            }
            5 => {
                self.world.function = Some(to);
                self.trusts_service(to, 0);
                let statement = self.may("lambda:UpdateFunctionCode", &function_arn(FUNCTION));
                self.give(from, statement);
            }
            6 => {
                self.world.project = Some(to);
                self.trusts_service(to, 1);
                let action = self.random.pick(&["codebuild:StartBuild", "codebuild:StartBuildBatch"]);
                let statement = self.may(action, &project_arn(PROJECT));
                self.give(from, statement);
            }
            n => {
                let service = n - 7;
                self.trusts_service(to, service);
                self.pass(from, to, service);
            }
        }
    }

    fn trusts(&mut self, role: usize, statement: Value) {
        // What tags a session of the start was opened with, nothing says.
        if role == self.world.start && statement["Action"].is_array() {
            return;
        }
        self.world.principals[role].trust.push(statement);
    }

    fn trusts_service(&mut self, role: usize, service: usize) {
        let principal = json!({"Service": SERVICES[service]});
        self.trusts(role, json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}));
    }

    /// A role passed to a new function or project, or to the one that is there.
    fn pass(&mut self, from: usize, role: usize, service: usize) {
        let arn = self.world.arn(role);
        let mut pass = self.may_only("iam:PassRole", &arn);
        if self.random.percent(50) {
            let service = SERVICES[if self.random.percent(85) { service } else { 1 - service }];
            pass = with(pass, "StringEquals", "iam:PassedToService", service);
        }
        self.give(from, pass);
        let named = |name: &str| if service == 0 { function_arn(name) } else { project_arn(name) };
        if service == 0 && self.world.function.is_some() && self.random.percent(40) {
            let statement = self.may("lambda:UpdateFunctionConfiguration", &named(FUNCTION));
            return self.give(from, statement);
        }
        let make = ["lambda:CreateFunction", "codebuild:CreateProject"][service];
        let runs: &[&str] = if service == 0 {
            &["lambda:InvokeFunction", "lambda:AddPermission", "lambda:*"]
        } else {
            &["codebuild:StartBuild", "codebuild:StartBuildBatch", "codebuild:*"]
        };
        let run = self.random.pick(runs);
        for action in [make, run] {
            let name = named(self.random.pick(&["dev-*", "dev-*", "*-x", "prod-*", "dev-x", "*"]));
            let statement = allow(action, name);
            self.give(from, statement);
        }
    }

    /// What an upgrade gives stands in a policy, and somebody may bring it to the principal.
    fn upgrade(&mut self, by: usize, to: usize, needed: Value) {
        let arn = self.world.arn(to);
        let user = is_user(to);
        let policy = self.random.below(POLICIES);
        let of_kind = |user_action: &'static str, role_action: &'static str| {
            if user { user_action } else { role_action }
        };
        match self.random.below(10) {
            0 | 1 => {
                let statement = self.may(of_kind("iam:PutUserPolicy", "iam:PutRolePolicy"), &arn);
                self.give(by, statement);
            }
            2 | 3 => {
                self.world.policies[policy].versions[0].push(needed);
                let statement = self.may_only(of_kind("iam:AttachUserPolicy", "iam:AttachRolePolicy"), &arn);
                let statement = self.some_policy(statement, policy);
                self.give(by, statement);
            }
            4 => {
                let statement = self.may(of_kind("iam:AttachUserPolicy", "iam:AttachRolePolicy"), &arn);
                self.give(by, statement);
                let name = self.random.pick(&["dev-*", "*-x", "p9"]);
                self.give(by, allow("iam:CreatePolicy", format!("arn:aws:iam::{HOME}:policy/{name}")));
            }
            5 => {
                attach(&mut self.world.principals[to].attached, policy);
                let statement = self.may("iam:CreatePolicyVersion", &policy_arn(policy));
                self.give(by, statement);
            }
            6 => {
                attach(&mut self.world.principals[to].attached, policy);
                self.world.policies[policy].versions.push(vec![needed]);
                if self.random.percent(50) {
                    let other = vec![harmless()];
                    self.world.policies[policy].versions.push(other);
                }
                let statement = self.may("iam:SetDefaultPolicyVersion", &policy_arn(policy));
                self.give(by, statement);
            }
            _ if user => self.by_group(by, to, needed),
            _ => {
                let statement = self.may("iam:PutRolePolicy", &arn);
                self.give(by, statement);
            }
        }
    }

    fn by_group(&mut self, by: usize, user: usize, needed: Value) {
        let group = self.random.below(GROUPS);
        let arn = group_arn(group);
        let action = match self.random.below(3) {
            0 => {
                self.world.principals[user].groups = vec![group];
                self.random.pick(&["iam:PutGroupPolicy", "iam:AttachGroupPolicy"])
            }
            _ => {
                self.world.principals[user].groups.retain(|g| *g != group);
                place(&mut self.random, &mut self.world.groups[group].inline, needed);
                "iam:AddUserToGroup"
            }
        };
        let statement = self.may(action, &arn);
        self.give(by, statement);
    }

    /// Which policies may be given.
    fn some_policy(&mut self, statement: Value, policy: usize) -> Value {
        let key = "iam:PolicyARN";
        match self.random.below(6) {
            0 | 1 => with(statement, "ArnEquals", key, policy_arn(policy)),
            2 => with(statement, "ArnLike", key, format!("arn:aws:iam::{HOME}:policy/*")),
            3 => with(statement, "StringNotEquals", key, ADMINISTRATOR),
            _ => statement,
        }
    }

    pub fn obstacles(&mut self, path: &[usize], last: usize) {
        for _ in 0..self.random.pick(&[0, 0, 1, 1, 2]) {
            let hindered = if self.random.percent(60) { last } else { self.random.pick(path) };
            let by = self.random.pick(path);
            let action = match (self.random.below(5), &self.world.target) {
                (0, _) => "sts:AssumeRole",
                (1, _) => "iam:*",
                (_, Target::Access { action, .. }) => action,
                _ => "iam:Create*",
            };
            let refusal = deny(action, "*");
            let refusal = self.conditional(refusal);
            self.obstacle(by, hindered, refusal);
        }
    }

    /// A Deny or a limit, and perhaps something that takes it away.
    fn obstacle(&mut self, by: usize, hindered: usize, refusal: Value) {
        let arn = self.world.arn(hindered);
        let (user, home) = (is_user(hindered), self.world.account(hindered) == HOME);
        let policy = self.random.below(POLICIES);
        let of_kind = |user_action: &'static str, role_action: &'static str| {
            if user { user_action } else { role_action }
        };
        let (action, on) = match self.random.below(8) {
            0 | 1 if home => {
                attach(&mut self.world.principals[hindered].attached, policy);
                self.world.policies[policy].versions[0].push(refusal);
                if self.random.percent(30) {
                    self.world.policies[policy].versions.push(vec![harmless()]);
                    ("iam:SetDefaultPolicyVersion", policy_arn(policy))
                } else {
                    (of_kind("iam:DetachUserPolicy", "iam:DetachRolePolicy"), arn)
                }
            }
            2 if user => {
                let group = self.random.below(GROUPS);
                attach(&mut self.world.principals[hindered].groups, group);
                if self.random.percent(60) {
                    place(&mut self.random, &mut self.world.groups[group].inline, refusal);
                    let action = self.random.pick(&["iam:RemoveUserFromGroup", "iam:DeleteGroupPolicy"]);
                    (action, group_arn(group))
                } else {
                    self.world.policies[policy].versions[0].push(refusal);
                    attach(&mut self.world.groups[group].attached, policy);
                    (
                        self.random.pick(&["iam:RemoveUserFromGroup", "iam:DetachGroupPolicy"]),
                        group_arn(group),
                    )
                }
            }
            3 | 4 if home => {
                self.world.principals[hindered].boundary = Some(policy);
                if self.random.percent(50) {
                    self.world.policies[policy].versions[0].extend([allow_everything(), refusal]);
                }
                let delete =
                    of_kind("iam:DeleteUserPermissionsBoundary", "iam:DeleteRolePermissionsBoundary");
                let put = of_kind("iam:PutUserPermissionsBoundary", "iam:PutRolePermissionsBoundary");
                match self.random.below(4) {
                    0 => ("iam:CreatePolicyVersion", policy_arn(policy)),
                    1 => (put, arn),
                    _ => (delete, arn),
                }
            }
            5 if self.world.scp.is_some() => {
                self.world.scp.as_mut().unwrap().push(refusal);
                ("organizations:LeaveOrganization", "*".to_owned())
            }
            _ => {
                place(&mut self.random, &mut self.world.principals[hindered].inline, refusal);
                (of_kind("iam:DeleteUserPolicy", "iam:DeleteRolePolicy"), arn)
            }
        };
        if self.random.percent(65) {
            let statement = self.may(action, &on);
            self.give(by, statement);
        }
    }

    pub fn noise(&mut self, from: usize, to: usize) {
        let arn = self.world.arn(to);
        let kind = usize::from(!is_user(to));
        match self.random.below(9) {
            0 if is_user(to) => {
                let statement = self.may("iam:EnableMFADevice", &arn);
                self.give(from, statement);
            }
            1 => {
                let action = ["iam:TagUser", "iam:TagRole"][kind];
                let tag = self.random.pick(&TAGS);
                let statement = if self.random.percent(50) {
                    with(self.may_only(action, &arn), "StringEquals", "aws:RequestTag/team", tag)
                } else {
                    self.may(action, &arn)
                };
                self.give(from, statement);
            }
            2 => {
                let action = ["iam:UntagUser", "iam:UntagRole"][kind];
                let statement = self.may(action, &arn);
                self.give(from, statement);
            }
            3 if self.world.bucket_policy.is_some() => {
                self.give(from, allow("s3:PutBucketPolicy", "arn:aws:s3:::secret"));
            }
            4 => {
                let action = self.random.pick(&["s3:GetObject", "iam:*", "sts:*", "iam:PutUserPolicy"]);
                let refusal = deny(action, "*");
                let refusal = self.conditional(refusal);
                self.give(to, refusal);
            }
            5 => self.link(from, to),
            6 if self.world.account(to) == HOME => self.upgrade(from, to, harmless()),
            _ => {
                let refusal = deny("s3:*", "*");
                self.obstacle(from, to, refusal);
            }
        }
    }
}

pub fn attach(to: &mut Vec<usize>, one: usize) {
    if !to.contains(&one) {
        to.push(one);
    }
}

/// Adds a statement to a policy that is there, or as another policy.
pub fn place(random: &mut Random, policies: &mut Vec<Statements>, statement: Value) {
    if policies.is_empty() || (policies.len() < 3 && random.percent(50)) {
        policies.push(vec![statement]);
    } else {
        let at = random.below(policies.len());
        policies[at].push(statement);
    }
}

fn is_on_principal(statement: &Value) -> bool {
    let resource = statement["Resource"].as_str().unwrap_or_default();
    let trust = statement.get("Principal").is_some();
    trust || resource.contains(":user/") || resource.contains(":role/")
}
