//! Roles, users, groups, their policies and attachments, instance profiles, identity providers.
//!
//! AWS CloudFormation User Guide, "IAM resource type reference".

use super::{Phase, Resource, Writer, object, string};
use crate::arn::Arn;
use crate::json::Json;
use crate::overlay::unknown::{has_hole, is_open, shown, unknown, unreadable};
use crate::overlay::{Change, Holder};
use std::sync::Arc;

/// The kinds of principal: type, what ARNs and lists call them.
const KINDS: [(&str, &str, &str, &str); 3] = [
    ("AWS::IAM::Role", "role/", "RoleName", "RolePolicyList"),
    ("AWS::IAM::User", "user/", "UserName", "UserPolicyList"),
    ("AWS::IAM::Group", "group/", "GroupName", "GroupPolicyList"),
];

/// Where types of policies name their principals: the members, lists or single names, and the kind.
const NAMED: [(&str, &str); 6] = [
    ("Roles", "role/"),
    ("Users", "user/"),
    ("Groups", "group/"),
    ("RoleName", "role/"),
    ("UserName", "user/"),
    ("GroupName", "group/"),
];

const POLICIES: [&str; 4] =
    ["AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy"];

impl Writer<'_, '_> {
    /// Writes what a resource of IAM changes; whether it is one that is read.
    pub(super) fn principal(&mut self, resource: &Resource<'_>, phase: Phase) -> bool {
        let things = phase == Phase::Things;
        match resource.kind {
            kind if KINDS.iter().any(|(known, ..)| *known == kind) => {
                if things {
                    self.entity(resource);
                } else {
                    self.memberships(resource);
                }
            }
            "AWS::IAM::ManagedPolicy" if things => self.managed(resource),
            "AWS::IAM::ManagedPolicy" => self.attach_managed(resource),
            kind if POLICIES.contains(&kind) => {
                if !things {
                    self.inline(resource);
                }
            }
            "AWS::IAM::UserToGroupAddition" => {
                if !things {
                    self.additions(resource);
                }
            }
            "Local::IAM::Attachment" => {
                if !things {
                    self.attachment(resource);
                }
            }
            "Local::IAM::Memberships" => {
                if !things {
                    self.memberships_of(resource);
                }
            }
            "AWS::IAM::OIDCProvider" => {
                if things {
                    self.provider(resource);
                }
            }
            "AWS::IAM::InstanceProfile" => {}
            _ => return false,
        }
        true
    }

    fn entity(&mut self, resource: &Resource<'_>) {
        let Some(identity) = self.scope.identity(resource.logical) else { return };
        if identity.is_open {
            let text = format!("no policy tells {} apart from what it will be called", identity.arn);
            self.assume(text, None);
        }
        let is_known = self.scope.base.principal(&identity.arn).is_some()
            || self.scope.base.groups().iter().any(|g| *g.arn == *identity.arn);
        if is_known {
            self.change_entity(resource, &identity.arn, identity.owned)
        } else {
            self.new_entity(resource, &identity.arn)
        }
    }

    fn new_entity(&mut self, resource: &Resource<'_>, arn: &str) {
        let kind = KINDS.iter().find(|(kind, ..)| *kind == resource.kind);
        let Some((_, prefix, name_key, inline)) = kind else { return };
        let (path, name) = path_and_name(arn, prefix);
        let mut json = object([("Path", string(&path)), (name_key, string(&name)), ("Arn", string(arn))]);
        let policies = resource.list("Policies").iter().map(|policy| {
            let name = policy.get("PolicyName").and_then(Json::as_str).map(shown).unwrap_or_default();
            let document = policy.get("PolicyDocument").cloned().unwrap_or_else(|| unknown("a policy"));
            object([("PolicyName", string(&name)), ("PolicyDocument", resource.as_is(document))])
        });
        json.set(inline, Json::Array(policies.collect()));
        let attached = self.policy_arns(resource).into_iter().map(|arn| {
            let name = arn.rsplit('/').next().unwrap_or_default().to_owned();
            object([("PolicyName", string(&name)), ("PolicyArn", Json::String(arn))])
        });
        json.set("AttachedManagedPolicies", Json::Array(attached.collect()));
        if let Some(boundary) = resource.text("PermissionsBoundary") {
            let kind = ("PermissionsBoundaryType", string("Policy"));
            json.set(
                "PermissionsBoundary",
                object([kind, ("PermissionsBoundaryArn", string(&shown(boundary)))]),
            );
        }
        if resource.kind != "AWS::IAM::Group" {
            json.set("Tags", unreadable(Json::Array(resource.list("Tags").to_vec())));
        }
        if resource.kind == "AWS::IAM::Role" {
            let trust = resource.document("AssumeRolePolicyDocument");
            json.set("AssumeRolePolicyDocument", trust.unwrap_or_else(|| unknown("a trust policy")));
            json.set("InstanceProfileList", Json::Array(self.profiles_of(&name)));
            if let Some(seconds) = resource.properties.get("MaxSessionDuration") {
                json.set("MaxSessionDuration", seconds.clone());
            }
        }
        if resource.kind == "AWS::IAM::User" {
            json.set("GroupList", Json::Array(Vec::new()));
        }
        self.change(Change::Entity { json });
    }

    /// A principal that the snapshot holds: what the template says of it, in place of what there is of that name.
    fn change_entity(&mut self, resource: &Resource<'_>, arn: &str, owned: bool) {
        let certain = |document: Json, known: bool| match &resource.maybe {
            Some(what) if known => unknown(what),
            _ => resource.as_is(document),
        };
        if let Some(trust) = resource.properties.get("AssumeRolePolicyDocument") {
            self.put(Holder::Trust(arn.to_owned()), certain(trust.clone(), true));
        }
        for policy in resource.list("Policies") {
            let name = policy.get("PolicyName").and_then(Json::as_str).map(shown).unwrap_or_default();
            let document = policy.get("PolicyDocument").cloned().unwrap_or_else(|| unknown("a policy"));
            let known = self.has_inline(arn, &name);
            self.put(Holder::Inline { principal: arn.to_owned(), name }, certain(document, known));
        }
        let listed = self.policy_arns(resource);
        for policy in &listed {
            self.attach_one(resource, arn, policy);
        }
        let boundary = resource.text("PermissionsBoundary");
        let known_boundary = self.scope.base.principal(arn).and_then(|p| p.boundary_arn.clone());
        match boundary {
            Some(policy) if is_open(&string(policy)) || resource.maybe.is_some() => {
                self.blind(format!("the permissions boundary of {arn}"));
            }
            Some(policy) => {
                let policy = Some(policy.to_owned());
                self.change(Change::Boundary { principal: arn.to_owned(), policy });
            }
            None if owned && known_boundary.is_some() => {
                self.change(Change::Boundary { principal: arn.to_owned(), policy: None });
            }
            None => {}
        }
        if owned && resource.maybe.is_none() {
            self.drop_others(resource, arn, &listed);
        } else if !owned {
            self.note(format!("{arn} is not known to be the stack's: what else it has stays"));
        }
    }

    /// What a principal of the stack has beside what the template gives it is taken to have come from the template before.
    fn drop_others(&mut self, resource: &Resource<'_>, arn: &str, attached: &[String]) {
        let (mut names, mut policies) = (Vec::new(), Vec::new());
        if let Some(principal) = self.scope.base.principal(arn) {
            names.extend(principal.inline.iter().map(|p| p.name.clone()));
            policies.extend(principal.attached.iter().cloned());
        }
        if let Some(group) = self.scope.base.groups().iter().find(|g| *g.arn == *arn) {
            names.extend(group.inline.iter().map(|p| p.name.clone()));
            policies.extend(group.attached.iter().cloned());
        }
        let own = resource.list("Policies").iter().filter_map(|p| p.get("PolicyName")?.as_str());
        let mut kept: Vec<String> = own.map(str::to_owned).collect();
        let mut managed: Vec<String> = attached.to_vec();
        for (logical, json) in self.scope.resources() {
            let property = |key: &str| self.scope.value(json.get("Properties")?.get(key)?);
            match json.get("Type").and_then(Json::as_str) {
                Some(kind) if POLICIES.contains(&kind) => {
                    kept.extend(property("PolicyName").and_then(|name| Some(name.as_str()?.to_owned())));
                }
                Some("AWS::IAM::ManagedPolicy") => {
                    managed.extend(self.scope.identity(logical).map(|identity| identity.arn));
                }
                _ => {}
            }
        }
        let mut dropped: Vec<Arc<str>> = Vec::new();
        for name in names.into_iter().filter(|name| !kept.iter().any(|k| **k == **name)) {
            let holder = Holder::Inline { principal: arn.to_owned(), name: name.to_string() };
            self.change(Change::Document { holder, document: None });
            dropped.push(name);
        }
        for policy in policies.into_iter().filter(|policy| !managed.iter().any(|m| **m == **policy)) {
            let (principal, policy_arn) = (arn.to_owned(), policy.to_string());
            self.change(Change::Attached { principal, policy: policy_arn, attached: false });
            dropped.push(policy);
        }
        if !dropped.is_empty() {
            let listed = dropped.join(", ");
            self.assume(format!("{arn} has of the stack what it is to lose: {listed}"), Some(arn));
        }
    }

    fn has_inline(&self, arn: &str, name: &str) -> bool {
        let of_group = || {
            let group = self.scope.base.groups().iter().find(|g| *g.arn == *arn);
            group.is_some_and(|g| g.inline.iter().any(|p| *p.name == *name))
        };
        match self.scope.base.principal(arn) {
            Some(principal) => principal.inline.iter().any(|p| *p.name == *name),
            None => of_group(),
        }
    }

    /// The managed policies of a principal.
    fn policy_arns(&self, resource: &Resource<'_>) -> Vec<String> {
        match resource.properties.get("ManagedPolicyArns") {
            Some(Json::Array(items)) => {
                items.iter().map(|item| item.as_str().map(shown).unwrap_or_default()).collect()
            }
            Some(other) => vec![other.as_str().map(shown).unwrap_or_default()],
            None => Vec::new(),
        }
    }

    fn attach_one(&mut self, resource: &Resource<'_>, principal: &str, policy: &str) {
        if resource.maybe.is_some() || !policy.starts_with("arn:") || policy.contains('<') {
            return self.blind(format!("a managed policy of {principal}"));
        }
        let (principal, policy) = (principal.to_owned(), policy.to_owned());
        self.change(Change::Attached { principal, policy, attached: true });
    }

    fn memberships(&mut self, resource: &Resource<'_>) {
        if resource.kind != "AWS::IAM::User" {
            return;
        }
        let Some(user) = self.scope.identity(resource.logical) else { return };
        for group in resource.list("Groups") {
            let group = group.as_str().unwrap_or_default();
            self.join(resource, &user.arn, group);
        }
    }

    fn memberships_of(&mut self, resource: &Resource<'_>) {
        let user = self.arn_of_name(resource.text("UserName").unwrap_or_default(), "user/");
        let Some(user) = user else {
            return self.blind(format!("whose groups {} is about", resource.logical));
        };
        for group in resource.list("Groups") {
            self.join(resource, &user, group.as_str().unwrap_or_default());
        }
    }

    fn attachment(&mut self, resource: &Resource<'_>) {
        let policy = resource.text("PolicyArn").map(shown).unwrap_or_default();
        for principal in self.principals_of(resource) {
            match principal {
                Some(principal) => self.attach_one(resource, &principal, &policy),
                None => self.blind(format!("to whom {} attaches {policy}", resource.logical)),
            }
        }
    }

    fn additions(&mut self, resource: &Resource<'_>) {
        let group = resource.text("GroupName").unwrap_or_default();
        for user in resource.list("Users") {
            match self.arn_of_name(user.as_str().unwrap_or_default(), "user/") {
                Some(user) => self.join(resource, &user, group),
                None => self.blind(format!("who {} adds to a group", resource.logical)),
            }
        }
    }

    fn join(&mut self, resource: &Resource<'_>, user: &str, group: &str) {
        match self.arn_of_name(group, "group/").filter(|_| resource.maybe.is_none()) {
            Some(group) => self.change(Change::Member { user: user.to_owned(), group, member: true }),
            None => self.blind(format!("a group of {user}")),
        }
    }

    fn managed(&mut self, resource: &Resource<'_>) {
        let Some(identity) = self.scope.identity(resource.logical) else { return };
        let document = resource.properties.get("PolicyDocument").cloned();
        let document = document.unwrap_or_else(|| unknown("a policy"));
        let known = self.scope.base.managed_policy(&self.scope.stack.account, &identity.arn).is_some();
        if known {
            let document = match &resource.maybe {
                Some(what) => unknown(what),
                None => document,
            };
            return self.put(Holder::Managed(identity.arn), document);
        }
        let version = object([
            ("Document", resource.as_is(document)),
            ("VersionId", string("v1")),
            ("IsDefaultVersion", Json::Bool(true)),
        ]);
        let (path, name) = path_and_name(&identity.arn, "policy/");
        let json = object([
            ("PolicyName", string(&name)),
            ("Arn", string(&identity.arn)),
            ("Path", string(&path)),
            ("DefaultVersionId", string("v1")),
            ("IsAttachable", Json::Bool(true)),
            ("PolicyVersionList", Json::Array(vec![version])),
        ]);
        self.change(Change::Entity { json });
    }

    fn attach_managed(&mut self, resource: &Resource<'_>) {
        let Some(identity) = self.scope.identity(resource.logical) else { return };
        for principal in self.principals_of(resource) {
            match principal {
                // A new policy that may not be there says so in its statements.
                Some(principal) => {
                    let policy = identity.arn.clone();
                    self.change(Change::Attached { principal, policy, attached: true });
                }
                None => self.blind(format!("whom {} is attached to", resource.logical)),
            }
        }
    }

    fn inline(&mut self, resource: &Resource<'_>) {
        let name = resource.text("PolicyName").map(shown).unwrap_or_default();
        let document = resource.properties.get("PolicyDocument").cloned();
        let document = document.unwrap_or_else(|| unknown("a policy"));
        for principal in self.principals_of(resource) {
            let Some(principal) = principal else {
                self.blind(format!("who has the policy {}", resource.logical));
                continue;
            };
            let document = match &resource.maybe {
                Some(what) if self.has_inline(&principal, &name) => unknown(what),
                _ => resource.as_is(document.clone()),
            };
            self.put(Holder::Inline { principal, name: name.clone() }, document);
        }
    }

    /// The ARNs of the principals that a policy names; `None` for one that isn't known.
    fn principals_of(&self, resource: &Resource<'_>) -> Vec<Option<String>> {
        let mut found = Vec::new();
        for (key, prefix) in NAMED {
            let names = match resource.properties.get(key) {
                Some(Json::Array(items)) => items.as_slice(),
                Some(one) => std::slice::from_ref(one),
                None => &[],
            };
            found.extend(names.iter().map(|name| self.arn_of_name(name.as_str()?, prefix)));
        }
        found
    }

    /// The ARN of a principal of the account by its name, in the template or in the snapshot.
    fn arn_of_name(&self, name: &str, prefix: &str) -> Option<String> {
        if has_hole(name) {
            return None;
        }
        let of_template = self.scope.resources().iter().find_map(|(logical, json)| {
            let kind = json.get("Type").and_then(Json::as_str)?;
            let kind = kind.strip_prefix("Local::Unchanged::").unwrap_or(kind);
            KINDS.iter().find(|(known, of, ..)| *known == kind && *of == prefix)?;
            self.scope.identity(logical).filter(|identity| identity.name == name).map(|identity| identity.arn)
        });
        let is_it = |arn: &str| {
            let parsed = Arn::parse(arn).filter(|a| a.account == self.scope.stack.account);
            parsed.is_some_and(|a| {
                a.resource.starts_with(prefix) && a.resource.rsplit('/').next() == Some(name)
            })
        };
        let base = self.scope.base;
        let arns = base.principals().iter().map(|p| &p.arn).chain(base.groups().iter().map(|g| &g.arn));
        of_template.or_else(|| arns.map(|arn| arn.as_ref()).find(|arn| is_it(arn)).map(str::to_owned))
    }

    /// The instance profiles of the template that hold a role.
    fn profiles_of(&self, role: &str) -> Vec<Json> {
        let profiles = self.scope.resources().iter().filter_map(|(logical, json)| {
            let kind = json.get("Type").and_then(Json::as_str)?;
            let roles = self.scope.value(json.get("Properties")?.get("Roles")?)?;
            let holds = roles.as_array()?.iter().any(|one| one.as_str() == Some(role));
            let identity = self.scope.identity(logical)?;
            (kind == "AWS::IAM::InstanceProfile" && holds).then(|| object([("Arn", string(&identity.arn))]))
        });
        profiles.collect()
    }

    fn provider(&mut self, resource: &Resource<'_>) {
        let Some(identity) = self.scope.identity(resource.logical) else { return };
        let clients = Json::Array(resource.list("ClientIdList").to_vec());
        let told = object([("Url", string(&identity.name)), ("ClientIDList", clients)]);
        self.output(("iam", "get-open-id-connect-provider"), &identity.arn, told);
        let listed = object([("Arn", string(&identity.arn))]);
        self.listed(
            ("iam", "list-open-id-connect-providers"),
            ("OpenIDConnectProviderList", "Arn"),
            listed,
            false,
        );
    }
}

/// The path and name in an ARN of IAM.
fn path_and_name(arn: &str, prefix: &str) -> (String, String) {
    let resource = Arn::parse(arn).map(|a| a.resource).unwrap_or_default();
    let rest = resource.strip_prefix(prefix).unwrap_or(resource);
    match rest.rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name.to_owned()),
        None => ("/".to_owned(), rest.to_owned()),
    }
}
