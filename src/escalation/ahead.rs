//! Looking ahead: where no session opens one that is the target, perhaps one opens a session that does.
//!
//! Who opens the target as policies are at the start is looked for once, among all users and roles. A round in which somebody comes to one of
//! them looks for nothing else: the next one meets the target, in as few rounds as otherwise. Where it doesn't, the round is made as a whole after
//! all.

use super::fact::{Fact, Held, Session};
use super::gain::Gained;
use super::gathered::Gathered;
use super::open::{Lists, Open};
use super::pending::Pending;
use super::remembered::Remembered;
use super::search::{Goal, Round, Search};
use super::step::Wanted;
use super::twins::First;
use super::walk::Own;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Among so few users and roles it takes next to nothing.
const FEW: usize = 16;
/// With so many facts a round takes far longer.
const MANY: usize = 256;
/// Of so many who open the target it is no help to know.
const MOST: usize = 256;

impl Search<'_, '_> {
    /// Those who open the target, where it is worth while to look for them.
    pub(super) fn openers<'o>(&self, own: &'o Own, found: &Gathered) -> Option<&'o Goal> {
        let worth_while = self.estate.snapshot.principals().len() <= FEW || found.facts.len() > MANY;
        if found.rounds == 0 || !worth_while || own.in_vain.load(Ordering::Relaxed) {
            return None;
        }
        own.openers.get_or_init(|| self.who_opens(own)).as_ref()
    }

    fn who_opens(&self, own: &Own) -> Option<Goal> {
        let goal = self.goal_of_sessions()?;
        let held = |user: bool| if user { Held::Credentials } else { Held::Assumed { device: false } };
        let callers = self.estate.callers().filter(|caller| !caller.is_root());
        let supposed: Vec<Session> = callers
            .map(|caller| Session { principal: caller.id.clone(), held: held(caller.id.contains(":user/")) })
            .collect();
        let sessions: Vec<(&Session, First)> = supposed.iter().map(|session| (session, First::ALL)).collect();
        let snapshot = &self.estate.snapshot;
        let (allowance, objects) = (self.estate.allowance(&own.actions), self.ground.objects());
        let round = Round {
            estate: self.estate,
            ground: self.ground,
            allowance: &allowance,
            objects: &objects,
            facts: &BTreeSet::new(),
            kin: &own.kin,
            naming: None,
            remembered: &Remembered::default(),
        };
        let nothing = Gained::nothing(snapshot);
        let open = Open::of(&nothing, &objects, snapshot, &own.kin, Lists::default());
        let ways = self.ways(&round, Wanted::Open(&open.aimed_at(goal, self.primitives)), &sessions);
        let opening = ways.instances.iter().filter(|instance| goal.is_met_by_step(instance));
        let openers: BTreeSet<Arc<str>> =
            opening.map(|instance| instance.session.principal.clone()).collect();
        (!openers.is_empty() && openers.len() <= MOST).then(|| Goal::session_of(openers))
    }

    /// Whether what went ahead leads to the target: then nothing else is looked for.
    pub(super) fn is_met_ahead(
        &self,
        round: &Round<'_, '_>,
        pending: &Pending,
        found: &mut Gathered,
        added: &mut BTreeSet<Fact>,
    ) -> bool {
        let (leaders, _) = self.in_order(round, pending);
        self.goal_of_sessions().is_some_and(|goal| self.at_once(round, goal, &leaders, found, added))
    }

    /// The goal, where a session may be it.
    pub(super) fn goal_of_sessions(&self) -> Option<&Goal> {
        self.goal.filter(|goal| goal.is_some_session())
    }

    /// Lets sessions make the steps that open one that is the goal; whether some does. Then nothing else is looked for.
    pub(super) fn at_once(
        &self,
        round: &Round<'_, '_>,
        goal: &Goal,
        sessions: &[(&Session, First)],
        found: &mut Gathered,
        added: &mut BTreeSet<Fact>,
    ) -> bool {
        let snapshot = &self.estate.snapshot;
        let open = Open::of(&found.gained, round.objects, snapshot, round.kin, Lists::default());
        let ways = self.ways(round, Wanted::Open(&open.aimed_at(goal, self.primitives)), sessions);
        let is_met = ways.instances.iter().any(|instance| goal.is_met_by_step(instance));
        if is_met {
            self.add_all(ways, round.naming, found, added);
        }
        is_met
    }
}
