//! One case of one caller: a request that is allowed here and not there, or the proof that there is none.
//!
//! Both decisions are one formula over the same request; a model is replayed on the documents of both sides.

use super::beside::{Beside, settle};
use crate::ask::attempt::{BINDINGS, bindings, needed, without_favours};
use crate::ask::caller::CallerEntity;
use crate::ask::candidates::beautify;
use crate::ask::effort::Effort;
use crate::ask::estate::Estate;
use crate::ask::facts::Facts;
use crate::ask::granted::taken_for_granted;
use crate::ask::piece::Piece;
use crate::ask::plan::Plan;
use crate::ask::summary::existence;
use crate::ask::target::{Resources, Target};
use crate::ask::witness::{evidence, principal_of};
use crate::engine::{Answer, solve};
use crate::question::{Evidence, Quantifier, Step};
use crate::solver::UnknownReason;
use gateproof_encodings::classes::Values;
use gateproof_encodings::encoder::Encoder;
use gateproof_encodings::scope::KeyFacts;
use gateproof_encodings::term::{Term, Terms};
use gateproof_model::evaluator::{Decision, Outcome};
use gateproof_model::request::Request;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What one case comes to.
pub(super) enum Found {
    /// No request; the checker accepted the proof. Whether the formula was false as it stood.
    Nothing { folded: bool },
    /// A request that one side allows and the other doesn't.
    Request(Box<Shown>),
    /// Neither is shown.
    Unknown(UnknownReason),
    /// The resources of the case must be asked about one by one.
    Split,
}

/// A request that is allowed here and not there.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    pub step: Step,
    /// What the other side says against it.
    pub refused_by: Vec<Evidence>,
    /// What it takes for granted that the snapshots don't tell: beside that something exists, say.
    pub assumptions: Vec<String>,
    /// Whether it hangs on what could not be read.
    pub hangs: bool,
}

/// The same case on the other side.
pub(super) struct Other<'e> {
    pub estate: &'e Estate,
    /// The caller, and the case; none where there can be no such request.
    pub like: Option<(&'e CallerEntity, Target<'e>)>,
}

/// One case of one caller.
pub(super) struct Question<'q, 'e> {
    pub estate: &'e Estate,
    pub caller: &'e CallerEntity,
    pub plan: &'q Plan<'e>,
    pub target: &'q Target<'e>,
    pub other: &'q Other<'e>,
    pub effort: &'q Effort,
    pub resources: &'q Resources,
}

/// Both sides as they are known.
struct Known<'f> {
    here: Facts<'f>,
    there: Option<Facts<'f>>,
}

impl<'e> Question<'_, 'e> {
    fn piece<'p>(&'p self, caller: &'p CallerEntity, target: &'p Target<'e>) -> Piece<'p> {
        Piece {
            caller,
            plan: self.plan,
            target,
            resources: self.resources,
            when: &[],
            quantifier: Quantifier::Some,
            second: false,
            for_all: false,
            effort: self.effort,
            only: None,
        }
    }

    fn here(&self) -> Piece<'_> {
        self.piece(self.caller, self.target)
    }

    fn there(&self) -> Option<Piece<'_>> {
        self.other.like.as_ref().map(|(caller, target)| self.piece(caller, target))
    }

    fn known<'f>(&self, here: &Piece<'f>, there: Option<&Piece<'f>>) -> Known<'f>
    where
        'e: 'f,
    {
        let realistic = self.plan.action.is_some();
        Known {
            here: Facts::of(self.estate, here, realistic),
            there: there.map(|piece| Facts::of(self.other.estate, piece, realistic)),
        }
    }

    /// Allowed here, not allowed there, and a request that AWS could receive.
    fn encode(&self, terms: &mut Terms, known: &Known<'_>) -> (Term, BTreeSet<Arc<str>>) {
        terms.clear();
        let here = self.here();
        let mut open = BTreeSet::new();
        let mut allowed = |terms: &mut Terms, estate: &Estate, piece: &Piece<'_>, keys: &dyn KeyFacts| {
            let scope = estate.scope(piece);
            let mut encoder = Encoder {
                terms,
                compiler: &estate.compiler,
                scope: &scope,
                keys,
                rules: estate.rules,
                open_variables: BTreeSet::new(),
            };
            let authorization = encoder.authorize(&estate.layers_in(piece.caller, piece.target));
            let allowed = authorization.allowed(encoder.terms);
            open.append(&mut encoder.open_variables);
            allowed
        };
        let mut goal = allowed(terms, self.estate, &here, &known.here);
        if let (Some(there), Some(facts)) = (self.there(), &known.there)
            && goal != Terms::FALSE
        {
            let keys = Beside { here: &known.here, there: facts };
            let refused = allowed(terms, self.other.estate, &there, &keys);
            let refused = terms.not(refused);
            goal = terms.and([goal, refused]);
        }
        if goal == Terms::FALSE {
            return (goal, open);
        }
        let scope = self.estate.scope(&here);
        let mut encoder = Encoder {
            terms,
            compiler: &self.estate.compiler,
            scope: &scope,
            keys: &known.here,
            rules: self.estate.rules,
            open_variables: BTreeSet::new(),
        };
        let around = self.estate.surroundings(&mut encoder, &here, &known.here);
        (terms.and([goal, around]), open)
    }

    /// Decides the case.
    pub fn decide(&self, terms: &mut Terms) -> Found {
        let (here, there) = (self.here(), self.there());
        let known = self.known(&here, there.as_ref());
        let (root, open) = self.encode(terms, &known);
        let split = known.here.must_split() || known.there.as_ref().is_some_and(Facts::must_split);
        if root != Terms::FALSE && split {
            return Found::Split;
        }
        let found = match open.is_empty() {
            true => self.search_for_certain(terms, root, &known),
            false => self.bind(terms, root, &open),
        };
        let asks = |known: &Known<'_>| {
            known.here.asks_for_tags() || known.there.as_ref().is_some_and(Facts::asks_for_tags)
        };
        match found {
            Found::Request(shown)
                if asks(&known) && self.estate.has_tags_of_its_own(self.target, &shown.step.resource) =>
            {
                Found::Split
            }
            found => found,
        }
    }

    /// A request that hangs on nothing that could not be read comes first.
    fn search_for_certain(&self, terms: &mut Terms, root: Term, known: &Known<'_>) -> Found {
        if let Some(plain) = without_favours(terms, root)
            && let Found::Request(shown) = self.search(terms, plain, known)
            && !shown.hangs
        {
            return Found::Request(shown);
        }
        self.search(terms, root, known)
    }

    fn search(&self, terms: &Terms, root: Term, known: &Known<'_>) -> Found {
        let here = self.here();
        let mut found = None;
        let answer = solve(terms, root, &self.estate.memory, &self.effort.limits, |values, combination| {
            let mut values = values.clone();
            beautify(&here, &known.here, terms.atoms(), combination, &mut values);
            found = Some(Box::new(self.replay(known, &values)?));
            Ok(())
        });
        match (answer, found) {
            (Answer::Satisfiable(_), Some(shown)) => Found::Request(shown),
            (Answer::Satisfiable(_), None) => {
                Found::Unknown(UnknownReason::WitnessRejected { why: "no request was made".to_owned() })
            }
            (Answer::Unsatisfiable(_), _) => Found::Nothing { folded: root == Terms::FALSE },
            (Answer::Unknown(why), _) => Found::Unknown(self.effort.reproduced(terms, root, why)),
        }
    }

    /// The formula over-approximates policy variables: refuted it is refuted, otherwise they are bound to values.
    fn bind(&self, terms: &mut Terms, root: Term, open: &BTreeSet<Arc<str>>) -> Found {
        let mut hint = Values::default();
        let answer = solve(terms, root, &self.estate.memory, &self.effort.limits, |values, _| {
            hint = values.clone();
            Ok(())
        });
        match answer {
            Answer::Unsatisfiable(_) => return Found::Nothing { folded: root == Terms::FALSE },
            Answer::Unknown(why) => return Found::Unknown(self.effort.reproduced(terms, root, why)),
            Answer::Satisfiable(_) => {}
        }
        let (here, there) = (self.here(), self.there());
        for round in 0..BINDINGS {
            let Some(bound) = bindings(open, &hint, &here, round) else { continue };
            let mut known = self.known(&here, there.as_ref());
            known.bind(&bound);
            let (root, still_open) = self.encode(terms, &known);
            if still_open.is_empty()
                && let found @ Found::Request(_) = self.search_for_certain(terms, root, &known)
            {
                return found;
            }
        }
        let keys: Vec<&str> = open.iter().map(AsRef::as_ref).collect();
        Found::Unknown(UnknownReason::Unsupported {
            what: format!("a policy variable whose value is open: {}", keys.join(", ")),
            place: self.caller.id.to_string(),
        })
    }

    /// Lets the reference evaluator decide the request by the documents of both sides.
    fn replay(&self, known: &Known<'_>, values: &Values) -> Result<Shown, String> {
        let here = self.here();
        let mut request = self.estate.request(&here, &known.here, values);
        settle(&mut request, &known.here);
        let allowed = self.estate.replay(&self.estate.policies(&here, &request), &request, values);
        if allowed.outcome != Outcome::Allowed {
            return Err(format!("{} where it should be allowed", allowed.outcome));
        }
        let refused = self.replay_there(known, &request, values);
        if refused.as_ref().is_some_and(|d| d.outcome == Outcome::Allowed) {
            return Err("allowed on both sides".to_owned());
        }
        let mut assumptions: Vec<String> =
            allowed.assumed.iter().filter_map(|(name, holds)| needed(name, *holds)).collect();
        for (name, holds) in refused.iter().flat_map(|d| &d.assumed) {
            assumptions.extend(needed(name, !holds).map(|_| stated(name, *holds)));
        }
        assumptions.sort();
        assumptions.dedup();
        let hangs = !assumptions.is_empty();
        assumptions.extend(taken_for_granted(&here, &request));
        assumptions.extend(existence(self.target, &request.resource));
        Ok(Shown {
            step: self.estate.step(&here, &request, &allowed),
            refused_by: refused.iter().flat_map(|d| d.because.iter().map(evidence)).collect(),
            assumptions,
            hangs,
        })
    }

    fn replay_there(&self, known: &Known<'_>, request: &Request, values: &Values) -> Option<Decision> {
        let there = self.there()?;
        let facts = Beside { here: &known.here, there: known.there.as_ref()? };
        let mut same = request.clone();
        for (key, value) in facts.there.fixed() {
            if same.context.get(&key).is_none() {
                let spelled = self.estate.spelled_by_catalogue(&key).unwrap_or(key);
                same.context.insert(&spelled, value);
            }
        }
        settle(&mut same, &facts);
        same.principal = principal_of(there.caller, &same.context);
        same.resource_account = there.target.account.as_deref().map(str::to_owned);
        let policies = self.other.estate.policies(&there, &same);
        Some(self.other.estate.replay(&policies, &same, values))
    }
}

impl Known<'_> {
    fn bind(&mut self, bound: &BTreeMap<Arc<str>, String>) {
        self.here.bindings.clone_from(bound);
        if let Some(there) = &mut self.there {
            there.bindings.clone_from(bound);
        }
    }
}

/// An assumption as a sentence.
fn stated(name: &str, holds: bool) -> String {
    if holds { name.to_owned() } else { format!("not so: {name}") }
}
