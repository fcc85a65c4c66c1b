//! Where something stands in the output of a call.

use crate::json::{Json, pointer_push};

/// A place in an output: members by name, `[]` for each element of a list, `*` for each value of a map, steps parted
/// by dots. `$item` is the item itself, `$argument` what the call was asked for; a path that begins with `/` starts
/// at the output instead of the item. A last step such as `{Key}={Value}` makes one text of members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) start: Start,
    steps: Vec<Step>,
    /// The texts and member names, in turn, of a last step that makes a text.
    composed: Option<Vec<(String, String)>>,
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
        Self { start: Start::Output, steps: Vec::new(), composed: None }
    }

    /// Reads a path; the error says why it is none.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (start, rest) = match text.strip_prefix('/') {
            Some(rest) => (Start::Output, rest),
            None => (Start::Item, text),
        };
        match rest {
            "$item" => return Ok(Self { start, steps: Vec::new(), composed: None }),
            "$argument" => return Ok(Self { start: Start::Argument, steps: Vec::new(), composed: None }),
            _ => {}
        }
        let (rest, composed) = match rest.rsplit_once('.') {
            Some((rest, last)) if last.contains('{') => {
                let odd = || format!("found the step `{last}` in the path `{text}`, expected {{NAME}}");
                (rest, Some(parse_composed(last).ok_or_else(odd)?))
            }
            _ => (rest, None),
        };
        let mut steps = Vec::new();
        for step in rest.split('.') {
            let name = step.trim_end_matches("[]");
            if name == "*" {
                steps.push(Step::Values);
            } else if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric()) {
                steps.push(Step::Member(name.to_owned()));
            } else {
                return Err(format!(
                    "found the step `{step}` in the path `{text}`, expected NAME, NAME[] or *"
                ));
            }
            let lists = step.len().saturating_sub(name.len()) / "[]".len();
            steps.extend(std::iter::repeat_n(Step::Elements, lists));
        }
        Ok(Self { start, steps, composed })
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

impl Path {
    /// The text of what stands there: a string, or a number or Boolean as it is written.
    pub(super) fn text(&self, spot: &Spot<'_>) -> Result<String, Fault> {
        let Some(composed) = &self.composed else { return scalar(spot, spot.json) };
        let mut text = String::new();
        for (before, member) in composed {
            text.push_str(before);
            if let Some(value) = spot.json.get(member).filter(|value| **value != Json::Null) {
                text.push_str(&scalar(spot, value)?);
            } else if spot.json.as_object().is_none() {
                let (found, expected) = (spot.json.kind(), "an object");
                return Err(Fault { pointer: spot.pointer.clone(), found, expected });
            }
        }
        Ok(text)
    }
}

fn scalar(spot: &Spot<'_>, json: &Json) -> Result<String, Fault> {
    match json {
        Json::String(text) | Json::Number(text) => Ok(text.clone()),
        Json::Bool(value) => Ok(value.to_string()),
        _ => Err(Fault { pointer: spot.pointer.clone(), found: json.kind(), expected: "a string" }),
    }
}

/// `={Value}` as the text before a member and the member's name; what follows the last member has no name.
fn parse_composed(text: &str) -> Option<Vec<(String, String)>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (member, after) = after.split_once('}')?;
        pieces.push((before.to_owned(), member.to_owned()));
        rest = after;
    }
    pieces.push((rest.to_owned(), String::new()));
    Some(pieces)
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
