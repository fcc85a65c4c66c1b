//! `--export FILE`: results as files, by their endings.

use super::CliError;
use crate::audit::Audit;
use crate::check::Checked;
use crate::render::table::Table;
use crate::render::{check, junit, report, sarif};
use serde_json::Value;
use std::path::PathBuf;
use std::str::FromStr;

/// A file to write, and how.
#[derive(Debug, Clone)]
pub(crate) struct Export {
    file: PathBuf,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Json,
    Csv,
    Markdown,
    Html,
    Sarif,
    Junit,
}

/// A result in all its forms.
pub(crate) struct Forms<'a> {
    pub json: &'a Value,
    pub table: Option<&'a Table>,
    /// What reports are made of, where there are any.
    pub report: Option<Report<'a>>,
}

/// What reports are made of.
#[derive(Clone, Copy)]
pub(crate) enum Report<'a> {
    /// An audit, and the name of what was audited.
    Audit(&'a Audit, &'a str),
    /// Properties, and what was found out about them.
    Check(&'a [Checked]),
}

/// By what a file name ends in.
const KINDS: [(&str, Kind); 6] = [
    (".json", Kind::Json),
    (".csv", Kind::Csv),
    (".md", Kind::Markdown),
    (".html", Kind::Html),
    (".sarif", Kind::Sarif),
    (".junit.xml", Kind::Junit),
];

impl FromStr for Export {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.to_ascii_lowercase();
        let kind = KINDS.iter().find(|(ending, _)| name.ends_with(ending));
        let expected = "expected a file name that ends in .json, .csv or .md; of `audit` also in .html, of `audit` and `check` in .sarif or .junit.xml";
        let (_, kind) = kind.ok_or(expected)?;
        Ok(Self { file: PathBuf::from(text), kind: *kind })
    }
}

impl Export {
    /// Refuses what a command that has no rows to write can't do.
    pub(crate) fn must_be_json(&self, command: &str) -> Result<(), CliError> {
        if self.kind == Kind::Json {
            return Ok(());
        }
        let file = self.file.display();
        Err(CliError::Usage(format!("cannot export {command} to {file}: expected a name that ends in .json")))
    }

    /// Whether it is written as JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.kind == Kind::Json
    }

    /// Whether it is written as a table.
    pub(crate) fn is_table(&self) -> bool {
        matches!(self.kind, Kind::Csv | Kind::Markdown)
    }

    /// Refuses what only the audit writes.
    pub(crate) fn must_not_be_page(&self) -> Result<(), CliError> {
        match self.kind {
            Kind::Html => Err(self.refused("only `audit` writes such a report")),
            _ => Ok(()),
        }
    }

    /// Refuses what only the audit and checks write.
    pub(crate) fn must_not_be_report(&self) -> Result<(), CliError> {
        match self.kind {
            Kind::Sarif | Kind::Junit => Err(self.refused("only `audit` and `check` write such a report")),
            _ => self.must_not_be_page(),
        }
    }

    fn refused(&self, why: &str) -> CliError {
        CliError::Usage(format!("cannot export to {}: {why}", self.file.display()))
    }

    /// Writes the result.
    pub(crate) fn write(&self, forms: &Forms<'_>) -> Result<(), CliError> {
        let pretty = |json: &Value| -> Result<String, CliError> {
            let text = serde_json::to_string_pretty(json).map_err(std::io::Error::from)?;
            Ok(format!("{text}\n"))
        };
        let text = match (self.kind, forms) {
            (Kind::Csv, Forms { table: Some(table), .. }) => table.render_csv(),
            (Kind::Markdown, Forms { table: Some(table), .. }) => table.render_markdown(),
            (kind, Forms { report: Some(Report::Audit(audit, name)), .. }) => match kind {
                Kind::Html => report::html(audit, name),
                Kind::Sarif => pretty(&sarif::json(audit))?,
                Kind::Junit => junit::xml(audit),
                _ => pretty(forms.json)?,
            },
            (Kind::Sarif, Forms { report: Some(Report::Check(checked)), .. }) => {
                pretty(&check::sarif::json(checked))?
            }
            (Kind::Junit, Forms { report: Some(Report::Check(checked)), .. }) => check::junit::xml(checked),
            _ => pretty(forms.json)?,
        };
        std::fs::write(&self.file, text)
            .map_err(|error| CliError::Input(format!("cannot write {}: {error}", self.file.display())))
    }
}
