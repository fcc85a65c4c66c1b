//! A file of properties as it is written: keys and texts with their places, nothing understood yet.

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};
use std::fmt;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenFile {
    #[serde(default)]
    pub parameters: IndexMap<String, Spanned<Option<String>>>,
    pub properties: Spanned<Vec<Spanned<WrittenProperty>>>,
}

/// A property; exactly one of the kinds is there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenProperty {
    pub name: Spanned<Text>,
    pub why: Option<Text>,
    pub severity: Option<Spanned<Text>>,
    #[serde(default)]
    pub allow_empty: bool,
    pub never: Option<Spanned<WrittenKind>>,
    pub always: Option<Spanned<WrittenKind>>,
    pub only: Option<Spanned<WrittenKind>>,
    pub subset: Option<Spanned<WrittenKind>>,
    pub equal: Option<Spanned<WrittenKind>>,
    pub control: Option<Spanned<WrittenKind>>,
}

/// What a property says; which keys a kind has is checked when it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenKind {
    #[serde(alias = "principal")]
    pub from: Option<Listed>,
    pub together: Option<Spanned<bool>>,
    pub action: Option<Listed>,
    pub access: Option<Listed>,
    pub resource: Option<Listed>,
    #[serde(rename = "in")]
    pub accounts: Option<Listed>,
    pub when: Option<Listed>,
    pub through: Option<Spanned<Text>>,
    pub controls: Option<Listed>,
    pub administrator: Option<Listed>,
    pub reads: Option<Listed>,
    pub each: Option<Spanned<bool>>,
    pub every: Option<Spanned<bool>>,
    pub are: Option<Listed>,
    pub services: Option<Listed>,
    pub within: Option<Spanned<TextsOrBound>>,
    pub of: Option<Listed>,
    pub to: Option<Spanned<WrittenBound>>,
    pub id: Option<Spanned<Text>>,
    pub pipeline: Option<Spanned<Text>>,
    pub subject: Option<Spanned<Text>>,
}

impl WrittenKind {
    /// The keys that are there, each with its place.
    pub fn keys(&self) -> Vec<(&'static str, Location)> {
        fn at<T>(key: &'static str, value: &Option<Spanned<T>>) -> Option<(&'static str, Location)> {
            value.as_ref().map(|value| (key, value.referenced))
        }
        let all = [
            at("from", &self.from),
            at("together", &self.together),
            at("action", &self.action),
            at("access", &self.access),
            at("resource", &self.resource),
            at("in", &self.accounts),
            at("when", &self.when),
            at("through", &self.through),
            at("controls", &self.controls),
            at("administrator", &self.administrator),
            at("reads", &self.reads),
            at("each", &self.each),
            at("every", &self.every),
            at("are", &self.are),
            at("services", &self.services),
            at("within", &self.within),
            at("of", &self.of),
            at("to", &self.to),
            at("id", &self.id),
            at("pipeline", &self.pipeline),
            at("subject", &self.subject),
        ];
        all.into_iter().flatten().collect()
    }
}

/// With what permissions are compared; exactly one key is there.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenBound {
    pub policy: Option<Spanned<Text>>,
    pub pipeline: Option<Spanned<Text>>,
    pub scps: Option<Spanned<bool>>,
    pub principal: Option<Spanned<Text>>,
}

/// A text, and no number that looks like one.
#[derive(Debug, Clone)]
pub(super) struct Text(pub String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.to_owned()))
    }
}

/// A text or a list of texts, and where it stands.
pub(super) type Listed = Spanned<Texts>;

/// A text, or a list of texts.
#[derive(Debug, Default)]
pub(super) struct Texts(pub Vec<(String, Option<Location>)>);

/// Selectors, or what permissions are compared with.
#[derive(Debug)]
pub(super) enum TextsOrBound {
    Texts(Texts),
    Bound(Box<WrittenBound>),
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextsVisitor)
    }
}

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Texts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list of texts")
    }

    fn visit_str<E>(self, text: &str) -> Result<Texts, E> {
        Ok(Texts(vec![(text.to_owned(), None)]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Texts, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = list.next_element::<Spanned<Text>>()? {
            texts.push((text.value.0, Some(text.referenced)));
        }
        Ok(Texts(texts))
    }
}

impl<'de> Deserialize<'de> for TextsOrBound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextsOrBoundVisitor)
    }
}

struct TextsOrBoundVisitor;

impl<'de> Visitor<'de> for TextsOrBoundVisitor {
    type Value = TextsOrBound;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a list of texts, or a map with one of `policy`, `pipeline` and `scps`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<TextsOrBound, E> {
        TextsVisitor.visit_str(text).map(TextsOrBound::Texts)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<TextsOrBound, A::Error> {
        TextsVisitor.visit_seq(list).map(TextsOrBound::Texts)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TextsOrBound, A::Error> {
        WrittenBound::deserialize(MapAccessDeserializer::new(map)).map(Box::new).map(TextsOrBound::Bound)
    }
}
