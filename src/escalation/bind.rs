//! The objects of a step's variables: which there are, and what their fields say.

use super::among::Among;
use super::attachable::OfAws;
use super::by_arn::Index;
use super::conditions::has_condition_on;
use super::policies::GRANT_OPERATIONS;
use super::sorts::Sorts;
use super::stock::{PROFILE, Stock};
use crate::ask::{BOUNDARY, NewName};
use gateproof_encodings::primitive::{Binding, Primitive, Reference, Template, TemplatePart};
use gateproof_model::account::{PrincipalEntity, PrincipalEntityKind};
use gateproof_model::inventory::Inventory;
use gateproof_model::snapshot::Snapshot;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

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
    /// What it stands for, if for more than itself.
    pub members: Option<Among>,
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
            members: None,
        }
    }

    pub fn field_is(&self, name: &str, value: &str) -> bool {
        self.field(name).iter().any(|have| **have == *value)
    }

    /// Whether no file tells a field.
    pub fn lacks(&self, field: &str) -> bool {
        self.told && !self.fields.contains_key(field) && !OWN_FIELDS.contains(&field)
    }

    pub fn field(&self, name: &str) -> &[Arc<str>] {
        match name {
            "arn" => std::slice::from_ref(&self.arn),
            "name" => std::slice::from_ref(&self.name),
            "account" => std::slice::from_ref(&self.account),
            _ => self.fields.get(name).map_or(&[], Vec::as_slice),
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
            Some(object) => object.field(&reference.field).to_vec(),
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

/// Objects, shared by all who look at them.
pub(super) type List = Arc<Vec<Arc<Object>>>;
pub(super) type ByAccount = BTreeMap<Arc<str>, List>;

/// Where the objects of a variable are looked for.
pub(super) enum Near {
    /// Among all of its kind.
    All,
    /// Among those of the caller's account.
    Own,
    /// Among these.
    These(Vec<Arc<Object>>),
}

/// The objects of a snapshot, by kind, as one search looks at them.
pub(super) struct Objects<'a> {
    snapshot: &'a Snapshot,
    stock: Arc<Stock>,
    /// Of the inventory, by kind: those that were looked at.
    things: Mutex<BTreeMap<String, List>>,
    /// Fields that a step asked for and no file tells.
    untold: Mutex<BTreeSet<String>>,
    /// The kinds of object that some step was looked for with.
    asked: Mutex<BTreeSet<String>>,
}

impl<'a> Objects<'a> {
    /// From a stock of the same snapshot.
    pub fn among(snapshot: &'a Snapshot, stock: Arc<Stock>) -> Self {
        let (things, untold, asked) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { snapshot, stock, things, untold, asked }
    }

    /// With an object for all new principals of each kind, behind the known ones.
    pub fn with_unnamed(snapshot: &'a Snapshot, sorts: &Sorts) -> Self {
        let mut stock = Stock::of(snapshot);
        for object in sorts.kinds().map(|kind| Arc::new(Object::unnamed(kind))) {
            let list = if object.arn.ends_with(":role/*") { &mut stock.roles } else { &mut stock.users };
            Arc::make_mut(list).push(object);
        }
        Self::among(snapshot, Arc::new(stock))
    }

    /// AWS's managed policies, as attachable as each other.
    pub fn of_aws(&self) -> &OfAws {
        &self.stock.of_aws
    }

    /// Whether some policy's condition is about the boundaries that users and roles have.
    pub fn names_boundaries(&self) -> bool {
        *self.stock.names_boundaries.get_or_init(|| has_condition_on(self.snapshot, BOUNDARY))
    }

    /// The list, as it is kept already if it is.
    pub fn kept(&self, members: Vec<Arc<str>>) -> Among {
        let mut kept = self.stock.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let members = Among::from(members);
        kept.get(&members).cloned().unwrap_or_else(|| {
            kept.insert(members.clone());
            members
        })
    }

    /// The objects that a variable may be bound to and that suit; `near`: among these.
    pub fn candidates(
        &self,
        scene: &Scene<'_>,
        binding: &Binding,
        near: Near,
        suits: impl Fn(&Arc<Object>) -> bool,
    ) -> Vec<Arc<Object>> {
        for reference in binding.is.iter().chain(&binding.profile) {
            self.note_untold(scene, reference);
        }
        self.note_asked(&binding.kind);
        self.fitting(scene, binding, near, suits)
    }

    /// Whether there is nothing of a kind of which pipelines tell.
    pub fn has_none(&self, kind: &str) -> bool {
        let none = Inventory::told_by(kind).is_some() && self.of_kind(kind).is_empty();
        if none {
            self.note_asked(kind);
        }
        none
    }

    /// The same, where the variable is not bound yet: nothing is asked for by it.
    pub fn fitting(
        &self,
        scene: &Scene<'_>,
        binding: &Binding,
        near: Near,
        suits: impl Fn(&Arc<Object>) -> bool,
    ) -> Vec<Arc<Object>> {
        let accounts = binding.account.as_ref().map(|t| scene.globs(t));
        let is = binding.is.as_ref().map(|r| scene.values(r));
        let profile = binding.profile.as_ref().map(|r| scene.values(r));
        let fits = |object: &Arc<Object>| {
            let in_account = accounts.as_ref().is_none_or(|ids| ids.iter().any(|id| *id == *object.account));
            let same = is.as_ref().is_none_or(|arns| arns.contains(&object.arn));
            let fields = binding.fields.iter().all(|(f, v)| object.field(f).iter().any(|have| **have == **v));
            let profiled = profile.as_ref().is_none_or(|wanted| {
                object.field(PROFILE).iter().any(|have| wanted.iter().any(|w| is_profile(have, w)))
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
        let in_profile = profile.as_ref().map(|wanted| self.roles_of(wanted));
        let named: Option<Vec<&Arc<str>>> = match (&is, &held, boundary, &in_profile) {
            (Some(arns), ..) => Some(arns.iter().collect()),
            (None, Some(held), ..) => Some(held.clone()),
            (None, None, Some(boundary), _) => Some(boundary.into_iter().collect()),
            (None, None, None, in_profile) => in_profile.clone(),
        };
        let listed = match (near, accounts.as_deref()) {
            _ if let Some(named) = named => Arc::new(self.by_arn(&binding.kind).named(named)),
            (Near::These(objects), _) => Arc::new(objects),
            (Near::Own, _) => self.in_account(&binding.kind, &scene.me.account),
            (Near::All, Some([account])) => self.in_account(&binding.kind, account),
            (Near::All, _) => self.of_kind(&binding.kind),
        };
        listed.iter().filter(|object| fits(object) && related(object) && suits(object)).cloned().collect()
    }

    /// The same by their ARNs.
    pub fn by_arn(&self, kind: &str) -> Arc<Index> {
        let of_kind = self.of_kind(kind);
        let mut indices = self.stock.by_arn.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || Arc::new(Index::of(&of_kind));
        match indices.get(kind) {
            Some(index) => index.clone(),
            None => indices.entry(kind.to_owned()).or_insert_with(made).clone(),
        }
    }

    /// The objects of a kind, of whatever account.
    pub fn of_kind(&self, kind: &str) -> List {
        match kind {
            "iam.role" => self.stock.roles.clone(),
            "iam.user" => self.stock.users.clone(),
            "iam.group" => self.stock.groups.clone(),
            "iam.policy" => self.stock.policies.clone(),
            "iam.principal" => self.stock.principals.get_or_init(|| self.users_and_roles()).clone(),
            "iam.root" => self.stock.roots.get_or_init(|| Arc::new(self.root_users())).clone(),
            "iam.instance-profile" => {
                self.stock.profiles.get_or_init(|| Arc::new(self.instance_profiles())).clone()
            }
            "kms.operation" => self.stock.operations.get_or_init(|| Arc::new(self.operations())).clone(),
            "account" => self.stock.accounts.clone(),
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
        all.members = Some(operations.to_vec().into());
        vec![Arc::new(all)]
    }

    fn users_and_roles(&self) -> List {
        Arc::new(self.stock.users.iter().chain(self.stock.roles.iter()).cloned().collect())
    }

    fn root_users(&self) -> Vec<Arc<Object>> {
        let principals = self.snapshot.principals().iter();
        let root = principals.filter(|p| p.kind == PrincipalEntityKind::Root);
        root.map(|p| Arc::new(Object::plain(&p.arn, &p.name, &p.account))).collect()
    }

    /// The instance profiles that some role is in; the others give nothing.
    fn instance_profiles(&self) -> Vec<Arc<Object>> {
        let mut profiles: Vec<(Arc<str>, Arc<str>)> = Vec::new();
        for role in self.stock.roles.iter() {
            let named = role.field(PROFILE).iter();
            profiles.extend(named.map(|arn| (arn.clone(), role.account.clone())));
        }
        profiles.sort();
        profiles.dedup();
        let object = |(arn, account): &(Arc<str>, Arc<str>)| {
            Arc::new(Object::plain(arn, arn.rsplit('/').next().unwrap_or_default(), account))
        };
        profiles.iter().map(object).collect()
    }

    /// The roles that are in some instance profiles, which are named by their ARNs or by their names.
    fn roles_of(&self, profiles: &[Arc<str>]) -> Vec<&Arc<str>> {
        let by_profile = self.stock.by_profile.get_or_init(|| {
            let mut by_profile: FxHashMap<Arc<str>, Vec<Arc<str>>> = FxHashMap::default();
            for role in self.stock.roles.iter() {
                for arn in role.field(PROFILE) {
                    let name = arn.rsplit('/').next().filter(|name| *name != &**arn).map(Arc::from);
                    for named in [arn.clone()].into_iter().chain(name) {
                        by_profile.entry(named).or_default().push(role.arn.clone());
                    }
                }
            }
            by_profile
        });
        profiles.iter().filter_map(|profile| by_profile.get(profile)).flatten().collect()
    }

    /// The objects of a kind that an account owns.
    pub fn in_account(&self, kind: &str, account: &str) -> List {
        let of_kind = self.of_kind(kind);
        let mut indexed = self.stock.by_account.lock().unwrap_or_else(PoisonError::into_inner);
        let by_account = indexed.entry(kind.to_owned()).or_insert_with(|| {
            let mut by_account: BTreeMap<Arc<str>, Vec<Arc<Object>>> = BTreeMap::new();
            for object in of_kind.iter() {
                by_account.entry(object.account.clone()).or_default().push(object.clone());
            }
            by_account.into_iter().map(|(account, objects)| (account, Arc::new(objects))).collect()
        });
        by_account.get(account).cloned().unwrap_or_default()
    }

    fn things(&self, kind: &str) -> List {
        let mut known = self.things.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(kind) {
            Some(things) => things.clone(),
            None => known.entry(kind.to_owned()).or_insert(self.stock.things(kind, self.snapshot)).clone(),
        }
    }

    /// Takes note of a kind of object that a step is looked for with, and of the one by which it is told.
    fn note_asked(&self, kind: &str) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if !asked.contains(kind) {
            asked.insert(kind.to_owned());
            asked.extend(Inventory::told_by(kind).map(str::to_owned));
        }
        drop(asked);
        if let Some(kind) = Inventory::told_by(kind) {
            self.things(kind);
        }
    }

    /// Takes note of a field of a known object that no file tells.
    pub fn note_untold(&self, scene: &Scene<'_>, reference: &Reference) {
        let Some(object) = scene.object(&reference.variable) else { return };
        if object.lacks(&reference.field) {
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

/// An instance profile is named by its ARN or by its name.
fn is_profile(arn: &str, wanted: &str) -> bool {
    *arn == *wanted || arn.rsplit('/').next() == Some(wanted)
}
