//! The answer to `what-can`: documents, tables, and where they part from the policies.

mod policy;
mod table;

use super::json::{question, strings};
use super::text::{line, problems};
use crate::ask::{
    Agreement, Difference, Differs, Effective, EffectiveAction, EffectiveRow, Extent, RowEffect,
};
use crate::question::Selector;
use gateproof_model::problem::Problem;
use policy::render_policy;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// `gateproof-what-can/1`.
pub fn json(principals: &[Selector], extent: &Extent, answers: &[Effective]) -> Value {
    let mut asked = Map::new();
    asked.insert("command".to_owned(), json!("what-can"));
    asked.insert("principals".to_owned(), json!(strings(principals)));
    asked.insert("services".to_owned(), json!(extent.services));
    asked.extend(question(&extent.requests).into_iter().filter(|(k, _)| k != "resources" && k != "access"));
    let each: Vec<Value> = answers.iter().map(principal).collect();
    json!({"format": "gateproof-what-can/1", "question": asked, "principals": each})
}

fn principal(answer: &Effective) -> Value {
    let proofs = answer.proofs;
    let common = session(&answer.actions);
    json!({
        "arn": answer.id,
        "agreement": word(answer.agreement),
        "policy": answer.policy,
        "beyond": answer.beyond,
        "rows": answer.rows.iter().map(row).collect::<Vec<_>>(),
        "session": common,
        "actions": answer.actions.iter().map(|a| action(a, &common)).collect::<Vec<_>>(),
        "differences": answer.differences.iter().map(difference).collect::<Vec<_>>(),
        "proof": {
            "asked": proofs.asked, "refuted": proofs.refuted, "folded": proofs.folded,
            "taken_apart": proofs.taken_apart, "parts": proofs.parts, "parts_refuted": proofs.parts_refuted,
        },
        "always_allowed": answer.always,
        "notes": answer.notes,
        "assumptions": answer.assumptions,
        "undecided": answer.undecided,
    })
}

/// The label as one word.
fn word(agreement: Agreement) -> &'static str {
    use Agreement::{Exact, Incomparable, Narrower, Undecided, Wider};
    match agreement {
        Exact => "exact",
        Wider => "wider",
        Narrower => "narrower",
        Incomparable => "incomparable",
        Undecided => "undecided",
    }
}

fn kind(effect: RowEffect) -> &'static str {
    match effect {
        RowEffect::Allow => "allow",
        RowEffect::Beyond => "beyond",
        RowEffect::Deny => "deny",
    }
}

fn row(row: &EffectiveRow) -> Value {
    json!({
        "sid": row.sid, "effect": kind(row.effect), "services": row.services, "access": row.access,
        "count": row.count, "actions": row.actions, "not_resources": row.not_resources, "resources": row.resources, "conditions": row.conditions,
        "how": row.how, "confirmed": row.confirmed, "agreement": word(row.agreement),
    })
}

/// What the sessions of all witnesses have in common.
fn session(actions: &[EffectiveAction]) -> Session {
    let mut sessions = actions.iter().filter_map(|a| a.witness.as_ref()).map(|step| &step.session);
    let mut common = sessions.next().cloned().unwrap_or_default();
    for session in sessions {
        common.retain(|key, value| session.get(key) == Some(value));
    }
    common
}

type Session = BTreeMap<String, Option<String>>;

/// An action; of its session what differs from the others'.
fn action(action: &EffectiveAction, common: &Session) -> Value {
    let witness = action.witness.as_ref().map(|step| {
        let own: Session = step
            .session
            .iter()
            .filter(|(k, _)| !common.contains_key(*k))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        json!({"as": step.caller, "session": own, "resource": step.resource, "context": step.context})
    });
    json!({
        "name": action.name, "access": action.access, "agreement": word(action.agreement), "witness": witness,
        "assumptions": action.assumptions,
    })
}

fn difference(difference: &Difference) -> Value {
    let kind = match difference.differs {
        Differs::Wider => "wider",
        Differs::Narrower => "narrower",
    };
    json!({"kind": kind, "request": difference.step})
}

/// So many requests that tell documents and policies apart are printed.
const MOST_DIFFERENCES: usize = 10;

/// For people.
pub fn text(answers: &[Effective], found: &[Problem]) -> String {
    let mut out = String::new();
    for (n, answer) in answers.iter().enumerate() {
        if n > 0 {
            out.push('\n');
        }
        one(&mut out, answer);
    }
    problems(&mut out, found);
    out
}

fn one(out: &mut String, answer: &Effective) {
    let services: BTreeSet<&str> =
        answer.actions.iter().filter_map(|a| a.name.split_once(':')).map(|(s, _)| s).collect();
    let shown = answer.actions.iter().filter(|a| a.witness.is_some()).count();
    line(out, format_args!("{}", answer.id));
    line(
        out,
        format_args!(
            "  {} actions of {} services, {shown} shown by a request that the policies allow",
            answer.actions.len(),
            services.len()
        ),
    );
    line(out, format_args!("  document  {}{}", answer.agreement.name(), but_for(answer)));
    let proofs = answer.proofs;
    line(
        out,
        format_args!(
            "  compared  {} of {} formulas refuted ({} false as they stood), each proof accepted by the checker",
            proofs.refuted, proofs.asked, proofs.folded
        ),
    );
    if proofs.parts > 0 {
        line(
            out,
            format_args!(
                "            the others by {} comparisons of single actions, {} refuted likewise",
                proofs.parts, proofs.parts_refuted
            ),
        );
    }
    out.push('\n');
    out.push_str(&render_policy(&answer.policy));
    let more = answer.beyond.get("Statement").and_then(Value::as_array).is_some_and(|s| !s.is_empty());
    if more {
        line(out, format_args!("\n  beyond that, by policies of resources:"));
        out.push_str(&render_policy(&answer.beyond));
    }
    if !answer.rows.is_empty() {
        out.push('\n');
        out.push_str(&table::render_table(&answer.rows, answer.account.as_deref()));
    }
    remarks(out, answer);
}

/// For how many actions the documents are not known to be exact.
fn but_for(answer: &Effective) -> String {
    let exact = answer.actions.iter().filter(|a| a.agreement == Agreement::Exact).count();
    if answer.agreement == Agreement::Exact {
        return String::new();
    }
    format!(" for {} actions, exact for {exact}", answer.actions.len() - exact)
}

fn remarks(out: &mut String, answer: &Effective) {
    for difference in answer.differences.iter().take(MOST_DIFFERENCES) {
        let who = match difference.differs {
            Differs::Wider => "wider     the document allows, the policies refuse:",
            Differs::Narrower => "narrower  the policies allow, the document refuses:",
        };
        let step = &difference.step;
        line(out, format_args!("  {who} {} on {}", step.action, step.resource));
        for (key, value) in &step.context {
            line(out, format_args!("              {key} = {}", value.shown(key)));
        }
    }
    let left = answer.differences.len().saturating_sub(MOST_DIFFERENCES);
    if left > 0 {
        line(out, format_args!("  … and {left} more (--format json)"));
    }
    if !answer.always.is_empty() {
        line(
            out,
            format_args!("  always    {}: allowed whatever the policies say", answer.always.join(", ")),
        );
    }
    for note in &answer.notes {
        line(out, format_args!("  note      {note}"));
    }
    for assumption in &answer.assumptions {
        line(out, format_args!("  assuming  {assumption}"));
    }
    for undecided in &answer.undecided {
        line(out, format_args!("  undecided {} ({})", undecided.reason, undecided.place));
    }
}
