//! Breadth first over concrete states.

use super::moves::{Move, Moves};
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
            state.sessions.iter().any(|s| reference.can(state, *s, &call))
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
    let start = saturated(reference, State::of(reference.world));
    let mut seen = FxHashSet::from_iter([start.clone()]);
    let mut queue = VecDeque::from([start]);
    let mut made = 0;
    while let Some(state) = queue.pop_front() {
        if met(reference, &state) {
            return Some(true);
        }
        for step in Moves::of(reference, &state) {
            made += 1;
            if made > most {
                return None;
            }
            let next = saturated(reference, step.next);
            if seen.insert(next.clone()) {
                queue.push_back(next);
            }
        }
    }
    Some(false)
}

/// The state after every step that can do the attacker no harm: none takes another's place.
fn saturated(reference: &Reference<'_>, mut state: State) -> State {
    loop {
        let steps = Moves::of(reference, &state);
        let before = state.clone();
        steps.iter().filter(|m| m.harmless).for_each(|m| (m.change)(&mut state));
        if state == before {
            return state;
        }
    }
}

/// The length of a shortest chain of at most so many steps; `None` where too many states would have to be looked at.
pub fn shortest(reference: &Reference<'_>, longest: usize, most: usize) -> Option<Option<usize>> {
    let start = State::of(reference.world);
    let mut seen = FxHashSet::from_iter([start.clone()]);
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
            for step in Moves::of(reference, state) {
                if seen.insert(step.next.clone()) {
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

/// Whether steps as described lead to the target.
pub fn replays(reference: &Reference<'_>, steps: &[impl Fn(&Move) -> bool]) -> Result<(), usize> {
    let mut front = vec![State::of(reference.world)];
    for (n, fits) in steps.iter().enumerate() {
        let mut next = Vec::new();
        for state in &front {
            for step in Moves::of(reference, state).into_iter().filter(|m| fits(m)) {
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
