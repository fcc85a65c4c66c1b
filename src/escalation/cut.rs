//! The cut: a smallest set of statements without which the target is proved out of reach.
//!
//! Every chain names the statements that allow its requests; as long as all of them stand, the chain stands. So every cut
//! holds one statement of each chain, and a smallest set with one of each chain found so far that turns out to be a cut is a
//! smallest cut. Only what a team would edit is proposed: statements of identity, trust and resource policies.

use super::reach::{Attack, EscalationSettings};
use crate::ask::{AskError, Estate};
use crate::question::{Evidence, Verdict, Witness};
use gateproof_model::snapshot::{Changes, StatementPlace};
use std::collections::{BTreeMap, BTreeSet};

/// A proposal: without these statements the target is out of reach.
#[derive(Debug, Clone)]
pub struct Cut {
    /// The statements, by place.
    pub statements: Vec<Evidence>,
    /// How many chains were found on the way.
    pub chains: usize,
}

/// What looking for a cut came to.
#[derive(Debug, Clone)]
pub enum CutAnswer {
    /// A smallest set of statements; the rest of the policies proves the target out of reach.
    Found(Cut),
    /// Some chain hangs on no statement that could be removed.
    NoneThere(String),
    /// It was not found in as many chains as are looked at, or some verdict on the way was undecided.
    Undecided(String),
}

/// So many chains are looked at.
const MOST_CHAINS: usize = 200;

impl Estate {
    /// A smallest set of statements whose removal puts the target out of reach of the principals.
    ///
    /// # Errors
    /// As [`Estate::reach`].
    pub fn cut(&self, attack: &Attack<'_>, settings: &EscalationSettings) -> Result<CutAnswer, AskError> {
        let one = EscalationSettings { chains: 1, ..settings.clone() };
        let mut known: BTreeMap<StatementPlace, Evidence> = BTreeMap::new();
        let mut chains: Vec<BTreeSet<StatementPlace>> = Vec::new();
        for _ in 0..MOST_CHAINS {
            let removed = smallest_hitting(&chains);
            let changes = Changes { without_statements: removed.clone(), ..Changes::default() };
            let answer = match removed.is_empty() {
                true => self.attack(attack, &one)?,
                false => self.changed(&changes).attack(attack, &one)?,
            };
            match answer.overall.verdict {
                Verdict::Impossible => {
                    let statements = removed.iter().filter_map(|place| known.get(place)).cloned().collect();
                    return Ok(CutAnswer::Found(Cut { statements, chains: chains.len() }));
                }
                Verdict::Undecided => {
                    let why = answer.overall.undecided.map(|u| u.reason).unwrap_or_default();
                    return Ok(CutAnswer::Undecided(why));
                }
                Verdict::Reachable => {}
            }
            let Some(witness) = answer.overall.witness else { break };
            let used = statements_of(&witness);
            if used.is_empty() {
                let last = witness.steps.last().map(|s| format!("{} on {}", s.action, s.resource));
                return Ok(CutAnswer::NoneThere(last.unwrap_or_default()));
            }
            chains.push(used.keys().cloned().collect());
            known.extend(used);
        }
        Ok(CutAnswer::Undecided(format!("after {MOST_CHAINS} chains there was still another")))
    }
}

/// The statements of the snapshot's own policies that allow the requests.
fn statements_of(witness: &Witness) -> BTreeMap<StatementPlace, Evidence> {
    let requests = witness.steps.iter().flat_map(|step| std::iter::once(step).chain(&step.also_needs));
    let evidence = requests.flat_map(|step| &step.allowed_by);
    let editable = |e: &&Evidence| {
        ["identity", "resource"].iter().any(|layer| e.layer.starts_with(layer))
            && !e.file.starts_with('(')
            && !e.file.is_empty()
    };
    evidence
        .filter(editable)
        .map(|e| {
            (StatementPlace { file: e.file.as_str().into(), pointer: e.pointer.as_str().into() }, e.clone())
        })
        .collect()
}

/// A smallest set that meets each of the sets; of several, the first in order.
fn smallest_hitting(sets: &[BTreeSet<StatementPlace>]) -> BTreeSet<StatementPlace> {
    (0..=sets.len()).find_map(|size| hitting(sets, size, &BTreeSet::new())).unwrap_or_default()
}

fn hitting(
    sets: &[BTreeSet<StatementPlace>],
    size: usize,
    chosen: &BTreeSet<StatementPlace>,
) -> Option<BTreeSet<StatementPlace>> {
    let Some(missed) = sets.iter().find(|set| set.is_disjoint(chosen)) else { return Some(chosen.clone()) };
    let left = size.checked_sub(1)?;
    missed.iter().find_map(|place| {
        let mut more = chosen.clone();
        more.insert(place.clone());
        hitting(sets, left, &more)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(names: &[&str]) -> BTreeSet<StatementPlace> {
        names.iter().map(|n| StatementPlace { file: "f".into(), pointer: (*n).into() }).collect()
    }

    #[test]
    fn a_smallest_set_meets_each() {
        assert_eq!(smallest_hitting(&[]), places(&[]));
        assert_eq!(smallest_hitting(&[places(&["a", "b"]), places(&["b", "c"])]), places(&["b"]));
        let apart = [places(&["a", "b"]), places(&["c", "d"]), places(&["b", "d"])];
        assert_eq!(smallest_hitting(&apart).len(), 2);
    }
}
