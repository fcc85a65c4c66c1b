//! Breadth first over concrete states.

use super::moves::{Move, Moves, Which};
use super::reference::{Call, Governed, Reference};
use super::state::State;
use super::world::{Target, key_arn};
use rustc_hash::FxHashSet;
use std::collections::VecDeque;

/// Whether the target is met in a state.
pub fn met(reference: &Reference<'_>, state: &State) -> bool {
    match &reference.world.target {
        Target::Controls(principal) => state.sessions.iter().any(|s| s.principal == *principal),
        Target::Access { action, resource } => {
            let call = target_call(action, resource);
            state.sessions.iter().any(|s| reference.can(state, s, &call))
        }
    }
}

fn target_call(action: &'static str, resource: &str) -> Call {
    let by = match resource {
        _ if resource == key_arn() => Governed::Key,
        _ if resource.starts_with("arn:aws:s3:::secret") => Governed::Bucket,
        _ => Governed::No,
    };
    Call { by, ..Call::at_home(action, resource) }
}

/// Whether the target can be reached at all; `None` where more states than `most` would have to be looked at.
pub fn reaches(reference: &Reference<'_>, most: usize) -> Option<bool> {
    let start = Saturated::of(reference, State::of(reference.world));
    let mut seen = FxHashSet::from_iter([start.state]);
    let mut queue = VecDeque::from([start]);
    let mut made = 0;
    while let Some(Saturated { state, steps }) = queue.pop_front() {
        if met(reference, &state) {
            return Some(true);
        }
        for step in steps {
            made += 1;
            if made > most {
                return None;
            }
            let next = Saturated::of(reference, step.next);
            if seen.insert(next.state) {
                queue.push_back(next);
            }
        }
    }
    Some(false)
}

/// A state in which every step has been made that can do the attacker no harm, and the steps that are left: none takes another's
/// place.
struct Saturated {
    state: State,
    steps: Vec<Move>,
}

impl Saturated {
    fn of(reference: &Reference<'_>, mut state: State) -> Self {
        loop {
            let steps = Moves::of(reference, &state, Which::OneToEachState);
            let before = state;
            steps.iter().filter(|m| m.harmless).for_each(|m| (m.change)(&mut state));
            if state == before {
                return Self { state, steps };
            }
        }
    }
}

/// The length of a shortest chain of at most so many steps; `None` where too many states would have to be looked at.
pub fn shortest(reference: &Reference<'_>, longest: usize, most: usize) -> Option<Option<usize>> {
    let start = State::of(reference.world);
    let mut seen = FxHashSet::from_iter([start]);
    let mut front = vec![start];
    for length in 0..=longest {
        if front.iter().any(|state| met(reference, state)) {
            return Some(Some(length));
        }
        if length == longest {
            break;
        }
        let mut next = Vec::new();
        for state in &front {
            for step in Moves::of(reference, state, Which::OneToEachState) {
                if seen.insert(step.next) {
                    next.push(step.next);
                }
            }
            if seen.len() > most {
                return None;
            }
        }
        front = next;
    }
    Some(None)
}

/// Whether steps as described, by technique and otherwise, lead to the target.
pub fn replays(reference: &Reference<'_>, steps: &[(&str, impl Fn(&Move) -> bool)]) -> Result<(), usize> {
    let mut front = vec![State::of(reference.world)];
    for (n, (technique, fits)) in steps.iter().enumerate() {
        let mut next = Vec::new();
        for state in &front {
            let steps = Moves::of(reference, state, Which::Every(technique));
            for step in steps.into_iter().filter(|m| fits(m)) {
                if !next.contains(&step.next) {
                    next.push(step.next);
                }
            }
        }
        front = next;
        if front.is_empty() {
            return Err(n);
        }
    }
    if front.iter().any(|state| met(reference, state)) { Ok(()) } else { Err(steps.len()) }
}
