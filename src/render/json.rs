//! JSON documents; each names its format.

use super::everybody;
use crate::ask::{CanAnswer, Explained};
use crate::escalation::{Attack, CutAnswer, Edge, Graph, ReachAnswer, Target};
use crate::question::{Answer, Quantifier, Requests, Selector, Step, Undecided, Verdict};
use gateproof_model::request::ContextValue;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

pub(super) fn strings<T: ToString>(items: &[T]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

pub(super) fn question(requests: &Requests) -> Map<String, Value> {
    let levels: Vec<&str> = requests.access.iter().map(|l| l.name()).collect();
    let mut question = Map::new();
    question.insert("actions".to_owned(), json!(requests.actions));
    question.insert("resources".to_owned(), json!(requests.resources));
    question.insert("access".to_owned(), json!(levels));
    question.insert("in".to_owned(), json!(strings(&requests.within)));
    question.insert("when".to_owned(), json!(strings(&requests.when)));
    question
}

fn verdict(answer: &Answer) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("verdict".to_owned(), json!(answer.verdict));
    fields.insert("witness".to_owned(), json!(answer.witness));
    fields.insert("proof".to_owned(), json!(answer.proof));
    fields.insert("assumptions".to_owned(), json!(answer.taken_for_granted().collect::<Vec<_>>()));
    fields.insert("undecided".to_owned(), json!(answer.undecided));
    fields
}

fn principal(arn: &str, answer: &Answer) -> Value {
    let mut fields = Map::new();
    fields.insert("arn".to_owned(), json!(arn));
    fields.extend(verdict(answer));
    Value::Object(fields)
}

/// The answer to `can`: `gateproof-verdict/1`.
pub fn can(
    principals: &[Selector],
    requests: &Requests,
    quantifier: Quantifier,
    answer: &CanAnswer,
) -> Value {
    let mut asked = Map::new();
    asked.insert("command".to_owned(), json!("can"));
    asked.insert("principals".to_owned(), json!(strings(principals)));
    asked.extend(question(requests));
    asked.insert("every".to_owned(), json!(quantifier == Quantifier::Every));
    let mut document = Map::new();
    document.insert("format".to_owned(), json!("gateproof-verdict/1"));
    document.insert("question".to_owned(), Value::Object(asked));
    document.extend(verdict(&answer.overall));
    let each: Vec<Value> = answer.principals.iter().map(|(arn, a)| principal(arn, a)).collect();
    document.insert("principals".to_owned(), json!(each));
    Value::Object(document)
}

/// The answer to `reach`: `gateproof-verdict/1`, with the chains that were found.
pub fn reach(attack: &Attack<'_>, answer: &ReachAnswer, cut: Option<&CutAnswer>) -> Value {
    let mut asked = Map::new();
    asked.insert("command".to_owned(), json!("reach"));
    asked.insert("from".to_owned(), json!(strings(attack.from)));
    asked.insert("together".to_owned(), json!(attack.together));
    let (mut requests, mut controls, mut administrator, mut reads) = Default::default();
    for target in attack.target.each() {
        match target {
            Target::Access(asked) => requests = asked.clone(),
            Target::Controls(selectors) => controls = strings(selectors),
            Target::Administers(accounts) => administrator = strings(accounts),
            Target::Reads(globs) => reads = globs.clone(),
            Target::AnyOf(_) => {}
        }
    }
    asked.extend(question(&requests));
    for (name, values) in [("controls", controls), ("administrator", administrator), ("reads", reads)] {
        asked.insert(name.to_owned(), json!(values));
    }
    asked.insert("when".to_owned(), json!(strings(attack.when)));
    let mut document = Map::new();
    document.insert("format".to_owned(), json!("gateproof-verdict/1"));
    document.insert("question".to_owned(), Value::Object(asked));
    document.extend(verdict(&answer.overall));
    let each: Vec<Value> = answer.principals.iter().map(|(arn, a)| principal(arn, a)).collect();
    document.insert("principals".to_owned(), json!(each));
    document.insert("chains".to_owned(), json!(answer.chains));
    document.insert("reached".to_owned(), json!(answer.reached));
    document.insert("cut".to_owned(), json!(cut.map(cut_of)));
    Value::Object(document)
}

fn cut_of(cut: &CutAnswer) -> Value {
    match cut {
        CutAnswer::Found(cut) => {
            json!({"verdict": "found", "statements": cut.statements, "chains": cut.chains})
        }
        CutAnswer::NoneThere(why) => json!({"verdict": "none", "reason": why}),
        CutAnswer::Undecided(why) => json!({"verdict": "undecided", "reason": why}),
    }
}

/// All ways to the targets: `gateproof-graph/1`.
pub fn graph(graph: &Graph) -> Value {
    json!({
        "format": "gateproof-graph/1", "facts": graph.facts, "steps": graph.steps, "start": graph.start,
        "targets": graph.targets, "may_lack_ways": graph.may_lack_ways,
    })
}

/// A line of `edges`: `gateproof-edges/1`.
pub fn edge(edge: &Edge) -> String {
    #[derive(Serialize)]
    struct Line<'e> {
        format: &'static str,
        from: &'e str,
        to: Option<&'e str>,
        technique: &'e str,
        gains: &'e str,
        witness: Steps<'e>,
        assumptions: &'e [String],
        undecided: Option<&'e Undecided>,
    }
    #[derive(Serialize)]
    struct Steps<'e> {
        steps: &'e [Step],
    }
    let line = Line {
        format: "gateproof-edges/1",
        from: &edge.from,
        to: edge.to.as_deref(),
        technique: &edge.technique,
        gains: &edge.gains,
        witness: Steps { steps: &edge.requests },
        assumptions: &edge.assumptions,
        undecided: edge.undecided.as_ref(),
    };
    serde_json::to_string(&line).unwrap_or_default()
}

/// The answer to `who-can`: those who can, and those of whom it isn't known.
pub fn who_can(requests: &Requests, answers: &[(Arc<str>, Answer)]) -> Value {
    let mut asked = Map::new();
    asked.insert("command".to_owned(), json!("who-can"));
    asked.extend(question(requests));
    let listed = answers.iter().filter(|(_, a)| a.verdict != Verdict::Impossible);
    let each: Vec<Value> = listed.map(|(arn, a)| principal(arn, a)).collect();
    let (impossible, assumptions) = (everybody::cannot(answers), everybody::assumed(answers));
    json!({
        "format": "gateproof-who-can/1",
        "question": asked, "principals": each, "impossible": impossible, "assumptions": assumptions,
    })
}

/// The answer to `explain`.
pub fn explain(explained: &Explained) -> Value {
    let request = &explained.request;
    let context: Map<String, Value> = request
        .context
        .iter()
        .map(|(key, value)| {
            let value = match value {
                ContextValue::Single(text) => json!(text),
                ContextValue::List(texts) => json!(texts),
            };
            (key.to_owned(), value)
        })
        .collect();
    json!({
        "format": "gateproof-explain/1",
        "principal": request.principal.id(), "action": request.action, "resource": request.resource,
        "context": context,
        "decision": explained.outcome(),
        "because": strings(&explained.decision.because),
        "assumptions": explained.assumptions,
        "unknown": explained.unknown,
    })
}
