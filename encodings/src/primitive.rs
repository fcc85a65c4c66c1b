//! Attack steps as data: what a step is bound to, what it needs, and what it gives.
//!
//! One file is one *atom*: paths are found by the search. The format is `docs/primitives-format.md`; the files of
//! `encodings/primitives` are embedded.

mod check;
mod load;
mod need;
mod one_call;
mod reference;
mod required;

pub use load::{PrimitiveError, embedded, parse_primitive};
pub use reference::{Reference, Template, TemplatePart};
pub use required::Required;

use indexmap::IndexMap;
use serde::Deserialize;

/// One attack step.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Primitive {
    /// Its id, `service.what-it-does`; the file's name.
    pub id: String,
    /// Counts changes of its meaning.
    pub version: u32,
    /// What the attacker does, in a few words.
    pub title: String,
    /// Where the technique is described: `CATALOGUE:ID`.
    #[serde(default)]
    pub refs: Vec<String>,
    /// Whether it is used.
    #[serde(default)]
    pub status: Status,
    /// The objects that the step is about, each bound to one of the snapshot (or to a new one), in order: later ones
    /// may name earlier ones. `me` is always bound: the principal whose session makes the calls.
    #[serde(default)]
    pub bind: IndexMap<String, Binding>,
    /// Calls that must be allowed; all of them.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// Facts that the attacker must have, all of them, whoever of its principals made them.
    #[serde(default)]
    pub facts: Vec<Required>,
    /// State that a snapshot can't tell, a sentence each; taken to favour the attacker, and listed.
    #[serde(default)]
    pub state: Vec<String>,
    /// Events that the attacker waits for, a sentence each; taken to happen, and listed.
    #[serde(default)]
    pub external: Vec<String>,
    /// What the attacker has afterwards; all of it.
    pub effects: Vec<Effect>,
    /// The calls of the step, in order, for the reader to try.
    #[serde(default)]
    pub witness: Vec<Call>,
}

/// Whether a primitive is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It is.
    #[default]
    Active,
    /// It is; the service takes no new customers.
    Legacy,
    /// It is not: the service has ended.
    Eol,
}

/// What a variable is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Binding {
    /// `iam.user`, `iam.role`, `iam.principal` (either), `iam.root` (the root user of an account), `iam.group`, `iam.policy` (a managed one),
    /// `iam.instance-profile`, `fresh` (a new resource, which the attacker names), `account`, `kms.operation` (one that a KMS grant can be for), or a kind of
    /// `inventory/*.yaml` such as `lambda.function`.
    pub kind: String,
    /// Of `fresh`: the ARN. `${partition}` and `${account}` are those of the calling session, every other `${…}` is
    /// the attacker's choice.
    pub arn: Option<Template>,
    /// Of `fresh`: whether it may as well be one that exists.
    #[serde(default)]
    pub existing: bool,
    /// The account that the object is of; without it, any.
    pub account: Option<Template>,
    /// Of a role: the service principals that may be let in by its trust policy, one of them. Stands for the need that the
    /// service may assume it.
    #[serde(default)]
    pub trusts: OneOrMany,
    /// Of a role with `trusts`: what the service acts for (`aws:SourceArn`, or no such key).
    pub source: Option<Reference>,
    /// The object whose ARN this is.
    pub is: Option<Reference>,
    /// Of a role: the instance profile, by ARN or name, that it is in.
    pub profile: Option<Reference>,
    /// Of a policy: the user, role or group that it is attached to. Of a group: the user that is its member.
    pub of: Option<Reference>,
    /// Of a policy: the principal whose permissions boundary it is.
    pub boundary_of: Option<Reference>,
    /// Fields of the object and the value that each must have.
    #[serde(default, rename = "where")]
    pub fields: IndexMap<String, String>,
}

/// A text or a list of texts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(from = "TextOrTexts")]
pub struct OneOrMany(pub Vec<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum TextOrTexts {
    Text(String),
    Texts(Vec<String>),
}

impl From<TextOrTexts> for OneOrMany {
    fn from(given: TextOrTexts) -> Self {
        match given {
            TextOrTexts::Text(text) => Self(vec![text]),
            TextOrTexts::Texts(texts) => Self(texts),
        }
    }
}

/// What must be allowed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "need::WrittenNeed")]
pub enum Need {
    /// One call.
    Call(Authorization),
    /// One of these.
    Any(AnyOf),
    /// All of these.
    All(AllOf),
}

/// One of several needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnyOf {
    /// The needs.
    pub any: Vec<Need>,
}

/// All of several needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllOf {
    /// The needs.
    pub all: Vec<Need>,
}

/// A call that must be allowed, or an authorization that is part of one ([`Primitive::of_one_call`]). Calls of a step may be made in
/// different sessions of the caller; what they have in common are the objects bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// `service:Action`.
    pub action: String,
    /// On what. Without it: whatever the action is checked against, `*` where it has no resource level.
    pub resource: Option<Template>,
    /// Context keys that the step fixes; every other key is the caller's choice or what session and resource make it.
    pub context: IndexMap<String, ContextDemand>,
    /// Who calls (`as`): `$me` (the default), or a service principal.
    pub caller: Option<String>,
    /// The calls of the step that it is asked for with; none: the first, where it is a permission and no call.
    pub part_of: Vec<String>,
}

/// What a context key must be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "need::WrittenDemand")]
pub struct ContextDemand {
    /// One of these values. The word `absent` stands for no such key, `present` for any value.
    pub values: Vec<Template>,
    /// Whether it must be none of them instead (`not`): another value, or no such key.
    pub none_of: bool,
}

impl ContextDemand {
    /// One of some values.
    pub fn one_of(values: Vec<Template>) -> Self {
        Self { values, none_of: false }
    }
}

/// What the attacker has afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Effect {
    /// A session of a principal.
    Control(Control),
    /// A new user or role, the trust policy of a role being of the attacker's wording. Other effects say what it is given, and
    /// whether a boundary binds it.
    NewPrincipal(Of),
    /// Identity policies of the attacker's own wording on a user, role or group; what inline Denies it has can go.
    WriteIdentity(Of),
    /// One more identity policy of the attacker's own wording on a user, role or group; what it has stays.
    AddIdentity(Of),
    /// A managed policy attached to a user, role or group.
    Attach(Attach),
    /// A user made a member of a group.
    Join(Join),
    /// The text of a customer managed policy, wherever it is attached or is a boundary.
    WritePolicy(Of),
    /// Any existing version of a customer managed policy in force.
    SetVersion(Of),
    /// A managed policy detached, or (without `policy`) inline policies deleted: their Denies are gone.
    DropPolicy(DropPolicy),
    /// A user no longer a member of a group: the Denies of the group's policies are gone.
    Leave(Join),
    /// A principal without permissions boundary.
    DropBoundary(Of),
    /// A principal with another managed policy as permissions boundary.
    SetBoundary(Attach),
    /// The trust policy of a role.
    WriteTrust(Of),
    /// The policy of a resource.
    WriteResourcePolicy(Of),
    /// A KMS grant to the calling principal.
    Grant(Grant),
    /// The tags of a principal.
    TagPrincipal(Of),
    /// The tags of sessions of a role, beside the role's own.
    TagSession(Of),
    /// An MFA device of the attacker's on a user.
    EnrolDevice(Of),
    /// An account without service and resource control policies.
    LiftControls(Of),
    /// The content of a secret, parameter or object known.
    Read(Of),
    /// The content of an object, image, repository or parameter chosen.
    Write(Of),
    /// A gate of a pipeline passed.
    Satisfy(Of),
}

/// A session of a principal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Control {
    /// Whose.
    pub principal: Reference,
    /// How it is held.
    pub via: Via,
    /// The service principal that hands out or uses the session.
    pub service: Option<String>,
    /// Of a session of a root user: the task that it is for, as AWS's policy for it is called.
    pub task: Option<String>,
}

/// How a session is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// `sts:AssumeRole` and its kin: credentials of a role session.
    Assume,
    /// `sts:AssumeRoot`: credentials of a root user that are good for one task.
    Root,
    /// A long-term access key.
    Key,
    /// A console password.
    Console,
    /// Code of the attacker's choice runs where a service hands it the role's credentials.
    Code,
    /// A service makes API calls of the attacker's choice as the role; no credentials are seen, and no answers.
    Api,
}

/// An effect on one object.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Of {
    /// The object.
    pub of: Reference,
}

/// A grant of a KMS key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Grant {
    /// The key.
    pub of: Reference,
    /// The operations that it is for.
    pub operations: Reference,
}

/// A managed policy for a principal or group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Attach {
    /// The policy.
    pub policy: Reference,
    /// The principal or group.
    pub to: Reference,
}

/// A membership.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Join {
    /// The user.
    pub user: Reference,
    /// The group.
    pub group: Reference,
}

/// A policy that no longer applies.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DropPolicy {
    /// Of whom.
    pub of: Reference,
    /// The managed policy; without it, the inline policies.
    pub policy: Option<Reference>,
}

/// One AWS API call, for the reader.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Call {
    /// `service:Operation`, the service as IAM spells it.
    pub api: String,
    /// Its parameters: texts are templates, `$payload` stands for what the attacker writes.
    #[serde(default)]
    pub params: IndexMap<String, serde_json::Value>,
    /// Whether the step works without it.
    #[serde(default)]
    pub optional: bool,
}

impl Primitive {
    /// The calls of its needs, those of all alternatives.
    pub fn calls(&self) -> impl Iterator<Item = &Authorization> {
        self.needs.iter().flat_map(Need::calls)
    }

    /// Whether a variable is a managed policy that the step gives to somebody: attached, as boundary, or as a boundary that is taken
    /// off or swapped within the step.
    pub fn gives_policy(&self, variable: &str) -> bool {
        let attached =
            |effect: &Effect| matches!(effect, Effect::Attach(given) if given.policy.variable == variable);
        self.effects.iter().any(attached)
            || self.sets_boundary(variable)
            || self.needs.iter().any(|need| need.bounds_by(variable))
    }

    /// Whether a variable is a user or role that the step makes.
    pub fn makes_principal(&self, variable: &str) -> bool {
        self.effects.iter().any(|e| matches!(e, Effect::NewPrincipal(made) if made.of.variable == variable))
    }

    /// Whether a variable is the boundary that the step leaves somebody with.
    pub fn sets_boundary(&self, variable: &str) -> bool {
        let mut effects = self.effects.iter();
        effects.any(|e| matches!(e, Effect::SetBoundary(given) if given.policy.variable == variable))
    }
}

impl Authorization {
    /// The context key that must be the ARN of a variable's object and nothing else, in lower case.
    pub fn key_naming(&self, variable: &str) -> Option<String> {
        let is_arn = |template: &Template| match template.parts.as_slice() {
            [TemplatePart::Field(field)] => field.variable == variable && field.field == "arn",
            _ => false,
        };
        let only = |demand: &ContextDemand| {
            !demand.none_of && demand.values.len() == 1 && demand.values.iter().all(is_arn)
        };
        self.context.iter().find(|(_, demand)| only(demand)).map(|(key, _)| key.to_ascii_lowercase())
    }
}

impl Need {
    fn calls(&self) -> Vec<&Authorization> {
        match self {
            Self::Call(call) => vec![call],
            Self::Any(any) => any.any.iter().flat_map(Self::calls).collect(),
            Self::All(all) => all.all.iter().flat_map(Self::calls).collect(),
        }
    }

    /// Whether a call names a variable's policy as a permissions boundary.
    fn bounds_by(&self, variable: &str) -> bool {
        match self {
            Self::Call(call) => call.context.iter().any(|(key, demand)| {
                let named =
                    demand.values.iter().flat_map(Template::references).any(|r| r.variable == variable);
                named && key.eq_ignore_ascii_case("iam:PermissionsBoundary")
            }),
            Self::Any(any) => any.any.iter().any(|need| need.bounds_by(variable)),
            Self::All(all) => all.all.iter().any(|need| need.bounds_by(variable)),
        }
    }
}

impl Binding {
    /// The variables that it names.
    pub fn references(&self) -> Vec<&Reference> {
        let templates = [&self.arn, &self.account].into_iter().flatten().flat_map(Template::references);
        let Self { source, is, profile, of, boundary_of, .. } = self;
        templates.chain([source, is, profile, of, boundary_of].into_iter().flatten()).collect()
    }
}

impl Effect {
    /// The variables that it names.
    pub fn references(&self) -> Vec<&Reference> {
        match self {
            Effect::Control(control) => vec![&control.principal],
            Effect::Attach(attach) | Effect::SetBoundary(attach) => vec![&attach.policy, &attach.to],
            Effect::Join(join) | Effect::Leave(join) => vec![&join.user, &join.group],
            Effect::Grant(grant) => vec![&grant.of, &grant.operations],
            Effect::DropPolicy(drop) => drop.policy.iter().chain([&drop.of]).collect(),
            Effect::NewPrincipal(of)
            | Effect::WriteIdentity(of)
            | Effect::AddIdentity(of)
            | Effect::WritePolicy(of)
            | Effect::SetVersion(of)
            | Effect::DropBoundary(of)
            | Effect::WriteTrust(of)
            | Effect::WriteResourcePolicy(of)
            | Effect::TagPrincipal(of)
            | Effect::TagSession(of)
            | Effect::EnrolDevice(of)
            | Effect::LiftControls(of)
            | Effect::Read(of)
            | Effect::Write(of)
            | Effect::Satisfy(of) => vec![&of.of],
        }
    }
}
