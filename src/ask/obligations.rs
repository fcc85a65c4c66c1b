//! What an *impossible* owes: every piece of a caller, with nothing ruled out beforehand, and the formula
//! that has to be refuted for each.
//!
//! Certificates are made and verified by the same walk. The walk decides nothing.

mod calls;

use super::caller::CallerEntity;
use super::decide_piece::{PieceAnswer, PieceProof};
use super::estate::Estate;
use super::facts::Facts;
use super::joint::Together;
use super::piece::{Piece, family};
use super::plan::{Plan, Reach};
use super::summary::{Prepared, label};
use super::target::{Place, Target};
use super::{AskError, CrossCheck, Environments, Settings};
use crate::question::{Quantifier, Requests, Selector};
use gateproof_encodings::field::Field;
use gateproof_encodings::term::{Atom, Term, Terms};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

pub use calls::{CallProof, OwedCall};

/// Which requests a refutation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tier {
    /// Every request, whatever resource and keys it carries.
    #[serde(rename = "all requests")]
    All,
    /// Those on resources and with keys that the catalogue gives the action.
    #[serde(rename = "catalogued actions, resources and keys")]
    Catalogued,
}

impl Tier {
    /// The tier in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all requests",
            Self::Catalogued => "catalogued actions, resources and keys",
        }
    }
}

/// Which actions of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Those of the catalogue.
    Known,
    /// The names that the question's globs match beside them.
    Uncatalogued,
}

/// Looks at pieces one after the other.
pub trait Visitor {
    /// Why a piece can't be settled.
    type Fault;

    /// Settles a piece.
    fn settle(&mut self, owed: &Obligation<'_>) -> Result<(), Self::Fault>;

    /// Settles a case of several resources at once; `false` where its parts must be looked at by themselves.
    fn settle_together(&mut self, owed: &Obligation<'_>) -> Result<bool, Self::Fault>;

    /// Settles a piece where it can be refuted; `false` where it is not, and what it is part of must be.
    fn strike(&mut self, owed: &Obligation<'_>) -> Result<bool, Self::Fault>;

    /// Settles a call that needs several authorizations, in one of its ways.
    fn settle_call(&mut self, call: &OwedCall<'_, '_>) -> Result<(), Self::Fault>;
}

/// One piece, to be refuted; or several that are authorizations of one call, to be refuted together.
pub struct Obligation<'a> {
    estate: &'a Estate,
    piece: Piece<'a>,
    others: Vec<Piece<'a>>,
    name: String,
}

impl Obligation<'_> {
    /// What it is about.
    pub fn label(&self) -> String {
        self.name.clone()
    }

    /// Which requests a refutation may be about. An authorization of a call carries the keys that the catalogue
    /// gives its type, so there are no others.
    pub fn tiers(&self) -> &'static [Tier] {
        match self.piece.only {
            None => &[Tier::All, Tier::Catalogued],
            Some(_) => &[Tier::Catalogued],
        }
    }

    /// The tier of what the engine showed.
    pub fn tier_of(&self, shown: &PieceProof) -> Tier {
        if shown.all_requests && self.tiers().contains(&Tier::All) { Tier::All } else { Tier::Catalogued }
    }

    /// The formula that no request may satisfy. The same every time it is made.
    pub fn encode(&self, terms: &mut Terms, tier: Tier) -> Term {
        let Self { estate, piece, others, .. } = self;
        if !others.is_empty() {
            return estate.encode_together(terms, &self.pieces());
        }
        let realistic = tier == Tier::Catalogued && piece.plan.action.is_some();
        let facts = Facts::of(estate, piece, realistic);
        terms.clear();
        let formula = match tier {
            Tier::All => estate.encode_unrealistic(terms, piece, &facts),
            Tier::Catalogued => estate.encode(terms, piece, &facts),
        };
        formula.root
    }

    /// The strongest tier of which the formula is false as it stands.
    pub fn folded(&self, terms: &mut Terms) -> Option<Tier> {
        self.tiers().iter().copied().find(|tier| self.encode(terms, *tier) == Terms::FALSE)
    }

    /// Lets the engine decide it.
    pub fn decide(&self, terms: &mut Terms) -> PieceAnswer {
        if self.others.is_empty() {
            return self.estate.decide_piece(terms, &self.piece);
        }
        match self.estate.decide_together(&self.pieces()) {
            Together::Allowed(step, assumed) => PieceAnswer::Reachable(step, assumed),
            Together::Never(proof) => PieceAnswer::Impossible(*proof),
            Together::Unknown(reason) => PieceAnswer::Unknown(reason),
        }
    }
}

impl<'a> Obligation<'a> {
    fn pieces(&self) -> Vec<Piece<'a>> {
        std::iter::once(self.piece).chain(self.others.iter().copied()).collect()
    }
}

/// A question of which every piece is looked at.
pub struct Owed<'a> {
    estate: &'a Estate,
    prepared: Arc<Prepared<'a>>,
    /// Who is asked about, in the order of the answers.
    pub callers: Vec<CallerEntity>,
}

impl Estate {
    /// The pieces of a question about the selected principals; without selectors about everyone, as
    /// `who-can` asks.
    pub fn owed<'a>(
        &'a self,
        principals: Option<&[Selector]>,
        requests: &'a Requests,
        quantifier: Quantifier,
        environments: &Environments,
    ) -> Result<Owed<'a>, AskError> {
        let callers = match principals {
            Some(selectors) => self.select(selectors, environments)?,
            None => self.callers().chain(&self.beside).cloned().collect(),
        };
        self.owed_of(callers, requests, quantifier, environments)
    }

    /// The same about callers at hand.
    pub fn owed_of<'a>(
        &'a self,
        callers: Vec<CallerEntity>,
        requests: impl Into<Cow<'a, Requests>>,
        quantifier: Quantifier,
        environments: &Environments,
    ) -> Result<Owed<'a>, AskError> {
        let settings = Settings {
            environments: environments.clone(),
            cross_check: CrossCheck::Never,
            exhaustive: true,
            ..Settings::default()
        };
        let prepared = Arc::new(self.prepare(requests, quantifier, &settings)?);
        Ok(Owed { estate: self, prepared, callers })
    }
}

impl<'a> Owed<'a> {
    /// The question, made ready.
    pub(crate) fn prepared(&self) -> &Arc<Prepared<'a>> {
        &self.prepared
    }

    /// Whether some of the actions are of the catalogue.
    pub fn has_known_actions(&self) -> bool {
        !self.prepared.actions.known.is_empty()
    }

    /// Whether names that the catalogue doesn't know are asked about.
    pub fn has_uncatalogued_actions(&self) -> bool {
        !self.prepared.actions.open.is_empty()
    }

    /// What could not be read and touches the answer: then nothing is impossible.
    pub fn blind_spot(&self, caller: &CallerEntity) -> Option<String> {
        self.estate.blind_spot(caller, &self.prepared).map(|u| format!("{} ({})", u.reason, u.place))
    }

    /// What was not collected and is taken to be neutral.
    pub fn assumptions(&self, caller: &CallerEntity) -> Vec<String> {
        self.estate.uncollected(caller, &self.prepared).iter().map(ToString::to_string).collect()
    }

    /// The resources that no piece is about because the question's globs are said to pass them over. Of each, the
    /// two demands on the resource's text that must not go together: to be asked about, and to be this resource.
    pub fn passed_over(&self) -> Vec<(Arc<str>, [Atom; 2])> {
        let resources = &self.prepared.resources;
        let languages = &self.estate.compiler.languages;
        let globs = resources.globs.iter().map(|g| super::piece::flat(g)).collect();
        let asked = languages.set(globs, false);
        let listed = self.estate.snapshot.resources().iter();
        listed
            .filter(|r| !resources.may_touch(&r.arn))
            .map(|r| {
                let itself = languages.set(family(&r.arn), false);
                let demands = [asked.clone(), itself].map(|set| Atom::Text(Field::Resource, set));
                (r.arn.clone(), demands)
            })
            .collect()
    }

    /// Visits every piece of a caller, in order, up to the first fault.
    pub fn walk<V: Visitor>(
        &self,
        caller: &CallerEntity,
        part: Part,
        visitor: &mut V,
    ) -> Result<(), V::Fault> {
        let Prepared { actions, plans, open_plan, resources, cases, .. } = &*self.prepared;
        match part {
            Part::Known => {
                for (action, plan) in actions.known.iter().zip(plans) {
                    let plan = plan.get_or_init(|| self.estate.plan(Some(*action), &[], resources, cases));
                    self.walk_action(caller, plan, visitor)?;
                }
                Ok(())
            }
            Part::Uncatalogued if actions.open.is_empty() => Ok(()),
            Part::Uncatalogued => {
                let plan = open_plan.get_or_init(|| self.estate.plan(None, &actions.open, resources, cases));
                self.walk_action(caller, plan, visitor)
            }
        }
    }

    fn walk_action<V: Visitor>(
        &self,
        caller: &CallerEntity,
        plan: &Plan<'a>,
        visitor: &mut V,
    ) -> Result<(), V::Fault> {
        match self.call(caller, plan) {
            Some(call) => visitor.settle_call(&call),
            None => self.walk_alone(caller, plan, visitor),
        }
    }

    fn walk_alone<V: Visitor>(
        &self,
        caller: &CallerEntity,
        plan: &Plan<'_>,
        visitor: &mut V,
    ) -> Result<(), V::Fault> {
        let everything = Reach { by_identity: true, narrowed: false, refuted: false };
        for target in plan.targets(self.estate, caller, everything, &self.prepared.resources) {
            match &target.place {
                Place::Roles(_) | Place::Other => {
                    let whole = self.obligation(caller, plan, &target);
                    if visitor.settle_together(&whole)? {
                        continue;
                    }
                    let parts = self.estate.split(plan, &target);
                    // Without parts the whole is what was not settled.
                    if parts.is_empty() {
                        visitor.settle(&whole)?;
                    }
                    for part in &parts {
                        visitor.settle(&self.obligation(caller, plan, part))?;
                    }
                }
                _ => visitor.settle(&self.obligation(caller, plan, &target))?,
            }
        }
        Ok(())
    }

    fn obligation<'p>(
        &'p self,
        caller: &'p CallerEntity,
        plan: &'p Plan<'p>,
        target: &'p Target<'p>,
    ) -> Obligation<'p> {
        let prepared = &self.prepared;
        let piece = Piece {
            for_all: true,
            caller,
            plan,
            target,
            resources: &prepared.resources,
            when: &prepared.requests.when,
            quantifier: prepared.quantifier,
            second: false,
            effort: &prepared.effort,
            only: None,
        };
        let name = label(plan.action, target);
        Obligation { estate: self.estate, piece, others: Vec::new(), name }
    }
}
