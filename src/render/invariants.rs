//! What became of a certificate of `reach`.

use crate::certificate::{InvariantCertificate, Refusal, VerifiedInvariant};
use serde_json::{Value, json};

type Outcome = Result<Vec<VerifiedInvariant>, Refusal>;

/// `gateproof-verification/1`.
pub fn json(certificate: &InvariantCertificate, outcome: &Outcome) -> Value {
    let scope = scope(certificate);
    let (verdict, callers, claims, refusal) = match outcome {
        Ok(verified) => {
            let claims: Vec<Value> = verified
                .iter()
                .map(|c| {
                    json!({
                        "arn": c.arn, "scope": scope, "assumptions": c.assumptions, "facts": c.facts,
                        "sessions": c.sessions, "guards": c.guards, "formulas": c.pieces, "folded": c.folded,
                        "lemmas": c.lemmas, "steps": c.steps,
                    })
                })
                .collect();
            ("accepted", json!(certificate.callers.len()), claims, Value::Null)
        }
        Err(refusal) => {
            let why = json!({"where": refusal.place, "reason": refusal.fault.to_string()});
            ("refused", Value::Null, Vec::new(), why)
        }
    };
    json!({
        "format": "gateproof-verification/1", "verdict": verdict, "question": certificate.question,
        "snapshot": certificate.snapshot, "made_by": certificate.program, "callers": callers,
        "claims": claims, "refusal": refusal,
    })
}

/// The same for people.
pub fn text(certificate: &InvariantCertificate, outcome: &Outcome) -> String {
    let question = certificate.question.render();
    let claims = match outcome {
        Ok(claims) => claims,
        Err(refusal) => return format!("refused: {refusal}\n  question  {question}\n"),
    };
    let sum = |part: fn(&VerifiedInvariant) -> usize| claims.iter().map(part).sum::<usize>();
    let (pieces, folded) = (sum(|c| c.pieces), sum(|c| c.folded));
    let mut text = format!(
        "accepted: {} of {} callers do not reach the target\n  question  {question}\n  \
         proved    for {}\n  \
         formulas  {pieces} made again from the snapshot: {folded} false as they stand, {} refuted by {} lemmas and {} steps\n",
        claims.len(),
        certificate.callers.len(),
        scope(certificate),
        pieces - folded,
        sum(|c| c.lemmas),
        sum(|c| c.steps),
    );
    let mut assumed: Vec<&String> = Vec::new();
    for assumption in claims.iter().flat_map(|c| &c.assumptions) {
        if !assumed.contains(&assumption) {
            assumed.push(assumption);
            text.push_str(&format!("  assuming  {assumption}\n"));
        }
    }
    for c in claims {
        let VerifiedInvariant { arn, facts, sessions, guards, .. } = c;
        text.push_str(&format!(
            "  proved of {arn}: it comes to {facts} facts, {sessions} of them sessions; {guards} guards keep it there\n"
        ));
    }
    text
}

fn scope(certificate: &InvariantCertificate) -> String {
    format!("any number of the {} kinds of step", certificate.steps.count)
}
