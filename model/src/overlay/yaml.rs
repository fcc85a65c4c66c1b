//! Templates in YAML, with the short forms of intrinsic functions (`!Ref`, `!Sub`, `!GetAtt`, …), as JSON.
//!
//! AWS CloudFormation User Guide, "CloudFormation template format". Serde's data model has no place for tags, so the parser's events are
//! read.

use crate::json::Json;
use granit_parser::{Event, Parser, ScalarStyle, Tag};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Values of one template, those repeated by aliases included; templates have at most a megabyte.
const VALUES: usize = 500_000;
/// Values within values.
const DEEPEST: usize = 100;

/// Why a text is no template in YAML.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct YamlError(String);

/// Reads the first document of a text.
///
/// # Errors
/// Where it is no YAML, or larger or deeper than any template.
pub fn parse_yaml(text: &str) -> Result<Json, YamlError> {
    let mut reader = Reader { parser: Parser::new_from_str(text), left: VALUES, anchors: BTreeMap::new() };
    loop {
        match reader.next()? {
            Event::StreamStart | Event::DocumentStart(..) => {}
            Event::StreamEnd | Event::DocumentEnd => return Err(refused("no document")),
            event => return reader.value(event, 0),
        }
    }
}

fn refused(what: &str) -> YamlError {
    YamlError(what.to_owned())
}

struct Reader<'t, I: granit_parser::BorrowedInput<'t>> {
    parser: Parser<'t, I>,
    left: usize,
    /// What was anchored, with how many values it has.
    anchors: BTreeMap<usize, (Json, usize)>,
}

impl<'t, I: granit_parser::BorrowedInput<'t>> Reader<'t, I> {
    fn next(&mut self) -> Result<Event<'t>, YamlError> {
        loop {
            match self.parser.next_event() {
                Some(Ok((Event::Comment(..), _))) => {}
                Some(Ok((event, _))) => return Ok(event),
                Some(Err(error)) => return Err(YamlError(error.to_string())),
                None => return Err(refused("an end too early")),
            }
        }
    }

    fn spend(&mut self, values: usize) -> Result<(), YamlError> {
        self.left = self
            .left
            .checked_sub(values)
            .ok_or_else(|| YamlError(format!("more values than the limit of {VALUES}")))?;
        Ok(())
    }

    fn value(&mut self, event: Event<'t>, depth: usize) -> Result<Json, YamlError> {
        if depth > DEEPEST {
            return Err(YamlError(format!("values nested deeper than the limit of {DEEPEST}")));
        }
        self.spend(1)?;
        let before = self.left;
        let (anchor, tag, json) = match event {
            Event::Scalar(text, style, anchor, tag) => (anchor, tag, scalar(text, style)),
            Event::SequenceStart(_, anchor, tag) => (anchor, tag, self.sequence(depth)?),
            Event::MappingStart(_, anchor, tag) => (anchor, tag, self.mapping(depth)?),
            Event::Alias(anchor) => {
                let (json, size) =
                    self.anchors.get(&anchor).cloned().ok_or_else(|| refused("an unknown alias"))?;
                self.spend(size)?;
                return Ok(json);
            }
            _ => return Err(refused("something that is no value")),
        };
        let json = tagged(json, tag.as_deref());
        if anchor != 0 {
            self.anchors.insert(anchor, (json.clone(), before.saturating_sub(self.left) + 1));
        }
        Ok(json)
    }

    fn sequence(&mut self, depth: usize) -> Result<Json, YamlError> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Ok(Json::Array(items)),
                event => items.push(self.value(event, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Json, YamlError> {
        let mut members: Vec<(String, Json)> = Vec::new();
        loop {
            let key = match self.next()? {
                Event::MappingEnd => return Ok(Json::Object(members)),
                Event::Scalar(text, ..) => text.into_owned(),
                _ => return Err(refused("a key that is no text")),
            };
            let event = self.next()?;
            let value = self.value(event, depth + 1)?;
            match (key.as_str(), value) {
                ("<<", Json::Object(merged)) => {
                    let new = merged.into_iter().filter(|(k, _)| members.iter().all(|(known, _)| known != k));
                    let new: Vec<_> = new.collect();
                    members.extend(new);
                }
                (_, value) => {
                    if members.iter().any(|(known, _)| *known == key) {
                        return Err(YamlError(format!("the key `{key}` twice")));
                    }
                    members.push((key, value));
                }
            }
        }
    }
}

/// A short form as the long one.
fn tagged(json: Json, tag: Option<&Tag>) -> Json {
    let Some(name) = tag.filter(|tag| tag.handle() == "!").map(Tag::suffix) else { return json };
    let function = match name {
        "Ref" | "Condition" => name.to_owned(),
        _ => format!("Fn::{name}"),
    };
    let argument = match (name, json) {
        ("GetAtt", Json::String(text)) => match text.split_once('.') {
            Some((logical, attribute)) => {
                Json::Array(vec![Json::String(logical.to_owned()), Json::String(attribute.to_owned())])
            }
            None => Json::String(text),
        },
        (_, argument) => argument,
    };
    Json::Object(vec![(function, argument)])
}

/// A scalar: plain ones may be flags, numbers or nothing. A number that another text would be lost in, such as an account id with a zero
/// before it, stays text.
fn scalar(text: Cow<'_, str>, style: ScalarStyle) -> Json {
    if style != ScalarStyle::Plain {
        return Json::String(text.into_owned());
    }
    match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => Json::Null,
        "true" | "True" | "TRUE" => Json::Bool(true),
        "false" | "False" | "FALSE" => Json::Bool(false),
        number if is_number(number) => Json::Number(number.to_owned()),
        _ => Json::String(text.into_owned()),
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole) && all_digits(fraction) && (whole == "0" || !whole.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        parse_yaml(text).unwrap().to_string()
    }

    #[test]
    fn short_forms_become_long_ones() {
        let cases = [
            ("a: !Ref B", r#"{"a":{"Ref":"B"}}"#),
            ("a: !GetAtt B.Arn", r#"{"a":{"Fn::GetAtt":["B","Arn"]}}"#),
            ("a: !Sub 'x-${B}'", r#"{"a":{"Fn::Sub":"x-${B}"}}"#),
            ("a: !Join ['', [x, !Ref B]]", r#"{"a":{"Fn::Join":["",["x",{"Ref":"B"}]]}}"#),
            (
                "a: !If [C, !Sub y, !Ref 'AWS::NoValue']",
                r#"{"a":{"Fn::If":["C",{"Fn::Sub":"y"},{"Ref":"AWS::NoValue"}]}}"#,
            ),
            (
                "a: !And\n  - !Condition C\n  - !Not [!Equals [x, y]]",
                r#"{"a":{"Fn::And":[{"Condition":"C"},{"Fn::Not":[{"Fn::Equals":["x","y"]}]}]}}"#,
            ),
            ("Version: 2012-10-17", r#"{"Version":"2012-10-17"}"#),
            ("id: 012345678901", r#"{"id":"012345678901"}"#),
            (
                "id: 123456789012\nflag: true\nnone: ~\ntext: 'true'",
                r#"{"id":123456789012,"flag":true,"none":null,"text":"true"}"#,
            ),
            ("a: &x {b: c}\nd: *x", r#"{"a":{"b":"c"},"d":{"b":"c"}}"#),
            (r#"{"a": [1, "b"]}"#, r#"{"a":[1,"b"]}"#),
        ];
        for (text, expected) in cases {
            assert_eq!(json(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_template_is_refused() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 1..9 {
            let list = format!("*a{}, ", n - 1).repeat(10);
            bomb.push_str(&format!("a{n}: &a{n} [{}]\n", list.trim_end_matches(", ")));
        }
        let deep = "[".repeat(5_000);
        for text in ["", "a: [", "a: 1\na: 2", &bomb, &deep] {
            assert!(parse_yaml(text).is_err());
        }
    }
}
