//! Reading remedies; what a file may not say is refused by place and reason.

use super::fill::{Part, parts};
use super::words::PLACEHOLDERS;
use super::{Paste, Remedy, Snippet};
use include_dir::{Dir, include_dir};
use serde_json::Value;
use std::sync::LazyLock;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/audit/remedies");

/// Why a file is no remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct RemedyError {
    /// The file.
    pub file: String,
    /// Reason, line and column, or which snippet.
    pub reason: String,
}

/// Reads one file, whose name without `.yaml` is the control's id.
///
/// # Errors
/// Where it is not of the format, has a placeholder that there isn't, or nothing to paste.
pub fn parse_remedy(file: &str, text: &str) -> Result<Remedy, RemedyError> {
    let refuse = |reason: String| RemedyError { file: file.to_owned(), reason };
    let read = serde_saphyr::from_str::<Vec<Snippet>>(text);
    let snippets = read.map_err(|error| refuse(error.without_snippet().to_string()))?;
    if snippets.is_empty() {
        return Err(refuse("found no snippet, expected one or more".to_owned()));
    }
    for (n, snippet) in snippets.iter().enumerate() {
        let place = format!("snippet {}", n + 1);
        check(snippet).map_err(|reason| refuse(format!("{place}: {reason}")))?;
        if snippet.message.is_none() && n + 1 < snippets.len() {
            return Err(refuse(format!(
                "{place}: found no `for`, expected one where another snippet follows"
            )));
        }
    }
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    Ok(Remedy { control: name.strip_suffix(".yaml").unwrap_or(name).to_owned(), snippets })
}

fn check(snippet: &Snippet) -> Result<(), String> {
    let mut unknown = Vec::new();
    unknown_in(&snippet.change, &mut unknown);
    if let Some(name) = unknown.first() {
        return Err(format!(
            "found the placeholder `${{{name}}}`, expected one of those of docs/remedies.md"
        ));
    }
    let paste: Paste =
        serde_json::from_value(unlisted(&snippet.change)).map_err(|error| error.to_string())?;
    let is_empty = match &paste {
        Paste::Configuration(all) => {
            let call = |one: &super::Configuration| one.output.split(' ').count() == 2;
            if let Some(one) = all.iter().find(|one| !call(one)) {
                return Err(format!("found output `{}`, expected SERVICE OPERATION", one.output));
            }
            all.is_empty()
        }
        Paste::Commands(all) => all.is_empty(),
        other => other.statements().is_empty(),
    };
    if is_empty { Err("found nothing to paste".to_owned()) } else { Ok(()) }
}

/// Statements that a single placeholder stands for are a list when it is filled.
pub(super) fn unlisted(change: &Value) -> Value {
    let mut change = change.clone();
    for kind in change.as_object_mut().into_iter().flat_map(|kinds| kinds.values_mut()) {
        if let Some(statements) = kind.get_mut("statements")
            && statements.is_string()
        {
            *statements = Value::Array(vec![statements.clone()]);
        }
    }
    change
}

fn unknown_in(value: &Value, unknown: &mut Vec<String>) {
    let mut text = |text: &str| {
        for part in parts(text) {
            if let Part::Name(name) = part
                && !PLACEHOLDERS.iter().any(|(known, _)| *known == name)
            {
                unknown.push(name.to_owned());
            }
        }
    };
    match value {
        Value::String(one) => text(one),
        Value::Array(items) => items.iter().for_each(|item| unknown_in(item, unknown)),
        Value::Object(members) => {
            members.keys().for_each(|key| text(key));
            members.values().for_each(|member| unknown_in(member, unknown));
        }
        _ => {}
    }
}

/// The remedies that come with gateproof, by control.
///
/// # Errors
/// Never, as the tests show: the files are read when the program is made.
pub fn remedies() -> Result<&'static [Remedy], RemedyError> {
    static READ: LazyLock<Result<Vec<Remedy>, RemedyError>> = LazyLock::new(|| {
        let mut read = Vec::new();
        for file in FILES.files() {
            let name = file.path().to_string_lossy();
            let Some(text) = file.contents_utf8().filter(|_| name.ends_with(".yaml")) else { continue };
            read.push(parse_remedy(&name, text)?);
        }
        read.sort_by(|a, b| a.control.cmp(&b.control));
        Ok(read)
    });
    READ.as_ref().map(Vec::as_slice).map_err(Clone::clone)
}

/// The remedy of a control. `None` where there is none, which a test rules out.
pub fn remedy_of(control: &str) -> Option<&'static Remedy> {
    let all = remedies().unwrap_or_default();
    all.binary_search_by(|remedy| remedy.control.as_str().cmp(control)).ok().and_then(|at| all.get(at))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::audit::CONTROLS;

    #[test]
    fn every_control_has_one_remedy_and_no_other_is_there() {
        let controls: Vec<&str> = CONTROLS.iter().map(|control| control.id).collect();
        let remedies: Vec<&str> = remedies().unwrap().iter().map(|remedy| remedy.control.as_str()).collect();
        assert_eq!(remedies, controls);
        assert!(controls.iter().all(|id| remedy_of(id).is_some_and(|remedy| remedy.control == *id)));
    }

    #[test]
    fn bad_files_are_refused_by_place_and_reason() {
        let statement = "{Sid: A, Effect: Deny, Action: 's3:*', Resource: '*'}";
        for (text, says) in [
            ("[]", "no snippet"),
            ("- {says: x, change: {scp: {}}}", "unknown variant"),
            ("- {says: x, chnge: {}}", "unknown field"),
            (
                "- {says: x, change: {bucket-policy: {bucket: b, statements: []}}}",
                "snippet 1: found nothing to paste",
            ),
            ("- {says: x, change: {configuration: [{output: s3api}]}}", "expected SERVICE OPERATION"),
        ] {
            let error = parse_remedy("X-1.yaml", text).unwrap_err().to_string();
            assert!(error.starts_with("X-1.yaml: ") && error.contains(says), "{error}");
        }
        let with = |bucket: &str| {
            format!(
                "- {{says: x, change: {{bucket-policy: {{bucket: '{bucket}', statements: [{statement}]}}}}}}\n"
            )
        };
        assert_eq!(parse_remedy("X-1.yaml", &with("${bucket}")).unwrap().control, "X-1");
        let error = parse_remedy("X-1.yaml", &with("${bukket}")).unwrap_err().to_string();
        assert!(error.contains("snippet 1: found the placeholder `${bukket}`"), "{error}");
        let error = parse_remedy("X-1.yaml", &with("b").repeat(2)).unwrap_err().to_string();
        assert!(error.contains("found no `for`"), "{error}");
    }
}
