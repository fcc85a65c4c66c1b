//! ARNs with holes, to be filled from what an output tells, and to recognize ARNs by.

use crate::arn::Arn;

/// An ARN in which `${NAME}` stands for what is to be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    text: String,
    parts: Vec<Part>,
    /// The parts of the resource alone.
    resource: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Hole(String),
}

/// The holes whose values every account and region has.
pub(super) const COMMON: [&str; 3] = ["partition", "region", "account"];

impl Template {
    /// Reads a template; the error says why it is none.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let odd = || format!("found `{text}`, expected an ARN with holes of the form ${{NAME}}");
        let arn = Arn::parse(text).ok_or_else(odd)?;
        let (parts, resource) = (parse_parts(text), parse_parts(arn.resource));
        let (parts, resource) = (parts.ok_or_else(odd)?, resource.ok_or_else(odd)?);
        Ok(Self { text: text.to_owned(), parts, resource })
    }

    /// The names of the holes.
    pub(super) fn holes(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Hole(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The service of the ARNs.
    pub(super) fn service(&self) -> &str {
        Arn::parse(&self.text).map(|arn| arn.service).unwrap_or_default()
    }

    /// The ARN, where every hole has a value.
    pub(super) fn fill(&self, value: impl Fn(&str) -> Option<String>) -> Option<String> {
        let mut filled = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Hole(name) => filled.push_str(&value(name).filter(|v| !v.is_empty())?),
            }
        }
        Some(filled)
    }

    /// What stands in the holes of the resource, if the ARN is of this form. A hole ends where the text after it
    /// begins and holds no separator, but for the last one where a prefix tells the resource's type.
    pub(super) fn holes_of<'a>(&'a self, arn: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
        let (own, arn) = (Arn::parse(&self.text)?, Arn::parse(arn)?);
        let fits = |own: &str, found: &str| if own.is_empty() { found.is_empty() } else { !found.is_empty() };
        if own.service != arn.service || !fits(own.region, arn.region) || !fits(own.account, arn.account) {
            return None;
        }
        let mut rest = arn.resource;
        let mut found = Vec::new();
        let mut parts = self.resource.iter().peekable();
        let has_prefix = matches!(self.resource.first(), Some(Part::Text(_)));
        while let Some(part) = parts.next() {
            match (part, parts.peek()) {
                (Part::Text(text), _) => rest = rest.strip_prefix(text.as_str())?,
                (Part::Hole(name), Some(Part::Text(after))) => {
                    let (value, _) = rest.split_at_checked(rest.find(after.as_str())?)?;
                    found.push((name.as_str(), one_piece(value)?));
                    rest = rest.strip_prefix(value)?;
                }
                (Part::Hole(name), _) => {
                    found.push((name.as_str(), if has_prefix { rest } else { one_piece(rest)? }));
                    rest = "";
                }
            }
        }
        (rest.is_empty() && found.iter().all(|(_, value)| !value.is_empty())).then_some(found)
    }
}

fn one_piece(text: &str) -> Option<&str> {
    (!text.contains(['/', ':'])).then_some(text)
}

fn parse_parts(text: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}')?;
        if name.is_empty() {
            return None;
        }
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        parts.push(Part::Hole(name.to_owned()));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::Template;

    fn holes(template: &str, arn: &str) -> Option<Vec<(String, String)>> {
        let template = Template::parse(template).ok()?;
        let found = template.holes_of(arn)?;
        Some(found.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect())
    }

    #[test]
    fn an_arn_is_recognized_by_its_form() {
        let service = "arn:${partition}:ecs:${region}:${account}:service/${cluster}/${name}";
        let found = holes(service, "arn:aws:ecs:eu-west-1:111122223333:service/web/api");
        assert_eq!(found, Some(vec![("cluster".into(), "web".into()), ("name".into(), "api".into())]));
        assert_eq!(holes(service, "arn:aws:ecs:eu-west-1:111122223333:service/api"), None);
        assert_eq!(holes(service, "arn:aws:ecs:eu-west-1:111122223333:task/web/api"), None);
    }

    #[test]
    fn a_bare_name_has_no_separators() {
        let bucket = "arn:${partition}:s3:::${name}";
        assert_eq!(holes(bucket, "arn:aws:s3:::data"), Some(vec![("name".into(), "data".into())]));
        assert_eq!(holes(bucket, "arn:aws:s3:::data/key"), None);
        assert_eq!(holes(bucket, "arn:aws:s3:eu-west-1:111122223333:accesspoint/data"), None);
        let secret = "arn:${partition}:secretsmanager:${region}:${account}:secret:${name}";
        let found = holes(secret, "arn:aws:secretsmanager:eu-west-1:111122223333:secret:team/db-a1b2c3");
        assert_eq!(found, Some(vec![("name".into(), "team/db-a1b2c3".into())]));
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for text in ["arn:aws:s3", "arn:${partition:s3:::x", "arn:${}:s3:::x"] {
            assert!(Template::parse(text).is_err(), "{text}");
        }
    }
}
