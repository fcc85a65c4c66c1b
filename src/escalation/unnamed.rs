//! What can be done with a principal of the attacker's making, whatever it is called.
//!
//! Who may pass a new role to a service, or take its boundary away, may depend on its name in every policy of the account. So
//! each step is looked at with an object, too, that stands for all new users or roles of an account: its ARN is a glob
//! (`role/*`), and a step with it counts as soon as some one name that no known user or role has suits its calls. That is more than
//! any one that was made can be used for, and what comes of it all of them are taken to have. No chain rests on it.

use super::bind::{Object, Scene};
use super::fact::{Fact, Session};
use super::guard::{Refuted, Together};
use super::needs::Call;
use super::sorts::Kind;
use super::ways::Search;
use crate::ask::{BOUNDARY, NewName, Tied, tells_boundary_of_target};
use crate::question::{Constraint, Undecided};
use gateproof_encodings::term::Terms;
use gateproof_model::arn::Arn;
use gateproof_model::catalogue::{Catalogue, Support};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Object {
    /// The object that stands for all new principals of a kind.
    pub fn unnamed(kind: &Kind) -> Self {
        let account = Arn::parse(&kind.base).map(|arn| arn.account.into()).unwrap_or_else(|| "".into());
        Self::plain(&format!("{}*", kind.base).into(), "*", &account)
    }

    /// Whether the object stands for new principals.
    pub fn is_unnamed(&self) -> bool {
        !self.fresh && is_glob(&self.arn)
    }
}

impl<'a> Search<'_, 'a, '_> {
    /// Whether the calls on an object that stands for new principals suit some name that no known one has.
    pub fn may_be_new(&self, terms: &mut Terms, scene: &Scene<'a>) -> Result<(), Refuted> {
        for (variable, object) in scene.bound.iter().filter(|(_, object)| object.is_unnamed()) {
            let new = Tied::New(NewName::like(&object.arn));
            let calls = Tied::All(vec![self.calls_on(terms, scene, variable), new]);
            if let Together::Never(refuted) = self.finder.asker.together(self.holder, &calls) {
                return Err(refuted);
            }
        }
        Ok(())
    }
}

/// A call on an object that stands for new principals of a kind: where it tells the boundary of what it is on, that is the one which
/// they have, if they have one only.
pub(crate) fn on_one(mut call: Call, kind: Option<&Kind>) -> Call {
    let action = Catalogue::embedded().find_action(&call.action);
    let tells = action.is_some_and(|a| tells_boundary_of_target(a) && a.support(BOUNDARY) == Support::Listed);
    if let Some(demand) = kind.and_then(Kind::boundary).filter(|_| tells) {
        call.context.push(Constraint { key: BOUNDARY.to_owned(), demand });
    }
    call
}

/// Whether the ARN is that of all new users or roles of an account.
fn is_glob(arn: &str) -> bool {
    arn.ends_with(":role/*") || arn.ends_with(":user/*")
}

/// Why it is not shown what comes of such an object, or of one that it stands for.
pub(super) fn not_shown(arn: &Arc<str>) -> Undecided {
    Undecided {
        reason: "what a new principal of some other name may be used for is taken for granted".to_owned(),
        place: arn.to_string(),
    }
}

/// The new principals that a fact is about, where it is about all of an account.
pub(crate) fn about_unnamed(fact: &Fact) -> Option<&Arc<str>> {
    principal_of(fact).filter(|of| is_glob(of))
}

/// The principal that a fact is about.
pub(super) fn principal_of(fact: &Fact) -> Option<&Arc<str>> {
    match fact {
        Fact::Session(Session { principal: of, .. })
        | Fact::WritesIdentity(of)
        | Fact::AddsIdentity(of)
        | Fact::Attached { to: of, .. }
        | Fact::Member { user: of, .. }
        | Fact::Dropped { of, .. }
        | Fact::Left { user: of, .. }
        | Fact::Unbounded(of)
        | Fact::Bounded { of, .. }
        | Fact::WritesTrust(of)
        | Fact::Tagged(of)
        | Fact::TaggedSession(of)
        | Fact::Device(of) => Some(of),
        _ => None,
    }
}

/// Whether the fact gives a user or role policies.
fn gives_policies(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::WritesIdentity(_) | Fact::AddsIdentity(_) | Fact::Attached { .. } | Fact::Member { .. }
    )
}

/// The new principals that a set of facts gives policies. Whoever gives one its policies makes it in the same step, or gives them
/// to it by its name: so one that has none takes none from what is done with others.
pub(crate) fn with_policies(facts: &BTreeSet<Fact>) -> BTreeSet<Arc<str>> {
    let given = facts.iter().filter(|fact| gives_policies(fact)).filter_map(principal_of);
    given.filter(|of| facts.contains(&Fact::NewPrincipal(Arc::clone(of)))).cloned().collect()
}

/// What a fact about all new principals of a kind says of those that were made; `have`: those that have policies.
pub(crate) fn of_made<'m>(
    fact: &'m Fact,
    made: impl Iterator<Item = &'m Arc<str>> + 'm,
    have: &'m BTreeSet<Arc<str>>,
) -> impl Iterator<Item = Fact> + 'm {
    let base = about_unnamed(fact).and_then(|glob| glob.strip_suffix('*')).unwrap_or(NOBODY);
    let takes =
        move |arn: &&Arc<str>| arn.starts_with(base) && (!gives_policies(fact) || have.contains(*arn));
    made.filter(takes).filter_map(move |arn| of_one(fact, arn))
}

/// What no ARN begins with.
const NOBODY: &str = "*";

/// The same fact about one of them; `None` where each of them has it by being made (a trust policy that lets in everybody, and
/// tags that the maker chose), or no Deny of its own could go.
pub(super) fn of_one(fact: &Fact, arn: &Arc<str>) -> Option<Fact> {
    match fact {
        Fact::Session(Session { held, .. }) => {
            Some(Fact::Session(Session { principal: arn.clone(), held: held.clone() }))
        }
        Fact::Unbounded(_) => Some(Fact::Unbounded(arn.clone())),
        Fact::Bounded { policies, .. } => Some(Fact::Bounded { of: arn.clone(), policies: policies.clone() }),
        Fact::Device(_) => Some(Fact::Device(arn.clone())),
        Fact::WritesIdentity(_) => Some(Fact::WritesIdentity(arn.clone())),
        Fact::AddsIdentity(_) => Some(Fact::AddsIdentity(arn.clone())),
        Fact::Attached { policies, .. } => {
            Some(Fact::Attached { policies: policies.clone(), to: arn.clone() })
        }
        Fact::Member { group, .. } => Some(Fact::Member { user: arn.clone(), group: group.clone() }),
        _ => None,
    }
}
