//! What is to be reached, and what a session must be able to do so that it is.

use super::administrator::over_everything;
use super::anyone::{account_of, may_assume};
use super::fact::{Fact, Held, Session};
use super::reading::{Reading, is_plain_reading};
use super::session::Holder;
use crate::ask::{AskError, Bond, CallerEntity, Environments, Estate, Settings, glob_matches};
use crate::question::{Quantifier, Requests, Selector};
use gateproof_encodings::primitive::Primitive;
use gateproof_model::arn::Arn;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// What is to be reached.
#[derive(Debug, Clone)]
pub enum Target {
    /// Some request of these, allowed in whatever session.
    Access(Requests),
    /// A session of one of these principals.
    Controls(Vec<Selector>),
    /// Administrative access to one of these accounts.
    Administers(Vec<Selector>),
    /// The content of secrets, parameters or objects of one of these ARNs (globs).
    Reads(Vec<String>),
    /// Any of several.
    AnyOf(Vec<Target>),
}

impl Target {
    /// The targets that are not made of others.
    pub fn each(&self) -> Vec<&Self> {
        match self {
            Self::AnyOf(several) => several.iter().flat_map(Self::each).collect(),
            one => vec![one],
        }
    }
}

impl Target {
    /// The same, selectors that speak of pipelines as the principals that they stand for.
    ///
    /// # Errors
    /// As [`Estate::without_pipelines`].
    pub fn without_pipelines(&self, estate: &Estate, settings: &Settings) -> Result<Self, AskError> {
        Ok(match self {
            Self::Controls(selectors) => Self::Controls(estate.without_pipelines(selectors, settings)?),
            Self::AnyOf(several) => {
                let named = several.iter().map(|one| one.without_pipelines(estate, settings));
                Self::AnyOf(named.collect::<Result<_, _>>()?)
            }
            other => other.clone(),
        })
    }
}

/// As the command line has it.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = |selectors: &[Selector]| selectors.iter().map(ToString::to_string).collect::<Vec<_>>();
        let listed = match self {
            Self::Access(r) => vec![
                ("action", r.actions.clone()),
                ("resource", r.resources.clone()),
                ("access", r.access.iter().map(|l| l.name().to_owned()).collect()),
                ("in", texts(&r.within)),
            ],
            Self::Controls(selectors) => vec![("controls", texts(selectors))],
            Self::Administers(accounts) => vec![("administrator", texts(accounts))],
            Self::Reads(globs) => vec![("reads", globs.clone())],
            Self::AnyOf(several) => {
                let words: Vec<String> = several.iter().map(ToString::to_string).collect();
                return f.write_str(&words.join(" "));
            }
        };
        let listed = listed.iter().flat_map(|(flag, values)| values.iter().map(move |v| (flag, v)));
        let words: Vec<String> = listed.map(|(flag, value)| format!("--{flag} {value}")).collect();
        f.write_str(&words.join(" "))
    }
}

/// Targets, any of which is enough.
#[derive(Debug, Clone)]
pub(crate) struct Goal {
    pub aims: Vec<Aim>,
}

/// One target, in terms of the estate.
#[derive(Debug, Clone)]
pub(crate) struct Aim {
    /// The target as the command line has it.
    pub words: String,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Access(Requests),
    Controls(BTreeSet<Arc<str>>),
    /// Accounts.
    Administers(BTreeSet<Arc<str>>),
    Reads(Reading),
}

/// One way in which a session meets a target.
#[derive(Debug, Clone, Default)]
pub(crate) struct Way<'h> {
    /// What must be allowed, all of it; nothing: the session itself is the target.
    pub asks: Vec<Asked<'h>>,
    /// How that hangs together; `None`: each is a call by itself.
    pub bond: Option<Bond>,
    /// What it takes for granted beside.
    pub granted: Vec<String>,
    pub gains: Gains,
}

/// What the attacker has when a target is met.
#[derive(Debug, Clone, Default)]
pub(crate) enum Gains {
    /// What the requests say.
    #[default]
    Requests,
    /// The content of what the first request is about.
    Content,
    /// Administrative access to an account.
    Administration(Arc<str>),
}

/// A question about a session.
#[derive(Debug, Clone)]
pub(crate) struct Asked<'h> {
    pub entity: Cow<'h, CallerEntity>,
    pub requests: Requests,
    /// What of the session is asked about, where it is not all that it may do.
    pub part: &'static str,
}

impl Goal {
    pub fn of(target: &Target, estate: &Estate, environments: &Environments) -> Result<Self, AskError> {
        let aims = target.each().into_iter().map(|one| {
            let what = match one {
                Target::Access(requests) => What::Access(requests.clone()),
                Target::Controls(selectors) => {
                    let callers = estate.select(selectors, environments)?;
                    What::Controls(callers.into_iter().map(|c| c.id).collect())
                }
                Target::Administers(accounts) => {
                    What::Administers(accounts_of(accounts, estate, environments)?)
                }
                Target::Reads(globs) => What::Reads(Reading::of(globs, estate)?),
                Target::AnyOf(_) => What::Controls(BTreeSet::new()),
            };
            Ok(Aim { words: one.to_string(), what })
        });
        Ok(Self { aims: aims.collect::<Result<_, AskError>>()? })
    }

    /// Some request of these, whoever makes it.
    pub fn access(requests: Requests) -> Self {
        let words = Target::Access(requests.clone()).to_string();
        Self { aims: vec![Aim { words, what: What::Access(requests) }] }
    }

    /// A session of one of these principals.
    pub fn session_of(principals: BTreeSet<Arc<str>>) -> Self {
        Self { aims: vec![Aim { words: String::new(), what: What::Controls(principals) }] }
    }

    /// The requests that are asked about, where the target is nothing else; `None`: it depends on the session.
    pub fn requests(&self) -> Option<Vec<&Requests>> {
        let mut found = Vec::new();
        for aim in &self.aims {
            match &aim.what {
                What::Access(requests) => found.push(requests),
                What::Controls(_) => {}
                What::Administers(_) | What::Reads(_) => return None,
            }
        }
        Some(found)
    }

    /// Whether sessions meet it together that no policy tells apart.
    pub fn is_alike_for_twins(&self) -> bool {
        !self.is_some_session()
    }

    /// Refuses questions that name nothing.
    pub fn check(&self, estate: &Estate, settings: &Settings) -> Result<(), AskError> {
        for aim in &self.aims {
            if let What::Access(requests) = &aim.what {
                estate.prepare(requests, Quantifier::Some, settings)?;
            }
        }
        Ok(())
    }

    /// The target that a fact by itself meets.
    pub fn met_by(&self, fact: &Fact) -> Option<&Aim> {
        let Fact::Reads(of) = fact else { return None };
        self.aims.iter().find(|aim| match &aim.what {
            What::Reads(reading) => reading.globs.iter().any(|glob| glob_matches(glob, of)),
            _ => false,
        })
    }

    /// Whether a session is the target itself.
    pub fn is_session(&self, session: &Session) -> bool {
        self.aims.iter().any(|aim| match &aim.what {
            What::Controls(principals) => is_one_of(principals, &session.principal, &session.held),
            _ => false,
        })
    }

    /// Whether a session may meet it: of those that only are the target themselves, no other does.
    pub fn may_be_met_in(&self, session: &Session) -> bool {
        self.is_session(session) || self.aims.iter().any(|aim| !matches!(aim.what, What::Controls(_)))
    }

    /// Whether a principal's session may be the target itself.
    pub fn is_principal(&self, principal: &str) -> bool {
        self.aims.iter().any(|aim| matches!(&aim.what, What::Controls(some) if some.contains(principal)))
    }

    /// Whether a session may be the target itself.
    pub fn is_some_session(&self) -> bool {
        self.aims.iter().any(|aim| matches!(aim.what, What::Controls(_)))
    }

    /// The kinds of step that are looked at on the way. What is read by plain calls is asked about as such, with the key
    /// that must decrypt: the steps that stand for these calls say no more.
    pub fn relevant<'p>(&self, primitives: &'p [Primitive]) -> Cow<'p, [Primitive]> {
        match self.reads() {
            true => primitives.iter().filter(|p| !is_plain_reading(p)).cloned().collect(),
            false => primitives.into(),
        }
    }

    /// Whether a step may meet it by itself: a round ends then, so that what it adds depends on the goal.
    pub fn may_end_rounds(&self) -> bool {
        self.aims.iter().any(|aim| matches!(aim.what, What::Controls(_) | What::Reads(_)))
    }

    /// Whether it is met by what is read.
    fn reads(&self) -> bool {
        self.aims.iter().any(|aim| matches!(aim.what, What::Reads(_)))
    }

    /// The kinds of object of the inventory that targets are told by.
    pub fn kinds(&self) -> BTreeSet<&'static str> {
        let of = |aim: &Aim| {
            if let What::Reads(reading) = &aim.what { reading.kinds.clone() } else { BTreeSet::new() }
        };
        self.aims.iter().flat_map(of).collect()
    }
}

/// Whether a session is one of some principals'. A root session is good for one task; whoever is in an account may be each of them.
fn is_one_of(principals: &BTreeSet<Arc<str>>, principal: &str, held: &Held) -> bool {
    match held {
        Held::Root(_) => false,
        Held::Anyone => {
            let account = Arn::parse(principal).map(|arn| arn.account).unwrap_or_default();
            principals.iter().any(|one| account_of(one) == Some(account))
        }
        _ => principals.contains(principal),
    }
}

impl Aim {
    /// The ways in which a session meets the target.
    pub fn ways<'h>(
        &self,
        estate: &Estate,
        principal: &str,
        held: &Held,
        holder: &'h Holder,
    ) -> Vec<Way<'h>> {
        match &self.what {
            What::Controls(principals) if is_one_of(principals, principal, held) => vec![Way::default()],
            What::Controls(_) => Vec::new(),
            What::Access(requests) if *held == Held::Anyone && may_assume(&requests.actions) => {
                vec![Way::default()]
            }
            What::Access(requests) => {
                let when = holder.when.iter().chain(&requests.when).cloned().collect();
                let requests = Requests { when, ..requests.clone() };
                let asks = vec![Asked { entity: Cow::Borrowed(&holder.entity), requests, part: "" }];
                vec![Way { asks, ..Way::default() }]
            }
            What::Administers(accounts) => {
                let account = holder.entity.account.as_ref().filter(|a| accounts.contains(*a));
                account.and_then(|account| over_everything(account, holder)).into_iter().collect()
            }
            What::Reads(reading) => reading.ways(estate, held, holder),
        }
    }
}

/// The accounts of selectors, all of them covered by the snapshot.
fn accounts_of(
    selectors: &[Selector],
    estate: &Estate,
    environments: &Environments,
) -> Result<BTreeSet<Arc<str>>, AskError> {
    let mut accounts = BTreeSet::new();
    for selector in selectors {
        let named: BTreeSet<String> = match selector {
            Selector::Account(id) => BTreeSet::from([id.clone()]),
            Selector::Environment(name) => {
                let why = "no environment of that name is configured";
                let known = environments.accounts.get(name);
                known.ok_or_else(|| AskError::Misplaced { given: selector.to_string(), why })?.clone()
            }
            _ => {
                let why = "expected account:ID or env:NAME";
                return Err(AskError::Misplaced { given: selector.to_string(), why });
            }
        };
        let before = accounts.len();
        let covered = estate.snapshot.accounts().iter().map(|a| &a.id);
        accounts.extend(covered.filter(|id| named.contains(&***id)).cloned());
        if accounts.len() == before && !named.iter().any(|id| accounts.contains(&**id)) {
            return Err(AskError::NothingSelected { given: selector.to_string() });
        }
    }
    Ok(accounts)
}
