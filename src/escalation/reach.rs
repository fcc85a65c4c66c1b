//! `reach`: whether a target can be reached in any number of steps, by a chain that was replayed or by a proof that
//! no chain exists.

use super::anyone::matters_beside;
use super::chain::Chains;
use super::commands::commands;
use super::fact::Fact;
use super::found::{Aimed, Found};
use super::gathered::Gathered;
use super::graph::Graph;
use super::ground::Ground;
use super::plan::Shortest;
use super::replay::Chain;
use super::search::Search;
use super::session::Start;
use super::step::Instance;
use super::target::{Goal, Target};
use super::walk::From;
use crate::ask::{AskError, CallerEntity, Environments, Estate, Settings};
use crate::question::answer::EXISTS;
use crate::question::{
    Answer, Constraint, ProofSummary, Requests, Selector, SolverName, Step, Undecided, Untold, Verdict,
    Witness,
};
use gateproof_encodings::primitive::Primitive;
use gateproof_model::snapshot::Missing;
use rayon::prelude::*;
use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Whose attack on what is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Attack<'q> {
    /// From whom.
    pub from: &'q [Selector],
    /// Whether one attacker holds all of them at once; otherwise each is asked about by itself.
    pub together: bool,
    /// What holds of the starting sessions and their requests.
    pub when: &'q [Constraint],
    /// What is to be reached.
    pub target: &'q Target,
}

/// Where an attacker comes to more facts than these, the chain that was found is shown, though a shorter one may need a fact
/// that was left out as needless.
const MOST_FOR_SHORTEST: usize = 1_000;

/// How to look.
#[derive(Debug, Clone)]
pub struct EscalationSettings {
    /// How the questions about single calls are answered.
    pub ask: Settings,
    /// The steps that an attacker can make.
    pub primitives: Vec<Primitive>,
    /// How many chains are shown.
    pub chains: usize,
    /// Whether it is first asked what whoever is in the attacker's accounts comes to, whatever the policies there say; otherwise only where a search would
    /// be long, or came to nothing.
    pub for_anyone: bool,
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

/// What was found out about one start.
struct Shown {
    witnesses: Vec<(Witness, String)>,
    graph: Graph,
    invariant: Option<Invariant>,
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
    /// Which target each chain reaches, as the command line has it.
    pub reached: Vec<String>,
    /// The same principal's ways to the target, where [`EscalationSettings::all_paths`] asks for them.
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
        self.attack(&Attack { from, together: false, when, target }, settings)
    }

    /// The same, where the attacker may hold several principals at once.
    ///
    /// # Errors
    /// As [`Estate::reach`].
    pub fn attack(
        &self,
        attack: &Attack<'_>,
        settings: &EscalationSettings,
    ) -> Result<ReachAnswer, AskError> {
        self.attack_on(&Ground::of(self, &settings.ask), attack, settings)
    }

    /// The same, with what other attacks with the same settings found out.
    pub(crate) fn attack_on(
        &self,
        ground: &Ground<'_>,
        attack: &Attack<'_>,
        settings: &EscalationSettings,
    ) -> Result<ReachAnswer, AskError> {
        let environments = &settings.ask.environments;
        let goal = Goal::of(attack.target, self, environments)?;
        goal.check(self, &settings.ask)?;
        let mut whole = ReachAnswer {
            overall: Answer::bare(Verdict::Impossible),
            principals: Vec::new(),
            chains: Vec::new(),
            reached: Vec::new(),
            graph: Graph::default(),
            invariants: Vec::new(),
        };
        let starts = self.starts(attack.from, attack.together, attack.when, environments)?;
        for (n, start) in starts.into_iter().enumerate() {
            let place = (!attack.together).then_some(n);
            let from = From { selectors: attack.from.to_vec(), when: attack.when.to_vec(), place };
            let (answer, found) = self.reach_from(ground, (&start, Some(&from)), &goal, settings);
            if whole.chains.is_empty() {
                (whole.chains, whole.reached) = found.witnesses.into_iter().unzip();
                whole.graph = found.graph;
            }
            whole.invariants.push(found.invariant);
            whole.principals.push((start.name(), answer));
        }
        whole.overall = overall(&whole.principals);
        let unlisted = self.unlisted_among(attack.from, environments);
        whole.overall.and_of_unlisted(Verdict::Impossible, unlisted);
        Ok(whole)
    }

    /// From where an attack starts: from each principal by itself, or from all of them at once.
    pub(crate) fn starts(
        &self,
        from: &[Selector],
        together: bool,
        when: &[Constraint],
        environments: &Environments,
    ) -> Result<Vec<Start>, AskError> {
        let callers = self.select(from, environments)?;
        let of = |callers| Start { callers, when: when.to_vec(), ..Start::default() };
        Ok(if together { vec![of(callers)] } else { callers.into_iter().map(|c| of(vec![c])).collect() })
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
        let goal = Goal::access(Requests { when: Vec::new(), ..requests.clone() });
        let callers: Vec<&CallerEntity> = self.callers().chain(&self.beside).collect();
        settings.ask.progress.expect(callers.len());
        let ground = Ground::of_many(self, &settings.ask);
        let answers = callers.into_par_iter().zip(direct).map(|(caller, (id, answer))| {
            settings.ask.progress.step();
            if answer.verdict == Verdict::Reachable {
                return (id, answer);
            }
            let start =
                Start { callers: vec![caller.clone()], when: requests.when.clone(), ..Start::default() };
            (id, self.reach_from(&ground, (&start, None), &goal, settings).0)
        });
        let mut answers: Vec<_> = answers.collect();
        answers.extend(self.unlisted().into_iter().map(|some| (some.name(), some.answer)));
        Ok(answers)
    }

    fn reach_from(
        &self,
        ground: &Ground<'_>,
        (start, from): (&Start, Option<&From>),
        goal: &Goal,
        settings: &EscalationSettings,
    ) -> (Answer, Shown) {
        let primitives = &*goal.relevant(&settings.primitives);
        let beneath = LazyCell::new(|| match settings.all_paths || settings.ask.exhaustive {
            true => None,
            false => self.beneath_ceiling(ground, start, (primitives, goal), settings),
        });
        let for_anyone = || {
            let found = beneath.as_ref()?;
            let invariant = Some(Invariant { facts: found.all().facts.clone() });
            let shown = Shown { witnesses: Vec::new(), graph: Graph::default(), invariant };
            Some((self.without_chain(found, goal, settings), shown))
        };
        if let Some(shown) = settings.for_anyone.then(for_anyone).flatten() {
            return shown;
        }
        let looked = self.look_for_chains(ground, (start, from), (primitives, goal), settings, &|all| {
            self.is_long(all) && beneath.is_some()
        });
        let Looked { found, chains, graph, is_shortest } = looked;
        let told = chains.iter().map(|chain| told(chain, primitives, is_shortest));
        let (witnesses, assumptions): (Vec<(Witness, String)>, Vec<Vec<String>>) = told.unzip();
        let (Some((witness, _)), Some(assumptions)) = (witnesses.first(), assumptions.first()) else {
            let answer = self.without_chain(&found, goal, settings);
            let impossible = answer.verdict == Verdict::Impossible;
            if let Some(shown) = (!impossible).then(for_anyone).flatten() {
                return shown;
            }
            let invariant = impossible.then(|| Invariant { facts: found.all().facts.clone() });
            return (answer, Shown { witnesses, graph, invariant });
        };
        let mut answer = Answer::bare(Verdict::Reachable);
        if let (true, Some(granted)) = (settings.ask.effort.strict, assumptions.first()) {
            answer.verdict = Verdict::Undecided;
            answer.undecided = Some(Undecided {
                reason: format!("strict: a chain would take for granted that {granted}"),
                place: witness.steps.first().map(|s| s.caller.clone()).unwrap_or_default(),
            });
            return (answer, Shown { witnesses: Vec::new(), graph, invariant: None });
        }
        answer.witness = Some(witness.clone());
        answer.assumptions = Arc::new(assumptions.clone());
        (answer, Shown { witnesses, graph, invariant: None })
    }

    /// The steps, the chains among them, and all ways as a graph.
    ///
    /// A chain of `n` steps is found by round `n` at the latest. Where one has more steps than rounds were made until the target
    /// was met, another of fewer steps may need more rounds, or a fact that was left out as needless.
    ///
    /// `needless`: of a search that came so far, whether it is known to come to nothing.
    fn look_for_chains(
        &self,
        ground: &Ground<'_>,
        (start, from): (&Start, Option<&From>),
        (primitives, goal): (&[Primitive], &Goal),
        settings: &EscalationSettings,
        needless: &dyn Fn(&Gathered) -> bool,
    ) -> Looked {
        // Rounds that end early are a goal's own.
        let shared = from.filter(|_| !goal.may_end_rounds());
        let mut every_way = settings.all_paths || settings.chains > 1;
        let mut rounds = 0;
        let mut best: Option<Looked> = None;
        let mut so_far: Option<Found> = None;
        loop {
            let search = Search {
                estate: self,
                ground,
                primitives,
                settings: &settings.ask,
                start,
                goal: Some(goal),
                every_way,
                walk: shared.and_then(|from| ground.walk(from, every_way)),
            };
            let enough = |aimed: &Aimed, all: &Gathered| match aimed.is_met() {
                true => !settings.all_paths && all.rounds >= rounds,
                false => needless(all),
            };
            let found = match so_far.take() {
                Some(so_far) => search.further(so_far, enough),
                None => search.run(enough),
            };
            let known = best.as_ref().and_then(|best| best.chains.first()).map(|chain| chain.steps.len());
            let shorter = known.map_or(usize::MAX, |known| known.saturating_sub(1));
            let Shortest { chains, left_out, gave_up } =
                shortest_of(&search, &found, goal, (settings.chains.max(1), shorter));
            let graph = settings.all_paths.then(|| Chains::of(&search, &found, goal).graph());
            let graph = graph.unwrap_or_default();
            let steps = chains.first().map(|chain| chain.steps.len());
            // Among more steps still more is to be tried.
            let ended = search.cancelled() || every_way && steps.is_none() && gave_up;
            let none_shorter = known.is_some() && steps.is_none();
            if let Some(best) = best.take().filter(|_| ended || none_shorter) {
                return Looked { is_shortest: none_shorter && !left_out && !ended, ..best };
            }
            let shortest = match steps {
                Some(steps) => found.aimed.met_in.is_some_and(|least| steps <= least),
                None => found.aimed.met.is_empty(),
            };
            let looked_at_all = every_way
                && (found.all().complete || steps.is_some_and(|steps| steps <= found.all().rounds + 1));
            // Every way of so many sessions, or of principals of every name, would take longer than anybody waits.
            let many = found.all().by_sorts || found.all().facts.len() > MOST_FOR_SHORTEST;
            let settled = steps.is_some() && !every_way && many;
            // Every way leads to the same sessions, and what is taken for granted of new principals stays so.
            let supposed = found.all().by_sorts
                && found.all().complete
                && found.aimed.met.iter().all(|m| m.unknown.is_some());
            if shortest || looked_at_all || settled || supposed || ended {
                let is_shortest = shortest || looked_at_all && !left_out && !ended;
                return Looked { found, chains, graph, is_shortest };
            }
            // The same search goes on where every way was looked for already.
            so_far = every_way.then(|| found.clone());
            every_way = true;
            rounds = steps.map_or(found.all().rounds + 1, |steps| steps - 1);
            best = steps.map(|_| Looked { found, chains, graph, is_shortest: false });
        }
    }

    /// No chain was shown: a proof that there is none, or why that is not known.
    pub(super) fn without_chain(&self, found: &Found, goal: &Goal, settings: &EscalationSettings) -> Answer {
        let why = found.aimed.met.iter().find_map(|m| m.unknown.clone()).or_else(|| {
            let doubtful = found.all().instances.iter().find_map(|i| i.evidence.unknown.clone());
            (!found.aimed.met.is_empty()).then(|| {
                doubtful.unwrap_or_else(|| Undecided {
                    reason:
                        "what single steps allow does not come together in an order that could be replayed"
                            .to_owned(),
                    place: found.aimed.met.first().map(|m| m.by.to_string()).unwrap_or_default(),
                })
            })
        });
        let ended = (!found.all().complete && found.aimed.met.is_empty())
            .then(|| settings.ask.effort.ended("the search for steps"));
        if let Some(undecided) = why.or(ended) {
            return Answer { undecided: Some(undecided), ..Answer::bare(Verdict::Undecided) };
        }
        let inventory = self.snapshot.inventory();
        let kinds = self.kinds_of(found, goal);
        let unread = kinds.iter().find_map(|(kind, account)| inventory.unread(kind, account).first());
        let spot = self.snapshot.blind_spots().first();
        let untold = found.all().untold.first().map(|field| Undecided {
            reason: format!("not known: the {field}"),
            place: "the inventory".to_owned(),
        });
        let hidden = unread
            .map(|p| Undecided { reason: format!("not known: {}", p.found), place: p.file.to_string() })
            .or(spot
                .map(|b| Undecided { reason: format!("not known: {}", b.what), place: b.file.to_string() }));
        if let Some(undecided) = hidden.or(untold).or(found.all().untried.clone()) {
            return Answer { undecided: Some(undecided), ..Answer::bare(Verdict::Undecided) };
        }
        let taken = self.taken(&found.all().facts, &kinds);
        if let (Missing::Unknown, Some(untold)) = (self.missing, taken.first()) {
            let reason = format!("not known: whether {}", untold.what);
            let place = untold.command.clone().unwrap_or_default();
            return Answer {
                undecided: Some(Undecided { reason, place }),
                ..Answer::bare(Verdict::Undecided)
            };
        }
        let mut solvers = vec![SolverName { name: "batsat".to_owned(), version: "0.6.0".to_owned() }];
        let mut encodings = vec!["classes".to_owned()];
        let refuted = found.refuted();
        if refuted.seconded > 0 {
            encodings.push("strings".to_owned());
            solvers.push(SolverName { name: "z3".to_owned(), version: crate::solver::z3::linked_version() });
        }
        Answer {
            proof: Some(ProofSummary {
                method: "invariant".to_owned(),
                encodings,
                solvers,
                formulas: refuted.formulas,
                folded: refuted.folded,
                seconded: refuted.seconded,
                second_unknown: refuted.second_unknown,
                scope: scope_of(&found.all().facts, settings.primitives.len()),
                blocked_by: Vec::new(),
            }),
            untold: Arc::new(taken),
            ..Answer::bare(Verdict::Impossible)
        }
    }

    /// The kinds of object that steps and targets were looked for with, and the accounts.
    fn kinds_of(&self, found: &Found, goal: &Goal) -> BTreeSet<(String, Arc<str>)> {
        let accounts = || self.snapshot.accounts().iter().map(|a| a.id.clone());
        let told_by = goal.kinds().into_iter();
        let told_by = told_by.flat_map(|kind| accounts().map(move |account| (kind.to_owned(), account)));
        found.all().kinds.iter().cloned().chain(told_by).collect()
    }

    /// The inputs that were never collected, and what is taken for them.
    fn taken(&self, facts: &BTreeSet<Fact>, kinds: &BTreeSet<(String, Arc<str>)>) -> Vec<Untold> {
        let inventory = self.snapshot.inventory();
        let policies = matters_beside(&self.snapshot, facts).map(Untold::from);
        let listings = kinds.iter().filter_map(|(kind, account)| {
            let commands = inventory.not_collected(kind, account)?;
            let what = format!("account {account} has no {kind}");
            Some(Untold { what, command: Some(commands.join("; ")) })
        });
        policies.chain(listings).collect()
    }
}

/// What a proof is about.
fn scope_of(facts: &BTreeSet<Fact>, steps: usize) -> String {
    let whole = facts.iter().filter_map(Fact::whole_account).map(AsRef::as_ref);
    let steps = format!("any number of the {steps} kinds of step");
    match whole.collect::<Vec<&str>>().join(" or ") {
        none if none.is_empty() => steps,
        accounts => format!("whoever is in account {accounts}, and {steps}"),
    }
}

/// Up to so many chains of at most so many steps, of all steps that were found or, where those are too many, of a few.
fn shortest_of(
    search: &Search<'_, '_>,
    found: &Found,
    goal: &Goal,
    (most, longest): (usize, usize),
) -> Shortest {
    let mut shortest = Chains::of(search, found, goal).shortest(most, longest);
    if shortest.chains.is_empty()
        && shortest.left_out
        && search.every_way
        && let Some(mut few) = Chains::of_few(search, found, goal)
    {
        shortest.chains = few.shortest(most, longest).chains;
    }
    shortest
}

/// What a search for chains came to.
struct Looked {
    found: Found,
    chains: Vec<Chain>,
    /// All ways, where they are wanted.
    graph: Graph,
    /// Whether no chain is shorter than the first.
    is_shortest: bool,
}

/// The requests of a chain, the target that they reach, and what they take for granted.
fn told(chain: &Chain, primitives: &[Primitive], is_shortest: bool) -> ((Witness, String), Vec<String>) {
    let mut steps: Vec<Step> = Vec::new();
    let mut assumptions: BTreeSet<String> = BTreeSet::new();
    for instance in &chain.steps {
        let Some(primitive) = primitives.get(instance.primitive) else { continue };
        let first = steps.len();
        steps.extend(instance.evidence.steps().cloned());
        for step in steps.iter_mut().skip(first) {
            step.technique = Some(primitive.id.clone());
        }
        if let Some(last) = steps.last_mut() {
            last.gains = Some(gains(instance));
        }
        let own = instance.evidence.assumptions();
        assumptions.extend(own.filter(|a| !is_made(instance, primitive, a)).cloned());
        assumptions.extend(primitive.state.iter().chain(&primitive.external).cloned());
    }
    steps.extend(chain.end.steps.iter().cloned());
    assumptions.extend(chain.end.assumptions.iter().cloned());
    let aws_cli = commands(chain, primitives);
    let witness = Witness { steps, aws_cli, may_be_shorter: !is_shortest };
    ((witness, chain.target.clone()), assumptions.into_iter().collect())
}

/// Whether an assumption says that there is what the step makes.
fn is_made(instance: &Instance, primitive: &Primitive, assumption: &str) -> bool {
    let new = |variable: &String| primitive.bind.get(variable).is_some_and(|b| b.kind == "fresh");
    let mut made = instance.binding.iter().filter(|(variable, _)| new(variable));
    made.any(|(_, object)| assumption == format!("`{}` {EXISTS}", object.arn))
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
    let mut whole = principals.first().map_or_else(|| Answer::bare(Verdict::Impossible), |(_, a)| a.clone());
    for (_, answer) in principals.iter().skip(1) {
        if let (Some(all), Some(one)) = (&mut whole.proof, &answer.proof) {
            all.formulas += one.formulas;
            all.folded += one.folded;
            all.second_unknown += one.second_unknown;
            all.seconded += one.seconded;
        }
        whole.rest_also_on(&answer.untold);
    }
    whole
}
