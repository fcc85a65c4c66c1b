//! Plans: smallest sets of steps that the goal can be met by, looked for backwards from the goal.
//!
//! A plan begins with a set of facts that the goal hangs on. As long as some fact of it is open, a step is added that gives
//! it, with the facts that the step cannot do without in turn. Plans of no step come first, then those of one, and so on, so the
//! first that can be replayed is a shortest chain. How early a fact can be had at all bounds what is worth looking at: the
//! more steps were looked at, the better.

use super::bearing::Bearing;
use super::bound::Early;
use super::chain::{Chains, Needs};
use super::fact::{Fact, Session};
use super::partial::{Before, Partial};
use super::policies::Reading;
use super::replay::{Chain, Replayed};
use super::step::Instance;
use super::tags::tagging;
use super::threat::{Threatened, Threats};
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};

/// How many partial plans are looked at.
const MOST_PLANS: usize = 60_000;
/// How often a step is tried in some place of a plan.
const MOST_PLACES: usize = 400;

/// The steps of a search, by what they give.
pub(super) struct Steps {
    giving: Vec<Vec<usize>>,
    /// The facts that each step gives.
    gives: Vec<Vec<usize>>,
    /// The session of each step.
    sessions: Vec<Option<usize>>,
    /// The user or role that each step makes.
    makes: Vec<Option<usize>>,
    /// The steps that are shown to be possible: others take part in no chain.
    shown: Vec<usize>,
    /// The facts that the attack starts with.
    start: Vec<usize>,
    /// The fewest steps after which each fact can be had.
    levels: Vec<usize>,
    /// The fewest steps after which each step has been made.
    made: Vec<usize>,
    /// How many facts a step gives at most.
    pub most_given: usize,
}

impl Steps {
    /// The steps in some `places` among the instances.
    pub fn of(
        instances: &[Instance],
        places: &[usize],
        bearing: &Bearing<'_>,
        start: impl Iterator<Item = Session>,
    ) -> Self {
        let number = |fact: &Fact| bearing.number(fact);
        let gives: Vec<Vec<usize>> =
            instances.iter().map(|i| i.facts.iter().filter_map(number).collect()).collect();
        let sessions = instances.iter().map(|i| number(&Fact::Session(i.session.clone()))).collect();
        let makes = |i: &Instance| i.facts.iter().find(|fact| fact.made().is_some()).and_then(number);
        let makes = instances.iter().map(makes).collect();
        let is_shown =
            |n: &usize| instances.get(*n).is_some_and(|instance| instance.evidence.unknown.is_none());
        let shown: Vec<usize> = places.iter().copied().filter(is_shown).collect();
        let mut giving: Vec<Vec<usize>> = vec![Vec::new(); bearing.len()];
        for n in &shown {
            for fact in gives.get(*n).into_iter().flatten() {
                if let Some(steps) = giving.get_mut(*fact) {
                    steps.push(*n);
                }
            }
        }
        let start: Vec<usize> = start.filter_map(|s| number(&Fact::Session(s))).collect();
        let levels = vec![usize::MAX; bearing.len()];
        let made = vec![usize::MAX; gives.len()];
        let most_given = gives.iter().map(Vec::len).max().unwrap_or_default().max(1);
        let mut steps = Self { giving, gives, sessions, makes, shown, start, levels, made, most_given };
        steps.settle_levels(&BTreeMap::new());
        steps
    }

    /// The fewest steps after which each fact can be had, by what is known of the steps' needs: of the others, that their
    /// sessions must be there. No plan needs fewer steps; but levels may sink as more is known, since a step whose sets were left out comes
    /// late until they are found, and early by what each fact of them takes alone.
    pub fn settle_levels(&mut self, needed: &BTreeMap<usize, Needs>) {
        self.levels.fill(usize::MAX);
        self.made.fill(usize::MAX);
        for fact in &self.start {
            if let Some(level) = self.levels.get_mut(*fact) {
                *level = 0;
            }
        }
        let mut waiting = self.shown.clone();
        // Sets that were left out take more than `latest` steps, and the step comes after them.
        let after_cut = |needs: &Needs| if needs.cut { needs.latest.saturating_add(2) } else { usize::MAX };
        for level in 1.. {
            let is_had = |fact: &usize| self.level(*fact) < level;
            let session = |n: &usize| self.sessions.get(*n).copied().flatten().is_some_and(|s| is_had(&s));
            let may_be_made = |n: &usize, needs: &Needs| {
                let others = needs.late.iter().any(is_had) || level >= after_cut(needs);
                needs.sets.iter().any(|set| set.iter().all(is_had)) || others && session(n)
            };
            let (now, later): (Vec<usize>, Vec<usize>) =
                waiting.into_iter().partition(|n| match needed.get(n) {
                    Some(needs) => may_be_made(n, needs),
                    None => session(n),
                });
            let to_come = |n: &usize| {
                let cut = needed.get(n).filter(|needs| needs.cut);
                cut.is_some_and(|needs| level < after_cut(needs) && session(n))
            };
            if now.is_empty() && !later.iter().any(to_come) {
                return;
            }
            for n in now {
                if let Some(made) = self.made.get_mut(n) {
                    *made = level;
                }
                for fact in self.gives.get(n).into_iter().flatten() {
                    if let Some(known) = self.levels.get_mut(*fact) {
                        *known = level.min(*known);
                    }
                }
            }
            waiting = later;
        }
    }

    /// The steps that give a fact.
    pub fn giving(&self, fact: usize) -> &[usize] {
        self.giving.get(fact).map_or(&[], Vec::as_slice)
    }

    /// Whether the attack starts with the fact.
    pub fn is_given(&self, fact: usize) -> bool {
        self.level(fact) == 0
    }

    /// The fewest steps after which a fact can be had.
    pub fn level(&self, fact: usize) -> usize {
        self.levels.get(fact).copied().unwrap_or(usize::MAX)
    }

    /// Whether both steps make the same user or role: whoever is there is not made again.
    fn make_the_same(&self, one: usize, other: usize) -> bool {
        let made = |step: usize| self.makes.get(step).copied().flatten();
        made(one).is_some() && made(one) == made(other)
    }

    pub fn gives(&self, step: usize) -> &[usize] {
        self.gives.get(step).map_or(&[], Vec::as_slice)
    }

    /// The fewest steps after which the step has been made.
    pub fn after(&self, step: usize) -> usize {
        self.made.get(step).copied().unwrap_or(usize::MAX)
    }

    /// When a fact can be had.
    pub fn early(&self, fact: usize) -> Early {
        let alone = self.giving(fact).iter().all(|step| self.gives(*step).len() == 1);
        Early { level: self.level(fact), alone }
    }

    /// The fewest steps after which all of some facts can be had.
    fn had_after(&self, facts: &[usize]) -> usize {
        facts.iter().map(|fact| self.level(*fact)).max().unwrap_or(0)
    }
}

/// What was found, and what was passed over.
struct Plans {
    most: usize,
    longest: usize,
    chains: Vec<Chain>,
    /// The steps of each chain.
    sets: Vec<BTreeSet<usize>>,
    /// Chains that make a step of their plans more than once.
    retagged: Vec<(Chain, BTreeSet<usize>)>,
    /// Plans whose steps take from one another what they need.
    threatened: Vec<Threatened>,
    tried: BTreeSet<(usize, BTreeSet<usize>)>,
    seen: FxHashSet<(BTreeSet<usize>, BTreeMap<usize, Before>)>,
    looked_at: usize,
    /// Whether longer plans were passed over.
    more: bool,
}

impl Plans {
    fn enough(&self) -> bool {
        self.chains.len() >= self.most || self.looked_at > MOST_PLANS
    }

    /// Takes over the chains of up to so many steps that make one more than once; whether there are any.
    fn take_retagged(&mut self, longest: usize) -> bool {
        let (now, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.retagged)
            .into_iter()
            .partition(|(chain, _)| chain.steps.len() <= longest);
        self.retagged = later;
        let left = self.most.saturating_sub(self.chains.len());
        let taken = now.len().min(left) > 0;
        for (chain, steps) in now.into_iter().take(left) {
            self.chains.push(chain);
            self.sets.push(steps);
        }
        taken
    }
}

/// The orders of a plan that were tried.
#[derive(Default)]
struct Orders {
    done: Vec<usize>,
    tries: usize,
    /// Whether some order would do if tags could have several values at once.
    torn: bool,
    /// The shortest chain that changes tags again.
    retagged: Option<Chain>,
    /// What stopped them, but for needs that were still to come.
    threats: Threats,
    /// The beginnings that no order with is left: their steps, and those of them whose order makes a difference.
    failed: FxHashSet<(BTreeSet<usize>, Vec<usize>)>,
}

/// What a search for chains among the steps came to.
pub(super) struct Shortest {
    /// Shortest first, each replayed.
    pub chains: Vec<Chain>,
    /// Whether something was left out that may be shorter.
    pub left_out: bool,
    /// Whether it ended since so much was tried.
    pub gave_up: bool,
}

impl Chains<'_, '_, '_> {
    /// Up to `most` chains of at most `longest` steps.
    pub fn shortest(&mut self, most: usize, longest: usize) -> Shortest {
        let mut plans = Plans {
            most,
            longest: 0,
            chains: Vec::new(),
            sets: Vec::new(),
            retagged: Vec::new(),
            threatened: Vec::new(),
            tried: BTreeSet::new(),
            seen: FxHashSet::default(),
            looked_at: 0,
            more: true,
        };
        // In the order of the steps by which each comes about.
        let mut order: Vec<usize> = (0..self.found.aimed.met.len()).collect();
        order.sort_by_key(|n| self.first_giving(*n));
        let mut left_out = false;
        while plans.more && plans.longest <= longest && !plans.enough() && !self.is_spent() {
            plans.more = false;
            for met in &order {
                self.plans_for(*met, &mut plans);
            }
            self.mended_plans(&mut plans);
            plans.longest += 1;
            // What was left out among longer plans than the first makes it no less a shortest one.
            let is_first = plans.chains.is_empty();
            if is_first {
                left_out = self.left_out || plans.looked_at > MOST_PLANS || self.is_spent();
            }
            left_out |= plans.take_retagged(longest.min(plans.longest)) && is_first;
        }
        let is_first = plans.chains.is_empty();
        left_out |= plans.take_retagged(longest) && is_first;
        let gave_up = self.is_spent() || plans.looked_at > MOST_PLANS;
        Shortest { chains: plans.chains, left_out, gave_up }
    }

    /// The first step that gives what meets the goal.
    fn first_giving(&self, met: usize) -> Option<usize> {
        let by = self.found.aimed.met.get(met).and_then(|m| self.bearing.number(&m.by))?;
        self.steps.giving(by).first().copied()
    }

    /// The plans after which the goal is met in one session.
    fn plans_for(&mut self, met: usize, plans: &mut Plans) {
        let session = self.found.aimed.met.get(met).map(|m| &m.by);
        let Some(session) = session.and_then(|by| self.bearing.number(by)) else { return };
        if self.steps.level(session) > plans.longest {
            plans.more |= self.steps.level(session) < usize::MAX;
            return;
        }
        plans.seen.clear();
        let goals = self.goals_of(met, plans.longest);
        plans.more |= self.is_more_of(&goals);
        for goal in goals.sets.iter() {
            let mut partial = Partial::default();
            goal.iter().for_each(|fact| partial.ask_for(&self.steps, *fact, &Before::default()));
            self.extend(met, &partial, plans);
        }
    }

    /// The plans that threatened ones become by steps that give again what is taken away.
    fn mended_plans(&mut self, plans: &mut Plans) {
        let mut threatened = std::mem::take(&mut plans.threatened);
        for plan in &mut threatened {
            plans.more |= self.mend(plan, plans.longest);
            plans.seen.clear();
            for partial in &plan.mended {
                self.extend(plan.met, partial, plans);
            }
        }
        // What came up among them is mended in the next round.
        plans.more |= !plans.threatened.is_empty();
        threatened.append(&mut plans.threatened);
        plans.threatened = threatened;
    }

    fn extend(&mut self, met: usize, partial: &Partial, plans: &mut Plans) {
        plans.looked_at += 1;
        if plans.enough() || self.is_spent() {
            return;
        }
        if !partial.fits(&self.steps, plans.longest) {
            plans.more |= partial.open.keys().all(|fact| self.steps.level(*fact) < usize::MAX);
            return;
        }
        let hardest = partial.open.iter().min_by_key(|(fact, _)| (self.steps.giving(**fact).len(), **fact));
        let Some((&fact, before)) = hardest else {
            self.conclude(met, &partial.steps, plans);
            return;
        };
        for step in self.steps.giving(fact).to_vec() {
            let again = |other: &usize| *other == step || self.steps.make_the_same(step, *other);
            if partial.steps.iter().any(again) {
                continue;
            }
            let gives = self.steps.gives(step).to_vec();
            let later = gives.iter().filter_map(|f| partial.open.get(f)).map(|before| before.later).max();
            let later = later.unwrap_or(0);
            if self.steps.after(step).saturating_add(later) > plans.longest {
                plans.more |= self.steps.after(step) < usize::MAX;
                continue;
            }
            let needs = self.needs_for_plan(step, plans.longest.saturating_sub(1));
            plans.more |= self.is_more_of(&needs);
            let mut before_needs = Before { steps: before.steps.clone(), later: later + 1 };
            before_needs.steps.insert(step);
            for needs in needs.sets.iter() {
                let had_after = self.steps.had_after(needs);
                if had_after.saturating_add(later + 1) > plans.longest {
                    plans.more |= had_after < usize::MAX;
                    continue;
                }
                let mut next = partial.clone();
                next.steps.insert(step);
                next.open.retain(|fact, _| !gives.contains(fact));
                needs.iter().for_each(|need| next.ask_for(&self.steps, *need, &before_needs));
                if plans.seen.insert((next.steps.clone(), next.open.clone())) {
                    self.extend(met, &next, plans);
                }
            }
        }
    }

    /// What a step can't do without, of what can be had after `latest` steps. It tells more of how early facts can be had.
    fn needs_for_plan(&mut self, step: usize, latest: usize) -> Needs {
        let known = self.needed.get(&step).is_some_and(|known| known.latest == latest);
        let needs = self.needs_of(step, latest);
        let soonest = needs.sets.iter().map(|set| self.steps.had_after(set)).min();
        let soonest =
            soonest.unwrap_or(if self.is_more_of(&needs) { latest.saturating_add(1) } else { usize::MAX });
        if !known && soonest.saturating_add(1) > self.steps.after(step) {
            self.steps.settle_levels(&self.needed);
        }
        needs
    }

    /// A whole plan is a chain if its steps can be made in some order.
    fn conclude(&mut self, met: usize, steps: &BTreeSet<usize>, plans: &mut Plans) {
        if plans.sets.iter().any(|known| known.is_subset(steps)) || !plans.tried.insert((met, steps.clone()))
        {
            return;
        }
        let Some(by) = self.found.aimed.met.get(met).map(|m| m.by.clone()) else { return };
        let mut orders = Orders::default();
        if let Some(chain) = self.in_order(steps, &by, &mut orders) {
            plans.chains.push(chain);
            plans.sets.push(steps.clone());
            return;
        }
        self.left_out |= orders.torn;
        if !orders.threats.is_empty() {
            plans.threatened.push(Threatened::new(met, steps.clone(), orders.threats));
        }
        plans.retagged.extend(orders.retagged.map(|chain| (chain, steps.clone())));
    }

    /// The steps in the first order in which each can be made and the goal is met.
    fn in_order(&mut self, steps: &BTreeSet<usize>, by: &Fact, orders: &mut Orders) -> Option<Chain> {
        if orders.done.len() == steps.len() {
            return self.ends(by, orders);
        }
        let beginning = self.beginning(&orders.done);
        if orders.failed.contains(&beginning) {
            return None;
        }
        let found = self.found;
        let so_far: Vec<&Instance> =
            orders.done.iter().filter_map(|n| found.all().instances.get(*n)).collect();
        let had: Vec<Fact> = so_far.iter().flat_map(|i| &i.facts).cloned().collect();
        let facts: Vec<Fact> = had.iter().filter(|f| f.session().is_none()).cloned().collect();
        for n in steps.iter().copied().filter(|n| !orders.done.contains(n)).collect::<Vec<_>>() {
            let Some(instance) = found.all().instances.get(n) else { continue };
            let held = Fact::Session(instance.session.clone());
            let given = self.bearing.number(&held).is_some_and(|f| self.steps.is_given(f));
            orders.tries += 1;
            if orders.tries > MOST_PLACES || self.is_spent() {
                self.left_out = true;
                return None;
            }
            if !given && !had.contains(&held) {
                continue;
            }
            if self.made(&facts, Reading::Exactly, instance).is_some() {
                orders.done.push(n);
                if let Some(chain) = self.in_order(steps, by, orders) {
                    return Some(chain);
                }
                orders.done.pop();
            } else if self.has_needs(n, &had) {
                orders.threats.note(&orders.done, Some(n));
            }
        }
        // Which tags are set hangs on all that comes before and after.
        let is_tagging = |n: &usize| found.all().instances.get(*n).is_some_and(|i| tagging(i).is_some());
        if !steps.iter().any(is_tagging) {
            orders.failed.insert(beginning);
        }
        None
    }

    /// Steps that were made in an order: which, and those whose order makes a difference.
    fn beginning(&self, done: &[usize]) -> (BTreeSet<usize>, Vec<usize>) {
        let instances = &self.found.all().instances;
        let in_order = |n: &usize| {
            instances.get(*n).is_some_and(|instance| instance.facts.iter().any(Fact::is_replaced_by_later))
        };
        (done.iter().copied().collect(), done.iter().copied().filter(in_order).collect())
    }

    /// Whether all is had that a step can't do without.
    fn has_needs(&self, step: usize, had: &[Fact]) -> bool {
        let is_had = |need: &usize| {
            self.steps.is_given(*need) || self.bearing.fact(*need).is_some_and(|fact| had.contains(fact))
        };
        self.needed.get(&step).is_some_and(|needs| needs.sets.iter().any(|set| set.iter().all(is_had)))
    }

    /// The steps in the order in which all were made, replayed.
    fn ends(&mut self, by: &Fact, orders: &mut Orders) -> Option<Chain> {
        let torn = match self.replay(&orders.done, by) {
            Replayed::Chain(chain) => return Some(chain),
            Replayed::Torn(torn) => torn,
            Replayed::Never => {
                orders.threats.note(&orders.done, None);
                return None;
            }
        };
        orders.torn = true;
        let known = orders.retagged.as_ref().map_or(usize::MAX, |chain| chain.steps.len());
        // One change more is the fewest.
        if known > orders.done.len() + 1
            && let Some(chain) = self.retagged(&torn, by)
            && chain.steps.len() < known
        {
            orders.retagged = Some(chain);
        }
        None
    }
}
