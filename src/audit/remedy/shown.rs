//! Snippets as people read and paste them.

use super::pointer::{Chosen, place_values};
use super::{Configuration, Paste, Remedy, Snippet};
use serde_json::{Value, json};

impl Paste {
    /// What kind of thing it is, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ServiceControlPolicy { .. } => "service control policy",
            Self::BucketPolicy { .. } => "bucket policy",
            Self::KeyPolicy { .. } => "key policy",
            Self::TrustPolicy { .. } => "trust policy",
            Self::RolePolicy { .. } => "inline policy",
            Self::Boundary { .. } => "permissions boundary",
            Self::Configuration(_) => "configuration",
            Self::Commands(_) => "commands",
        }
    }

    /// Where it goes.
    pub fn place(&self) -> String {
        match self {
            Self::ServiceControlPolicy { account, .. } => {
                format!("a service control policy, attached to {account} or a unit above it")
            }
            Self::BucketPolicy { bucket, .. } => format!("statements for the policy of the bucket {bucket}"),
            Self::KeyPolicy { key, .. } => format!("statements for the policy of the key {key}"),
            Self::TrustPolicy { role, .. } => format!("the whole trust policy of {role}"),
            Self::RolePolicy { role, name, .. } => format!("an inline policy `{name}` of {role}"),
            Self::Boundary { role, name, .. } => {
                format!("a managed policy `{name}`, set as the permissions boundary of {role}")
            }
            Self::Configuration(all) => {
                let calls: Vec<String> = all.iter().map(|one| format!("`aws {}`", one.output)).collect();
                format!("what {} prints afterwards (the parts that change)", calls.join(", "))
            }
            Self::Commands(_) => "commands of the AWS CLI".to_owned(),
        }
    }

    /// The statements of a policy; none of what is no policy.
    pub fn statements(&self) -> &[Value] {
        match self {
            Self::ServiceControlPolicy { statements, .. }
            | Self::BucketPolicy { statements, .. }
            | Self::KeyPolicy { statements, .. }
            | Self::TrustPolicy { statements, .. }
            | Self::RolePolicy { statements, .. }
            | Self::Boundary { statements, .. } => statements,
            Self::Configuration(_) | Self::Commands(_) => &[],
        }
    }

    /// The language of its text.
    pub fn language(&self) -> &'static str {
        if matches!(self, Self::Commands(_)) { "sh" } else { "json" }
    }

    /// What to paste.
    pub fn text(&self) -> String {
        match self {
            Self::BucketPolicy { statements, .. } | Self::KeyPolicy { statements, .. } => {
                statements.iter().map(pretty).collect::<Vec<_>>().join(",\n")
            }
            Self::Configuration(all) => all.iter().map(of_configuration).collect::<Vec<_>>().join("\n"),
            Self::Commands(all) => all.join("\n"),
            policy => pretty(&policy.document()),
        }
    }

    /// The statements as a policy.
    pub fn document(&self) -> Value {
        json!({"Version": "2012-10-17", "Statement": self.statements()})
    }
}

impl Remedy {
    /// All snippets as Markdown, with their placeholders.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        for snippet in &self.snippets {
            let Some(paste) = snippet.unfilled() else { continue };
            let own = if snippet.placeholder { "; some values are the team's own" } else { "" };
            let (language, text) = (paste.language(), paste.text());
            let words = format!("To paste ({}{own}): {}.", paste.place(), snippet.says);
            out.push_str(&format!("{words}\n\n```{language}\n{text}\n```\n\n"));
        }
        out.trim_end().to_owned()
    }
}

impl Snippet {
    /// With its placeholders as they are written.
    pub fn unfilled(&self) -> Option<Paste> {
        serde_json::from_value(super::load::unlisted(&self.change)).ok()
    }
}

fn of_configuration(one: &Configuration) -> String {
    if let Some(shown) = &one.shown {
        return pretty(shown);
    }
    let mut whole = Value::Null;
    for (pointer, value) in &one.set {
        // A new item is shown alone, wherever in its list it goes.
        let steps = pointer.split('/').map(|step| if step.starts_with('<') { "-" } else { step });
        let pointer = steps.collect::<Vec<_>>().join("/");
        make_lists(&mut whole, &pointer);
        place_values(&mut whole, &pointer, value);
    }
    let gone = one.drop.iter().map(|pointer| format!("without {pointer}"));
    let text = (!whole.is_null()).then(|| pretty(&whole));
    text.into_iter().chain(gone).collect::<Vec<_>>().join("\n")
}

/// Makes the lists that a pointer goes through, with one item each.
fn make_lists(whole: &mut Value, pointer: &str) {
    let (mut way, mut place) = (String::new(), String::new());
    for step in pointer.split('/').skip(1) {
        if let Some(chosen) = Chosen::of(step) {
            if !whole.pointer(&place).is_some_and(Value::is_array) {
                let item = match chosen {
                    Chosen::With(name, value) => json!({name: value}),
                    Chosen::All => json!({}),
                };
                place_values(whole, &way, &json!([item]));
            }
            place.push_str("/0");
        } else {
            place = format!("{place}/{step}");
        }
        way = format!("{way}/{step}");
    }
}

/// JSON, lists of short things on a line of their own.
fn pretty(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, 0);
    out
}

/// So many letters have room in a line.
const WIDTH: usize = 100;

fn write(out: &mut String, value: &Value, depth: usize) {
    let flat = spaced(value);
    if depth * 2 + flat.len() <= WIDTH && (depth > 0 || !value.is_object()) {
        out.push_str(&flat);
        return;
    }
    let indent = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    };
    match value {
        Value::Array(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                out.push_str(if n > 0 { "," } else { "" });
                indent(out, depth + 1);
                write(out, item, depth + 1);
            }
            indent(out, depth);
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (n, (key, member)) in members.iter().enumerate() {
                out.push_str(if n > 0 { "," } else { "" });
                indent(out, depth + 1);
                out.push_str(&format!("{}: ", Value::String(key.clone())));
                write(out, member, depth + 1);
            }
            indent(out, depth);
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}

/// JSON in one line, with spaces after colons and commas.
fn spaced(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(spaced).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let member = |(key, value): (&String, &Value)| {
                format!("{}: {}", Value::String(key.clone()), spaced(value))
            };
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
