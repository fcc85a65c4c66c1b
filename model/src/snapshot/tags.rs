//! Tags, in the spellings of the various services.

use crate::account::Tags;
use crate::json::Json;

/// One tag: `{Key, Value}`, `{key, value}` or `{TagKey, TagValue}`; a value that is left out is empty.
pub(super) fn parse_tag(json: &Json) -> Option<(std::sync::Arc<str>, std::sync::Arc<str>)> {
    let (key, value) = [("Key", "Value"), ("key", "value"), ("TagKey", "TagValue")]
        .into_iter()
        .find_map(|(k, v)| json.get(k).map(|key| (key, json.get(v))))?;
    let value = match value {
        None | Some(Json::Null) => "",
        Some(text) => text.as_str()?,
    };
    Some((key.as_str()?.into(), value.into()))
}

/// A list of tags, or a map from key to value.
pub(super) fn parse_tags(json: &Json) -> Option<Tags> {
    match json {
        Json::Null => Some(Vec::new()),
        Json::Array(items) => items.iter().map(parse_tag).collect(),
        Json::Object(members) => {
            members.iter().map(|(k, v)| Some((k.as_str().into(), v.as_str()?.into()))).collect()
        }
        _ => None,
    }
}
