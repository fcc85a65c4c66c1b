//! Whether a set of facts holds all that another fact gives.

use crate::ask::{BOUNDARY, Unlike, glob_matches};
use crate::escalation::{
    Fact, Held, Session, Sorts, about_unnamed, has_condition_on, of_made, with_policies,
};
use gateproof_model::catalogue::Catalogue;
use gateproof_model::json::Json;
use gateproof_model::policy::{Document, Effect, PatternClause, Source};
use gateproof_model::policy_parse::{DocumentKind, parse_document};
use gateproof_model::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A set of facts, and the managed policies that it holds on users, roles and groups.
pub(super) struct Covers<'a> {
    facts: &'a BTreeSet<Fact>,
    snapshot: &'a Snapshot,
    /// Principals whose sessions some service hands out to code.
    handed: BTreeSet<&'a str>,
    /// Those whose sessions some service makes calls in.
    used: BTreeSet<&'a str>,
    attached: BTreeMap<&'a str, Policies>,
    bounded: BTreeMap<&'a str, Policies>,
    /// The principals of the attacker's making.
    made: Vec<&'a Arc<str>>,
    /// Those that are given policies.
    have_policies: BTreeSet<Arc<str>>,
    /// What tells their names apart.
    sorts: Sorts,
    /// Whether some condition names permissions boundaries.
    named: bool,
    /// The accounts of which it holds whatever there is.
    whole: BTreeSet<&'a str>,
}

/// For which names of a new principal a set of facts holds all that making it gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Instead {
    /// For none.
    None,
    /// For any, since one in the set is as good.
    Any,
    /// For all but these.
    But(Unlike),
}

#[derive(Default)]
struct Policies {
    arns: BTreeSet<Arc<str>>,
    /// Whether one of them allows everything: no other gives more.
    everything: bool,
}

impl Policies {
    /// Whether it is one of them. A new policy, whose name is still open, is as good as any of the attacker's making.
    fn holds(&self, policy: &Arc<str>) -> bool {
        let open = policy.contains('*');
        self.arns.contains(policy) || open && self.arns.iter().any(|known| glob_matches(policy, known))
    }
}

impl<'a> Covers<'a> {
    /// `after`: the snapshot as the facts leave it.
    pub fn of(facts: &'a BTreeSet<Fact>, snapshot: &'a Snapshot, after: &Snapshot) -> Self {
        let made = facts.iter().filter_map(Fact::made).collect();
        let sorts = Sorts::of(snapshot, after, facts);
        let (handed, used) = (BTreeSet::new(), BTreeSet::new());
        let (attached, bounded) = (BTreeMap::new(), BTreeMap::new());
        // Where conditions name boundaries, which one it is matters beside what it allows.
        let named = has_condition_on(snapshot, BOUNDARY);
        let have_policies = with_policies(facts);
        let whole = facts.iter().filter_map(Fact::whole_account).map(AsRef::as_ref).collect();
        let mut covers = Self {
            facts,
            snapshot,
            handed,
            used,
            attached,
            bounded,
            made,
            have_policies,
            sorts,
            named,
            whole,
        };
        for fact in facts {
            match fact.session().map(|session| &session.held) {
                Some(Held::Code(_)) => covers.handed.extend(principal_of(fact)),
                Some(Held::Api(_)) => covers.used.extend(principal_of(fact)),
                _ => {}
            }
            let (holders, holder, policies) = match fact {
                Fact::Attached { policies, to } => (&mut covers.attached, to, policies),
                Fact::Bounded { of, policies } => (&mut covers.bounded, of, policies),
                _ => continue,
            };
            let held = holders.entry(holder).or_default();
            held.arns.extend(policies.iter().cloned());
            // Of several, one only is held.
            let told_apart = named && matches!(fact, Fact::Bounded { .. });
            if let ([one], false) = (&**policies, told_apart) {
                held.everything |= allows_everything(snapshot, holder, one);
            }
        }
        covers
    }

    /// The kinds of new principals.
    pub fn sorts(&self) -> &Sorts {
        &self.sorts
    }

    /// The same of all facts of a step. One principal of the attacker's making is as good as another of its kind, where
    /// no policy tells apart the names that it could have been given.
    pub fn holds_all(&self, facts: &[Fact]) -> bool {
        match self.instead(facts) {
            Some(instead) => instead == Instead::Any,
            None => facts.iter().all(|fact| self.holds(fact)),
        }
    }

    /// Where a step makes a principal: for which names the set holds what it gives.
    pub fn instead(&self, facts: &[Fact]) -> Option<Instead> {
        let made = facts.iter().find_map(Fact::made);
        let glob = made.filter(|arn| arn.contains('*'))?;
        if facts.iter().all(|fact| self.includes(fact)) {
            return Some(Instead::Any);
        }
        let instead = |arn: &Arc<str>| facts.iter().all(|fact| self.holds(&renamed(fact, glob, arn)));
        let held = self.made.iter().filter(|arn| glob_matches(glob, arn) && instead(arn));
        let names: Vec<Arc<str>> = held.map(|arn| Arc::clone(arn)).collect();
        let kind = self.sorts.kind_of(glob).filter(|kind| kind.told.is_none() && !names.is_empty());
        Some(match kind.map(|kind| kind.unlike(&names)) {
            None => Instead::None,
            Some(None) => Instead::Any,
            Some(Some(unlike)) => Instead::But(unlike),
        })
    }

    /// Whether the set holds of each new principal what a fact says of all of a kind.
    fn holds_of_each(&self, fact: &Fact) -> bool {
        of_made(fact, self.made.iter().copied(), &self.have_policies).all(|fact| self.holds(&fact))
    }

    /// Whether nothing can be done with the fact that can't be done without it. Of managed policies that can be given
    /// only what they allow counts, so each may be held by another fact.
    pub fn holds(&self, fact: &Fact) -> bool {
        if self.includes(fact) {
            return true;
        }
        if about_unnamed(fact).is_some() {
            return self.holds_of_each(fact);
        }
        let given = |holders: &BTreeMap<&str, Policies>, holder: &str, policies: &[Arc<str>]| {
            let held = holders.get(holder);
            held.is_some_and(|h| h.everything || policies.iter().all(|p| h.holds(p)))
        };
        match fact {
            // What one new principal is given, another is not, which a boundary may bind.
            Fact::Attached { policies, to } => {
                let made = self.has(&Fact::NewPrincipal(to.clone()));
                given(&self.attached, to, policies) || self.is_allowed_all(to) && (!made || self.is_free(to))
            }
            Fact::AddsIdentity(of) | Fact::Member { user: of, .. } => {
                self.is_allowed_all(of) || self.has(fact)
            }
            Fact::Bounded { of, policies } => {
                given(&self.bounded, of, policies) || !self.named && self.is_free(of)
            }
            Fact::Unbounded(of) => self.has(fact) || !self.named && self.is_free(of),
            Fact::Version { policy, .. } => self.is_rewritten(policy) || self.has(fact),
            Fact::Dropped { of, policy } => {
                let denies = self.holds_denies(of, policy);
                self.has(fact) || self.is_rewritten(policy) || denies == Some(false)
            }
            Fact::Left { group, .. } => {
                let groups = self.snapshot.groups().iter().filter(|g| g.arn == *group);
                self.has(fact) || !groups.flat_map(|g| g.identity.iter()).any(|document| denies(document))
            }
            Fact::Granted { key, account, to, operations } => {
                let granted = |operation: &Arc<str>| {
                    self.facts.iter().any(|known| match known {
                        Fact::Granted { key: k, to: t, operations, .. } => {
                            k == key && t == to && operations.contains(operation)
                        }
                        _ => false,
                    })
                };
                // With the key's policy rewritten, whoever is allowed all and has no boundary uses it as it is.
                let policy = Fact::WritesResourcePolicy { of: key.clone(), account: account.clone() };
                let needless = self.has(&policy) && self.is_allowed_all(to) && self.is_free(to);
                needless || operations.iter().all(granted)
            }
            // Which service it is makes no difference to the session.
            Fact::Session(session) => match &session.held {
                Held::Code(_) => self.handed.contains(&*session.principal),
                Held::Api(_) => [&self.handed, &self.used].iter().any(|s| s.contains(&*session.principal)),
                _ => self.has(fact),
            },
            _ => self.has(fact),
        }
    }

    /// Whether it is of an account of which the set holds whatever there is.
    fn includes(&self, fact: &Fact) -> bool {
        fact.is_included(self.snapshot, |account| self.whole.contains(account))
    }

    fn has(&self, fact: &Fact) -> bool {
        self.facts.contains(fact)
    }

    /// Whether a policy of the attacker's wording is on a user, role or group: what else allows something adds nothing.
    fn is_allowed_all(&self, holder: &Arc<str>) -> bool {
        self.has(&Fact::WritesIdentity(holder.clone())) || self.has(&Fact::AddsIdentity(holder.clone()))
    }

    /// Whether a user or role has no boundary, or need have none.
    fn is_free(&self, principal: &Arc<str>) -> bool {
        let never_had = self.snapshot.principal(principal).is_some_and(|p| p.boundary.is_none());
        never_had || self.has(&Fact::Unbounded(principal.clone()))
    }

    fn is_rewritten(&self, policy: &Arc<str>) -> bool {
        self.has(&Fact::WritesPolicy(policy.clone()))
    }

    /// Whether a policy that a user, role or group holds by itself denies something; `None` where it is not known.
    fn holds_denies(&self, holder: &str, policy: &str) -> Option<bool> {
        let of_group = || self.snapshot.groups().iter().find(|g| &*g.arn == holder).map(|g| &g.identity);
        let held = self.snapshot.principal(holder).map(|p| &p.identity).or_else(of_group)?;
        held.iter().find(|document| &*document.source.policy == policy).map(|document| denies(document))
    }
}

fn principal_of(fact: &Fact) -> Option<&str> {
    fact.session().map(|session| &*session.principal)
}

/// Whether the document denies something, or has a statement that is not understood.
fn denies(document: &Document) -> bool {
    document.statements.iter().any(|s| s.effect == Effect::Deny || s.assumption.is_some())
}

/// The fact with another name for a principal.
fn renamed(fact: &Fact, from: &Arc<str>, to: &Arc<str>) -> Fact {
    match fact {
        Fact::NewPrincipal(of) if of == from => Fact::NewPrincipal(to.clone()),
        Fact::Unbounded(of) if of == from => Fact::Unbounded(to.clone()),
        Fact::WritesIdentity(of) if of == from => Fact::WritesIdentity(to.clone()),
        Fact::Member { user: of, group } if of == from => {
            Fact::Member { user: to.clone(), group: group.clone() }
        }
        Fact::Attached { policies, to: of } if of == from => {
            Fact::Attached { policies: policies.clone(), to: to.clone() }
        }
        Fact::Bounded { of, policies } if of == from => {
            Fact::Bounded { of: to.clone(), policies: policies.clone() }
        }
        Fact::Session(Session { principal, held }) if principal == from => {
            Fact::Session(Session { principal: to.clone(), held: held.clone() })
        }
        other => other.clone(),
    }
}

/// Whether the policy, as the holder's account sees it, has a statement that allows everything.
fn allows_everything(snapshot: &Snapshot, holder: &str, policy: &str) -> bool {
    let account = gateproof_model::arn::Arn::parse(holder).map(|a| a.account).unwrap_or_default();
    let document = match snapshot.managed_policy(account, policy) {
        Some(known) => Some(known.document.clone()),
        None => in_catalogue(policy),
    };
    let all = |clause: &PatternClause| {
        !clause.negated && clause.patterns.iter().any(|p| p.ground().is_some_and(|p| is_star(&p)))
    };
    document.is_some_and(|document| {
        document.statements.iter().any(|s| {
            s.effect == Effect::Allow
                && all(&s.action)
                && s.resource.as_ref().is_some_and(all)
                && s.conditions.is_empty()
                && s.assumption.is_none()
        })
    })
}

fn is_star(pattern: &gateproof_model::pattern::Pattern) -> bool {
    matches!(&**pattern, [gateproof_model::pattern::Token::AnyRun])
}

fn in_catalogue(arn: &str) -> Option<Arc<Document>> {
    let text = Catalogue::embedded().managed_document(arn)?;
    let source = Source { policy: arn.into(), file: "(catalogue)".into(), pointer: "".into() };
    let json = Json::parse(&text).ok()?;
    parse_document(&json, DocumentKind::Identity, source).ok().map(|(document, _)| Arc::new(document))
}
