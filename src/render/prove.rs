//! What was proved of a change, for people and as JSON.

use super::chains;
use super::text::{line, proved};
use crate::ask::{PrincipalComparison, Region};
use crate::check::{Decided, Judgement};
use crate::prove::{ChangedStatement, Closed, GapAnswer, Idle, Kept, Proved, Sibling};
use serde_json::{Value, json};

/// `gateproof-prove/1`.
pub fn json(proved: &Proved) -> Value {
    let comparison = &proved.comparison;
    json!({
        "format": "gateproof-prove/1",
        "verdict": proved.judgement(),
        "reasons": proved.reasons(),
        "gaps": proved.gaps.iter().map(gap).collect::<Vec<_>>(),
        "keep": proved.kept.iter().map(kept).collect::<Vec<_>>(),
        "opened": {
            "verdict": proved.nothing_opened(),
            "compared": comparison.compared,
            "formulas": comparison.formulas.asked,
            "principals": proved.opened().map(|p| json!({"principal": p.id, "gained": regions(&p.gained)})).collect::<Vec<_>>(),
            "undecided": undecided(proved),
            "assumptions": comparison.assumptions,
        },
        "lost": losing(proved).map(|p| json!({"principal": p.id, "lost": regions(&p.lost)})).collect::<Vec<_>>(),
        "changed": {
            "added": proved.difference.added.iter().map(statement).collect::<Vec<_>>(),
            "removed": proved.difference.removed.iter().map(statement).collect::<Vec<_>>(),
        },
        "idle": proved.idle.iter().map(idle).collect::<Vec<_>>(),
    })
}

fn gap(gap: &GapAnswer) -> Value {
    json!({
        "name": gap.name, "verdict": gap.judgement(), "before": decided(&gap.before), "after": closed(&gap.after),
        "through_escalation": gap.through_escalation.as_ref().map(closed),
        "siblings": {
            "looked_for": gap.siblings.looked_for,
            "found": gap.siblings.found.iter().map(sibling).collect::<Vec<_>>(),
            "undecided": gap.siblings.undecided,
        },
    })
}

fn kept(kept: &Kept) -> Value {
    json!({"name": kept.name, "verdict": kept.judgement(), "before": decided(&kept.before), "after": closed(&kept.after)})
}

fn closed(closed: &Closed) -> Value {
    match closed {
        Closed::Decided(after) => decided(after),
        Closed::Gone(why) => json!({"gone": why}),
    }
}

fn decided(decided: &Decided) -> Value {
    let violations = decided.violations.iter();
    let violations: Vec<Value> = violations
        .map(|v| json!({"principal": v.principal, "message": v.message, "witness": v.witness, "assumptions": v.assumptions}))
        .collect();
    let doubts = decided.doubts.iter();
    let doubts: Vec<Value> = doubts
        .map(|d| json!({"principal": d.principal, "reason": d.why.reason, "where": d.why.place}))
        .collect();
    json!({
        "verdict": decided.judgement, "message": decided.message, "principals": decided.principals, "violations": violations,
        "undecided": doubts, "proof": decided.proof, "assumptions": decided.taken_for_granted(),
    })
}

fn sibling(sibling: &Sibling) -> Value {
    let Sibling { principal, gives, before, technique, requests, assumptions } = sibling;
    json!({
        "principal": principal, "gives": gives, "before": before, "technique": technique, "requests": requests,
        "assumptions": assumptions,
    })
}

fn regions(regions: &[Region]) -> Vec<Value> {
    let one = |region: &Region| {
        let Region { actions, resources, witness, refused_by, assumptions, certain } = region;
        json!({
            "actions": actions, "resources": resources, "witness": witness, "refused_by": refused_by,
            "assumptions": assumptions, "certain": certain,
        })
    };
    regions.iter().map(one).collect()
}

fn undecided(proved: &Proved) -> Vec<Value> {
    let principals = proved.comparison.principals.iter();
    let of = principals.flat_map(|p| {
        p.undecided.iter().map(|why| json!({"principal": p.id, "reason": why.reason, "where": why.place}))
    });
    let blind = proved.comparison.undecided.iter();
    of.chain(blind.map(|why| json!({"principal": null, "reason": why.reason, "where": why.place}))).collect()
}

fn losing(proved: &Proved) -> impl Iterator<Item = &PrincipalComparison> {
    proved.comparison.principals.iter().filter(|principal| !principal.lost.is_empty())
}

fn statement(changed: &ChangedStatement) -> Value {
    let place = changed.place();
    json!({
        "part": changed.part, "of": changed.of, "policy": changed.document.source.policy, "file": place.file,
        "pointer": place.pointer, "sid": changed.statement.sid,
    })
}

fn idle(idle: &Idle) -> Value {
    json!({
        "statement": statement(&idle.statement), "removed": idle.removed, "changes_nothing": idle.changes_nothing,
        "because": idle.because,
    })
}

/// For people.
pub fn text(proved: &Proved) -> String {
    let mut out = String::new();
    let headline = match proved.judgement() {
        Judgement::Holds => {
            "proved: the gap was open and is closed, what is needed still works, nothing new was opened"
        }
        Judgement::Violated => "not proved",
        Judgement::Undecided => "undecided",
    };
    let assuming = match proved.inputs_taken() {
        0 => String::new(),
        n => format!(", assuming {n} inputs that were not collected"),
    };
    line(&mut out, format_args!("{headline}{assuming}"));
    for reason in proved.reasons() {
        line(&mut out, format_args!("  because   {reason}"));
    }
    proved.gaps.iter().for_each(|gap| gap_text(&mut out, gap));
    proved.kept.iter().for_each(|kept| kept_text(&mut out, kept));
    opened_text(&mut out, proved);
    lost_text(&mut out, proved);
    idle_text(&mut out, &proved.idle);
    out
}

fn gap_text(out: &mut String, gap: &GapAnswer) {
    line(out, format_args!("\ngap: {}", gap.name));
    let before = if gap.was_open() { "open" } else { "not open" };
    line(out, format_args!("  before    {before}: {}", gap.before.message));
    if let Some(violation) = gap.before.violations.first() {
        line(out, format_args!("  by        {}: {}", violation.principal, violation.message));
        violation.witness.iter().for_each(|witness| chains::requests(out, &witness.steps));
    }
    after_text(out, "after", &gap.after);
    if let Some(after) = &gap.through_escalation {
        after_text(out, "by steps", after);
    }
    let siblings = &gap.siblings;
    for sibling in &siblings.found {
        line(
            out,
            format_args!(
                "  sibling   {} still comes to {} by {}",
                sibling.principal, sibling.gives, sibling.technique
            ),
        );
        chains::requests(out, &sibling.requests);
        for assumption in &sibling.assumptions {
            line(out, format_args!("  assuming  {assumption}"));
        }
    }
    if siblings.found.is_empty() && siblings.looked_for > 0 {
        let n = siblings.looked_for;
        line(out, format_args!("  siblings  none: what the gap gave ({n} things) comes by no other step"));
    }
}

fn after_text(out: &mut String, label: &str, closed: &Closed) {
    match closed {
        Closed::Gone(why) => line(out, format_args!("  {label:<9} closed: {why}")),
        Closed::Decided(after) => {
            let how = match after.judgement {
                Judgement::Holds => "closed",
                Judgement::Violated => "open",
                Judgement::Undecided => "undecided",
            };
            line(out, format_args!("  {label:<9} {how}: {}", after.message));
            shown(out, after);
        }
    }
}

/// What shows that something is still so, or isn't.
fn shown(out: &mut String, decided: &Decided) {
    if let Some(violation) = decided.violations.first() {
        line(out, format_args!("  by        {}: {}", violation.principal, violation.message));
        violation.witness.iter().for_each(|witness| chains::requests(out, &witness.steps));
    }
    if let Some(doubt) = decided.doubts.first() {
        line(
            out,
            format_args!("  unknown   {}: {} ({})", doubt.principal, doubt.why.reason, doubt.why.place),
        );
    }
    decided.proof.iter().for_each(|proof| proved(out, proof));
    for assumption in decided.taken_for_granted() {
        line(out, format_args!("  assuming  {assumption}"));
    }
}

fn kept_text(out: &mut String, kept: &Kept) {
    line(out, format_args!("\nneeded: {}", kept.name));
    line(out, format_args!("  before    {}: {}", kept.before.judgement, kept.before.message));
    match &kept.after {
        Closed::Gone(why) => line(out, format_args!("  after     lost: {why}")),
        Closed::Decided(after) => {
            line(out, format_args!("  after     {}: {}", after.judgement, after.message));
            shown(out, after);
        }
    }
}

fn opened_text(out: &mut String, proved: &Proved) {
    let comparison = &proved.comparison;
    line(
        out,
        format_args!(
            "\nopened: {}",
            match proved.nothing_opened() {
                Judgement::Holds => "nothing",
                Judgement::Violated => "something",
                Judgement::Undecided => "undecided",
            }
        ),
    );
    line(
        out,
        format_args!(
            "  compared  {} principals, {} formulas",
            comparison.compared, comparison.formulas.asked
        ),
    );
    for assumption in &comparison.assumptions {
        line(out, format_args!("  assuming  {assumption}"));
    }
    for principal in proved.opened() {
        for region in &principal.gained {
            line(out, format_args!("  gained    {}: {}", principal.id, region_text(region)));
            chains::requests(out, &region.witness.steps);
        }
    }
}

fn lost_text(out: &mut String, proved: &Proved) {
    let mut losing = losing(proved).peekable();
    if losing.peek().is_some() {
        line(out, format_args!("\ntaken away:"));
    }
    for principal in losing {
        for region in &principal.lost {
            line(out, format_args!("  lost      {}: {}", principal.id, region_text(region)));
        }
    }
}

fn region_text(region: &Region) -> String {
    const SHOWN: usize = 8;
    let more = region.actions.len().saturating_sub(SHOWN);
    let actions: Vec<&str> = region.actions.iter().take(SHOWN).map(String::as_str).collect();
    let others = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{others} on {}", actions.join(", "), region.resources.join(", "))
}

fn idle_text(out: &mut String, idle: &[Idle]) {
    if !idle.is_empty() {
        line(out, format_args!("\nwithout effect:"));
    }
    for one in idle {
        let what = if one.removed {
            "taking it away changes nothing"
        } else {
            "without it everybody may do the same"
        };
        let nothing = one.changes_nothing.then(|| what.to_owned());
        let why: Vec<String> = one.because.iter().cloned().chain(nothing).collect();
        line(out, format_args!("  {:<9} {}: {}", one.statement.part_word(), one.label(), why.join("; ")));
    }
}
