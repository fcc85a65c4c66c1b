//! What became of a certificate.

use crate::certificate::{Certificate, Refusal, Verified};
use serde_json::{Value, json};

/// `gateproof-verification/1`.
pub fn json(certificate: &Certificate, outcome: &Result<Verified, Refusal>) -> Value {
    let mut document = json!({
        "format": "gateproof-verification/1",
        "verdict": if outcome.is_ok() { "accepted" } else { "refused" },
        "question": certificate.question,
        "snapshot": certificate.snapshot,
        "made_by": certificate.program,
    });
    let (more, refusal) = match outcome {
        Ok(verified) => {
            let claims: Vec<Value> = verified
                .claims
                .iter()
                .map(|c| {
                    json!({
                        "arn": c.arn, "scope": c.scope, "assumptions": c.assumptions,
                        "formulas": c.pieces, "folded": c.folded, "lemmas": c.lemmas, "steps": c.steps,
                    })
                })
                .collect();
            (json!({"callers": verified.callers, "claims": claims}), Value::Null)
        }
        Err(refusal) => {
            let why = json!({"where": refusal.place, "reason": refusal.fault.to_string()});
            (json!({"callers": null, "claims": []}), why)
        }
    };
    if let (Value::Object(document), Value::Object(more)) = (&mut document, more) {
        document.extend(more);
        document.insert("refusal".to_owned(), refusal);
    }
    document
}

/// The same for people.
pub fn text(certificate: &Certificate, outcome: &Result<Verified, Refusal>) -> String {
    let question = certificate.question.render();
    let verified = match outcome {
        Ok(verified) => verified,
        Err(refusal) => return format!("refused: {refusal}\n  question  {question}\n"),
    };
    let claims = &verified.claims;
    let all = claims.iter().filter(|c| c.scope == crate::ask::Tier::All).count();
    let sum = |part: fn(&crate::certificate::VerifiedClaim) -> usize| claims.iter().map(part).sum::<usize>();
    let (pieces, folded) = (sum(|c| c.pieces), sum(|c| c.folded));
    let what = if certificate.question.every { "can make every request" } else { "can make no request" };
    let mut text = format!(
        "accepted: {} of {} callers {what} of the question\n  question  {question}\n  \
         proved    for all requests: {all}; for catalogued actions, resources and keys: {}\n  \
         formulas  {pieces} made again from the snapshot: {folded} false as they stand, {} refuted by {} lemmas and {} steps\n",
        claims.len(),
        verified.callers,
        claims.len() - all,
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
    for claim in claims {
        text.push_str(&format!("  proved of {} ({})\n", claim.arn, claim.scope.name()));
    }
    text
}
