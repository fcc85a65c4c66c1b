//! Splitting JSON text into slices without building a tree of it.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Members of one object; AWS's outputs have a few dozen at most.
const MEMBERS: usize = 1_000;
/// Elements of one list; IAM's quotas are far below.
const ELEMENTS: usize = 200_000;

/// An object's members as slices of the text, keys distinct.
pub(super) fn split_object(text: &str) -> Result<Vec<(String, &RawValue)>, serde_json::Error> {
    read(text, Members { keep_duplicates: false })
}

/// An object's members as slices of the text, duplicate keys kept: for saving what can be saved of
/// an entry that has a fault.
pub(super) fn split_faulty_object(text: &str) -> Result<Vec<(String, &RawValue)>, serde_json::Error> {
    read(text, Members { keep_duplicates: true })
}

/// The elements of an array as slices of the text.
pub(super) fn split_array(text: &str) -> Result<Vec<&RawValue>, serde_json::Error> {
    read(text, Elements)
}

fn read<'de, S: DeserializeSeed<'de>>(text: &'de str, seed: S) -> Result<S::Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = seed.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

fn too_many<E: Error>(what: &str, limit: usize) -> E {
    E::custom(format_args!("more {what} than the limit of {limit}"))
}

struct Members {
    keep_duplicates: bool,
}

impl<'de> DeserializeSeed<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members: Self::Value = Vec::new();
        let mut seen = rustc_hash::FxHashSet::default();
        while let Some(key) = map.next_key::<String>()? {
            if members.len() == MEMBERS {
                return Err(too_many("members", MEMBERS));
            }
            if !self.keep_duplicates && !seen.insert(key.clone()) {
                return Err(A::Error::custom(format_args!("duplicate key `{key}`")));
            }
            members.push((key, map.next_value()?));
        }
        Ok(members)
    }
}

struct Elements;

impl<'de> DeserializeSeed<'de> for Elements {
    type Value = Vec<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Elements {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element()? {
            if elements.len() == ELEMENTS {
                return Err(too_many("elements", ELEMENTS));
            }
            elements.push(element);
        }
        Ok(elements)
    }
}
