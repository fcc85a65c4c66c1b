//! Answers as rows: CSV for spreadsheets, Markdown for reports.

use crate::ask::Explained;
use crate::question::{Answer, Evidence, Step};
use std::sync::Arc;

/// A result as rows under a title.
#[derive(Debug, Clone)]
pub struct Table {
    title: String,
    columns: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

const ANSWER_COLUMNS: &[&str] = &[
    "principal",
    "verdict",
    "as",
    "session",
    "action",
    "resource",
    "context",
    "allowed by",
    "assumptions",
    "undecided",
];

impl Table {
    /// Rows of a result's own.
    pub fn of_rows(title: &str, columns: &'static [&'static str], rows: Vec<Vec<String>>) -> Self {
        Self { title: title.to_owned(), columns, rows }
    }

    /// One row a principal.
    pub fn of_answers(title: String, answers: &[(Arc<str>, Answer)]) -> Self {
        let rows = answers.iter().map(|(arn, answer)| row(arn, answer)).collect();
        Self { title, columns: ANSWER_COLUMNS, rows }
    }

    /// One row a reason.
    pub fn of_explained(explained: &Explained) -> Self {
        let request = &explained.request;
        let outcome = explained.outcome();
        let title =
            format!("{outcome}: {} {} on {}", request.principal.id(), request.action, request.resource);
        let rows = explained.decision.because.iter().map(|r| vec![outcome.clone(), r.to_string()]);
        Self { title, columns: &["decision", "because"], rows: rows.collect() }
    }

    /// RFC 4180: every field in quotes, quotes doubled, lines ended by CR LF.
    pub fn render_csv(&self) -> String {
        let mut text = String::new();
        let header: Vec<String> = self.columns.iter().map(|c| (*c).to_owned()).collect();
        for row in std::iter::once(&header).chain(&self.rows) {
            let cells: Vec<String> =
                row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
            text.push_str(&cells.join(","));
            text.push_str("\r\n");
        }
        text
    }

    /// A heading and a table; empty columns are left out.
    pub fn render_markdown(&self) -> String {
        let filled: Vec<usize> = (0..self.columns.len())
            .filter(|&c| self.rows.iter().any(|row| row.get(c).is_some_and(|cell| !cell.is_empty())))
            .collect();
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let mut text = format!("# {}\n\n", escape(&self.title));
        text.push_str(&line(filled.iter().filter_map(|&c| self.columns.get(c)).map(|c| escape(c)).collect()));
        text.push_str(&line(filled.iter().map(|_| "---".to_owned()).collect()));
        for row in &self.rows {
            text.push_str(&line(filled.iter().filter_map(|&c| row.get(c)).map(|c| escape(c)).collect()));
        }
        text
    }
}

/// Text that Markdown shows as it is, within one cell.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '\n' => escaped.push_str("<br>"),
            '\r' => {}
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    escaped
}

fn row(arn: &str, answer: &Answer) -> Vec<String> {
    let step = answer.witness.as_ref().and_then(|w| w.steps.first());
    let of = |text: &dyn Fn(&Step) -> String| step.map(text).unwrap_or_default();
    let undecided = answer.undecided.as_ref().map(|why| format!("{} ({})", why.reason, why.place));
    vec![
        arn.to_owned(),
        answer.verdict.to_string(),
        of(&|s| s.caller.clone()),
        of(&|s| s.shape.clone()),
        of(&|s| s.action.clone()),
        of(&|s| s.resource.clone()),
        of(&context),
        of(&|s| s.allowed_by.iter().map(evidence).collect::<Vec<_>>().join("\n")),
        answer.taken_for_granted().collect::<Vec<_>>().join("\n"),
        undecided.unwrap_or_default(),
    ]
}

fn context(step: &Step) -> String {
    let session = step.session.iter().map(|(key, value)| match value {
        Some(value) => format!("{key} = {value}"),
        None => format!("{key} absent"),
    });
    let rest = step.context.iter().map(|(key, value)| format!("{key} = {}", value.shown(key)));
    session.chain(rest).collect::<Vec<_>>().join("\n")
}

fn evidence(evidence: &Evidence) -> String {
    let Evidence { layer, policy, file, pointer, .. } = evidence;
    if policy.is_empty() { layer.clone() } else { format!("{layer}: {policy}, {file}#{pointer}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_keep_what_they_say() {
        let rows = vec![vec!["a \"b\", c".to_owned(), "one\ntwo | *three* <four>".to_owned()]];
        let table = Table { title: "T".to_owned(), columns: &["decision", "because"], rows };
        let csv = "\"decision\",\"because\"\r\n\"a \"\"b\"\", c\",\"one\ntwo | *three* <four>\"\r\n";
        assert_eq!(table.render_csv(), csv);
        let markdown = "# T\n\n| decision | because |\n| --- | --- |\n\
                        | a \"b\", c | one<br>two \\| \\*three\\* &lt;four> |\n";
        assert_eq!(table.render_markdown(), markdown);
    }
}
