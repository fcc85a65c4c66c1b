//! The form of `corpus/escalation/*.yaml`; `corpus/escalation/README.md` describes it.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

/// One file: cases of a family of steps.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CaseFile {
    /// What the cases are about; for the reader.
    #[serde(rename = "about")]
    pub _about: String,
    /// What the worlds of all cases have.
    #[serde(default)]
    pub world: World,
    pub cases: Vec<Case>,
}

/// One way to the target, and by what it is cut off.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Case {
    /// The primitive that the case is about.
    pub technique: String,
    /// Tells several cases of one primitive apart.
    #[serde(default)]
    pub id: String,
    #[serde(default = "alice")]
    pub from: String,
    #[serde(default)]
    pub when: Vec<String>,
    /// The service that `role/victim`, which alone may do what the target is, lets in.
    pub victim: Option<String>,
    #[serde(default)]
    pub world: World,
    /// What the attacker is allowed; every one of them is needed.
    #[serde(default)]
    pub grants: IndexMap<String, Statements>,
    /// Groups of alternatives: of each group, one is needed.
    #[serde(default)]
    pub any: Vec<IndexMap<String, Statements>>,
    /// Grants of `iam:PassRole` and the service, where it is not the victim's.
    #[serde(default)]
    pub pass: IndexMap<String, String>,
    /// Grants, and a resource on which each is of no use.
    #[serde(default)]
    pub elsewhere: IndexMap<String, String>,
    #[serde(default = "ledger")]
    pub target: String,
    /// The techniques of the shortest chain; where not given, the one that the case is about.
    #[serde(default)]
    pub chain: Vec<String>,
    /// Primitives that are left out, since the world offers their way by design.
    #[serde(default)]
    pub except: Vec<String>,
    /// Whether the steps of the chain may come in any order.
    #[serde(default)]
    pub unordered: bool,
    /// Whether the power is another principal's, as it is where there is a victim; otherwise the attacker's own.
    #[serde(default)]
    pub power_of_another: bool,
    /// Variants for which the rule does not hold, and what holds instead.
    #[serde(default)]
    pub differs: IndexMap<String, Expected>,
    /// Variants of its own.
    #[serde(default)]
    pub also: IndexMap<String, Also>,
}

/// A variant that no rule makes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Also {
    /// Grants that are not there.
    #[serde(default)]
    pub without: Vec<String>,
    /// Statements more for the attacker.
    #[serde(default)]
    pub with: Statements,
    /// Added to the world, in place of what has the same name.
    #[serde(default)]
    pub world: World,
    pub from: Option<String>,
    pub when: Option<Vec<String>>,
    pub target: Option<String>,
    pub expect: Expected,
    /// Where the tool is known not to say what AWS does: what that is, and why.
    #[serde(default, rename = "gap")]
    pub _gap: Option<String>,
}

/// What is expected of a variant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Expected {
    /// `reachable`, by the case's chain; `impossible`; `undecided`.
    Verdict(Verdict),
    /// Reachable by another chain.
    Chain(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Reachable,
    Impossible,
    Undecided,
}

/// A small world.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct World {
    pub users: IndexMap<String, Principal>,
    pub roles: IndexMap<String, Principal>,
    pub groups: IndexMap<String, Principal>,
    /// Customer managed policies: their versions, the first in force.
    pub policies: IndexMap<String, Vec<Statements>>,
    /// Outputs of the AWS CLI: `SERVICE OPERATION` or `SERVICE OPERATION ARGUMENT`.
    pub inventory: IndexMap<String, Value>,
    /// Policies of resources, by ARN.
    pub resource_policies: IndexMap<String, Statements>,
    /// Service control policies, by account.
    pub controls: IndexMap<String, Controls>,
    /// The partition that ARNs written as of `aws` are of.
    pub partition: Option<String>,
}

/// A user, role or group.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Principal {
    /// Inline policies, one a statement.
    pub may: Statements,
    pub attached: Vec<String>,
    pub groups: Vec<String>,
    pub boundary: Option<String>,
    /// Of a role: whom it lets in.
    pub trust: Statements,
    pub tags: IndexMap<String, String>,
    /// Of a role: the instance profiles that it is in.
    pub profiles: Vec<String>,
}

/// The service control policies of one account.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Controls {
    /// In place of `FullAWSAccess`.
    pub instead: Option<Statements>,
    /// Beside it.
    pub beside: Statements,
}

/// A statement, in short or as AWS writes it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Statement {
    Short(String),
    Whole(serde_json::Map<String, Value>),
}

/// One statement or several.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(from = "OneOrMany")]
pub struct Statements(pub Vec<Statement>);

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<Statement>),
    One(Statement),
}

impl From<OneOrMany> for Statements {
    fn from(given: OneOrMany) -> Self {
        match given {
            OneOrMany::One(one) => Self(vec![one]),
            OneOrMany::Many(many) => Self(many),
        }
    }
}

fn alice() -> String {
    "user/alice".to_owned()
}

/// What nobody but the victim is allowed.
fn ledger() -> String {
    "dynamodb:DeleteTable on :dynamodb:table/ledger".to_owned()
}

impl World {
    /// Takes over all of another world, in place of what has the same name.
    pub fn take(&mut self, other: &Self) {
        let more = other.clone();
        self.users.extend(more.users);
        self.roles.extend(more.roles);
        self.groups.extend(more.groups);
        self.policies.extend(more.policies);
        self.inventory.extend(more.inventory);
        self.resource_policies.extend(more.resource_policies);
        self.controls.extend(more.controls);
        self.partition = more.partition.or(self.partition.take());
    }

    /// A text with the world's partition in its ARNs.
    pub fn placed(&self, text: &str) -> String {
        let partition = self.partition.as_deref().unwrap_or("aws");
        text.replace("arn:aws:", &format!("arn:{partition}:"))
    }

    /// A user or role by `user/NAME`, `role/NAME` or an account's letter before it.
    pub fn principal(&mut self, selector: &str) -> Option<&mut Principal> {
        let (account, rest) = selector.split_once(':').map_or(("", selector), |(a, r)| (a, r));
        let (kind, name) = rest.split_once('/')?;
        let name = if account.is_empty() { name.to_owned() } else { format!("{account}:{name}") };
        match kind {
            "user" => self.users.get_mut(&name),
            "role" => self.roles.get_mut(&name),
            _ => None,
        }
    }
}
