//! Answers: a verdict and the evidence for it.

use super::Untold;
use gateproof_model::request::ContextValue;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What is the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Some request is allowed; a witness shows it.
    Reachable,
    /// No request is allowed; a proof shows it.
    Impossible,
    /// Neither is shown.
    Undecided,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reachable => "reachable",
            Self::Impossible => "impossible",
            Self::Undecided => "undecided",
        })
    }
}

/// The answer for one principal, or for a whole question.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// What is the case.
    pub verdict: Verdict,
    /// The requests that show it is reachable.
    pub witness: Option<Witness>,
    /// What shows that it is impossible.
    pub proof: Option<ProofSummary>,
    /// What was not collected, and the neutral value that is taken for it. Many callers share the same.
    pub untold: Arc<Vec<Untold>>,
    /// What else the verdict takes for granted, a sentence each.
    pub assumptions: Arc<Vec<String>>,
    /// Why it is undecided.
    pub undecided: Option<Undecided>,
}

/// How the assumption ends that a resource is there which the snapshot doesn't list.
pub(crate) const EXISTS: &str = "exists, or can be created";

impl Answer {
    /// An answer of which nothing is known but the verdict.
    pub(crate) fn bare(verdict: Verdict) -> Self {
        Self {
            verdict,
            witness: None,
            proof: None,
            untold: Arc::default(),
            assumptions: Arc::default(),
            undecided: None,
        }
    }

    /// It rests on more that was not collected.
    pub(crate) fn rest_also_on(&mut self, untold: &Arc<Vec<Untold>>) {
        if Arc::ptr_eq(&self.untold, untold) {
            return;
        }
        for one in untold.iter().filter(|one| !self.untold.contains(one)).cloned().collect::<Vec<_>>() {
            Arc::make_mut(&mut self.untold).push(one);
        }
    }

    /// All that the verdict takes for granted, a sentence each.
    pub fn taken_for_granted(&self) -> impl Iterator<Item = String> {
        self.untold.iter().map(ToString::to_string).chain(self.assumptions.iter().cloned())
    }

    /// The same beside that a resource exists: what an unreadable policy says, say.
    pub fn unknowns(&self) -> impl Iterator<Item = String> {
        self.taken_for_granted().filter(|taken| !taken.ends_with(EXISTS))
    }
}

/// Requests that AWS would allow, each confirmed by the reference evaluator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Witness {
    /// The requests, in order.
    pub steps: Vec<Step>,
    /// AWS CLI commands that make them.
    pub aws_cli: Vec<String>,
    /// Of a chain: whether one of fewer steps is not ruled out, since there were too many to look at. Not printed where it is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub may_be_shorter: bool,
}

impl Witness {
    /// One request, with the command that makes it.
    pub(crate) fn of(step: Step, command: String) -> Self {
        Self { steps: vec![step], aws_cli: vec![command], may_be_shorter: false }
    }
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The ARN of who calls: the user, the role *session*, …; a service principal; or `*`.
    #[serde(rename = "as")]
    pub caller: String,
    /// What the caller's session fixes: keys and values, `None` where a key is absent.
    pub session: BTreeMap<String, Option<String>>,
    /// The shape of the session in words, such as `long-term access key`.
    pub shape: String,
    /// `service:Action`.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// The rest of the request context. External ids are not printed.
    #[serde(serialize_with = "without_external_ids")]
    pub context: BTreeMap<String, ContextText>,
    /// The statements that allow it.
    pub allowed_by: Vec<Evidence>,
    /// The escalation technique, if the step is one.
    pub technique: Option<String>,
    /// What the step gains.
    pub gains: Option<String>,
    /// The call's other authorizations: requests in the same session and the same call, on the other resources
    /// that it names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also_needs: Vec<Step>,
}

impl From<ContextValue> for ContextText {
    fn from(value: ContextValue) -> Self {
        match value {
            ContextValue::Single(text) => Self::One(text),
            ContextValue::List(members) => Self::Many(members),
        }
    }
}

impl From<ContextText> for ContextValue {
    fn from(text: ContextText) -> Self {
        match text {
            ContextText::One(text) => Self::Single(text),
            ContextText::Many(members) => Self::List(members),
        }
    }
}

impl Step {
    /// Whether the request's context holds a value.
    pub(crate) fn names(&self, value: &str) -> bool {
        self.context.values().any(|text| match text {
            ContextText::One(text) => text == value,
            ContextText::Many(texts) => texts.iter().any(|text| text == value),
        })
    }
}

/// What two parties to a role's trust tell nobody else, and so no report either.
///
/// IAM User Guide, "Access to AWS accounts owned by third parties", when to use an external id.
const EXTERNAL_ID: &str = "sts:ExternalId";

/// What stands in its place.
const NOT_PRINTED: &str = "(the external id that the trust policy names)";

fn is_printed(key: &str) -> bool {
    !key.eq_ignore_ascii_case(EXTERNAL_ID)
}

fn without_external_ids<S: Serializer>(
    context: &BTreeMap<String, ContextText>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let instead = ContextText::One(NOT_PRINTED.to_owned());
    serializer.collect_map(context.iter().map(|(key, text)| {
        let printed = is_printed(key);
        (key, if printed { text } else { &instead })
    }))
}

/// A value of a key as people see it: an external id is not printed.
pub(crate) fn shown_value<'v>(key: &str, value: &'v str) -> &'v str {
    if is_printed(key) { value } else { NOT_PRINTED }
}

impl ContextText {
    /// The value of a key as people see it.
    pub fn shown(&self, key: &str) -> String {
        match self {
            _ if !is_printed(key) => NOT_PRINTED.to_owned(),
            Self::One(text) => text.clone(),
            Self::Many(texts) => format!("[{}]", texts.join(", ")),
        }
    }
}

/// The value of a context key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ContextText {
    /// A single value.
    One(String),
    /// The members of a multivalued key.
    Many(Vec<String>),
}

/// A statement, by place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Evidence {
    /// The layer: `identity`, `resource policy`, `SCP level 2`, ….
    pub layer: String,
    /// The policy.
    pub policy: String,
    /// The file, relative to the snapshot.
    pub file: String,
    /// The JSON pointer of the statement in the file.
    pub pointer: String,
    /// The statement's `Sid`.
    pub sid: Option<String>,
}

/// What an *impossible* rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProofSummary {
    /// `unsat` or `invariant`.
    pub method: String,
    /// The encodings that found it so.
    pub encodings: Vec<String>,
    /// The solvers that did.
    pub solvers: Vec<SolverName>,
    /// How many formulas were refuted, each with a proof that the checker accepted. None where no Allow
    /// statement and no policy of a resource could concern the caller: then no formula was needed.
    pub formulas: usize,
    /// How many of them were false as they stood.
    pub folded: usize,
    /// How many of the others the second encoding refuted too.
    pub seconded: usize,
    /// Of how many it could not tell; of the rest it was not asked.
    pub second_unknown: usize,
    /// `all requests`, or `catalogued actions and keys` where only those are covered.
    pub scope: String,
    /// What the reference evaluator says against a request that comes nearest to being allowed: the Denies
    /// that match, or the layers that don't allow it. Filled in where an answer is shown.
    pub blocked_by: Vec<String>,
}

impl ProofSummary {
    /// Takes in the proof of somebody else; both together show both.
    pub(crate) fn absorb(&mut self, one: &Self) {
        self.formulas += one.formulas;
        self.folded += one.folded;
        self.seconded += one.seconded;
        self.second_unknown += one.second_unknown;
        for encoding in &one.encodings {
            if !self.encodings.contains(encoding) {
                self.encodings.push(encoding.clone());
            }
        }
        for solver in &one.solvers {
            if !self.solvers.contains(solver) {
                self.solvers.push(solver.clone());
            }
        }
        if one.scope != ALL_REQUESTS {
            self.scope.clone_from(&one.scope);
        }
    }
}

/// The scope of a proof about whatever request.
pub(crate) const ALL_REQUESTS: &str = "all requests";

/// A solver that took part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SolverName {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Undecided {
    /// The reason.
    pub reason: String,
    /// Where: the policy, the file, the principal.
    #[serde(rename = "where")]
    pub place: String,
}
