//! `reach`: whether a target can be reached in any number of steps, by a chain that was replayed or by a proof that
//! no chain exists.

use super::chain::{Chain, Chains};
use super::fact::Fact;
use super::graph::Graph;
use super::made::tells_names_apart;
use super::search::{Found, Goal, Search};
use super::session::Start;
use super::step::Instance;
use crate::ask::{AskError, CallerEntity, Estate, Settings};
use crate::question::{
    Answer, Constraint, ProofSummary, Requests, Selector, SolverName, Step, Undecided, Verdict, Witness,
};
use gateproof_encodings::primitive::Primitive;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is to be reached.
#[derive(Debug, Clone)]
pub enum Target {
    /// Some request of these, allowed in whatever session.
    Access(Requests),
    /// A session of one of these principals.
    Controls(Vec<Selector>),
}

/// How to look.
#[derive(Debug, Clone)]
pub struct EscalationSettings {
    /// How the questions about single calls are answered.
    pub ask: Settings,
    /// The steps that an attacker can make.
    pub primitives: Vec<Primitive>,
    /// How many chains are shown.
    pub chains: usize,
    /// Whether all that can be had is looked for, so that the graph holds every path; otherwise the search ends where the
    /// target is met.
    pub all_paths: bool,
}

/// All that an attacker can come to, where the target is not among it: what `reach` calls *impossible* rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invariant {
    /// The facts. No step leads from them to others.
    pub facts: BTreeSet<Fact>,
}

/// The answer to `reach`.
#[derive(Debug, Clone)]
pub struct ReachAnswer {
    /// The answer over all starting principals: reachable if one of them reaches the target.
    pub overall: Answer,
    /// Each starting principal's answer.
    pub principals: Vec<(Arc<str>, Answer)>,
    /// Of the first principal that reaches the target: its chains, shortest first.
    pub chains: Vec<Witness>,
    /// The same principal's ways to the target.
    pub graph: Graph,
    /// Of each starting principal that can't reach the target, all that it can come to.
    pub invariants: Vec<Option<Invariant>>,
}

impl Estate {
    /// Whether a target can be reached from principals, in any number of steps.
    ///
    /// # Errors
    /// Where a selector or the action globs name nothing.
    pub fn reach(
        &self,
        from: &[Selector],
        when: &[Constraint],
        target: &Target,
        settings: &EscalationSettings,
    ) -> Result<ReachAnswer, AskError> {
        let goal = self.goal(target, &settings.ask)?;
        let callers = self.select(from, &settings.ask.environments)?;
        let mut principals = Vec::new();
        let (mut chains, mut graph, mut invariants) = (Vec::new(), Graph::default(), Vec::new());
        for caller in callers {
            let id = caller.id.clone();
            let start = Start { callers: vec![caller], when: when.to_vec() };
            let (answer, found, ways, invariant) = self.reach_from(&start, &goal, settings);
            if chains.is_empty() {
                (chains, graph) = (found, ways);
            }
            invariants.push(invariant);
            principals.push((id, answer));
        }
        let overall = overall(&principals);
        Ok(ReachAnswer { overall, principals, chains, graph, invariants })
    }

    /// Everyone who can come to some matching request, directly or in any number of steps: as [`Estate::who_can`], and for
    /// those who can't directly, by [`Estate::reach`].
    ///
    /// # Errors
    /// Where the action globs name nothing.
    pub fn who_can_come_to(
        &self,
        requests: &Requests,
        settings: &EscalationSettings,
    ) -> Result<Vec<(Arc<str>, Answer)>, AskError> {
        let direct = self.who_can(requests, &settings.ask)?;
        let goal = Goal::Access(Requests { when: Vec::new(), ..requests.clone() });
        let callers: Vec<&CallerEntity> = self.callers().iter().chain(&self.beside).collect();
        settings.ask.progress.expect(callers.len());
        let answers = callers.into_par_iter().zip(direct).map(|(caller, (id, answer))| {
            settings.ask.progress.step();
            if answer.verdict == Verdict::Reachable {
                return (id, answer);
            }
            let start = Start { callers: vec![caller.clone()], when: requests.when.clone() };
            let (through, ..) = self.reach_from(&start, &goal, settings);
            (id, through)
        });
        Ok(answers.collect())
    }

    fn goal(&self, target: &Target, settings: &Settings) -> Result<Goal, AskError> {
        match target {
            Target::Access(requests) => {
                // Says at once what names nothing.
                self.prepare(requests, crate::question::Quantifier::Some, settings)?;
                Ok(Goal::Access(requests.clone()))
            }
            Target::Controls(selectors) => {
                let callers: Vec<CallerEntity> = self.select(selectors, &settings.environments)?;
                Ok(Goal::Controls(callers.into_iter().map(|c| c.id).collect()))
            }
        }
    }

    fn reach_from(
        &self,
        start: &Start,
        goal: &Goal,
        settings: &EscalationSettings,
    ) -> (Answer, Vec<Witness>, Graph, Option<Invariant>) {
        let (found, shown, graph) = self.look_for_chains(start, goal, settings);
        let strict = settings.ask.effort.strict;
        let witnesses: Vec<(Witness, Vec<String>)> =
            shown.iter().map(|chain| witness(chain, &settings.primitives)).collect();
        if let Some((witness, assumptions)) = witnesses.first() {
            let mut answer = empty(Verdict::Reachable);
            if let (true, Some(granted)) = (strict, assumptions.first()) {
                answer.verdict = Verdict::Undecided;
                answer.undecided = Some(Undecided {
                    reason: format!("strict: a chain would take for granted that {granted}"),
                    place: witness.steps.first().map(|s| s.caller.clone()).unwrap_or_default(),
                });
                return (answer, Vec::new(), graph, None);
            }
            answer.witness = Some(witness.clone());
            answer.assumptions = Arc::new(assumptions.clone());
            return (answer, witnesses.into_iter().map(|(witness, _)| witness).collect(), graph, None);
        }
        let answer = self.without_chain(&found, settings);
        let impossible = answer.verdict == Verdict::Impossible;
        (answer, Vec::new(), graph, impossible.then_some(Invariant { facts: found.facts }))
    }

    /// The steps, the chains among them, and all ways as a graph.
    ///
    /// A chain of `n` steps is found by round `n` at the latest. Where one has more steps than rounds were made until the target
    /// was met, another of fewer steps may need more rounds, or a fact that was left out as needless.
    fn look_for_chains(
        &self,
        start: &Start,
        goal: &Goal,
        settings: &EscalationSettings,
    ) -> (Found, Vec<Chain>, Graph) {
        let met = |found: &Found| found.met.iter().any(|m| m.unknown.is_none());
        let mut every_way = settings.all_paths || settings.chains > 1;
        let mut rounds = 0;
        let mut best: Option<(Found, Vec<Chain>, Graph)> = None;
        loop {
            let search = Search {
                estate: self,
                primitives: &settings.primitives,
                settings: &settings.ask,
                start,
                goal: Some(goal),
                every_way,
            };
            let found = search.run(|found, round| !settings.all_paths && met(found) && round >= rounds);
            let (chains, graph) = Chains::of(&search, &found, goal).shortest(settings.chains.max(1));
            let steps = chains.first().map(|chain| chain.steps.len());
            let ended = search.cancelled();
            if let Some(best) = best.take().filter(|_| ended) {
                return best;
            }
            let shortest = match steps {
                Some(steps) => found.met_in.is_some_and(|least| steps <= least),
                None => found.met.is_empty(),
            };
            let looked_at_all =
                every_way && (found.complete || steps.is_some_and(|steps| steps <= found.rounds + 1));
            if shortest || looked_at_all || ended {
                return (found, chains, graph);
            }
            every_way = true;
            rounds = steps.map_or(found.rounds + 1, |steps| steps - 1);
            best = steps.map(|_| (found, chains, graph));
        }
    }

    /// No chain was shown: a proof that there is none, or why that is not known.
    fn without_chain(&self, found: &Found, settings: &EscalationSettings) -> Answer {
        let why = found.met.iter().find_map(|m| m.unknown.clone()).or_else(|| {
            let doubtful = found.instances.iter().find_map(|i| i.evidence.unknown.clone());
            (!found.met.is_empty()).then(|| {
                doubtful.unwrap_or_else(|| Undecided {
                    reason:
                        "what single steps allow does not come together in an order that could be replayed"
                            .to_owned(),
                    place: found.met.first().map(|m| m.session.to_string()).unwrap_or_default(),
                })
            })
        });
        let ended = (!found.complete && found.met.is_empty())
            .then(|| settings.ask.effort.ended("the search for steps"));
        if let Some(undecided) = why.or(ended) {
            return Answer { undecided: Some(undecided), ..empty(Verdict::Undecided) };
        }
        let inventory = self.snapshot.inventory();
        let unread = found.kinds.iter().find_map(|(kind, account)| inventory.unread(kind, account).first());
        let spot = self.snapshot.blind_spots().first();
        let untold = found.untold.first().map(|field| Undecided {
            reason: format!("not known: the {field}"),
            place: "the inventory".to_owned(),
        });
        let hidden = unread
            .map(|p| Undecided { reason: format!("not known: {}", p.found), place: p.file.to_string() })
            .or(spot
                .map(|b| Undecided { reason: format!("not known: {}", b.what), place: b.file.to_string() }));
        let named = found.facts.iter().find_map(|fact| match fact {
            Fact::NewPrincipal(made) => {
                let told = tells_names_apart(&self.snapshot, made)?;
                let reason = format!("another name for a new principal may make a difference: {told}");
                Some(Undecided { reason, place: made.to_string() })
            }
            _ => None,
        });
        if let Some(undecided) = hidden.or(untold).or(named) {
            return Answer { undecided: Some(undecided), ..empty(Verdict::Undecided) };
        }
        let mut solvers = vec![SolverName { name: "batsat".to_owned(), version: "0.6.0".to_owned() }];
        let mut encodings = vec!["classes".to_owned()];
        let assumptions = self.taken(found);
        if found.refuted.seconded > 0 {
            encodings.push("strings".to_owned());
            solvers.push(SolverName { name: "z3".to_owned(), version: crate::solver::z3::linked_version() });
        }
        Answer {
            proof: Some(ProofSummary {
                method: "invariant".to_owned(),
                encodings,
                solvers,
                formulas: found.refuted.formulas,
                folded: found.refuted.folded,
                seconded: found.refuted.seconded,
                second_unknown: found.refuted.second_unknown,
                scope: format!("any number of the {} kinds of step", settings.primitives.len()),
                blocked_by: Vec::new(),
            }),
            not_collected: assumptions.len(),
            assumptions: Arc::new(assumptions),
            ..empty(Verdict::Impossible)
        }
    }

    /// The inputs that were never collected, and what is taken for them.
    fn taken(&self, found: &Found) -> Vec<String> {
        let inventory = self.snapshot.inventory();
        let policies = self.snapshot.assumptions().iter();
        let policies = policies.map(|a| format!("{} (to supply it: {})", a.text, a.cli_command));
        let listings = found.kinds.iter().filter_map(|(kind, account)| {
            let commands = inventory.not_collected(kind, account)?;
            Some(format!("account {account} has no {kind} (to supply it: {})", commands.join("; ")))
        });
        policies.chain(listings).collect()
    }
}

fn empty(verdict: Verdict) -> Answer {
    Answer {
        verdict,
        witness: None,
        proof: None,
        assumptions: Arc::default(),
        not_collected: 0,
        undecided: None,
    }
}

/// The requests of a chain, and what they take for granted.
fn witness(chain: &Chain, primitives: &[Primitive]) -> (Witness, Vec<String>) {
    let mut steps: Vec<Step> = Vec::new();
    let mut assumptions: BTreeSet<String> = BTreeSet::new();
    for (instance, evidence) in &chain.steps {
        let Some(primitive) = primitives.get(instance.primitive) else { continue };
        let first = steps.len();
        steps.extend(evidence.steps().cloned());
        for step in steps.iter_mut().skip(first) {
            step.technique = Some(primitive.id.clone());
        }
        if let Some(last) = steps.last_mut() {
            last.gains = Some(gains(instance));
        }
        assumptions.extend(evidence.assumptions().cloned());
        assumptions.extend(primitive.state.iter().chain(&primitive.external).cloned());
    }
    let (_, last) = &chain.end;
    steps.extend(last.steps.iter().cloned());
    assumptions.extend(last.assumptions.iter().cloned());
    let aws_cli = steps.iter().map(crate::ask::command).collect();
    (Witness { steps, aws_cli }, assumptions.into_iter().collect())
}

pub(super) fn gains(instance: &Instance) -> String {
    let facts: Vec<String> = instance.facts.iter().map(Fact::to_string).collect();
    facts.join("; ")
}

fn overall(principals: &[(Arc<str>, Answer)]) -> Answer {
    let found = |verdict| principals.iter().map(|(_, a)| a).find(|a| a.verdict == verdict);
    let chosen = found(Verdict::Reachable).or_else(|| found(Verdict::Undecided));
    if let Some(answer) = chosen {
        return answer.clone();
    }
    let mut whole = principals.first().map_or_else(|| empty(Verdict::Impossible), |(_, a)| a.clone());
    for (_, answer) in principals.iter().skip(1) {
        if let (Some(all), Some(one)) = (&mut whole.proof, &answer.proof) {
            all.formulas += one.formulas;
            all.folded += one.folded;
            all.second_unknown += one.second_unknown;
            all.seconded += one.seconded;
        }
    }
    whole
}
