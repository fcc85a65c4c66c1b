//! Policy documents from JSON: everything the language has, anything else refused by name.
//!
//! IAM User Guide, "Grammar of the IAM JSON policy language".

mod open;

use crate::arn::{Arn, is_account_id};
use crate::assumption::name_open;
use crate::json::{Json, pointer_push};
use crate::operand::{Scalar, parse_network, parse_point};
use crate::operator::{Comparison, Operator};
use crate::overlay::unknown::{has_hole, shown as shown_text};
use crate::pattern::{PatternText, Wildcards};
use crate::policy::{
    Condition, Document, Effect, Operand, PatternClause, PrincipalClause, PrincipalEntry, Source, Statement,
    Version,
};
use crate::problem::Problem;
use crate::text::fold_text;
use std::sync::Arc;

/// What kind of policy a document is to be; decides which elements a statement must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentKind {
    /// Identity policies, boundaries, session policies and SCPs: a resource, no principal.
    Identity,
    /// Resource policies, RCPs and VPC endpoint policies: a principal; `Resource` may be absent.
    Resource,
}

/// Reads a document given as an object, as JSON text, or as URL-encoded JSON text.
///
/// Returns the document and the warnings about it.
///
/// # Errors
/// The first problem that makes the document unusable, placed by `source` and JSON pointer.
pub fn parse_document(
    json: &Json,
    kind: DocumentKind,
    source: Source,
) -> Result<(Document, Vec<Problem>), Box<Problem>> {
    match json {
        Json::String(text) => {
            let decoded =
                if text.trim_start().starts_with('%') { percent_decode(text) } else { Some(text.clone()) };
            let text = decoded
                .ok_or_else(|| problem(&source, "", "badly percent-encoded text", "a policy document"))?;
            let inner = Json::parse(&text).map_err(|e| {
                problem(&source, "", &format!("text that is not JSON ({e})"), "a policy document")
            })?;
            if matches!(inner, Json::String(_)) {
                return Err(problem(&source, "", "a string within a string", "a policy document"));
            }
            parse_document(&inner, kind, source)
        }
        Json::Object(members) => {
            Parser { source: &source, kind, version: Version::V2008, warnings: Vec::new() }
                .document(members)
                .map(|(version, statements, warnings)| {
                    (Document { source: source.clone(), version, statements }, warnings)
                })
        }
        other => Err(problem(&source, "", other.kind(), "a policy document")),
    }
}

/// Decodes `%XX`; `None` where an escape is malformed or the bytes are not UTF-8.
pub fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'%' {
            let hex = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            rest = tail.get(2..)?;
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

fn problem(source: &Source, pointer: &str, found: &str, expected: &str) -> Box<Problem> {
    Box::new(Problem {
        file: source.file.clone(),
        pointer: format!("{}{pointer}", source.pointer),
        found: found.to_owned(),
        expected: expected.to_owned(),
        warning: false,
    })
}

struct Parser<'a> {
    source: &'a Source,
    kind: DocumentKind,
    version: Version,
    warnings: Vec<Problem>,
}

type Parsed<T> = Result<T, Box<Problem>>;

impl Parser<'_> {
    fn bad<T>(&self, pointer: &str, found: &str, expected: &str) -> Parsed<T> {
        Err(problem(self.source, pointer, found, expected))
    }

    fn warn(&mut self, pointer: &str, found: &str, expected: &str) {
        let mut warning = *problem(self.source, pointer, found, expected);
        warning.warning = true;
        self.warnings.push(warning);
    }

    fn document(mut self, members: &[(String, Json)]) -> Parsed<(Version, Vec<Statement>, Vec<Problem>)> {
        let mut statements = None;
        for (key, value) in members {
            let at = pointer_push("", key);
            match (key.as_str(), value) {
                ("Version", Json::String(v)) if v == "2012-10-17" => self.version = Version::V2012,
                ("Version", Json::String(v)) if v == "2008-10-17" => self.version = Version::V2008,
                ("Version", v) => return self.bad(&at, &shown(v), "2012-10-17 or 2008-10-17"),
                ("Id", Json::String(_)) => {}
                ("Id", v) => return self.bad(&at, v.kind(), "a string"),
                ("Statement", v) => statements = Some(v),
                (name, _) => {
                    return self.bad(
                        &at,
                        &format!("the unknown element `{name}`"),
                        "Version, Id or Statement",
                    );
                }
            }
        }
        let statements = match statements {
            None => return self.bad("", "no Statement", "a Statement element"),
            Some(Json::Array(items)) => {
                let mut statements = Vec::with_capacity(items.len());
                for (i, item) in items.iter().enumerate() {
                    self.statements(item, &format!("/Statement/{i}"), &mut statements)?;
                }
                statements
            }
            Some(item) => {
                let mut statements = Vec::new();
                self.statements(item, "/Statement", &mut statements)?;
                statements
            }
        };
        Ok((self.version, statements, self.warnings))
    }

    /// The statement, or the two that stand for one which holds what is known only after deployment.
    fn statements(&mut self, json: &Json, at: &str, found: &mut Vec<Statement>) -> Parsed<()> {
        let Some(opened) = open::open(json) else {
            found.push(self.statement(json, at)?);
            return Ok(());
        };
        if let Some(certain) = &opened.certain {
            found.push(self.statement(certain, at)?);
        }
        let mut most = self.statement(&opened.most, at)?;
        most.assumption = Some(name_open(self.source, at, most.effect, &opened.what));
        found.push(most);
        Ok(())
    }

    fn statement(&mut self, json: &Json, at: &str) -> Parsed<Statement> {
        let Json::Object(members) = json else { return self.bad(at, json.kind(), "a statement object") };
        let (mut sid, mut effect, mut principal, mut action, mut resource) = (None, None, None, None, None);
        let mut conditions = Vec::new();
        for (key, value) in members {
            let here = pointer_push(at, key);
            match key.as_str() {
                "Sid" => match value {
                    Json::String(s) => sid = Some(Arc::from(s.as_str())),
                    v => return self.bad(&here, v.kind(), "a string"),
                },
                "Effect" => match value.as_str() {
                    Some("Allow") => effect = Some(Effect::Allow),
                    Some("Deny") => effect = Some(Effect::Deny),
                    _ => return self.bad(&here, &shown(value), "Allow or Deny"),
                },
                "Principal" | "NotPrincipal" => {
                    if principal.is_some() {
                        return self.bad(&here, "both Principal and NotPrincipal", "one of them");
                    }
                    principal = Some(self.principal(value, &here, key == "NotPrincipal")?);
                }
                "Action" | "NotAction" => {
                    if action.is_some() {
                        return self.bad(&here, "both Action and NotAction", "one of them");
                    }
                    action = Some(self.patterns(value, &here, key == "NotAction", true)?);
                }
                "Resource" | "NotResource" => {
                    if resource.is_some() {
                        return self.bad(&here, "both Resource and NotResource", "one of them");
                    }
                    resource = Some(self.patterns(value, &here, key == "NotResource", false)?);
                }
                "Condition" => conditions = self.conditions(value, &here)?,
                name => {
                    return self.bad(
                        &here,
                        &format!("the unknown element `{name}`"),
                        "an element of a statement",
                    );
                }
            }
        }
        let Some(effect) = effect else { return self.bad(at, "no Effect", "an Effect element") };
        let Some(action) = action else { return self.bad(at, "no Action", "an Action or NotAction element") };
        if self.kind == DocumentKind::Identity {
            if principal.is_some() {
                return self.bad(at, "a Principal", "no Principal in a policy of this kind");
            }
            if resource.is_none() {
                return self.bad(at, "no Resource", "a Resource or NotResource element");
            }
        }
        Ok(Statement {
            sid,
            effect,
            principal,
            action,
            resource,
            conditions,
            pointer: at.into(),
            assumption: None,
        })
    }

    fn strings<'j>(&self, value: &'j Json, at: &str) -> Parsed<Vec<&'j str>> {
        match value {
            Json::String(s) => Ok(vec![s]),
            Json::Array(items) => items
                .iter()
                .enumerate()
                .map(|(i, item)| match item {
                    Json::String(s) => Ok(s.as_str()),
                    v => self.bad(&format!("{at}/{i}"), v.kind(), "a string"),
                })
                .collect(),
            v => self.bad(at, v.kind(), "a string or a list of strings"),
        }
    }

    fn patterns(&mut self, value: &Json, at: &str, negated: bool, action: bool) -> Parsed<PatternClause> {
        let texts = self.strings(value, at)?;
        let mut patterns = Vec::with_capacity(texts.len());
        for text in texts {
            if action {
                patterns.push(PatternText::parse(&fold_text(text), Version::V2008, Wildcards::Flat, false));
                continue;
            }
            if text != "*" && !text.starts_with("arn:") && !text.starts_with(['*', '?']) {
                self.warn(at, &format!("`{text}`"), "an ARN pattern; it is matched as text");
            }
            patterns.push(PatternText::parse(text, self.version, Wildcards::Flat, true));
        }
        Ok(PatternClause { negated, patterns })
    }

    fn principal(&mut self, value: &Json, at: &str, negated: bool) -> Parsed<PrincipalClause> {
        let mut entries = Vec::new();
        match value {
            Json::String(s) if s == "*" => entries.push(PrincipalEntry::Everyone),
            Json::Object(members) => {
                for (key, listed) in members {
                    let here = pointer_push(at, key);
                    for text in self.strings(listed, &here)? {
                        entries.push(match key.as_str() {
                            "AWS" => self.aws_principal(text, &here),
                            "Service" => PrincipalEntry::Service(text.into()),
                            "Federated" => PrincipalEntry::Federated(text.into()),
                            "CanonicalUser" => PrincipalEntry::CanonicalUser(text.into()),
                            name => {
                                let found = format!("the unknown principal type `{name}`");
                                return self.bad(&here, &found, "AWS, Service, Federated or CanonicalUser");
                            }
                        });
                    }
                }
            }
            v => return self.bad(at, &shown(v), "* or an object of principal types"),
        }
        Ok(PrincipalClause { negated, entries })
    }

    fn aws_principal(&mut self, text: &str, at: &str) -> PrincipalEntry {
        if text == "*" {
            return PrincipalEntry::Everyone;
        }
        if is_account_id(text) {
            return PrincipalEntry::Account(text.into());
        }
        if let Some(arn) = Arn::parse(text)
            && let Some(account) = arn.account_id()
            && !text.contains(['*', '?'])
        {
            match (arn.service, arn.resource) {
                ("iam", "root") => return PrincipalEntry::Account(account.into()),
                ("iam", r) if r.starts_with("user/") || r.starts_with("role/") => {
                    return PrincipalEntry::Arn(text.into());
                }
                ("sts", r) if r.starts_with("assumed-role/") || r.starts_with("federated-user/") => {
                    return PrincipalEntry::Arn(text.into());
                }
                _ => {}
            }
        }
        let cloudfront = Arn::parse(text).is_some_and(|a| a.service == "iam" && a.account == "cloudfront");
        if cloudfront {
            return PrincipalEntry::CanonicalUser(text.into());
        }
        self.warn(at, &format!("`{text}`"), "an account, user, role or session; it matches nobody");
        PrincipalEntry::Nobody(text.into())
    }

    fn conditions(&mut self, value: &Json, at: &str) -> Parsed<Vec<Condition>> {
        let Json::Object(operators) = value else {
            return self.bad(at, value.kind(), "an object of operators");
        };
        let mut conditions = Vec::new();
        for (name, keys) in operators {
            let here = pointer_push(at, name);
            let Some(operator) = Operator::parse(name) else {
                return self.bad(
                    &here,
                    &format!("the unknown condition operator `{name}`"),
                    "a condition operator",
                );
            };
            let Json::Object(keys) = keys else {
                return self.bad(&here, keys.kind(), "an object of condition keys");
            };
            for (key, listed) in keys {
                let pointer = pointer_push(&here, key);
                conditions.push(Condition {
                    operator,
                    operator_text: name.as_str().into(),
                    key: fold_text(key).into(),
                    key_text: key.as_str().into(),
                    operands: self.operands(operator, listed, &pointer)?,
                    pointer: pointer.into(),
                });
            }
        }
        Ok(conditions)
    }

    fn operands(&mut self, operator: Operator, value: &Json, at: &str) -> Parsed<Vec<Operand>> {
        let items = match value {
            Json::Array(items) => items.as_slice(),
            single => std::slice::from_ref(single),
        };
        let mut operands = Vec::with_capacity(items.len());
        for item in items {
            let text = match item {
                Json::String(s) | Json::Number(s) => s.clone(),
                Json::Bool(b) => b.to_string(),
                v => return self.bad(at, v.kind(), "a string, number or boolean, or a list of them"),
            };
            operands.push(self.operand(operator.comparison, &text, at));
        }
        Ok(operands)
    }

    fn operand(&mut self, comparison: Comparison, text: &str, at: &str) -> Operand {
        if has_hole(text) {
            return Operand::Unparsable(shown_text(text).into());
        }
        let pattern = |wildcards| Operand::Text(PatternText::parse(text, self.version, wildcards, false));
        let parsed = match comparison {
            Comparison::StringEquals { .. } => Some(pattern(Wildcards::Literal)),
            Comparison::BinaryEquals => {
                Some(Operand::Text(PatternText::parse(text, Version::V2008, Wildcards::Literal, false)))
            }
            Comparison::StringLike => Some(pattern(Wildcards::Flat)),
            Comparison::Arn => Some(pattern(Wildcards::Segments)),
            Comparison::Numeric(_) => parse_point(Scalar::Number, text).map(Operand::Point),
            Comparison::Date(_) => parse_point(Scalar::Date, text).map(Operand::Point),
            Comparison::IpAddress => parse_network(text).map(|(first, last)| Operand::Network(first, last)),
            Comparison::Bool | Comparison::Null => [true, false]
                .into_iter()
                .find(|b| text.eq_ignore_ascii_case(&b.to_string()))
                .map(Operand::Flag),
        };
        match parsed {
            None => {
                self.warn(
                    at,
                    &format!("`{text}`"),
                    "a value of the operator's type; whether it matches is left open",
                );
                Operand::Unparsable(text.into())
            }
            Some(operand) => {
                if matches!(&operand, Operand::Text(p) if p.short_arn) {
                    self.warn(at, &format!("`{text}`"), "an ARN of six parts; it is matched as text");
                }
                operand
            }
        }
    }
}

fn shown(json: &Json) -> String {
    match json {
        Json::String(s) => format!("`{s}`"),
        other => other.kind().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    fn source() -> Source {
        Source { policy: "p".into(), file: "f.json".into(), pointer: "/Doc".into() }
    }

    fn parse(text: &str) -> Result<(Document, Vec<Problem>), Box<Problem>> {
        parse_document(&Json::parse(text).unwrap(), DocumentKind::Identity, source())
    }

    #[test]
    fn reads_objects_text_and_url_encoded_text() {
        let plain =
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#;
        let encoded: String = plain.bytes().map(|b| format!("%{b:02X}")).collect();
        let text = serde_json::to_string(plain).unwrap();
        let url = serde_json::to_string(&encoded).unwrap();
        let expected = parse(plain).unwrap().0.statements;
        assert_eq!(parse(&text).unwrap().0.statements, expected);
        assert_eq!(parse(&url).unwrap().0.statements, expected);
        assert_eq!(&*expected[0].pointer, "/Statement");
    }

    #[test]
    fn names_what_it_does_not_know() {
        let bad = [
            (
                r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Resources":"*"}]}"#,
                "`Resources`",
                "/Doc/Statement/0/Resources",
            ),
            (
                r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringIs":{"a":"b"}}}]}"#,
                "`StringIs`",
                "/Doc/Statement/0/Condition/StringIs",
            ),
            (
                r#"{"Statement":[{"Effect":"allow","Action":"*","Resource":"*"}]}"#,
                "`allow`",
                "/Doc/Statement/0/Effect",
            ),
            (r#"{"Statement":[{"Effect":"Allow","Action":"*"}]}"#, "no Resource", "/Doc/Statement/0"),
            (
                r#"{"Statement":[{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}]}"#,
                "both",
                "/Doc/Statement/0/NotAction",
            ),
            (r#"{"Version":"2012","Statement":[]}"#, "`2012`", "/Doc/Version"),
        ];
        for (text, found, pointer) in bad {
            let p = parse(text).unwrap_err();
            assert!(p.found.contains(found), "{p}");
            assert_eq!(p.pointer, pointer);
        }
    }

    #[test]
    fn warns_about_what_it_matches_as_text() {
        let text = r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"bucket","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3"},"NumericEquals":{"k":"abc"}}}]}"#;
        let (document, warnings) = parse(text).unwrap();
        assert_eq!(warnings.len(), 3);
        assert!(matches!(document.statements[0].conditions[1].operands[0], Operand::Unparsable(_)));
    }
}
