//! What stands in the way of an *impossible*: one request of the question that comes nearest to being
//! allowed, and what the reference evaluator says against it on the original documents.
//!
//! Nearest is first a request that everything but Deny statements would allow, then one that everything but
//! Denies, boundary and organization would, then any request of the question. Other requests may meet
//! other obstacles; the proof, not this list, says that all of them are refused.

use super::caller::CallerEntity;
use super::candidates::beautify;
use super::estate::Estate;
use super::facts::Facts;
use super::piece::Piece;
use super::plan::{Plan, Reach};
use super::summary::{CanAnswer, Prepared};
use super::target::Target;
use super::{AskError, Settings};
use crate::engine::{Answer, solve};
use crate::question::{Quantifier, Requests, Selector, Verdict};
use gateproof_encodings::classes::Values;
use gateproof_encodings::layers::CompiledPolicies;
use gateproof_encodings::term::Terms;
use gateproof_model::evaluator::Outcome;
use gateproof_model::json::Json;
use gateproof_model::policy::{Document, Effect, Source};
use gateproof_model::policy_parse::{DocumentKind, parse_document};
use gateproof_model::policy_set::PolicySet;
use std::borrow::Cow;
use std::sync::Arc;

/// So many actions of a question, and so many resource cases of each, are looked at.
const ACTIONS: usize = 16;
const CASES: usize = 8;

/// What is left out of the policies to come nearer.
#[derive(Debug, Clone, Copy)]
enum Without {
    Denies,
    DeniesAndLimits,
    Everything,
}

/// What comes of looking for the nearest request.
enum Nearest {
    /// What is said against it.
    Found(Vec<String>),
    /// There is none, even without those policies.
    NoRequest,
    /// The engine can't tell.
    NotKnown,
}

impl Estate {
    /// Fills in what blocks the callers of an answer that is impossible.
    ///
    /// # Errors
    /// Those of [`Estate::can`], for the same question.
    pub fn find_obstacles(
        &self,
        principals: &[Selector],
        requests: &Requests,
        settings: &Settings,
        answer: &mut CanAnswer,
    ) -> Result<(), AskError> {
        let callers = self.select(principals, &settings.environments)?;
        let prepared = self.prepare(requests, Quantifier::Some, settings)?;
        let mut all: Vec<String> = Vec::new();
        for (caller, (_, one)) in callers.iter().zip(&mut answer.principals) {
            let impossible = one.verdict == Verdict::Impossible;
            if let Some(proof) = one.proof.as_mut().filter(|_| impossible) {
                proof.blocked_by = self.obstacles(caller, &prepared);
                all.extend(proof.blocked_by.iter().filter(|o| !all.contains(o)).cloned().collect::<Vec<_>>());
            }
        }
        let impossible = answer.overall.verdict == Verdict::Impossible;
        if let Some(proof) = answer.overall.proof.as_mut().filter(|_| impossible) {
            proof.blocked_by = all;
        }
        Ok(())
    }

    fn obstacles<'a>(&'a self, caller: &CallerEntity, prepared: &'a Prepared<'a>) -> Vec<String> {
        let plans = self.nearest_plans(caller, prepared);
        let reach = Reach { by_identity: true, narrowed: false, refuted: false };
        let mut cases: Vec<(&Plan<'_>, Cow<'_, Target<'_>>)> = Vec::new();
        for plan in plans {
            let targets = plan.targets(self, caller, reach, &prepared.resources);
            cases.extend(targets.into_iter().take(CASES).map(|target| (plan, target)));
        }
        if cases.is_empty() {
            let text = "no resource of the question is of the caller's account, or known to have a policy";
            return vec![text.to_owned()];
        }
        let mut terms = Terms::default();
        let mut sure = true;
        for without in [Without::Denies, Without::DeniesAndLimits, Without::Everything] {
            for (plan, target) in &cases {
                let piece = Piece {
                    for_all: true,
                    second: false,
                    caller,
                    plan,
                    target,
                    resources: &prepared.resources,
                    when: &prepared.requests.when,
                    quantifier: Quantifier::Some,
                    effort: &prepared.effort,
                    only: None,
                };
                match self.against_nearest(&mut terms, &piece, without) {
                    Nearest::Found(said) => return said,
                    Nearest::NoRequest => {}
                    Nearest::NotKnown => sure = false,
                }
            }
        }
        let none_fits = "no request that was tried fits the question's resources and conditions";
        sure.then(|| none_fits.to_owned()).into_iter().collect()
    }

    /// The plans of some actions, those first that the caller's own policies list.
    fn nearest_plans<'a>(&'a self, caller: &CallerEntity, prepared: &'a Prepared<'a>) -> Vec<&'a Plan<'a>> {
        let allowed = prepared.prefilter.allowed(caller, &self.compiler).by_identity;
        let known = prepared.actions.known.iter().zip(&prepared.plans);
        let (listed, others): (Vec<_>, Vec<_>) = known.partition(|(action, _)| allowed.contains(action.id()));
        let nearest = listed.into_iter().chain(others).take(ACTIONS);
        let mut plans: Vec<&Plan<'_>> = nearest
            .map(|(action, plan)| {
                plan.get_or_init(|| self.plan(Some(*action), &[], &prepared.resources, &prepared.cases))
            })
            .collect();
        if plans.is_empty() {
            let open = &prepared.actions.open;
            let made = || self.plan(None, open, &prepared.resources, &prepared.cases);
            plans.push(prepared.open_plan.get_or_init(made));
        }
        plans
    }

    /// What is said against a request of the piece that the policies without some would allow.
    fn against_nearest(&self, terms: &mut Terms, piece: &Piece<'_>, without: Without) -> Nearest {
        let facts = Facts::of(self, piece, piece.plan.action.is_some());
        let policies = self.policies(piece, &self.request(piece, &facts, &Values::default()));
        let relaxed = CompiledPolicies::of(&relax(&policies, without), &self.compiler);
        terms.clear();
        let formula = self.encode_under(terms, piece, &facts, &relaxed.layers());
        if !formula.open_variables.is_empty() {
            return Nearest::NotKnown;
        }
        let mut said = Vec::new();
        let limits = &piece.effort.limits;
        let atoms = terms.atoms().to_vec();
        let answer = solve(terms, formula.root, &self.memory, limits, |values, combination| {
            let mut values = values.clone();
            beautify(piece, &facts, &atoms, combination, &mut values);
            let request = self.request(piece, &facts, &values);
            let decision = self.replay(&self.policies(piece, &request), &request, &values);
            said = match decision.outcome {
                Outcome::Allowed => vec![ONE_OF_SEVERAL.to_owned()],
                _ => decision.because.iter().map(ToString::to_string).collect(),
            };
            Ok(())
        });
        match answer {
            Answer::Satisfiable(_) => Nearest::Found(said),
            Answer::Unsatisfiable(_) => Nearest::NoRequest,
            Answer::Unknown(_) => Nearest::NotKnown,
        }
    }
}

/// What is said of a request that is allowed though the call is not.
const ONE_OF_SEVERAL: &str = "another authorization that the call needs is not allowed with this one";

fn relax(policies: &PolicySet, without: Without) -> PolicySet {
    let allows = |documents: &[Arc<Document>]| documents.iter().map(only_allows).collect::<Vec<_>>();
    let levels = |levels: &[Vec<Arc<Document>>]| levels.iter().map(|l| allows(l)).collect::<Vec<_>>();
    let relaxed = PolicySet {
        identity: allows(&policies.identity),
        boundary: policies.boundary.as_deref().map(allows),
        session: policies.session.as_deref().map(allows),
        resource: policies.resource.as_ref().map(only_allows),
        scps: levels(&policies.scps),
        rcps: levels(&policies.rcps),
        endpoint: policies.endpoint.as_deref().map(allows),
        ..policies.clone()
    };
    match without {
        Without::Denies => relaxed,
        Without::DeniesAndLimits => {
            PolicySet { boundary: None, scps: Vec::new(), rcps: Vec::new(), endpoint: None, ..relaxed }
        }
        Without::Everything => PolicySet {
            identity: all_allowed(DocumentKind::Identity).into_iter().collect(),
            resource: all_allowed(DocumentKind::Resource),
            ..PolicySet::default()
        },
    }
}

fn only_allows(document: &Arc<Document>) -> Arc<Document> {
    if document.statements.iter().all(|s| s.effect == Effect::Allow) {
        return document.clone();
    }
    let statements = document.statements.iter().filter(|s| s.effect == Effect::Allow).cloned().collect();
    Arc::new(Document { source: document.source.clone(), version: document.version, statements })
}

fn all_allowed(kind: DocumentKind) -> Option<Arc<Document>> {
    let principal = if kind == DocumentKind::Resource { r#""Principal":"*","# } else { "" };
    let text = format!(r#"{{"Statement":{{"Effect":"Allow",{principal}"Action":"*","Resource":"*"}}}}"#);
    let source = Source { policy: "everything".into(), file: "(supposed)".into(), pointer: "".into() };
    let (document, _) = parse_document(&Json::parse(&text).ok()?, kind, source).ok()?;
    Some(Arc::new(document))
}
