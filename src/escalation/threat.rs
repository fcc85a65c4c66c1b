//! Threats: steps of a plan that take from later ones what these need, and steps that give it again.
//!
//! A plan is made of what each step can't do without by itself. In no order of its steps may all be made, since one takes away what
//! another has from the beginning: a policy's other version allows more of this and less of that. The facts that make up for it are
//! asked for beside the plan's own (the *white knights* of D. Chapman, "Planning for conjunctive goals", 1987, section 3.2), so longer
//! plans come about.

use super::chain::Chains;
use super::fact::Fact;
use super::partial::{Before, Partial};
use super::policies::Reading;
use std::collections::BTreeSet;

/// How many sets of facts are tried for each threat.
const MOST_SETS: usize = 200;

/// Something that isn't done after some steps, though all is had that it can't do without.
#[derive(Debug, Clone)]
struct Threat {
    /// The steps that were made, in order.
    done: Vec<usize>,
    /// The step that isn't made; none: the goal isn't met.
    step: Option<usize>,
    /// The facts of which some may make up for what was taken away.
    among: Vec<usize>,
}

/// What stopped the orders of a plan's steps.
#[derive(Debug, Default)]
pub(super) struct Threats(Vec<Threat>);

impl Threats {
    /// Notes one, unless the same steps stopped the same in another order.
    pub fn note(&mut self, done: &[usize], step: Option<usize>) {
        let set: BTreeSet<usize> = done.iter().copied().collect();
        let is_same = |known: &Threat| {
            known.step == step && known.done.len() == done.len() && known.done.iter().all(|n| set.contains(n))
        };
        if !self.0.iter().any(is_same) {
            self.0.push(Threat { done: done.to_vec(), step, among: Vec::new() });
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A plan in no order of which all steps are made.
#[derive(Debug)]
pub(super) struct Threatened {
    /// The place of the session that is to meet the goal.
    pub met: usize,
    steps: BTreeSet<usize>,
    threats: Threats,
    /// With how many facts more it was tried.
    tried: usize,
    /// What it becomes by them.
    pub mended: Vec<Partial>,
}

impl Threatened {
    pub fn new(met: usize, steps: BTreeSet<usize>, threats: Threats) -> Self {
        Self { met, steps, threats, tried: 0, mended: Vec::new() }
    }
}

impl Chains<'_, '_, '_> {
    /// Mends a threatened plan by facts for which there are steps left, one or two at once; whether more steps might mend it in other ways.
    pub fn mend(&mut self, plan: &mut Threatened, longest: usize) -> bool {
        let room = longest.saturating_sub(plan.steps.len());
        if plan.tried == 0 && room > 0 {
            self.settle(plan);
        }
        while plan.tried < room {
            plan.tried += 1;
            for threat in &plan.threats.0 {
                let sets = match plan.tried {
                    1 => threat.among.iter().map(|fact| vec![*fact]).collect(),
                    2 => pairs(&threat.among),
                    _ => Vec::new(),
                };
                // Three at once aren't tried.
                self.left_out |= sets.len() > MOST_SETS || plan.tried == 3 && threat.among.len() >= 3;
                for set in sets.into_iter().take(MOST_SETS) {
                    if self.is_done(plan.met, threat, &set) {
                        plan.mended.push(self.with_given(&plan.steps, threat, &set));
                    }
                }
            }
        }
        room < 3 && (plan.tried == 0 || plan.threats.0.iter().any(|threat| threat.among.len() > room))
    }

    /// Leaves the threats that are some: what isn't done as it is, and may be with other facts that can be had.
    fn settle(&mut self, plan: &mut Threatened) {
        let mut threats = std::mem::take(&mut plan.threats.0);
        threats.retain_mut(|threat| {
            let needs = match threat.step {
                Some(step) => self.needed.get(&step),
                None => self.goals.get(&plan.met),
            };
            let given = |fact: &usize| plan.steps.iter().any(|step| self.steps.gives(*step).contains(fact));
            let is_other = |fact: &usize| self.steps.level(*fact) < usize::MAX && !given(fact);
            let among = needs.into_iter().flat_map(|needs| needs.among.iter().copied());
            threat.among = among.filter(is_other).collect();
            !threat.among.is_empty() && !self.is_done(plan.met, threat, &[])
        });
        plan.threats = Threats(threats);
    }

    /// Whether what was stopped is done after the steps with these facts more.
    fn is_done(&mut self, met: usize, threat: &Threat, more: &[usize]) -> bool {
        let found = self.found;
        if self.is_spent() {
            self.left_out = true;
            return false;
        }
        let given = threat.done.iter().filter_map(|n| found.all().instances.get(*n)).flat_map(|i| &i.facts);
        let added = more.iter().filter_map(|n| self.bearing.fact(*n));
        let facts: Vec<Fact> = given.chain(added).filter(|fact| fact.session().is_none()).cloned().collect();
        match threat.step {
            Some(step) => {
                let instance = found.all().instances.get(step);
                instance.is_some_and(|instance| self.made(&facts, Reading::Exactly, instance).is_some())
            }
            None => {
                let session = found.aimed.met.get(met).and_then(|met| met.by.session());
                session.is_none_or(|session| self.is_met(&facts, Reading::Exactly, session))
            }
        }
    }

    /// The plan where some facts more are given before what was stopped.
    fn with_given(&self, steps: &BTreeSet<usize>, threat: &Threat, more: &[usize]) -> Partial {
        let mut partial = Partial { steps: steps.clone(), ..Partial::default() };
        let before =
            Before { steps: threat.step.into_iter().collect(), later: usize::from(threat.step.is_some()) };
        more.iter().for_each(|fact| partial.ask_for(&self.steps, *fact, &before));
        partial
    }
}

/// All pairs of some numbers.
fn pairs(among: &[usize]) -> Vec<Vec<usize>> {
    let with_later = |(n, one): (usize, &usize)| {
        let one = *one;
        among.iter().skip(n + 1).map(move |other| vec![one, *other])
    };
    among.iter().enumerate().flat_map(with_later).take(MOST_SETS + 1).collect()
}
