//! How a need is written: a call, or `any` or `all` of several, told apart by the one of these words that it has.

use super::{AllOf, AnyOf, Authorization, ContextDemand, Need, Template};
use indexmap::IndexMap;
use serde::Deserialize;

/// What may stand in a need.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenNeed {
    action: Option<String>,
    resource: Option<Template>,
    #[serde(default)]
    context: IndexMap<String, ContextDemand>,
    #[serde(rename = "as")]
    caller: Option<String>,
    any: Option<Vec<Need>>,
    all: Option<Vec<Need>>,
}

impl TryFrom<WrittenNeed> for Need {
    type Error = String;

    fn try_from(written: WrittenNeed) -> Result<Self, String> {
        let WrittenNeed { action, resource, context, caller, any, all } = written;
        let of_call = resource.is_some() || !context.is_empty() || caller.is_some();
        match (action, any, all) {
            (Some(action), None, None) => Ok(Self::Call(Authorization { action, resource, context, caller })),
            (None, Some(any), None) if !of_call => Ok(Self::Any(AnyOf { any })),
            (None, None, Some(all)) if !of_call => Ok(Self::All(AllOf { all })),
            _ => Err("expected `action`, `any` or `all`, one of them".to_owned()),
        }
    }
}
