//! What a step needs, as questions about its caller.

use super::bind::Scene;
use crate::question::Constraint;
use crate::question::constraint::Demand;
use gateproof_encodings::primitive::{Authorization, ContextDemand, Need, Primitive, Reference};
use gateproof_model::catalogue::Catalogue;
use gateproof_model::text::fold_text;

/// One call to be asked about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Call {
    pub action: String,
    /// A glob; empty: whatever the action is checked against.
    pub resources: Vec<String>,
    pub context: Vec<Constraint>,
    /// The service principal that calls; `None`: the holder of the session.
    pub service: Option<String>,
}

/// The references of a need.
pub(crate) fn references(need: &Need) -> Vec<&Reference> {
    match need {
        Need::Call(call) => {
            let resource = call.resource.iter().flat_map(|t| t.references());
            let context = call.context.values().flat_map(|d| &d.values).flat_map(|t| t.references());
            resource.chain(context).collect()
        }
        Need::Any(any) => any.any.iter().flat_map(references).collect(),
        Need::All(all) => all.all.iter().flat_map(references).collect(),
    }
}

/// Whether the step is taken with a provider's token or assertion, which no principal of an account has by being one.
///
/// STS API Reference, AssumeRoleWithWebIdentity, AssumeRoleWithSAML: the calls take no AWS credentials.
pub(crate) fn takes_token(primitive: &Primitive) -> bool {
    let mut calls = primitive.calls();
    calls.any(|call| call.caller.is_none() && call.action.starts_with("sts:AssumeRoleWith"))
}

/// The call under a scene; `None` where a field that it names has no value: then there is no such call.
pub(crate) fn call_of(scene: &Scene<'_>, authorization: &Authorization) -> Option<Call> {
    let resources = match &authorization.resource {
        Some(template) => {
            let globs = scene.globs(template);
            if globs.is_empty() {
                return None;
            }
            globs
        }
        None => Vec::new(),
    };
    let mut context = Vec::new();
    for (key, demand) in &authorization.context {
        let several = Catalogue::embedded().key_type(&fold_text(key)).is_some_and(|t| t.multivalued);
        if let Some(demand) = demand_of(scene, demand, several) {
            context.push(Constraint { key: key.clone(), demand });
        }
    }
    let service = authorization.caller.as_ref().filter(|c| *c != "$me").cloned();
    Some(Call { action: authorization.action.clone(), resources, context, service })
}

/// What is demanded of a key; `None`: nothing. Of one with several values, that the text is among them.
fn demand_of(scene: &Scene<'_>, demand: &ContextDemand, several: bool) -> Option<Demand> {
    let texts = demand.values.iter().flat_map(|template| scene.globs(template));
    if demand.none_of {
        return differing_from(texts.collect());
    }
    let of_text = |text: String| match text.as_str() {
        "absent" => Demand::Absent,
        "present" | "*" => Demand::Present,
        glob if several || glob.contains(['*', '?']) => Demand::Matches(text),
        _ => Demand::Equals(text),
    };
    let mut demands: Vec<Demand> = texts.map(of_text).collect();
    let open = demands.contains(&Demand::Absent) && demands.contains(&Demand::Present);
    match demands.len() {
        _ if open => None,
        // A field without a value: no request fits.
        0 => Some(Demand::OneOf(Vec::new())),
        1 => demands.pop(),
        _ => Some(Demand::OneOf(demands)),
    }
}

/// That a key has another value than the text, or none. Of several texts, and of those that are not known yet, nothing is
/// demanded: a step may be found possible by it, and is not ruled out.
fn differing_from(mut texts: Vec<String>) -> Option<Demand> {
    let text = texts.pop().filter(|text| texts.is_empty() && !text.contains(['*', '?']))?;
    Some(Demand::Differs(text))
}
