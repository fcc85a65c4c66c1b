//! Names of bound objects and their fields, and texts that hold them.

use serde::Deserialize;
use std::fmt;

/// `$x` (the object's ARN) or `$x.field`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Reference {
    /// The variable, without `$`.
    pub variable: String,
    /// The field; `arn` where none is written.
    pub field: String,
}

impl TryFrom<String> for Reference {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let rest =
            text.strip_prefix('$').ok_or_else(|| format!("found `{text}`, expected `$x` or `$x.field`"))?;
        let (variable, field) = rest.split_once('.').unwrap_or((rest, "arn"));
        if !is_name(variable) || !is_name(field) {
            return Err(format!("found `{text}`, expected `$x` or `$x.field`"));
        }
        Ok(Self { variable: variable.to_owned(), field: field.to_owned() })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}.{}", self.variable, self.field)
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// A text with references in it: `$x.field` as a whole, or `${x.field}` within.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Template {
    /// What it is made of, in order.
    pub parts: Vec<TemplatePart>,
}

/// A part of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplatePart {
    /// Plain text; in resources `*` stands for anything.
    Text(String),
    /// The field of a bound object.
    Field(Reference),
    /// `${name}` without a dot: of the calling session (`partition`, `account`), or the attacker's choice.
    Open(String),
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.starts_with('$') && !text.starts_with("${") {
            return Ok(Self { parts: vec![TemplatePart::Field(Reference::try_from(text)?)] });
        }
        let mut parts = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            let (inner, behind) =
                after.split_once('}').ok_or_else(|| format!("found `{text}`, expected `}}` after `${{`"))?;
            if !before.is_empty() {
                parts.push(TemplatePart::Text(before.to_owned()));
            }
            parts.push(match inner.contains('.') {
                true => TemplatePart::Field(Reference::try_from(format!("${inner}"))?),
                false if is_name(inner) => TemplatePart::Open(inner.to_owned()),
                false => return Err(format!("found `${{{inner}}}` in `{text}`, expected a name")),
            });
            rest = behind;
        }
        if !rest.is_empty() {
            parts.push(TemplatePart::Text(rest.to_owned()));
        }
        Ok(Self { parts })
    }
}

impl Template {
    /// The references in it.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.parts.iter().filter_map(|p| if let TemplatePart::Field(r) = p { Some(r) } else { None })
    }
}
