//! What is known only after deployment: a hole in a text, with a word about what would stand there.
//!
//! A hole is marked by two noncharacters (The Unicode Standard, section 23.7: for use within a program). A text of AWS that holds them by
//! accident is taken for unknown, which claims less.

use crate::json::Json;

const OPEN: char = '\u{FDD0}';
const CLOSE: char = '\u{FDD1}';

/// A text of which nothing is known.
pub fn unknown(what: &str) -> Json {
    Json::String(hole(what))
}

/// A hole, to be put into a text.
pub fn hole(what: &str) -> String {
    format!("{OPEN}{}{CLOSE}", what.replace([OPEN, CLOSE], ""))
}

/// Whether a text has a hole.
pub fn has_hole(text: &str) -> bool {
    text.contains([OPEN, CLOSE])
}

/// Whether anything within has a hole.
pub fn is_open(json: &Json) -> bool {
    match json {
        Json::String(text) => has_hole(text),
        Json::Array(items) => items.iter().any(is_open),
        Json::Object(members) => members.iter().any(|(key, value)| has_hole(key) || is_open(value)),
        _ => false,
    }
}

/// The text with something in the place of each hole.
fn filled(text: &str, fill: impl Fn(&str) -> String) -> String {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once([OPEN, CLOSE]) {
        whole.push_str(before);
        let (what, after) = after.split_once([OPEN, CLOSE]).unwrap_or((after, ""));
        whole.push_str(&fill(what));
        rest = after;
    }
    whole.push_str(rest);
    whole
}

/// A pattern that matches whatever the text may come to.
pub fn widened(text: &str) -> String {
    filled(text, |_| "*".to_owned())
}

/// The text for people.
pub fn shown(text: &str) -> String {
    filled(text, |what| format!("<{what}>"))
}

/// The text as a name: new ones are not called like what is there.
pub fn named(text: &str) -> String {
    filled(text, |_| "unknown".to_owned())
}

/// What the holes within stand for, each once, in order.
pub fn reasons(json: &Json) -> Vec<String> {
    let mut found = Vec::new();
    collect(json, &mut found);
    found
}

fn collect(json: &Json, found: &mut Vec<String>) {
    let mut of = |text: &str| {
        let mut parts = text.split([OPEN, CLOSE]);
        parts.next();
        while let Some(what) = parts.next() {
            if !found.iter().any(|f| f == what) {
                found.push(what.to_owned());
            }
            parts.next();
        }
    };
    match json {
        Json::String(text) => of(text),
        Json::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Json::Object(members) => {
            members.iter().for_each(|(key, _)| of(key));
            members.iter().for_each(|(_, value)| collect(value, found));
        }
        _ => {}
    }
}

/// The value for readers of outputs: whatever has a hole is an object, which is none of the values that they expect, so that it
/// is unreadable to them. Policy documents keep their holes.
pub fn unreadable(json: Json) -> Json {
    match json {
        Json::String(text) if has_hole(&text) => {
            Json::Object(vec![("KnownAfterDeployment".to_owned(), Json::String(shown(&text)))])
        }
        Json::Array(items) => Json::Array(items.into_iter().map(unreadable).collect()),
        Json::Object(members) => {
            Json::Object(members.into_iter().map(|(key, value)| (shown(&key), unreadable(value))).collect())
        }
        other => other,
    }
}

/// A document of which it isn't known whether it applies: so it is of each of its statements.
pub fn uncertain(document: Json, what: &str) -> Json {
    let mark = |mut statement: Json| {
        let sid = statement.get("Sid").and_then(Json::as_str).unwrap_or_default().to_owned();
        statement.set("Sid", Json::String(format!("{sid}{}", hole(what))));
        statement
    };
    let mut document = document;
    // Of a document that can't be taken apart nothing is known.
    let Some(statements) = document.remove("Statement") else { return unknown(what) };
    let marked = match statements {
        Json::Array(items) => Json::Array(items.into_iter().map(mark).collect()),
        one => mark(one),
    };
    document.set("Statement", marked);
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_widened_shown_and_named() {
        let text = format!("arn:aws:s3:::{}/in/{}", hole("parameter Name"), hole("x"));
        assert!(has_hole(&text));
        assert_eq!(widened(&text), "arn:aws:s3:::*/in/*");
        assert_eq!(shown(&text), "arn:aws:s3:::<parameter Name>/in/<x>");
        assert_eq!(reasons(&Json::String(text)), ["parameter Name", "x"]);
        assert_eq!(widened("plain"), "plain");
    }
}
