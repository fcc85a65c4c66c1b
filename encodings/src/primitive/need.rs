//! How needs and what they demand of keys are written: a call, or `any` or `all` of several, told apart by the one of these words
//! that it has; values of a key, or those that it may not have.

use super::{AllOf, AnyOf, Authorization, ContextDemand, Need, OneOrMany, Template};
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
    #[serde(default, rename = "part-of")]
    part_of: Option<OneOrMany>,
    any: Option<Vec<Need>>,
    all: Option<Vec<Need>>,
}

impl TryFrom<WrittenNeed> for Need {
    type Error = String;

    fn try_from(written: WrittenNeed) -> Result<Self, String> {
        let WrittenNeed { action, resource, context, caller, part_of, any, all } = written;
        let of_call = resource.is_some() || !context.is_empty() || caller.is_some() || part_of.is_some();
        let part_of = part_of.map(|calls| calls.0).unwrap_or_default();
        match (action, any, all) {
            (Some(action), None, None) => {
                Ok(Self::Call(Authorization { action, resource, context, caller, part_of }))
            }
            (None, Some(any), None) if !of_call => Ok(Self::Any(AnyOf { any })),
            (None, None, Some(all)) if !of_call => Ok(Self::All(AllOf { all })),
            _ => Err("expected `action`, `any` or `all`, one of them".to_owned()),
        }
    }
}

/// What may be demanded of a key.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum WrittenDemand {
    OneOf(OneOrMany),
    NoneOf(Not),
}

/// Values that a key may not have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Not {
    not: OneOrMany,
}

impl TryFrom<WrittenDemand> for ContextDemand {
    type Error = String;

    fn try_from(written: WrittenDemand) -> Result<Self, String> {
        let (given, none_of) = match written {
            WrittenDemand::OneOf(given) => (given, false),
            WrittenDemand::NoneOf(Not { not }) => (not, true),
        };
        let values = given.0.into_iter().map(Template::try_from).collect::<Result<_, _>>()?;
        Ok(Self { values, none_of })
    }
}
