//! A policy document as text: a statement an object, long lists wrapped.

use serde_json::Value;

const WIDTH: usize = 110;

/// The document, indented; it stays valid JSON.
pub fn render_policy(document: &Value) -> String {
    let mut out = String::from("{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [");
    let statements = document.get("Statement").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for (n, statement) in statements.iter().enumerate() {
        out.push_str(if n == 0 { "\n    {\n" } else { ",\n    {\n" });
        let members: Vec<String> = statement
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| format!("      \"{key}\": {}", wrapped(value, key.len() + 10)))
            .collect();
        out.push_str(&members.join(",\n"));
        out.push_str("\n    }");
    }
    out.push_str(if statements.is_empty() { "]\n}\n" } else { "\n  ]\n}\n" });
    out
}

/// A value on one line, with spaces.
fn spaced(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(spaced).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let each: Vec<String> =
                members.iter().map(|(k, v)| format!("{}: {}", Value::from(k.as_str()), spaced(v))).collect();
            format!("{{{}}}", each.join(", "))
        }
        plain => plain.to_string(),
    }
}

/// A value on one line where it fits; a list of texts filled up line by line.
fn wrapped(value: &Value, indent: usize) -> String {
    let plain = spaced(value);
    let Value::Array(items) = value else { return plain };
    if indent + plain.len() <= WIDTH {
        return plain;
    }
    let mut lines = Vec::new();
    let mut current = String::new();
    for (n, item) in items.iter().enumerate() {
        let comma = if n + 1 < items.len() { "," } else { "" };
        let text = format!("{item}{comma}");
        if !current.is_empty() && 8 + current.len() + 1 + text.len() > WIDTH {
            lines.push(std::mem::take(&mut current));
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(&text);
    }
    lines.push(current);
    format!("[\n        {}\n      ]", lines.join("\n        "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn stays_the_same_document() {
        let names: Vec<String> = (0..60).map(|n| format!("s3:Action{n}")).collect();
        let document = json!({"Version": "2012-10-17", "Statement": [
            {"Sid": "Allow1", "Effect": "Allow", "Action": names, "Resource": "*"},
            {"Sid": "Deny1", "Effect": "Deny", "Action": "s3:*", "Resource": "a\"b", "Condition": {"Null": {"aws:x": "true"}}},
        ]});
        let text = render_policy(&document);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), document);
        assert!(text.lines().all(|l| l.len() <= 120));
        let empty = json!({"Version": "2012-10-17", "Statement": []});
        assert_eq!(serde_json::from_str::<Value>(&render_policy(&empty)).unwrap(), empty);
    }
}
