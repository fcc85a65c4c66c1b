//! Where something stands in the output of a call.

use crate::json::{Json, pointer_push};

/// A place in an output: members by name, `[]` for each element of a list, `*` for each value of a map, steps parted
/// by dots. `$item` is the item itself, `$argument` what the call was asked for; a path that begins with `/` starts
/// at the output instead of the item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) start: Start,
    steps: Vec<Step>,
}

/// Where a path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    Item,
    Output,
    Argument,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Elements,
    Values,
}

/// A value together with its JSON pointer.
#[derive(Debug, Clone)]
pub(super) struct Spot<'a> {
    pub(super) pointer: String,
    pub(super) json: &'a Json,
}

/// Something of the wrong type on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) pointer: String,
    pub(super) found: &'static str,
    pub(super) expected: &'static str,
}

impl Path {
    /// The place that every output is: its root.
    pub(super) fn root() -> Self {
        Self { start: Start::Output, steps: Vec::new() }
    }

    /// Reads a path; the error says why it is none.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (start, rest) = match text.strip_prefix('/') {
            Some(rest) => (Start::Output, rest),
            None => (Start::Item, text),
        };
        match rest {
            "$item" => return Ok(Self { start, steps: Vec::new() }),
            "$argument" => return Ok(Self { start: Start::Argument, steps: Vec::new() }),
            _ => {}
        }
        let mut steps = Vec::new();
        for step in rest.split('.') {
            let (name, is_list) = step.strip_suffix("[]").map_or((step, false), |name| (name, true));
            if name == "*" {
                steps.push(Step::Values);
            } else if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric()) {
                steps.push(Step::Member(name.to_owned()));
            } else {
                return Err(format!(
                    "found the step `{step}` in the path `{text}`, expected NAME, NAME[] or *"
                ));
            }
            if is_list {
                steps.push(Step::Elements);
            }
        }
        Ok(Self { start, steps })
    }

    /// What stands there, nulls and missing members left out, and what is of the wrong type.
    pub(super) fn find<'a>(&self, from: Spot<'a>) -> (Vec<Spot<'a>>, Vec<Fault>) {
        let (mut spots, mut faults) = (vec![from], Vec::new());
        for step in &self.steps {
            let mut next = Vec::new();
            for spot in spots {
                if let Err(fault) = step.follow(&spot, &mut next) {
                    faults.push(fault);
                }
            }
            spots = next;
        }
        spots.retain(|spot| *spot.json != Json::Null);
        (spots, faults)
    }
}

impl Step {
    fn follow<'a>(&self, from: &Spot<'a>, next: &mut Vec<Spot<'a>>) -> Result<(), Fault> {
        if *from.json == Json::Null {
            return Ok(());
        }
        let wrong = |expected| Fault { pointer: from.pointer.clone(), found: from.json.kind(), expected };
        match self {
            Self::Elements => {
                let items = from.json.as_array().ok_or_else(|| wrong("a list"))?;
                next.extend(
                    items
                        .iter()
                        .enumerate()
                        .map(|(i, json)| Spot { pointer: format!("{}/{i}", from.pointer), json }),
                );
            }
            Self::Values => {
                let members = from.json.as_object().ok_or_else(|| wrong("an object"))?;
                let values = members.iter();
                next.extend(
                    values.map(|(key, json)| Spot { pointer: pointer_push(&from.pointer, key), json }),
                );
            }
            Self::Member(name) => {
                if from.json.as_object().is_none() {
                    return Err(wrong("an object"));
                }
                let found = from.json.get(name);
                next.extend(found.map(|json| Spot { pointer: pointer_push(&from.pointer, name), json }));
            }
        }
        Ok(())
    }
}
