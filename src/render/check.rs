//! Properties and whether they hold, for people, as JSON and as a table.

pub mod junit;
pub mod sarif;

use super::chains;
use super::table::Table;
use super::text::{line, proved};
use crate::check::{Checked, Decided, Judgement, Violation};
use serde_json::{Map, Value, json};

/// `gateproof-check/1`.
pub fn json(checked: &[Checked]) -> Value {
    let properties: Vec<Value> = checked.iter().map(property).collect();
    json!({"format": "gateproof-check/1", "properties": properties})
}

fn property(checked: &Checked) -> Value {
    let Checked { file, property, decided } = checked;
    let mut fields = Map::new();
    let mut put = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    put("name", json!(property.name));
    put("kind", json!(property.kind.name()));
    put("verdict", json!(decided.judgement));
    put("severity", json!(property.severity));
    put("why", json!(property.why));
    put("message", json!(decided.message));
    put("principals", json!(decided.principals));
    put("violations", decided.violations.iter().map(violation).collect());
    let doubts = decided.doubts.iter();
    put(
        "undecided",
        doubts
            .map(|d| json!({"principal": d.principal, "reason": d.why.reason, "where": d.why.place}))
            .collect(),
    );
    let witnesses = decided.witnesses.iter();
    put(
        "witnesses",
        witnesses.map(|(principal, witness)| json!({"principal": principal, "witness": witness})).collect(),
    );
    put("proof", json!(decided.proof));
    put("assumptions", json!(decided.taken_for_granted()));
    put("missing", json!(decided.untold));
    let place = &property.places.name;
    put("place", json!({"file": file, "line": place.line, "column": place.column}));
    Value::Object(fields)
}

fn violation(violation: &Violation) -> Value {
    let Violation { principal, message, witness, proof, assumptions } = violation;
    json!({
        "principal": principal, "message": message, "witness": witness, "proof": proof, "assumptions": assumptions,
    })
}

const COLUMNS: &[&str] =
    &["property", "verdict", "severity", "principal", "message", "assumptions", "file", "line"];

/// A row a violation and a doubt, and one for each property that holds.
pub fn table(checked: &[Checked]) -> Table {
    Table::of_rows("Properties", COLUMNS, checked.iter().flat_map(rows).collect())
}

fn rows(checked: &Checked) -> Vec<Vec<String>> {
    let Checked { file, property, decided } = checked;
    let severity = property.severity.map(|severity| severity.to_string()).unwrap_or_default();
    let row = |verdict: Judgement, principal: &str, message: &str, assumptions: &[String]| {
        let (verdict, line) = (verdict.to_string(), property.places.name.line.to_string());
        let cells = [
            &property.name,
            &*verdict,
            &*severity,
            principal,
            message,
            &*assumptions.join("\n"),
            file,
            &*line,
        ];
        cells.map(str::to_owned).to_vec()
    };
    let violations = decided.violations.iter();
    let violations = violations.map(|v| row(Judgement::Violated, &v.principal, &v.message, &v.assumptions));
    let doubts = decided.doubts.iter();
    let doubts = doubts.map(|d| row(Judgement::Undecided, &d.principal, &d.why.reason, &[]));
    let holds = (decided.judgement == Judgement::Holds)
        .then(|| row(Judgement::Holds, "", &decided.message, &decided.taken_for_granted()));
    violations.chain(doubts).chain(holds).collect()
}

/// Each property with what shows it, and how many there are of each verdict.
pub fn text(checked: &[Checked]) -> String {
    let mut out = String::new();
    for one in checked {
        let Checked { property, decided, .. } = one;
        let severity = match (decided.judgement, property.severity) {
            (Judgement::Violated, Some(severity)) => format!(" ({severity})"),
            _ => String::new(),
        };
        let assuming = match decided.untold.len() {
            0 => String::new(),
            n => format!(", assuming {n} inputs that were not collected"),
        };
        line(&mut out, format_args!("{}{assuming}{severity}: {}", decided.judgement, property.name));
        match decided.judgement {
            Judgement::Violated => violated(&mut out, one),
            Judgement::Undecided => doubts(&mut out, decided),
            Judgement::Holds => holds(&mut out, decided),
        }
        out.push('\n');
    }
    let count = |judgement| checked.iter().filter(|one| one.decided.judgement == judgement).count();
    let (violated, undecided, hold) =
        (count(Judgement::Violated), count(Judgement::Undecided), count(Judgement::Holds));
    line(&mut out, format_args!("{violated} violated, {undecided} undecided, {hold} hold"));
    out
}

fn violated(out: &mut String, checked: &Checked) {
    let Checked { file, property, decided } = checked;
    line(out, format_args!("  declared  {file}:{}", property.places.name.line));
    if let Some(why) = &property.why {
        line(out, format_args!("  why       {}", why.trim()));
    }
    for (n, violation) in decided.violations.iter().enumerate() {
        line(out, format_args!("  by        {}: {}", violation.principal, violation.message));
        // One is shown in full, the others in a line each.
        if n == 0 {
            if let Some(witness) = &violation.witness {
                chains::requests(out, &witness.steps);
                chains::to_try(out, &witness.aws_cli);
            }
            for obstacle in violation.proof.iter().flat_map(|proof| &proof.blocked_by) {
                line(out, format_args!("  blocked   {obstacle}"));
            }
        }
        for assumption in &violation.assumptions {
            line(out, format_args!("  assuming  {assumption}"));
        }
    }
    doubts(out, decided);
}

fn doubts(out: &mut String, decided: &Decided) {
    for doubt in &decided.doubts {
        let place =
            if doubt.why.place.is_empty() { String::new() } else { format!(" ({})", doubt.why.place) };
        line(out, format_args!("  unknown   {}: {}{place}", doubt.principal, doubt.why.reason));
    }
}

fn holds(out: &mut String, decided: &Decided) {
    line(out, format_args!("  as        {}", decided.message));
    if let Some(proof) = &decided.proof {
        proved(out, proof);
    }
    for (principal, witness) in &decided.witnesses {
        for step in &witness.steps {
            line(out, format_args!("  request   {} on {} as {principal}", step.action, step.resource));
        }
    }
    for assumption in decided.taken_for_granted() {
        line(out, format_args!("  assuming  {assumption}"));
    }
}
