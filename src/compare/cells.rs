//! What one document allows and another doesn't, statement by statement: each cell is what some statements have in
//! common, except for what others take away. Together the cells are the difference, whatever is found out about each.
//!
//! Allowed by A and not by B: an Allow of A applies, no Deny of A does, and either no Allow of B does or some Deny of B. So for
//! each Allow of A there is the cell *except* A's Denies and B's Allows, and one more for each Deny of B that the Allow has a
//! part of. Statements that lie within another (`covering.rs`) fall away before any formula is made.

use super::covering::{Clause, Lie, about_all_of, are_alike, not_following};
use super::part::{Part, Stance, Who, everything};
use super::same::said;
use crate::ask::glob::{Glob, intersect, pieces_of, render_glob};
use gateproof_model::pattern::{PatternText, Wildcards};
use gateproof_model::policy::{Effect, PatternClause, Statement, Version};
use std::collections::BTreeSet;

/// Requests that all of some parts are about and none of others.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub all_of: Vec<Part>,
    pub except: Vec<Part>,
}

/// A statement is taken apart into at most so many cells.
const MOST: usize = 64;

/// The cells of what the first stance lets in and the second doesn't.
pub(super) fn cells(first: &Stance, second: &Stance) -> Vec<Cell> {
    let kept: Vec<Part> = second.allows.iter().chain(&first.denies).cloned().collect();
    let mut found = Vec::new();
    for allow in &first.allows {
        found.extend(split(allow, &kept, &[]));
    }
    let denied_before = |deny: &&Part| !first.denies.iter().any(|known| covers(known, deny));
    for deny in second.denies.iter().filter(denied_before) {
        for allow in &first.allows {
            found.extend(both(allow, deny, &first.denies));
        }
    }
    merged(found)
}

/// Whether one part applies wherever another does, by their texts.
fn covers(part: &Part, other: &Part) -> bool {
    let (Some(wide), Some(narrow)) = (part.statement(), other.statement()) else { return false };
    if wide.assumption.is_some() {
        return said(&part.document, wide) == said(&other.document, narrow);
    }
    about_all_of(part, other)
        && not_following(wide, narrow).is_empty()
        && other.actions().lies_to(part.actions()) == Lie::Within
        && other.resources().lies_to(part.resources()) == Lie::Within
}

/// What a part and another have in common, except for others.
fn both(allow: &Part, deny: &Part, except: &[Part]) -> Vec<Cell> {
    if allow.actions().lies_to(deny.actions()) == Lie::Apart
        || allow.resources().lies_to(deny.resources()) == Lie::Apart
    {
        return Vec::new();
    }
    match in_common(allow, deny) {
        Some((common, beside)) => split(&common, except, &beside),
        None => vec![Cell { all_of: vec![allow.clone(), deny.clone()], except: except.to_vec() }],
    }
}

/// A statement that says what two say together, with what has to be left out of it; `None` where there is no such one.
fn in_common(allow: &Part, deny: &Part) -> Option<(Part, Vec<Part>)> {
    let (first, second) = (allow.statement()?, deny.statement()?);
    if deny.who != Who::Anybody || first.assumption.is_some() || second.assumption.is_some() {
        return None;
    }
    let (action, not_action) = both_clauses(&first.action, &second.action, Wildcards::Flat)?;
    let resource = |s: &Statement| s.resource.clone().unwrap_or_else(everything);
    let (on, not_on) = both_clauses(&resource(first), &resource(second), Wildcards::Flat)?;
    let mut common = first.clone();
    common.conditions.extend(not_following(second, first));
    common.action = action;
    common.resource = Some(on);
    let but = |action: PatternClause, resource: PatternClause| {
        let left = Statement { action, resource: Some(resource), conditions: Vec::new(), ..first.clone() };
        Part::of(&allow.document, left, Who::Anybody)
    };
    let left_out = [
        not_action.map(|actions| but(actions, everything())),
        not_on.map(|resources| but(everything(), resources)),
    ];
    Some((Part::of(&allow.document, common, allow.who), left_out.into_iter().flatten().collect()))
}

/// The texts of two clauses: a clause, and a list that has to be left out of it.
fn both_clauses(
    a: &PatternClause,
    b: &PatternClause,
    wildcards: Wildcards,
) -> Option<(PatternClause, Option<PatternClause>)> {
    let open = |clause: &PatternClause| clause.negated && clause.patterns.iter().any(|p| p.has_variables);
    if open(a) || open(b) {
        return None;
    }
    let listed = |clause: &PatternClause| PatternClause { negated: false, patterns: clause.patterns.clone() };
    Some(match (a.negated, b.negated) {
        (false, true) => (a.clone(), Some(listed(b))),
        (true, false) => (b.clone(), Some(listed(a))),
        (true, true) => {
            let patterns = a.patterns.iter().chain(&b.patterns).cloned().collect();
            (PatternClause { negated: true, patterns }, None)
        }
        (false, false) => {
            let mut patterns: Vec<PatternText> = Vec::new();
            let read = |p: &PatternText| (pieces_of(p), p.literal_head());
            let others: Vec<(Glob, String)> = b.patterns.iter().map(read).collect();
            for (x, head) in a.patterns.iter().map(read) {
                for (y, other) in &others {
                    // Where the beginnings differ they have nothing in common.
                    if !head.starts_with(other.as_str()) && !other.starts_with(head.as_str()) {
                        continue;
                    }
                    for glob in intersect(&x, y)? {
                        let text = render_glob(&glob, wildcards, true);
                        let pattern = PatternText::parse(&text, Version::V2012, wildcards, true);
                        if pieces_of(&pattern) != glob {
                            return None;
                        }
                        patterns.push(pattern);
                    }
                }
            }
            // What the two lists say is said in fewer words by both beside each other.
            if patterns.len() > a.patterns.len() + b.patterns.len() {
                return None;
            }
            (PatternClause { negated: false, patterns }, None)
        }
    })
}

/// A part except for others, taken apart where they cut only some of its actions or resources. `beside` is left out too.
fn split(part: &Part, others: &[Part], beside: &[Part]) -> Vec<Cell> {
    let whole = || vec![Cell { all_of: vec![part.clone()], except: [others, beside].concat() }];
    let Some(statement) = part.statement() else { return Vec::new() };
    if statement.assumption.is_some() {
        let same = |other: &&Part| {
            other.statement().map(|s| said(&other.document, s)) == Some(said(&part.document, statement))
        };
        return if others.iter().any(|o| same(&o)) { Vec::new() } else { whole() };
    }
    let alike = |other: &Part| {
        about_all_of(other, part) && other.statement().is_some_and(|s| are_alike(s, statement))
    };
    if others.iter().any(alike) {
        return Vec::new();
    }
    let others: Vec<Other<'_>> = others.iter().chain(beside).filter_map(|o| Other::of(o, part)).collect();
    let mut actions = groups(part.actions().rows(), &others, |other| other.part.actions());
    let others = only_meeting(others, &mut actions);
    let resources = groups(part.resources().rows(), &others, |other| other.part.resources());
    let many = actions.len().saturating_mul(resources.len()) > MOST;
    let (actions, resources) = match many {
        true => (
            together(actions, &others, |other| other.part.actions()),
            together(resources, &others, |other| other.part.resources()),
        ),
        false => (actions, resources),
    };
    let mut cells = Vec::new();
    for of_action in &actions {
        for of_resource in &resources {
            let Some(except) = excepted(&others, of_action, of_resource) else { continue };
            let mut left = statement.clone();
            left.action = Clause::union(&of_action.rows.iter().collect::<Vec<_>>());
            left.resource = statement
                .resource
                .as_ref()
                .map(|_| Clause::union(&of_resource.rows.iter().collect::<Vec<_>>()));
            cells.push(Cell { all_of: vec![Part::of(&part.document, left, part.who)], except });
        }
    }
    cells
}

/// The others that are about some of the actions.
fn only_meeting<'o>(others: Vec<Other<'o>>, actions: &mut [Group]) -> Vec<Other<'o>> {
    let meets: Vec<bool> = (0..others.len())
        .map(|n| actions.iter().any(|group| group.lies.get(n).is_some_and(|lie| *lie != Lie::Apart)))
        .collect();
    for group in actions {
        let mut kept = meets.iter();
        group.lies.retain(|_| kept.next() == Some(&true));
    }
    others.into_iter().zip(meets).filter_map(|(other, meets)| meets.then_some(other)).collect()
}

/// A statement that takes something away, as it lies to the one that it is taken from.
struct Other<'o> {
    part: &'o Part,
    /// What is left of it where actions and resources are settled: nothing, where it takes all.
    rest: Statement,
    takes_all: bool,
}

impl<'o> Other<'o> {
    fn of(part: &'o Part, from: &Part) -> Option<Self> {
        let (statement, whole) = (part.statement()?, from.statement()?);
        let conditions = not_following(statement, whole);
        let takes_all = conditions.is_empty() && about_all_of(part, from) && statement.assumption.is_none();
        let rest = Statement { conditions, ..statement.clone() };
        Some(Self { part, rest, takes_all })
    }
}

/// Rows that lie alike to all other statements.
struct Group {
    rows: Vec<Clause>,
    lies: Vec<Lie>,
}

fn groups(
    rows: Vec<Clause>,
    others: &[Other<'_>],
    of: for<'c> fn(&'c Other<'_>) -> &'c Clause,
) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for row in rows {
        let lies: Vec<Lie> = others.iter().map(|other| row.lies_to(of(other))).collect();
        match groups.iter_mut().find(|group| group.lies == lies) {
            Some(group) => group.rows.push(row),
            None => groups.push(Group { rows: vec![row], lies }),
        }
    }
    groups
}

fn together(
    groups: Vec<Group>,
    others: &[Other<'_>],
    of: for<'c> fn(&'c Other<'_>) -> &'c Clause,
) -> Vec<Group> {
    let rows: Vec<Clause> = groups.into_iter().flat_map(|group| group.rows).collect();
    let lies = others.iter().map(|other| Lie::all(rows.iter().map(|row| row.lies_to(of(other))))).collect();
    vec![Group { rows, lies }]
}

/// What is taken away of some actions on some resources, no more of each statement than matters there; `None` where all is.
fn excepted(others: &[Other<'_>], of_action: &Group, of_resource: &Group) -> Option<Vec<Part>> {
    let mut except: Vec<Part> = Vec::new();
    let mut seen = BTreeSet::new();
    for ((other, on_action), on_resource) in others.iter().zip(&of_action.lies).zip(&of_resource.lies) {
        if *on_action == Lie::Apart || *on_resource == Lie::Apart {
            continue;
        }
        if (*on_action, *on_resource) == (Lie::Within, Lie::Within) && other.takes_all {
            return None;
        }
        let mut rest = other.rest.clone();
        rest.action = match on_action {
            Lie::Within => everything(),
            _ => other.part.actions().meeting(&of_action.rows.iter().collect::<Vec<_>>()),
        };
        rest.resource = Some(match on_resource {
            Lie::Within => everything(),
            _ => other.part.resources().meeting(&of_resource.rows.iter().collect::<Vec<_>>()),
        });
        // An action that only the list of an Allow or of a Deny says is the same to leave out.
        rest.effect = Effect::Allow;
        if seen.insert(said(&other.part.document, &rest)) {
            except.push(Part::of(&other.part.document, rest, other.part.who));
        }
    }
    Some(except)
}

/// Cells that differ in their listed actions only are one.
fn merged(cells: Vec<Cell>) -> Vec<Cell> {
    let mut found: Vec<(String, Cell)> = Vec::new();
    for cell in cells {
        let key = but_for_actions(&cell);
        let known = key.as_ref().and_then(|key| found.iter_mut().find(|(k, _)| k == key));
        match (known, cell.all_of.first().and_then(Part::statement)) {
            (Some((_, known)), Some(more)) => join_actions(known, &more.action),
            _ => found.push((key.unwrap_or_default(), cell)),
        }
    }
    found.into_iter().map(|(_, cell)| cell).collect()
}

/// All that a cell of one statement says beside its actions, where these are a list.
fn but_for_actions(cell: &Cell) -> Option<String> {
    let [part] = cell.all_of.as_slice() else { return None };
    let statement = part.statement().filter(|s| !s.action.negated && s.assumption.is_none())?;
    let blank = Statement { action: everything(), ..statement.clone() };
    let except: BTreeSet<String> =
        cell.except.iter().filter_map(|p| Some(said(&p.document, p.statement()?))).collect();
    Some(format!("{:?} {} {except:?}", part.who, said(&part.document, &blank)))
}

fn join_actions(cell: &mut Cell, actions: &PatternClause) {
    let Some(part) = cell.all_of.first_mut() else { return };
    let Some(mut statement) = part.statement().cloned() else { return };
    for pattern in &actions.patterns {
        if !statement.action.patterns.contains(pattern) {
            statement.action.patterns.push(pattern.clone());
        }
    }
    *part = Part::of(&part.document, statement, part.who);
}
