//! What one policy or snapshot allows and another doesn't, as JSON and as text.

use super::json::strings;
use super::text::{line, step};
use crate::compare::{
    Described, DescribedCondition, DocumentComparison, DocumentRegion, EstateComparison, Formulas, PolicyOf,
    PrincipalComparison, Region, Relation,
};
use crate::question::{Evidence, Selector, Undecided, shown_value};
use gateproof_model::request::Request;
use serde_json::{Map, Value, json};

/// `gateproof-compare/1` of two policies.
pub fn policies_json(names: &[String; 2], of: &PolicyOf, answer: &DocumentComparison) -> Value {
    let [old, new] = names;
    json!({
        "format": "gateproof-compare/1",
        "question": {"command": "compare", "of": "policies", "type": of.kind.name(), "old": old, "new": new},
        "relation": answer.relation.name(),
        "exact": answer.exact,
        "gained": answer.gained.iter().map(region).collect::<Vec<_>>(),
        "lost": answer.lost.iter().map(region).collect::<Vec<_>>(),
        "proof": proof(answer.formulas),
        "undecided": answer.undecided,
    })
}

fn proof(formulas: Formulas) -> Value {
    json!({"formulas": formulas.asked, "refuted": formulas.refuted, "folded": formulas.folded})
}

fn region(region: &DocumentRegion) -> Value {
    json!({
        "principals": region.principals,
        "all_of": region.all_of.iter().map(described).collect::<Vec<_>>(),
        "except": region.except.iter().map(described).collect::<Vec<_>>(),
        "witness": request(&region.witness),
        "allowed_by": region.allowed_by,
        "refused_by": region.refused_by,
    })
}

fn described(one: &Described) -> Value {
    let conditions: Vec<Value> = one
        .conditions
        .iter()
        .map(|c| json!({"operator": c.operator, "key": c.key, "values": values(c)}))
        .collect();
    json!({
        "not_actions": one.not_actions, "actions": one.actions, "not_resources": one.not_resources,
        "resources": one.resources, "conditions": conditions, "principals": one.principals,
    })
}

/// The values of a condition; an external id is not printed.
fn values(condition: &DescribedCondition) -> Vec<String> {
    condition.values.iter().map(|value| shown_value(&condition.key, value).to_owned()).collect()
}

/// A request, its keys as they are.
pub(super) fn request(request: &Request) -> Value {
    let context: Map<String, Value> = request
        .context
        .iter()
        .map(|(key, value)| {
            let shown: Vec<&str> = value.values().iter().map(|text| shown_value(key, text)).collect();
            let value = match value {
                gateproof_model::request::ContextValue::Single(_) => json!(shown.first()),
                gateproof_model::request::ContextValue::List(_) => json!(shown),
            };
            (key.to_owned(), value)
        })
        .collect();
    json!({
        "as": request.principal.id(), "action": request.action, "resource": request.resource,
        "resource_account": request.resource_account, "context": context,
    })
}

/// The same for people.
pub fn policies_text(answer: &DocumentComparison) -> String {
    let mut out = String::new();
    line(&mut out, format_args!("{}", headline(answer.relation)));
    for (word, regions) in [("gained", &answer.gained), ("lost", &answer.lost)] {
        for region in regions {
            region_text(&mut out, word, region);
        }
    }
    for undecided in &answer.undecided {
        undecided_text(&mut out, undecided);
    }
    let Formulas { asked, refuted, .. } = answer.formulas;
    match (answer.exact, asked) {
        (true, 0) => {
            line(&mut out, format_args!("  exact     every statement lies within one of the other policy"))
        }
        (true, _) => line(
            &mut out,
            format_args!(
                "  exact     the regions are the whole difference: {asked} formulas, {refuted} refuted with proofs that the checker accepted"
            ),
        ),
        (false, _) => line(&mut out, format_args!("  not exact there may be more than these regions")),
    }
    out
}

fn headline(relation: Relation) -> &'static str {
    match relation {
        Relation::Equal => "equal: both allow the same",
        Relation::Narrower => "narrower: the new allows less",
        Relation::Wider => "wider: the new allows more",
        Relation::Incomparable => "incomparable: the new allows more here and less there",
        Relation::Undecided => "undecided",
    }
}

fn undecided_text(out: &mut String, undecided: &Undecided) {
    line(out, format_args!("  undecided {} ({})", undecided.reason, undecided.place));
}

fn region_text(out: &mut String, word: &str, region: &DocumentRegion) {
    for (n, part) in region.all_of.iter().enumerate() {
        described_text(out, if n == 0 { word } else { "and" }, part);
    }
    for part in &region.except {
        described_text(out, "except", part);
    }
    if region.principals != ["*"] {
        for who in &region.principals {
            line(out, format_args!("    for       {who}"));
        }
    }
    let request = &region.witness;
    line(out, format_args!("    such as   {} on {}", request.action, request.resource));
    if region.principals != ["*"] {
        line(out, format_args!("    as        {}", request.principal.id()));
    }
    for (key, value) in request.context.iter() {
        let shown: Vec<&str> = value.values().iter().map(|text| shown_value(key, text)).collect();
        line(out, format_args!("    context   {key} = {}", shown.join(", ")));
    }
    evidence(out, "allowed", &region.allowed_by);
    evidence(out, "refused", &region.refused_by);
}

fn described_text(out: &mut String, word: &str, part: &Described) {
    let but = |negated: bool| if negated { "all but " } else { "" };
    let actions = format!("{}{}", but(part.not_actions), part.actions.join(", "));
    line(out, format_args!("  {word:<9} {actions}"));
    if !part.on_anything() {
        line(out, format_args!("    on        {}{}", but(part.not_resources), part.resources.join(", ")));
    }
    for c in &part.conditions {
        line(out, format_args!("    where     {} {} = {}", c.operator, c.key, values(c).join(", ")));
    }
    if !part.principals.is_empty() {
        line(out, format_args!("    of        {}", part.principals.join(", ")));
    }
}

fn evidence(out: &mut String, word: &str, found: &[Evidence]) {
    for one in found {
        if one.policy.is_empty() {
            line(out, format_args!("    {word:<9} {}", one.layer));
            continue;
        }
        let sid = one.sid.as_deref().map(|s| format!(" ({s})")).unwrap_or_default();
        line(out, format_args!("    {word:<9} {}: {}#{}{sid}", one.layer, one.file, one.pointer));
    }
}

/// Principals for which the same changes.
fn groups(answer: &EstateComparison) -> Vec<(Vec<&str>, &PrincipalComparison)> {
    let alike = |a: &[Region], b: &[Region]| {
        let told = |r: &Region| (r.actions.clone(), r.resources.clone(), r.certain);
        a.iter().map(told).eq(b.iter().map(told))
    };
    let mut groups: Vec<(Vec<&str>, &PrincipalComparison)> = Vec::new();
    for one in &answer.principals {
        let same = groups.iter_mut().find(|(_, known)| {
            (known.relation, known.in_old, known.in_new) == (one.relation, one.in_old, one.in_new)
                && alike(&known.gained, &one.gained)
                && alike(&known.lost, &one.lost)
                && known.undecided == one.undecided
        });
        match same {
            Some((ids, _)) => ids.push(&one.id),
            None => groups.push((vec![&one.id], one)),
        }
    }
    groups
}

/// `gateproof-compare/1` of two snapshots.
pub fn snapshots_json(names: &[String; 2], among: &[Selector], answer: &EstateComparison) -> Value {
    let [old, new] = names;
    let groups: Vec<Value> = groups(answer)
        .into_iter()
        .map(|(ids, one)| {
            json!({
                "principals": ids, "in_old": one.in_old, "in_new": one.in_new, "relation": one.relation.name(),
                "gained": one.gained.iter().map(estate_region).collect::<Vec<_>>(),
                "lost": one.lost.iter().map(estate_region).collect::<Vec<_>>(),
                "undecided": one.undecided,
            })
        })
        .collect();
    json!({
        "format": "gateproof-compare/1",
        "question": {
            "command": "compare", "of": "snapshots", "old": old, "new": new, "principals": strings(among),
        },
        "relation": answer.relation.name(),
        "groups": groups,
        "compared": answer.compared,
        "equal": answer.compared - answer.principals.len(),
        "proof": proof(answer.formulas),
        "assumptions": answer.assumptions,
        "undecided": answer.undecided,
    })
}

fn estate_region(region: &Region) -> Value {
    json!({
        "actions": region.actions, "resources": region.resources, "certain": region.certain,
        "witness": region.witness, "refused_by": region.refused_by, "assumptions": region.assumptions,
    })
}

/// The same for people.
pub fn snapshots_text(answer: &EstateComparison) -> String {
    let mut out = String::new();
    line(&mut out, format_args!("{}", headline(answer.relation)));
    let equal = answer.compared - answer.principals.len();
    line(&mut out, format_args!("{equal} of {} principals may do the same as before", answer.compared));
    for (ids, one) in groups(answer) {
        line(&mut out, format_args!("\n{}: {}", ids.join("\n"), one.relation.name()));
        match (one.in_old, one.in_new) {
            (false, true) => line(&mut out, format_args!("  new       the old snapshot doesn't have it")),
            (true, false) => line(&mut out, format_args!("  gone      the new snapshot doesn't have it")),
            _ => {}
        }
        for (word, regions) in [("gained", &one.gained), ("lost", &one.lost)] {
            for region in regions {
                estate_region_text(&mut out, word, region);
            }
        }
        for undecided in &one.undecided {
            undecided_text(&mut out, undecided);
        }
    }
    for assumption in &answer.assumptions {
        line(&mut out, format_args!("  assuming  {assumption}"));
    }
    for undecided in &answer.undecided {
        undecided_text(&mut out, undecided);
    }
    out
}

fn estate_region_text(out: &mut String, word: &str, region: &Region) {
    let perhaps = if region.certain { "" } else { "perhaps " };
    line(out, format_args!("  {word:<9} {perhaps}{}", region.actions.join(", ")));
    for resource in &region.resources {
        line(out, format_args!("  on        {resource}"));
    }
    line(out, format_args!("  such as"));
    for request in &region.witness.steps {
        step(out, request);
    }
    for one in &region.refused_by {
        let place = if one.policy.is_empty() {
            one.layer.clone()
        } else {
            format!("{}: {}, {}#{}", one.layer, one.policy, one.file, one.pointer)
        };
        line(out, format_args!("  refused   {place}"));
    }
    for assumption in &region.assumptions {
        line(out, format_args!("  assuming  {assumption}"));
    }
}
