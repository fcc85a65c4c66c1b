//! Tags that are changed more than once: where steps of a chain show different values of one, it is changed again between them.
//!
//! A plan has each step once, and that is enough for all that a step gives but for tags: who is tagged `blue` to be taken over may have to be
//! tagged `red` to read what is asked about.

use super::chain::Chains;
use super::fact::Fact;
use super::replay::{Chain, Torn};
use super::step::Instance;
use super::tags::{Tagging, Wanted, shown_at, tagging, wanted};

/// How many more changes of tags a chain may have than its plan.
const MOST_AGAIN: usize = 3;
/// How many steps are tried that may change them again.
const MOST_OTHERS: usize = 4;

impl Chains<'_, '_, '_> {
    /// The steps with more of those that change tags between them, so that each tag has one value at a time.
    pub fn retagged(&mut self, torn: &Torn, by: &Fact) -> Option<Chain> {
        self.with_more(torn, by, MOST_AGAIN)
    }

    fn with_more(&mut self, torn: &Torn, by: &Fact, most: usize) -> Option<Chain> {
        let last = last_to_change(torn)?;
        for instance in self.changing_again(torn, last) {
            if self.is_spent() {
                return None;
            }
            let mut instances = torn.instances.clone();
            instances.insert(torn.place, instance);
            let Ok(chain) = self.replay_steps(&instances, by, &Wanted::new()) else { continue };
            let place = match self.with_tags_set(&instances, &chain, by) {
                Ok(chain) => return Some(chain),
                Err(place) => place,
            };
            // Otherwise it is not for the tags of this one that the step is not made.
            let is_made_now = place > torn.place + 1;
            let further = Torn { instances, chain, place };
            if let Some(chain) =
                (is_made_now && most > 1).then(|| self.with_more(&further, by, most - 1)).flatten()
            {
                return Some(chain);
            }
        }
        None
    }

    /// The steps that can change the same tags as one of the steps again, that one first.
    fn changing_again(&self, torn: &Torn, last: usize) -> Vec<Instance> {
        let Some(again) = torn.instances.get(last) else { return Vec::new() };
        let gained =
            |session: &Fact| torn.instances.iter().take(torn.place).any(|i| i.facts.contains(session));
        let is_held = |instance: &Instance| {
            let session = Fact::Session(instance.session.clone());
            self.bearing.number(&session).is_some_and(|n| self.steps.is_given(n)) || gained(&session)
        };
        let is_another = |other: &&Instance| {
            let is_same = other.primitive == again.primitive && other.session == again.session;
            !is_same && tagging(other) == tagging(again) && is_held(other)
        };
        let others = self.found.all().instances.iter().filter(is_another).take(MOST_OTHERS);
        std::iter::once(again).chain(others).cloned().collect()
    }
}

/// The last step that changes tags of which the step that is not made shows others than were set.
fn last_to_change(torn: &Torn) -> Option<usize> {
    let set = wanted(&torn.chain);
    let others = |place: usize, of: &Tagging<'_>| {
        let shown = shown_at(&torn.chain, torn.place, of);
        let set = set.get(&place);
        let differs =
            |(tag, value): &(String, Option<String>)| set.and_then(|set| set.get(tag)) != Some(value);
        // A tag that requests don't show may not be there.
        let in_the_way = |(tag, value): (&String, &Option<String>)| {
            value.is_some() && !shown.iter().any(|(other, _)| other == tag)
        };
        shown.iter().any(differs) || set.into_iter().flatten().any(in_the_way)
    };
    let earlier = || torn.chain.steps.iter().enumerate().take(torn.place);
    let is_last = |place: usize, of: &Tagging<'_>| {
        !earlier().any(|(later, instance)| later > place && tagging(instance).as_ref() == Some(of))
    };
    earlier().find_map(|(place, instance)| {
        let of = tagging(instance)?;
        (is_last(place, &of) && others(place, &of)).then_some(place)
    })
}
