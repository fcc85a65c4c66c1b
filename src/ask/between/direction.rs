//! All that one side lets a caller do and the other doesn't.

use super::cases::CaseChanges;
use super::difference::{Found, Other, Question, Shown};
use super::touched::Touched;
use super::{Formulas, pairs::Pair};
use crate::ask::caller::CallerEntity;
use crate::ask::effort::Effort;
use crate::ask::estate::Estate;
use crate::ask::piece::flat;
use crate::ask::plan::{Cases, Plan, Reach};
use crate::ask::prefilter::needs_no_permission;
use crate::ask::summary::{Prepared, label};
use crate::ask::target::{Place, Target};
use crate::ask::{AskError, Settings};
use crate::question::{Quantifier, Requests, Undecided};
use gateproof_encodings::term::Terms;
use gateproof_model::account::PrincipalEntity;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// From the side that allows to the side that doesn't.
pub(super) struct Direction<'e> {
    here: &'e Estate,
    there: &'e Estate,
    /// Resources that this side is given for the other's sake only.
    added: &'e BTreeSet<Arc<str>>,
    prepared: Prepared<'e>,
    /// The roles of the other side by what their trust policies say.
    trust: FxHashMap<&'e str, usize>,
}

/// What a direction comes to for one caller.
#[derive(Default)]
pub(super) struct Outcome {
    pub shown: Vec<Finding>,
    pub undecided: Vec<Undecided>,
    pub formulas: Formulas,
}

/// A request, with the case that it stands for.
pub(super) struct Finding {
    /// The action, where the catalogue knows it.
    pub action: Option<String>,
    /// The resources of the case.
    pub place: String,
    pub shown: Shown,
}

/// One caller, on both sides.
struct Asked<'q, 'e> {
    here: &'e CallerEntity,
    there: Option<&'e CallerEntity>,
    /// What its own policies touch.
    own: &'q Touched,
    cases: &'q CaseChanges,
}

impl<'e> Direction<'e> {
    pub fn of(
        here: &'e Estate,
        there: &'e Estate,
        added: &'e BTreeSet<Arc<str>>,
        settings: &Settings,
    ) -> Result<Self, AskError> {
        let all = Requests { actions: vec!["*".to_owned()], ..Requests::default() };
        let prepared = here.prepare(all, Quantifier::Some, settings)?;
        let principals = there.snapshot.principals();
        let groups = there.trust_groups().iter().enumerate();
        let trust = groups.flat_map(|(n, places)| {
            places.iter().filter_map(move |place| Some((&*principals.get(*place)?.arn, n)))
        });
        Ok(Self { here, there, added, prepared, trust: trust.collect() })
    }

    fn effort(&self) -> &Effort {
        &self.prepared.effort
    }

    /// What a caller is allowed here and not there. `here`, `there`: which of the pair is on which side.
    pub fn gains(
        &self,
        terms: &mut Terms,
        (here, there): (Option<&'e CallerEntity>, Option<&'e CallerEntity>),
        own: &Touched,
        cases: &CaseChanges,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let Some(here) = here else { return outcome };
        let asked = Asked { here, there, own, cases };
        let allowed = self.prepared.prefilter.allowed(here, &self.here.compiler);
        for (action, plan) in self.prepared.actions.known.iter().zip(&self.prepared.plans) {
            let touched = own.holds(Some(*action)) || cases.all.holds(Some(*action));
            let possible = allowed.within_scps.contains(action.id()) && !needs_no_permission(action.name());
            if !touched || !possible {
                continue;
            }
            if self.effort().cancellation().is_cancelled() {
                outcome.undecided.push(self.effort().ended(action.name()));
                return outcome;
            }
            let prepared = &self.prepared;
            let plan =
                plan.get_or_init(|| self.here.plan(Some(*action), &[], &prepared.resources, &prepared.cases));
            let by_identity = allowed.by_identity.contains(action.id());
            self.ask_action(terms, &asked, plan, by_identity, &mut outcome);
        }
        self.ask_unknown_actions(terms, &asked, &mut outcome);
        outcome
    }

    /// The actions that the catalogue doesn't know and some changed statement may be about.
    fn ask_unknown_actions(&self, terms: &mut Terms, asked: &Asked<'_, 'e>, outcome: &mut Outcome) {
        let globs: Vec<String> = asked.own.globs.union(&asked.cases.all.globs).cloned().collect();
        // They matter where nothing else differs; otherwise they are more of the same.
        let more = outcome.shown.iter().any(|finding| !finding.shown.hangs);
        if more || globs.is_empty() || self.effort().cancellation().is_cancelled() {
            return;
        }
        let mut plan = self.here.plan(None, &globs, &self.prepared.resources, &self.prepared.cases);
        // Where very many names match, those of services that the catalogue knows are left out.
        if let Some(open) = plan.open.as_mut().filter(|open| open.known.is_none()) {
            let services =
                self.here.catalogue.service_prefixes().map(|service| flat(&format!("{service}:*")));
            open.known = Some(self.here.compiler.languages.set(services.collect(), true));
        }
        let mut found = Outcome::default();
        self.ask_action(terms, asked, &plan, true, &mut found);
        found.shown.truncate(1);
        outcome.take(found);
    }

    /// One action in the cases that the change touches.
    fn ask_action(
        &self,
        terms: &mut Terms,
        asked: &Asked<'_, 'e>,
        plan: &Plan<'e>,
        by_identity: bool,
        outcome: &mut Outcome,
    ) {
        let reach = Reach { by_identity, narrowed: true, refuted: false };
        let of_caller = asked.own.holds(plan.action);
        let Cases { first, own, any } = plan.cases(self.here, asked.here, reach, &self.prepared.resources);
        for target in &first {
            if of_caller || asked.cases.touch(target, plan.action) {
                self.ask_case(terms, asked, plan, target, outcome);
            }
        }
        let (changed, unchanged): (Vec<_>, Vec<_>) =
            own.into_iter().partition(|target| asked.cases.touch(target, plan.action));
        for target in changed {
            self.ask_case(terms, asked, plan, target, outcome);
        }
        if !of_caller || unchanged.is_empty() {
            return;
        }
        // Resources whose policies are the same and grant the caller nothing: what it gains on none of them, it gains on none.
        let nowhere = any.is_some_and(|any| {
            let mut on_any = Outcome::default();
            self.ask_case(terms, asked, plan, any, &mut on_any);
            on_any.shown.is_empty() && on_any.undecided.is_empty()
        });
        if !nowhere {
            for target in unchanged {
                self.ask_case(terms, asked, plan, target, outcome);
            }
        }
    }

    /// One case: the first request of its parts, where it must be taken apart.
    fn ask_case(
        &self,
        terms: &mut Terms,
        asked: &Asked<'_, 'e>,
        plan: &Plan<'e>,
        target: &Target<'e>,
        outcome: &mut Outcome,
    ) {
        // Nothing is gained on what isn't there.
        if matches!(&target.place, Place::Known(resource) if self.added.contains(&resource.arn)) {
            return;
        }
        for part in self.by_counterpart(target) {
            let mut parts = VecDeque::from([part]);
            while let Some(part) = parts.pop_front() {
                let other = Other { estate: self.there, like: self.like(asked, &part) };
                let question = Question {
                    estate: self.here,
                    caller: asked.here,
                    plan,
                    target: &part,
                    other: &other,
                    effort: self.effort(),
                    resources: &self.prepared.resources,
                };
                outcome.formulas.asked += 1;
                match question.decide(terms) {
                    Found::Nothing { folded } => {
                        outcome.formulas.refuted += 1;
                        outcome.formulas.folded += usize::from(folded);
                    }
                    Found::Request(shown) => {
                        let action = plan.action.map(|a| a.name().to_owned());
                        outcome.shown.push(Finding { action, place: place_of(&part), shown: *shown });
                        break;
                    }
                    Found::Unknown(reason) => outcome.undecided.push(Undecided {
                        reason: self.effort().named(reason).to_string(),
                        place: label(plan.action, &part),
                    }),
                    Found::Split => parts.extend(self.here.split(plan, &part)),
                }
            }
        }
    }

    /// The case, roles apart whose trust policies differ on the other side.
    fn by_counterpart(&self, target: &Target<'e>) -> Vec<Target<'e>> {
        let Place::Roles(roles) = &target.place else { return vec![target.clone()] };
        let mut groups: BTreeMap<Option<usize>, Vec<&'e PrincipalEntity>> = BTreeMap::new();
        for role in roles.iter() {
            groups.entry(self.trust.get(&*role.arn).copied()).or_default().push(role);
        }
        if groups.len() == 1 {
            return vec![target.clone()];
        }
        let target =
            |roles: Vec<_>| self.here.target(Place::Roles(roles.into()), target.account.clone(), target.rule);
        groups.into_values().map(target).collect()
    }

    /// Caller and case on the other side.
    fn like(&self, asked: &Asked<'_, 'e>, target: &Target<'e>) -> Option<(&'e CallerEntity, Target<'e>)> {
        let caller = asked.there?;
        let there = self.there;
        let principal = |arn: &str| there.snapshot.principal(arn);
        let (place, account) = match &target.place {
            Place::Star => (Place::Star, target.account.clone()),
            Place::Other => (Place::Other, target.account.clone()),
            Place::Known(resource) => {
                let same = there.snapshot.resource(&resource.arn)?;
                (Place::Known(same), Some(same.account.clone()))
            }
            Place::Principal(known) => match principal(&known.arn) {
                Some(same) => (Place::Principal(same), Some(same.account.clone())),
                None => (Place::Other, target.account.clone()),
            },
            Place::Roles(roles) => {
                let same: Option<Vec<_>> = roles.iter().map(|role| principal(&role.arn)).collect();
                let same: Arc<[&'e PrincipalEntity]> = same?.into();
                let account = same.first().map(|role| role.account.clone());
                (Place::Roles(same), account)
            }
        };
        let mut like = there.target(place, account, target.rule);
        like.any = target.any;
        Some((caller, like))
    }
}

impl Outcome {
    fn take(&mut self, other: Self) {
        self.shown.extend(other.shown);
        self.undecided.extend(other.undecided);
        self.formulas.add(other.formulas);
    }
}

/// The resources of a case, for people.
fn place_of(target: &Target<'_>) -> String {
    match &target.place {
        Place::Star => "*".to_owned(),
        Place::Known(resource) => resource.arn.to_string(),
        Place::Principal(principal) => principal.arn.to_string(),
        Place::Roles(roles) => roles.iter().map(|role| role.arn.to_string()).collect::<Vec<_>>().join(", "),
        Place::Other => format!("other resources of {}", target.account.as_deref().unwrap_or("-")),
    }
}

/// Which of a pair stands on which side.
pub(super) fn sides(pair: &Pair, forwards: bool) -> (Option<&CallerEntity>, Option<&CallerEntity>) {
    match forwards {
        true => (pair.new.as_ref(), pair.old.as_ref()),
        false => (pair.old.as_ref(), pair.new.as_ref()),
    }
}
