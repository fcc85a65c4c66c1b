//! The objects of a step's variables: which there are, and what their fields say.

use super::conditions::has_condition_on;
use super::policies::GRANT_OPERATIONS;
use super::sorts::Sorts;
use crate::ask::{BOUNDARY, NewName};
use gateproof_encodings::primitive::{Binding, Primitive, Reference, Template, TemplatePart};
use gateproof_model::account::{Group, ManagedPolicy, PrincipalEntity, PrincipalEntityKind};
use gateproof_model::inventory::Thing;
use gateproof_model::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// An object that a variable is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    pub arn: Arc<str>,
    pub name: Arc<str>,
    pub account: Arc<str>,
    pub fields: BTreeMap<String, Vec<Arc<str>>>,
    /// Whether the ARN is a glob: the attacker names the object.
    pub fresh: bool,
    /// Whether files tell its fields, so that one which is missing is not known.
    pub told: bool,
}

/// The key that tells the operations of a grant.
const OPERATIONS: &str = "kms:grantoperations";

/// What every object has.
const OWN_FIELDS: [&str; 4] = ["arn", "name", "account", "region"];

impl Object {
    pub fn plain(arn: &Arc<str>, name: &str, account: &Arc<str>) -> Self {
        Self {
            arn: arn.clone(),
            name: name.into(),
            account: account.clone(),
            fields: BTreeMap::new(),
            fresh: false,
            told: false,
        }
    }

    pub fn field_is(&self, name: &str, value: &str) -> bool {
        self.field(name).iter().any(|have| **have == *value)
    }

    pub fn field(&self, name: &str) -> Vec<Arc<str>> {
        match name {
            "arn" => vec![self.arn.clone()],
            "name" => vec![self.name.clone()],
            "account" => vec![self.account.clone()],
            _ => self.fields.get(name).cloned().unwrap_or_default(),
        }
    }
}

/// A step with some of its variables bound.
#[derive(Debug, Clone)]
pub(crate) struct Scene<'p> {
    pub primitive: &'p Primitive,
    pub me: Arc<Object>,
    pub partition: Arc<str>,
    pub bound: BTreeMap<&'p str, Arc<Object>>,
}

impl<'p> Scene<'p> {
    pub fn object(&self, variable: &str) -> Option<&Arc<Object>> {
        if variable == "me" { Some(&self.me) } else { self.bound.get(variable) }
    }

    pub fn with(&self, variable: &'p str, object: Arc<Object>) -> Self {
        let mut scene = self.clone();
        scene.bound.insert(variable, object);
        scene
    }

    /// The values of a reference; anything, where its variable is not bound yet.
    pub fn values(&self, reference: &Reference) -> Vec<Arc<str>> {
        match self.object(&reference.variable) {
            Some(object) => object.field(&reference.field),
            None => vec!["*".into()],
        }
    }

    /// The texts of a template, as globs; none where a field has no value.
    pub fn globs(&self, template: &Template) -> Vec<String> {
        let mut texts = vec![String::new()];
        for part in &template.parts {
            let values: Vec<Arc<str>> = match part {
                TemplatePart::Text(text) => vec![text.as_str().into()],
                TemplatePart::Field(reference) => self.values(reference),
                TemplatePart::Open(name) => vec![match name.as_str() {
                    "partition" => self.partition.clone(),
                    "account" => self.me.account.clone(),
                    _ => "*".into(),
                }],
            };
            texts = texts.iter().flat_map(|t| values.iter().map(move |v| format!("{t}{v}"))).collect();
        }
        texts
    }

    /// Whether every variable of a list of references is bound.
    pub fn binds<'r>(&self, mut references: impl Iterator<Item = &'r Reference>) -> bool {
        references.all(|r| self.object(&r.variable).is_some())
    }

    /// What tells a variable's object, if a new one, from those that exist; `None` where it may be one of them.
    pub fn new_name(&self, variable: &str) -> Option<NewName> {
        let binding = self.primitive.bind.get(variable).filter(|b| b.kind == "fresh" && !b.existing)?;
        let template = binding.arn.as_ref()?;
        let is_open = |part: &TemplatePart, name: &str| matches!(part, TemplatePart::Open(n) if n == name);
        let ends_in_id = template.parts.last().is_some_and(|part| is_open(part, "id"))
            && template.parts.iter().any(|part| is_open(part, "name"));
        Some(NewName { glob: self.globs(template).first()?.clone(), ends_in_id })
    }

    /// The new object of a `fresh` variable; `None` where the caller is of no account.
    pub fn fresh(&self, binding: &Binding) -> Option<Arc<Object>> {
        if self.me.account.is_empty() {
            return None;
        }
        let arn: Arc<str> = self.globs(binding.arn.as_ref()?).first()?.as_str().into();
        let mut object = Object::plain(&arn, "*", &self.me.account);
        object.fresh = true;
        Some(Arc::new(object))
    }
}

/// The object of an ARN that a witness gave a `fresh` variable.
pub(super) fn named(fresh: &Object, arn: &str) -> Arc<Object> {
    let name = arn.rsplit([':', '/']).next().unwrap_or_default();
    Arc::new(Object::plain(&arn.into(), name, &fresh.account))
}

type ByAccount = BTreeMap<Arc<str>, Vec<Arc<Object>>>;

/// The objects of a snapshot, by kind.
pub(super) struct Objects<'a> {
    snapshot: &'a Snapshot,
    roles: Vec<Arc<Object>>,
    users: Vec<Arc<Object>>,
    groups: Vec<Arc<Object>>,
    policies: Vec<Arc<Object>>,
    accounts: Vec<Arc<Object>>,
    /// Of the inventory, by kind, made when first asked for.
    things: Mutex<BTreeMap<String, Vec<Arc<Object>>>>,
    /// All of them, by kind and account.
    by_account: Mutex<BTreeMap<String, ByAccount>>,
    /// Whether some policy's condition is about the boundaries that users and roles have.
    names_boundaries: OnceLock<bool>,
    /// The operations that grants are for, made when first asked for: it takes a look at every policy.
    operations: OnceLock<Vec<Arc<Object>>>,
    /// Fields that a step asked for and no file tells.
    untold: Mutex<BTreeSet<String>>,
    /// The kinds of object that some step was looked for with.
    asked: Mutex<BTreeSet<String>>,
}

impl<'a> Objects<'a> {
    pub fn of(snapshot: &'a Snapshot) -> Self {
        let principals = |kind: PrincipalEntityKind| -> Vec<Arc<Object>> {
            let of_kind = snapshot.principals().iter().filter(|p| p.kind == kind);
            of_kind.map(|p| Arc::new(principal_object(p))).collect()
        };
        Self {
            snapshot,
            roles: principals(PrincipalEntityKind::Role),
            users: principals(PrincipalEntityKind::User),
            groups: snapshot.groups().iter().map(|g| Arc::new(group_object(g))).collect(),
            policies: snapshot.managed_policies().iter().map(|p| Arc::new(policy_object(p))).collect(),
            accounts: snapshot.accounts().iter().map(|a| Arc::new(account_object(&a.id, snapshot))).collect(),
            things: Mutex::default(),
            by_account: Mutex::default(),
            names_boundaries: OnceLock::new(),
            operations: OnceLock::new(),
            untold: Mutex::default(),
            asked: Mutex::default(),
        }
    }

    /// With an object for all new principals of each kind, behind the known ones.
    pub fn with_unnamed(mut self, sorts: Option<&Sorts>) -> Self {
        for object in sorts.into_iter().flat_map(Sorts::kinds).map(|kind| Arc::new(Object::unnamed(kind))) {
            let list = if object.arn.ends_with(":role/*") { &mut self.roles } else { &mut self.users };
            list.push(object);
        }
        self
    }

    /// Whether some policy's condition is about the boundaries that users and roles have.
    pub fn names_boundaries(&self) -> bool {
        *self.names_boundaries.get_or_init(|| has_condition_on(self.snapshot, BOUNDARY))
    }

    /// The objects that a variable may be bound to, but for what its role is trusted by.
    pub fn candidates(&self, scene: &Scene<'_>, binding: &Binding, own: bool) -> Vec<Arc<Object>> {
        for reference in binding.is.iter().chain(&binding.profile) {
            self.note_untold(scene, reference);
        }
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(binding.kind.clone());
        let accounts = binding.account.as_ref().map(|t| scene.globs(t));
        let is = binding.is.as_ref().map(|r| scene.values(r));
        let profile = binding.profile.as_ref().map(|r| scene.values(r));
        let fits = |object: &Arc<Object>| {
            let in_account = accounts.as_ref().is_none_or(|ids| ids.iter().any(|id| *id == *object.account));
            let same = is.as_ref().is_none_or(|arns| arns.contains(&object.arn));
            let fields = binding.fields.iter().all(|(f, v)| object.field(f).iter().any(|have| **have == **v));
            let profiled = profile.as_ref().is_none_or(|wanted| {
                object.field("instance-profile").iter().any(|have| wanted.iter().any(|w| is_profile(have, w)))
            });
            in_account && same && fields && profiled
        };
        let bound = |reference: &Reference| scene.object(&reference.variable);
        let held = binding.of.as_ref().map(|r| bound(r).map(|o| self.held_by(o)).unwrap_or_default());
        let boundary = binding.boundary_of.as_ref().map(|r| bound(r).and_then(|o| self.boundary_of(o)));
        let related = |object: &Arc<Object>| {
            held.as_ref().is_none_or(|held| held.contains(&&object.arn))
                && boundary.is_none_or(|boundary| boundary == Some(&object.arn))
        };
        let listed = match accounts.as_deref() {
            _ if own => self.in_account(&binding.kind, &scene.me.account),
            Some([account]) => self.in_account(&binding.kind, account),
            _ => self.of_kind(&binding.kind),
        };
        listed.into_iter().filter(fits).filter(related).collect()
    }

    /// The objects of a kind, of whatever account.
    pub fn of_kind(&self, kind: &str) -> Vec<Arc<Object>> {
        match kind {
            "iam.role" => self.roles.clone(),
            "iam.user" => self.users.clone(),
            "iam.principal" => self.users.iter().chain(&self.roles).cloned().collect(),
            "iam.root" => self.root_users(),
            "iam.group" => self.groups.clone(),
            "iam.policy" => self.policies.clone(),
            "iam.instance-profile" => self.instance_profiles(),
            "kms.operation" => self.operations.get_or_init(|| self.operations()).clone(),
            "account" => self.accounts.clone(),
            _ => self.things(kind),
        }
    }

    /// The operations that grants are for, as one where no condition tells them apart.
    fn operations(&self) -> Vec<Arc<Object>> {
        let operations = GRANT_OPERATIONS.map(Arc::<str>::from);
        let nobody: Arc<str> = "".into();
        if has_condition_on(self.snapshot, OPERATIONS) {
            return operations.iter().map(|o| Arc::new(Object::plain(o, o, &nobody))).collect();
        }
        let mut all = Object::plain(&"*".into(), "*", &nobody);
        all.fields.insert("members".to_owned(), operations.to_vec());
        vec![Arc::new(all)]
    }

    fn root_users(&self) -> Vec<Arc<Object>> {
        let principals = self.snapshot.principals().iter();
        let root = principals.filter(|p| p.kind == PrincipalEntityKind::Root);
        root.map(|p| Arc::new(Object::plain(&p.arn, &p.name, &p.account))).collect()
    }

    /// The instance profiles that some role is in; the others give nothing.
    fn instance_profiles(&self) -> Vec<Arc<Object>> {
        let of_role = |role: &Arc<Object>| {
            let account = role.account.clone();
            role.field("instance-profile").into_iter().map(move |arn| (arn, account.clone()))
        };
        let mut profiles: Vec<(Arc<str>, Arc<str>)> = self.roles.iter().flat_map(of_role).collect();
        profiles.sort();
        profiles.dedup();
        let object = |(arn, account): &(Arc<str>, Arc<str>)| {
            Arc::new(Object::plain(arn, arn.rsplit('/').next().unwrap_or_default(), account))
        };
        profiles.iter().map(object).collect()
    }

    /// The objects of a kind that an account owns.
    pub fn in_account(&self, kind: &str, account: &str) -> Vec<Arc<Object>> {
        let mut indexed = self.by_account.lock().unwrap_or_else(PoisonError::into_inner);
        let by_account = indexed.entry(kind.to_owned()).or_insert_with(|| {
            let mut by_account: BTreeMap<Arc<str>, Vec<Arc<Object>>> = BTreeMap::new();
            for object in self.of_kind(kind) {
                by_account.entry(object.account.clone()).or_default().push(object);
            }
            by_account
        });
        by_account.get(account).cloned().unwrap_or_default()
    }

    fn things(&self, kind: &str) -> Vec<Arc<Object>> {
        let mut known = self.things.lock().unwrap_or_else(PoisonError::into_inner);
        let made =
            || self.snapshot.inventory().of_kind(kind).iter().map(|t| Arc::new(thing_object(t))).collect();
        known.entry(kind.to_owned()).or_insert_with(made).clone()
    }

    /// Takes note of a field of a known object that no file tells.
    fn note_untold(&self, scene: &Scene<'_>, reference: &Reference) {
        let Some(object) = scene.object(&reference.variable) else { return };
        if object.told
            && !object.fields.contains_key(&reference.field)
            && !OWN_FIELDS.contains(&&*reference.field)
        {
            let mut untold = self.untold.lock().unwrap_or_else(PoisonError::into_inner);
            untold.insert(format!("{} of {}", reference.field, object.arn));
        }
    }

    /// Fields that a step asked for and no file tells.
    pub fn untold(&self) -> Vec<String> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// The kinds of object that some step was looked for with, by account.
    pub fn kinds_asked_for(&self) -> Vec<(String, Arc<str>)> {
        let known = self.things.lock().unwrap_or_else(PoisonError::into_inner);
        let accounts = || self.snapshot.accounts().iter().map(|a| a.id.clone());
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone();
        known
            .keys()
            .filter(|kind| asked.contains(*kind))
            .flat_map(|kind| accounts().map(move |a| (kind.clone(), a)))
            .collect()
    }

    fn principal(&self, arn: &str) -> Option<&PrincipalEntity> {
        self.snapshot.principal(arn)
    }

    /// The policies that a user, role or group holds, and the groups of a user.
    fn held_by(&self, holder: &Object) -> Vec<&Arc<str>> {
        if let Some(principal) = self.principal(&holder.arn) {
            return principal.attached.iter().chain(&principal.groups).collect();
        }
        let groups = self.snapshot.groups().iter().filter(|g| g.arn == holder.arn);
        groups.flat_map(|g| &g.attached).collect()
    }

    fn boundary_of(&self, of: &Object) -> Option<&Arc<str>> {
        self.principal(&of.arn)?.boundary_arn.as_ref()
    }
}

fn principal_object(p: &PrincipalEntity) -> Object {
    let mut object = Object::plain(&p.arn, &p.name, &p.account);
    object.fields.insert("path".to_owned(), vec![p.path.clone()]);
    object.fields.insert("instance-profile".to_owned(), p.instance_profiles.clone());
    object
}

/// An account; its field `management` is the management account of its organization.
fn account_object(id: &Arc<str>, snapshot: &Snapshot) -> Object {
    let mut object = Object::plain(id, id, id);
    let management = snapshot.organization().management_account.iter().cloned().collect();
    object.fields.insert("management".to_owned(), management);
    object
}

fn thing_object(t: &Thing) -> Object {
    let mut object = Object::plain(&t.arn, &t.name, &t.account);
    object.fields.clone_from(&t.fields);
    object.told = true;
    if let Some(region) = &t.region {
        object.fields.insert("region".to_owned(), vec![region.clone()]);
    }
    object
}

fn group_object(g: &Group) -> Object {
    Object::plain(&g.arn, &g.name, &g.account)
}

fn policy_object(p: &ManagedPolicy) -> Object {
    let mut object = Object::plain(&p.arn, &p.name, &p.account);
    let managed_by = if p.is_aws_managed() { "aws" } else { "customer" };
    object.fields.insert("managed-by".to_owned(), vec![managed_by.into()]);
    object
}

/// An instance profile is named by its ARN or by its name.
fn is_profile(arn: &str, wanted: &str) -> bool {
    *arn == *wanted || arn.rsplit('/').next() == Some(wanted)
}
